"""The schemas of models that a client knows: given by the caller, contained in a response, or requested once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.locks import fork_safe_lock

if TYPE_CHECKING:
    from replicatekit._domain.input_schema import InputSchema

__all__ = ["NO_SCHEMA", "SchemaCache", "VersionSchema", "schema_in"]

_CAPACITY = 1000


class VersionSchema:
    """What a version says of its input and output."""

    __slots__ = ("_input", "_learned_at", "cog_version", "schema")

    def __init__(self, schema: dict[str, Any] | None, cog_version: str | None = None) -> None:
        self.schema = schema
        """Its `openapi_schema`; None where it is known that there is none to be had."""
        self.cog_version = cog_version
        self._learned_at = time.monotonic()
        self._input: InputSchema | None = None

    @property
    def age(self) -> float:
        """Seconds since it was learned."""
        return time.monotonic() - self._learned_at

    @property
    def input(self) -> InputSchema:
        """Its inputs, read once."""
        if self._input is None:
            from replicatekit._domain.input_schema import InputSchema

            self._input = InputSchema(self.schema)
        return self._input


NO_SCHEMA = VersionSchema(None)


def schema_in(thing: object) -> VersionSchema | None:
    """The schema that a `Version` contains, or a `Model` in its latest version; None if it contains none."""
    version: object = getattr(thing, "latest_version", None) or thing
    schema: object = getattr(version, "openapi_schema", None)
    if not isinstance(schema, dict) or not schema:
        return None
    cog: object = getattr(version, "cog_version", None)
    return VersionSchema(cast("dict[str, Any]", schema), cog if isinstance(cog, str) else None)


class SchemaCache:
    """Schemas by version id, and by `owner/name` for models whose versions are hidden. Thread-safe."""

    __slots__ = ("_known", "_lock")

    def __init__(self) -> None:
        self._lock = fork_safe_lock()
        self._known: dict[str, VersionSchema] = {}

    def get(self, *names: str | None) -> VersionSchema | None:
        """The schema of the first of these names that is known."""
        return next((self._known[name] for name in names if name and name in self._known), None)

    def add(self, known: VersionSchema, *names: str | None) -> None:
        """Remember a schema by these names."""
        with self._lock:
            if len(self._known) >= _CAPACITY:
                self._known.clear()
            self._known.update({name: known for name in names if name})

    def add_from(self, thing: object) -> None:
        """Remember the schema that a `Model` or a `Version` contains."""
        found = schema_in(thing)
        if found is None:
            return
        latest: object = getattr(thing, "latest_version", None)
        version = getattr(latest or thing, "id", None)
        owner, name = getattr(thing, "owner", None), getattr(thing, "name", None)
        self.add(found, version, f"{owner}/{name}" if latest and owner and name else None)
