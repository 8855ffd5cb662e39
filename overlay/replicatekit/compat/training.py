"""Trainings, and the namespace `client.trainings`."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import EllipsisType
from typing import Any, ClassVar, Literal, NotRequired, TypeAlias, TypedDict, Unpack, cast, overload

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.following import cancel, get, update
from replicatekit.compat._impl.pages import fetch_page, page_address
from replicatekit.compat._impl.records import Readers, attach, reader
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat.helpers import async_encode_json, encode, encode_json
from replicatekit.compat.identifier import ModelVersionIdentifier
from replicatekit.compat.model import Model
from replicatekit.compat.pagination import Page
from replicatekit.compat.resource import Namespace, Resource
from replicatekit.compat.version import Version

__all__ = [
    "Model",
    "ModelVersionIdentifier",
    "Page",
    "Training",
    "Trainings",
    "Version",
    "async_encode_json",
    "encode_json",
]

_POSITIONS = ("destination", "webhook", "webhook_completed", "webhook_events_filter")


class Training(Resource):
    """One training of a model."""

    _readers: ClassVar[Readers] = {"version": reader(Version)}

    id: str
    model: str
    version: str | Version
    destination: str | None
    """The model that gets the new version; None until the training has ended, since the API does not say it before."""
    status: Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
    input: dict[str, Any] | None
    output: Any
    logs: str | None
    error: str | None
    created_at: str | None
    started_at: str | None
    completed_at: str | None
    urls: dict[str, str] | None
    """The URLs by name: `get` and `cancel`."""

    def __init__(self, **data: Any) -> None:
        super().__init__(**data)
        output: Any = self.output
        reference = cast("dict[str, Any]", output).get("version") if isinstance(output, dict) else None
        if isinstance(reference, str) and "/" in reference:
            self.destination = reference.partition(":")[0]

    def cancel(self) -> None:
        """Cancel the training."""
        update(self, run_sync(cancel(blocking(self._client), Training, "trainings", self.id)))

    async def async_cancel(self) -> None:
        """Cancel the training; see `cancel`."""
        update(self, await cancel(awaiting(self._client), Training, "trainings", self.id))

    def reload(self) -> None:
        """Fetch the current state of the training."""
        update(self, run_sync(get(blocking(self._client), Training, "trainings", self.id)))

    async def async_reload(self) -> None:
        """Fetch the current state of the training."""
        update(self, await get(awaiting(self._client), Training, "trainings", self.id))


class CreateTrainingParams(TypedDict):
    """The options of a training."""

    destination: str | tuple[str, str] | Model
    """The model that gets the new version."""
    webhook: NotRequired[str]
    """The URL that is notified of changes."""
    webhook_completed: NotRequired[str]
    """The URL that is notified of the end; `webhook` with a filter is the newer form."""
    webhook_events_filter: NotRequired[list[str]]
    """The events that are delivered: `start`, `output`, `logs`, `completed`."""
    file_encoding_strategy: NotRequired[Literal["base64", "url"]]
    """How the input's files are sent: `base64` inside the request; without it they are uploaded."""


_CreateTrainingParams: TypeAlias = CreateTrainingParams  # an alias, as a class attribute hides the name


class Trainings(Namespace):
    """The namespace `client.trainings`."""

    CreateTrainingParams = CreateTrainingParams

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Training]:
        """Return a page of your trainings, the newest first.

        Args:
            cursor: A page's `next` or `previous`; without it, the first page.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(fetch_page(blocking(self._client), Training, page_address(cursor, "/v1/trainings")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Training]:
        """Return a page of your trainings; see `list`."""
        return await fetch_page(awaiting(self._client), Training, page_address(cursor, "/v1/trainings"))

    def get(self, id: str) -> Training:
        """Return a training by its id."""
        return run_sync(get(blocking(self._client), Training, "trainings", id))

    async def async_get(self, id: str) -> Training:
        """Return a training by its id."""
        return await get(awaiting(self._client), Training, "trainings", id)

    @overload
    def create(
        self,
        version: str,
        input: dict[str, Any],
        destination: str,
        webhook: str | None = None,
        webhook_events_filter: builtins.list[str] | None = None,
        **kwargs: Any,
    ) -> Training: ...
    @overload
    def create(
        self,
        model: str | tuple[str, str] | Model,
        version: str | Version,
        input: dict[str, Any] | None = None,
        **params: Unpack[_CreateTrainingParams],
    ) -> Training: ...
    def create(  # pyright: ignore[reportInconsistentOverload] (positional arguments are in args)
        self,
        *args: Any,
        model: str | tuple[str, str] | Model | None = None,
        version: str | Version | None = None,
        input: dict[str, Any] | None = None,
        **params: Any,
    ) -> Training:
        """Train a version, given by model and version, or as `owner/name:version`.

        Raises:
            ValueError: The arguments do not name a version, or there is no destination.
        """
        given_input = input
        if args:
            url = _path_of(args[0]) if args[0] else None
            given_input = args[1] if len(args) > 1 else input
            params.update(zip(_POSITIONS, args[2:], strict=False))
        elif model and version:
            url = _path(model, version)
        else:
            url = _path_of(version) if isinstance(version, str) and model is None else None
        if not url:
            raise ValueError("model and version or shorthand version must be specified")
        return run_sync(_create(blocking(self._client), url, given_input, params))

    async def async_create(
        self,
        model: str | tuple[str, str] | Model,
        version: str | Version,
        input: dict[str, Any],
        **params: Unpack[_CreateTrainingParams],
    ) -> Training:
        """Train a version, given by model and version; see `create`."""
        return await _create(awaiting(self._client), _path(model, version), input, params)

    def cancel(self, id: str) -> Training:
        """Cancel a training, and return it."""
        return run_sync(cancel(blocking(self._client), Training, "trainings", id))

    async def async_cancel(self, id: str) -> Training:
        """Cancel the training; see `cancel`."""
        return await cancel(awaiting(self._client), Training, "trainings", id)


def _path_of(ref: str) -> str:
    owner, name, version = ModelVersionIdentifier.parse(ref)
    return path("models", owner, name, "versions", version, "trainings")


def _path(model: Any, version: str | Version) -> str:
    if isinstance(model, Model):
        owner, name = model.owner, model.name
    elif isinstance(model, tuple):
        owner, name = cast("tuple[str, str]", model)
    elif isinstance(model, str):
        owner, name, _ = ModelVersionIdentifier.parse(model)
    else:
        raise ValueError(  # noqa: TRY004 (as in the official client)
            "model must be a Model, a tuple of (owner, name), or a string in the format 'owner/name'"
        )
    return path("models", owner, name, "versions", version.id if isinstance(version, Version) else version, "trainings")


async def _create(
    api: CompatSession, address: str, input: dict[str, Any] | None, params: Mapping[str, Any]
) -> Training:
    destination = params.get("destination")
    if destination is None:
        raise ValueError("A destination must be provided as a positional or keyword argument.")
    if isinstance(destination, Model):
        destination = destination.id
    elif isinstance(destination, tuple):
        destination = "/".join(cast("tuple[str, str]", destination))
    body: dict[str, Any] = {}
    if input is not None:
        body["input"] = await encode(api, input, params.get("file_encoding_strategy"))
    body["destination"] = destination
    body.update({name: params[name] for name in _POSITIONS[1:] if params.get(name) is not None})
    return attach(Training(**await api.json("POST", address, json=body, held=True)), api.client)
