"""Which proxy a request goes through: the caller's, or the environment's with its exceptions."""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from replicatekit._http.urls import ip_address, is_loopback
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._http.urls import UrlParts

_SCHEMES = ("http", "https", "socks5", "socks5h")


class ProxyAddress(NamedTuple):
    """One proxy; its repr shows no password."""

    url: str
    """Without user and password."""
    auth: tuple[str, str] | None = None
    headers: Any = None
    ssl_context: Any = None

    def __repr__(self) -> str:
        return f"ProxyAddress({self.url})"


class Proxies:
    """The proxies for all requests of a client.

    Args:
        explicit: The caller's: a URL, or an `httpx.Proxy`; for all requests, regardless of the environment.
        trust_env: Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (and the system's settings) count.

    Raises:
        InvalidArgument: It is not a valid proxy.
    """

    def __init__(self, explicit: Any = None, *, trust_env: bool = True) -> None:
        self.explicit = None if explicit is None else _address(explicit, "proxy")
        """The caller's, for all requests."""
        environment: Mapping[str, str] = _environment() if trust_env and explicit is None else {}
        self._by_scheme = {
            scheme: _address(url if "://" in url else f"http://{url}", f"the environment's {scheme} proxy")
            for scheme, url in environment.items()
            if scheme in ("http", "https", "all")
        }
        self._exceptions = [each.strip().lower() for each in environment.get("no", "").split(",") if each.strip()]

    @property
    def has_any(self) -> bool:
        """Whether some requests go through a proxy."""
        return self.explicit is not None or bool(self._by_scheme)

    def for_url(self, url: UrlParts) -> ProxyAddress | None:
        """The proxy for a URL, or None for a direct connection."""
        if self.explicit is not None or not self._by_scheme:
            return self.explicit
        host = url.host.strip("[]")
        if is_loopback(host) or any(_matches(exception, host, url) for exception in self._exceptions):
            return None
        return self._by_scheme.get(url.scheme) or self._by_scheme.get("all")


def _environment() -> Mapping[str, str]:
    if sys.platform not in ("win32", "darwin") and not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    from urllib.request import getproxies

    return getproxies()


def _matches(exception: str, host: str, url: UrlParts) -> bool:
    """Whether an entry of NO_PROXY matches a host: a name (and those below it), an address, a network, or `*`."""
    if exception == "*":
        return True
    exception = exception.partition("://")[2] or exception
    port = re.fullmatch(r"(\[[^\]]*\]|[^:]*):([0-9]+)", exception)
    if port is not None:
        if int(port[2]) != (url.port or (443 if url.scheme == "https" else 80)):
            return False
        exception = port[1]
    exception = exception.strip("[]")
    address = ip_address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(exception.replace("[", "").replace("]", ""), strict=False)
        except ValueError:
            return False
    name = exception.removeprefix("*").lstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(value: Any, source: str) -> ProxyAddress:
    """A proxy from a URL, or from the Proxy of httpx or httpx2."""
    url, auth = str(getattr(value, "url", value)), getattr(value, "raw_auth", None)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _SCHEMES or not host:
        # The URL is not shown: it may hold a password.
        raise InvalidArgument(f"{source} must be a URL such as http://proxy:3128, with one of: {', '.join(_SCHEMES)}")
    if auth is None and parts.username:
        auth = (unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme.startswith("socks"):
        try:
            import socksio  # type: ignore[import-not-found] # noqa: F401 # pyright: ignore[reportMissingImports, reportUnusedImport]
        except ImportError:
            raise InvalidArgument(f"{source} is a SOCKS proxy, which needs the package socksio") from None
    host = f"[{host}]" if ":" in host else host
    bare = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    headers = getattr(value, "headers", None)
    return ProxyAddress(bare, auth, list(headers.raw) if headers else None, getattr(value, "ssl_context", None))
