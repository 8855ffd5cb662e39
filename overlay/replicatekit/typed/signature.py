"""A model's inputs as a signature, a docstring and a table."""

from __future__ import annotations

from html import escape
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from replicatekit._base.signatures import resolvable
from replicatekit._domain.json_values import describe
from replicatekit.typed.naming import identifier
from replicatekit.typed.source import one_line, wrapped
from replicatekit.typed.types import input_type, output_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.input_schema import InputField, InputSchema

__all__ = ["Omitted", "details_of", "docstring_of", "signature_of", "table_of"]

_WIDTH = 100
_CHOICES = 12


class Omitted:
    """The default of an input whose default value is unknown or secret; the model applies its own."""

    def __repr__(self) -> str:
        return "…"


OMITTED = Omitted()


def signature_of(schema: InputSchema, names: Mapping[str, str], output: object, *, is_async: bool) -> Signature:
    """The signature of a model's function: keyword parameters in the order of the schema."""
    parameters = [
        Parameter(parameter, Parameter.KEYWORD_ONLY, default=_default(field), annotation=input_type(field).value)
        for parameter, name in names.items()
        for field in [schema.by_name[name]]
    ]
    if schema.is_open:
        parameters.append(Parameter(identifier("inputs", "inputs", names), Parameter.VAR_KEYWORD, annotation=Any))
    return Signature(parameters, return_annotation=output_type(output, is_async=is_async).value)


def _default(field: InputField) -> Any:
    if field.required:
        return Parameter.empty
    return field.default if field.shows_default else OMITTED if field.has_default else None


def details_of(field: InputField, *, with_default: bool = True) -> str:
    """The description, limits, choices and default of an input, in one line."""
    parts = [one_line(field.description)]
    if field.is_deprecated:
        parts.append("Deprecated.")
    if field.enum and not field.is_secret:
        choices = ", ".join(describe(choice) for choice in field.enum[:_CHOICES])
        suffix = f", … ({len(field.enum)} in all)" if len(field.enum) > _CHOICES else ""
        parts.append(f"One of {one_line(choices)}{suffix}.")
    parts += [_limits(field.minimum, field.maximum, ""), _limits(field.min_length, field.max_length, " characters")]
    if with_default and field.has_default and not field.is_secret:
        parts.append(f"Default: {one_line(describe(field.default))}.")
    parts = [part for part in parts if part]
    return " ".join(part if part[-1] in ".!?:" else f"{part}." for part in parts)


def _limits(low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"At least {low}{unit}."
    return f"At most {high}{unit}." if low is None else f"From {low} to {high}{unit}."


def docstring_of(title: str, schema: InputSchema, names: Mapping[str, str], *, width: int = _WIDTH) -> list[str]:
    """The lines of the docstring of a model's function."""
    lines = [title]
    if not names:
        return lines
    lines += ["", "Args:"]
    for parameter, name in names.items():
        details = details_of(schema.by_name[name])
        if parameter != name:
            details = f"Sent as {one_line(repr(name))}. {details}"
        lines += [f"    {line}" for line in wrapped(f"{parameter}: {details}".rstrip(), width - 4, "    ")]
    return lines


def table_of(title: str, schema: InputSchema, names: Mapping[str, str]) -> str:
    """The inputs as a table for a notebook."""
    head = "".join(f"<th style='text-align: left'>{cell}</th>" for cell in ("input", "type", "default", "description"))
    rows = "".join(_row(parameter, schema.by_name[name]) for parameter, name in names.items())
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(parameter: str, field: InputField) -> str:
    default = "required" if field.required else "" if field.is_secret else one_line(describe(_default(field)))
    cells = [f"<code>{escape(parameter)}</code>", f"<code>{escape(one_line(input_type(field).source))}</code>"]
    cells += [escape(default), escape(details_of(field, with_default=False))]
    return "<tr>" + "".join(f"<td style='text-align: left'>{cell}</td>" for cell in cells) + "</tr>"


resolvable(__name__)
