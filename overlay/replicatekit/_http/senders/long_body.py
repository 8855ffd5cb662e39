"""Read a long body without h11, which copies every byte three times: half of the processor time of a download.

The connection is not used again then, since h11 does not know that its response has ended.
"""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

import httpcore2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_LONG = 32 * 1024 * 1024  # bytes: receiving them takes longer than opening another connection
_READ = 64 * 1024  # the network may return more


def parts_of(answer: Any, timeout: float | None, *, is_async: bool) -> Any:
    """The parts of a response's body, as an iterable or an async one.

    Args:
        answer: The response of httpcore2, with an unread body.
        timeout: Seconds to wait for each part.
        is_async: Whether an event loop runs.
    """
    network = answer.extensions["network_stream"]
    if getattr(network, "expected", 0) < _LONG:
        return answer.stream
    return (_parts_async if is_async else _parts)(answer.stream, network, timeout)


def _parts(stream: Any, network: Any, timeout: float | None) -> Iterator[bytes]:
    # httpcore2's own iterator has the bytes that arrived with the head, and closes the connection.
    with closing(iter(stream)) as own:
        yield next(own)
        while network.expected:
            yield _require_data(network.read(_READ, timeout), network)


async def _parts_async(stream: Any, network: Any, timeout: float | None) -> AsyncIterator[bytes]:  # noqa: ASYNC109
    async with aclosing(aiter(stream)) as own:
        yield await anext(own)
        while network.expected:
            yield _require_data(await network.read(_READ, timeout), network)


def _require_data(data: bytes, network: Any) -> bytes:
    if not data:
        raise httpcore2.RemoteProtocolError(f"the connection was closed {network.expected} bytes before the end")
    return data
