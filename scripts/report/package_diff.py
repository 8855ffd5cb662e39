"""Comparing two generated packages: which public names come, go or change.

griffe reads both from their sources, so neither is imported. It finds what breaks a call; the types of what
is read and passed, which it leaves alone, are compared here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import griffe

from report.change import Action, Change, Kind, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Object = griffe.Object | griffe.Alias

Pair = tuple[str, str]

_TAKEN = "also takes", "no longer takes"
_READ = "can also be", "can no longer be"
# A function that gave nothing is free to give something.
_NOTHING = re.compile(r"None|\w+\[None\]")
_OPENING, _CLOSING = "[(", "])"


def package_changes(old: Path, new: Path) -> tuple[Change, ...]:
    """Compare two folders that hold the same package.

    Raises:
        ValueError: A folder holds no package that can be read.
    """
    before, after = _load(old), _load(new)
    found: list[tuple[Object, Change]] = []
    found.extend((one.obj, _from_breakage(one)) for one in griffe.find_breaking_changes(before, after))
    found.extend(_name_and_type_changes(before, after))
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


def _name_and_type_changes(old: Object, new: Object) -> Iterator[tuple[Object, Change]]:
    """Walk the public names of both: what is new, and what is still there with another type."""
    before = _public_members(old)
    for name, item in _public_members(new).items():
        if name not in before:
            yield item, _change(item, Action.ADDED, Verdict.HARMLESS, "new")
            continue
        former = before[name]
        if isinstance(item, griffe.Function) and isinstance(former, griffe.Function):
            yield from ((item, change) for change in _signature_changes(former, item))
        elif isinstance(item, griffe.Attribute) and isinstance(former, griffe.Attribute):
            yield from ((item, change) for change in _attribute_changes(former, item))
        elif not item.is_alias and not former.is_alias and item.kind == former.kind:
            yield from _name_and_type_changes(former, item)


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
        given, taken = _alternatives(one), _alternatives(two)
        if given != taken:
            fits = given <= taken or "Any" in taken
            message = f"parameter `{parameter.name}` {_type_words(given, taken, _TAKEN, (one, two))}"
            why = "" if fits else "arguments that were right may now be refused"
            verdict = Verdict.HARMLESS if fits else Verdict.BREAKING
            yield _change(new, Action.CHANGED, verdict, message, why)
    yield from _type_read(new, "result", _text(old.returns), _text(new.returns))


def _attribute_changes(old: griffe.Attribute, new: griffe.Attribute) -> Iterator[Change]:
    yield from _type_read(new, "type", _text(old.annotation), _text(new.annotation))
    if str(old.value) != str(new.value):
        message = f"value was `{old.value}`, is now `{new.value}`"
        yield _change(new, Action.CHANGED, Verdict.BREAKING, message, "code that knows it no longer fits")


def _type_read(item: Object, what: str, one: str, two: str) -> Iterator[Change]:
    before, after = _alternatives(one), _alternatives(two)
    if before == after:
        return
    verdict, why = Verdict.BREAKING, "code that reads it meets what it did not expect"
    if after <= before or "Any" in before or _NOTHING.fullmatch(one):
        verdict, why = Verdict.HARMLESS, ""
    elif "Any" in after:
        verdict, why = Verdict.ATTENTION, "type checkers no longer help here"
    message = f"{what} {_type_words(before, after, _READ, (one, two))}"
    yield _change(item, Action.CHANGED, verdict, message, why)


def _type_words(old: frozenset[str], new: frozenset[str], verbs: Pair, texts: Pair) -> str:
    come, gone = (" | ".join(sorted(one)) for one in (new - old, old - new))
    if not gone:
        return f"{verbs[0]} `{come}`"
    if not come:
        return f"{verbs[1]} `{gone}`"
    return f"was `{texts[0]}`, is now `{texts[1]}`"


def _text(annotation: object) -> str:
    return "Any" if annotation is None else str(annotation).strip("'\"")


def _alternatives(annotation: str) -> frozenset[str]:
    """Split a union at its bars; the words of a `Literal` count one by one, and not at all beside `str`."""
    parts: set[str] = set()
    for part in _split(annotation, "|"):
        literal = re.fullmatch(r"(?:typing\.)?Literal\[(.*)\]", part)
        parts |= {f"Literal[{word}]" for word in _split(literal[1], ",")} if literal else {part}
    known = ("Literal['", 'Literal["')
    return frozenset(part for part in parts if "str" not in parts or not part.startswith(known))


def _split(text: str, mark: str) -> list[str]:
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
