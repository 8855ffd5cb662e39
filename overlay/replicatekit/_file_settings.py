"""What a client does with files: where those of inputs go, and how those of outputs are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from attrs import Attribute, field, frozen

from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from replicatekit._inputs import FileStrategy

__all__ = ["FileSettings", "SchemaUse"]

SchemaUse = Literal["auto", "known", "fetch"]
"""Where a model's schema comes from: asked of the API where the output leaves a doubt, taken only where it is at hand,
or asked for always. It is asked for once for each model."""


def _check_strategy(_: object, __: Attribute[Any], value: object) -> None:
    from replicatekit._inputs import FileStrategy

    if value not in get_args(FileStrategy):
        raise InvalidArgument(f"file_strategy must be auto, inline or upload, not {value!r}")


def _check_schema(_: object, __: Attribute[Any], value: object) -> None:
    if value not in get_args(SchemaUse):
        raise InvalidArgument(f"schema must be auto, known or fetch, not {value!r}")


@frozen
class FileSettings:
    """A client's settings for files; a run may have its own."""

    strategy: FileStrategy = field(default="auto", validator=_check_strategy)
    schema: SchemaUse = field(default="auto", validator=_check_schema)
    guess: bool = True
    """Whether, without a schema, URLs of the API's own files are taken for files."""

    def changed(
        self, strategy: FileStrategy | None = None, schema: SchemaUse | None = None, *, guess: bool | None = None
    ) -> FileSettings:
        """The same with other settings; what is None stays."""
        return FileSettings(
            self.strategy if strategy is None else strategy,
            self.schema if schema is None else schema,
            self.guess if guess is None else guess,
        )
