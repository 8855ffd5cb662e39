"""The state that a client shares with its namespaces, its flows and the objects that it returns."""

from __future__ import annotations

import time
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from replicatekit._base.locks import fork_safe_lock
from replicatekit._files.settings import FileSettings
from replicatekit._session.default import default_session
from replicatekit._session.pending_creates import PendingCreates

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.input_schema import InputSchema
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.contract import Sender
    from replicatekit_api.models import Prediction, Training

T = TypeVar("T")


class VersionSchema:
    """A version's description of its input and output."""

    def __init__(self, schema: dict[str, Any] | None, cog_version: str | None = None) -> None:
        self.schema = schema
        """Its `openapi_schema`; None if the API is known to have none."""
        self.cog_version = cog_version
        self._since = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since it was received."""
        return time.monotonic() - self._since

    @cached_property
    def input(self) -> InputSchema:
        """Its inputs."""
        from replicatekit._domain.input_schema import InputSchema

        return InputSchema(self.schema)


NO_SCHEMA = VersionSchema(None)


def schema_in(thing: object) -> VersionSchema | None:
    """The schema that a `Version` contains, or a `Model` in its latest version; None if it contains none."""
    version: object = getattr(thing, "latest_version", None) or thing
    schema: object = getattr(version, "openapi_schema", None)
    if not isinstance(schema, dict) or not schema:
        return None
    cog: object = getattr(version, "cog_version", None)
    return VersionSchema(cast("dict[str, Any]", schema), cog if isinstance(cog, str) else None)


class Cache(dict[str, T]):
    """Values by name. Thread-safe; a full cache is emptied."""

    __slots__ = ("_capacity", "_lock")

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity
        self._lock = fork_safe_lock()

    def first(self, *names: str | None) -> T | None:
        """The value of the first of these names that has one."""
        return next((value for name in names if name and (value := self.get(name)) is not None), None)

    def add(self, value: T, *names: str | None) -> None:
        """Store a value by these names."""
        with self._lock:
            if len(self) >= self._capacity:
                self.clear()
            self.update({name: value for name in names if name})


class SchemaCache(Cache[VersionSchema]):
    """Schemas by version id, and by `owner/name` for models whose versions are hidden."""

    __slots__ = ()

    def add_from(self, thing: object) -> None:
        """Store the schema that a `Model` or a `Version` contains."""
        schema = schema_in(thing)
        if schema is None:
            return
        latest: object = getattr(thing, "latest_version", None)
        version = getattr(latest or thing, "id", None)
        owner, name = getattr(thing, "owner", None), getattr(thing, "name", None)
        self.add(schema, version, f"{owner}/{name}" if latest and owner and name else None)


class Session(NamedTuple):
    """The shared state of a client."""

    io: Sender
    api: ApiClient
    bind_view: Callable[[Session, Prediction | Training], Any]
    """Binds a prediction or training to the client, so that it can wait, reload and cancel."""
    output_file: Callable[[Session, str], Any]
    """Makes the file object for a URL in an output."""
    files: FileSettings
    versions: Cache[str]
    """The latest versions, by `owner/name`, of models that run by version only."""
    schemas: SchemaCache
    pending_creates: PendingCreates

    @classmethod
    def new(
        cls,
        io: Sender,
        api: ApiClient,
        bind_view: Callable[[Session, Prediction | Training], Any],
        output_file: Callable[[Session, str], Any],
        files: FileSettings | None = None,
    ) -> Session:
        """Create the state of a new client."""
        files = FileSettings() if files is None else files
        return cls(io, api, bind_view, output_file, files, Cache(10_000), SchemaCache(1000), PendingCreates())

    def with_context(self, **changes: Any) -> Session:
        """A copy with changes to the `RequestContext`: the deadline, the prediction's id for errors, ..."""
        return self._replace(api=self.api.with_context(**changes))

    def __deepcopy__(self, memo: dict[int, Any]) -> Session:
        return self  # a copy of an object is bound to the same client

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(default_session, is_async=self.io.is_async), ()  # no token, and no connections

    def bind(self, view: Prediction | Training) -> Any:
        """Bind a prediction or training to the client."""
        return self.bind_view(self, view)
