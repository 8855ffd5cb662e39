"""What the benchmarks' server answers, as bytes that are made once: predictions, pages, events, files."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 100
"""Predictions on a page."""
PAGES = 50
"""Pages of a list that is asked for without a cursor."""
BLOCK = bytes(range(256)) * 4096
"""Files are this, again and again."""
EVENTS_AT_ONCE = 64
MOST_PIECES = 50_000

_HEADERS = (
    "date: Sun, 22 Nov 2026 12:00:00 GMT\r\nserver: bench\r\n"
    "ratelimit-remaining: 59999\r\nratelimit-reset: 1\r\nvary: Accept-Encoding\r\n"
)
_WORDS = ("The ", "llama ", "walks ", "up ", "the ", "hill, ", "and ", "down. ")
_BARS = "".join(
    f"{done * 10:3}%|{'█' * done}{' ' * (10 - done)}| {done * 5}/50 [00:0{done // 4}<00:02, 17.{done:02}it/s]\n"
    for done in range(11)
)
_BEGUN = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)


def answer(status: str, body: bytes, media_type: str = "application/json", more: str = "") -> bytes:
    """A whole answer."""
    return head(status, len(body), media_type, more) + body


def head(status: str, length: int | None, media_type: str, more: str = "") -> bytes:
    """Its head alone; without a length the body comes in chunks."""
    framing = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    return f"HTTP/1.1 {status}\r\n{_HEADERS}content-type: {media_type}\r\n{framing}\r\n{more}\r\n".encode()


def dump(value: Any) -> bytes:
    """JSON as the API writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Answers:
    """All of them, with the URL of the server in them."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.one = answer("200 OK", dump(self.prediction("one", self._output("one"))))
        self._items = b",".join(
            dump(self.prediction(f"p{number:025}", self._output(f"p{number:025}"))) for number in range(PAGE)
        )

    def _output(self, name: str) -> list[str]:
        return [f"{self.base}/v1/files/{name}-{place}/download?owner=acme&signature=bm9uZQ" for place in range(2)]

    def prediction(self, name: str, output: Any, **more: Any) -> dict[str, Any]:
        """One that has succeeded; about 1.7 KB."""
        begun = _BEGUN + timedelta(seconds=len(name))
        at = f"{self.base}/v1/predictions/{name}"
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
            "created_at": begun.isoformat().replace("+00:00", "Z"),
            "started_at": (begun + timedelta(milliseconds=350)).isoformat().replace("+00:00", "Z"),
            "completed_at": (begun + timedelta(milliseconds=4125)).isoformat().replace("+00:00", "Z"),
            "metrics": {"predict_time": 3.775125, "total_time": 4.125},
            "urls": {
                "get": at,
                "cancel": f"{at}/cancel",
                "web": f"https://replicate.com/p/{name}",
            },
            **more,
        }

    @lru_cache(maxsize=2000)  # noqa: B019 (there is one of these)
    def page(self, left: int) -> bytes:
        """A page, with as many behind it as its cursor says."""
        link = f'"{self.base}/v1/predictions?cursor={left - 1}"' if left > 1 else "null"
        body = b'{"previous":null,"next":' + link.encode() + b',"results":[' + self._items + b"]}"
        return answer("200 OK", body)

    def created(self, name: str, **more: Any) -> bytes:
        """A prediction as it is answered to its create, after it ended."""
        return answer("201 Created", dump(self.prediction(name, "A llama.", **more)))

    def running(self, name: str, status: str, **more: Any) -> bytes:
        """A prediction that has no output yet."""
        made = self.prediction(name, None, status=status, completed_at=None, logs="", metrics={}, **more)
        return answer("201 Created", dump(made))

    @lru_cache(maxsize=8)  # noqa: B019 (there is one of these)
    def file(self, size: int) -> bytes:
        """A prediction whose output is a file of that size."""
        made = self.prediction(f"fil{size}", f"{self.base}/v1/files/large/download?size={size}")
        return answer("201 Created", dump(made))

    @lru_cache(maxsize=8)  # noqa: B019 (there is one of these)
    def stored(self, size: int) -> bytes:
        """A file that was uploaded."""
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
        return answer("201 Created", dump(stored))

    @lru_cache(maxsize=4)  # noqa: B019 (there is one of these)
    def streamed(self, count: int) -> bytes:
        """A prediction that has said as many pieces; of very many its record has none, as those whose data is gone."""
        pieces = [_WORDS[number % len(_WORDS)] for number in range(count)] if count <= MOST_PIECES else None
        more = {"urls": self.stream_urls(count)}
        return answer("200 OK", dump(self.prediction(f"str{count}", pieces, **more)))

    def stream_urls(self, count: int) -> dict[str, str]:
        """The URLs of a prediction that streams."""
        at = f"{self.base}/v1/predictions/str{count}"
        return {"get": at, "cancel": f"{at}/cancel", "stream": f"{self.base}/stream/{count}"}


def events(count: int) -> Iterator[bytes]:
    """A stream's body in pieces to write; each event is a chunk of its own, as it is from a model that thinks."""
    for start in range(0, count, EVENTS_AT_ONCE):
        yield _some_events(start, min(start + EVENTS_AT_ONCE, count))
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
    """A file's bytes from a place on."""
    while start < size:
        at = start % len(BLOCK)
        block = BLOCK[at : at + min(len(BLOCK) - at, size - start)]
        yield block
        start += len(block)


@lru_cache(maxsize=8)
def digest(kind: str, size: int) -> str:
    """A file's digest."""
    whole = hashlib.new(kind, usedforsecurity=False)
    for block in content(0, size):
        whole.update(block)
    return whole.hexdigest()
