"""The model of a command, its schema if known, and the help page of its inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.output import cell
from replicatekit.errors import InvalidArgument, InvalidReference, MissingTokenError, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.input_schema import InputField
    from replicatekit.cli._frame.command import Context
    from replicatekit.typed import ModelFunction


class CalledModel:
    """The model that a command runs, with its schema if known.

    Args:
        context: The command's context.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.ref: str = context.options.ref
        self.is_deployment: bool = context.options.deployment
        self.function = self._find()

    def _find(self) -> ModelFunction | None:
        client = self._context.client
        try:
            return client.use(deployment=self.ref) if self.is_deployment else client.use(self.ref)
        except (InvalidReference, MissingTokenError):
            raise
        except InvalidArgument:
            return None  # the id of a version without a cached schema: it can run, but the API does not show its schema

    @property
    def fields(self) -> Mapping[str, InputField]:
        """The inputs by name; empty without a schema."""
        return {} if self.function is None else {field.name: field for field in self.function.inputs}

    @property
    def target(self) -> dict[str, Any]:
        """The arguments of `client.run` that name the model, with the version whose schema checked the input."""
        if self.is_deployment:
            return {"deployment": self.ref}
        function = self.function
        if function is not None and function.is_pinned and function.model and function.version:
            return {"ref": f"{function.model}:{function.version}"}
        return {"ref": self.ref}

    @property
    def streams_text(self) -> bool:
        """Whether the output is streamed text."""
        if self.function is None:
            return False
        from replicatekit._domain.output_schema import OutputShape

        return OutputShape.of(self.function.openapi_schema).is_text_stream

    @property
    def may_make_files(self) -> bool:
        """Whether the output can contain files; True without a schema."""
        if self.function is None:
            return True
        from replicatekit.typed.types import output_type

        source = output_type(self.function.openapi_schema).source
        return "FileOutput" in source or "Any" in source

    def check(self, values: Mapping[str, Any]) -> None:
        """Validate the input against the schema, if it is known.

        Raises:
            InvalidInput: The input does not match the schema.
        """
        if self.function is not None:
            self.function.check(**values)


def inputs_page(context: Context) -> str:
    """The help page of a model's inputs, with types, ranges and choices."""
    if not context.options.ref:
        return ""
    try:
        model = CalledModel(context)
    except ReplicateError as error:
        context.output.note(f"the inputs of {context.options.ref} are not known: {error}")
        return ""
    if model.function is None:
        context.output.note(f"the schema of {model.ref} is not known")
        return ""
    from replicatekit.cli._frame.parser import help_width, table_of

    rows = [
        (f"{field.name} {_type_of(field)}", f"{'Required. ' if field.required else ''}{_details(field)}")
        for field in model.function.inputs
    ]
    title = f"inputs of {model.function.model or model.ref}"
    return table_of(title, rows, help_width()) or f"{title}: none"


def _details(field: InputField) -> str:
    """The constraints and default of an input, as written on a command line."""
    from replicatekit.typed.signature import details_of

    details = details_of(field, with_default=False)
    if not field.has_default or field.default is None or field.is_secret:
        return details
    default = field.default if isinstance(field.default, str) and field.default else json.dumps(field.default)
    return f"{details} Default: {cell(default)}.".lstrip()


def _type_of(field: InputField) -> str:
    if field.is_file:
        return "(files)" if "array" in field.types else "(file)"
    return f"({' or '.join(field.types)})" if field.types else ""
