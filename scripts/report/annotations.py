"""Types as annotations write them: what a union is made of, and whether one type includes another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Kind", "classes_in", "covers", "parse", "renamed", "words"]

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
    """One member of a union: a class, and what stands in its brackets; a word of a `Literal` has its type."""

    name: str
    arguments: tuple[frozenset[Kind], ...] = ()
    word_of: str = ""

    def __str__(self) -> str:
        if self.word_of:
            return f"Literal[{self.name}]"
        inside = ", ".join(" | ".join(words(one)) for one in self.arguments)
        return f"{self.name}[{inside}]" if inside else self.name


def parse(annotation: str) -> frozenset[Kind]:
    """Read an annotation; without one, anything may be there."""
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
            return [Kind(ast.unparse(one), word_of=type(ast.literal_eval(one)).__name__) for one in inside]
        if name == "Optional":
            return [*_kinds(inside[0]), Kind("None")]
        if name == "Union":
            return [kind for one in inside for kind in _kinds(one)]
        return [Kind(name, tuple(frozenset(_kinds(one)) for one in inside))]
    return [Kind(ast.unparse(node).rpartition(".")[2])]


def covers(wide: frozenset[Kind], narrow: frozenset[Kind]) -> bool:
    """Whether each value of one type is a value of the other; what is read goes both ways with `Any`."""
    return any(one.name in _ANY for one in wide) or all(any(_fits(one, other) for other in wide) for one in narrow)


def _fits(narrow: Kind, wide: Kind) -> bool:
    if narrow.word_of:
        return narrow == wide or _is_a(narrow.word_of, wide.name)
    if wide.word_of or not _is_a(narrow.name, wide.name):
        return False
    if not wide.arguments or not narrow.arguments:
        return True
    pairs = zip(narrow.arguments, wide.arguments, strict=False)
    return len(narrow.arguments) == len(wide.arguments) and all(covers(two, one) for one, two in pairs)


def _is_a(narrow: str, wide: str) -> bool:
    while narrow != wide and narrow in _BROADER:
        narrow = _BROADER[narrow]
    return narrow == wide


def words(kinds: frozenset[Kind]) -> list[str]:
    """The members in words; those of a `Literal` are left out beside the type that includes them."""
    kept = [one for one in kinds if not (one.word_of and any(_is_a(one.word_of, two.name) for two in kinds))]
    return [str(one) for one in sorted(kept, key=lambda one: (one.name == "None", one))]


def classes_in(kinds: frozenset[Kind]) -> set[str]:
    """Every name that a type holds, at any depth."""
    return {one.name for one in kinds} | {name for one in kinds for part in one.arguments for name in classes_in(part)}


def renamed(kinds: frozenset[Kind], names: Mapping[str, str]) -> frozenset[Kind]:
    """The type with other names of classes."""
    return frozenset(
        attrs.evolve(
            one, name=names.get(one.name, one.name), arguments=tuple(renamed(part, names) for part in one.arguments)
        )
        for one in kinds
    )
