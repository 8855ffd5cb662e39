"""Predictions and trainings that are alive: they can wait, reload and cancel themselves.

Each is what the API sent (see `replicatekit_api.models`) with the client that it came by, and is changed in place by
what the API says later. The logic is in `_flows`; here it is called in two ways.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, cast

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.status import is_terminal, raise_for_status
from replicatekit._predictions.follow import follow
from replicatekit._predictions.lifecycle import WaitSettings, cancel_now, reload
from replicatekit._predictions.output import result
from replicatekit._predictions.save_output import files, save_whole
from replicatekit._predictions.snapshots import SnapshotFlow
from replicatekit._runtime import run_sync
from replicatekit.resources._live import BoundObject
from replicatekit_api import models

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._domain.progress import Progress
    from replicatekit._session.session import Session
    from replicatekit.options import PredictionStreamOptions
    from replicatekit.outputs import AsyncFileOutput, FileOutput
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream

__all__ = ["AsyncPrediction", "AsyncTraining", "Prediction", "Training", "bind", "bind_async"]


T = TypeVar("T")


class _Alive(BoundObject):
    """What predictions and trainings, sync and async, have in common."""

    __slots__ = ()

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended: succeeded, failed, canceled or aborted."""
        return is_terminal(self._run)

    @property
    def progress(self) -> Progress | None:
        """How far it is, by the last progress bar in its logs; None where there is none."""
        from replicatekit._domain import progress as _progress

        return _progress.parse(self._run.logs)

    def raise_for_status(self) -> None:
        """Do nothing, unless it has ended without success.

        Raises:
            ModelError: It failed.
            PredictionCanceled: It was canceled.
            PredictionAborted: Its deadline passed before it started.
        """
        raise_for_status(self._run, self)

    def _snapshot(self, current: models.Prediction | models.Training) -> Self:
        self._replace_data(current)
        return self.bind(self._session, current)

    @property
    def _run(self) -> models.Prediction | models.Training:
        return cast("models.Prediction | models.Training", self)


class _Blocking(_Alive):
    """The ways to call for sync code."""

    __slots__ = ()

    def wait(
        self,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_progress: Callable[[Self], object] | None = None,
        cancel: CancelToken | None = None,
        cancel_on_timeout: bool = False,
        cancel_on_interrupt: bool = False,
    ) -> Self:
        """Wait for its end, whatever that is; `raise_for_status` tells a good one from a bad one.

        Args:
            timeout: Seconds to wait at most; None waits for its end however long that takes.
            poll_interval: Seconds between two looks. Without it, its event stream is followed where it has one, and
                else a schedule that learns from earlier runs.
            on_progress: Called with it when it has changed.
            cancel: A token that cancels it when it is set.
            cancel_on_timeout: Whether it is cancelled when `timeout` has passed.
            cancel_on_interrupt: Whether Ctrl-C, or cancelling the task, cancels it.

        Returns:
            Itself, as it ended.

        Raises:
            WaitTimeout: It has not ended in time.
            PredictionCanceled: The token was set.
        """
        following = WaitSettings.of(
            timeout=timeout,
            poll_interval=poll_interval,
            on_progress=on_progress,
            cancel=cancel,
            cancel_on_timeout=cancel_on_timeout,
            cancel_on_interrupt=cancel_on_interrupt,
        )
        return self._replace_data(run_sync(follow(self._session, self._run, following)))

    def reload(self) -> Self:
        """Ask what it is now. Itself, changed."""
        return self._replace_data(run_sync(reload(self._session, self._run)))

    def cancel(self) -> Self:
        """Ask the API to cancel it. Itself, as it is then; one that has ended stays as it ended."""
        return self._replace_data(run_sync(cancel_now(self._session, self._run)))

    def snapshots(
        self, *, interval: float | None = None, status_only: bool = False, timeout: float | None = None
    ) -> Iterator[Self]:
        """What it is now, and again each time that it has changed; the last one has ended.

        Args:
            interval: Seconds between two looks; None looks more often at first, and learns from earlier runs.
            status_only: Whether only a change of its status counts.
            timeout: Seconds for all of it.

        Raises:
            WaitTimeout: It has not ended in time.
        """
        settings = WaitSettings.of(timeout=timeout, poll_interval=interval)
        flow = SnapshotFlow(self._session, self._run, settings, status_only)
        while True:
            try:
                current = run_sync(flow.next_snapshot())
            except StopAsyncIteration:
                return
            yield self._snapshot(current)


