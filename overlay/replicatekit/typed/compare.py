"""Which changes of a newer version break calls written for an older one."""

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
    """List the changes between two schemas that can break a call, one line each.

    Args:
        old: The `openapi_schema` that calls were written for.
        new: The `openapi_schema` to compare with it.
    """
    before, after = InputSchema(old), InputSchema(new)
    changes: list[str] = []
    for name, field in before.by_name.items():
        if name in after.by_name:
            changes += [f"{name}: {change}" for change in _changes(field, after.by_name[name])]
        elif not after.is_open:
            changes.append(f"{name}: removed")
    changes += [
        f"{name}: new, and required"
        for name, field in after.by_name.items()
        if field.required and name not in before.by_name
    ]
    result, newer = output_type(old).source, output_type(new).source
    if result != newer or output_type(old).fields != output_type(new).fields:
        changes.append(f"output: was {result}, is {newer}" if result != newer else "output: its keys changed")
    return [one_line(line) for line in changes]


def _changes(old: InputField, new: InputField) -> list[str]:
    changes: list[str] = []
    if new.required and not old.required:
        changes.append("is required now")
    changes += _types(old, new)
    if old.enum and new.enum:
        removed = [value for value in old.enum if not any(json_equal(value, other) for other in new.enum)]
        if removed and not old.is_secret:
            changes.append(f"no longer accepts {', '.join(map(describe, removed))}")
    elif new.enum:
        changes.append("accepts only some values now")
    for unit, low, high in (("", "minimum", "maximum"), (" characters", "min_length", "max_length")):
        least, most = getattr(new, low), getattr(new, high)
        was_least, was_most = getattr(old, low), getattr(old, high)
        if least is not None and (was_least is None or least > was_least):
            changes.append(f"the minimum is {least}{unit} now")
        if most is not None and (was_most is None or most < was_most):
            changes.append(f"the maximum is {most}{unit} now")
    if old.nullable and not (new.nullable or new.may_be_omitted):
        changes.append("does not accept None any more")
    return changes


def _types(old: InputField, new: InputField) -> list[str]:
    if not new.types or set(old.types) <= {*new.types, *(["integer"] if "number" in new.types else [])}:
        if old.types or not new.types:
            return _items(old, new)
        return [f"accepts only {' or '.join(new.types)} now"]
    return [f"was {' or '.join(old.types) or 'anything'}, is {' or '.join(new.types)}"]


def _items(old: InputField, new: InputField) -> list[str]:
    """The changes of a list's item types."""

    def items(field: InputField) -> set[str]:
        return {part.item.source for part in parts_of(input_type(field)) if part.item is not None}

    before, after = items(old), items(new)
    return (
        [f"its items were {', '.join(before)}, and are {', '.join(after)}"]
        if before and after and before != after
        else []
    )


resolvable(__name__)
