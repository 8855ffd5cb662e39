"""Predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict, Unpack, overload

from attrs import define

from replicatekit._domain import progress as _progress
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.compat._impl import creating as _creating
from replicatekit.compat._impl.creating import created, deployment_path, model_path
from replicatekit.compat._impl.following import become, cancel, finished, found, items
from replicatekit.compat._impl.pages import cursor_of, page_of
from replicatekit.compat._impl.session import awaiting, blocking
from replicatekit.compat._impl.streams import prediction_events
from replicatekit.compat.resource import Namespace, Resource
from replicatekit.compat.version import Version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import EllipsisType

    import httpx

    from replicatekit.compat._impl.creating import CreatePredictionParams
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.deployment import Deployment
    from replicatekit.compat.model import Model
    from replicatekit.compat.pagination import Page
    from replicatekit.compat.stream import ServerSentEvent

__all__ = ["CreatePredictionRequestParams", "Prediction", "Predictions"]


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
    """By name: `get`, `cancel`, and `stream` where there is one."""

    @define
    class Progress:
        """How far a prediction is."""

        percentage: float
        """The share that is done, from 0 to 1."""
        current: int
        total: int

        @classmethod
        def parse(cls, logs: str) -> Prediction.Progress | None:
            """What the last progress bar in the logs shows; None where there is none."""
            seen = _progress.parse(f"{logs}\n")  # a bar that is the last thing in the logs counts here
            return None if seen is None else cls(seen.percentage, seen.current, seen.total)

    @property
    def progress(self) -> Prediction.Progress | None:
        """How far it is, by its logs; None where they do not say."""
        return self.Progress.parse(self.logs) if self.logs else None

    def wait(self) -> None:
        """Look at it, every `client.poll_interval` seconds, until it has ended.

        Raises:
            WaitTimeout: It has not, after `client.wait_timeout` seconds.
        """
        run_sync(finished(blocking(self._client), self))

    async def async_wait(self) -> None:
        """As `wait`."""
        await finished(awaiting(self._client), self)

    def stream(self, use_file_output: bool | None = None) -> Iterator[ServerSentEvent]:  # noqa: FBT001 (its place)
        """What it says while it runs, event by event.

        Args:
            use_file_output: Without effect, as it was: files are files.

        Raises:
            ReplicateError: It has no event stream.
        """
        del use_file_output
        yield from iterate_sync(prediction_events(blocking(self._client), self))

    async def async_stream(self, use_file_output: bool | None = None) -> AsyncIterator[ServerSentEvent]:  # noqa: FBT001 (its place)
        """As `stream`."""
        del use_file_output
        async for event in prediction_events(awaiting(self._client), self):
            yield event

    def cancel(self) -> None:
        """Stop it."""
        become(self, self._client.predictions.cancel(self.id))

    async def async_cancel(self) -> None:
        """As `cancel`."""
        become(self, await self._client.predictions.async_cancel(self.id))

    def reload(self) -> None:
        """See what it is now."""
        become(self, self._client.predictions.get(self.id))

    async def async_reload(self) -> None:
        """As `reload`."""
        become(self, await self._client.predictions.async_get(self.id))

    def output_iterator(self) -> Iterator[Any]:
        """The items of its output as they come, until it has ended.

        Raises:
            ModelError: It failed.
        """
        yield from iterate_sync(items(blocking(self._client), self))

    async def async_output_iterator(self) -> AsyncIterator[Any]:
        """As `output_iterator`."""
        async for item in items(awaiting(self._client), self):
            yield item


class CreatePredictionRequestParams(TypedDict):
    """What a create is sent with."""

    headers: NotRequired[dict[str, str] | None]
    timeout: NotRequired[httpx.Timeout | None]


class Predictions(Namespace):
    """Predictions."""

    CreatePredictionParams = _creating.CreatePredictionParams

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Prediction]:
        """A page of your predictions, the newest first.

        Args:
            cursor: A page's `next` or `previous`.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(page_of(blocking(self._client), Prediction, cursor_of(cursor, "/v1/predictions")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Prediction]:
        """As `list`."""
        return await page_of(awaiting(self._client), Prediction, cursor_of(cursor, "/v1/predictions"))

    def get(self, id: str) -> Prediction:
        """A prediction by its id."""
        return run_sync(found(blocking(self._client), Prediction, "predictions", id))

    async def async_get(self, id: str) -> Prediction:
        """As `get`."""
        return await found(awaiting(self._client), Prediction, "predictions", id)

    @overload
    def create(
        self, version: Version | str, input: dict[str, Any] | None, **params: Unpack[CreatePredictionParams]
    ) -> Prediction: ...
    @overload
    def create(
        self,
        *,
        model: str | tuple[str, str] | Model,
        input: dict[str, Any] | None,
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction: ...
    @overload
    def create(
        self,
        *,
        deployment: str | tuple[str, str] | Deployment,
        input: dict[str, Any] | None,
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction: ...
    def create(  # pyright: ignore[reportInconsistentOverload] (what is positional there is in args here)
        self,
        *args: Any,
        model: str | tuple[str, str] | Model | None = None,
        version: Version | str | None = None,
        deployment: str | tuple[str, str] | Deployment | None = None,
        input: dict[str, Any] | None = None,
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction:
        """Run a version, an official model or a deployment.

        Raises:
            ValueError: Not exactly one of them is given.
            ReplicateError: The API said no.
        """
        return run_sync(_create(blocking(self._client), args, model, version, deployment, input, params))

    @overload
    async def async_create(
        self, version: Version | str, input: dict[str, Any] | None, **params: Unpack[CreatePredictionParams]
    ) -> Prediction: ...
    @overload
    async def async_create(
        self,
        *,
        model: str | tuple[str, str] | Model,
        input: dict[str, Any] | None,
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction: ...
    @overload
    async def async_create(
        self,
        *,
        deployment: str | tuple[str, str] | Deployment,
        input: dict[str, Any] | None,
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction: ...
    async def async_create(  # pyright: ignore[reportInconsistentOverload] (as for create)
        self,
        *args: Any,
        model: str | tuple[str, str] | Model | None = None,
        version: Version | str | None = None,
        deployment: str | tuple[str, str] | Deployment | None = None,
        input: dict[str, Any] | None = None,
        **params: Unpack[CreatePredictionParams],
    ) -> Prediction:
        """As `create`."""
        return await _create(awaiting(self._client), args, model, version, deployment, input, params)

    def cancel(self, id: str) -> Prediction:
        """Stop a prediction."""
        return run_sync(cancel(blocking(self._client), Prediction, "predictions", id))

    async def async_cancel(self, id: str) -> Prediction:
        """As `cancel`."""
        return await cancel(awaiting(self._client), Prediction, "predictions", id)


async def _create(
    api: CompatSession,
    args: tuple[Any, ...],
    model: str | tuple[str, str] | Model | None,
    version: Version | str | None,
    deployment: str | tuple[str, str] | Deployment | None,
    input: dict[str, Any] | None,
    params: CreatePredictionParams,
) -> Prediction:
    given_input = args[1] if len(args) > 1 else input
    version = args[0] if args else version
    if sum(bool(given) for given in (model, version, deployment)) != 1:
        raise ValueError("Exactly one of 'model', 'version', or 'deployment' must be specified.")
    if model:
        return await created(api, model_path(model), given_input or {}, params)
    if deployment:
        return await created(api, deployment_path(deployment), given_input or {}, params)
    version_id = version.id if isinstance(version, Version) else version
    return await created(api, "/v1/predictions", given_input, params, version_id)
