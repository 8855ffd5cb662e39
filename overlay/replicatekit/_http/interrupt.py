"""Break off a read that blocks, from another thread: the connection under it is hung up."""

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

__all__ = ["hung_up"]


@contextmanager
def hung_up(response: httpx.Response, deadline: Deadline, token: CancelToken | None) -> Generator[None]:
    """While this lasts, the deadline and the token end the answer's connection: whoever reads it reads its end.

    Nothing happens where the connection is not this answer's alone (HTTP/2), or is none (a transport for tests).
    """
    line = _line(response)
    if line is None:
        yield
        return
    lock, over = threading.Lock(), False

    def hang_up() -> None:
        # Under the lock, so that no connection is ended that has gone back to the pool meanwhile.
        with lock, suppress(OSError):
            if not over:
                # The plain socket's own, for that of TLS takes apart what the reader is using.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    with ExitStack() as stack:
        if token is not None:
            stack.enter_context(token.watched(hang_up))
        if deadline.left is not None:
            timer = threading.Timer(deadline.left, hang_up)
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
        try:
            yield
        finally:
            with lock:
                over = True


def _line(response: httpx.Response) -> socket.socket | None:
    if not response.http_version.startswith("HTTP/1"):
        return None
    stream: Any = response.extensions.get("network_stream")
    line: object = stream.get_extra_info("socket") if stream is not None else None
    return line if isinstance(line, socket.socket) else None
