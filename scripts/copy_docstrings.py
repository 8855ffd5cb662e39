"""Copy docstrings from where they are written to their counterparts, so that each is written by hand only once.

- The async half (`AsyncClient.get`, `async_run`) gets the docstrings of the sync half (`Client.get`, `run`).
- The module's functions (`replicatekit.run`) get those of the client's methods.
- Keyword options (`**options: Unpack[RunOptions]`) are listed from the `TypedDict` in `options.py`.

`--check` changes nothing, and fails if a docstring is out of date.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple, TypeAlias

ROOT = Path(__file__).resolve().parent.parent
OVERLAY = ROOT / "overlay" / "replicatekit"

# Names of the async half whose docstrings differ from those of the sync half.
OWN = {"AsyncClient", "AsyncFileOutput", "AsyncFileOutput.open", "AsyncNamespaces.use", "AsyncPages", "async_unwrap"}

Documented: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Options: TypeAlias = dict[str, dict[str, str]]

_WIDTH = 120


class Place(NamedTuple):
    """A class or function of a module, and its qualified name."""

    name: str
    node: Documented


def options_by_name(source: str) -> Options:
    """Return the first paragraph about each option of each `TypedDict`, inherited options first."""
    found: Options = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base).partition("[")[0] for base in node.bases]
            found[node.name] = {name: text for base in bases for name, text in found.get(base, {}).items()}
            for field, text in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                    first = str(ast.literal_eval(text.value)).partition("\n\n")[0]
                    found[node.name][ast.unparse(field.target)] = " ".join(first.split())
    return found


def with_docstrings(source: str, options: Options, others: dict[str, str]) -> str:
    """Return a module's source with all docstrings copied.

    Args:
        source: The module's source.
        options: The result of `options_by_name`.
        others: Docstrings from other modules, by the name of a function in this one.
    """
    places = {place.name: place for place in _places(ast.parse(source))}
    texts = {name: ast.get_docstring(place.node) for name, place in places.items()}
    lines = source.splitlines(keepends=True)
    for name, place in reversed(places.items()):
        twin = None if name in OWN else texts.get(_sync_name(name))
        text = others.get(name) or (_as_async(twin) if twin and name != _sync_name(name) else twin) or texts[name]
        if text is not None:
            text = _with_options(text, place.node, options)
            if text != texts[name]:
                _put(lines, place.node, text)
    return "".join(lines)


def _places(module: ast.Module) -> list[Place]:
    """Return the classes, functions and methods in source order."""
    found: list[Place] = []
    for node in module.body:
        if isinstance(node, Documented):
            found.append(Place(node.name, node))
        if isinstance(node, ast.ClassDef):
            found += [
                Place(f"{node.name}.{each.name}", each)
                for each in node.body
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_overload(each)
            ]
    return found


def _is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(each) == "overload" for each in node.decorator_list)


def _sync_name(name: str) -> str:
    """Return `Client.get` for `AsyncClient.get`; a name without a sync counterpart is returned unchanged."""
    sync = {"__aiter__": "__iter__", "__anext__": "__next__", "aclose": "close"}
    owner, dot, member = name.replace("async_", "", 1).rpartition(".")
    return f"{owner.replace('Async', '', 1)}{dot}{sync.get(member, member) if dot else member.replace('Async', '', 1)}"


def _as_async(text: str) -> str:
    """Return a sync docstring with loops over a client's results as `async for`."""
    return re.sub(r"^( {4,})for (\w+ in client\.)", r"\1async for \2", text, flags=re.MULTILINE)


def _with_options(text: str, node: Documented, options: Options) -> str:
    kwarg = None if isinstance(node, ast.ClassDef) else node.args.kwarg
    kind = ast.unparse(kwarg.annotation) if kwarg and kwarg.annotation else ""
    known = options.get(kind.removeprefix("Unpack[").rstrip("]").partition("[")[0])
    if not known or "Args:" not in text:
        return text
    head, _, tail = text.partition("Args:\n")
    end = next((place for place, line in enumerate(tail.splitlines()) if not line.strip()), len(tail.splitlines()))
    entries, after = tail.splitlines()[:end], tail.splitlines()[end:]
    indent = " " * 4
    other_arguments: list[str] = []
    keep = True
    for line in entries:
        if not line.startswith(indent * 2):
            keep = line.strip().partition(":")[0].lstrip("*") not in {*known, kwarg.arg if kwarg else ""}
        other_arguments += [line] if keep else []
    column = 0 if isinstance(node, ast.ClassDef) else node.col_offset + 4
    option_lines = [
        line
        for name, description in known.items()
        for line in textwrap.wrap(
            f"{name}: {description}",
            _WIDTH - column,
            initial_indent=indent,
            subsequent_indent=indent * 2,
            break_on_hyphens=False,
            break_long_words=False,
        )
    ]
    return "\n".join([f"{head}Args:", *other_arguments, *option_lines, *after])


def _put(lines: list[str], node: Documented, text: str) -> None:
    """Replace or add the docstring of a class or function."""
    first = node.body[0]
    column = " " * (node.col_offset + 4)
    raw = 'r"""' if "\\" in text else '"""'
    body = "\n".join(f"{column}{line}".rstrip() for line in text.splitlines())
    end = f"\n{column}" if "\n" in text else ""
    new = f'{column}{raw}{body.lstrip()}{end}"""\n'
    if ast.get_docstring(node) is not None:
        lines[first.lineno - 1 : first.end_lineno] = [new]
        return
    blank = ["\n"] if isinstance(node, ast.ClassDef) else []
    at = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))]) - 1
    lines[at:at] = [new, *blank]


def main() -> int:
    """Rewrite or check the modules."""
    check = sys.argv[1:] == ["--check"]
    options = options_by_name((OVERLAY / "options.py").read_text("utf-8"))
    client = ast.parse((OVERLAY / "client.py").read_text("utf-8"))
    namespaces = ast.parse((OVERLAY / "_namespaces.py").read_text("utf-8"))
    methods = {place.name: ast.get_docstring(place.node) or "" for place in _places(client) + _places(namespaces)}
    function_docstrings = {
        f"{prefix}{name}": methods[
            own if prefix and (own := f"Async{owner}.{name}") in OWN else f"{owner}.{name}"
        ].replace("client.use(", f"replicatekit.{prefix}use(")
        for owner, names in (("Client", ("run", "stream", "iterate")), ("Namespaces", ("search", "use")))
        for name in names
        for prefix in ("", "async_")
    }
    changed: list[str] = []
    for path in sorted(OVERLAY.rglob("*.py")):
        folder = path.relative_to(OVERLAY).parts[:-1]
        if folder and (folder[0].startswith("_") or folder[0] in ("batch", "cli", "compat", "sandbox")):
            continue
        source = path.read_text("utf-8")
        new = with_docstrings(source, options, function_docstrings if path.name == "_default_client.py" else {})
        if new != source:
            changed.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(new, "utf-8")
    if changed:
        print("\n".join(changed))
        print("copied docstrings are out of date: run `make docstrings`" if check else "docstrings copied")
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
