"""Keyword options that are sent as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.errors import InvalidArgument
from replicatekit_api.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_payload", "as_update", "check_known"]


def check_known(values: Mapping[str, Any], known: type, what: str) -> None:
    """Check that all names are options of a `TypedDict`.

    Raises:
        InvalidArgument: A name is not.
    """
    unknown = sorted(set(values) - set(known.__annotations__))
    if unknown:
        raise InvalidArgument(
            f"{what} has no option {unknown[0]!r}; its options are {', '.join(known.__annotations__)}"
        )


def as_payload(values: Mapping[str, Any], known: type, what: str) -> dict[str, Any]:
    """Return the options that were given, to be sent.

    Raises:
        InvalidArgument: An option is unknown, or None.
    """
    check_known(values, known, what)
    empty = sorted(name for name, value in values.items() if value is None)
    if empty:
        raise InvalidArgument(f"{empty[0]} must not be None: leave it out to keep the API's value")
    return {name: value for name, value in values.items() if value is not UNSET}


def as_update(values: Mapping[str, Any], known: type, what: str) -> dict[str, Any]:
    """Return the options that were given, of which there must be at least one.

    Raises:
        InvalidArgument: There is none.
    """
    payload = as_payload(values, known, what)
    if not payload:
        raise InvalidArgument(f"an update of {what} needs at least one of {', '.join(known.__annotations__)}")
    return payload
