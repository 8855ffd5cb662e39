"""The clients of pyreqwest, set up to behave as httpx does."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from replicatekit._base.locks import fork_safe_lock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Clients"]

_IDLE = timedelta(seconds=5)  # as httpx: a server that has given a connection up must not be met there


class Clients:
    """Their clients: one for each pair of timeouts, which are a client's there, and a request's in httpx."""

    _MOST: ClassVar[int] = 8

    def __init__(self, builder: Callable[[], Any], *, trust_env: bool) -> None:
        self._builder = builder
        self._trust_env = trust_env
        self._lock = fork_safe_lock()
        self._clients: dict[tuple[Any, ...], Any] = {}

    def of(self, scheme: str, connect: float | None, read: float | None) -> Any:
        """The client for a request; None where there is none.

        Args:
            scheme: Of the URL.
            connect: Seconds for each connection.
            read: Seconds of silence.
        """
        key = (scheme, connect, read)
        client = self._clients.get(key)
        if client is None:
            with self._lock:
                client = self._clients.get(key)
                if client is None and len(self._clients) < self._MOST:
                    client = self._clients[key] = self._built(*key)
        return client

    def take_all(self) -> list[Any]:
        """All of them, to be closed; the next request begins with new ones."""
        with self._lock:
            clients = [client for client in self._clients.values() if client is not None]
            self._clients.clear()
        return clients

    def _built(self, scheme: str, connect: float | None, read: float | None) -> Any:
        builder = self._builder().http1_only().no_proxy().follow_redirects(enable=False).referer(enable=False)
        # What is packed is unpacked by httpx.
        builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
        builder = builder.pool_idle_timeout(_IDLE).tcp_nodelay(enabled=True)
        if connect is not None:
            builder = builder.connect_timeout(timedelta(seconds=connect))
        if read is not None:
            builder = builder.read_timeout(timedelta(seconds=read))
        if scheme == "https":
            authorities = _authorities(trust_env=self._trust_env)
            if authorities is None:
                return None
            builder = builder.add_root_certificate_pem(authorities)
        try:
            return builder.build()
        except RuntimeError:  # the child of a fork: what runs the requests did not come along
            return None


@cache
def _authorities(*, trust_env: bool) -> bytes | None:
    """Those that httpx trusts; None where the environment names others, which is left to httpx."""
    if trust_env and (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        return None
    try:
        import certifi
    except ImportError:
        return None
    return Path(certifi.where()).read_bytes()
