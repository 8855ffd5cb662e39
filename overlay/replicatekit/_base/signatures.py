"""What `help`, `inspect.signature` and `typing.get_type_hints` show of public functions, at no cost until they do.

Modules import the names of their annotations under `if TYPE_CHECKING:`, so that the first call loads only what it
needs. `resolvable` and `Resolvable` make those imports happen when the annotations are read.
"""

from __future__ import annotations

import sys
from functools import cached_property
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any, ForwardRef, Never, TypeVar, cast

from replicatekit import errors

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator, Mapping

F = TypeVar("F", bound="Callable[..., Any]")

_imported: set[str] = set()


def show_options(
    options: type, defaults: Mapping[str, object], aliases: Mapping[str, str] | None = None
) -> Callable[[F], F]:
    """Show each option of a `TypedDict` as a keyword parameter of a function that takes `**kwargs: Unpack[options]`.

    Args:
        options: The `TypedDict`.
        defaults: The default of each option.
        aliases: The text to show in place of each type alias.
    """
    import inspect

    types: dict[str, Any] = options.__annotations__
    keyword = inspect.Parameter.KEYWORD_ONLY
    option_parameters = [
        inspect.Parameter(name, keyword, default=defaults[name], annotation=kind.__forward_arg__)
        for name, kind in dict[str, Any].items(types)  # without importing the names
    ]

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        *own, rest = signature.parameters.values()
        # `Unpack[RunOptions[Prediction]]` contains the argument of the type variable.
        _, _, argument = str(rest.annotation).removeprefix("Unpack[").rstrip("]").partition("[")
        texts = {**(aliases or {}), "PredictionT": argument or "Any"}
        hints = {**types, **function.__annotations__}
        del hints[rest.name]
        function.__annotations__ = hints
        parameters = [
            parameter.replace(annotation=_replace_aliases(parameter.annotation, texts))
            for parameter in (*own, *option_parameters)
        ]
        cast("Any", function).__signature__ = signature.replace(parameters=parameters)
        return function

    return decorate


def _replace_aliases(annotation: Any, texts: Mapping[str, str]) -> Any:
    for alias, text in texts.items():
        annotation = annotation.replace(alias, text) if isinstance(annotation, str) else annotation
    return annotation


def resolvable(module: str) -> None:
    """Make the annotations of everything in a module resolve at run time. Call it at the module's end."""
    for value in list(vars(sys.modules[module]).values()):
        if getattr(value, "__module__", None) == module:
            _make_resolvable(value, module)


class Resolvable:
    """Makes the annotations of its subclasses in this package resolve at run time."""

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith("replicatekit."):
            _make_resolvable(cls, cls.__module__)


def _make_resolvable(value: object, module: str) -> None:
    if isinstance(value, type):
        value.__annotations__ = _LazyAnnotations(vars(value).get("__annotations__") or {}, module)
    for member in vars(value).values() if isinstance(value, type) else [value]:
        function = _function_of(member)
        # A function can have two names.
        if isinstance(function, FunctionType) and not isinstance(function.__annotations__, _LazyAnnotations):
            function.__annotations__ = _FunctionAnnotations(function.__annotations__, module)


def _function_of(member: Any) -> Any:
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return getattr(member, "__func__", member)


class _LazyAnnotations(dict[str, Any]):
    """Annotations whose names are imported into their module when the values are read."""

    def __init__(self, annotations: Mapping[str, Any], module: str) -> None:
        super().__init__(annotations)
        self._module = module

    def _load(self) -> None:
        modules = [value.__forward_module__ for value in super().values() if isinstance(value, ForwardRef)]
        for module in dict.fromkeys([self._module, *modules]):
            if isinstance(module, str):
                _import_names(module)

    def __getitem__(self, name: str) -> Any:
        self._load()
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._load()
        return super().get(name, default)

    def items(self) -> Any:
        self._load()
        return super().items()

    def values(self) -> Any:
        self._load()
        return super().values()


class _FunctionAnnotations(_LazyAnnotations):
    """Imports the names for `dict(annotations)` too, which `typing` calls for functions."""

    def __iter__(self) -> Iterator[str]:
        self._load()
        return super().__iter__()

    def keys(self) -> Any:
        self._load()
        return super().keys()


def _import_names(module: str) -> None:
    """Run the statements under a module's `if TYPE_CHECKING:` once, except those whose names exist."""
    if module in _imported:
        return
    import ast
    import inspect

    _imported.add(module)
    names = vars(sys.modules[module])
    for block in ast.parse(inspect.getsource(sys.modules[module])).body:
        if not isinstance(block, ast.If) or ast.unparse(block.test) != "TYPE_CHECKING":
            continue
        for statement in block.body:
            try:
                if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("replicatekit"):
                    import_module(statement.module or "")
                    _import_names(statement.module or "")
                if not all(name in names for name in _bound_names(statement)):
                    code = compile(ast.Module([statement], []), module, "exec", dont_inherit=True)
                    exec(code, names)  # noqa: S102 (the module's own source)
            except ImportError:
                names.update(dict.fromkeys(_bound_names(statement), _NotInstalled()))


class _NotInstalled:
    """Placeholder for a package that is not installed: no object can have one of its types."""

    def __getattr__(self, name: str) -> Any:
        return Never


def _bound_names(statement: ast.stmt) -> list[str]:
    """The names that an import, or the definition of a type alias, binds."""
    import ast

    match statement:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name.partition(".")[0] for alias in names]
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Subscript() | ast.BinOp()):
            return [name]
        case _:
            return []


# `errors` cannot import this module, which imports it.
resolvable(errors.__name__)
