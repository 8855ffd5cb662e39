"""The reference: find public names that it lacks, and render its pages as Markdown."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["as_text", "missing_names", "undocumented_names"]

ROOT = Path(__file__).resolve().parents[2]

# The modules whose `__all__` the reference must cover.
PUBLIC = (
    *("client", "errors", "options", "outputs", "pages", "streaming", "webhooks"),
    *("batch", "compat", "sandbox", "typed"),
)

# Their docstrings come from the API's document, or mirror the older client, which has none.
_NOT_CHECKED = ("replicatekit_api", "replicatekit.compat")

_DIRECTIVE = re.compile(r"^::: (\S+)\n((?:    .*\n|\n(?=    ))*)", re.MULTILINE)
_LEVEL = re.compile(r"heading_level: (\d)")


def missing_names(shown: set[str]) -> Iterator[str]:
    """Yield the public names that are on no page of the reference."""
    names = {identifier.rpartition(".")[2] for identifier in shown if identifier.startswith("replicatekit.")}
    for module in PUBLIC:
        path = ROOT / "overlay" / "replicatekit" / module
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for name in _all(source) - {"Path"}:  # re-exported from the standard library
            if name not in names:
                yield f"replicatekit.{module}.{name}"


def undocumented_names(pages: Iterable[str], find: Callable[[str], Any]) -> Iterator[str]:
    """Yield names of the reference that neither a docstring nor a section of their class's docstring describes."""
    for page in pages:
        for match in _DIRECTIVE.finditer(page):
            if not match[1].startswith(_NOT_CHECKED):
                yield from _undocumented(_target(find(match[1])))


def _undocumented(owner: Any) -> Iterator[str]:
    if owner.docstring is None and not owner.is_module:
        yield owner.path
    if not (owner.is_module or owner.is_class):
        return
    docstring = owner.docstring.value if owner.docstring else ""
    if owner.is_class and re.search(r"see `[A-Z]\w+` for what", docstring):
        return  # its docstring refers to the class that describes the options
    for name, member in owner.members.items():
        if name.startswith("_") or member.is_alias or member.is_module or _is_type_variable(member):
            continue
        if member.is_attribute and re.search(rf"^\s*{name}: ", docstring, re.MULTILINE):
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
    """Replace the directives of a page by the docstrings; `find` returns griffe's object for a path."""

    def fill(match: re.Match[str]) -> str:
        level = _LEVEL.search(match[2])
        return "\n".join(_render(_target(find(match[1])), int(level[1]) if level else 2)) + "\n"

    return _DIRECTIVE.sub(fill, markdown)


def _target(item: Any) -> Any:
    """Follow an alias to the definition."""
    return item.final_target if item.is_alias else item


def _render(item: Any, level: int) -> Iterator[str]:
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
            yield from _render(member, min(level + 1, 6))


def _signature(item: Any) -> str:
    if item.is_attribute:
        return f"{item.name}: {item.annotation}" if item.annotation else item.name
    if item.is_class:
        bases = ", ".join(str(base) for base in item.bases)
        return f"class {item.name}({bases})" if bases else f"class {item.name}"
    if item.is_function:
        return str(item.signature())
    return str(item.name)
