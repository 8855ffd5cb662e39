"""Which models of a generated package are sent, which are answered, and which model has become which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import griffe

from report.annotations import classes_in, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from report.annotations import Kind

Object = griffe.Object | griffe.Alias

__all__ = ["Models", "heirs", "text"]


def text(annotation: object) -> str:
    """An annotation as it is written."""
    return "Any" if annotation is None else str(annotation).strip("'\"")


def functions(package: Object) -> Iterator[tuple[str, griffe.Function]]:
    """The endpoint functions by their paths: one of the four of each module, since all take and give the same."""
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
    """The classes of a package, and on which side each stands."""

    classes: Mapping[str, Object]
    sent: frozenset[str]
    answered: frozenset[str]

    @classmethod
    def of(cls, package: Object) -> Models:
        """Follow the parameters and the results of the endpoint functions."""
        classes = {
            member.name: member
            for module in _modules(package)
            for member in module.members.values()
            if not member.is_alias and member.is_class
        }
        given: set[str] = set()
        read: set[str] = set()
        for _, function in functions(package):
            read |= classes_in(parse(text(function.returns)))
            for parameter in function.parameters:
                given |= classes_in(parse(text(parameter.annotation)))
        return cls(classes, _reached(classes, given), _reached(classes, read))

    def is_sent(self, name: str) -> bool:
        """Whether callers make it; what is on neither side may be made by anyone."""
        return name in self.sent or name not in self.answered

    def is_answered(self, name: str) -> bool:
        """Whether callers read it."""
        return name in self.answered or name not in self.sent


def _reached(classes: Mapping[str, Object], names: set[str]) -> frozenset[str]:
    todo, seen = [name for name in names if name in classes], set[str]()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            for _, kinds in fields(classes[name]):
                todo += [one for one in classes_in(kinds) if one in classes]
    return frozenset(seen)


def fields(item: Object) -> Iterator[tuple[str, frozenset[Kind]]]:
    """What can be read of a class: its properties and their types."""
    for name, member in item.members.items():
        if isinstance(member, griffe.Attribute) and member.is_public:
            yield name, parse(text(member.annotation))


def heirs(old: Object, new: Object) -> dict[str, str]:
    """The classes that are gone, and the new ones that stand in their places."""
    before, after = Models.of(old), Models.of(new)
    found: dict[str, str] = {}
    now = dict(functions(new))
    todo = [
        (parse(text(function.returns)), parse(text(now[path].returns)))
        for path, function in functions(old)
        if path in now
    ]
    seen: set[tuple[str, str]] = set()
    while todo:
        for pair in set(_pairs(*todo.pop(), before, after)) - seen:
            seen.add(pair)
            if pair[0] != pair[1]:
                found.setdefault(*pair)
            theirs = dict(fields(after.classes[pair[1]]))
            todo += [(kinds, theirs[name]) for name, kinds in fields(before.classes[pair[0]]) if name in theirs]
    return found


def _pairs(old: frozenset[Kind], new: frozenset[Kind], before: Models, after: Models) -> Iterator[tuple[str, str]]:
    ours = {name for name in classes_in(old) if name in before.classes}
    theirs = {name for name in classes_in(new) if name in after.classes}
    for name in ours & theirs:
        yield name, name
    gone = ours - after.classes.keys()
    came = (theirs - before.classes.keys()) or (theirs if len(theirs) == 1 else set[str]())
    if len(gone) == len(came) == 1:
        yield gone.pop(), came.pop()
