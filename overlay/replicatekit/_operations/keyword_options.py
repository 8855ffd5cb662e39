"""Keyword arguments that go into a request as they are: all of them known, each with a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["changed", "check_known", "given"]


def check_known(values: Mapping[str, Any], known: type, what: str) -> None:
    """That all names are those of a `TypedDict`.

    Raises:
        InvalidArgument: One is not.
    """
    unknown = sorted(set(values) - set(known.__annotations__))
    if unknown:
        raise InvalidArgument(f"{what} has no option {unknown[0]!r}; it has {', '.join(known.__annotations__)}")


def given(values: Mapping[str, Any], known: type, what: str) -> dict[str, Any]:
    """What was given, to be sent as it is.

    Raises:
        InvalidArgument: One is not known, or None.
    """
    check_known(values, known, what)
    empty = sorted(name for name, value in values.items() if value is None)
    if empty:
        raise InvalidArgument(f"None is no value for {empty[0]!r}: leave it out, and nothing is said about it")
    return dict(values)


def changed(values: Mapping[str, Any], known: type, what: str) -> dict[str, Any]:
    """The same, where there has to be one at least.

    Raises:
        InvalidArgument: There is none.
    """
    if not values:
        raise InvalidArgument(f"nothing is given that would change {what}; it has {', '.join(known.__annotations__)}")
    return given(values, known, what)
