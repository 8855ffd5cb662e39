"""What a newer version of a model changes for those who call it by an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable
from replicatekit._domain.input_schema import InputSchema
from replicatekit._domain.json_values import describe, json_equal
from replicatekit.typed.source import one_line
from replicatekit.typed.types import input_type, output_type, parts_of

if TYPE_CHECKING:
    from replicatekit._domain.input_schema import InputField

__all__ = ["broken_arguments"]


def broken_arguments(old: object, new: object) -> list[str]:
    """The changes between two schemas that a call can break by, one line each.

    Args:
        old: The `openapi_schema` that calls were written for.
        new: The one that they would meet.
    """
    before, after = InputSchema(old), InputSchema(new)
    found: list[str] = []
    for name, field in before.by_name.items():
        if name in after.by_name:
            found += [f"{name}: {change}" for change in _changes(field, after.by_name[name])]
        elif not after.is_open:
            found.append(f"{name}: removed")
    found += [
        f"{name}: new, and required"
        for name, field in after.by_name.items()
        if field.required and name not in before.by_name
    ]
    result, newer = output_type(old).source, output_type(new).source
    if result != newer or output_type(old).fields != output_type(new).fields:
        found.append(f"output: was {result}, is {newer}" if result != newer else "output: its keys changed")
    return [one_line(line) for line in found]


def _changes(old: InputField, new: InputField) -> list[str]:
    found: list[str] = []
    if new.required and not old.required:
        found.append("is required now")
    found += _types(old, new)
    if old.enum and new.enum:
        gone = [one for one in old.enum if not any(json_equal(one, other) for other in new.enum)]
        if gone and not old.is_secret:
            found.append(f"no longer accepts {', '.join(map(describe, gone))}")
    elif new.enum:
        found.append("accepts only some values now")
    for what, low, high in (("", "minimum", "maximum"), (" characters", "min_length", "max_length")):
        least, most = getattr(new, low), getattr(new, high)
        was_least, was_most = getattr(old, low), getattr(old, high)
        if least is not None and (was_least is None or least > was_least):
            found.append(f"the minimum is {least}{what} now")
        if most is not None and (was_most is None or most < was_most):
            found.append(f"the maximum is {most}{what} now")
    if old.nullable and not (new.nullable or new.may_be_omitted):
        found.append("does not accept None any more")
    return found


def _types(old: InputField, new: InputField) -> list[str]:
    if not new.types or set(old.types) <= {*new.types, *(["integer"] if "number" in new.types else [])}:
        if old.types or not new.types:
            return _items(old, new)
        return [f"accepts only {' or '.join(new.types)} now"]
    return [f"was {' or '.join(old.types) or 'anything'}, is {' or '.join(new.types)}"]


def _items(old: InputField, new: InputField) -> list[str]:
    """Lists whose items have another type."""

    def items(field: InputField) -> set[str]:
        return {part.item.source for part in parts_of(input_type(field)) if part.item is not None}

    before, after = items(old), items(new)
    return (
        [f"its items were {', '.join(before)}, and are {', '.join(after)}"]
        if before and after and before != after
        else []
    )


resolvable(__name__)
