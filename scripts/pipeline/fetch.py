"""Fetch a document from a URL or a path."""

from __future__ import annotations

import ipaddress
import time
from http import HTTPStatus
from pathlib import Path

import httpx

from pipeline.reading import Source

MAX_BYTES = 20 * 2**20
MAX_SECONDS = 120.0
MAX_REDIRECTS = 5

_TIMEOUT = httpx.Timeout(30.0)
_ACCEPTED = "application/json, application/yaml;q=0.9, */*;q=0.5"


class FetchError(Exception):
    """A document cannot be fetched; the message says from where and why."""


def fetch(source: str) -> Source:
    """Read the bytes at a URL or a path.

    A URL must use https; http is allowed for this machine only. Redirects between this machine and others are refused.

    Raises:
        FetchError: It cannot be read, is larger than `MAX_BYTES`, or its URL is not allowed.
    """
    return _download(source) if "://" in source else Source(_read(Path(source)), source)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FetchError(f"can't read {path}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise FetchError(f"{path} is larger than {MAX_BYTES} bytes")
    return content


def _download(source: str) -> Source:
    try:
        url = httpx.URL(source)
        _allow(url, None)
        # A proxy from the environment cannot reach a server on this machine.
        with httpx.Client(timeout=_TIMEOUT, trust_env=not _is_loopback(url)) as client:
            for _ in range(MAX_REDIRECTS + 1):
                with client.stream("GET", url, headers={"Accept": _ACCEPTED}) as response:
                    if response.next_request is None:
                        headers = response.headers
                        return Source(
                            _content(response),
                            source,
                            headers.get("Content-Type", ""),
                            response.charset_encoding,
                            headers.get("Last-Modified", ""),
                        )
                    target = response.next_request.url
                _allow(target, url)
                url = target
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(f"can't fetch {source}: {error or type(error).__name__}") from error
    raise FetchError(f"{source} redirects more than {MAX_REDIRECTS} times")


def _allow(url: httpx.URL, origin: httpx.URL | None) -> None:
    loopback = _is_loopback(url)
    if url.scheme not in {"http", "https"} or (url.scheme == "http" and not loopback):
        raise FetchError(f"won't fetch {url}: only https is allowed, or http on this machine")
    if origin is not None and loopback != _is_loopback(origin):
        raise FetchError(f"won't follow the redirect from {origin} to {url}: only one of them is on this machine")


def _is_loopback(url: httpx.URL) -> bool:
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"


def _content(response: httpx.Response) -> bytes:
    if response.status_code != HTTPStatus.OK:
        raise FetchError(f"{response.url} answered with status {response.status_code}, not 200")
    deadline = time.monotonic() + MAX_SECONDS
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            raise FetchError(f"{response.url} sends more than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise FetchError(f"{response.url} took longer than {MAX_SECONDS:.0f} s")
    return bytes(content)
