"""A process that runs one benchmark of one peer, a round for each line of its input.

    python benchmarks/worker.py programs/raw_httpx.py get_sync '{"port": 1, ...}'

It prints a line with the result of each round. The program is a module with a function for each benchmark, which takes
a `Context` and returns the function to measure; either both are async or neither.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TOKEN = "r8_made-up-for-benchmarks"


class Context:
    """The server, the folder and the size of a benchmark."""

    token = TOKEN

    def __init__(self, port: int, folder: str, count: int, at_once: int) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.api = f"{self.base}/v1"
        self.headers = {"Authorization": f"Bearer {TOKEN}"}
        self.folder = Path(folder)
        self.count = count
        """The number of events, pages, runs or bytes."""
        self.at_once = at_once
        """The number of threads or tasks."""

    def get(self, path: str) -> bytes:
        """Return a response's body, for benchmarks without network."""
        from urllib.request import urlopen

        with urlopen(f"{self.base}{path}") as response:
            return response.read()

    def run_threads(self, call: Callable[[], Any]) -> int:
        """Make `count` calls in `at_once` threads; return how many were successful."""
        with ThreadPoolExecutor(self.at_once) as pool:
            return sum(1 for result in pool.map(lambda _: call(), range(self.count)) if result)

    async def run_tasks(self, call: Callable[[], Awaitable[Any]]) -> int:
        """Make `count` calls in tasks, `at_once` at a time; return how many were successful."""
        semaphore = asyncio.Semaphore(self.at_once)

        async def one() -> bool:
            async with semaphore:
                return bool(await call())

        return sum(await asyncio.gather(*(one() for _ in range(self.count))))


def load(program: Path) -> Any:
    spec = importlib.util.spec_from_file_location(program.stem, program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def memory(field: str) -> int:
    """Return the memory of this process in bytes: VmRSS, the resident set, or VmHWM, its peak."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


class Workload:
    """The function that a benchmark measures."""

    def __init__(self, make: Callable[[Context], Any], runner: asyncio.Runner) -> None:
        self.make = make
        self.runner = runner
        self.call: Any = None

    def prepare(self, context: Context) -> None:
        """Create the function."""
        call = self.make(context)
        self.call = self.runner.run(call) if inspect.iscoroutine(call) else call

    def repeat(self, times: int) -> Any:
        """Call the function several times; return the last result."""
        if inspect.iscoroutinefunction(self.call):
            return self.runner.run(self._repeat(times))
        call, last = self.call, None
        for _ in range(times):
            last = call()
        return last

    async def _repeat(self, times: int) -> Any:
        call, last = self.call, None
        for _ in range(times):
            last = await call()
        return last


def measure(workload: Workload, times: int) -> dict[str, Any]:
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    before, cpu, started = memory("VmRSS"), time.process_time(), time.perf_counter()
    result = workload.repeat(times)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {"seconds": seconds / times, "cpu": cpu / times, "grown": memory("VmHWM") - before, "result": result}


def main() -> None:
    program, benchmark, settings = sys.argv[1:]
    options = SimpleNamespace(**json.loads(settings))
    with asyncio.Runner() as runner:
        workload = Workload(getattr(load(Path(program)), benchmark), runner)
        workload.prepare(Context(options.port, options.folder, options.small, min(options.small, options.at_once)))
        workload.repeat(max(1, options.times // 10))
        workload.prepare(Context(options.port, options.folder, options.count, options.at_once))
        if options.times > 1:
            workload.repeat(options.times // 10)
        print("ready", flush=True)
        for _ in sys.stdin:
            (Path(options.folder) / "download").unlink(missing_ok=True)  # freeing it is not measured
            print(json.dumps(measure(workload, options.times)), flush=True)


if __name__ == "__main__":
    main()
