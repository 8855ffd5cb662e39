"""Comparing two generated packages: which public names come, go or change.

griffe reads both from their sources, so neither is imported. It finds what breaks a call; the types of what is read and
passed, which it leaves alone, are compared here. A change is judged by its direction: what is only answered may lose
what only a caller would give, and what is only sent may become whatever nobody reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import griffe

from report.annotations import Kind, covers, parse, renamed, words
from report.change import Action, Change, Subject, Verdict
from report.change import Kind as ChangeKind
from report.package_directions import Models, heirs, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from report.package_directions import Object

Types = frozenset[Kind]

_TAKEN = "also takes", "no longer takes"
_READ = "can also be", "can no longer be"
_NOTHING = frozenset({Kind("None")})
_TWINS = {"asyncio", "asyncio_detailed", "sync_detailed"}
_FUNCTION_KINDS = {
    griffe.BreakageKind.PARAMETER_MOVED: "moved",
    griffe.BreakageKind.PARAMETER_REMOVED: "removed",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "is passed in another way",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "is now required",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "is new and required",
}


def package_changes(old: Path, new: Path) -> tuple[Change, ...]:
    """Compare two folders that hold the same package.

    Raises:
        ValueError: A folder holds no package that can be read.
    """
    before, after = _load(old), _load(new)
    found = [*_Comparison(before, after).changes()]
    # A module whose only news is what its package passes on would be told twice.
    told = [item.target_path for item, _ in found if isinstance(item, griffe.Alias)]
    kept = (
        change
        for item, change in found
        if not (item.is_module and any(path.startswith(f"{item.path}.") for path in told))
    )
    return tuple(dict.fromkeys(kept))


def _load(folder: Path) -> Object:
    loader = griffe.GriffeLoader(search_paths=[folder.parent], allow_inspection=False)
    try:
        package = loader.load(folder.name, try_relative_path=False)
    except (ImportError, griffe.GriffeError, SyntaxError) as error:
        raise ValueError(f"{folder} holds no package that can be read: {error}") from error
    loader.resolve_aliases(implicit=False, external=False)
    return package


Found = tuple["Object", Change]


class _Comparison:
    """Compares two packages."""

    def __init__(self, old: Object, new: Object) -> None:
        self._old, self._new = old, new
        self._before, self._after = Models.of(old), Models.of(new)
        self._heirs: Mapping[str, str] = heirs(old, new)

    def changes(self) -> Iterator[Found]:
        """Everything that changed, with the object that it is about."""
        for one in griffe.find_breaking_changes(self._old, self._new):
            if self._concerns_callers(one.obj) and not self._is_part_of_another(one):
                yield one.obj, self._from_breakage(one)
        yield from self._members(self._old, self._new)

    def _concerns_callers(self, item: Object) -> bool:
        """Whether callers can meet a change of it: nobody makes what is only answered, nor reads what is only sent."""
        holder = item.parent
        if item.name.startswith("__") and item.name != "__init__":
            return False  # what a pattern takes by position is read by name as well
        if item.name in _TWINS and holder is not None and "sync" in holder.members:
            return False
        if holder is None or not holder.is_class or holder.name not in self._before.classes:
            return True
        sent = self._before.is_sent(holder.name) or self._after.is_sent(holder.name)
        answered = self._before.is_answered(holder.name) or self._after.is_answered(holder.name)
        return sent if item.name == "__init__" else answered

    def _is_part_of_another(self, breakage: griffe.Breakage) -> bool:
        """Whether a class is gone with the class that it was named after, both for others that are there now."""
        name = breakage.obj.name
        return name in self._heirs and any(name != one and name.startswith(one) for one in self._heirs)

    def _from_breakage(self, breakage: griffe.Breakage) -> Change:
        kind, item = breakage.kind, breakage.obj
        if kind is griffe.BreakageKind.OBJECT_REMOVED:
            heir = self._heirs.get(item.name)
            message = f"removed; probably `{heir}` now" if heir else "removed"
            return _change(item, Action.REMOVED, Verdict.BREAKING, message, "code that uses it fails")
        parameter = breakage.old_value if breakage.old_value is not None else breakage.new_value
        if isinstance(parameter, griffe.Parameter):
            return _change(item, Action.CHANGED, Verdict.BREAKING, _parameter_message(breakage, parameter.name))
        message = f"{kind.value[0].lower()}{kind.value[1:]}"
        return _change(item, Action.CHANGED, Verdict.BREAKING, message)

    def _members(self, old: Object, new: Object) -> Iterator[Found]:
        """Walk the public names of both: what is new, and what is still there with another type."""
        before = _public_members(old)
        for name, item in _public_members(new).items():
            if not self._concerns_callers(item):
                continue
            if name not in before:
                yield item, _change(item, Action.ADDED, Verdict.HARMLESS, "new")
                continue
            former = before[name]
            if isinstance(item, griffe.Function) and isinstance(former, griffe.Function):
                yield from ((item, change) for change in self._signature(former, item))
            elif isinstance(item, griffe.Attribute) and isinstance(former, griffe.Attribute):
                yield from ((item, change) for change in self._attribute(former, item))
            elif not item.is_alias and not former.is_alias and item.kind == former.kind:
                yield from self._members(former, item)

    def _types(self, old: object, new: object) -> tuple[Types, Types]:
        return renamed(parse(text(old)), self._heirs), parse(text(new))

    def _signature(self, old: griffe.Function, new: griffe.Function) -> Iterator[Change]:
        before = {parameter.name: parameter for parameter in old.parameters}
        for parameter in new.parameters:
            if parameter.name not in before:
                if not parameter.required:
                    message = f"new optional parameter `{parameter.name}`"
                    yield _change(new, Action.ADDED, Verdict.HARMLESS, message)
                continue
            given, taken = self._types(before[parameter.name].annotation, parameter.annotation)
            if words(given) != words(taken):
                fits = covers(taken, given)
                message = f"parameter `{parameter.name}` {_type_words(given, taken, _TAKEN)}"
                why = "" if fits else "arguments that were right may now be refused"
                yield _change(new, Action.CHANGED, Verdict.HARMLESS if fits else Verdict.BREAKING, message, why)
        yield from self._read(new, "result", old.returns, new.returns)

    def _attribute(self, old: griffe.Attribute, new: griffe.Attribute) -> Iterator[Change]:
        yield from self._read(new, "type", old.annotation, new.annotation)
        if str(old.value) != str(new.value):
            message = f"value was `{old.value}`, is now `{new.value}`"
            yield _change(new, Action.CHANGED, Verdict.BREAKING, message, "code that knows it no longer fits")

    def _read(self, item: Object, what: str, old: object, new: object) -> Iterator[Change]:
        before, after = self._types(old, new)
        if words(before) == words(after):
            return
        verdict, why = Verdict.BREAKING, "code that reads it meets what it did not expect"
        inner = {argument for kind in before for argument in kind.arguments}
        if before == _NOTHING or inner == {_NOTHING}:
            verdict, why = Verdict.HARMLESS, ""
        elif Kind("Any") in after:
            verdict, why = Verdict.ATTENTION, "type checkers no longer help here"
        elif covers(before, after):
            verdict, why = Verdict.HARMLESS, ""
        yield _change(item, Action.CHANGED, verdict, f"{what} {_type_words(before, after, _READ)}", why)


def _change(item: Object, action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
    if item.is_module:
        subject, path = Subject("package", "Modules"), item.path
    else:
        module = _module_path(item)
        subject, path = Subject("module", module), item.path.removeprefix(f"{module}.")
    return Change(ChangeKind.PACKAGE_NAME, action, verdict, subject, "", path, message, why)


def _module_path(item: Object) -> str:
    holder: Object | None = item
    while holder is not None and not holder.is_module:
        holder = holder.parent
    return holder.path if holder is not None else item.path


def _parameter_message(breakage: griffe.Breakage, name: str) -> str:
    if breakage.kind is griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT:
        said = f"default was `{breakage.old_value.default}`, is now `{breakage.new_value.default}`"
    else:
        said = _FUNCTION_KINDS.get(breakage.kind, breakage.kind.value)
    return f"parameter `{name}` {said}"


def _public_members(item: Object) -> dict[str, Object]:
    return {name: member for name, member in item.members.items() if member.is_public or name == "__init__"}


def _type_words(old: Types, new: Types, verbs: tuple[str, str]) -> str:
    before, after = words(old), words(new)
    come = " | ".join(one for one in after if one not in before)
    gone = " | ".join(one for one in before if one not in after)
    if not gone:
        return f"{verbs[0]} `{come}`"
    if not come:
        return f"{verbs[1]} `{gone}`"
    return f"was `{' | '.join(before)}`, is now `{' | '.join(after)}`"
