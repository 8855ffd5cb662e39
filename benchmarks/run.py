"""Compare this package with other clients, and print a table.

    make bench                                   # all benchmarks, several minutes
    make bench-quick                             # about a minute
    python benchmarks/run.py --only get-sync     # one benchmark
    python benchmarks/run.py --only get-sync --peers httpx default --tree

README.md explains the table, and contains the latest one.
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
from measuring import Runner, Samples, start_server
from peers import PEERS, QUICK, ROOT, Peer
from suite import BENCHMARKS, Benchmark

NAMES = [benchmark.name for benchmark in BENCHMARKS]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer peers")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes, to try whether it works")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="+", choices=names, metavar="PEER", help=", ".join(names))
    parser.add_argument("--rounds", type=int, help="rounds of each benchmark")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all samples to this file")
    parser.add_argument("--cpu", action="store_true", help="measure processor time instead of elapsed time")
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    parser.add_argument(
        "--tree",
        type=Path,
        nargs="?",
        const=ROOT,
        metavar="PATH",
        help="import this package from a working tree (default: this one) instead of its environments",
    )
    return parser.parse_args()


def resize(benchmark: Benchmark, options: argparse.Namespace) -> Benchmark:
    """Return a benchmark with the size and the rounds that the options ask for."""
    if options.tiny:
        return benchmark.tiny()
    benchmark = benchmark.quickly() if options.quick else benchmark
    return replace(benchmark, rounds=options.rounds) if options.rounds else benchmark


def choose_peers(options: argparse.Namespace) -> list[Peer]:
    """Return the chosen peers whose environments exist."""
    names = options.peers or (QUICK if options.quick else [peer.name for peer in PEERS])
    peers = [peer for peer in PEERS if peer.name in names]
    missing = [peer.name for peer in peers if not peer.is_installed]
    if missing:
        print(f"Not measured, because their environments are missing (`make bench-peers`): {', '.join(missing)}\n")
    return [peer for peer in peers if peer.is_installed]


def measure(runner: Runner, options: argparse.Namespace, peers: list[Peer]) -> dict[str, Samples]:
    """Return the samples of each benchmark."""
    benchmarks = [benchmark for benchmark in BENCHMARKS if not options.only or benchmark.name in options.only]
    results = {}
    for number, benchmark in enumerate(benchmarks, 1):
        if sys.stderr.isatty():
            print(f"\r\033[K{number} of {len(benchmarks)}: {benchmark.name}", end="", file=sys.stderr, flush=True)
        participants = [peer for peer in peers if not (options.quick and peer.name in benchmark.slow)]
        results[benchmark.name] = runner.measure(resize(benchmark, options), participants)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return results


def report(results: dict[str, Samples], runner: Runner, peers: list[Peer], heading: str) -> str:
    """Return the heading, the table and the failures."""
    body = []
    for benchmark in BENCHMARKS:
        failed = {peer for name, peer in runner.failures if name == benchmark.name}
        body += table.rows(benchmark, results[benchmark.name], peers, failed) if benchmark.name in results else []
    parts = [heading, table.markdown(["benchmark", *(peer.title for peer in peers)], body)]
    if runner.failures:
        parts.append(
            "\n".join(
                f"- {benchmark}, {peer}: {'; '.join(messages)}"
                for (benchmark, peer), messages in runner.failures.items()
            )
        )
    return "\n\n".join(parts)


def describe_machine() -> str:
    """Return the date, the Python version and the machine."""
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, CPython {platform.python_version()}, {os.cpu_count()} cores shared with others "
        f"(load {load:.1f} at the start), {platform.system()}."
    )


def main() -> int:
    options = parse_options()
    peers = choose_peers(options)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(start_server())
        runner = Runner(port, folder, options.tree and options.tree.resolve(), by_cpu=options.cpu)
        heading = describe_machine() if options.tiny else f"{describe_machine()} {ceiling(port)}"
        results = measure(runner, options, peers)
    text = report(results, runner, peers, heading)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if options.write:
        table.write("table", text)
    return 1 if any(peer.is_ours and (name, peer.name) in runner.failures for peer in peers for name in results) else 0


if __name__ == "__main__":
    sys.exit(main())
