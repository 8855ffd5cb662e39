"""What the tests of streams share: models that speak when they are told to, and ways to read step by step."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from replicatekit import Client


class TokenPolicy:
    """Lets a model go on piece by piece."""

    def __init__(self):
        self._pieces = threading.Semaphore(0)

    def let(self, pieces=1):
        self._pieces.release(pieces)

    def wait(self):
        while not self._pieces.acquire(timeout=0.01):
            pass


class Polled:
    """A model whose output grows although it has no stream: its schema does not say that it streams."""

    openapi_schema: ClassVar[dict[str, Any]] = {
        "components": {"schemas": {"Input": {"type": "object"}, "Output": {"type": "array", "items": {}}}}
    }

    def __init__(self, gate, items, logs=()):
        self.gate, self.items, self.logs = gate, items, list(logs)

    def run(self, job):
        for item in self.items:
            self.gate.wait()
            if self.logs:
                job.log(self.logs.pop(0))
            job.emit(item)


def unread(client, *arguments, method="stream", **options):
    """A stream that nobody has awaited yet."""
    if isinstance(client, Client):
        return getattr(client, method)(*arguments, **options)
    return client.way.face(getattr(client.thing, method)(*arguments, **options))


def upcoming(stream):
    """The next event or item; the stream stays open."""
    return next(stream) if hasattr(stream, "__next__") else stream.way.call(stream.thing.__anext__)


def until(error, items):
    """What comes before an error, and the error."""
    found = []
    try:
        found.extend(items)  # what came before the error stays
    except error as caught:
        return found, caught
    raise AssertionError(f"no {error.__name__} after {found}")
