"""Measure this package beside its peers, and print one table.

    make bench                                   # all of it, some minutes
    make bench-quick                             # about a minute
    python benchmarks/run.py --only get-sync     # one figure
    python benchmarks/run.py --only get-sync --peers httpx default --tree

README.md beside this file says how to read the table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import table
from figures import FIGURES
from measuring import Bench, serving
from peers import HOUSE, PEERS

NAMES = [figure.name for figure in FIGURES]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--tiny", action="store_true", help="as little as possible: to see whether it works")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--peers", nargs="+", choices=[peer.name for peer in PEERS], help="only these columns")
    parser.add_argument("--rounds", type=int, help="rounds of each figure")
    parser.add_argument("--json", type=Path, help="every sample, to this file")
    parser.add_argument(
        "--tree",
        type=Path,
        nargs="?",
        const=HOUSE,
        help="take this package from a working tree (this one, if none is named), not from its environments",
    )
    return parser.parse_args()


def main() -> int:
    given = options()
    peers = [peer for peer in PEERS if peer.is_there and (not given.peers or peer.name in given.peers)]
    missing = [peer.name for peer in PEERS if not peer.is_there and (not given.peers or peer.name in given.peers)]
    if missing:
        print(f"not measured, for want of their environments (make bench-peers): {', '.join(missing)}\n")
    figures = [figure for figure in FIGURES if not given.only or figure.name in given.only]
    body, kept = [], {}
    with tempfile.TemporaryDirectory() as folder, serving() as port:
        bench = Bench(port, Path(folder), given.tree and given.tree.resolve())
        for figure in figures:
            sized = figure.tiny() if given.tiny else figure.quickly() if given.quick else figure
            if given.rounds:
                sized = sized.__class__(**{**sized.__dict__, "rounds": given.rounds})
            if sys.stderr.isatty():
                print(f"\r\033[K{figure.name} ...", end="", file=sys.stderr, flush=True)
            samples = bench.measure(sized, peers)
            kept[figure.name] = samples
            body += table.rows(figure, samples, peers)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(table.markdown(["figure", *(peer.title for peer in peers)], body))
    for failure in bench.failures:
        print(f"\nfailed: {failure}")
    if given.json:
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
