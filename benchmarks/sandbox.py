"""How fast the sandbox is: polls, streams at once, memory over many predictions, its start.

    python benchmarks/sandbox.py                        # all of it, some minutes
    python benchmarks/sandbox.py polls streams          # only these
    python benchmarks/sandbox.py memory --count 20000

The sandbox runs in a process of its own on one core, what asks it in others on the other cores, over plain sockets,
so that it is the sandbox that is measured. Memory is its resident set, as Linux counts it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

POLL_SECONDS = 8.0
POLLERS = 16
STREAMS = 500
PIECES = 20
COUNT = 100_000
CREATORS = 8

SERVE = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
from replicatekit.sandbox import ConcatenateIterator, Sandbox

def fast(text: str = "") -> str:
    return text

def pieces(count: int = 10, pause: float = 0.1) -> ConcatenateIterator[str]:
    for number in range(count):
        time.sleep(pause)
        yield f"{number} "

with Sandbox(builtin=False, path=sys.argv[2] if len(sys.argv) > 2 else None) as sandbox:
    sandbox.model("bench/fast", official=True)(fast)
    sandbox.model("bench/pieces", official=True)(pieces)
    print(sandbox.base_url, sandbox.token, flush=True)
    sys.stdin.read()
"""

START = """
import time
began = time.perf_counter()
from replicatekit.sandbox import Sandbox
imported = time.perf_counter()
sandbox = Sandbox().start()
started = time.perf_counter()
print(imported - began, started - imported)
sandbox.close()
"""


class Served:
    """A sandbox in a process of its own, on the first core."""

    def __init__(self, *arguments: str) -> None:
        self.cores = sorted(os.sched_getaffinity(0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self.cores[0]), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url, self.token = self.process.stdout.readline().split()
        self.port = int(self.url.rsplit(":", 1)[1].partition("/")[0])

    def memory(self) -> float:
        """Its resident set in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def processor(self) -> float:
        """The seconds of processor time that it has had."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        os.sched_setaffinity(0, set(self.cores[1:]) or set(self.cores))
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60)
        os.sched_setaffinity(0, set(self.cores))


class Connection:
    """One connection to the sandbox, kept open: a request, an answer, no more than that."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.head = f"Host: 127.0.0.1:{served.port}\r\nAuthorization: Bearer {served.token}\r\n"

    async def open(self, port: int | None = None) -> Self:
        """Opens it, to another port if one is given."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port or self.served.port)
        return self

    async def ask(self, method: str, path: str, body: Any = None, more: str = "") -> bytes:
        """Asks, and gives the body of an answer that must be a good one."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self.head}{more}content-length: {len(content)}\r\n"
        self.writer.write(f"{head}content-type: application/json\r\n\r\n".encode() + content)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 20"), answer
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return await self.reader.readexactly(length)

    async def stream(self, url: str) -> list[str]:
        """The data of a stream's outputs."""
        path = "/" + url.split("/", 3)[3]
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n".encode()
        )
        events = (await self.reader.read(-1)).decode().split("event: output")[1:]
        return [event.partition("data: ")[2].partition("\n")[0] for event in events]


async def polls(served: Served, seconds: float) -> tuple[int, list[float]]:
    first = await Connection(served).open()
    made = json.loads(await first.ask("POST", "/v1/models/bench/fast/predictions", {"input": {"text": "x" * 200}}))
    path = f"/v1/predictions/{made['id']}"
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def poll() -> None:
        connection = await Connection(served).open()
        while time.perf_counter() < end:
            began = time.perf_counter()
            await connection.ask("GET", path)
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(poll() for _ in range(POLLERS)))
    return len(times), times


def measure_polls(_: argparse.Namespace) -> None:
    with Served() as served:
        asyncio.run(polls(served, 1.0))
        before, began = served.processor(), time.perf_counter()
        count, times = asyncio.run(polls(served, POLL_SECONDS))
        took, busy = time.perf_counter() - began, served.processor() - before
    row("polls a second, one core", f"{count / took:,.0f}", f"{count / busy:,.0f} a second of processor time")
    row(
        "a poll, median and 99th of 100",
        f"{statistics.median(times) * 1000:.1f} ms",
        f"{statistics.quantiles(times, n=100)[98] * 1000:.1f} ms, {POLLERS} at once",
    )


async def streams(served: Served, count: int) -> list[list[str]]:
    maker = await Connection(served).open()
    body = {"input": {"count": PIECES, "pause": 0.1}}
    made = [json.loads(await maker.ask("POST", "/v1/models/bench/pieces/predictions", body)) for _ in range(count)]
    urls = [each["urls"]["stream"] for each in made]
    port = int(urls[0].split(":")[2].partition("/")[0])
    connections = [await Connection(served).open(port) for _ in urls]
    return await asyncio.gather(*(each.stream(url) for each, url in zip(connections, urls, strict=True)))


def measure_streams(options: argparse.Namespace) -> None:
    with Served() as served:
        before, began = served.memory(), time.perf_counter()
        outputs = asyncio.run(streams(served, options.streams))
        took, after = time.perf_counter() - began, served.memory()
    wanted = [f"{number} " for number in range(PIECES)]
    whole = sum(output == wanted for output in outputs)
    row(
        "streams at once", f"{options.streams}", f"{whole} whole and in order, of {PIECES} pieces in {PIECES * 0.1:g} s"
    )
    row("all of them took", f"{took:.1f} s", f"memory from {before:.0f} to {after:.0f} MB")


async def make_many(served: Served, count: int) -> None:
    left = iter(range(count))

    async def make() -> None:
        connection = await Connection(served).open()
        for number in left:
            body = {"input": {"text": f"number {number}"}}
            made = json.loads(
                await connection.ask("POST", "/v1/models/bench/fast/predictions", body, "Prefer: wait\r\n")
            )
            assert made["output"] == f"number {number}"

    await asyncio.gather(*(make() for _ in range(CREATORS)))


def measure_memory(options: argparse.Namespace) -> None:
    with Served() as served:
        asyncio.run(make_many(served, min(2000, options.count)))
        sizes, began = [served.memory()], time.perf_counter()
        for _ in range(10):
            asyncio.run(make_many(served, options.count // 10))
            sizes.append(served.memory())
        took = time.perf_counter() - began
    row(
        f"{options.count:,} predictions",
        f"{options.count / took:,.0f} a second",
        f"in {took:.0f} s, each held to its end",
    )
    row(
        "memory meanwhile",
        f"{sizes[0]:.0f} MB first",
        "after each tenth: " + " ".join(f"{size:.0f}" for size in sizes[1:]),
    )


def measure_start(_: argparse.Namespace) -> None:
    found = [
        tuple(
            map(
                float,
                subprocess.run(
                    [sys.executable, "-c", START], capture_output=True, text=True, check=True
                ).stdout.split(),
            )
        )
        for _ in range(5)
    ]
    imports, starts = zip(*found, strict=True)
    row(
        "start",
        f"{min(map(sum, found)):.2f} s",
        f"best of 5: {min(imports):.2f} s for imports, {min(starts):.2f} s to listen",
    )


MEASURES = {"start": measure_start, "polls": measure_polls, "streams": measure_streams, "memory": measure_memory}


def row(what: str, figure: str, more: str) -> None:
    print(f"| {what} | {figure} | {more} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)}; all if none is named")
    parser.add_argument("--count", type=int, default=COUNT, help=f"predictions for memory (default {COUNT:,})")
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"streams at once (default {STREAMS})")
    options = parser.parse_args()
    print("| what | figure | |\n| --- | --- | --- |")
    for name in options.measures or MEASURES:
        MEASURES[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
