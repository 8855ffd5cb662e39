"""End a blocking read from another thread, by shutting its connection down."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline


@contextmanager
def shutdown_on_cancel(response: httpx.Response, deadline: Deadline, token: CancelToken | None) -> Generator[None]:
    """Shut the response's connection down at the deadline, or when the token is set: its reader then reaches the end.

    Does nothing if the connection serves other responses too (HTTP/2), or if there is none (a transport for tests).
    """
    connection = _socket_of(response)
    if connection is None:
        yield
        return
    lock, over = threading.Lock(), False

    def shut_down() -> None:
        # Under the lock, so that a connection that went back to the pool is left alone.
        with lock, suppress(OSError):
            if not over:
                # The plain socket's method: that of a TLS socket drops the TLS state that the reader is using.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    with ExitStack() as stack:
        if token is not None:
            stack.enter_context(token.watched(shut_down))
        if deadline.left is not None:
            timer = threading.Timer(deadline.left, shut_down)
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
        try:
            yield
        finally:
            with lock:
                over = True


def _socket_of(response: httpx.Response) -> socket.socket | None:
    if not response.http_version.startswith("HTTP/1"):
        return None
    stream: Any = response.extensions.get("network_stream")
    connection: object = stream.get_extra_info("socket") if stream is not None else None
    return connection if isinstance(connection, socket.socket) else None
