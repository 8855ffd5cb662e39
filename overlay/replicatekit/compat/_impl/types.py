"""Protocols of the official client's objects for the modules of `_impl`, which cannot import the public modules."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

from replicatekit._http.contract import Sender


class EngineLike(Protocol):
    """The engine of a client, which sends its requests."""

    def session(self, client: ClientLike, io: Sender) -> Any:
        """Return the client's session for sync or async callers."""
        ...


class ClientLike(Protocol):
    """A client: `Client`, or a compatible object."""

    poll_interval: float
    wait_timeout: float | None

    @property
    def _engine(self) -> EngineLike: ...


class ResourceLike(Protocol):
    """An object of the API with named fields."""

    __fields__: ClassVar[dict[str, Any]]


class PredictionLike(ResourceLike, Protocol):
    """A prediction: `Prediction`."""

    id: str
    status: Any
    output: Any
    error: str | None
    logs: str | None
    urls: dict[str, str] | None

    def cancel(self) -> None:
        """Cancel the prediction."""
        ...

    def reload(self) -> None:
        """Fetch the prediction's current state."""
        ...


@runtime_checkable
class ModelLike(Protocol):
    """A model: `Model`."""

    owner: str
    name: str

    @property
    def latest_version(self) -> object:
        """The newest version."""
        ...


@runtime_checkable
class VersionLike(Protocol):
    """A version of a model: `Version`."""

    id: str
    cog_version: str
    openapi_schema: dict[str, Any]


@runtime_checkable
class DeploymentLike(Protocol):
    """A deployment: `Deployment`."""

    owner: str
    name: str

    @property
    def current_release(self) -> object:
        """The release that runs."""
        ...
