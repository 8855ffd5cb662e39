"""Call any of the four functions of an endpoint module in the same way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from replicatekit_api import Client

# Unlike any real token.
TOKEN = "tk_" + "not-a-real-token-" * 2

WAYS = ["sync", "sync_detailed", "asyncio", "asyncio_detailed"]
each_way = pytest.mark.parametrize("way", WAYS)
sync_and_async = pytest.mark.parametrize("way", ["sync_detailed", "asyncio_detailed"])


def call(way: str, module: ModuleType, client: Client, *args: Any, **kwargs: Any) -> Any:
    """Call a function of an endpoint module, in a new event loop if it is async."""
    function = getattr(module, way)
    if way.startswith("sync"):
        return function(*args, client=client, **kwargs)

    async def work() -> Any:
        async with client:
            return await function(*args, client=client, **kwargs)

    return asyncio.run(work())
