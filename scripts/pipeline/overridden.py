"""Which of our corrections win over what the publisher has begun to say: each is told, none wins in silence.

A correction is made for what the publisher said, or left out, when it was written. Where the publisher now says
something new in that very place, somebody has to look.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

import attrs
import yaml

from pipeline import openapi_overlay
from pipeline.facts import NAMED, facts_of, shown, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.document import Document, Node
    from pipeline.facts import Pointer

__all__ = ["Overridden", "line_of", "overridden"]

_ACTION = re.compile(r"action (\d+)")
_RULE = re.compile(r"rule ([\w-]+)")


@attrs.frozen
class Overridden:
    """A correction that changes what the publisher says for the first time."""

    action: int
    """Its place in the list of actions, from 1."""
    reason: str
    place: Pointer
    published: object
    corrected: object

    @property
    def is_agreed(self) -> bool:
        """Whether the publisher now says what the correction says: it may go."""
        return self.published == self.corrected

    def __str__(self) -> str:
        place, says = shown(self.place), json.dumps(self.published, ensure_ascii=False)
        if self.is_agreed:
            return f"action {self.action} is not needed any more: the publisher says {says} at {place} too"
        instead = "removes it" if self.corrected is None else f"makes it {json.dumps(self.corrected)}"
        said = f"the publisher now says {says} at {place}, the correction {instead}"
        return f"action {self.action} ({self.reason}): {said}"


def overridden(old: Document, new: Document, corrections: Path) -> list[Overridden]:
    """Compare what the publisher changed with what the corrections make of it, one action at a time."""
    known = yaml.safe_load(corrections.read_text("utf-8"))
    before, after = facts_of(old.root), facts_of(new.root)
    said = {place: value for place, value in after.items() if before.get(place, _MISSING) != value}
    actions = cast("list[Node]", known["actions"])
    found: list[Overridden] = []
    state: Node = new.root
    for number, action in enumerate(actions, start=1):
        previous = facts_of(state)
        state, _ = openapi_overlay.apply(state, {**known, "actions": [action]})
        current = facts_of(state)
        reason = str(action.get("description", "")).strip()
        found += (
            Overridden(number, reason, place, said[place], current.get(place))
            for place in said
            if previous.get(place, _MISSING) == said[place] and _is_touched(action, place, current, said[place], state)
        )
    kept = _surviving(found, state)
    return [*{(one.action, one.place): one for one in kept}.values()]


_MISSING = object()


def _is_touched(action: Node, place: Pointer, current: dict[Pointer, object], value: object, state: Node) -> bool:
    if current.get(place, _MISSING) != value:
        return True
    return "update" in action and _sets(action, place, state)


def _sets(action: Node, place: Pointer, state: Node) -> bool:
    """Whether an update says the very thing that the publisher says in the same place."""
    for location in openapi_overlay.locations(state, str(action["target"])):
        target = tuple(map(str, location))
        if place in facts_of(action["update"], target, named=bool(NAMED & {*target[-1:]})):
            return True
    return False


def _surviving(found: list[Overridden], final: Node) -> Iterator[Overridden]:
    """What is only moved, behind a reference, is still there in the end."""
    for one in found:
        if one.is_agreed or value_at(final, one.place) != one.published:
            yield one


def line_of(message: str, corrections: Path) -> int:
    """The line of the action or the rule that a message begins with; 0 where it names none."""
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
