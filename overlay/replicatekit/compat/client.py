"""The official client's `Client`, and its transport that retries requests."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from typing import Any, Self, Unpack, cast

import httpx

from replicatekit._http.async_sender import ASYNC
from replicatekit._http.contract import Sender
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._runtime import run_sync
from replicatekit.compat.__about__ import __version__
from replicatekit.compat._impl.creating import CreatePredictionParams
from replicatekit.compat._impl.session import Engine, awaiting, blocking, token_from_environment
from replicatekit.compat.account import Accounts
from replicatekit.compat.collection import Collections
from replicatekit.compat.deployment import Deployments
from replicatekit.compat.exceptions import ReplicateError
from replicatekit.compat.file import Files
from replicatekit.compat.hardware import HardwareNamespace as Hardware
from replicatekit.compat.model import Models
from replicatekit.compat.prediction import Prediction, Predictions
from replicatekit.compat.run import async_run, run
from replicatekit.compat.stream import ServerSentEvent, async_stream, stream
from replicatekit.compat.training import Trainings
from replicatekit.compat.webhook import Webhooks

__all__ = ["Client", "ReplicateError", "RetryTransport", "__version__"]

_WAIT_TIMEOUT = 2 * 60 * 60.0
"""Seconds: a prediction runs for half an hour at most, after it has waited for hardware."""

_get_api_token_from_environment = token_from_environment


class Client:
    """A client with the official client's names, for sync and async code alike.

    Args:
        api_token: The API token; by default that of Cog's scope or of the environment variable `REPLICATE_API_TOKEN`,
            read at the first request.
        base_url: The URL of the API; by default that of the environment variable `REPLICATE_BASE_URL`.
        timeout: The timeout of each request.
        **kwargs: The options of httpx's clients, such as `transport` and `headers`.

    A copy has the same settings, and connections of its own. A pickle leaves the token out: the client that is made of
    it reads the token from the environment.
    """

    poll_interval: float
    """Seconds between two polls of a prediction."""
    wait_timeout: float | None
    """Seconds to wait for a prediction; None waits for ever."""

    def __init__(
        self,
        api_token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: httpx.Timeout | None = None,
        **kwargs: Any,
    ) -> None:
        self._engine = Engine(api_token, base_url, timeout, kwargs, Prediction)
        self.poll_interval = float(os.environ.get("REPLICATE_POLL_INTERVAL", "0.5"))
        self.wait_timeout = _WAIT_TIMEOUT

    def __copy__(self) -> Self:
        engine = self._engine
        other = type(self)(engine.api_token, base_url=engine.base_url, timeout=engine.timeout, **engine.options)
        other.poll_interval, other.wait_timeout = self.poll_interval, self.wait_timeout
        return other

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return copy(self)

    def __getstate__(self) -> dict[str, Any]:
        engine = self._engine
        options = {**engine.options, "headers": _without_token(engine.options.get("headers"))}
        waiting = {"poll_interval": self.poll_interval, "wait_timeout": self.wait_timeout}
        return {**waiting, "base_url": engine.base_url, "timeout": engine.timeout, "options": options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._engine = Engine(None, state["base_url"], state["timeout"], state["options"], Prediction)
        self.poll_interval, self.wait_timeout = state["poll_interval"], state["wait_timeout"]

    @property
    def accounts(self) -> Accounts:
        """Accounts: the one that the token belongs to."""
        return Accounts(client=self)

    @property
    def collections(self) -> Collections:
        """Collections of models."""
        return Collections(client=self)

    @property
    def deployments(self) -> Deployments:
        """The namespace `client.deployments`."""
        return Deployments(client=self)

    @property
    def files(self) -> Files:
        """Uploaded files."""
        return Files(client=self)

    @property
    def hardware(self) -> Hardware:
        """The hardware that models run on."""
        return Hardware(client=self)

    @property
    def models(self) -> Models:
        """The namespace `client.models`."""
        return Models(client=self)

    @property
    def predictions(self) -> Predictions:
        """The namespace `client.predictions`."""
        return Predictions(client=self)

    @property
    def trainings(self) -> Trainings:
        """The namespace `client.trainings`."""
        return Trainings(client=self)

    @property
    def webhooks(self) -> Webhooks:
        """The namespace `client.webhooks`."""
        return Webhooks(client=self)

    def run(
        self,
        ref: str,
        input: dict[str, Any] | None = None,
        *,
        use_file_output: bool | None = True,
        **params: Unpack[CreatePredictionParams],
    ) -> Any:
        """Run a model and return its output; see `run.run`."""
        return run(self, ref, input, use_file_output=use_file_output, **params)

    async def async_run(
        self,
        ref: str,
        input: dict[str, Any] | None = None,
        *,
        use_file_output: bool | None = True,
        **params: Unpack[CreatePredictionParams],
    ) -> Any:
        """Run a model and return its output; see `run.run`."""
        return await async_run(self, ref, input, use_file_output=use_file_output, **params)

    def stream(
        self,
        ref: str,
        *,
        input: dict[str, Any] | None = None,
        use_file_output: bool | None = True,
        **params: Unpack[CreatePredictionParams],
    ) -> Iterator[ServerSentEvent]:
        """Run a model and yield its events; see `stream.stream`."""
        return stream(self, ref, input, use_file_output=use_file_output, **params)

    async def async_stream(
        self,
        ref: str,
        input: dict[str, Any] | None = None,
        *,
        use_file_output: bool | None = True,
        **params: Unpack[CreatePredictionParams],
    ) -> AsyncIterator[ServerSentEvent]:
        """Run a model, and return an async iterator over its events; see `stream.stream`."""
        return async_stream(self, ref, input, use_file_output=use_file_output, **params)

    # Used by code that accesses the official client's private names.

    @property
    def _client(self) -> httpx.Client:
        return blocking(self).session.api.get_httpx_client()

    @property
    def _async_client(self) -> httpx.AsyncClient:
        return awaiting(self).session.api.get_async_httpx_client()

    def _request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return run_sync(blocking(self).request(method, path, **kwargs))

    async def _async_request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return await awaiting(self).request(method, path, **kwargs)


class RetryTransport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """An httpx transport that retries requests, for your own httpx clients. `Client` does not need it.

    Args:
        wrapped_transport: Sends the requests.
        max_attempts: The number of attempts, the first one included.
        max_backoff_wait: The most seconds between two attempts.
        backoff_factor: Seconds before the second attempt; they double with each further one.
        jitter_ratio: The random part of these seconds, from 0 to 0.5.
        retryable_methods: The methods that are retried.
        retry_status_codes: The statuses that are retried.

    Raises:
        ValueError: `jitter_ratio` is out of its range.
    """

    RETRYABLE_METHODS = frozenset(["HEAD", "GET", "PUT", "DELETE", "OPTIONS", "TRACE"])
    RETRYABLE_STATUS_CODES = frozenset([429, 503, 504])
    MAX_BACKOFF_WAIT = 60

    def __init__(
        self,
        wrapped_transport: httpx.BaseTransport | httpx.AsyncBaseTransport,
        *,
        max_attempts: int = 10,
        max_backoff_wait: float = MAX_BACKOFF_WAIT,
        backoff_factor: float = 0.1,
        jitter_ratio: float = 0.1,
        retryable_methods: Iterable[str] | None = None,
        retry_status_codes: Iterable[int] | None = None,
    ) -> None:
        if not 0 <= jitter_ratio <= 0.5:
            raise ValueError(f"jitter ratio should be between 0 and 0.5, actual {jitter_ratio}")
        self._wrapped_transport: Any = wrapped_transport
        self.max_attempts = max_attempts
        self.backoff_factor = backoff_factor
        self.retryable_methods = frozenset(retryable_methods or self.RETRYABLE_METHODS)
        self.retry_status_codes = frozenset(retry_status_codes or self.RETRYABLE_STATUS_CODES)
        self.jitter_ratio = jitter_ratio
        self.max_backoff_wait = max_backoff_wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and retry it."""
        return run_sync(self._handled(BLOCKING, request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and retry it."""
        return await self._handled(ASYNC, request)

    async def _handled(self, io: Sender, request: httpx.Request) -> httpx.Response:
        attempts = 0
        while True:
            if io is BLOCKING:
                response = cast("httpx.Response", self._wrapped_transport.handle_request(request))
            else:
                response = cast("httpx.Response", await self._wrapped_transport.handle_async_request(request))
            attempts += 1
            if (
                request.method not in self.retryable_methods
                or response.status_code not in self.retry_status_codes
                or attempts >= self.max_attempts
            ):
                return response
            await io.close(response)
            await io.sleep(self._pause(attempts, response.headers))

    def _pause(self, attempts: int, headers: Mapping[str, str]) -> float:
        retry_after = (headers.get("Retry-After") or "").strip()
        if retry_after.isdigit():
            return min(float(retry_after), self.max_backoff_wait)
        try:
            seconds = (datetime.fromisoformat(retry_after).astimezone() - datetime.now().astimezone()).total_seconds()
        except ValueError:
            seconds = 0.0
        if seconds > 0:
            return min(seconds, self.max_backoff_wait)
        backoff = self.backoff_factor * 2 ** (attempts - 1)
        jitter = backoff * self.jitter_ratio * random.choice([1, -1])  # noqa: S311 (not a secret)
        result: float = min(backoff + jitter, self.max_backoff_wait)
        return result

    def close(self) -> None:
        """Close the wrapped transport."""
        self._wrapped_transport.close()

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self._wrapped_transport.aclose()


def _without_token(headers: Any) -> dict[str, str]:
    return {name: value for name, value in httpx.Headers(headers).items() if name.lower() != "authorization"}
