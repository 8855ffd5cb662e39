"""Parse type annotations: the members of a union, and whether one type includes another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Kind", "classes_in", "covers", "members", "parse", "rename"]

_BROADER = {
    "list": "Sequence",
    "dict": "Mapping",
    "bool": "int",
    "int": "float",
    "datetime": "date",
}
_ANY = {"Any", "object"}


@attrs.frozen(order=True)
class Kind:
    """A member of a union: a class with its type arguments, or a value of a `Literal` with its type."""

    name: str
    arguments: tuple[frozenset[Kind], ...] = ()
    literal_type: str = ""

    def __str__(self) -> str:
        if self.literal_type:
            return f"Literal[{self.name}]"
        inside = ", ".join(" | ".join(members(one)) for one in self.arguments)
        return f"{self.name}[{inside}]" if inside else self.name


def parse(annotation: str) -> frozenset[Kind]:
    """Parse an annotation; an empty one is `Any`."""
    try:
        return frozenset(_kinds(ast.parse(annotation.strip("'\"") or "Any", mode="eval").body))
    except SyntaxError:
        return frozenset({Kind(annotation)})


def _kinds(node: ast.expr) -> Iterable[Kind]:
    if isinstance(node, ast.BinOp):
        return [*_kinds(node.left), *_kinds(node.right)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return parse(node.value)
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value).rpartition(".")[2]
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Literal":
            return [Kind(ast.unparse(one), literal_type=type(ast.literal_eval(one)).__name__) for one in inside]
        if name == "Optional":
            return [*_kinds(inside[0]), Kind("None")]
        if name == "Union":
            return [kind for one in inside for kind in _kinds(one)]
        return [Kind(name, tuple(frozenset(_kinds(one)) for one in inside))]
    return [Kind(ast.unparse(node).rpartition(".")[2])]


def covers(wide: frozenset[Kind], narrow: frozenset[Kind]) -> bool:
    """Whether `wide` includes all values of `narrow`; `Any` includes all types."""
    return any(one.name in _ANY for one in wide) or all(any(_fits(one, other) for other in wide) for one in narrow)


def _fits(narrow: Kind, wide: Kind) -> bool:
    if narrow.literal_type:
        return narrow == wide or _is_a(narrow.literal_type, wide.name)
    if wide.literal_type or not _is_a(narrow.name, wide.name):
        return False
    if not wide.arguments or not narrow.arguments:
        return True
    pairs = zip(narrow.arguments, wide.arguments, strict=False)
    return len(narrow.arguments) == len(wide.arguments) and all(covers(two, one) for one, two in pairs)


def _is_a(narrow: str, wide: str) -> bool:
    while narrow != wide and narrow in _BROADER:
        narrow = _BROADER[narrow]
    return narrow == wide


def members(kinds: frozenset[Kind]) -> list[str]:
    """Return the members as text; values of a `Literal` are left out if their type is a member as well."""
    distinct = [
        one for one in kinds if not (one.literal_type and any(_is_a(one.literal_type, two.name) for two in kinds))
    ]
    return [str(one) for one in sorted(distinct, key=lambda one: (one.name == "None", one))]


def classes_in(kinds: frozenset[Kind]) -> set[str]:
    """Return the names in a type, at any depth."""
    return {one.name for one in kinds} | {name for one in kinds for part in one.arguments for name in classes_in(part)}


def rename(kinds: frozenset[Kind], names: Mapping[str, str]) -> frozenset[Kind]:
    """Return the type with some classes renamed."""
    return frozenset(
        attrs.evolve(
            one, name=names.get(one.name, one.name), arguments=tuple(rename(part, names) for part in one.arguments)
        )
        for one in kinds
    )
