"""The benchmarks, their metrics, and the targets of this package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

MB = 1_000_000

Base = Literal["raw", "floor", "absolute"]


@dataclass(frozen=True)
class Target:
    """The target of a metric: a multiple of raw httpx or of the floor, or an absolute limit."""

    limit: float
    base: Base = "raw"

    def __str__(self) -> str:
        return {"raw": f"{self.limit:g}x", "floor": f"{self.limit:g}x floor", "absolute": f"{self.limit:g}"}[self.base]


@dataclass(frozen=True)
class Metric:
    """A metric of a benchmark: a row of the table."""

    key: Literal["seconds", "rate", "megabytes", "connections", "grown"]
    title: str
    unit: str
    scale: float = 1.0
    """The unit's size in seconds, items or bytes."""
    default: Target | None = None
    fast: Target | None = None

    @property
    def more_is_better(self) -> bool:
        """Whether higher values are better."""
        return self.key == "rate"

    @property
    def is_compared(self) -> bool:
        """Whether the table shows ratios of it."""
        return self.key in ("seconds", "rate", "megabytes")


@dataclass(frozen=True)
class Benchmark:
    """A task that each peer performs, and its metrics."""

    name: str
    program: str
    """The name of a function, or of a constant with a program, in each peer's module."""
    metrics: tuple[Metric, ...]
    rounds: int
    count: int = 1
    """The size of the task, in events, pages, runs or bytes."""
    expected: int | None = None
    """The expected result, which is also the number of items; None if that is `count`."""
    small: int = 1
    """The size of the warm-up."""
    times: int = 1
    """The number of calls in a round."""
    at_once: int = 1
    """The number of concurrent threads or tasks."""
    is_fresh: bool = False
    """Whether each round has a new process, with an unused client."""
    until: Literal["exit", "line", "memory"] | None = None
    """For programs: measure the time until they exit or print a line, or their memory at the end."""
    quick: tuple[tuple[str, int], ...] = ()
    """Fields that `--quick` replaces."""
    slow: tuple[str, ...] = ()
    """Peers that `--quick` leaves out."""

    def quickly(self) -> Benchmark:
        """Return the benchmark with fewer rounds."""
        return replace(self, **{"rounds": max(1, self.rounds // 3), **dict(self.quick)})

    def tiny(self) -> Benchmark:
        """Return the benchmark at the smallest size, to try whether it works."""
        count = min(self.count, max(self.small, 2))
        expected = None if self.expected is None else self.expected // self.count * count
        times, at_once = min(self.times, 2), min(self.at_once, 2)
        return replace(self, rounds=1, times=times, count=count, expected=expected, at_once=at_once)


def _seconds(title: str, unit: str, default: Target | None, fast: Target | None) -> Metric:
    return Metric("seconds", title, unit, {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit], default, fast)


def _both(limit: float) -> tuple[Target, Target]:
    return Target(limit), Target(limit)


def _files(
    program: str, title: str, size: int, default: Target, of_async: Target | None
) -> tuple[Benchmark, Benchmark]:
    """Return the sync and the async benchmark of a download or an upload."""
    grown, limit = Metric("grown", "… memory grown", "MB", MB), Target(2, "absolute")
    sync = (Metric("rate", title, "MB/s", MB, default, default), replace(grown, default=limit, fast=limit))
    of_async_client = (Metric("rate", "the same, async", "MB/s", MB, of_async, of_async), grown)
    return (
        Benchmark(program, program, sync, 7, count=size, expected=size, small=1000),
        Benchmark(f"{program}-async", f"{program}_async", of_async_client, 5, count=size, expected=size, small=1000),
    )


_RUNS = "500 runs of 300 ms, 200 at once"
_EVENTS = "stream of 20,000 small events"

BENCHMARKS = (
    Benchmark("import", "IMPORT", (_seconds("`import`, whole process", "ms", *_both(0.26)),), 15, until="exit"),
    Benchmark(
        "first-run",
        "FIRST_RUN",
        (_seconds("process start to the result of `run()`", "ms", *_both(1.0)),),
        15,
        until="line",
        quick=(("rounds", 4),),
    ),
    Benchmark(
        "memory-import",
        "IMPORT",
        (Metric("megabytes", "memory after import", "MB", MB, *_both(0.44)),),
        3,
        until="memory",
        quick=(("rounds", 1),),
    ),
    Benchmark(
        "memory-run",
        "FIRST_RUN",
        (Metric("megabytes", "memory after the first call", "MB", MB, *_both(1.0)),),
        3,
        until="memory",
        quick=(("rounds", 1),),
    ),
    Benchmark(
        "decode-one",
        "decode_one",
        (_seconds("bytes to a typed prediction, six fields read", "µs", Target(1.3), Target(0.6)),),
        9,
        times=2000,
        quick=(("times", 500),),
    ),
    Benchmark(
        "decode-page",
        "decode_page",
        (_seconds("bytes to a page of 100, three fields of each read", "µs", Target(1.3), Target(0.6)),),
        9,
        expected=100,
        times=40,
    ),
    Benchmark(
        "get-sync",
        "get_sync",
        (_seconds("GET a prediction, typed, one connection, sync", "µs", *_both(0.65)),),
        9,
        times=400,
        quick=(("times", 150),),
    ),
    Benchmark(
        "get-async",
        "get_async",
        (_seconds("the same, async", "µs", *_both(0.55)),),
        9,
        times=400,
        quick=(("times", 150),),
    ),
    Benchmark(
        "stream-sync",
        "stream_sync",
        (Metric("rate", f"{_EVENTS}, sync", "events/s", 1, *_both(2.5)),),
        7,
        count=20_000,
        expected=20_000,
        small=100,
    ),
    Benchmark(
        "stream-async",
        "stream_async",
        (Metric("rate", "the same, async", "events/s", 1, *_both(2.5)),),
        7,
        count=20_000,
        expected=20_000,
        small=100,
    ),
    Benchmark(
        "pages",
        "pages",
        (Metric("rate", "50 pages of 100, typed, three fields of each read", "items/s", 1, Target(1.1), Target(1.5)),),
        7,
        count=50,
        expected=5000,
        small=2,
    ),
    Benchmark(
        "runs-async",
        "runs_async",
        (
            _seconds(f"{_RUNS}, async", "ms", Target(1.3, "floor"), Target(1.3, "floor")),
            Metric("connections", "… connections opened", "", 1, Target(200, "absolute"), Target(200, "absolute")),
        ),
        3,
        count=500,
        expected=500,
        small=2,
        at_once=200,
        is_fresh=True,
        slow=("httpx", "replicate-1"),
    ),
    Benchmark(
        "runs-threads",
        "runs_threads",
        (
            _seconds("the same by 200 threads on one client", "ms", Target(1.2, "floor"), Target(1.2, "floor")),
            Metric("connections", "… connections opened", "", 1, Target(200, "absolute"), Target(200, "absolute")),
            Metric("grown", "… memory grown", "MB", MB, Target(15, "absolute"), Target(15, "absolute")),
        ),
        3,
        count=500,
        expected=500,
        small=2,
        at_once=200,
        is_fresh=True,
        slow=("httpx", "replicate-1"),
    ),
    *_files("download", "download of 200 MB to a file", 200 * MB, Target(1.1), Target(1.5)),
    *_files("upload", "upload of a file of 50 MB", 50 * MB, Target(0.9), None),
)
