"""Predictions, and the namespace `client.predictions`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import EllipsisType
from typing import Any, Literal, NotRequired, TypedDict, Unpack, overload

import httpx
from attrs import define

from replicatekit._domain import progress as _progress
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.compat._impl import creating as _creating
from replicatekit.compat._impl.creating import (
    CreatePredictionParams,
    create_prediction,
    deployment_path,
    model_path,
)
from replicatekit.compat._impl.following import cancel, get, iterate_output, update, wait_until_finished
from replicatekit.compat._impl.pages import fetch_page, page_address
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking
from replicatekit.compat._impl.streams import prediction_events
from replicatekit.compat._impl.types import DeploymentLike, ModelLike
from replicatekit.compat.exceptions import ModelError, ReplicateError
from replicatekit.compat.file import FileEncodingStrategy
from replicatekit.compat.helpers import async_encode_json, encode_json
from replicatekit.compat.pagination import Page
from replicatekit.compat.resource import Namespace, Resource
from replicatekit.compat.stream import EventSource, ServerSentEvent, event_of
from replicatekit.compat.version import Version

__all__ = [
    "CreatePredictionRequestParams",
    "EventSource",
    "FileEncodingStrategy",
    "ModelError",
    "Page",
    "Prediction",
    "Predictions",
    "ReplicateError",
    "ServerSentEvent",
    "Version",
    "async_encode_json",
    "encode_json",
]


class Prediction(Resource):
    """One run of a model."""

    id: str
    model: str
    version: str
    status: Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
    input: dict[str, Any] | None
    output: Any
    logs: str | None
    error: str | None
    metrics: dict[str, Any] | None
    created_at: str | None
    started_at: str | None
    completed_at: str | None
    urls: dict[str, str] | None
    """The URLs by name: `get`, `cancel`, and `stream` if the prediction streams."""

    @define
    class Progress:
        """The progress of a prediction."""

        percentage: float
        """The part that is done, from 0 to 1."""
        current: int
        total: int

        @classmethod
        def parse(cls, logs: str) -> Prediction.Progress | None:
            """Return the last progress bar in the logs; None if there is none."""
            bar = _progress.parse(f"{logs}\n")  # an unfinished last line counts too
            return None if bar is None else cls(bar.percentage, bar.current, bar.total)

    @property
    def progress(self) -> Prediction.Progress | None:
        """The progress by the logs; None if they have no progress bar."""
        return self.Progress.parse(self.logs) if self.logs else None

    def wait(self) -> None:
        """Poll, every `client.poll_interval` seconds, until the prediction has ended.

        Raises:
            WaitTimeout: It did not end within `client.wait_timeout` seconds.
        """
        run_sync(wait_until_finished(blocking(self._client), self))

    async def async_wait(self) -> None:
        """Poll until the prediction has ended; see `wait`."""
        await wait_until_finished(awaiting(self._client), self)

    def stream(self, use_file_output: bool | None = None) -> Iterator[ServerSentEvent]:  # noqa: FBT001 (as in the official client)
        """Yield the events of the prediction while it runs.

        Args:
            use_file_output: Without effect, as in the official client.

        Raises:
            ReplicateError: The prediction has no event stream.
        """
        del use_file_output
        yield from iterate_sync(prediction_events(blocking(self._client), self, event_of))

    async def async_stream(self, use_file_output: bool | None = None) -> AsyncIterator[ServerSentEvent]:  # noqa: FBT001 (as in the official client)
        """Yield the events of the prediction; see `stream`."""
        del use_file_output
        async for event in prediction_events(awaiting(self._client), self, event_of):
            yield event

    def cancel(self) -> None:
        """Cancel the prediction."""
        update(self, run_sync(cancel(blocking(self._client), Prediction, "predictions", self.id)))

    async def async_cancel(self) -> None:
        """Cancel the prediction; see `cancel`."""
        update(self, await cancel(awaiting(self._client), Prediction, "predictions", self.id))

    def reload(self) -> None:
        """Fetch the current state of the prediction."""
        update(self, run_sync(get(blocking(self._client), Prediction, "predictions", self.id)))

    async def async_reload(self) -> None:
        """Fetch the current state of the prediction."""
        update(self, await get(awaiting(self._client), Prediction, "predictions", self.id))

    def output_iterator(self) -> Iterator[Any]:
        """Yield the items of the output as they arrive, until the prediction has ended.

        Raises:
            ModelError: The prediction failed.
        """
        yield from iterate_sync(iterate_output(blocking(self._client), self))

    async def async_output_iterator(self) -> AsyncIterator[Any]:
        """Yield the items of the output; see `output_iterator`."""
        async for item in iterate_output(awaiting(self._client), self):
            yield item


class CreatePredictionRequestParams(TypedDict):
    """The options of the request that creates a prediction."""

    headers: NotRequired[dict[str, str] | None]
    timeout: NotRequired[httpx.Timeout | None]


class Predictions(Namespace):
    """The namespace `client.predictions`."""

    CreatePredictionParams = _creating.CreatePredictionParams

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Prediction]:
        """Return a page of your predictions, the newest first.

        Args:
            cursor: A page's `next` or `previous`; without it, the first page.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(fetch_page(blocking(self._client), Prediction, page_address(cursor, "/v1/predictions")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Prediction]:
        """Return a page of your predictions; see `list`."""
        return await fetch_page(awaiting(self._client), Prediction, page_address(cursor, "/v1/predictions"))

    def get(self, id: str) -> Prediction:
        """Return a prediction by its id."""
        return run_sync(get(blocking(self._client), Prediction, "predictions", id))

    async def async_get(self, id: str) -> Prediction:
        """Return a prediction by its id."""
        return await get(awaiting(self._client), Prediction, "predictions", id)

    @overload
    def create(
        self, version: Version | str, input: dict[str, Any] | None, **params: Unpack[_creating.CreatePredictionParams]
    ) -> Prediction: ...
    @overload
    def create(
        self,
        *,
        model: str | tuple[str, str] | ModelLike,
        input: dict[str, Any] | None,
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction: ...
    @overload
    def create(
        self,
        *,
        deployment: str | tuple[str, str] | DeploymentLike,
        input: dict[str, Any] | None,
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction: ...
    def create(  # pyright: ignore[reportInconsistentOverload] (positional arguments are in args)
        self,
        *args: Any,
        model: str | tuple[str, str] | ModelLike | None = None,
        version: Version | str | None = None,
        deployment: str | tuple[str, str] | DeploymentLike | None = None,
        input: dict[str, Any] | None = None,
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction:
        """Run a version, an official model or a deployment, and return its prediction.

        Raises:
            ValueError: Not exactly one of `version`, `model` and `deployment` is given.
            ReplicateError: The API returned an error.
        """
        return run_sync(_create(blocking(self._client), args, model, version, deployment, input, params))

    @overload
    async def async_create(
        self, version: Version | str, input: dict[str, Any] | None, **params: Unpack[_creating.CreatePredictionParams]
    ) -> Prediction: ...
    @overload
    async def async_create(
        self,
        *,
        model: str | tuple[str, str] | ModelLike,
        input: dict[str, Any] | None,
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction: ...
    @overload
    async def async_create(
        self,
        *,
        deployment: str | tuple[str, str] | DeploymentLike,
        input: dict[str, Any] | None,
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction: ...
    async def async_create(  # pyright: ignore[reportInconsistentOverload] (as for create)
        self,
        *args: Any,
        model: str | tuple[str, str] | ModelLike | None = None,
        version: Version | str | None = None,
        deployment: str | tuple[str, str] | DeploymentLike | None = None,
        input: dict[str, Any] | None = None,
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction:
        """Async version of `create`."""
        return await _create(awaiting(self._client), args, model, version, deployment, input, params)

    def cancel(self, id: str) -> Prediction:
        """Cancel a prediction, and return it."""
        return run_sync(cancel(blocking(self._client), Prediction, "predictions", id))

    async def async_cancel(self, id: str) -> Prediction:
        """Cancel the prediction; see `cancel`."""
        return await cancel(awaiting(self._client), Prediction, "predictions", id)


async def _create(
    api: CompatSession,
    args: tuple[Any, ...],
    model: str | tuple[str, str] | ModelLike | None,
    version: Version | str | None,
    deployment: str | tuple[str, str] | DeploymentLike | None,
    input: dict[str, Any] | None,
    params: CreatePredictionParams,
) -> Prediction:
    given_input = args[1] if len(args) > 1 else input
    version = args[0] if args else version
    if sum(bool(target) for target in (model, version, deployment)) != 1:
        raise ValueError("Exactly one of 'model', 'version', or 'deployment' must be specified.")
    if model:
        return await create_prediction(api, Prediction, model_path(model), given_input or {}, params)
    if deployment:
        return await create_prediction(api, Prediction, deployment_path(deployment), given_input or {}, params)
    version_id = version.id if isinstance(version, Version) else version
    return await create_prediction(api, Prediction, "/v1/predictions", given_input, params, version_id)
