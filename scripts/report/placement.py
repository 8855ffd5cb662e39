"""Write the code that a new operation needs in the overlay: the methods of its namespace, sync and async.

Without them, it can be called through its generated module and `client.api`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import attrs

from pipeline.project import PACKAGE, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.document import Operation

__all__ = ["placements"]

_NAMESPACES = "overlay/replicatekit/_namespaces.py"


def placements(operations: list[Operation], project: Project) -> Iterator[str]:
    """Yield, in Markdown, how each new operation can be called now, and its methods in the overlay."""
    for operation in operations:
        *nouns, verb = operation.name.split(".")
        module = project.generated / PACKAGE / "api" / ("_".join(nouns) or verb) / f"{verb}.py"
        if not module.is_file():
            continue
        signature = _signature(module)
        package = f"{PACKAGE}.api.{module.parent.name}"
        arguments = ", ".join([*signature.positional, "client=client.api"])
        yield ""
        yield f"`{operation.title}` is new: `from {package} import {verb}`, then `{verb}.sync({arguments})`."
        yield from _lines(_Place.of(nouns, project), verb, package, signature)


@attrs.frozen
class _Signature:
    parameters: str
    positional: tuple[str, ...]
    passed: str
    returns: str


def _signature(module: Path) -> _Signature:
    tree = ast.parse(module.read_text("utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "sync")
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    named = [
        (one, default)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if one.arg != "client"
    ]
    parameters = ["self", *map(_declaration, positional), *(["*"] if named else [])]
    parameters += [_declaration(one, default) for one, default in named]
    return _Signature(
        ", ".join(parameters),
        tuple(one.arg for one in positional),
        "".join(f", {one.arg}={one.arg}" for one, _ in named),
        ast.unparse(function.returns) if function.returns else "object",
    )


def _declaration(argument: ast.arg, default: ast.expr | None = None) -> str:
    kind = ast.unparse(argument.annotation) if argument.annotation else "object"
    value = f" = {ast.unparse(default)}" if default else ""
    if kind.endswith(" | None | Unset"):
        kind, value = kind.removesuffix(" | Unset"), " = None"
    return f"{argument.arg}: {kind}{value}"


@attrs.frozen
class _Place:
    """The class of a namespace; `file` is None if it does not exist yet."""

    noun: str
    name: str
    file: str | None
    line: int

    @classmethod
    def of(cls, nouns: list[str], project: Project) -> _Place:
        """Follow the nouns from the client's namespaces to the class of the last one."""
        known = _classes(project)
        name = "Namespaces"
        for noun in nouns:
            holder = known.get(name)
            name = _class_of(holder[1], noun) if holder else ""
        file, node = known.get(name, (None, None))
        if file is None or node is None:
            return cls(".".join(nouns), "".join(noun.title() for noun in nouns), None, 0)
        return cls(".".join(nouns), name, file, node.end_lineno or 0)


def _classes(project: Project) -> dict[str, tuple[str, ast.ClassDef]]:
    folder = project.overlay / "replicatekit"
    found: dict[str, tuple[str, ast.ClassDef]] = {}
    for path in [folder / "_namespaces.py", *sorted((folder / "resources").glob("*.py"))]:
        if path.is_file():
            tree = ast.parse(path.read_text("utf-8"))
            name = path.relative_to(project.root).as_posix()
            found |= {node.name: (name, node) for node in tree.body if isinstance(node, ast.ClassDef)}
    return found


def _class_of(holder: ast.ClassDef, noun: str) -> str:
    for node in holder.body:
        if isinstance(node, ast.FunctionDef) and node.name == noun and node.returns is not None:
            return ast.unparse(node.returns)
    return ""


def _lines(place: _Place, verb: str, package: str, signature: _Signature) -> Iterator[str]:
    if place.file is None:
        yield f"There is no namespace `{place.noun}` yet: add a class, and a property in `{_NAMESPACES}`, with:"
    else:
        yield f"Add it to `{place.name}` and `Async{place.name}` in `{place.file}` (line {place.line}):"
    call = f"{', '.join([*signature.positional, 'client=self._session.api'])}{signature.passed}"
    yield from ("", "```python")
    for prefix, keyword, function in (("", "", "sync"), ("Async", "await ", "asyncio")):
        start = "async " if prefix else ""
        yield f"# {prefix}{place.name}"
        yield f"{start}def {verb}({signature.parameters}) -> {signature.returns}:"
        yield f"    from {package} import {verb} as endpoint"
        yield ""
        yield f"    return {keyword}endpoint.{function}({call})"
    yield "```"
