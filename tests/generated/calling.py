"""The four ways to call an endpoint module, as one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from replicatekit_api import Client

# It looks like no token that anybody has.
TOKEN = "tk_" + "not-a-real-token-" * 2

WAYS = ["sync", "sync_detailed", "asyncio", "asyncio_detailed"]
each_way = pytest.mark.parametrize("way", WAYS)
sync_and_async = pytest.mark.parametrize("way", ["sync_detailed", "asyncio_detailed"])


def call(way: str, module: ModuleType, client: Client, *args: Any, **kwargs: Any) -> Any:
    """Call a function of an endpoint module; in an event loop of its own, where it needs one."""
    function = getattr(module, way)
    if way.startswith("sync"):
        return function(*args, client=client, **kwargs)

    async def work() -> Any:
        async with client:
            return await function(*args, client=client, **kwargs)

    return asyncio.run(work())
