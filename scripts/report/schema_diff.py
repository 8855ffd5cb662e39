"""Comparing two schemas field by field, in a request or in an answer.

A component schema is compared once for each side on which it is used, however many operations reach it, and
remembered together with them: a new field of a prediction is one change, not twelve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from report.alternatives_diff import alternative_changes
from report.change import Action, Change, Kind, Side, Subject, Verdict
from report.keyword_diff import (
    REFUSED,
    UNSEEN,
    Finding,
    comparable,
    keyword_changes,
    narrower,
    type_change,
)
from report.schema_shape import COMPONENT, component_name, named, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.document import Document, Node
    from report.schema_shape import Shape

Pair = tuple[str, str]

OLDER_WITHOUT = "answers from before lack it, and code that demands it fails with them"


@attrs.frozen
class Spot:
    """Where the comparison stands: `part` is such as `answer 200`, `path` such as `results[].name`."""

    subject: Subject
    side: Side
    part: str = ""
    path: str = ""

    def inside(self, name: str) -> Spot:
        """Go to a field."""
        return attrs.evolve(self, path=f"{self.path}.{name}" if self.path else name)

    def each(self) -> Spot:
        """Go to the items of an array."""
        return attrs.evolve(self, path=f"{self.path}[]")

    def change(self, finding: Finding) -> Change:
        """Give a finding its place."""
        return Change(
            kind=finding.kind,
            action=finding.action,
            verdict=finding.verdict,
            subject=self.subject,
            part=self.part,
            path=self.path,
            message=finding.message,
            why=finding.why,
            side=self.side,
            before=finding.before,
            after=finding.after,
        )


@attrs.define
class SchemaDiff:
    """Compares schemas of two documents and gathers what changed."""

    old: Document
    new: Document
    _inline: list[Change] = attrs.field(factory=list[Change])
    _components: dict[tuple[Pair, Side], list[Change]] = attrs.field(factory=dict[tuple[Pair, Side], list[Change]])
    _reached: dict[tuple[Pair, Side], set[Subject]] = attrs.field(factory=dict[tuple[Pair, Side], set[Subject]])
    _inner: dict[tuple[Pair, Side], set[tuple[Pair, Side]]] = attrs.field(
        factory=dict[tuple[Pair, Side], set[tuple[Pair, Side]]]
    )
    _current: list[tuple[Pair, Side]] = attrs.field(factory=list[tuple[Pair, Side]])
    _trail: set[tuple[int, int, Side]] = attrs.field(factory=set[tuple[int, int, Side]])

    @property
    def pairs(self) -> frozenset[Pair]:
        """The component schemas that stand in each other's place, old and new."""
        return frozenset(pair for pair, _ in self._components)

    def changes(self) -> tuple[Change, ...]:
        """Everything found so far; the changes of a component know the operations that reach it."""
        found = list(self._inline)
        for key, changes in self._components.items():
            users = tuple(sorted({subject.name for subject in self._users(key)}))
            found += [attrs.evolve(one, subject=attrs.evolve(one.subject, users=users)) for one in changes]
        return tuple(found)

    def compare(self, old: Node, new: Node, spot: Spot) -> None:
        """Compare two schemas: two components in their own place, everything else where it stands."""
        names = component_name(old), component_name(new)
        if names[0] is not None and names[1] is not None:
            self._compare_components((names[0], names[1]), spot)
        else:
            self._compare_inline(old, new, spot)

    def _users(self, key: tuple[Pair, Side]) -> set[Subject]:
        """Follow the components that hold this one up to the operations."""
        todo, seen, users = [key], {key}, set[Subject]()
        while todo:
            current = todo.pop()
            users |= self._reached.get(current, set())
            outer = {holder for holder, held in self._inner.items() if current in held}
            todo += outer - seen
            seen |= outer
        return users

    def _compare_components(self, pair: Pair, spot: Spot) -> None:
        key = (pair, spot.side)
        if self._current:
            self._inner.setdefault(self._current[-1], set()).add(key)
        else:
            self._reached.setdefault(key, set()).add(spot.subject)
        if key in self._components:
            return
        self._components[key] = []
        detail = f"was `{pair[0]}`" if pair[0] != pair[1] else ""
        self._current.append(key)
        self._compare_inline(
            self.old.follow({"$ref": COMPONENT + pair[0]}),
            self.new.follow({"$ref": COMPONENT + pair[1]}),
            Spot(Subject("schema", pair[1], detail), spot.side),
        )
        self._current.pop()

    def _compare_inline(self, old: Node, new: Node, spot: Spot) -> None:
        here = (id(old), id(new), spot.side)
        if here in self._trail:
            return
        self._trail.add(here)
        self._compare_shapes(shape_of(self.old, old), shape_of(self.new, new), spot)
        self._trail.discard(here)

    def _note(self, spot: Spot, *findings: Finding) -> None:
        target = self._components[self._current[-1]] if self._current else self._inline
        target += [spot.change(finding) for finding in findings]

    def _compare_shapes(self, old: Shape, new: Shape, spot: Spot) -> None:
        if (old.alternatives or new.alternatives) and not (old.is_open or new.is_open):
            findings, replaced = alternative_changes(old, new, spot.side)
            self._note(spot, *findings)
            for one, two in replaced:
                self.compare(one, two, spot)
            if old.types is None or new.types is None:
                return
        if (changed := type_change(old, new, spot.side)) is not None:
            self._note(spot, changed)
        if not comparable(old, new):
            return
        self._note(spot, *keyword_changes(old, new, spot.side))
        self._compare_properties(old, new, spot)
        self._compare_extra(old, new, spot)
        if old.items or new.items:
            self.compare(old.items, new.items, spot.each())

    def _compare_properties(self, old: Shape, new: Shape, spot: Spot) -> None:
        hidden = "readOnly" if spot.side is Side.REQUEST else "writeOnly"
        before = {name: one for name, one in old.properties.items() if not self.old.follow(one).get(hidden)}
        after = {name: one for name, one in new.properties.items() if not self.new.follow(one).get(hidden)}
        for name in (name for name in before if name not in after):
            self._note(spot.inside(name), self._removed_field(before[name], spot.side))
        for name, schema in after.items():
            inside = spot.inside(name)
            required = name in new.required
            if name not in before:
                self._note(inside, self._added_field(schema, spot.side, required=required))
                continue
            if required != (name in old.required):
                self._note(inside, _required_change(spot.side, required=required))
            self.compare(before[name], schema, inside)

    def _added_field(self, schema: Node, side: Side, *, required: bool) -> Finding:
        what = named(self.new, schema)
        verdict, why = Verdict.HARMLESS, ""
        if side is Side.REQUEST:
            message = f"new {'required' if required else 'optional'} field: {what}"
            if required:
                verdict, why = Verdict.BREAKING, "requests that do not know it are refused"
        else:
            message = f"new {'promised ' if required else ''}field: {what}"
            if required:
                verdict, why = Verdict.ATTENTION, OLDER_WITHOUT
        return Finding(Kind.FIELD, Action.ADDED, verdict, message, why, None, what)

    def _removed_field(self, schema: Node, side: Side) -> Finding:
        what = named(self.old, schema)
        why = "requests that send it may be refused" if side is Side.REQUEST else "code that reads it finds nothing"
        return Finding(Kind.FIELD, Action.REMOVED, Verdict.BREAKING, f"field removed, was: {what}", why, what)

    def _compare_extra(self, old: Shape, new: Shape, spot: Spot) -> None:
        before, after = old.extra, new.extra
        if isinstance(before, dict) and isinstance(after, dict):
            self.compare(before, after, spot.inside("*"))
        elif before != after:
            loosened = after is True or before is False
            if loosened:
                verdict, why = Verdict.HARMLESS, ""
            else:
                verdict, why = narrower(spot.side)
            words = _extra_word(extra=before), _extra_word(extra=after)
            message = f"fields beyond the named ones: {words[0]} before, {words[1]} now"
            self._note(spot, Finding(Kind.TYPE, Action.CHANGED, verdict, message, why))