@mirrors(_Blocking)
class _Awaiting(_Alive):
    """The ways to call for async code."""

    __slots__ = ()

    async def wait(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 (a deadline for the prediction, which may be cancelled too)
        poll_interval: float | None = None,
        on_progress: Callable[[Self], object] | None = None,
        cancel: CancelToken | None = None,
        cancel_on_timeout: bool = False,
        cancel_on_interrupt: bool = False,
    ) -> Self:
        following = WaitSettings.of(
            timeout=timeout,
            poll_interval=poll_interval,
            on_progress=on_progress,
            cancel=cancel,
            cancel_on_timeout=cancel_on_timeout,
            cancel_on_interrupt=cancel_on_interrupt,
        )
        return self._replace_data(await follow(self._session, self._run, following))

    async def reload(self) -> Self:
        return self._replace_data(await reload(self._session, self._run))

    async def cancel(self) -> Self:
        return self._replace_data(await cancel_now(self._session, self._run))

    def snapshots(
        self,
        *,
        interval: float | None = None,
        status_only: bool = False,
        timeout: float | None = None,
    ) -> AsyncIterator[Self]:
        settings = WaitSettings.of(timeout=timeout, poll_interval=interval)
        return _AsyncSnapshots(SnapshotFlow(self._session, self._run, settings, status_only), self._snapshot)


class _AsyncSnapshots(AsyncIterator[T]):
    # An async generator that is left early is closed by the event loop, in whichever order and perhaps too late.

    def __init__(self, flow: SnapshotFlow, take: Callable[[models.Prediction | models.Training], T]) -> None:
        self._flow = flow
        self._take = take

    async def __anext__(self) -> T:
        return self._take(await self._flow.next_snapshot())

    async def aclose(self) -> None:
        """Do nothing: snapshots leave nothing open."""


class Prediction(_Blocking, models.Prediction):
    """One run of a model, with the client that it came by."""

    __slots__ = ("_bound_session",)

    def stream(self, **options: Unpack[PredictionStreamOptions]) -> EventStream[Self]:
        """What it says, event by event, from its beginning: `output`, `logs`, `error`, `done`; see `streaming`.

        Args:
            **options: See `replicatekit.options.PredictionStreamOptions`.
        """
        from replicatekit._predictions.stream_options import events_of
        from replicatekit.streaming import EventStream

        return EventStream(events_of(self._session, self, options))

    def iterate(self, **options: Unpack[PredictionStreamOptions]) -> ItemStream[Self]:
        """The items of its output as they come, from the first one; an output that is no list is one item.

        Args:
            **options: See `replicatekit.options.PredictionStreamOptions`.
        """
        from replicatekit._predictions.stream_options import items_of
        from replicatekit.streaming import ItemStream

        return ItemStream(items_of(self._session, self, options))

    def result(self) -> Any:
        """Its output as `run` gives it: files as `FileOutput`, the pieces of a text as one text.

        Before its end this is what there is by then. The model's schema is asked for where the client would do so.

        Raises:
            ModelError, PredictionCanceled, PredictionAborted: It ended without success.
            FileGoneError: The API has removed its data, as it does an hour after the end.
        """
        return run_sync(result(self._session, self))

    def files(self) -> list[FileOutput]:
        """The files in its output, wherever they stand there. Raises as `result` does."""
        return run_sync(files(self._session, self))

    def save(
        self, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
    ) -> list[Path]:
        """Save everything that its output has into a folder; see `save_outputs`."""
        return run_sync(save_whole(self._session.io, self, folder, overwrite=overwrite, progress=progress))


class _Trained(BoundObject):
    """What a training has been for."""

    __slots__ = ()

    @property
    def destination(self) -> str | None:
        """The model that got the new version, `owner/name`; None until then. `output.version` is the version itself."""
        output = cast("models.Training", self).output
        return ((output and output.version) or "").partition(":")[0] or None


class Training(_Blocking, _Trained, models.Training):
    """One training of a model, with the client that it came by."""

    __slots__ = ("_bound_session",)


@mirrors(Prediction)
class AsyncPrediction(_Awaiting, models.Prediction):
    __slots__ = ("_bound_session",)

    def stream(self, **options: Unpack[PredictionStreamOptions]) -> AsyncEventStream[Self]:
        from replicatekit._predictions.stream_options import events_of
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(events_of(self._session, self, options))

    def iterate(self, **options: Unpack[PredictionStreamOptions]) -> AsyncItemStream[Self]:
        from replicatekit._predictions.stream_options import items_of
        from replicatekit.streaming import AsyncItemStream

        return AsyncItemStream(items_of(self._session, self, options))

    async def result(self) -> Any:
        return await result(self._session, self)

    async def files(self) -> list[AsyncFileOutput]:
        return await files(self._session, self)

    async def save(
        self, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
    ) -> list[Path]:
        return await save_whole(self._session.io, self, folder, overwrite=overwrite, progress=progress)


@mirrors(Training)
class AsyncTraining(_Awaiting, _Trained, models.Training):
    __slots__ = ("_bound_session",)


def bind(session: Session, view: models.Prediction | models.Training) -> Any:
    """A prediction or training for the callers of a sync client."""
    return (Training if isinstance(view, models.Training) else Prediction).bind(session, view)


def bind_async(session: Session, view: models.Prediction | models.Training) -> Any:
    """A prediction or training for the callers of an async client."""
    return (AsyncTraining if isinstance(view, models.Training) else AsyncPrediction).bind(session, view)
