"""Event streams whose chunks are read together: many small ones that came at once become one.

A server sends each event in a chunk of HTTP's own, and h11 and httpcore take longer over a chunk than everything else
takes over an event. So what came in one read is given to them as one chunk; nothing is kept back, and nothing else is
changed: answers that are no event stream, chunks with extensions, what is no chunk, and the end are theirs to judge.

`Merger` does so without I/O; `Merging` and `AsyncMerging` put it beneath httpcore, whose network backends they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

__all__ = ["AsyncMerging", "Merger", "Merging"]

_LONGEST_HEAD = 65_536
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_EVENTS = re.compile(rb"\r\ncontent-type:[ \t]*text/event-stream[ \t;\r]", re.IGNORECASE)
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\r\n")
_SIZE_BEGUN = re.compile(rb"[0-9A-Fa-f]{0,8}\r?")


class Merger:
    """What comes on one connection, with the chunks of event streams merged."""

    __slots__ = ("_kept", "_left", "_place")

    def __init__(self) -> None:
        self._place: str = "elsewhere"
        """In the `head` of an answer, in the `chunks` of an event stream, or elsewhere."""
        self._kept = b""
        """The head so far, which was given already; or the beginning of a chunk's size, which was not."""
        self._left = 0
        """Bytes of the chunk that was begun, with its line end."""

    def asked(self) -> None:
        """A request was sent: an answer follows."""
        if self._place == "elsewhere":
            self._place, self._kept = "head", b""

    def merge(self, data: bytes) -> bytes:
        """What is to be given in place of what came; nothing, where more has to come first, or at the end."""
        if self._place == "elsewhere":
            return data
        if self._place == "chunks":
            return self._merge(data)
        given = len(self._kept)
        head = self._kept + data
        end = head.find(b"\r\n\r\n")
        if end < 0 and len(head) < _LONGEST_HEAD and data:
            self._kept = head
            return data
        self._kept = b""
        if end < 0 or not head.startswith(b"HTTP/1.1 "):
            self._place = "elsewhere"
            return data
        end += 4
        if head.startswith(b"HTTP/1.1 1"):
            return head[given:end] + self.merge(head[end:]) if len(head) > end else data
        is_merged = _EVENTS.search(head, 0, end) and len(_CHUNKED.findall(head, 0, end)) == 1
        self._place = "chunks" if is_merged else "elsewhere"
        return head[given:end] + self._merge(head[end:]) if is_merged and len(head) > end else data

    def _merge(self, data: bytes) -> bytes:
        if not data:  # the end, in the midst of a stream: what was kept is said
            data, self._kept, self._place = self._kept, b"", "elsewhere"
            return data
        begun = data[: self._left]
        self._left -= len(begun)
        if self._left:
            return begun
        data = self._kept + data[len(begun) :]
        pieces: list[bytes] = []
        place = 0
        while size := _SIZE.match(data, place):
            start = size.end()
            stop = start + int(size[0], 16)
            if stop == start or data[stop : stop + 2] != b"\r\n":
                break
            pieces.append(data[start:stop])
            place = stop + 2
        rest = data[place:]
        self._kept = b""
        if size is not None:
            self._go_into(size, len(rest), is_last=int(size[0], 16) == 0)
        elif _SIZE_BEGUN.fullmatch(rest):
            self._kept, rest = rest, b""
        else:
            self._place = "elsewhere"
        return begun + _as_one(pieces) + rest

    def _go_into(self, size: re.Match[bytes], came: int, *, is_last: bool) -> None:
        """Of the next chunk a part has come, or it is no chunk, or it is the last one."""
        whole = len(size[0]) + int(size[0], 16) + 2
        if is_last or came >= whole:
            self._place = "elsewhere"
        else:
            self._left = whole - came


def _as_one(pieces: list[bytes]) -> bytes:
    if not pieces:
        return b""
    return b"%x\r\n%b\r\n" % (sum(map(len, pieces)), b"".join(pieces))


class _Line(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._merger = Merger()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            data = self._stream.read(max_bytes, timeout)
            merged = self._merger.merge(data)
            if merged or not data:
                return merged

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._merger.asked()
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Line(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Merging(httpcore.NetworkBackend):
    """A network backend of httpcore whose event streams are merged."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        return _Line(self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        return _Line(self._backend.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        """See httpcore."""
        self._backend.sleep(seconds)


class _AsyncLine(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._merger = Merger()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore's own)
        while True:
            data = await self._stream.read(max_bytes, timeout)
            merged = self._merger.merge(data)
            if merged or not data:
                return merged

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (the same)
        self._merger.asked()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the same)
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncLine(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AsyncMerging(httpcore.AsyncNetworkBackend):
    """The same for async code."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore."""
        return _AsyncLine(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See httpcore."""
        return _AsyncLine(await self._backend.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        """See httpcore."""
        await self._backend.sleep(seconds)
