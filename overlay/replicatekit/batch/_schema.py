"""What a batch's model says of its inputs: which are secrets, and which it would refuse."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import format_value
from replicatekit._domain.reference import parse
from replicatekit._predictions.model_schema import fetch_schema
from replicatekit.errors import InvalidArgument, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replicatekit import AsyncClient, Client
    from replicatekit._session.session import VersionSchema

__all__ = ["find_schema", "read_secrets", "refuse_secrets"]

log = logging.getLogger("replicatekit")


async def find_schema(client: Client | AsyncClient, reference: str) -> VersionSchema | None:
    """The schema of the batch's model; None where there is none to be had."""
    session = client.with_options(max_retries=1)._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    try:
        known = await fetch_schema(session, parse(reference))
    except errors.APIError as error:
        log.debug("the schema of %s could not be asked for: %s", reference, error)
        return None
    return known if known is not None and known.schema else None


def refuse_secrets(known: VersionSchema | None, inputs: Iterable[Mapping[str, Any]]) -> None:
    """Refuse inputs that hold a secret: the journal would keep it.

    Raises:
        InvalidInput: One does.
    """
    secrets = [] if known is None else [field.name for field in known.input.fields if field.is_secret]
    for values in inputs if secrets else ():
        found = next((name for name in secrets if values.get(name) is not None), None)
        if found is not None:
            raise InvalidInput(
                f"{found!r} is a secret, which a journal must not keep: leave it out of the inputs, and name the"
                f" environment variable that has it: run(secrets={{{found!r}: 'VARIABLE'}})",
                path=f"input.{found}",
            )


def read_secrets(names: Mapping[str, str] | None) -> dict[str, str]:
    """The values of the environment variables that hold secret inputs.

    Raises:
        InvalidArgument: One is not set.
    """
    found: dict[str, str] = {}
    for name, variable in (names or {}).items():
        value = os.environ.get(variable)
        if not value:
            raise InvalidArgument(
                f"secrets names the environment variable {format_value(variable)} for the input {name!r}, and it is"
                " not set"
            )
        found[name] = value
    return found


resolvable(__name__)
