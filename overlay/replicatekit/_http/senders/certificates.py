"""Which certificates are trusted: the operating system's, or those that the caller or the environment names."""

from __future__ import annotations

import os
import ssl
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import httpcore2

from replicatekit.errors import InvalidArgument

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def ssl_context(verify: Any, *, trust_env: bool) -> ssl.SSLContext:
    """The context for TLS connections; loaded once for all clients, as that takes longer than a request.

    Args:
        verify: True for the trusted certificates, False to trust any, a path, or the caller's context.
        trust_env: Whether SSL_CERT_FILE and SSL_CERT_DIR count.

    Raises:
        InvalidArgument: There is no such file or directory, or it holds no certificates.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, (str, os.PathLike)):
        return _from_path(str(os.fspath(cast("str", verify))), "verify")
    if not isinstance(verify, bool):
        raise InvalidArgument(f"verify must be True, False, a path or an ssl.SSLContext, not {type(verify).__name__}")
    if not verify:
        return _unverified()
    for variable in _VARIABLES if trust_env else ():
        if path := os.environ.get(variable):
            return _from_path(path, variable)
    return _system()


@lru_cache(maxsize=8)
def _from_path(path: str, source: str) -> ssl.SSLContext:
    try:
        if path and Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        if path and Path(path).exists():
            return ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"cannot load certificates from {source}={path!r}: {error}") from None
    raise InvalidArgument(f"{source} names a path that does not exist: {path!r}")


@lru_cache(maxsize=1)
def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@lru_cache(maxsize=1)
def _system() -> ssl.SSLContext:
    if not any(os.environ.get(name) for name in _VARIABLES):
        return httpcore2.default_ssl_context()
    # httpcore2 would read the variables that `trust_env=False` excludes.
    if sys.platform in ("win32", "darwin"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context, paths = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.get_default_verify_paths()
    existing = [path if Path(path).exists() else None for path in (paths.openssl_cafile, paths.openssl_capath)]
    if any(existing):
        context.load_verify_locations(*existing)
    return context
