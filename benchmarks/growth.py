"""Measure how processor time per item, and memory, grow with the size of a benchmark.

    make bench-growth                            # measure, and draw plots/*.png
    python benchmarks/growth.py --only events    # one benchmark, without plots

Each size is measured several times in new processes; the medians are shown. A flat line means a constant cost per item.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import table
from measuring import HERE, Runner, start_server
from peers import PEERS, ROOT, Peer, python
from suite import BENCHMARKS, MB, Benchmark

PLOTS = HERE / "plots"


@dataclass(frozen=True)
class Growth:
    """A benchmark in growing sizes."""

    name: str
    title: str
    benchmark: str
    sizes: tuple[int, ...]
    item: str
    """The unit of processor time: time per item."""
    scale: float = 1
    """The size of an item, in units of the benchmark's count."""
    axis: str = ""
    largest: tuple[tuple[str, int], ...] = ()
    """The largest size for some peers."""

    def sized(self, size: int) -> Benchmark:
        """Return the benchmark in one size, with a new process for each round."""
        benchmark = next(each for each in BENCHMARKS if each.name == self.benchmark)
        if self.name == "runs":
            return replace(benchmark, count=size * 5, expected=size * 5, at_once=size)
        expected = size * (benchmark.expected or 0) // benchmark.count
        return replace(benchmark, count=size, expected=expected, is_fresh=True)

    def items(self, benchmark: Benchmark) -> float:
        """Return the number of items."""
        return (benchmark.expected or benchmark.count) / self.scale


GROWTHS = (
    Growth(
        "runs", "Concurrent runs of 300 ms, five for each slot", "runs-async", (50, 200, 800), "run",
        axis="concurrent runs", largest=(("httpx", 200),),
    ),
    Growth("pages", "Pages of 100 predictions", "pages", (10, 100, 1000), "prediction", axis="pages"),
    Growth("events", "Events of one stream", "stream-sync", (10_000, 100_000, 1_000_000), "event", axis="events"),
    Growth(
        "events-async", "Events of one stream, async", "stream-async", (10_000, 100_000, 1_000_000), "event",
        axis="events",
    ),
    Growth(
        "bytes", "A download to a file, in MB", "download", (20 * MB, 200 * MB, 2000 * MB), "MB", scale=MB, axis="MB",
    ),
)  # fmt: skip


Points = dict[str, list[dict[str, Any]]]
"""The points of each peer, one for each size."""


def measure(growth: Growth, runner: Runner, peers: list[Peer], rounds: int) -> Points:
    """Return the points of one benchmark."""
    points: Points = {}
    largest = dict(growth.largest)
    for size in growth.sizes:
        benchmark = replace(growth.sized(size), rounds=rounds)
        participants = [peer for peer in peers if size <= largest.get(peer.name, size)]
        for name, samples in runner.measure(benchmark, participants).items():
            point = {
                "size": size / growth.scale,
                "cpu": median(each["cpu"] for each in samples) / growth.items(benchmark),
                "seconds": median(each["seconds"] for each in samples),
                "grown": median(each["grown"] for each in samples),
            }
            points.setdefault(name, []).append(point)
    return points


def rows(growth: Growth, points: Points) -> list[list[str]]:
    """Return a row for each peer."""
    titles = {peer.name: peer.title for peer in PEERS}
    return [
        [
            growth.title,
            ", ".join(f"{point['size']:,.0f}" for point in each),
            titles[name],
            ", ".join(table.number(point["cpu"] * 1e6) for point in each) + f" µs/{growth.item}",
            ", ".join(table.number(point["grown"] / MB) for point in each) + " MB",
        ]
        for name, each in points.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[growth.name for growth in GROWTHS])
    parser.add_argument("--peers", nargs="+", default=["httpx", "default", "fast"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="smallest sizes, to try whether it works")
    parser.add_argument("--write", action="store_true", help="draw the plots, and write the table into README.md")
    parser.add_argument("--tree", type=Path, nargs="?", const=ROOT, metavar="PATH", help="as in run.py")
    options = parser.parse_args()
    peers = [peer for peer in PEERS if peer.name in options.peers and peer.is_installed]
    body = []
    with tempfile.TemporaryDirectory() as folder, start_server() as port:
        runner = Runner(port, Path(folder), options.tree and options.tree.resolve())
        for growth in GROWTHS:
            if options.only and growth.name not in options.only:
                continue
            if options.tiny:
                growth = replace(growth, sizes=(2, 4))
            points = measure(growth, runner, peers, options.rounds)
            body += rows(growth, points)
            if options.write:
                draw(growth, points)
    text = table.markdown(["benchmark", "sizes", "client", "processor time", "memory grown"], body)
    print(text)
    for (benchmark, peer), messages in runner.failures.items():
        print(f"\n- {benchmark}, {peer}: {'; '.join(messages)}")
    if options.write:
        table.write("growth", text)
    return 0


def draw(growth: Growth, points: Points) -> None:
    """Draw a plot, in the environment that has matplotlib."""
    plot = {
        "title": growth.title,
        "axis": growth.axis,
        "item": growth.item,
        "path": str(PLOTS / f"{growth.name}.png"),
        "lines": {next(peer.title.replace("*", "").replace("`", "") for peer in PEERS if peer.name == name): each
                  for name, each in points.items()},
    }  # fmt: skip
    PLOTS.mkdir(exist_ok=True)
    subprocess.run([python("bench-plots"), HERE / "plot.py"], input=json.dumps(plot), text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
