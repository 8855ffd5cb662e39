"""The server's thread: two ports, one event loop, uvicorn's HTTP, and a clean shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from replicatekit.sandbox._api.app import make_api, make_delivery
from replicatekit.sandbox._api.middleware import Middleware
from replicatekit.sandbox._network.connection import Connection
from replicatekit.sandbox._storage.blobs import API, DELIVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from replicatekit.sandbox._state import State

T = TypeVar("T")
_BACKLOG = 2048
_PATIENCE = 10.0


class Server(uvicorn.Server):
    """uvicorn's server over the sandbox's connections, with ports that can be closed and reopened."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state
        self._stop = asyncio.Event()
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, and set `ready`."""
        self._state.runs.open(asyncio.get_running_loop())
        await self.listen(sockets or [])
        self.started = True
        self.ready.set()

    async def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections at these sockets."""
        loop = asyncio.get_running_loop()
        self.servers = [await loop.create_server(self._connection, sock=each, backlog=_BACKLOG) for each in sockets]

    def _connection(self) -> asyncio.Protocol:
        make_protocol = cast("Callable[..., asyncio.Protocol]", AutoHTTPProtocol)

        def make() -> asyncio.Protocol:
            return make_protocol(config=self.config, server_state=self.server_state, app_state={})

        return Connection(self._state.connections, make)

    async def stop_listening(self) -> None:
        """Stop accepting connections, and reset the open ones."""
        for server in self.servers:
            server.close()
        self._state.connections.abort()
        await asyncio.sleep(0)

    async def main_loop(self) -> None:
        """Tick until `request_stop` is called, then return at once."""
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - as its base has it
        """End runs, held requests, streams and connections."""
        for server in self.servers:
            server.close()
        self._state.runs.close()
        self._state.stopping.set()
        await self._state.webhooks.close()
        for _ in range(50):
            if not self.server_state.tasks:
                break
            await asyncio.sleep(0.002)
        self._state.connections.abort()
        await asyncio.sleep(0)  # the HTTP protocols see the end before their tasks are canceled, and log nothing
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def request_stop(self) -> None:
        """End `main_loop`; called on the loop."""
        self.should_exit = True
        self._stop.set()


class Listener:
    """Runs a `Server` in a thread.

    Attributes:
        ports: The API's, and the one of output files and streams.
    """

    def __init__(self, state: State, host: str, ports: tuple[int, int]) -> None:
        self._state = state
        self._host = host
        sockets = bind(host, ports)
        self.ports: tuple[int, int] = (sockets[0].getsockname()[1], sockets[1].getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(sockets,), name="sandbox", daemon=True)
        self._server = self._make_server()

    def _make_server(self) -> Server:
        state = self._state
        api, delivery = (f"http://{self._host}:{port}" for port in self.ports)
        state.blobs.origins.update({API: api, DELIVERY: delivery})
        middleware = Middleware(state, make_api(state), make_delivery(state), self.ports[1])
        config = uvicorn.Config(
            middleware,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
        )
        return Server(config, state)

    def _run(self, sockets: list[socket.socket]) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._server.serve(sockets))
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            for each in sockets:
                each.close()

    def start(self) -> None:
        """Start the thread, and wait until the server listens."""
        self._state.stopping = asyncio.Event()  # an event is bound to one loop
        self._thread.start()
        if not self._server.ready.wait(_PATIENCE):
            raise RuntimeError(f"the sandbox did not start at port {self.ports[0]} in {_PATIENCE:g} seconds")

    def stop(self) -> None:
        """Stop the server, and wait for its thread."""
        self._loop.call_soon_threadsafe(self._server.request_stop)
        self._thread.join(_PATIENCE)

    def stop_listening(self) -> None:
        """Close the ports."""
        self.run(self._server.stop_listening())

    def listen(self) -> None:
        """Reopen the same ports."""
        self.run(self._server.listen(bind(self._host, self.ports)))

    def call(self, function: Callable[[], T]) -> T:
        """Call a function on the server's loop, and return its result."""

        async def work() -> T:
            return function()

        return self.run(work())

    def run(self, work: Coroutine[Any, Any, T], timeout: float = _PATIENCE) -> T:
        """Run a coroutine on the server's loop, and return its result.

        Raises:
            TimeoutError: It took more than `timeout` seconds.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        finally:
            future.cancel()


def bind(host: str, ports: Sequence[int]) -> list[socket.socket]:
    """Return sockets bound to these ports; 0 is a free port.

    Raises:
        OSError: A port is in use, or not allowed. Then none is bound.
    """
    with contextlib.ExitStack() as stack:
        sockets: list[socket.socket] = []
        for port in ports:
            # asyncio sets TCP_NODELAY only if the protocol is specified.
            listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(stack.enter_context(contextlib.closing(listening)))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind((host, port))
            except OSError as error:
                raise _bind_error(error, host, port) from None
        stack.pop_all()
    return sockets


def _bind_error(error: OSError, host: str, port: int) -> OSError:
    if error.errno == errno.EADDRINUSE:
        reason = "is in use by another program; choose another one, or 0 for a free one"
    elif error.errno in (errno.EACCES, errno.EPERM):
        reason = "is not allowed for this user; choose one above 1023, or 0 for a free one"
    else:
        reason = f"cannot be used: {error.strerror}"
    return OSError(error.errno, f"port {port} on {host} {reason}")
