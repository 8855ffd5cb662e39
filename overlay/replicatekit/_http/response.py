"""What has come of an answer: its head, and as much of its body as was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._http.request import RedactedHeaders

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

__all__ = ["BufferedResponse"]

# The body was decoded while it was read: what is left describes it as it is now.
_OF_THE_WIRE = {b"content-encoding", b"transfer-encoding"}


class BufferedResponse:
    """Filled while an answer is read. It has what is asked of most answers; `response` is httpx's, with the rest.

    Args:
        method: Of the request.
        url: Where it went, without parameters that were given apart.
        sent: Its headers.
    """

    __slots__ = ("_response", "headers", "method", "parts", "sent", "status_code", "url")

    def __init__(self, method: str, url: str, sent: Mapping[str, str]) -> None:
        self.method = method
        self.url = url
        self.sent = sent
        self.status_code = 0
        """0 until the head is there."""
        self.headers: Any = {}
        """httpx's, once they are there."""
        self.parts: list[bytes] = []
        self._response: httpx.Response | None = None

    def begin(self, status_code: int, headers: httpx.Headers) -> None:
        """The head is there."""
        self.status_code, self.headers = status_code, headers

    @property
    def content(self) -> bytes:
        """The body as far as it has come."""
        if len(self.parts) > 1:
            self.parts[:] = [b"".join(self.parts)]
        return self.parts[0] if self.parts else b""

    @property
    def is_success(self) -> bool:
        """Whether a status has come that says yes."""
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        """The body as text."""
        return self.response.text

    @property
    def request(self) -> httpx.Request:
        """What was asked, as httpx has it."""
        return self.response.request

    @property
    def response(self) -> httpx.Response:
        """The answer, as httpx has it."""
        if self._response is None:
            import httpx

            # As bytes: what is in them need not be text.
            headers = [pair for pair in self.headers.raw if pair[0].lower() not in _OF_THE_WIRE]
            request = httpx.Request(self.method, self.url, headers=RedactedHeaders(self.sent))
            self._response = httpx.Response(self.status_code, headers=headers, content=self.content, request=request)
        return self._response

    @response.setter
    def response(self, response: httpx.Response) -> None:
        self._response = response
