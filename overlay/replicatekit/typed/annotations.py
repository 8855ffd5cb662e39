"""The limits of an input, as metadata of its annotation."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Length", "Range"]


class Range(NamedTuple):
    """The limits of a number, both included: `Annotated[int, Range(1, 4)]`."""

    minimum: float | None = None
    """The smallest number that is allowed; None: there is none."""
    maximum: float | None = None
    """The greatest number that is allowed; None: there is none."""

    def __repr__(self) -> str:
        return _shown("Range", *self)


class Length(NamedTuple):
    """The limits of the length of a string, both included: `Annotated[str, Length(maximum=100)]`."""

    minimum: int | None = None
    """The shortest length that is allowed; None: there is none."""
    maximum: int | None = None
    """The greatest length that is allowed; None: there is none."""

    def __repr__(self) -> str:
        return _shown("Length", *self)


def _shown(name: str, minimum: float | None, maximum: float | None) -> str:
    if maximum is None:
        return f"{name}({minimum!r})"
    return f"{name}(maximum={maximum!r})" if minimum is None else f"{name}({minimum!r}, {maximum!r})"
