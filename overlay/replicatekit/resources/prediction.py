"""Predictions that are bound to a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._predictions.output import result
from replicatekit._predictions.save_output import files, save_whole
from replicatekit._runtime import run_sync
from replicatekit.options import PredictionStreamOptions, takes_options
from replicatekit.resources._followed import AsyncFollowed, Followed
from replicatekit_api import models

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from replicatekit.outputs import AsyncFileOutput, FileOutput
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream

__all__ = ["AsyncPrediction", "Prediction"]


class Prediction(Followed, models.Prediction):
    """One run of a model."""

    __slots__ = ("_bound_session",)

    @takes_options(PredictionStreamOptions)
    def stream(self, **options: Unpack[PredictionStreamOptions[Prediction]]) -> EventStream[Prediction]:
        """Return the events of the prediction from its beginning: `output`, `logs`, `error`, `done`.

        Args:
            poll_interval: Seconds between two polls when the prediction has no event stream.
            timeout: Seconds for the whole stream. Default: no limit.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. False by default.
            on_progress: Called with the prediction when it changes and when it ends.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.
        """
        from replicatekit._predictions.stream_options import events_of
        from replicatekit.streaming import EventStream

        return EventStream(events_of(self._session, self, options))

    @takes_options(PredictionStreamOptions)
    def iterate(self, **options: Unpack[PredictionStreamOptions[Prediction]]) -> ItemStream[Prediction]:
        """Return the items of the output as they come, from the first one. An output that is not a list is one item.

        Args:
            poll_interval: Seconds between two polls when the prediction has no event stream.
            timeout: Seconds for the whole stream. Default: no limit.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. False by default.
            on_progress: Called with the prediction when it changes and when it ends.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.
        """
        from replicatekit._predictions.stream_options import items_of
        from replicatekit.streaming import ItemStream

        return ItemStream(items_of(self._session, self, options))

    def result(self) -> Any:
        """Return the output as `run` does: files as `FileOutput`, the chunks of a text output joined.

        Before the prediction has ended, this is the output so far. The model's schema may be requested, as by `run`.

        Raises:
            ModelError, PredictionCanceled, PredictionAborted: The prediction did not succeed.
            FileGoneError: The API has deleted the output, as it does an hour after the end.
        """
        return run_sync(result(self._session, self))

    def files(self) -> list[FileOutput]:
        """Return all files in the output, wherever they are nested. Raises the same errors as `result`."""
        return run_sync(files(self._session, self))

    def save(
        self, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
    ) -> list[Path]:
        """Save the output into a folder; see `save_outputs`.

        Args:
            folder: The folder. It is created if needed.
            overwrite: Replace files that exist.
            progress: Show progress bars. By default they are shown on a terminal if rich is installed.
        """
        return run_sync(save_whole(self._session.io, self, folder, overwrite=overwrite, progress=progress))


class AsyncPrediction(AsyncFollowed, models.Prediction):
    """One run of a model."""

    __slots__ = ("_bound_session",)

    @takes_options(PredictionStreamOptions)
    def stream(self, **options: Unpack[PredictionStreamOptions[AsyncPrediction]]) -> AsyncEventStream[AsyncPrediction]:
        """Return the events of the prediction from its beginning: `output`, `logs`, `error`, `done`.

        Args:
            poll_interval: Seconds between two polls when the prediction has no event stream.
            timeout: Seconds for the whole stream. Default: no limit.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. False by default.
            on_progress: Called with the prediction when it changes and when it ends.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.
        """
        from replicatekit._predictions.stream_options import events_of
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(events_of(self._session, self, options))

    @takes_options(PredictionStreamOptions)
    def iterate(self, **options: Unpack[PredictionStreamOptions[AsyncPrediction]]) -> AsyncItemStream[AsyncPrediction]:
        """Return the items of the output as they come, from the first one. An output that is not a list is one item.

        Args:
            poll_interval: Seconds between two polls when the prediction has no event stream.
            timeout: Seconds for the whole stream. Default: no limit.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. False by default.
            on_progress: Called with the prediction when it changes and when it ends.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.
        """
        from replicatekit._predictions.stream_options import items_of
        from replicatekit.streaming import AsyncItemStream

        return AsyncItemStream(items_of(self._session, self, options))

    async def result(self) -> Any:
        """Return the output as `run` does: files as `FileOutput`, the chunks of a text output joined.

        Before the prediction has ended, this is the output so far. The model's schema may be requested, as by `run`.

        Raises:
            ModelError, PredictionCanceled, PredictionAborted: The prediction did not succeed.
            FileGoneError: The API has deleted the output, as it does an hour after the end.
        """
        return await result(self._session, self)

    async def files(self) -> list[AsyncFileOutput]:
        """Return all files in the output, wherever they are nested. Raises the same errors as `result`."""
        return await files(self._session, self)

    async def save(
        self, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
    ) -> list[Path]:
        """Save the output into a folder; see `save_outputs`.

        Args:
            folder: The folder. It is created if needed.
            overwrite: Replace files that exist.
            progress: Show progress bars. By default they are shown on a terminal if rich is installed.
        """
        return await save_whole(self._session.io, self, folder, overwrite=overwrite, progress=progress)
