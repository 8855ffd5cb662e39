"""The description of a model that becomes a function: the reference that runs, its schema, and its example."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from attrs import frozen

from replicatekit._base.logs import log
from replicatekit._base.signatures import resolvable
from replicatekit._domain.reference import Reference, parse, reference_of
from replicatekit._session.disk_cache import SchemaDisk
from replicatekit._session.session import NO_SCHEMA, VersionSchema, schema_in
from replicatekit.errors import APIConnectionError, InvalidArgument, NotFoundError, ServerError

if TYPE_CHECKING:
    from replicatekit._domain.reference import Runnable
    from replicatekit._session.session import Session
    from replicatekit_api.models import Deployment, Model

__all__ = ["ModelDescription", "PromisedSchema", "describe_model"]

_FRESH = 3600.0  # seconds for which the cached latest version of a model is used
_HASH = re.compile(r"[0-9a-f]{64}")
_LOCAL = {"127.0.0.1", "localhost", "::1"}


@frozen
class ModelDescription:
    """A model and its schema."""

    reference: Reference
    """The reference that runs: a version if it can be pinned, else the model's name or the deployment."""
    known: VersionSchema
    version: str | None = None
    """The id of the version that the schema is from, if it is known."""
    example: dict[str, Any] | None = None
    """The default example, a prediction as returned by the API."""

    @property
    def model(self) -> str | None:
        """`owner/name`, if it is known."""
        return self.reference.model

    @property
    def title(self) -> str:
        """The model and its version, as readable text."""
        version = f"version {self.version[:12]}" if self.version else ""
        return f"{self.model} ({version})" if self.model and version else self.model or version or "a model"

    @property
    def is_pinned(self) -> bool:
        """Whether exactly this version runs."""
        return self.reference.version is not None


async def describe_model(
    session: Session, ref: Runnable | None, deployment: str | Deployment | None = None, *, refresh: bool = False
) -> ModelDescription:
    """Find a model's schema: in the object passed, in the cache on disk, or at the API.

    Args:
        session: The session of the client.
        ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
        deployment: `owner/name` of a deployment, instead of `ref`.
        refresh: Whether to request the latest version even if it is cached.

    Raises:
        NotFoundError: There is no such model or version.
        InvalidArgument: A version id alone that is not in the cache.
    """
    reference = reference_of(ref, deployment)
    find = _Finder(session, SchemaDisk(session.api.base_url))
    if reference.deployment:
        description = await find.by_deployment(reference)
    elif reference.described is not None and not isinstance(ref, str):
        description = find.by_object(reference)
    elif reference.version is not None:
        description = await find.by_version(reference, reference.version)
    else:
        description = await find.by_name(reference, refresh=refresh)
    by = description.version if description.is_pinned else description.model
    if description.known.schema is not None and not reference.deployment:
        session.schemas.add(description.known, description.version, by)
    # The reference carries the schema, which validates each input and converts each output.
    return ModelDescription(
        description.reference._replace(described=description.known),
        description.known,
        description.version,
        description.example,
    )


class PromisedSchema:
    """A schema that is looked up when the first input is checked. Without one, inputs are not checked."""

    def __init__(self, runs: str) -> None:
        self._runs = runs

    @classmethod
    def reference_of(cls, runs: str) -> Reference:
        """A reference that carries a promise of its schema."""
        return parse(runs)._replace(described=cls(runs))

    async def find_schema(self, session: Session) -> VersionSchema | None:
        """Look the schema up. None if it is unavailable."""
        reference = parse(self._runs)
        known = session.schemas.first(reference.version)
        if known is not None:
            return known
        try:
            return (await describe_model(session, self._runs)).known
        except (NotFoundError, APIConnectionError, ServerError) as error:
            log.info("the input of %s is not checked: %s", self._runs, error)
            return None


