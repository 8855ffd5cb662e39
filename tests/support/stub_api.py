"""An API in this process that accepts everything, and records the requests."""

from __future__ import annotations

from typing import Any

import httpx

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
VERSION = {"id": "a" * 64, "created_at": "2026-01-01T00:00:00Z", "openapi_schema": {"openapi": "3.0.2"}}
MODEL = {"owner": "acme", "name": "official", "latest_version": VERSION, "visibility": "public"}
RELEASE = {"number": 1, "model": "acme/official", "version": "a" * 64, "configuration": {}}
FILE = {"id": "f1", "name": "x", "urls": {"get": "https://api.replicate.com/v1/files/f1"}}
FOUND = {"query": "a", "models": [{"model": MODEL, "metadata": {}}], "collections": [], "pages": []}
COLLECTION = {"name": "Texts", "slug": "texts", "description": "", "models": [MODEL]}

# The record of each noun in a path; lists are pages of them.
RECORDS: dict[str, Any] = {
    "models": MODEL,
    "versions": VERSION,
    "deployments": {"owner": "acme", "name": "d", "current_release": RELEASE},
    "files": FILE,
    "collections": COLLECTION,
}


def run_of(noun: str) -> dict[str, Any]:
    urls = {"get": f"https://api.replicate.com/v1/{noun}/p1"}
    return {"id": "p1", "status": "succeeded", "model": "acme/official", "output": "x", "input": {}, "urls": urls}


def page_of(record: dict[str, Any]) -> dict[str, Any]:
    return {"results": [record], "next": None, "previous": None}


class StubAPI:
    """`transport` responds; `requests` has the methods and paths of all requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.transport = httpx.MockTransport(self.handle)

    @property
    def creates(self) -> list[str]:
        """The paths of all requests that would be billed."""
        return [path for method, path in self.requests if method == "POST" and not path.endswith("/cancel")]

    def handle(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path.removeprefix("/v1"), request.method
        self.requests.append((method, path))
        if request.url.host != "api.replicate.com":
            return httpx.Response(200, content=b"x")
        if method == "DELETE":
            return httpx.Response(204)
        for noun in ("predictions", "trainings"):
            if f"/{noun}" in path:
                record = run_of(noun)
                is_list = method == "GET" and path == f"/{noun}"
                return httpx.Response(201 if method == "POST" else 200, json=page_of(record) if is_list else record)
        return self._other(method, path)

    def _other(self, method: str, path: str) -> httpx.Response:
        match path.strip("/").split("/"):
            case [*_, "readme"]:
                return httpx.Response(200, text="A readme")
            case [*_, "examples"]:
                return httpx.Response(200, json=page_of(run_of("predictions")))
            case ["hardware"]:
                return httpx.Response(200, json=[{"name": "CPU", "sku": "cpu"}])
            case ["search"]:
                return httpx.Response(200, json=FOUND)
            case ["account"]:
                return httpx.Response(200, json={"type": "user", "username": "a", "name": "A"})
            case ["webhooks", *_]:
                return httpx.Response(200, json={"key": SECRET})
            case [*_, noun] if noun in RECORDS:
                record = RECORDS[noun]
                return httpx.Response(200, json=record if method == "POST" else page_of(record))
            case [*_, "versions", _]:
                return httpx.Response(200, json=VERSION)
            case [noun, *_] if noun in RECORDS:
                return httpx.Response(200, json=RECORDS[noun])
            case _:
                return httpx.Response(404, json={"detail": "Not found"})
