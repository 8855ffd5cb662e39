"""A process that measures one figure of one peer, a round whenever it is told to.

    python benchmarks/worker.py programs/raw_httpx.py get_sync '{"port": 1, ...}'

A line of its input is a round; a line of its output is what that took. The program is a module with a function for
each figure: it is given a `Here`, and gives what is to be done (an async function, if it is one itself).
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


class Here:
    """Where a program runs, and how much it is to do."""

    token = TOKEN

    def __init__(self, port: int, folder: str, count: int, at_once: int) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.api = f"{self.base}/v1"
        self.headers = {"Authorization": f"Bearer {TOKEN}"}
        self.folder = Path(folder)
        self.count = count
        """Events, pages, runs or bytes."""
        self.at_once = at_once
        """Threads or tasks."""

    def get(self, path: str) -> bytes:
        """What the server answers, for what is measured without it."""
        from urllib.request import urlopen

        with urlopen(f"{self.base}{path}") as answer:
            return answer.read()

    def by_threads(self, work: Callable[[], Any]) -> int:
        """Do it as often as `count` says, by as many threads as `at_once` says."""
        with ThreadPoolExecutor(self.at_once) as pool:
            return sum(1 for done in pool.map(lambda _: work(), range(self.count)) if done)

    async def together(self, work: Callable[[], Awaitable[Any]]) -> int:
        """The same by tasks."""
        turn = asyncio.Semaphore(self.at_once)

        async def one() -> bool:
            async with turn:
                return bool(await work())

        return sum(await asyncio.gather(*(one() for _ in range(self.count))))


def load(program: Path) -> Any:
    spec = importlib.util.spec_from_file_location(program.stem, program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def memory(what: str) -> int:
    """Of this process, in bytes: VmRSS is what is resident, VmHWM the most that was."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


class Work:
    """What a program does for a figure, ready to be done again and again."""

    def __init__(self, make: Callable[[Here], Any], runner: asyncio.Runner) -> None:
        self.make = make
        self.runner = runner
        self.do: Any = None

    def ready(self, here: Here) -> None:
        """Make it anew."""
        made = self.make(here)
        self.do = self.runner.run(made) if inspect.iscoroutine(made) else made

    def repeat(self, times: int) -> Any:
        """Do it, as often as told; what it gave last."""
        if inspect.iscoroutinefunction(self.do):
            return self.runner.run(self._repeat(times))
        do, last = self.do, None
        for _ in range(times):
            last = do()
        return last

    async def _repeat(self, times: int) -> Any:
        do, last = self.do, None
        for _ in range(times):
            last = await do()
        return last


def measure(work: Work, times: int) -> dict[str, Any]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before, cpu, begun = memory("VmRSS"), time.process_time(), time.perf_counter()
    gave = work.repeat(times)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {"seconds": seconds / times, "cpu": cpu / times, "grown": memory("VmHWM") - before, "gave": gave}


def main() -> None:
    program, figure, settings = sys.argv[1:]
    order = SimpleNamespace(**json.loads(settings))
    with asyncio.Runner() as runner:
        work = Work(getattr(load(Path(program)), figure), runner)
        work.ready(Here(order.port, order.folder, order.small, min(order.small, order.at_once)))
        work.repeat(max(1, order.times // 10))
        work.ready(Here(order.port, order.folder, order.count, order.at_once))
        if order.times > 1:
            work.repeat(order.times // 10)
        print("ready", flush=True)
        for _ in sys.stdin:
            (Path(order.folder) / "got").unlink(missing_ok=True)  # what it takes to free it is nobody's time
            print(json.dumps(measure(work, order.times)), flush=True)


if __name__ == "__main__":
    main()
