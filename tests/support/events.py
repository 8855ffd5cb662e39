"""Helpers for tests of streams: models that emit on demand, and functions to read step by step."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from replicatekit import Client


class Gate:
    """Lets a model emit one piece at a time."""

    def __init__(self):
        self._pieces = threading.Semaphore(0)

    def release(self, pieces=1):
        self._pieces.release(pieces)

    def wait(self):
        while not self._pieces.acquire(timeout=0.01):
            pass


class PollingModel:
    """A model with growing output but no stream, because its schema does not declare one."""

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


def unopened_stream(client, *arguments, method="stream", **options):
    """Return a stream that is not awaited yet."""
    if isinstance(client, Client):
        return getattr(client, method)(*arguments, **options)
    return client.way.wrap(getattr(client.thing, method)(*arguments, **options))


def next_item(stream):
    """Return the next event or item, and leave the stream open."""
    return next(stream) if hasattr(stream, "__next__") else stream.way.call(stream.thing.__anext__)


def collect_until(error, items):
    """Return the items before an error, and the error."""
    found = []
    try:
        found.extend(items)  # keeps the items before the error
    except error as caught:
        return found, caught
    raise AssertionError(f"no {error.__name__} after {found}")
