"""What can be run by itself: live models, versions and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._predictions.run import Options, RunOptions, run
from replicatekit._runtime import run_sync
from replicatekit.resources._live import BoundObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._predictions.stream_options import StreamOptions
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, EventStream

__all__ = ["AsyncRunnableMixin", "RunnableMixin"]


class _Runnable(BoundObject):
    __slots__ = ()

    @property
    def _runs_by(self) -> Reference:
        raise NotImplementedError


class RunnableMixin(_Runnable):
    """The ways to run for sync code."""

    __slots__ = ()

    def run(self, input: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]) -> Any:
        """Run it and give its output; as `Client.run`."""
        return run_sync(run(self._session, self._runs_by, input, Options.of(options)))

    def predict(self, /, **input: Any) -> Any:
        """Run it with these inputs and give its output; `run` has options too."""
        return self.run(input)

    def stream(
        self, input: Mapping[str, Any] | None = None, **options: Unpack[StreamOptions]
    ) -> EventStream[Prediction]:
        """Run it and give what it says while it runs, event by event; as `Client.stream`."""
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import EventStream

        return EventStream(new_events(self._session, self._runs_by, input, options))


@mirrors(RunnableMixin)
class AsyncRunnableMixin(_Runnable):
    """The ways to run for async code."""

    __slots__ = ()

    async def run(self, input: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]) -> Any:
        return await run(self._session, self._runs_by, input, Options.of(options))

    async def predict(self, /, **input: Any) -> Any:
        return await self.run(input)

    def stream(
        self, input: Mapping[str, Any] | None = None, **options: Unpack[StreamOptions]
    ) -> AsyncEventStream[AsyncPrediction]:
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(new_events(self._session, self._runs_by, input, options))
