"""The source of a generated module: a model's schema as a function with keyword parameters.

A custom template writes the module, not a generator of data models: the result is a function's signature instead of a
class per component of the schema, and the names and defaults of published schemas need more care than a general
generator takes.
"""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING, NamedTuple

from replicatekit._base.signatures import resolvable
from replicatekit._domain.input_schema import InputSchema
from replicatekit.typed.naming import class_name, identifier, parameter_names
from replicatekit.typed.signature import docstring_of
from replicatekit.typed.source import default_source, docstring, literal, wrapped
from replicatekit.typed.types import Type, input_type, output_type, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit._domain.input_schema import InputField

__all__ = ["StubSource", "function_name", "render_stub"]

_WIDTH = 88
_LONG = 60  # annotations above this many characters get a type alias
_FROM_TYPING = {"Annotated", "Any", "BinaryIO", "Literal", "NotRequired", "TypeAlias", "TypedDict"}
_MARKS = {"Length", "Range"}
# Names used only in annotations are not imported at run time.
_LATER = {
    "Mapping": "collections.abc",
    "Sequence": "collections.abc",
    "Path": "pathlib",
    "AsyncFileOutput": "replicatekit",
    "FileOutput": "replicatekit",
}
# Names that the module itself uses must not be redefined.
_RESERVED = frozenset(
    {
        *_FROM_TYPING,
        *_MARKS,
        *_LATER,
        *dir(builtins),
        "annotations",
        "typed_model",
        "async_typed_model",
        "TYPE_CHECKING",
    }
)


class StubSource(NamedTuple):
    """The data of a stub."""

    model: str
    """`owner/name`."""
    version: str | None
    """The version that the schema is from."""
    is_pinned: bool
    """Whether exactly this version runs."""
    schema: object
    """The model's `openapi_schema`."""


def function_name(model: str) -> str:
    """The name of a model's function and module."""
    name = identifier(re.sub(r"\W+", "_", model.rpartition("/")[2].lower()).strip("_"), "model")
    is_taken = name in _RESERVED or name in ("o", "i") or name.startswith("async_")
    return f"{name}_model" if is_taken else name


def render_stub(source: StubSource, name: str | None = None) -> str:
    """The source of the module for a model.

    Args:
        source: The model.
        name: The name of the function. Default: derived from the model's name.
    """
    name = name or function_name(source.model)
    schema = InputSchema(source.schema)
    names = parameter_names(schema.by_name)
    module = _Module(name)
    parameters = [_parameter(module, parameter, schema.by_name[key]) for parameter, key in names.items()]
    if schema.is_open:
        module.used.add("Any")
        parameters.append(f"    **{identifier('inputs', 'inputs', names)}: Any,")
    decorated = _arguments(source, names)
    functions: list[str] = []
    for prefix in ("", "async_"):
        output = module.annotation(output_type(source.schema, is_async=bool(prefix)), f"{prefix}{name} output")
        title = f"Run {source.model}." if not prefix else f"Run {source.model} in async code; see `{name}`."
        doc = [title] if prefix else docstring_of(title, schema, names, width=_WIDTH - 4)
        functions.append(_function(prefix, name, decorated, parameters, output, doc))
    public = ", ".join(map(literal, sorted([name, f"async_{name}"])))
    head = [*_head(source), "", *_imports(module.used), "", f"__all__ = [{public}]"]
    return "\n\n\n".join(["\n".join(head), *module.definitions, *functions]) + "\n"


