"""Find corrections that override what a newer document says for the first time.

A correction refers to the document that it was written for. If the publisher has since changed the same place, somebody
must review the correction.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import attrs
import yaml

from pipeline import openapi_overlay
from pipeline.facts import NAMED, facts_of, format_pointer, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.document import Document, Node
    from pipeline.facts import Pointer

__all__ = ["Overridden", "find_overridden", "line_number"]

_ACTION = re.compile(r"action (\d+)")
_RULE = re.compile(r"rule ([\w-]+)")


@attrs.frozen
class Overridden:
    """A correction that changes a value which the publisher has added or changed."""

    action: int
    """Its position in the list of actions, from 1."""
    reason: str
    place: Pointer
    published: object
    corrected: object

    @property
    def is_agreed(self) -> bool:
        """Whether the published value equals the corrected one: the correction is no longer needed."""
        return self.published == self.corrected

    def __str__(self) -> str:
        place, published = format_pointer(self.place), json.dumps(self.published, ensure_ascii=False)
        if self.is_agreed:
            return f"action {self.action} is no longer needed: the published document has {published} at {place} too"
        effect = "removes it" if self.corrected is None else f"replaces it by {json.dumps(self.corrected)}"
        message = f"the published document now has {published} at {place}, the correction {effect}"
        return f"action {self.action} ({self.reason}): {message}"


def find_overridden(old: Document, new: Document, corrections: Path) -> list[Overridden]:
    """Compare the publisher's changes with the result of each correction, one action at a time."""
    known = yaml.load(corrections.read_text("utf-8"), yaml.CSafeLoader)
    before, after = facts_of(old.root), facts_of(new.root)
    changes = {place: value for place, value in after.items() if before.get(place, _MISSING) != value}
    actions = cast("list[Node]", known["actions"])
    found: list[Overridden] = []
    state: Node = new.root
    for number, action in enumerate(actions, start=1):
        previous = facts_of(state)
        state, _ = openapi_overlay.apply(state, {**known, "actions": [action]})
        current = facts_of(state)
        reason = str(action.get("description", "")).strip()
        found += (
            Overridden(number, reason, place, changes[place], current.get(place))
            for place in changes
            if previous.get(place, _MISSING) == changes[place]
            and _is_touched(action, place, current, changes[place], state)
        )
    return [*{(one.action, one.place): one for one in _effective(found, state)}.values()]


_MISSING = object()


def _is_touched(action: Node, place: Pointer, current: dict[Pointer, object], value: object, state: Node) -> bool:
    if current.get(place, _MISSING) != value:
        return True
    return "update" in action and _sets(action, place, state)


def _sets(action: Node, place: Pointer, state: Node) -> bool:
    """Whether an update sets a value at this very place."""
    for location in openapi_overlay.locations(state, str(action["target"])):
        target = tuple(map(str, location))
        if place in facts_of(action["update"], target, named=bool(NAMED & {*target[-1:]})):
            return True
    return False


def _effective(found: list[Overridden], final: Node) -> Iterator[Overridden]:
    """Leave out values that were only moved behind a reference, and are unchanged in the end."""
    for one in found:
        if one.is_agreed or value_at(final, one.place) != one.published:
            yield one


def line_number(message: str, corrections: Path) -> int:
    """Return the line of the action or rule that a message begins with; 0 if it names none."""
    text = corrections.read_text("utf-8")
    if found := _RULE.match(message):
        rule = re.search(rf"^.*\brule: {re.escape(found[1])}\b", text, re.MULTILINE)
        return text.count("\n", 0, rule.start()) + 1 if rule else 0
    found = _ACTION.match(message)
    lines = _action_lines(text)
    return lines[int(found[1]) - 1] if found and int(found[1]) <= len(lines) else 0


def _action_lines(text: str) -> list[int]:
    root: Any = yaml.SafeLoader(text).get_single_node()
    for key, value in root.value:
        if key.value == "actions":
            return [int(node.start_mark.line) + 1 for node in value.value]
    return []
