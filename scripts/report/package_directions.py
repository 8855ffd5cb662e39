"""Find which models of a generated package are sent, which are returned, and which model replaces which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import griffe

from report.annotations import classes_in, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from report.annotations import Kind

Object = griffe.Object | griffe.Alias

__all__ = ["Models", "replacements", "text"]


def text(annotation: object) -> str:
    """Return the source of an annotation."""
    return "Any" if annotation is None else str(annotation).strip("'\"")


def functions(package: Object) -> Iterator[tuple[str, griffe.Function]]:
    """Yield `sync` of each endpoint module; its other functions have the same types."""
    for module in _modules(package):
        if (function := module.members.get("sync")) is not None and isinstance(function, griffe.Function):
            yield module.path.partition(".")[2], function


def _modules(item: Object) -> Iterator[Object]:
    for member in item.members.values():
        if not member.is_alias and member.is_module:
            yield member
            yield from _modules(member)


@attrs.frozen
class Models:
    """The classes of a package, by whether requests or responses contain them."""

    classes: Mapping[str, Object]
    sent: frozenset[str]
    returned: frozenset[str]

    @classmethod
    def of(cls, package: Object) -> Models:
        """Follow the parameters and the results of the endpoint functions."""
        classes = {
            member.name: member
            for module in _modules(package)
            for member in module.members.values()
            if not member.is_alias and member.is_class
        }
        arguments: set[str] = set()
        results: set[str] = set()
        for _, function in functions(package):
            results |= classes_in(parse(text(function.returns)))
            for parameter in function.parameters:
                arguments |= classes_in(parse(text(parameter.annotation)))
        return cls(classes, _reachable(classes, arguments), _reachable(classes, results))

    def is_sent(self, name: str) -> bool:
        """Whether callers construct it; if it occurs nowhere, they may."""
        return name in self.sent or name not in self.returned

    def is_returned(self, name: str) -> bool:
        """Whether callers read it; if it occurs nowhere, they may."""
        return name in self.returned or name not in self.sent


def _reachable(classes: Mapping[str, Object], names: set[str]) -> frozenset[str]:
    pending, seen = [name for name in names if name in classes], set[str]()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            for _, kinds in fields(classes[name]):
                pending += [one for one in classes_in(kinds) if one in classes]
    return frozenset(seen)


def fields(item: Object) -> Iterator[tuple[str, frozenset[Kind]]]:
    """Yield the properties of a class, and their types."""
    for name, member in item.members.items():
        if isinstance(member, griffe.Attribute) and member.is_public:
            yield name, parse(text(member.annotation))


def replacements(old: Object, new: Object) -> dict[str, str]:
    """Return the removed classes, and the new class in the place of each."""
    before, after = Models.of(old), Models.of(new)
    found: dict[str, str] = {}
    current = dict(functions(new))
    pending = [
        (parse(text(function.returns)), parse(text(current[path].returns)))
        for path, function in functions(old)
        if path in current
    ]
    seen: set[tuple[str, str]] = set()
    while pending:
        for pair in set(_pairs(*pending.pop(), before, after)) - seen:
            seen.add(pair)
            if pair[0] != pair[1]:
                found.setdefault(*pair)
            new_fields = dict(fields(after.classes[pair[1]]))
            pending += [
                (kinds, new_fields[name]) for name, kinds in fields(before.classes[pair[0]]) if name in new_fields
            ]
    return found


def _pairs(old: frozenset[Kind], new: frozenset[Kind], before: Models, after: Models) -> Iterator[tuple[str, str]]:
    old_names = {name for name in classes_in(old) if name in before.classes}
    new_names = {name for name in classes_in(new) if name in after.classes}
    for name in old_names & new_names:
        yield name, name
    removed = old_names - after.classes.keys()
    added = (new_names - before.classes.keys()) or (new_names if len(new_names) == 1 else set[str]())
    if len(removed) == len(added) == 1:
        yield removed.pop(), added.pop()
