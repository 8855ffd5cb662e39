"""The reference: every public name is there, and each page of it is text as well."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["as_text", "missing_names", "undocumented_names"]

HOUSE = Path(__file__).resolve().parents[2]

# The modules whose `__all__` the reference has to cover.
PUBLIC = (
    *("client", "errors", "options", "outputs", "pages", "streaming", "webhooks"),
    *("batch", "compat", "sandbox", "typed"),
)

# Fields of the generated models are described by the API's document, those of the older client by nobody.
_AS_THEY_WERE = ("replicatekit_api", "replicatekit.compat")

_DIRECTIVE = re.compile(r"^::: (\S+)\n((?:    .*\n|\n(?=    ))*)", re.MULTILINE)
_LEVEL = re.compile(r"heading_level: (\d)")


def missing_names(shown: set[str]) -> Iterator[str]:
    """The public names that no page of the reference shows."""
    names = {identifier.rpartition(".")[2] for identifier in shown if identifier.startswith("replicatekit.")}
    for module in PUBLIC:
        path = HOUSE / "overlay" / "replicatekit" / module
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for name in _all(source) - {"Path"}:  # the standard library's
            if name not in names:
                yield f"replicatekit.{module}.{name}"


def undocumented_names(pages: Iterable[str], find: Callable[[str], Any]) -> Iterator[str]:
    """Names on pages of the reference that nothing describes: no docstring, and no section of their class."""
    for page in pages:
        for match in _DIRECTIVE.finditer(page):
            if not match[1].startswith(_AS_THEY_WERE):
                yield from _undocumented(_target(find(match[1])))


def _undocumented(owner: Any) -> Iterator[str]:
    if owner.docstring is None and not owner.is_module:
        yield owner.path
    if not (owner.is_module or owner.is_class):
        return
    described = owner.docstring.value if owner.docstring else ""
    if owner.is_class and re.search(r"see `[A-Z]\w+` for what", described):
        return  # the options of a class that describes them
    for name, member in owner.members.items():
        if name.startswith("_") or member.is_alias or member.is_module or _is_type_variable(member):
            continue
        if member.is_attribute and re.search(rf"^\s*{name}: ", described, re.MULTILINE):
            continue
        yield from _undocumented(member)


def _is_type_variable(member: Any) -> bool:
    return member.is_attribute and re.match(r"(TypeVar|ParamSpec)\w*\(", str(member.value)) is not None


def _all(source: Path) -> set[str]:
    for node in ast.parse(source.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets):
            return set(ast.literal_eval(node.value))
    return set()


def as_text(markdown: str, find: Callable[[str], Any]) -> str:
    """A page with the docstrings in the place of its directives; `find` gives griffe's object of a path."""

    def filled(match: re.Match[str]) -> str:
        level = _LEVEL.search(match[2])
        return "\n".join(_described(_target(find(match[1])), int(level[1]) if level else 2)) + "\n"

    return _DIRECTIVE.sub(filled, markdown)


def _target(item: Any) -> Any:
    """What is described: a public name may be an alias of where it is defined."""
    return item.final_target if item.is_alias else item


def _described(item: Any, level: int) -> Iterator[str]:
    if item.is_module:
        yield f"{'#' * level} {item.path}\n"
    else:
        yield f"{'#' * level} {item.name}\n"
        yield f"```py\n{_signature(item)}\n```\n"
    if item.docstring:
        yield f"{item.docstring.value.strip()}\n"
    if item.is_module or item.is_class:
        for name, member in item.members.items():
            if name.startswith("_") or member.is_alias or not member.docstring:
                continue
            yield from _described(member, min(level + 1, 6))


def _signature(item: Any) -> str:
    if item.is_attribute:
        return f"{item.name}: {item.annotation}" if item.annotation else item.name
    if item.is_class:
        bases = ", ".join(str(base) for base in item.bases)
        return f"class {item.name}({bases})" if bases else f"class {item.name}"
    if item.is_function:
        return str(item.signature())
    return str(item.name)
