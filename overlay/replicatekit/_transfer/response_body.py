"""The body of one response of a download, decoded while it is read, and the response's description of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from replicatekit._files.representation import Representation
from replicatekit._http.decompression import Decoder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    import httpx

    from replicatekit._http.contract import Sender


class ResponseBody:
    """The body of a response, to be read once and closed.

    Args:
        io: The sender of the request.
        response: The response.
    """

    def __init__(self, io: Sender, response: httpx.Response) -> None:
        self.response = response
        self._io = io
        self._chunks: AsyncGenerator[bytes, None] | None = None
        self._decoder: Decoder | None = None
        self._decoded: Iterator[bytes] = iter(())

    def decode(self, described: Representation) -> None:
        """Undo the content encodings of the bytes that are read from here on.

        Raises:
            ContentDecodingError: An encoding is not supported.
        """
        if described.is_encoded:
            self._decoder = Decoder(described.encodings)
            del self.response.headers["content-encoding"]  # so that the library does not decode the bytes

    async def read(self) -> bytes | None:
        """The next bytes; None at the end.

        Raises:
            ContentDecodingError: The body is broken, or its compressed data is cut.
            httpx.HTTPError, httpx.StreamError, OSError: The connection failed.
        """
        if self._chunks is None:
            self._chunks = self._io.iter_bytes(self.response)
        while (piece := next(self._decoded, None)) is None:
            chunk = await anext(self._chunks, None)
            if self._decoder is None:
                return chunk
            if chunk is None:
                self._decoder.finish()
                return None
            self._decoded = self._decoder.decode(chunk)
        return piece

    async def aclose(self) -> None:
        """Release the connection."""
        if self._chunks is not None:
            await self._chunks.aclose()
        await self._io.close(self.response)


def describe(response: httpx.Response) -> Representation:
    """A response's description of the file."""
    is_framed = response.http_version not in ("HTTP/1.0", "HTTP/1.1")
    described = Representation.of(response.status_code, response.headers, framed_by_protocol=is_framed)
    if "network_stream" in response.extensions:
        return described
    # A transport for tests, or a traffic recorder: no network can cut the body off, and no server can be asked again.
    # Recorded headers may describe bytes other than the recorded ones.
    described = evolve(described, has_reliable_end=True, md5=None, checksum=None)
    if not response.is_stream_consumed:
        return described
    total = described.total if response.status_code == 206 else len(response.content)
    return evolve(described, encodings=(), total=total)
