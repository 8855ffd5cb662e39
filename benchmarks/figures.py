"""What is measured, and the bars that it is held to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

MB = 1_000_000

Of = Literal["raw", "floor", "absolute"]


@dataclass(frozen=True)
class Bar:
    """What a figure of ours is to reach: so many times that of raw httpx, or of the floor; or so much."""

    limit: float
    of: Of = "raw"

    def __str__(self) -> str:
        return {"raw": f"{self.limit:g}x", "floor": f"{self.limit:g}x floor", "absolute": f"{self.limit:g}"}[self.of]


@dataclass(frozen=True)
class Metric:
    """A number of a figure: a line of the table."""

    key: Literal["seconds", "rate", "megabytes", "connections", "grown"]
    title: str
    unit: str
    scale: float = 1.0
    """The unit's size in seconds, items or bytes."""
    default: Bar | None = None
    fast: Bar | None = None

    @property
    def more_is_better(self) -> bool:
        """Whether a higher number is a better one."""
        return self.key == "rate"

    @property
    def is_compared(self) -> bool:
        """Whether a ratio says something about it."""
        return self.key in ("seconds", "rate", "megabytes")


@dataclass(frozen=True)
class Figure:
    """Something that each peer does, and what is measured of it."""

    name: str
    program: str
    """The function or the program text of this name in each peer's module."""
    metrics: tuple[Metric, ...]
    rounds: int
    count: int = 1
    """How much is done: events, pages, runs, bytes. `given` items come of it."""
    given: int | None = None
    """What it gives when it went well, where that is another number."""
    small: int = 1
    """As much is done to warm up."""
    times: int = 1
    """How often it is done in a round."""
    at_once: int = 1
    is_fresh: bool = False
    """Whether each round has a process of its own, and in it a client that was not used before."""
    until: Literal["exit", "line", "memory"] | None = None
    """For whole programs: what is measured is the time to this, or the memory after it."""
    quick: tuple[tuple[str, int], ...] = ()
    """What is less where it is to be quick."""
    slow: tuple[str, ...] = ()
    """The peers that are left out where it is to be quick."""

    def quickly(self) -> Figure:
        """The same in less time."""
        return replace(self, **{"rounds": max(1, self.rounds // 3), **dict(self.quick)})

    def tiny(self) -> Figure:
        """The same as a mere trial."""
        count = min(self.count, max(self.small, 2))
        given = None if self.given is None else self.given // self.count * count
        return replace(self, rounds=1, times=min(self.times, 2), count=count, given=given, at_once=min(self.at_once, 2))


def _seconds(title: str, unit: str, default: Bar | None, fast: Bar | None) -> Metric:
    return Metric("seconds", title, unit, {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit], default, fast)


def _both(limit: float) -> tuple[Bar, Bar]:
    return Bar(limit), Bar(limit)


def _files(program: str, title: str, size: int, default: Bar, awaiting: Bar | None) -> tuple[Figure, Figure]:
    """Up or down, sync and async."""
    grown, little = Metric("grown", "… memory grown", "MB", MB), Bar(2, "absolute")
    held = (Metric("rate", title, "MB/s", MB, default, default), replace(grown, default=little, fast=little))
    awaited = (Metric("rate", "the same, async", "MB/s", MB, awaiting, awaiting), grown)
    return (
        Figure(program, program, held, 7, count=size, given=size, small=1000),
        Figure(f"{program}-async", f"{program}_async", awaited, 5, count=size, given=size, small=1000),
    )


_RUNS = "500 runs of 300 ms, 200 at once"
_EVENTS = "stream of 20,000 small events"

FIGURES = (
    Figure("import", "IMPORT", (_seconds("`import`, whole process", "ms", *_both(0.26)),), 15, until="exit"),
    Figure(
        "first-run",
        "FIRST_RUN",
        (_seconds("process start to the result of `run()`", "ms", *_both(1.0)),),
        15,
        until="line",
        quick=(("rounds", 4),),
    ),
    Figure(
        "memory-import",
        "IMPORT",
        (Metric("megabytes", "memory after import", "MB", MB, *_both(0.44)),),
        3,
        until="memory",
        quick=(("rounds", 1),),
    ),
    Figure(
        "memory-run",
        "FIRST_RUN",
        (Metric("megabytes", "memory after the first call", "MB", MB, *_both(1.0)),),
        3,
        until="memory",
        quick=(("rounds", 1),),
    ),
    Figure(
        "decode-one",
        "decode_one",
        (_seconds("bytes to a typed prediction, six fields read", "µs", Bar(1.3), Bar(0.6)),),
        9,
        times=2000,
        quick=(("times", 500),),
    ),
    Figure(
        "decode-page",
        "decode_page",
        (_seconds("bytes to a page of 100, three fields of each read", "µs", Bar(1.3), Bar(0.6)),),
        9,
        given=100,
        times=40,
    ),
    Figure(
        "get-sync",
        "get_sync",
        (_seconds("GET a prediction, typed, one connection, sync", "µs", *_both(0.65)),),
        9,
        times=400,
        quick=(("times", 150),),
    ),
    Figure(
        "get-async",
        "get_async",
        (_seconds("the same, async", "µs", *_both(0.55)),),
        9,
        times=400,
        quick=(("times", 150),),
    ),
    Figure(
        "stream-sync",
        "stream_sync",
        (Metric("rate", f"{_EVENTS}, sync", "events/s", 1, *_both(2.5)),),
        7,
        count=20_000,
        given=20_000,
        small=100,
    ),
    Figure(
        "stream-async",
        "stream_async",
        (Metric("rate", "the same, async", "events/s", 1, *_both(2.5)),),
        7,
        count=20_000,
        given=20_000,
        small=100,
    ),
    Figure(
        "pages",
        "pages",
        (Metric("rate", "50 pages of 100, typed, three fields of each read", "items/s", 1, Bar(1.1), Bar(1.5)),),
        7,
        count=50,
        given=5000,
        small=2,
    ),
    Figure(
        "runs-async",
        "runs_async",
        (
            _seconds(f"{_RUNS}, async", "ms", Bar(1.3, "floor"), Bar(1.3, "floor")),
            Metric("connections", "… connections opened", "", 1, Bar(200, "absolute"), Bar(200, "absolute")),
        ),
        3,
        count=500,
        given=500,
        small=2,
        at_once=200,
        is_fresh=True,
        slow=("httpx", "replicate-1"),
    ),
    Figure(
        "runs-threads",
        "runs_threads",
        (
            _seconds("the same by 200 threads on one client", "ms", Bar(1.2, "floor"), Bar(1.2, "floor")),
            Metric("connections", "… connections opened", "", 1, Bar(200, "absolute"), Bar(200, "absolute")),
            Metric("grown", "… memory grown", "MB", MB, Bar(15, "absolute"), Bar(15, "absolute")),
        ),
        3,
        count=500,
        given=500,
        small=2,
        at_once=200,
        is_fresh=True,
        slow=("httpx", "replicate-1"),
    ),
    *_files("download", "download of 200 MB to a file", 200 * MB, Bar(1.1), Bar(1.5)),
    *_files("upload", "upload of a file of 50 MB", 50 * MB, Bar(0.9), None),
)
