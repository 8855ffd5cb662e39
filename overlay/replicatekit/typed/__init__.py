"""Models as Python functions with signatures from their schemas: `client.use`, and stubs for a project.

`python -m replicatekit.typed add owner/name` writes a typed module for a model into a project; see
`docs/typed-models.md`. Names load when they are used, so that a generated module imports quickly.
"""

# May import: resources and below.

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replicatekit.typed.annotations import Length, Range
    from replicatekit.typed.function import AsyncModelExample, AsyncModelFunction, ModelExample, ModelFunction
    from replicatekit.typed.project import Stub, StubChange, add_stubs, check_stubs, list_stubs, update_stubs
    from replicatekit.typed.stub import AsyncTypedModel, TypedModel, async_typed_model, typed_model

__all__ = [
    "AsyncModelExample",
    "AsyncModelFunction",
    "AsyncTypedModel",
    "Length",
    "ModelExample",
    "ModelFunction",
    "Range",
    "Stub",
    "StubChange",
    "TypedModel",
    "add_stubs",
    "async_typed_model",
    "check_stubs",
    "list_stubs",
    "typed_model",
    "update_stubs",
]

_NAMES: dict[str, tuple[str, ...]] = {
    "annotations": ("Length", "Range"),
    "function": ("AsyncModelExample", "AsyncModelFunction", "ModelExample", "ModelFunction"),
    "project": ("Stub", "StubChange", "add_stubs", "check_stubs", "list_stubs", "update_stubs"),
    "stub": ("AsyncTypedModel", "TypedModel", "async_typed_model", "typed_model"),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
