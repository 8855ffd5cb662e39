"""Requests by way of `pyreqwest` (hyper, in Rust): a fifth of the time that httpcore takes for one.

What it does not do as httpx does, it leaves to httpx's transports: bodies that are read while they are sent, URLs that
its own reader might read in another way, and everything while somebody intercepts httpx (tests and recorders do, and
a request must not get past them and be billed). So do answers that another thread has to be able to break off.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

import httpx
from pyreqwest import exceptions as theirs
from pyreqwest.client import ClientBuilder, SyncClientBuilder

from replicatekit._base.locks import fork_safe_lock
from replicatekit._transports._ask import Unpacking, unpacked
from replicatekit._transports._at_exit import touched
from replicatekit._transports._intercepted import transport_is_itself
from replicatekit._transports._main_thread import MainThread, is_main_thread
from replicatekit._transports._reqwest_bodies import AsyncBody, Body, Sending, begun, headers_of, kept
from replicatekit._transports._reqwest_clients import Clients
from replicatekit._transports._reqwest_errors import as_httpx, cause_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit._http.response import BufferedResponse
    from replicatekit._transports._ask import Ask
    from replicatekit._transports._pools import AsyncPools, Pools

__all__ = ["AsyncReqwest", "Reqwest"]

T = TypeVar("T")
P = TypeVar("P")

# Nothing in it that two readers of URLs could read in two ways.
_PLAIN = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?"
    r"(?:/(?!\.{1,2}(?:[/?]|$))(?:[A-Za-z0-9._~!$&*+,:;=@-]|%(?!2[eE])[0-9A-Fa-f]{2})*)+"
    r"(?:\?(?:[A-Za-z0-9._~!$&*+,:;=@/?-]|%[0-9A-Fa-f]{2})*)?"
)
_THEIRS = {"content-length", "connection"}
_WITH_BODY = {"POST", "PUT", "PATCH"}
_SHORTEST = 0.001  # seconds


class _Later(Generic[P]):
    """Something that is made when it is first needed: httpcore takes time to load. Safe across threads."""

    def __init__(self, make: Callable[[], P]) -> None:
        self._make = make
        self._made: P | None = None
        self._lock = fork_safe_lock()

    @property
    def it(self) -> P:
        """It."""
        if self._made is None:
            with self._lock:
                self._made = self._made or self._make()
                return self._made
        return self._made

    def taken(self) -> P | None:
        """What was made, which is not given any more."""
        made, self._made = self._made, None
        return made


class Reqwest(httpx.BaseTransport):
    """For sync code; safe across threads.

    Args:
        otherwise: Makes, when it is needed, what sends the rest.
        trust_env: Whether the environment names authorities.
    """

    def __init__(self, otherwise: Callable[[], Pools], *, trust_env: bool) -> None:
        self._otherwise = _Later(otherwise)
        self._clients = Clients(SyncClientBuilder, trust_env=trust_env)
        # Of its own: to break a call off is to close its client.
        self._main_clients = Clients(SyncClientBuilder, trust_env=trust_env)
        self._main = MainThread()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx. Nothing could break off the reading of a stream, and files come as fast by httpx."""
        return self._otherwise.it.handle_request(request)

    def exchange(self, ask: Ask, received: BufferedResponse, take: Callable[[bytes], object]) -> bool:
        """See `Pools`."""
        is_main, clients = is_main_thread(), self._clients_here()
        client = None if clients is None else _client_to_ask(clients, ask, suspends=False)
        if client is None:
            return self._otherwise.it.exchange(ask, received, take)
        sent = _asked(client, ask)
        call = self._call if is_main else _call
        try:
            first = call(lambda: begun(sent))
        except theirs.PyreqwestError as error:
            raise as_httpx(error) from cause_of(error)
        stream = Body(sent, first, call)
        try:
            received.begin(first.answer.status, headers_of(first.answer))
            for piece in unpacked(received, stream):
                take(piece)
        finally:
            stream.close()
        return True

    def close(self) -> None:
        """See httpx."""
        self._main.close()
        for client in self._clients.take_all() + self._main_clients.take_all():
            client.close()
        pools = self._otherwise.taken()
        if pools is not None:
            pools.close()

    def _clients_here(self) -> Clients | None:
        if is_main_thread():
            return self._main_clients
        return self._clients if _is_welcome(threading.current_thread()) else None

    def _call(self, function: Callable[[], T]) -> T:
        return self._main.call(function, self._give_up)

    def _give_up(self) -> None:
        for client in self._main_clients.take_all():
            client.close()


