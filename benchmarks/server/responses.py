"""The responses of the benchmarks' server, as bytes that are created once: predictions, pages, events, files."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 100
"""Predictions per page."""
PAGES = 50
"""Pages of a list without a cursor."""
BLOCK = bytes(range(256)) * 4096
"""The repeated content of files."""
EVENTS_PER_WRITE = 64
MAX_OUTPUT_ITEMS = 50_000
"""Streams with more events have no output in the prediction."""

_HEADERS = (
    "date: Sun, 22 Nov 2026 12:00:00 GMT\r\nserver: bench\r\n"
    "ratelimit-remaining: 59999\r\nratelimit-reset: 1\r\nvary: Accept-Encoding\r\n"
)
_WORDS = ("The ", "llama ", "walks ", "up ", "the ", "hill, ", "and ", "down. ")
_BARS = "".join(
    f"{done * 10:3}%|{'█' * done}{' ' * (10 - done)}| {done * 5}/50 [00:0{done // 4}<00:02, 17.{done:02}it/s]\n"
    for done in range(11)
)
_CREATED = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


def response(status: str, body: bytes, media_type: str = "application/json", more: str = "") -> bytes:
    """Return a complete response."""
    return head(status, len(body), media_type, more) + body


def head(status: str, length: int | None, media_type: str, more: str = "") -> bytes:
    """Return the head of a response; without a length, the body is chunked."""
    framing = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    return f"HTTP/1.1 {status}\r\n{_HEADERS}content-type: {media_type}\r\n{framing}\r\n{more}\r\n".encode()


def dump(value: Any) -> bytes:
    """Return JSON in the API's format."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Responses:
    """The responses of a server."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.one = response("200 OK", dump(self.prediction("one", self._output("one"))))
        self._items = b",".join(
            dump(self.prediction(f"p{number:025}", self._output(f"p{number:025}"))) for number in range(PAGE)
        )

    def _output(self, name: str) -> list[str]:
        return [f"{self.base}/v1/files/{name}-{place}/download?owner=acme&signature=bm9uZQ" for place in range(2)]

    def prediction(self, name: str, output: Any, **more: Any) -> dict[str, Any]:
        """Return a prediction that has succeeded, of about 1.7 KB."""
        created = _CREATED + timedelta(seconds=len(name))
        url = f"{self.base}/v1/predictions/{name}"
        return {
            "id": name,
            "model": "acme/thumbnail",
            "version": hashlib.sha256(b"acme/thumbnail").hexdigest(),
            "input": {
                "prompt": "a llama on a hill, in the style of a woodcut, with a café in the valley",
                "width": 1024,
                "height": 768,
                "seed": 20261122,
                "guidance_scale": 7.5,
                "num_outputs": 2,
                "apply_watermark": False,
            },
            "logs": f"Using seed: 20261122\n{_BARS}",
            "output": output,
            "data_removed": False,
            "error": None,
            "source": "api",
            "status": "succeeded",
            "created_at": created.isoformat().replace("+00:00", "Z"),
            "started_at": (created + timedelta(milliseconds=350)).isoformat().replace("+00:00", "Z"),
            "completed_at": (created + timedelta(milliseconds=4125)).isoformat().replace("+00:00", "Z"),
            "metrics": {"predict_time": 3.775125, "total_time": 4.125},
            "urls": {
                "get": url,
                "cancel": f"{url}/cancel",
                "web": f"https://replicate.com/p/{name}",
            },
            **more,
        }

    @lru_cache(maxsize=2000)  # noqa: B019 (there is only one instance)
    def page(self, remaining: int) -> bytes:
        """Return a page; the cursor is the number of remaining pages."""
        link = f'"{self.base}/v1/predictions?cursor={remaining - 1}"' if remaining > 1 else "null"
        body = b'{"previous":null,"next":' + link.encode() + b',"results":[' + self._items + b"]}"
        return response("200 OK", body)

    def created(self, name: str, **more: Any) -> bytes:
        """Return the response of a create for a finished prediction."""
        return response("201 Created", dump(self.prediction(name, "A llama.", **more)))

    def running(self, name: str, status: str, **more: Any) -> bytes:
        """Return a prediction without output."""
        prediction = self.prediction(name, None, status=status, completed_at=None, logs="", metrics={}, **more)
        return response("201 Created", dump(prediction))

    @lru_cache(maxsize=8)  # noqa: B019 (there is only one instance)
    def file(self, size: int) -> bytes:
        """Return a prediction whose output is a file of this size."""
        prediction = self.prediction(f"fil{size}", f"{self.base}/v1/files/large/download?size={size}")
        return response("201 Created", dump(prediction))

    @lru_cache(maxsize=8)  # noqa: B019 (there is only one instance)
    def stored(self, size: int) -> bytes:
        """Return an uploaded file."""
        stored = {
            "id": "ZmlsZQ",
            "name": "file.bin",
            "content_type": "application/octet-stream",
            "size": size,
            "etag": "0" * 32,
            "checksums": {"sha256": digest("sha256", size)},
            "metadata": {},
            "created_at": "2026-11-22T11:30:00Z",
            "expires_at": "2026-11-23T11:30:00Z",
            "urls": {"get": f"{self.base}/v1/files/ZmlsZQ"},
        }
        return response("201 Created", dump(stored))

    @lru_cache(maxsize=4)  # noqa: B019 (there is only one instance)
    def stream_prediction(self, count: int) -> bytes:
        """Return a prediction that has streamed `count` events; above `MAX_OUTPUT_ITEMS`, its output is null."""
        output = [_WORDS[number % len(_WORDS)] for number in range(count)] if count <= MAX_OUTPUT_ITEMS else None
        more = {"urls": self.stream_urls(count)}
        return response("200 OK", dump(self.prediction(f"str{count}", output, **more)))

    def stream_urls(self, count: int) -> dict[str, str]:
        """Return the URLs of a prediction that streams."""
        url = f"{self.base}/v1/predictions/str{count}"
        return {"get": url, "cancel": f"{url}/cancel", "stream": f"{self.base}/stream/{count}"}


def events(count: int) -> Iterator[bytes]:
    """Yield a stream's body; each event is a separate chunk, as from a language model."""
    for start in range(0, count, EVENTS_PER_WRITE):
        yield _some_events(start, min(start + EVENTS_PER_WRITE, count))
    yield _chunk("event: done\ndata: {}\n\n") + b"0\r\n\r\n"


@lru_cache(maxsize=1000)
def _some_events(start: int, stop: int) -> bytes:
    return b"".join(
        _chunk(f"event: output\nid: 1690212292:{number}\ndata: {_WORDS[number % len(_WORDS)]}\n\n")
        for number in range(start, stop)
    )


def _chunk(text: str) -> bytes:
    body = text.encode()
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def content(start: int, size: int) -> Iterator[bytes]:
    """Yield a file's bytes from an offset."""
    while start < size:
        offset = start % len(BLOCK)
        block = BLOCK[offset : offset + min(len(BLOCK) - offset, size - start)]
        yield block
        start += len(block)


@lru_cache(maxsize=8)
def digest(kind: str, size: int) -> str:
    """Return a file's digest."""
    hasher = hashlib.new(kind, usedforsecurity=False)
    for block in content(0, size):
        hasher.update(block)
    return hasher.hexdigest()
