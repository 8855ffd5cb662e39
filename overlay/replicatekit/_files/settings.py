"""What a client does with files: where those of inputs go, and how those of outputs are found."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from replicatekit._base.validation import check_choice, check_flags

__all__ = ["FileSettings", "FileStrategy", "SchemaUse", "check_strategy"]

FileStrategy = Literal["auto", "inline", "upload"]
"""Where files go: up to 256 KB inside the request and above it uploaded, or all inside, or all uploaded."""

SchemaUse = Literal["auto", "known", "fetch"]
"""Where a model's schema comes from: asked of the API where the output leaves a doubt, taken only where it is at hand,
or asked for always. It is asked for once for each model."""


def check_strategy(value: object) -> None:
    """That files can go where a caller wants them.

    Raises:
        InvalidArgument: It names no such place.
    """
    check_choice(value, "file_strategy", get_args(FileStrategy))


class FileSettings(NamedTuple):
    """A client's settings for files; a run may have its own."""

    strategy: FileStrategy = "auto"
    schema: SchemaUse = "auto"
    guess: bool = True
    """Whether, without a schema, URLs of the API's own files are taken for files."""

    def changed(
        self, strategy: FileStrategy | None = None, schema: SchemaUse | None = None, *, guess: bool | None = None
    ) -> FileSettings:
        """The same with other settings; what is None stays.

        Raises:
            InvalidArgument: There is no such setting.
        """
        if strategy is not None:
            check_strategy(strategy)
        if schema is not None:
            check_choice(schema, "schema", get_args(SchemaUse))
        if guess is not None:
            check_flags(guess_files=guess)
        return FileSettings(
            self.strategy if strategy is None else strategy,
            self.schema if schema is None else schema,
            self.guess if guess is None else guess,
        )