# Each thread that calls into it keeps nearly a megabyte there. A pool of many threads waits more than it works anyway.
_MOST_THREADS = 16
_threads: WeakSet[threading.Thread] = WeakSet()
_lock = fork_safe_lock()


def _is_welcome(thread: threading.Thread) -> bool:
    if thread in _threads:
        return True
    with _lock:
        if len(_threads) < _MOST_THREADS:
            _threads.add(thread)
            return True
        return False


def _call(function: Callable[[], T]) -> T:
    return function()


class AsyncReqwest(httpx.AsyncBaseTransport):
    """The same for async code, on asyncio."""

    def __init__(self, otherwise: Callable[[], AsyncPools], *, trust_env: bool) -> None:
        self._otherwise = _Later(otherwise)
        self._clients = Clients(ClientBuilder, trust_env=trust_env)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        client = None
        # It gives one chunk at a time, and streams have many in one read.
        if not _is_stream(request):
            client = _client_for(self._clients, request)
        if client is None:
            return await self._otherwise.it.handle_async_request(request)
        sent = _sent(client, request)
        try:
            answer = await kept(sent.begin())
        except theirs.PyreqwestError as error:
            raise as_httpx(error) from cause_of(error)
        return _response(answer, AsyncBody(sent, answer.body_reader))

    async def exchange(self, ask: Ask, received: BufferedResponse, take: Callable[[bytes], object]) -> bool:
        """See `Pools`."""
        client = _client_to_ask(self._clients, ask, suspends=True)
        if client is None:
            return await self._otherwise.it.exchange(ask, received, take)
        sent = _asked(client, ask)
        try:
            answer = await kept(sent.begin())
        except theirs.PyreqwestError as error:
            raise as_httpx(error) from cause_of(error)
        stream = AsyncBody(sent, answer.body_reader)
        try:
            received.begin(answer.status, headers_of(answer))
            body = Unpacking(received, take)
            try:
                async for piece in stream:
                    body.take(piece)
            except BaseException:
                with suppress(httpx.DecodingError):
                    body.finish()
                raise
            body.finish()
        finally:
            await stream.aclose()
        return True

    async def aclose(self) -> None:
        """See httpx."""
        for client in self._clients.take_all():
            await client.close()
            touched()
        pools = self._otherwise.taken()
        if pools is not None:
            await pools.aclose()


def _client_for(clients: Clients, request: httpx.Request) -> Any:
    """What is to send a request; None where httpx's transports are to."""
    try:
        _ = request.content
    except httpx.RequestNotRead:
        return None
    if not _is_ours(str(request.url), suspends=True):
        return None
    timeout: Mapping[str, Any] = request.extensions.get("timeout", {})
    return clients.of(request.url.scheme, timeout.get("connect"), timeout.get("read"))


def _is_stream(request: httpx.Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _is_ours(url: str, *, suspends: bool) -> bool:
    return _PLAIN.fullmatch(url) is not None and transport_is_itself(suspends=suspends)


def _client_to_ask(clients: Clients, ask: Ask, *, suspends: bool) -> Any:
    if not _is_ours(ask.url, suspends=suspends):
        return None
    return clients.of(ask.url.partition(":")[0], ask.timeout.connect, ask.timeout.read)


def _asked(client: Any, ask: Ask) -> Sending:
    """A request of theirs, before it is sent."""
    builder = client.request(ask.method, ask.url).headers(ask.headers)
    if ask.method in _WITH_BODY and not ask.content:
        builder = builder.header("Content-Length", "0")
    if ask.content or ask.method in _WITH_BODY:
        # What has come of an answer to a create is not lost with the rest: its id may be in it.
        builder = builder.body_bytes(ask.content or b"").streamed_read_buffer_limit(0)
    left = ask.deadline.left
    builder = builder if left is None else builder.timeout(timedelta(seconds=max(left, _SHORTEST)))
    return Sending(builder.build_streamed())


def _sent(client: Any, request: httpx.Request) -> Sending:
    """A request of theirs, before it is sent."""
    builder = client.request(request.method, str(request.url)).streamed_read_buffer_limit(0)
    builder = builder.headers([pair for pair in request.headers.multi_items() if pair[0] not in _THEIRS])
    if request.content or "content-length" in request.headers:
        builder = builder.body_bytes(request.content)
    return Sending(builder.build_streamed())


def _response(answer: Any, stream: Any) -> httpx.Response:
    return httpx.Response(
        answer.status, headers=headers_of(answer), stream=stream, extensions={"http_version": b"HTTP/1.1"}
    )
