"""Comparing two generated packages: which public names come, go or change.

griffe reads both from their sources, so neither is imported. It finds what breaks a call; the types of what
is read and passed, which it leaves alone, are compared here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import griffe

from _change import Action, Change, Kind, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Object = griffe.Object | griffe.Alias

_OPENING, _CLOSING = "[(", "])"


def package_changes(old: Path, new: Path) -> tuple[Change, ...]:
    """Compare two folders that hold the same package.

    Raises:
        ValueError: A folder holds no package that can be read.
    """
    before, after = _load(old), _load(new)
    found = [_from_breakage(one) for one in griffe.find_breaking_changes(before, after)]
    found += _name_and_type_changes(before, after)
    return tuple(dict.fromkeys(found))


def _load(folder: Path) -> Object:
    loader = griffe.GriffeLoader(search_paths=[folder.parent], allow_inspection=False)
    try:
        package = loader.load(folder.name, try_relative_path=False)
    except (ImportError, griffe.GriffeError, SyntaxError) as error:
        raise ValueError(f"{folder} holds no package that can be read: {error}") from error
    loader.resolve_aliases(implicit=False, external=False)
    return package


def _change(item: Object, action: Action, verdict: Verdict, message: str, why: str = "") -> Change:
    if item.is_module:
        subject, path = Subject("package", "Modules"), item.path
    else:
        module = _module_path(item)
        subject, path = Subject("module", module), item.path.removeprefix(f"{module}.")
    return Change(Kind.PACKAGE_NAME, action, verdict, subject, "", path, message, why)


def _module_path(item: Object) -> str:
    holder: Object | None = item
    while holder is not None and not holder.is_module:
        holder = holder.parent
    return holder.path if holder is not None else item.path


def _from_breakage(breakage: griffe.Breakage) -> Change:
    kind, item = breakage.kind, breakage.obj
    if kind is griffe.BreakageKind.OBJECT_REMOVED:
        return _change(item, Action.REMOVED, Verdict.BREAKING, "removed", "code that uses it fails")
    parameter = breakage.old_value if breakage.old_value is not None else breakage.new_value
    if isinstance(parameter, griffe.Parameter):
        return _change(item, Action.CHANGED, Verdict.BREAKING, _parameter_message(breakage, parameter.name))
    message = f"{kind.value[0].lower()}{kind.value[1:]}"
    return _change(item, Action.CHANGED, Verdict.BREAKING, message)


def _parameter_message(breakage: griffe.Breakage, name: str) -> str:
    words = {
        griffe.BreakageKind.PARAMETER_MOVED: "moved",
        griffe.BreakageKind.PARAMETER_REMOVED: "removed",
        griffe.BreakageKind.PARAMETER_CHANGED_KIND: "is passed in another way",
        griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "is now required",
        griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "is new and required",
    }
    if breakage.kind is griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT:
        said = f"default was `{breakage.old_value.default}`, is now `{breakage.new_value.default}`"
    else:
        said = words.get(breakage.kind, breakage.kind.value)
    return f"parameter `{name}` {said}"


def _name_and_type_changes(old: Object, new: Object) -> Iterator[Change]:
    """Walk the public names of both: what is new, and what is still there with another type."""
    before = _public_members(old)
    for name, item in _public_members(new).items():
        if name not in before:
            yield _change(item, Action.ADDED, Verdict.HARMLESS, "new")
            continue
        yield from _changes_between(before[name], item)


def _changes_between(old: Object, new: Object) -> Iterator[Change]:
    if isinstance(new, griffe.Function) and isinstance(old, griffe.Function):
        yield from _signature_changes(old, new)
    elif isinstance(new, griffe.Attribute) and isinstance(old, griffe.Attribute):
        yield from _read_type_change(new, _text(old.annotation), _text(new.annotation), "type")
    elif not new.is_alias and not old.is_alias and new.kind == old.kind:
        yield from _name_and_type_changes(old, new)


def _public_members(item: Object) -> dict[str, Object]:
    return {name: member for name, member in item.members.items() if member.is_public}


def _signature_changes(old: griffe.Function, new: griffe.Function) -> Iterator[Change]:
    before = {parameter.name: parameter for parameter in old.parameters}
    for parameter in new.parameters:
        if parameter.name not in before:
            if not parameter.required:
                message = f"new optional parameter `{parameter.name}`"
                yield _change(new, Action.ADDED, Verdict.HARMLESS, message)
            continue
        one, two = _text(before[parameter.name].annotation), _text(parameter.annotation)
        if one != two:
            fits = _alternatives(one) <= _alternatives(two) or "Any" in _alternatives(two)
            verdict = Verdict.HARMLESS if fits else Verdict.BREAKING
            message = f"parameter `{parameter.name}` was of type `{one}`, is now `{two}`"
            why = "" if fits else "arguments that were right may now be refused"
            yield _change(new, Action.CHANGED, verdict, message, why)
    yield from _read_type_change(new, _text(old.returns), _text(new.returns), "result")


def _read_type_change(item: Object, old: str, new: str, what: str) -> Iterator[Change]:
    if old == new:
        return
    fits = _alternatives(new) <= _alternatives(old) or old == "Any"
    verdict = Verdict.HARMLESS if fits else Verdict.BREAKING
    why = "" if fits else "code that reads it meets what it did not expect"
    yield _change(item, Action.CHANGED, verdict, f"{what} was `{old}`, is now `{new}`", why)


def _text(annotation: object) -> str:
    return "Any" if annotation is None else str(annotation).strip("'\"")


def _alternatives(annotation: str) -> frozenset[str]:
    """Split a union at its bars, and a `Literal` at its commas, leaving what stands in brackets together."""
    parts = _split(annotation, "|")
    if len(parts) == 1 and (literal := re.fullmatch(r"Literal\[(.*)\]", annotation)):
        return frozenset(f"Literal[{part}]" for part in _split(literal[1], ","))
    if len(parts) == 1:
        return frozenset(parts)
    return frozenset(one for part in parts for one in _alternatives(part))


def _split(text: str, mark: str) -> list[str]:
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
