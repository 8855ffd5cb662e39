"""Which of several small pools the next request goes to. No I/O."""

from __future__ import annotations

from heapq import heappop, heappush

from replicatekit._base.locks import fork_safe_lock

__all__ = ["Places"]


class Places:
    """The places of all pools to one host. Safe across threads.

    The first pool with a free place is taken, so that few requests share few connections, and warm ones. Where no
    place is left, a request goes to the pool with the fewest, and waits there.

    Args:
        pool_size: Places, and so connections, of one pool.
        most: Places of all of them.
    """

    def __init__(self, pool_size: int, most: int) -> None:
        self._pool_size = pool_size
        self._most_pools = -(-most // pool_size)
        self._lock = fork_safe_lock()
        self._taken: list[int] = []
        self._free: list[int] = []  # a heap of pools, each as often as it has places

    def take(self) -> int:
        """The pool for a request that begins."""
        with self._lock:
            if not self._free and len(self._taken) < self._most_pools:
                self._free = [len(self._taken)] * self._pool_size
                self._taken.append(0)
            pool = heappop(self._free) if self._free else min(range(len(self._taken)), key=self._taken.__getitem__)
            self._taken[pool] += 1
            return pool

    def give_back(self, pool: int) -> None:
        """A request of that pool has ended."""
        with self._lock:
            self._taken[pool] -= 1
            if self._taken[pool] < self._pool_size:
                heappush(self._free, pool)

    def unused(self, pool: int) -> bool:
        """Whether no request is in that pool."""
        with self._lock:
            return not self._taken[pool]
