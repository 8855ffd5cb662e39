"""The authorities whose certificates are trusted: read once, for that takes longer than a request."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["certificates"]


def certificates(verify: bool | str | SSLContext, *, trust_env: bool) -> bool | str | SSLContext:  # noqa: FBT001 (httpx's own argument)
    """What stands for `verify` in a transport of httpx."""
    if verify is not True:
        return verify
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else (None, None)
    return _read(trust_env, *named)


@lru_cache(maxsize=4)
def _read(trust_env: bool, *named: str | None) -> SSLContext:  # noqa: FBT001 (a key of the cache)
    del named
    return httpx.create_ssl_context(trust_env=trust_env)
