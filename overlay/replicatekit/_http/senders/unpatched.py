"""Whether someone replaced methods of httpx, httpx2 or httpcore: a test, a recorder of traffic, a tracer.

A request that a test was to answer must not be sent, and billed. So whatever was replaced is used.
"""

from __future__ import annotations

import contextlib
import sys
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

__all__ = ["is_unpatched", "patched_library"]

_CLASSES = {
    "httpx": (("Client", "HTTPTransport"), ("AsyncClient", "AsyncHTTPTransport")),
    "httpx2": (("Client", "HTTPTransport"), ("AsyncClient", "AsyncHTTPTransport")),
    "httpcore": (("ConnectionPool", "HTTPConnection"), ("AsyncConnectionPool", "AsyncHTTPConnection")),
}
_verdicts: dict[str, tuple[type, dict[str, Any], bool]] = {}


def is_unpatched(*, is_async: bool) -> bool:
    """Whether the classes of these libraries, as far as they are loaded, are as they came."""
    return all(_is_library_original(package, is_async=is_async) for package in _CLASSES)


def patched_library(*, is_async: bool) -> ModuleType:
    """httpx, or httpx2 if methods of that library alone were replaced."""
    import httpx

    httpx2 = sys.modules.get("httpx2")
    is_httpx2 = httpx2 is not None and _is_library_original("httpx", is_async=is_async)
    return (
        httpx2 if httpx2 is not None and is_httpx2 and not _is_library_original("httpx2", is_async=is_async) else httpx
    )


def _is_library_original(package: str, *, is_async: bool) -> bool:
    module = sys.modules.get(package)
    return module is None or all(_is_original(module, package, name) for name in _CLASSES[package][is_async])


def _is_original(module: ModuleType, package: str, name: str) -> bool:
    kind: Any = getattr(module, name, None)
    key = f"{package}.{name}"
    known = _verdicts.get(key)
    if known is not None and known[0] is kind and known[1] == vars(kind):
        return known[2]
    verdict = isinstance(kind, type) and _has_own_methods(kind, module)
    if isinstance(kind, type):
        _verdicts[key] = (kind, dict(vars(kind)), verdict)
    return verdict


def _has_own_methods(kind: type, module: ModuleType) -> bool:
    """Whether the code of every method stands in the library's own files."""
    homes = ((module.__file__ or "").removesuffix("__init__.py"), contextlib.__file__)  # `Client.stream` is decorated
    methods: MappingProxyType[str, Any] = vars(kind)
    for value in methods.values():
        if callable(value) and not isinstance(value, type):
            code = getattr(value, "__code__", None)
            # Wrappers that pretend to be what they wrap are no functions, or their code stands elsewhere.
            if code is None or type(value) is not FunctionType or not code.co_filename.startswith(homes):
                return False
    return True
