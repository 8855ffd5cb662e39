"""Compare two generated packages: which public names were added, removed or changed.

griffe reads both from their sources, without importing them, and finds what breaks calls. It ignores types, which are
compared here. A change is judged by direction: the constructor of a model that occurs only in responses, and the
attributes of one that occurs only in requests, do not concern callers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import griffe

from report.annotations import Kind, covers, members, parse, rename
from report.change import Action, Change, Subject, Verdict
from report.change import Kind as ChangeKind
from report.package_directions import Models, replacements, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from report.package_directions import Object

Types = frozenset[Kind]

_ACCEPTED = "also accepts", "no longer accepts"
_RETURNED = "can also be", "can no longer be"
_ONLY_NONE = frozenset({Kind("None")})
_VARIANTS = {"asyncio", "asyncio_detailed", "sync_detailed"}
_FUNCTION_KINDS = {
    griffe.BreakageKind.PARAMETER_MOVED: "moved",
    griffe.BreakageKind.PARAMETER_REMOVED: "removed",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "is now passed differently",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "is now required",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "is new and required",
}


def package_changes(old: Path, new: Path) -> tuple[Change, ...]:
    """Compare two folders that hold the same package.

    Raises:
        ValueError: A folder does not contain a readable package.
    """
    before, after = _load(old), _load(new)
    found = [*_Comparison(before, after).changes()]
    # A module that its package re-exports would be reported twice.
    reported = [item.target_path for item, _ in found if isinstance(item, griffe.Alias)]
    changes = (
        change
        for item, change in found
        if not (item.is_module and any(path.startswith(f"{item.path}.") for path in reported))
    )
    return tuple(dict.fromkeys(changes))


def _load(folder: Path) -> Object:
    loader = griffe.GriffeLoader(search_paths=[folder.parent], allow_inspection=False)
    try:
        package = loader.load(folder.name, try_relative_path=False)
    except (ImportError, griffe.GriffeError, SyntaxError) as error:
        raise ValueError(f"{folder} does not contain a readable package: {error}") from error
    loader.resolve_aliases(implicit=False, external=False)
    return package


Found = tuple["Object", Change]


class _Comparison:
    """Compares two packages."""

    def __init__(self, old: Object, new: Object) -> None:
        self._old, self._new = old, new
        self._before, self._after = Models.of(old), Models.of(new)
        self._replacements: Mapping[str, str] = replacements(old, new)

    def changes(self) -> Iterator[Found]:
        """Yield all changes, with the object that changed."""
        for one in griffe.find_breaking_changes(self._old, self._new):
            if self._concerns_callers(one.obj) and not self._is_part_of_another(one):
                yield one.obj, self._from_breakage(one)
        yield from self._members(self._old, self._new)

    def _concerns_callers(self, item: Object) -> bool:
        """Whether a change affects callers: they do not construct response models, nor read request models."""
        holder = item.parent
        if item.name.startswith("__") and item.name != "__init__":
            return False  # the attributes that a pattern matches by position are compared by name
        if item.name in _VARIANTS and holder is not None and "sync" in holder.members:
            return False
        if holder is None or not holder.is_class or holder.name not in self._before.classes:
            return True
        sent = self._before.is_sent(holder.name) or self._after.is_sent(holder.name)
        returned = self._before.is_returned(holder.name) or self._after.is_returned(holder.name)
        return sent if item.name == "__init__" else returned

    def _is_part_of_another(self, breakage: griffe.Breakage) -> bool:
        """Whether a class was replaced together with the class that its name begins with."""
        name = breakage.obj.name
        return name in self._replacements and any(name != one and name.startswith(one) for one in self._replacements)

    def _from_breakage(self, breakage: griffe.Breakage) -> Change:
        kind, item = breakage.kind, breakage.obj
        if kind is griffe.BreakageKind.OBJECT_REMOVED:
            replacement = self._replacements.get(item.name)
            message = f"removed; probably now `{replacement}`" if replacement else "removed"
            return _change(item, Action.REMOVED, Verdict.BREAKING, message, "code that uses it fails")
        parameter = breakage.old_value if breakage.old_value is not None else breakage.new_value
        if isinstance(parameter, griffe.Parameter):
            return _change(item, Action.CHANGED, Verdict.BREAKING, _parameter_message(breakage, parameter.name))
        message = f"{kind.value[0].lower()}{kind.value[1:]}"
        return _change(item, Action.CHANGED, Verdict.BREAKING, message)

    def _members(self, old: Object, new: Object) -> Iterator[Found]:
        """Compare the public names of both: new ones, and those whose type changed."""
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
        return rename(parse(text(old)), self._replacements), parse(text(new))

    def _signature(self, old: griffe.Function, new: griffe.Function) -> Iterator[Change]:
        before = {parameter.name: parameter for parameter in old.parameters}
        for parameter in new.parameters:
            if parameter.name not in before:
                if not parameter.required:
                    message = f"new optional parameter `{parameter.name}`"
                    yield _change(new, Action.ADDED, Verdict.HARMLESS, message)
                continue
            former, current = self._types(before[parameter.name].annotation, parameter.annotation)
            if members(former) != members(current):
                fits = covers(current, former)
                message = f"parameter `{parameter.name}` {_type_message(former, current, _ACCEPTED)}"
                why = "" if fits else "arguments that were valid may now be rejected"
                yield _change(new, Action.CHANGED, Verdict.HARMLESS if fits else Verdict.BREAKING, message, why)
        yield from self._read(new, "result", old.returns, new.returns)

    def _attribute(self, old: griffe.Attribute, new: griffe.Attribute) -> Iterator[Change]:
        yield from self._read(new, "type", old.annotation, new.annotation)
        if str(old.value) != str(new.value):
            message = f"value was `{old.value}`, is now `{new.value}`"
            yield _change(new, Action.CHANGED, Verdict.BREAKING, message, "code that relies on it fails")

    def _read(self, item: Object, what: str, old: object, new: object) -> Iterator[Change]:
        before, after = self._types(old, new)
        if members(before) == members(after):
            return
        verdict, why = Verdict.BREAKING, "code that reads it may get unexpected values"
        inner = {argument for kind in before for argument in kind.arguments}
        if before == _ONLY_NONE or inner == {_ONLY_NONE}:
            verdict, why = Verdict.HARMLESS, ""
        elif Kind("Any") in after:
            verdict, why = Verdict.ATTENTION, "type checkers no longer check it"
        elif covers(before, after):
            verdict, why = Verdict.HARMLESS, ""
        yield _change(item, Action.CHANGED, verdict, f"{what} {_type_message(before, after, _RETURNED)}", why)


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
        message = f"default was `{breakage.old_value.default}`, is now `{breakage.new_value.default}`"
    else:
        message = _FUNCTION_KINDS.get(breakage.kind, breakage.kind.value)
    return f"parameter `{name}` {message}"


def _public_members(item: Object) -> dict[str, Object]:
    return {name: member for name, member in item.members.items() if member.is_public or name == "__init__"}


def _type_message(old: Types, new: Types, verbs: tuple[str, str]) -> str:
    before, after = members(old), members(new)
    added = " | ".join(one for one in after if one not in before)
    gone = " | ".join(one for one in before if one not in after)
    if not gone:
        return f"{verbs[0]} `{added}`"
    if not added:
        return f"{verbs[1]} `{gone}`"
    return f"was `{' | '.join(before)}`, is now `{' | '.join(after)}`"
