"""The declaration of a built-in model: its function, metadata and example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    SaveFile = Callable[[bytes, str], str]
    """Stores a file under a name, and returns its URL."""


@attrs.frozen(kw_only=True)
class Declaration:
    """A model that the sandbox offers.

    Attributes:
        name: `owner/name`.
        function: The model.
        official: Whether it runs without a version.
        readme: Its readme, in Markdown.
        example_input: The input of its default example.
        example_output: Creates the example's output, from a function that stores a file and returns its URL.
    """

    name: str
    function: Callable[..., Any]
    official: bool = False
    readme: str | None = None
    example_input: dict[str, Any]
    example_output: Callable[[SaveFile], Any]