class _Finder:
    def __init__(self, session: Session, disk: SchemaDisk) -> None:
        self.session = session
        self.disk = disk

    def by_object(self, reference: Reference) -> ModelDescription:
        """Take the schema of a `Model` or a `Version`."""
        described: Any = reference.described
        version = getattr(described, "latest_version", None) or described
        example = getattr(described, "default_example", None)
        reference = reference._replace(version=reference.version or reference.required_version)
        return ModelDescription(
            reference, schema_in(version) or NO_SCHEMA, _id_of(version), example and dict(example.to_dict())
        )

    async def by_deployment(self, reference: Reference) -> ModelDescription:
        from replicatekit_api.api.deployments import get

        deployment = await self.session.io.call(get, *reference.path, client=self.session.api)
        release = deployment.current_release
        if release is None or not release.model:
            return ModelDescription(reference, NO_SCHEMA)
        runs = parse(f"{release.model}:{release.version}" if release.version else release.model)
        if runs.version:
            description = await self.by_version(runs, runs.version)
        else:
            description = await self.by_name(runs, refresh=False)
        return ModelDescription(reference, description.known, description.version, description.example)

    async def by_version(self, reference: Reference, version: str) -> ModelDescription:
        record = await self.session.io.run(self.disk.version, version)
        example = None
        if record is not None:
            known = _from_record(record)
            if reference.model:
                model = await self.session.io.run(self.disk.model, reference.model)
                example = _dict(model and model.get("example"))
            return ModelDescription(reference, known, version, example)
        if reference.owner is None or reference.name is None:
            raise InvalidArgument(
                f"a version id alone cannot be looked up: give it as 'owner/name:{version[:8]}…', with all its digits"
            )
        from replicatekit_api.api.models_versions import get

        response = await self.session.io.call(get, reference.owner, reference.name, version, client=self.session.api)
        known = schema_in(response) or NO_SCHEMA
        await self._store(version, known)
        try:
            example = (await self._fetch_model(reference)).example
        except (NotFoundError, APIConnectionError, ServerError) as error:
            log.info("the example of %s could not be fetched: %s", reference.model, error)
        return ModelDescription(reference, known, version, example)

    async def by_name(self, reference: Reference, *, refresh: bool) -> ModelDescription:
        stored = await self.session.io.run(self.disk.model, reference.model or "")
        cached = None if stored is None else await self._cached(reference, stored)
        if cached is not None and stored is not None and not refresh and stored["age"] < self._fresh_for:
            return cached
        try:
            return await self._fetch_model(reference)
        except (APIConnectionError, ServerError) as error:
            if cached is None:
                raise
            log.info("could not look up %s; using the cached schema: %s", reference.model, error)
            return cached

    @property
    def _fresh_for(self) -> float:
        # Models on this machine change while they are developed.
        return 0.0 if urlsplit(self.session.api.base_url).hostname in _LOCAL else _FRESH

    async def _cached(self, reference: Reference, stored: dict[str, Any]) -> ModelDescription | None:
        version = stored.get("version")
        if isinstance(stored.get("schema"), dict):
            known = _from_record({"openapi_schema": stored["schema"], "cog_version": stored.get("cog_version")})
        elif isinstance(version, str):
            record = await self.session.io.run(self.disk.version, version)
            if record is None:
                return None
            known = _from_record(record)
        else:
            return None
        pinned = version if stored.get("is_pinned") is True else None
        return ModelDescription(reference._replace(version=pinned), known, version, _dict(stored.get("example")))

    async def _fetch_model(self, reference: Reference) -> ModelDescription:
        from replicatekit_api.api.models import get

        owner, name = reference.path
        model: Model = await self.session.io.call(get, owner, name, client=self.session.api)
        version, example = model.latest_version, model.default_example
        known, version_id = schema_in(version) or NO_SCHEMA, _id_of(version)
        latest_reference = parse(model)
        pinned = latest_reference.required_version
        example_dict = None if example is None else dict(example.to_dict())
        record: dict[str, Any] = {"version": version_id, "is_pinned": pinned is not None, "example": example_dict}
        if version_id and _HASH.fullmatch(version_id):
            await self._store(version_id, known)
        else:
            record |= {"schema": known.schema, "cog_version": known.cog_version}
        await self.session.io.run(self.disk.store_model, f"{owner}/{name}", record)
        runs = Reference(owner, name, pinned, latest=latest_reference.latest)
        return ModelDescription(runs, known, version_id, example_dict)

    async def _store(self, version: str, known: VersionSchema) -> None:
        if known.schema is not None:
            record = {"openapi_schema": known.schema, "cog_version": known.cog_version}
            await self.session.io.run(self.disk.store_version, version, record)


def _from_record(record: dict[str, Any]) -> VersionSchema:
    cog = record.get("cog_version")
    return VersionSchema(_dict(record.get("openapi_schema")), cog if isinstance(cog, str) else None)


def _id_of(version: object) -> str | None:
    version_id: object = getattr(version, "id", None)
    return version_id if isinstance(version_id, str) and version_id and version_id != "hidden" else None


def _dict(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


resolvable(__name__)
