"""The methods that run a model, for models, versions and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._predictions.options import Options
from replicatekit._predictions.run import run
from replicatekit._runtime import run_sync
from replicatekit.options import RunOptions, StreamOptions, takes_options
from replicatekit.resources._live import BoundObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, EventStream


class _Runnable(BoundObject):
    __slots__ = ()

    @property
    def _runs_by(self) -> Reference:
        raise NotImplementedError


class RunnableMixin(_Runnable):
    """The methods that run a model, version or deployment."""

    __slots__ = ()

    @takes_options(RunOptions)
    def run(self, input: Mapping[str, Any] | None = None, **options: Unpack[RunOptions[Prediction]]) -> Any:
        """Run the model and return its output; see `Client.run`.

        Args:
            input: The model's input.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
        """
        return run_sync(run(self._session, self._runs_by, input, Options.of(options)))

    def predict(self, /, **input: Any) -> Any:
        """Run the model with these inputs, and return its output. `run` also takes options."""
        return self.run(input)

    @takes_options(StreamOptions)
    def stream(
        self, input: Mapping[str, Any] | None = None, **options: Unpack[StreamOptions[Prediction]]
    ) -> EventStream[Prediction]:
        """Run the model and return its events as they come; see `Client.stream`.

        Args:
            input: The model's input.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for
                `stream` and `iterate`, True for calls and `map`.
            poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval
                grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.
        """
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import EventStream

        return EventStream(new_events(self._session, self._runs_by, input, options))


class AsyncRunnableMixin(_Runnable):
    """The methods that run a model, version or deployment."""

    __slots__ = ()
    _is_async = True

    @takes_options(RunOptions)
    async def run(self, input: Mapping[str, Any] | None = None, **options: Unpack[RunOptions[AsyncPrediction]]) -> Any:
        """Run the model and return its output; see `Client.run`.

        Args:
            input: The model's input.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. In every case the call
                then waits for the prediction to end. Default: True; 1 s if `progress` or `on_progress` is set.
            poll_interval: Seconds between two polls. Default: the event stream is followed if there is one; otherwise
                the interval grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
        """
        return await run(self._session, self._runs_by, input, Options.of(options))

    async def predict(self, /, **input: Any) -> Any:
        """Run the model with these inputs, and return its output. `run` also takes options."""
        return await self.run(input)

    @takes_options(StreamOptions)
    def stream(
        self, input: Mapping[str, Any] | None = None, **options: Unpack[StreamOptions[AsyncPrediction]]
    ) -> AsyncEventStream[AsyncPrediction]:
        """Run the model and return its events as they come; see `Client.stream`.

        Args:
            input: The model's input.
            wait: How long the API may hold the create request open until the model has finished (`Prefer: wait`): True
                for up to 60 s, a number for up to that many seconds (1 to 60), False not at all. Default: False for
                `stream` and `iterate`, True for calls and `map`.
            poll_interval: Seconds between two polls when the prediction has no event stream. Default: the interval
                grows with the prediction's age, from 0.35 s to 5 s.
            timeout: Seconds for the whole call, uploads, retries and waiting included. Default: no limit. Once the
                prediction exists, `WaitTimeout` is raised. Before, it is `APITimeoutError`, and nothing was created; a
                create request that was sent gets 2 s more for its response, and then it is `OutcomeUnknownError`.
            cancel_on_timeout: Cancel the prediction when `timeout` has passed. By default it keeps running.
            cancel_on_interrupt: Cancel the prediction on Ctrl-C, or when the task is canceled. True by default.
            cancel_after: A deadline that the API enforces: seconds from creation (at least 5), a timedelta, or `5m`.
            webhook: An HTTPS URL that the API calls when the prediction changes.
            webhook_events_filter: The events to send: `start`, `output`, `logs`, `completed`. Default: all.
            on_progress: Called with the prediction when it is created, when it changes and when it ends.
            progress: Show a progress bar on a terminal or in a notebook. It needs rich (the extra `cli`) or tqdm.
                Default: False.
            cancel: A `CancelToken`; calling its `cancel()` cancels the prediction from any thread or task.
            file_strategy: How files are sent: `auto`, `inline` or `upload`. The client's setting by default.
            schema: When to fetch the model's schema to convert the output: `auto` (only if the output is ambiguous),
                `known` (never; a cached one is used) or `fetch` (always). Default: the client's setting.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available. Default:
                the client's setting.
            raw: Return the output as the API sent it: URLs instead of files, text chunks instead of one string.
            check: Validate the input against the model's schema before sending: True fetches the schema if needed,
                False skips validation, None validates only if the schema is already known. Default: None.
            require_stream: Raise `StreamError` if there is no event stream. By default the prediction is polled then.
            raise_on_error: Raise an error after the last event if the prediction did not succeed. True by default.
            cancel_on_close: Cancel the prediction when the stream is closed before its end. False by default.
        """
        from replicatekit._predictions.stream_options import new_events
        from replicatekit.streaming import AsyncEventStream

        return AsyncEventStream(new_events(self._session, self._runs_by, input, options))
