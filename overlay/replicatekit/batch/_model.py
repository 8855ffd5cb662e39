"""What a batch's model is: by which endpoint it runs, in which version, and what it says of its inputs.

The first process that finds out writes it into the journal, for all of them: no process spends a create of the rate
limit on the wrong endpoint, and all rows run in the same version.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit._domain.reference import parse
from replicatekit._predictions.model_schema import fetch_schema
from replicatekit._session.session import VersionSchema, schema_in

if TYPE_CHECKING:
    from replicatekit import AsyncClient, Client
    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session

log = logging.getLogger("replicatekit")

_HASH = re.compile(r"[0-9a-f]{64}")


@frozen
class BatchModel:
    """A batch's model."""

    reference: str
    """What creates name: with the version, if the model does not run by its name."""
    schema: VersionSchema | None
    """None if there is none to be had."""

    @property
    def is_fixed(self) -> bool:
        """Whether what runs cannot change any more."""
        return parse(self.reference).version is not None

    @property
    def secrets(self) -> list[str]:
        """The inputs that the schema calls secrets."""
        return [] if self.schema is None else [field.name for field in self.schema.input.fields if field.is_secret]

    def to_text(self) -> str:
        """As the journal keeps it."""
        known = self.schema
        schema = None if known is None else {"openapi_schema": known.schema, "cog_version": known.cog_version}
        return json.dumps({"reference": self.reference, "schema": schema})

    @classmethod
    def from_text(cls, text: str) -> BatchModel:
        """As the journal has it."""
        read: dict[str, Any] = json.loads(text)
        kept = read["schema"]
        return cls(read["reference"], kept and VersionSchema(kept["openapi_schema"], kept["cog_version"]))


async def look_up(client: Client | AsyncClient, reference: str) -> BatchModel | None:
    """Ask the API for a batch's model. None if the API does not show it.

    Raises:
        APIError: The API could not be asked.
    """
    session = client._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    named = parse(reference)
    try:
        if named.version or named.deployment:
            known = await fetch_schema(session, named)
            return BatchModel(reference, known if known is not None and known.schema else None)
        return await _look_up_by_name(session, named)
    except errors.NotFoundError as error:
        log.debug("%s is not shown: %s", reference, error)
        return None


async def _look_up_by_name(session: Session, named: Reference) -> BatchModel:
    from replicatekit_api.api.models import get

    model = await session.io.call(get, named.owner or "", named.name or "", client=session.api)
    latest = model.latest_version.id if model.latest_version else None
    by_version = isinstance(latest, str) and _HASH.fullmatch(latest) and not model.is_official
    if by_version and model.is_official is None:
        by_version = await _lists_versions(session, named)
    return BatchModel(f"{named.model}:{latest}" if by_version else str(named), schema_in(model))


async def _lists_versions(session: Session, named: Reference) -> bool:
    """Whether a model runs by its version: an official one does not list its versions, and a procedure has none."""
    from replicatekit_api.api.models_versions import list as list_versions

    try:
        page = await session.io.call(list_versions, named.owner or "", named.name or "", client=session.api)
    except errors.NotFoundError:
        return False
    return bool(page.results)


resolvable(__name__)
