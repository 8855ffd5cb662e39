"""A client's settings for files: how those in inputs are sent, and how those in outputs are recognized."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from replicatekit._base.validation import check_choice, check_flags

FileStrategy = Literal["auto", "inline", "upload"]
"""How files in inputs are sent. `auto`: inside the request up to 256 KB, uploaded above that; `inline`; `upload`."""

SchemaUse = Literal["auto", "known", "fetch"]
"""When a model's schema is fetched to interpret its output. `auto`: if the output is ambiguous; `known`: never;
`fetch`: always. It is fetched once for each model."""


def check_strategy(value: object) -> None:
    """Check a `file_strategy`.

    Raises:
        InvalidArgument: There is no such strategy.
    """
    check_choice(value, "file_strategy", get_args(FileStrategy))


class FileSettings(NamedTuple):
    """The settings of a client, or of one run."""

    strategy: FileStrategy = "auto"
    schema: SchemaUse = "auto"
    guess: bool = True
    """Whether strings that no schema describes become files if they are URLs of the API's own files."""

    def replace(
        self, strategy: FileStrategy | None = None, schema: SchemaUse | None = None, *, guess: bool | None = None
    ) -> FileSettings:
        """A copy with other settings. `None` keeps the current value.

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
