"""The drivers for sync and async code; the only package that uses an event loop.

May import: _base, errors.

The contract between a flow (the logic) and its driver:

- A flow is a coroutine, or an async generator. It awaits methods of its driver and other flows, and nothing else.
- `SyncDriver` blocks inside its methods, so that a flow on it never suspends: `run_sync` runs it in one step, without
  an event loop or a thread, inside a running loop too.
- `AsyncDriver` really awaits, on asyncio and on trio.
- In a generator, `yield` is for the caller's items; `await` is for I/O.
"""

from replicatekit._runtime.async_driver import AsyncDriver
from replicatekit._runtime.contract import Driver, Pending, TokenSet
from replicatekit._runtime.event_loops import (
    caller_in_loop,
    close_soon,
    close_with_loop,
    current_loop,
    forget_closed,
    without_loop_hooks,
)
from replicatekit._runtime.sync_driver import SyncDriver, iterate_sync, run_sync

__all__ = [
    "AsyncDriver",
    "Driver",
    "Pending",
    "SyncDriver",
    "TokenSet",
    "caller_in_loop",
    "close_soon",
    "close_with_loop",
    "current_loop",
    "forget_closed",
    "iterate_sync",
    "run_sync",
    "without_loop_hooks",
]
