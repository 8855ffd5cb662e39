"""A response while it is read: its head, and the part of its body that has arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from replicatekit._http.decompression import LARGEST, BodyTooLargeError, decompress
from replicatekit._http.request import RedactedHeaders

if TYPE_CHECKING:
    import httpx

# The body is decoded while it is read, so these no longer describe it.
_TRANSFER_HEADERS = {b"content-encoding", b"transfer-encoding"}


class ResponseHeaders(Mapping[str, str]):
    """Headers by name, in any case; values of repeated headers are joined by commas."""

    __slots__ = ("lowered", "raw")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self.raw = raw
        self.lowered: dict[str, str] = {}
        """The values by their names in lower case."""
        for name, value in raw:
            try:
                key, text = name.decode().lower(), value.decode()
            except UnicodeDecodeError:
                key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self.lowered[key] = f"{self.lowered[key]}, {text}" if key in self.lowered else text

    def __getitem__(self, name: str) -> str:
        return self.lowered[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self.lowered)

    def __len__(self) -> int:
        return len(self.lowered)

    def __repr__(self) -> str:
        return f"ResponseHeaders({self.lowered})"


_NONE = ResponseHeaders([])


class BufferedResponse:
    """A response that is filled while it is read. It has the usual attributes; `response` has all those of httpx.

    Args:
        method: Of the request.
        url: Of the request, without parameters that were given separately.
        sent: The request's headers.
    """

    __slots__ = (
        "_encoding",
        "_parts",
        "_response",
        "_size",
        "content",
        "headers",
        "method",
        "sent",
        "status_code",
        "url",
    )

    def __init__(self, method: str, url: str, sent: Mapping[str, str]) -> None:
        self.method = method
        self.url = url
        self.sent = sent
        self.status_code = 0
        """0 until the head has arrived."""
        self.headers = _NONE
        """Headers by name in any case, once the head has arrived."""
        self.content = b""
        """The body once it has arrived, completely or in part."""
        self._parts: list[bytes] = []
        self._size = 0
        self._encoding = ""
        self._response: httpx.Response | None = None

    def begin(self, status_code: int, headers: list[tuple[bytes, bytes]], *, is_decoded: bool = False) -> None:
        """Take the head.

        Args:
            status_code: The status.
            headers: The headers as they were received.
            is_decoded: Whether the parts of the body are already decoded.
        """
        self.status_code, self.headers = status_code, ResponseHeaders(headers)
        self._encoding = "" if is_decoded else self.headers.lowered.get("content-encoding", "")

    def take(self, part: bytes) -> None:
        """Take a part of the body.

        Raises:
            BodyTooLargeError: The body is larger than any response of the API.
        """
        self._size += len(part)
        if self._size > LARGEST:
            raise BodyTooLargeError(f"the response has more than {LARGEST:,} bytes")
        self._parts.append(part)

    def finish(self, *, is_whole: bool = True) -> None:
        """Decode the body once it has arrived, completely or in part.

        Raises:
            ContentDecodingError: It cannot be decoded.
        """
        parts, self._parts = self._parts, []
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        self.content = decompress(body, self._encoding, is_whole=is_whole) if self._encoding else body

    @property
    def is_success(self) -> bool:
        """Whether the status is a success."""
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        """The body as text."""
        return self.response.text

    @property
    def request(self) -> httpx.Request:
        """The request, as httpx has it."""
        return self.response.request

    @property
    def response(self) -> httpx.Response:
        """The response, as httpx has it."""
        if self._response is None:
            import httpx

            # As bytes: a header need not be text.
            headers = [pair for pair in self.headers.raw if pair[0].lower() not in _TRANSFER_HEADERS]
            request = httpx.Request(self.method, self.url, headers=RedactedHeaders(self.sent))
            self._response = httpx.Response(self.status_code, headers=headers, content=self.content, request=request)
        return self._response


def is_raw(response: Any) -> bool:
    """Whether the body is sent without encoding, and still unread."""
    # Transports for tests and traffic recorders return responses that are already read.
    return not ("content-encoding" in response.headers or response.is_stream_consumed)
