"""A batch's model: the endpoint and version that run it, and its input schema.

The first process that finds out records it in the journal for all: no create of the rate limit is spent on the wrong
endpoint, and all rows run the same version.
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
    """The reference for creates. It has the version if the model cannot run by name."""
    schema: VersionSchema | None
    """None if the schema cannot be read."""

    @property
    def is_fixed(self) -> bool:
        """Whether the version that runs is fixed."""
        return parse(self.reference).version is not None

    @property
    def secrets(self) -> list[str]:
        """The names of the inputs that the schema marks as secrets."""
        return [] if self.schema is None else [field.name for field in self.schema.input.fields if field.is_secret]

    def to_text(self) -> str:
        """Serialize for the journal."""
        version = self.schema
        schema = None if version is None else {"openapi_schema": version.schema, "cog_version": version.cog_version}
        return json.dumps({"reference": self.reference, "schema": schema})

    @classmethod
    def from_text(cls, text: str) -> BatchModel:
        """Deserialize from the journal."""
        stored: dict[str, Any] = json.loads(text)
        schema = stored["schema"]
        return cls(stored["reference"], schema and VersionSchema(schema["openapi_schema"], schema["cog_version"]))


async def look_up(client: Client | AsyncClient, reference: str) -> BatchModel | None:
    """Read a batch's model from the API. None if the API does not show it.

    Raises:
        APIError: The request failed.
    """
    session = client._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    parsed = parse(reference)
    try:
        if parsed.version or parsed.deployment:
            schema = await fetch_schema(session, parsed)
            return BatchModel(reference, schema if schema is not None and schema.schema else None)
        return await _look_up_by_name(session, parsed)
    except errors.NotFoundError as error:
        log.debug("%s is not shown: %s", reference, error)
        return None


async def _look_up_by_name(session: Session, parsed: Reference) -> BatchModel:
    from replicatekit_api.api.models import get

    model = await session.io.call(get, parsed.owner or "", parsed.name or "", client=session.api)
    latest = model.latest_version.id if model.latest_version else None
    by_version = isinstance(latest, str) and _HASH.fullmatch(latest) and not model.is_official
    if by_version and model.is_official is None:
        by_version = await _lists_versions(session, parsed)
    return BatchModel(f"{parsed.model}:{latest}" if by_version else str(parsed), schema_in(model))


async def _lists_versions(session: Session, parsed: Reference) -> bool:
    """Whether a model must run by version: official models do not list their versions, and procedures have none."""
    from replicatekit_api.api.models_versions import list as list_versions

    try:
        page = await session.io.call(list_versions, parsed.owner or "", parsed.name or "", client=session.api)
    except errors.NotFoundError:
        return False
    return bool(page.results)


resolvable(__name__)
