"""Whether the caller may suspend: the only package that knows.

The contract between a flow (logic) and its driver (an `IO`):

- A flow is a coroutine, or an async generator. It awaits methods of an `IO` and other flows, and nothing else.
- `BlockingIO` blocks inside its methods, so that a flow driven by it never suspends: `run_sync` runs it with one step,
  with no event loop and no thread, inside a running loop too.
- `AsyncIO` really awaits, on asyncio and on trio.
- In a generator, `yield` is for the caller's items; `await` is for I/O.
"""

from replicatekit._runtime.async_driver import ASYNC, AsyncIO
from replicatekit._runtime.contract import IO, Endpoint, Pending, TokenSet
from replicatekit._runtime.event_loops import forget_closed, is_asyncio, left_early
from replicatekit._runtime.sync_driver import BLOCKING, BlockingIO, iterate_sync, run_sync

__all__ = [
    "ASYNC",
    "BLOCKING",
    "IO",
    "AsyncIO",
    "BlockingIO",
    "Endpoint",
    "Pending",
    "TokenSet",
    "forget_closed",
    "is_asyncio",
    "iterate_sync",
    "left_early",
    "run_sync",
]
