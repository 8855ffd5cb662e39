"""What a program is given: the client that it is run with, in one of the two ways to call it."""

from __future__ import annotations

import importlib
import json
import sys
import warnings

import httpx

PROGRAMS = {}


def program(function):
    """A program, by its name. It is run twice with each client: sync and async."""
    PROGRAMS[function.__name__] = function
    return function


class Context:
    """One run of a program."""

    def __init__(self, package, *, is_async, base_url, token):
        self.package = package
        self.replicate = importlib.import_module(package)
        self.is_async = is_async
        self.base_url = base_url
        self.token = token
        self.client = self.new_client()
        self.seen = []

    def module(self, name):
        """A submodule; what a function's name hides is found as well."""
        importlib.import_module(f"{self.package}.{name}")
        return sys.modules[f"{self.package}.{name}"]

    def new_client(self, **options):
        client = self.replicate.Client(**{"api_token": self.token, "base_url": self.base_url, **options})
        client.poll_interval = 0.005
        return client

    async def do(self, owner, name, *args, **kwargs):
        """Call a method, or its twin that is awaited."""
        if self.is_async:
            return await getattr(owner, f"async_{name}")(*args, **kwargs)
        return getattr(owner, name)(*args, **kwargs)

    async def items(self, iterable):
        """All that an iterator gives."""
        if hasattr(iterable, "__await__"):
            iterable = await iterable
        if self.is_async and hasattr(iterable, "__aiter__"):
            return [item async for item in iterable]
        return list(iterable)

    def iterating(self, owner, name, *args, **kwargs):
        """An iterator that is not awaited."""
        return getattr(owner, f"async_{name}" if self.is_async else name)(*args, **kwargs)

    async def read(self, file):
        return await file.aread() if self.is_async else file.read()

    async def error(self, owner, name, *args, **kwargs):
        """What a call raises."""
        try:
            value = await self.do(owner, name, *args, **kwargs)
        except Exception as error:
            return told(error)
        return {"nothing raised": shown(value)}

    def answering(self, *answers, **options):
        """A client without a server. Each answer is a status, what it says, and headers; the last one is repeated."""
        left = list(answers)

        def handle(request):
            self.seen.append(seen(request))
            answer = left.pop(0) if len(left) > 1 else left[0]
            status, body, *headers = answer
            if isinstance(body, (str, bytes)):
                return httpx.Response(status, content=body, headers=headers[0] if headers else None)
            return httpx.Response(status, json=body, headers=headers[0] if headers else None)

        return self.routed(handle, **options)

    def routed(self, handle, **options):
        return self.new_client(**{"transport": httpx.MockTransport(handle), "base_url": None, **options})


def seen(request):
    """What is compared of a request."""
    kept = ("authorization", "prefer", "content-type", "x-own")
    headers = {name: request.headers[name] for name in kept if name in request.headers}
    return [request.method, str(request.url), headers, body_of(request.headers.get("content-type", ""), request.read())]


def body_of(media_type, body):
    if media_type.startswith("multipart/"):
        boundary = media_type.partition("boundary=")[2].encode()
        return sorted(
            part.strip().decode("utf-8", "replace") for part in body.split(b"--" + boundary) if part.strip(b"-\r\n")
        )
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")


def told(error):
    """What is compared of an error."""
    return {
        "error": type(error).__name__,
        "text": str(error),
        "of": sorted(base.__name__ for base in type(error).__mro__ if base.__name__ in BASES),
    }


BASES = {
    "ValueError",
    "RuntimeError",
    "ReplicateException",
    "HTTPError",
    "HTTPStatusError",
    "TimeoutException",
    "TransportError",
}


def shown(value):
    """A value as JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if type(value).__name__ == "FileOutput":
        return {"file": str(value)}
    if hasattr(value, "results"):
        return {"page": [shown(item) for item in value.results], "next": value.next, "previous": value.previous}
    if hasattr(value, "dict"):
        fields = value.dict()
        return {type(value).__name__: {name: shown(item) for name, item in fields.items() if name != "metrics"}}
    if isinstance(value, dict):
        return {str(name): shown(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if isinstance(value, Exception):
        return told(value)
    return {type(value).__name__: str(value)}


def warned(function):
    """What a call gives, and the kinds of warnings with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = function()
    return [shown(value), [warning.category.__name__ for warning in caught]]