class _Module:
    """Collects what precedes the functions: definitions and imports."""

    def __init__(self, function: str) -> None:
        self.names: set[str] = {*_RESERVED, function, f"async_{function}"}
        self.definitions: list[str] = []
        self.used: set[str] = set()
        self._aliases: dict[str, str] = {}

    def annotation(self, value_type: Type, name: str) -> str:
        """A type as written in a signature: dicts with known keys and long types get a name."""
        return " | ".join([self._part(part, name) for part in parts_of(value_type)])

    def _part(self, value_type: Type, name: str) -> str:
        if value_type.item is not None:
            self._use(value_type.container)
            return f"{value_type.container}{self.annotation(value_type.item, name)}]"
        if value_type.fields:
            return self._defined(value_type, name, self._typed_dict)
        if value_type.choices:
            self.used.add("Literal")
            return self._defined(value_type, name, self._alias) if len(value_type.source) > _LONG else value_type.source
        self._use(value_type.source)
        return value_type.source

    def _use(self, source: str) -> None:
        self.used |= set(re.findall(r"[A-Za-z]\w*", source)) & {*_FROM_TYPING, *_MARKS, *_LATER}

    def _defined(self, value_type: Type, name: str, define: Callable[[Type, str, str], str]) -> str:
        key = repr((value_type.source, value_type.fields))
        if key not in self._aliases:
            alias = class_name(name, self.names)
            self.names.add(alias)
            self._aliases[key] = alias
            self.definitions.append(define(value_type, alias, name))
        return self._aliases[key]

    def _alias(self, value_type: Type, alias: str, name: str) -> str:
        del name
        self.used.add("TypeAlias")
        lines = [f"    {literal(choice)}," for choice in value_type.choices]
        return "\n".join([f"{alias}: TypeAlias = Literal[", *lines, "]"])

    def _typed_dict(self, value_type: Type, alias: str, name: str) -> str:
        self.used.add("TypedDict")
        rows: list[tuple[str, str]] = []
        for field in value_type.fields:
            kind = self.annotation(field.type, f"{name} {field.name}")
            if not field.required:
                self.used.add("NotRequired")
            rows.append((field.name, kind if field.required else f"NotRequired[{kind}]"))
        if all(key.isascii() and identifier(key, "x") == key and key[:2] != "__" for key, _ in rows):
            lines = [f"class {alias}(TypedDict):", *(f"    {key}: {kind}" for key, kind in rows)]
        else:
            # In this form annotations are evaluated: as strings, they need no import at run time.
            rows = [(literal(key), literal(kind)) for key, kind in rows]
            inner = [f"        {key}: {kind}," for key, kind in rows]
            lines = [f"{alias} = TypedDict(", f"    {literal(alias)},", "    {", *inner, "    },", ")"]
        return "\n".join(lines)


def _head(source: StubSource) -> list[str]:
    runs = f"{source.model}:{source.version}" if source.is_pinned else source.model
    note = "Generated from the model's schema; do not edit. The bodies are never executed. To regenerate:"
    lines = [f"{source.model}, version {source.version or 'unknown'}.", "", *wrapped(note, _WIDTH)]
    lines += ["", f"    python -m replicatekit.typed add {runs}"]
    return [*docstring(lines, ""), "", "from __future__ import annotations"]


def _imports(used: set[str]) -> list[str]:
    later = used & set(_LATER)
    # Linters sort constants before classes.
    names = [*(["TYPE_CHECKING"] if later else []), *sorted(used & _FROM_TYPING)]
    lines = [_import("typing", names), ""] if names else []
    lines += [_import("replicatekit.typed", [*sorted(used & _MARKS), "async_typed_model", "typed_model"])]
    if later:
        lines += ["", "if TYPE_CHECKING:"]
        by_home = {home: sorted(name for name in later if _LATER[name] == home) for home in _LATER.values()}
        third = by_home.pop("replicatekit")
        standard = [f"    from {home} import {', '.join(imported)}" for home, imported in by_home.items() if imported]
        lines += [*standard, *([""] if standard and third else [])]
        lines += [f"    from replicatekit import {', '.join(third)}"] if third else []
    return lines


def _import(home: str, names: list[str]) -> str:
    line = f"from {home} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"from {home} import (", *(f"    {name}," for name in names), ")"])


def _parameter(module: _Module, parameter: str, field: InputField) -> str:
    annotation = module.annotation(input_type(field), parameter)
    default = "" if field.required else f" = {default_source(field.default) if field.shows_default else None}"
    return f"    {parameter}: {annotation}{default},"


def _arguments(source: StubSource, names: Mapping[str, str]) -> list[str]:
    """The source of the decorator's arguments."""
    lines = [f"    {literal(source.model)},"]
    if source.is_pinned and source.version:
        lines.append(f"    version={literal(source.version)},")
    differing = {parameter: name for parameter, name in names.items() if parameter != name}
    if differing:
        inner = [f"        {literal(parameter)}: {literal(name)}," for parameter, name in differing.items()]
        lines += ["    names={", *inner, "    },"]
    return lines


def _function(prefix: str, name: str, decorated: list[str], parameters: list[str], output: str, doc: list[str]) -> str:
    define = f"{'async ' if prefix else ''}def {prefix}{name}("
    if parameters:
        star = [] if parameters[0].lstrip().startswith("**") else ["    *,"]
        head = [define, *star, *parameters, f") -> {output}:"]
    else:
        head = [f"{define}) -> {output}:"]
    decorator = [f"@{prefix}typed_model(", *decorated, ")"]
    return "\n".join([*decorator, *head, *docstring(doc, "    "), "    raise NotImplementedError"])


resolvable(__name__)
