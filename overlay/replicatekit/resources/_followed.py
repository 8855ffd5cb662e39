"""The common methods of predictions and trainings: wait, reload, cancel, snapshots."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Self, TypeVar, cast

from replicatekit._domain.status import is_terminal, raise_for_status
from replicatekit._predictions.follow import follow, reload
from replicatekit._predictions.lifecycle import cancel_now
from replicatekit._predictions.options import WaitSettings
from replicatekit._predictions.snapshots import SnapshotFlow
from replicatekit._runtime import run_sync
from replicatekit.resources._live import BoundObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._domain.progress import Progress
    from replicatekit_api import models

T = TypeVar("T")


class _Run(BoundObject):
    """The members that send no requests."""

    __slots__ = ()

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended: succeeded, failed, canceled or aborted."""
        return is_terminal(self._run)

    @property
    def progress(self) -> Progress | None:
        """The last progress bar in the logs, with `percentage`, `current` and `total`; None if there is none."""
        from replicatekit._domain import progress as _progress

        return _progress.parse(self._run.logs)

    def raise_for_status(self) -> None:
        """Raise an error if the run has ended without success.

        Raises:
            ModelError: It failed.
            PredictionCanceled: It was canceled.
            PredictionAborted: `cancel_after` passed before it started; it did not run.
        """
        raise_for_status(self._run, self)

    @property
    def _run_id(self) -> str | None:
        return self._run.id or None

    def _snapshot(self, current: models.Prediction | models.Training) -> Self:
        self._replace_data(current)
        return self.bind(self._session, current)

    @property
    def _run(self) -> models.Prediction | models.Training:
        return cast("models.Prediction | models.Training", self)


class Followed(_Run):
    """The methods that send requests."""

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
        """Wait until the run has ended, successfully or not. Call `raise_for_status` afterwards to raise on failure.

        Args:
            timeout: Seconds to wait. Default: no limit.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the run's age, from 0.35 s to 5 s.
            on_progress: Called with this object when it has changed.
            cancel: A `CancelToken`; calling its `cancel()` cancels the run from any thread or task.
            cancel_on_timeout: Cancel the run when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the run on Ctrl-C, or when the task is canceled. Default: False.

        Returns:
            This object, refreshed.

        Raises:
            WaitTimeout: The run did not end within `timeout`.
            PredictionCanceled: `cancel` was triggered.
        """
        settings = WaitSettings.of(
            timeout=timeout,
            poll_interval=poll_interval,
            on_progress=on_progress,
            cancel=cancel,
            cancel_on_timeout=cancel_on_timeout,
            cancel_on_interrupt=cancel_on_interrupt,
        )
        return self._replace_data(run_sync(follow(self._session, self._run, settings)))

    def reload(self) -> Self:
        """Refresh this object in place, and return it."""
        return self._replace_data(run_sync(reload(self._session, self._run)))

    def cancel(self) -> Self:
        """Cancel the run, refresh this object, and return it. No effect if the run has ended."""
        return self._replace_data(run_sync(cancel_now(self._session, self._run)))

    def snapshots(
        self, *, poll_interval: float | None = None, status_only: bool = False, timeout: float | None = None
    ) -> Iterator[Self]:
        """Yield the run now, and again each time its state has changed, until it has ended. Each is a new object.

        Args:
            poll_interval: Seconds between two polls. Default: it grows with the run's age, from 0.35 s to 5 s.
            status_only: Yield only when the status has changed.
            timeout: Seconds for the whole iteration.

        Raises:
            WaitTimeout: The run did not end within `timeout`.
        """
        settings = WaitSettings.of(timeout=timeout, poll_interval=poll_interval)
        flow = SnapshotFlow(self._session, self._run, settings, status_only)
        while True:
            try:
                current = run_sync(flow.next_snapshot())
            except StopAsyncIteration:
                return
            yield self._snapshot(current)


class AsyncFollowed(_Run):
    """The methods that send requests."""

    __slots__ = ()
    _is_async = True

    async def wait(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 (a deadline for the prediction, which may be canceled too)
        poll_interval: float | None = None,
        on_progress: Callable[[Self], object] | None = None,
        cancel: CancelToken | None = None,
        cancel_on_timeout: bool = False,
        cancel_on_interrupt: bool = False,
    ) -> Self:
        """Wait until the run has ended, successfully or not. Call `raise_for_status` afterwards to raise on failure.

        Args:
            timeout: Seconds to wait. Default: no limit.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the run's age, from 0.35 s to 5 s.
            on_progress: Called with this object when it has changed.
            cancel: A `CancelToken`; calling its `cancel()` cancels the run from any thread or task.
            cancel_on_timeout: Cancel the run when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the run on Ctrl-C, or when the task is canceled. Default: False.

        Returns:
            This object, refreshed.

        Raises:
            WaitTimeout: The run did not end within `timeout`.
            PredictionCanceled: `cancel` was triggered.
        """
        settings = WaitSettings.of(
            timeout=timeout,
            poll_interval=poll_interval,
            on_progress=on_progress,
            cancel=cancel,
            cancel_on_timeout=cancel_on_timeout,
            cancel_on_interrupt=cancel_on_interrupt,
        )
        return self._replace_data(await follow(self._session, self._run, settings))

    async def reload(self) -> Self:
        """Refresh this object in place, and return it."""
        return self._replace_data(await reload(self._session, self._run))

    async def cancel(self) -> Self:
        """Cancel the run, refresh this object, and return it. No effect if the run has ended."""
        return self._replace_data(await cancel_now(self._session, self._run))

    def snapshots(
        self,
        *,
        poll_interval: float | None = None,
        status_only: bool = False,
        timeout: float | None = None,
    ) -> AsyncIterator[Self]:
        """Yield the run now, and again each time its state has changed, until it has ended. Each is a new object.

        Args:
            poll_interval: Seconds between two polls. Default: it grows with the run's age, from 0.35 s to 5 s.
            status_only: Yield only when the status has changed.
            timeout: Seconds for the whole iteration.

        Raises:
            WaitTimeout: The run did not end within `timeout`.
        """
        settings = WaitSettings.of(timeout=timeout, poll_interval=poll_interval)
        return _AsyncSnapshots(SnapshotFlow(self._session, self._run, settings, status_only), self._snapshot)


class _AsyncSnapshots(AsyncIterator[T]):
    # The event loop closes an unfinished async generator in arbitrary order, and perhaps too late.

    def __init__(self, flow: SnapshotFlow, take: Callable[[models.Prediction | models.Training], T]) -> None:
        self._flow = flow
        self._take = take

    async def __anext__(self) -> T:
        return self._take(await self._flow.next_snapshot())

    async def aclose(self) -> None:
        """Do nothing: snapshots leave nothing open."""