def _required_change(side: Side, *, required: bool) -> Finding:
    if side is Side.REQUEST:
        verdict, why = (Verdict.BREAKING, REFUSED) if required else (Verdict.HARMLESS, "")
        message = "is now required" if required else "is no longer required"
    else:
        # What was answered before the promise, and kept, goes on without it: so do webhooks and recorded answers.
        verdict, why = (Verdict.ATTENTION, OLDER_WITHOUT) if required else (Verdict.BREAKING, UNSEEN)
        message = "now promised in every answer" if required else "no longer promised"
    return Finding(Kind.REQUIRED, Action.CHANGED, verdict, message, why, not required, required)


def _extra_word(*, extra: Node | bool) -> str:
    if isinstance(extra, bool):
        return "allowed" if extra else "refused"
    return "of one kind"


def component_changes(old: Document, new: Document, pairs: frozenset[Pair]) -> Iterator[Change]:
    """Tell which component schemas came, went, or handed their place to another."""
    heirs = {one: two for one, two in sorted(pairs) if one != two}
    for name in old.schemas:
        if name in new.schemas:
            continue
        heir = heirs.get(name)
        message = f"gone; `{heir}` stands in its place" if heir else "gone"
        yield _component_change(name, Action.REMOVED, message)
    for name in new.schemas:
        if name not in old.schemas and name not in heirs.values():
            yield _component_change(name, Action.ADDED, f"new: {named(new, new.schemas[name])}")


def _component_change(name: str, action: Action, message: str) -> Change:
    # A component's name is never sent: what its going means is told by the operations that used it.
    return Change(Kind.SCHEMA, action, Verdict.HARMLESS, Subject("components", "Schemas"), "", name, message)
