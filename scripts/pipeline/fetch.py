"""Fetch a document from an address or a path."""

from __future__ import annotations

import ipaddress
import time
from http import HTTPStatus
from pathlib import Path

import httpx

from pipeline.reading import Source

MOST_BYTES = 20 * 2**20
MOST_SECONDS = 120.0
MOST_REDIRECTS = 5

_TIMEOUT = httpx.Timeout(30.0)
_ACCEPTED = "application/json, application/yaml;q=0.9, */*;q=0.5"


class FetchError(Exception):
    """A document that can't be fetched; the message says from where and why."""


def fetch(source: str) -> Source:
    """Read the bytes at an address or a path.

    An address is https; http is for this machine only, and a redirect never leads from the one to the other.

    Raises:
        FetchError: There is nothing to read, it is larger than `MOST_BYTES`, or an address is not allowed.
    """
    return _download(source) if "://" in source else Source(_read(Path(source)), source)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FetchError(f"can't read {path}: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise FetchError(f"{path} is larger than {MOST_BYTES} bytes")
    return content


def _download(source: str) -> Source:
    try:
        url = httpx.URL(source)
        _allow(url, None)
        # A proxy of the environment can't reach a server on this machine.
        with httpx.Client(timeout=_TIMEOUT, trust_env=not _is_loopback(url)) as client:
            for _ in range(MOST_REDIRECTS + 1):
                with client.stream("GET", url, headers={"Accept": _ACCEPTED}) as response:
                    if response.next_request is None:
                        said = response.headers
                        return Source(
                            _content(response),
                            source,
                            said.get("Content-Type", ""),
                            response.charset_encoding,
                            said.get("Last-Modified", ""),
                        )
                    target = response.next_request.url
                _allow(target, url)
                url = target
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(f"can't fetch {source}: {error or type(error).__name__}") from error
    raise FetchError(f"{source} redirects more than {MOST_REDIRECTS} times")


def _allow(url: httpx.URL, origin: httpx.URL | None) -> None:
    loopback = _is_loopback(url)
    if url.scheme not in {"http", "https"} or (url.scheme == "http" and not loopback):
        raise FetchError(f"won't fetch {url}: only https is, or http on this machine")
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
    deadline = time.monotonic() + MOST_SECONDS
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            raise FetchError(f"{response.url} sends more than {MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            raise FetchError(f"{response.url} took longer than {MOST_SECONDS:.0f} s")
    return bytes(content)
