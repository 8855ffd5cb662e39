"""How requests reach the network: httpx's own transports, in small pools; or pyreqwest, where a caller asks for it.

Both are transports as httpx knows them, and give the same answers and the same errors. The quicker one does what it
can do as httpx does, and hands on the rest: see `_reqwest`. It is not taken by itself: on a loaded machine it may learn
late that an idle connection was closed, and what became of a create is then not known; and a process that ended in the
moment of its last answer was aborted by it, before `_at_exit` made it wait.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ENGINES", "Engine", "checked_engine", "transport_for"]

Engine = Literal["httpx", "reqwest"]
ENGINES: tuple[Engine, ...] = ("httpx", "reqwest")

# What these do as httpx's own client does; with anything else, it does it all.
_OURS = {"timeout", "verify", "follow_redirects", "limits", "trust_env"}
_PROXIES = {"http", "https", "all"}


def checked_engine(engine: object) -> Engine:
    """The name of an engine that is here.

    Raises:
        InvalidArgument: It is none, or is not installed.
    """
    for known in ENGINES:
        if engine == known:
            if known == "reqwest" and not _is_installed():
                raise InvalidArgument("engine='reqwest' needs the package pyreqwest: pip install 'replicatekit[fast]'")
            return known
    raise InvalidArgument(f"engine must be one of {', '.join(ENGINES)}, not {engine!r}")


def transport_for(arguments: Mapping[str, Any], engine: Engine, *, suspends: bool) -> Any:
    """The transport for an HTTP client with these arguments; None where that is to be httpx's business alone.

    Args:
        arguments: httpx's own.
        engine: What the caller wants.
        suspends: Whether it is for async code.
    """
    proxied = bool(arguments.get("trust_env", True)) and _has_proxies()
    if not _OURS.issuperset(arguments) or arguments.get("follow_redirects") or proxied:
        return None
    from replicatekit._runtime import is_asyncio

    def pools() -> Any:
        from replicatekit._transports._pools import AsyncPools, Pools

        return AsyncPools(arguments) if suspends else Pools(arguments)

    # What differs there from what httpx does is what a caller asks for by these.
    is_plain = arguments.get("limits") is None and arguments.get("verify", True) is True
    if engine == "httpx" or not is_plain or (suspends and not is_asyncio()):
        return pools()
    from replicatekit._transports._reqwest import AsyncReqwest, Reqwest

    return (AsyncReqwest if suspends else Reqwest)(pools, trust_env=bool(arguments.get("trust_env", True)))


def _has_proxies() -> bool:
    from urllib.request import getproxies

    return not _PROXIES.isdisjoint(getproxies())


@cache
def _is_installed() -> bool:
    return sys.modules.get("pyreqwest") is not None or _loaded()


def _loaded() -> bool:
    """Load pyreqwest, if it is there, in a thread that lasts as long as the process.

    Loaded in one that ends, it crashes the process at its next use: what it allocates memory with goes with the thread.
    """
    import threading

    done, found = threading.Event(), list[bool]()

    def load() -> None:
        try:
            import pyreqwest  # pyright: ignore[reportUnusedImport] # noqa: F401

            found.append(True)
        except ImportError:
            return
        finally:
            done.set()
        threading.Event().wait()

    threading.Thread(target=load, name="replicatekit", daemon=True).start()
    done.wait()
    return bool(found)
