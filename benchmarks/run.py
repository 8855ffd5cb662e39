"""Measure this package beside its peers, and print one table.

    make bench                                   # all of it, some minutes
    make bench-quick                             # about a minute
    python benchmarks/run.py --only get-sync     # one figure
    python benchmarks/run.py --only get-sync --peers httpx default --tree

README.md beside this file says how to read the table, and holds the last one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import table
from ceiling import ceiling
from figures import FIGURES, Figure
from measuring import Bench, Samples, serving
from peers import HOUSE, PEERS, QUICK, Peer

NAMES = [figure.name for figure in FIGURES]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer peers")
    parser.add_argument("--tiny", action="store_true", help="as little as possible: to see whether it works")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="+", choices=names, metavar="PEER", help=", ".join(names))
    parser.add_argument("--rounds", type=int, help="rounds of each figure")
    parser.add_argument("--json", type=Path, metavar="PATH", help="every sample, to this file")
    parser.add_argument("--cpu", action="store_true", help="processor time of each process, in place of the clock's")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    parser.add_argument(
        "--tree",
        type=Path,
        nargs="?",
        const=HOUSE,
        metavar="PATH",
        help="take this package from a working tree (this one, if none is named), not from its environments",
    )
    return parser.parse_args()


def sized(figure: Figure, given: argparse.Namespace) -> Figure:
    """A figure with as many rounds as are wanted."""
    if given.tiny:
        return figure.tiny()
    figure = figure.quickly() if given.quick else figure
    return replace(figure, rounds=given.rounds) if given.rounds else figure


def chosen(given: argparse.Namespace) -> list[Peer]:
    """The peers that are to be measured and can be."""
    names = given.peers or (QUICK if given.quick else [peer.name for peer in PEERS])
    peers = [peer for peer in PEERS if peer.name in names]
    missing = [peer.name for peer in peers if not peer.is_there]
    if missing:
        print(f"Not measured, for want of their environments (`make bench-peers`): {', '.join(missing)}\n")
    return [peer for peer in peers if peer.is_there]


def measured(bench: Bench, given: argparse.Namespace, peers: list[Peer]) -> dict[str, Samples]:
    """The samples of each figure."""
    figures = [figure for figure in FIGURES if not given.only or figure.name in given.only]
    kept = {}
    for number, figure in enumerate(figures, 1):
        if sys.stderr.isatty():
            print(f"\r\033[K{number} of {len(figures)}: {figure.name}", end="", file=sys.stderr, flush=True)
        taking = [peer for peer in peers if not (given.quick and peer.name in figure.slow)]
        kept[figure.name] = bench.measure(sized(figure, given), taking)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return kept


def report(kept: dict[str, Samples], bench: Bench, peers: list[Peer], above: str) -> str:
    """All that is told."""
    body = []
    for figure in FIGURES:
        failed = {peer for name, peer in bench.failures if name == figure.name}
        body += table.rows(figure, kept[figure.name], peers, failed) if figure.name in kept else []
    parts = [above, table.markdown(["figure", *(peer.title for peer in peers)], body)]
    if bench.failures:
        parts.append("\n".join(f"- {figure}, {peer}: {'; '.join(s)}" for (figure, peer), s in bench.failures.items()))
    return "\n\n".join(parts)


def where() -> str:
    """Where and when it was measured."""
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, CPython {platform.python_version()}, {os.cpu_count()} cores shared with others "
        f"(load {load:.1f} at the start), {platform.system()}."
    )


def main() -> int:
    given = options()
    peers = chosen(given)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(serving())
        bench = Bench(port, folder, given.tree and given.tree.resolve(), by_cpu=given.cpu)
        above = where() if given.tiny else f"{where()} {ceiling(port)}"
        kept = measured(bench, given, peers)
    told = report(kept, bench, peers, above)
    print(told)
    if given.json:
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    if given.write:
        table.write("table", told)
    return 1 if any(peer.is_ours and (name, peer.name) in bench.failures for peer in peers for name in kept) else 0


if __name__ == "__main__":
    sys.exit(main())
