"""How cost grows with the size of what is done: processor time for each item, and memory.

    make bench-growth                            # measures, and draws plots/*.png
    python benchmarks/growth.py --only events    # one of them; the figures alone

Each size is measured in a process of its own, some times; the medians count. What is flat costs the same for each.
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
from figures import FIGURES, MB, Figure
from measuring import HERE, Bench, serving
from peers import HOUSE, PEERS, Peer, python

PLOTS = HERE / "plots"


@dataclass(frozen=True)
class Growth:
    """A figure in growing sizes."""

    name: str
    title: str
    figure: str
    sizes: tuple[int, ...]
    item: str
    """What the processor time is for."""
    scale: float = 1
    """So much of what is counted is one item."""
    axis: str = ""
    largest: tuple[tuple[str, int], ...] = ()
    """What a peer is not asked to go beyond."""

    def sized(self, size: int) -> Figure:
        """The figure in one size, a process for each round."""
        figure = next(figure for figure in FIGURES if figure.name == self.figure)
        if self.name == "runs":
            return replace(figure, count=size * 5, given=size * 5, at_once=size)
        given = size * (figure.given or 0) // figure.count
        return replace(figure, count=size, given=given, is_fresh=True)

    def items(self, figure: Figure) -> float:
        """How many items it does."""
        return (figure.given or figure.count) / self.scale


GROWTHS = (
    Growth(
        "runs", "Runs at once, each of 300 ms, five for each place", "runs-async", (50, 200, 800), "run",
        axis="runs at once", largest=(("httpx", 200),),
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
"""For each peer, a point for each size."""


def measure(growth: Growth, bench: Bench, peers: list[Peer], rounds: int) -> Points:
    """The points of one of them."""
    points: Points = {}
    largest = dict(growth.largest)
    for size in growth.sizes:
        figure = replace(growth.sized(size), rounds=rounds)
        taking = [peer for peer in peers if size <= largest.get(peer.name, size)]
        for name, samples in bench.measure(figure, taking).items():
            point = {
                "size": size / growth.scale,
                "cpu": median(each["cpu"] for each in samples) / growth.items(figure),
                "seconds": median(each["seconds"] for each in samples),
                "grown": median(each["grown"] for each in samples),
            }
            points.setdefault(name, []).append(point)
    return points


def rows(growth: Growth, points: Points) -> list[list[str]]:
    """A row for each peer."""
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
    parser.add_argument("--tiny", action="store_true", help="small sizes: to see whether it works")
    parser.add_argument("--write", action="store_true", help="draw them into plots/, and put the table into README.md")
    parser.add_argument("--tree", type=Path, nargs="?", const=HOUSE, metavar="PATH", help="as run.py has it")
    given = parser.parse_args()
    peers = [peer for peer in PEERS if peer.name in given.peers and peer.is_there]
    body = []
    with tempfile.TemporaryDirectory() as folder, serving() as port:
        bench = Bench(port, Path(folder), given.tree and given.tree.resolve())
        for growth in GROWTHS:
            if given.only and growth.name not in given.only:
                continue
            if given.tiny:
                growth = replace(growth, sizes=(2, 4))
            points = measure(growth, bench, peers, given.rounds)
            body += rows(growth, points)
            if given.write:
                draw(growth, points)
    told = table.markdown(["what", "sizes", "client", "processor time", "memory grown"], body)
    print(told)
    for (figure, peer), said in bench.failures.items():
        print(f"\n- {figure}, {peer}: {'; '.join(said)}")
    if given.write:
        table.write("growth", told)
    return 0


def draw(growth: Growth, points: Points) -> None:
    """Draw one of them, in the environment that can."""
    order = {
        "title": growth.title,
        "axis": growth.axis,
        "item": growth.item,
        "path": str(PLOTS / f"{growth.name}.png"),
        "lines": {next(peer.title.replace("*", "").replace("`", "") for peer in PEERS if peer.name == name): each
                  for name, each in points.items()},
    }  # fmt: skip
    PLOTS.mkdir(exist_ok=True)
    subprocess.run([python("bench-plots"), HERE / "plot.py"], input=json.dumps(order), text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
