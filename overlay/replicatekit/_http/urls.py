"""URLs that every parser reads alike are split here; httpx splits all others, and is loaded for them only."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

_CHARACTER = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_PLAIN = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?"
    rf"((?:/{_CHARACTER}*)?(?:\?(?:{_CHARACTER}|\?)*)?)",
    re.ASCII,
)


class UrlParts(NamedTuple):
    """What a request is sent to."""

    scheme: str
    host: str
    """As the URL has it: lower case, an IPv6 address in brackets."""
    port: int | None
    target: str
    """Path and query, as in the request line."""

    @property
    def netloc(self) -> str:
        """The value of the Host header."""
        is_default = self.port in (None, 443 if self.scheme == "https" else 80)
        return self.host if is_default else f"{self.host}:{self.port}"


@lru_cache(maxsize=512)
def split_plain(url: str) -> UrlParts | None:
    """The parts of a URL, or None if parsers may disagree about it (dot segments, escapes, other alphabets)."""
    match = _PLAIN.fullmatch(url)
    if match is None or "/." in url or "xn--" in url:
        return None
    scheme, host, port, target = match.groups()
    target = target if target.startswith("/") else f"/{target}"
    return UrlParts(scheme, host, int(port) if port else None, target)


_LONGEST = 65_536  # as in httpx, which refuses longer ones


@lru_cache(maxsize=512)
def split(url: str) -> UrlParts:
    """The parts of any URL.

    Raises:
        httpx.InvalidURL, UnicodeError: The URL cannot be requested.
    """
    plain = split_plain(url) if len(url) <= _LONGEST else None
    if plain is not None:
        return plain
    import httpx

    parsed = httpx.URL(url)
    host = parsed.raw_host.decode("ascii")
    return UrlParts(parsed.scheme, f"[{host}]" if ":" in host else host, parsed.port, parsed.raw_path.decode("ascii"))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    address = ip_address(host)
    return address is not None and address.is_loopback


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """A host as an address, or None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
