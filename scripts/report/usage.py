"""Find the lines of the user's code that use what breaks.

The code is parsed, not run. A name is searched in all positions, so that no use is missed. Files that do not import
this package, directly or through other files of the project, are skipped.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from report.change import Action, Kind, Verdict
from report.python_names import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from report.change import Change

__all__ = ["Use", "uses"]

_PACKAGES = {"replicatekit", "replicatekit_api"}
_CALLS = {"sync", "sync_detailed", "asyncio", "asyncio_detailed"}


@attrs.frozen(order=True)
class Use:
    """A line that uses what breaks."""

    file: str
    line: int
    text: str
    message: str


@attrs.frozen
class _Search:
    """What to search for because of one change."""

    message: str
    operation: str = ""
    """An operation, such as `models_versions.list`: all uses, or only calls with or without `keyword`."""
    keyword: str = ""
    is_missing: bool = False
    """Whether to find calls without the keyword instead of those with it."""
    attributes: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


def uses(changes: Iterable[Change], folder: Path) -> tuple[Use, ...]:
    """Parse the Python files of a folder, or one file, and find the uses of breaking changes."""
    searches = [search for change in changes if _breaks_code(change) for search in _searches(change)]
    found: dict[tuple[str, int], Use] = {}
    for path, tree, lines in _related(folder):
        name = str(path.relative_to(folder)) if folder.is_dir() else str(path)
        for search in searches:
            for number in _Finder(search).found(tree):
                use = Use(name, number, lines[number - 1].strip(), search.message)
                found.setdefault((name, number), use)
    return tuple(sorted(found.values()))


def _breaks_code(change: Change) -> bool:
    """Whether code may have to change; a renamed operation is the same on the wire, but not in Python."""
    is_renamed = change.action is Action.CHANGED and change.kind is Kind.OPERATION
    return change.verdict is Verdict.BREAKING or is_renamed


def _searches(change: Change) -> Iterator[_Search]:
    place = f"{change.subject.detail.strip('`')} {change.part} {change.path}" if change.part else change.path
    message = f"{change.python or ' '.join(place.split())}: {change.message}"
    name, _, argument = change.python.partition("(")
    texts = frozenset(
        [value for value in (change.before, change.path) if isinstance(value, str)]
        if change.kind in {Kind.ENUM_VALUE, Kind.HEADER, Kind.SERVER}
        else []
    )
    if change.kind is Kind.ENUM_VALUE and texts:
        values = frozenset(text for text in texts if text == change.before) or texts
        yield _Search(message, attributes=frozenset(identifier(one).upper() for one in values), texts=values)
    elif change.kind in {Kind.HEADER, Kind.SERVER}:
        yield _Search(message, texts=frozenset({change.path}))
    elif change.subject.kind in {"package", "module"}:
        yield from _package_searches(change, message, name, argument.rstrip(")"))
    elif argument and argument != "body)":
        added = change.action is Action.ADDED or "is now required" in change.message
        yield _Search(message, name, argument.rstrip(")"), is_missing=added)
    elif change.subject.kind == "schema" or (change.path and change.part.startswith(("response ", "request body"))):
        yield from _field_searches(change, message)
    elif name:
        yield _Search(message, name)


def _field_searches(change: Change, message: str) -> Iterator[_Search]:
    steps = [step.strip("[]") for step in change.path.split(".") if step.strip("[]*")]
    wire = steps[-1] if steps and not steps[-1].isdigit() else ""
    if change.kind is Kind.REQUIRED or (change.action is Action.ADDED and change.kind is Kind.FIELD):
        # The code does not use the new field yet; find the model's constructor.
        yield _Search(message, attributes=frozenset({change.python.partition(".")[0]}) - {""})
    elif wire:
        yield _Search(message, attributes=frozenset({identifier(wire), wire}), texts=frozenset({wire}))


def _package_searches(change: Change, message: str, name: str, argument: str) -> Iterator[_Search]:
    if ".api." in change.subject.name or change.subject.kind == "package":
        if argument:
            added = "required" in change.message
            yield _Search(message, name, argument, is_missing=added)
        elif name:
            yield _Search(message, name)
    else:
        yield _Search(message, attributes=frozenset({name.rpartition(".")[2]}))


class _Finder(ast.NodeVisitor):
    """Finds the lines of a module that match a search."""

    def __init__(self, search: _Search) -> None:
        self._search = search
        self._lines: set[int] = set()
        self._nouns, _, self._verb = search.operation.rpartition(".")
        # Names in the file that are bound to the operation, or to its namespace.
        self._aliases: set[str] = set()
        self._namespaces: set[str] = {self._nouns} if self._nouns else set()

    def found(self, tree: ast.Module) -> set[int]:
        """Return the line numbers."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                self._learn(node)
        self.visit(tree)
        return self._lines

    def _learn(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {_chain(target).rpartition(".")[2] for target in targets if _chain(target)}
        value = _chain(node.value) if node.value is not None else ""
        if self._nouns and self._is_namespace(value):
            self._namespaces |= names
        elif self._verb and self._is_operation(value):
            self._aliases |= names

    def _is_namespace(self, chain: str) -> bool:
        return any(f".{chain}".endswith(f".{one}") for one in (self._nouns, self._nouns.replace("_", ".")) if one)

    def _is_operation(self, chain: str) -> bool:
        head, _, last = chain.rpartition(".")
        if last in _CALLS:
            return self._is_operation(head)
        if not head:
            return last in self._aliases
        if last != self._verb:
            return False
        # An operation whose id has no dot is a method of the client.
        on_client = self._nouns == self._verb and "." not in head and head != "re"
        return on_client or self._is_namespace(head) or head.rpartition(".")[2] in self._namespaces

    def _note(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> None:
        self._lines.add(node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Visit imported names, and remember aliases."""
        module = node.module or ""
        for alias in node.names:
            is_module = module.endswith(f".api.{self._nouns}") and alias.name == self._verb
            if self._verb and (is_module or module.endswith(f".api.{self._nouns}.{self._verb}")):
                self._aliases.add(alias.asname or alias.name)
                self._count(alias)
            elif self._nouns and module.endswith("_api.api") and alias.name == self._nouns:
                self._namespaces.add(alias.asname or alias.name)
            elif alias.name in self._search.attributes:
                self._note(alias)

    def visit_Import(self, node: ast.Import) -> None:
        """Visit imported modules."""
        for alias in node.names:
            if self._verb and alias.name.endswith(f".api.{self._nouns}.{self._verb}"):
                self._aliases.add(alias.asname or alias.name)
                self._count(alias)

    def _count(self, node: ast.alias) -> None:
        if not self._search.keyword:
            self._note(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Visit calls of the operation with or without a keyword, and keywords that are names of fields."""
        search = self._search
        if self._verb and self._is_operation(_chain(node.func)):
            keywords = {one.arg for one in node.keywords}
            if not search.keyword or None in keywords or (search.keyword in keywords) is not search.is_missing:
                self._note(node)
        for keyword in node.keywords:
            if keyword.arg in search.attributes:
                self._note(keyword)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Visit attributes that are names of fields, members or classes, and the operation as a value."""
        if node.attr in self._search.attributes:
            self._lines.add(node.end_lineno or node.lineno)
        if self._verb and not self._search.keyword and self._is_operation(_chain(node)):
            self._note(node)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        """Visit names of classes, and aliases of the operation."""
        if node.id in self._search.attributes and isinstance(node.ctx, ast.Load):
            self._note(node)
        if node.id in self._aliases and not self._search.keyword:
            self._note(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Visit strings that are names on the wire or values of enums."""
        texts = self._search.texts
        if isinstance(node.value, str) and any(
            node.value.lower() == text.lower() or ("://" in text and node.value.startswith(text)) for text in texts
        ):
            self._note(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        """Visit attributes in patterns."""
        if self._search.attributes & set(node.kwd_attrs):
            self._lines.add(node.lineno)
        self.generic_visit(node)


def _chain(node: ast.expr) -> str:
    """Return a chain of attributes as text."""
    if isinstance(node, ast.Attribute):
        return f"{_chain(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Await):
        return _chain(node.value)
    if isinstance(node, ast.Call):
        return f"{_chain(node.func)}()"
    return ""


Parsed = tuple[Path, ast.Module, list[str]]


def _related(folder: Path) -> Iterator[Parsed]:
    """Yield the files that import this package, or are connected to such a file by imports."""
    parsed = [one for path in _files(folder) if (one := _read(path)) is not None]
    known = {path.stem if path.stem != "__init__" else path.parent.name for path, _, _ in parsed}
    neighbors: dict[str, set[str]] = defaultdict(set)
    reached: set[str] = set()
    for path, tree, _ in parsed:
        name = path.stem if path.stem != "__init__" else path.parent.name
        imported = set(_imported(tree))
        if imported & _PACKAGES:
            reached.add(name)
        for other in imported & known:
            neighbors[name].add(other)
            neighbors[other].add(name)
    pending = list(reached)
    while pending:
        added = neighbors[pending.pop()] - reached
        reached |= added
        pending += added
    for path, tree, lines in parsed:
        if (path.stem if path.stem != "__init__" else path.parent.name) in reached:
            yield path, tree, lines


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    hidden = {"node_modules", "__pycache__", "site-packages"}
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not any(part.startswith(".") or part in hidden for part in path.relative_to(folder).parts)
    ]


def _read(path: Path) -> Parsed | None:
    try:
        text = path.read_text("utf-8")
        return path, ast.parse(text), text.splitlines()
    except (OSError, ValueError, SyntaxError):
        return None


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)
