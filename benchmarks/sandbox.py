"""Measure the sandbox: polls, concurrent streams, memory over many predictions, startup.

    python benchmarks/sandbox.py                        # everything, several minutes
    python benchmarks/sandbox.py polls streams          # only these
    python benchmarks/sandbox.py memory --count 20000

The sandbox runs in a separate process on one core; the requests come from other cores over plain sockets, so that only
the sandbox is measured. Memory is its resident set on Linux.
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
started = time.perf_counter()
from replicatekit.sandbox import Sandbox
imported = time.perf_counter()
sandbox = Sandbox().start()
started = time.perf_counter()
print(imported - started, started - imported)
sandbox.close()
"""


class SandboxProcess:
    """A sandbox in a separate process, on the first core."""

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
        """Return the resident set in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def processor(self) -> float:
        """Return the processor time in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        os.sched_setaffinity(0, set(self.cores[1:]) or set(self.cores))
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60)
        os.sched_setaffinity(0, set(self.cores))


class Connection:
    """A persistent connection to the sandbox."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.head = f"Host: 127.0.0.1:{sandbox.port}\r\nAuthorization: Bearer {sandbox.token}\r\n"

    async def open(self, port: int | None = None) -> Self:
        """Connect to the sandbox, or to another port."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port or self.sandbox.port)
        return self

    async def request(self, method: str, path: str, body: Any = None, more: str = "") -> bytes:
        """Send a request, and return the body of a successful response."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self.head}{more}content-length: {len(content)}\r\n"
        self.writer.write(f"{head}content-type: application/json\r\n\r\n".encode() + content)
        response = await self.reader.readuntil(b"\r\n\r\n")
        assert response.startswith(b"HTTP/1.1 20"), response
        length = int(response.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return await self.reader.readexactly(length)

    async def stream(self, url: str) -> list[str]:
        """Return the data of a stream's output events."""
        path = "/" + url.split("/", 3)[3]
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n".encode()
        )
        events = (await self.reader.read(-1)).decode().split("event: output")[1:]
        return [event.partition("data: ")[2].partition("\n")[0] for event in events]


async def polls(sandbox: SandboxProcess, seconds: float) -> tuple[int, list[float]]:
    first = await Connection(sandbox).open()
    prediction = json.loads(
        await first.request("POST", "/v1/models/bench/fast/predictions", {"input": {"text": "x" * 200}})
    )
    path = f"/v1/predictions/{prediction['id']}"
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def poll() -> None:
        connection = await Connection(sandbox).open()
        while time.perf_counter() < end:
            started = time.perf_counter()
            await connection.request("GET", path)
            times.append(time.perf_counter() - started)

    await asyncio.gather(*(poll() for _ in range(POLLERS)))
    return len(times), times


def measure_polls(_: argparse.Namespace) -> None:
    with SandboxProcess() as sandbox:
        asyncio.run(polls(sandbox, 1.0))
        before, started = sandbox.processor(), time.perf_counter()
        count, times = asyncio.run(polls(sandbox, POLL_SECONDS))
        seconds, busy = time.perf_counter() - started, sandbox.processor() - before
    row("polls per second, one core", f"{count / seconds:,.0f}", f"{count / busy:,.0f} per second of processor time")
    row(
        "a poll, median and 99th percentile",
        f"{statistics.median(times) * 1000:.1f} ms",
        f"{statistics.quantiles(times, n=100)[98] * 1000:.1f} ms, {POLLERS} concurrent",
    )


async def streams(sandbox: SandboxProcess, count: int) -> list[list[str]]:
    creator = await Connection(sandbox).open()
    body = {"input": {"count": PIECES, "pause": 0.1}}
    predictions = [
        json.loads(await creator.request("POST", "/v1/models/bench/pieces/predictions", body)) for _ in range(count)
    ]
    urls = [each["urls"]["stream"] for each in predictions]
    port = int(urls[0].split(":")[2].partition("/")[0])
    connections = [await Connection(sandbox).open(port) for _ in urls]
    return await asyncio.gather(*(each.stream(url) for each, url in zip(connections, urls, strict=True)))


def measure_streams(options: argparse.Namespace) -> None:
    with SandboxProcess() as sandbox:
        before, started = sandbox.memory(), time.perf_counter()
        outputs = asyncio.run(streams(sandbox, options.streams))
        seconds, after = time.perf_counter() - started, sandbox.memory()
    expected = [f"{number} " for number in range(PIECES)]
    complete = sum(output == expected for output in outputs)
    row(
        "concurrent streams",
        f"{options.streams}",
        f"{complete} complete and in order, of {PIECES} pieces in {PIECES * 0.1:g} s",
    )
    row("time for all", f"{seconds:.1f} s", f"memory from {before:.0f} to {after:.0f} MB")


async def create_many(sandbox: SandboxProcess, count: int) -> None:
    numbers = iter(range(count))

    async def create() -> None:
        connection = await Connection(sandbox).open()
        for number in numbers:
            body = {"input": {"text": f"number {number}"}}
            prediction = json.loads(
                await connection.request("POST", "/v1/models/bench/fast/predictions", body, "Prefer: wait\r\n")
            )
            assert prediction["output"] == f"number {number}"

    await asyncio.gather(*(create() for _ in range(CREATORS)))


def measure_memory(options: argparse.Namespace) -> None:
    with SandboxProcess() as sandbox:
        asyncio.run(create_many(sandbox, min(2000, options.count)))
        sizes, started = [sandbox.memory()], time.perf_counter()
        for _ in range(10):
            asyncio.run(create_many(sandbox, options.count // 10))
            sizes.append(sandbox.memory())
        seconds = time.perf_counter() - started
    row(
        f"{options.count:,} predictions",
        f"{options.count / seconds:,.0f} per second",
        f"in {seconds:.0f} s, with `Prefer: wait`",
    )
    row(
        "memory",
        f"{sizes[0]:.0f} MB at first",
        "after each tenth: " + " ".join(f"{size:.0f}" for size in sizes[1:]),
    )


def measure_start(_: argparse.Namespace) -> None:
    samples = [
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
    imports, starts = zip(*samples, strict=True)
    row(
        "startup",
        f"{min(map(sum, samples)):.2f} s",
        f"best of 5: {min(imports):.2f} s for imports, {min(starts):.2f} s to listen",
    )


MEASURES = {"start": measure_start, "polls": measure_polls, "streams": measure_streams, "memory": measure_memory}


def row(what: str, figure: str, more: str) -> None:
    print(f"| {what} | {figure} | {more} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)}; default: all")
    parser.add_argument("--count", type=int, default=COUNT, help=f"predictions for memory (default {COUNT:,})")
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"concurrent streams (default {STREAMS})")
    options = parser.parse_args()
    print("| what | figure | |\n| --- | --- | --- |")
    for name in options.measures or MEASURES:
        MEASURES[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
