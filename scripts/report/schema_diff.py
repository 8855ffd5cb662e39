"""Compare two schemas field by field, in a request or in a response.

A component schema is compared once for requests and once for responses, however many operations use it: a new field of
a prediction is one change with twelve users, not twelve changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from report.alternatives_diff import alternative_changes
from report.change import Action, Change, Kind, Side, Subject, Verdict
from report.keyword_diff import (
    REJECTED,
    UNEXPECTED,
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

OLDER_WITHOUT = "older responses lack it, and code that requires it fails with them"


@attrs.frozen
class Location:
    """The current location: `part` is for example `response 200`, `path` is `results[].name`."""

    subject: Subject
    side: Side
    part: str = ""
    path: str = ""

    def inside(self, name: str) -> Location:
        """Return the location of a field."""
        return attrs.evolve(self, path=f"{self.path}.{name}" if self.path else name)

    def each(self) -> Location:
        """Return the location of the items of an array."""
        return attrs.evolve(self, path=f"{self.path}[]")

    def change(self, finding: Finding) -> Change:
        """Add the location to a finding."""
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
    """Compares schemas of two documents, and collects the changes."""

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
        """The pairs of old and new component schemas in the same place."""
        return frozenset(pair for pair, _ in self._components)

    def changes(self) -> tuple[Change, ...]:
        """Return all changes so far; those of a component include the operations that use it."""
        found = list(self._inline)
        for key, changes in self._components.items():
            users = tuple(sorted({subject.name for subject in self._users(key)}))
            found += [attrs.evolve(one, subject=attrs.evolve(one.subject, users=users)) for one in changes]
        return tuple(found)

    def compare(self, old: Node, new: Node, location: Location) -> None:
        """Compare two schemas: report changes of components under their names, other changes at `location`."""
        names = component_name(old), component_name(new)
        if names[0] is not None and names[1] is not None:
            self._compare_components((names[0], names[1]), location)
        else:
            self._compare_inline(old, new, location)

    def _users(self, key: tuple[Pair, Side]) -> set[Subject]:
        """Return the operations that use a component, directly or through other components."""
        pending, seen, users = [key], {key}, set[Subject]()
        while pending:
            current = pending.pop()
            users |= self._reached.get(current, set())
            outer = {holder for holder, held in self._inner.items() if current in held}
            pending += outer - seen
            seen |= outer
        return users

    def _compare_components(self, pair: Pair, location: Location) -> None:
        key = (pair, location.side)
        if self._current:
            self._inner.setdefault(self._current[-1], set()).add(key)
        else:
            self._reached.setdefault(key, set()).add(location.subject)
        if key in self._components:
            return
        self._components[key] = []
        detail = f"was `{pair[0]}`" if pair[0] != pair[1] else ""
        self._current.append(key)
        self._compare_inline(
            self.old.follow({"$ref": COMPONENT + pair[0]}),
            self.new.follow({"$ref": COMPONENT + pair[1]}),
            Location(Subject("schema", pair[1], detail), location.side),
        )
        self._current.pop()

    def _compare_inline(self, old: Node, new: Node, location: Location) -> None:
        here = (id(old), id(new), location.side)
        if here in self._trail:
            return
        self._trail.add(here)
        self._compare_shapes(shape_of(self.old, old), shape_of(self.new, new), location)
        self._trail.discard(here)

    def _note(self, location: Location, *findings: Finding) -> None:
        target = self._components[self._current[-1]] if self._current else self._inline
        target += [location.change(finding) for finding in findings]

    def _compare_shapes(self, old: Shape, new: Shape, location: Location) -> None:
        if (old.alternatives or new.alternatives) and not (old.is_open or new.is_open):
            findings, replaced = alternative_changes(old, new, location.side)
            self._note(location, *findings)
            for one, two in replaced:
                self.compare(one, two, location)
            if old.types is None or new.types is None:
                return
        if (changed := type_change(old, new, location.side)) is not None:
            self._note(location, changed)
        if not comparable(old, new):
            return
        self._note(location, *keyword_changes(old, new, location.side))
        self._compare_properties(old, new, location)
        self._compare_extra(old, new, location)
        if old.items or new.items:
            self.compare(old.items, new.items, location.each())

    def _compare_properties(self, old: Shape, new: Shape, location: Location) -> None:
        hidden = "readOnly" if location.side is Side.REQUEST else "writeOnly"
        before = {name: one for name, one in old.properties.items() if not self.old.follow(one).get(hidden)}
        after = {name: one for name, one in new.properties.items() if not self.new.follow(one).get(hidden)}
        for name in (name for name in before if name not in after):
            self._note(location.inside(name), self._removed_field(before[name], location.side))
        for name, schema in after.items():
            inside = location.inside(name)
            required = name in new.required
            if name not in before:
                self._note(inside, self._added_field(schema, location.side, required=required))
                continue
            if required != (name in old.required):
                self._note(inside, _required_change(location.side, required=required))
            self.compare(before[name], schema, inside)

    def _added_field(self, schema: Node, side: Side, *, required: bool) -> Finding:
        what = named(self.new, schema)
        verdict, why = Verdict.HARMLESS, ""
        if side is Side.REQUEST:
            message = f"new {'required' if required else 'optional'} field: {what}"
            if required:
                verdict, why = Verdict.BREAKING, "requests that do not send it are rejected"
        else:
            message = f"new {'required ' if required else ''}field: {what}"
            if required:
                verdict, why = Verdict.ATTENTION, OLDER_WITHOUT
        return Finding(Kind.FIELD, Action.ADDED, verdict, message, why, None, what)

    def _removed_field(self, schema: Node, side: Side) -> Finding:
        what = named(self.old, schema)
        why = "requests that send it may be rejected" if side is Side.REQUEST else "code that reads it does not find it"
        return Finding(Kind.FIELD, Action.REMOVED, Verdict.BREAKING, f"field removed, was: {what}", why, what)

    def _compare_extra(self, old: Shape, new: Shape, location: Location) -> None:
        before, after = old.extra, new.extra
        if isinstance(before, dict) and isinstance(after, dict):
            self.compare(before, after, location.inside("*"))
        elif before != after:
            loosened = after is True or before is False
            if loosened:
                verdict, why = Verdict.HARMLESS, ""
            else:
                verdict, why = narrower(location.side)
            former, current = _extra_label(extra=before), _extra_label(extra=after)
            message = f"other fields: {former} before, {current} now"
            self._note(location, Finding(Kind.TYPE, Action.CHANGED, verdict, message, why))


def _required_change(side: Side, *, required: bool) -> Finding:
    if side is Side.REQUEST:
        verdict, why = (Verdict.BREAKING, REJECTED) if required else (Verdict.HARMLESS, "")
        message = "is now required" if required else "is no longer required"
    else:
        # Stored responses from before lack the field, such as recordings and webhook deliveries.
        verdict, why = (Verdict.ATTENTION, OLDER_WITHOUT) if required else (Verdict.BREAKING, UNEXPECTED)
        message = "now required in every response" if required else "no longer required"
    return Finding(Kind.REQUIRED, Action.CHANGED, verdict, message, why, not required, required)


def _extra_label(*, extra: Node | bool) -> str:
    if isinstance(extra, bool):
        return "allowed" if extra else "rejected"
    return "of one type"


def component_changes(old: Document, new: Document, pairs: frozenset[Pair]) -> Iterator[Change]:
    """Yield the component schemas that were added, removed or replaced."""
    replacements = {one: two for one, two in sorted(pairs) if one != two}
    for name in old.schemas:
        if name in new.schemas:
            continue
        replacement = replacements.get(name)
        message = f"removed; replaced by `{replacement}`" if replacement else "removed"
        yield _component_change(name, Action.REMOVED, message)
    for name in new.schemas:
        if name not in old.schemas and name not in replacements.values():
            yield _component_change(name, Action.ADDED, f"new: {named(new, new.schemas[name])}")


def _component_change(name: str, action: Action, message: str) -> Change:
    # A component's name is not sent; the effects are reported for the operations that used it.
    return Change(Kind.SCHEMA, action, Verdict.HARMLESS, Subject("components", "Schemas"), "", name, message)
