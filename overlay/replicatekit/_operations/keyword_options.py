"""Keyword options that are sent as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._base.validation import check_options
from replicatekit.errors import InvalidArgument
from replicatekit_api.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping


def options_to_send(values: Mapping[str, Any], known: type, *, update_of: str | None = None) -> dict[str, Any]:
    """Return the options to send, which the caller passed; an update needs at least one.

    Raises:
        InvalidArgument: An option is unknown, or None; or an update has none.
    """
    check_options(values, known.__annotations__)
    empty = sorted(name for name, value in values.items() if value is None)
    if empty:
        raise InvalidArgument(f"{empty[0]} must not be None: leave it out to keep the API's value")
    options = {name: value for name, value in values.items() if value is not UNSET}
    if update_of and not options:
        raise InvalidArgument(f"an update of {update_of} needs at least one of {', '.join(known.__annotations__)}")
    return options
