"""Keyword options that are sent as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._base.validation import check_options
from replicatekit.errors import InvalidArgument
from replicatekit_api.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_payload", "as_update"]


def as_payload(values: Mapping[str, Any], known: type) -> dict[str, Any]:
    """Return the options that were given, to be sent.

    Raises:
        InvalidArgument: An option is unknown, or None.
    """
    check_options(values, known.__annotations__)
    empty = sorted(name for name, value in values.items() if value is None)
    if empty:
        raise InvalidArgument(f"{empty[0]} must not be None: leave it out to keep the API's value")
    return {name: value for name, value in values.items() if value is not UNSET}


def as_update(values: Mapping[str, Any], known: type, what: str) -> dict[str, Any]:
    """Return the options that were given, of which there must be at least one.

    Raises:
        InvalidArgument: There is none.
    """
    payload = as_payload(values, known)
    if not payload:
        raise InvalidArgument(f"an update of {what} needs at least one of {', '.join(known.__annotations__)}")
    return payload
