"""Run a benchmark for all peers: in separate processes, and in turns, round by round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import worker
from peers import ENVIRONMENTS, Peer, python

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suite import Benchmark

HERE = Path(__file__).parent
_MEMORY = """
import re
print(re.search(r"VmRSS:\\s+(\\d+) kB", open("/proc/self/status").read())[1], flush=True)
"""

Samples = dict[str, list[dict[str, Any]]]


@dataclass
class Runner:
    """Runs benchmarks against a server."""

    port: int
    folder: Path
    tree: Path | None = None
    """The working tree to import this package from, instead of its environment."""
    by_cpu: bool = False
    """Whether to measure processor time, which varies less on a busy machine."""
    failures: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Error messages by the names of benchmark and peer."""

    def counts(self) -> dict[str, int]:
        """Return the server's counters, which include this request."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/counts")
        counts = json.loads(connection.getresponse().read())
        connection.close()
        return counts

    def environment(self, peer: Peer) -> dict[str, str]:
        """Return the environment variables for a peer, without any that change its behavior."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        path = [str(ENVIRONMENTS / peer.environment / each) for each in peer.path]
        if peer.is_ours and self.tree is not None:
            path = [str(self.tree / "overlay"), str(self.tree / "generated")]
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(path),
            "REPLICATE_API_TOKEN": worker.TOKEN,
            "REPLICATE_BASE_URL": f"http://127.0.0.1:{self.port}/v1",
            "REPLICATE_POLL_INTERVAL": "0.1",
        }

    def measure(self, benchmark: Benchmark, peers: Sequence[Peer]) -> Samples:
        """Return the samples of each peer that takes part; those that fail are in `failures`."""
        participants = [peer for peer in peers if peer.takes_part(benchmark.program)]
        rounds = self._programs if benchmark.until else self._workers
        return {name: each for name, each in rounds(benchmark, participants).items() if each}

    # Whole programs

    def _programs(self, benchmark: Benchmark, peers: list[Peer]) -> Samples:
        samples: Samples = {peer.name: [] for peer in peers}
        for number in range(benchmark.rounds + 1):
            for peer in peers:
                sample = self._program(benchmark, peer)
                if number and sample is not None:  # the first one compiles bytecode
                    samples[peer.name].append(sample)
        return samples

    def _program(self, benchmark: Benchmark, peer: Peer) -> dict[str, Any] | None:
        text = peer.text(benchmark.program) + (_MEMORY if benchmark.until == "memory" else "")
        started = time.perf_counter()
        process = subprocess.Popen(
            [peer.python, "-c", text],
            env=self.environment(peer),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        output = process.stdout.readline()
        seconds = time.perf_counter() - started
        output, errors = output + process.stdout.read(), process.stderr.read()
        process.wait()
        if benchmark.until == "exit":
            seconds = time.perf_counter() - started
        if process.returncode:
            self._record_failure(benchmark, peer, errors)
            return None
        if benchmark.until == "memory":
            return {"megabytes": int(output.split()[-1]) * 1024}
        return {"seconds": seconds}

    # Functions

    def _workers(self, benchmark: Benchmark, peers: list[Peer]) -> Samples:
        samples: Samples = {peer.name: [] for peer in peers}
        with ExitStack() as stack:
            workers = (
                {}
                if benchmark.is_fresh
                else {each: stack.enter_context(self._worker(benchmark, each)) for each in peers}
            )
            for process in workers.values():
                process.stdout.readline()
            for _ in range(benchmark.rounds):
                for peer in peers:
                    with ExitStack() as brief:
                        process = workers.get(peer)
                        if process is None:
                            process = brief.enter_context(self._worker(benchmark, peer))
                            process.stdout.readline()
                        sample = self._round(benchmark, peer, process)
                        if sample is not None:
                            samples[peer.name].append(sample)
        return samples

    @contextmanager
    def _worker(self, benchmark: Benchmark, peer: Peer) -> Iterator[Any]:
        """Start a process, which prints `ready` after the warm-up."""
        folder = self.folder / peer.name
        folder.mkdir(exist_ok=True)
        for size in (benchmark.count, benchmark.small):
            if benchmark.program.startswith("upload") and not (folder / f"file-{size}").exists():
                (folder / f"file-{size}").hardlink_to(self._file(size))
        options = {"port": self.port, "folder": str(folder), "count": benchmark.count, "small": benchmark.small}
        options |= {"times": benchmark.times, "at_once": benchmark.at_once}
        with (folder / "errors").open("w+") as errors:
            process: Any = subprocess.Popen(
                [peer.python, HERE / "worker.py", peer.program, benchmark.program, json.dumps(options)],
                env=self.environment(peer),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            try:
                yield process
            finally:
                with suppress(BrokenPipeError):
                    process.stdin.close()
                process.stdout.read()
                if code := process.wait():
                    errors.seek(0)
                    self._record_failure(benchmark, peer, errors.read() or f"exit code {code}")

    def _round(self, benchmark: Benchmark, peer: Peer, process: Any) -> dict[str, Any] | None:
        before = self.counts()
        try:
            process.stdin.write("go\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None
        line = process.stdout.readline()
        if not line:
            return None
        sample = json.loads(line)
        if benchmark.expected not in (None, sample["result"]):
            self._record_failure(benchmark, peer, f"the result is {sample['result']}, not {benchmark.expected}")
        after = self.counts()
        sample["connections"] = after["connections"] - before["connections"] - 1
        sample["requests"] = after["requests"] - before["requests"] - 1
        if self.by_cpu:
            sample["seconds"] = sample["cpu"]
        sample["rate"] = (benchmark.expected or benchmark.count) / sample["seconds"]
        return sample

    def _file(self, size: int) -> Path:
        sys.path.insert(0, str(HERE / "server"))
        import responses

        path = self.folder / f"file-{size}"
        if not path.exists():
            with path.open("wb") as file:
                file.writelines(responses.content(0, size))
        return path

    def _record_failure(self, benchmark: Benchmark, peer: Peer, errors: str) -> None:
        last = errors.strip().splitlines()[-1]
        failures = self.failures.setdefault((benchmark.name, peer.name), [])
        if last not in failures:
            failures.append(last)


@contextmanager
def start_server() -> Iterator[int]:
    """Start the server, in its own environment if that exists; yield its port."""
    own = python("bench-server")
    command = [own if own.exists() else sys.executable, HERE / "server" / "serve.py"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()
