"""One figure, of every peer that takes part: in processes of their own, in turns, round by round."""

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
from peers import PLACE, Peer, python

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from figures import Figure

HERE = Path(__file__).parent
_MEMORY = """
import re
print(re.search(r"VmRSS:\\s+(\\d+) kB", open("/proc/self/status").read())[1], flush=True)
"""

Samples = dict[str, list[dict[str, Any]]]


@dataclass
class Bench:
    """The server that all ask, and the folder in which they work."""

    port: int
    folder: Path
    tree: Path | None = None
    """Where this package is taken from, in place of what is installed in its environment."""
    by_cpu: bool = False
    """Whether it is their processor time that counts: where others keep the machine busy, it moves less."""
    failures: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What went wrong, by the names of figure and peer."""

    def counts(self) -> dict[str, int]:
        """What the server has counted, without this question."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/counts")
        counts = json.loads(connection.getresponse().read())
        connection.close()
        return counts

    def environment(self, peer: Peer) -> dict[str, str]:
        """The environment's variables for a peer: none that would change what it does."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        path = [str(PLACE / peer.environment / each) for each in peer.path]
        if peer.is_ours and self.tree is not None:
            path = [str(self.tree / "overlay"), str(self.tree / "generated")]
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(path),
            "REPLICATE_API_TOKEN": worker.TOKEN,
            "REPLICATE_BASE_URL": f"http://127.0.0.1:{self.port}/v1",
            "REPLICATE_POLL_INTERVAL": "0.1",
        }

    def measure(self, figure: Figure, peers: Sequence[Peer]) -> Samples:
        """The samples of each peer that takes part; one that fails has none, and is told of in `failures`."""
        taking = [peer for peer in peers if peer.takes_part(figure.program)]
        rounds = self._programs if figure.until else self._workers
        return {name: each for name, each in rounds(figure, taking).items() if each}

    # Whole programs

    def _programs(self, figure: Figure, peers: list[Peer]) -> Samples:
        samples: Samples = {peer.name: [] for peer in peers}
        for number in range(figure.rounds + 1):
            for peer in peers:
                sample = self._program(figure, peer)
                if number and sample is not None:  # the first one compiles
                    samples[peer.name].append(sample)
        return samples

    def _program(self, figure: Figure, peer: Peer) -> dict[str, Any] | None:
        text = peer.text(figure.program) + (_MEMORY if figure.until == "memory" else "")
        begun = time.perf_counter()
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
        said = process.stdout.readline()
        took = time.perf_counter() - begun
        said, errors = said + process.stdout.read(), process.stderr.read()
        process.wait()
        if figure.until == "exit":
            took = time.perf_counter() - begun
        if process.returncode:
            self._failed(figure, peer, errors)
            return None
        if figure.until == "memory":
            return {"megabytes": int(said.split()[-1]) * 1024}
        return {"seconds": took}

    # Parts of programs

    def _workers(self, figure: Figure, peers: list[Peer]) -> Samples:
        samples: Samples = {peer.name: [] for peer in peers}
        with ExitStack() as stack:
            kept = {} if figure.is_fresh else {each: stack.enter_context(self._worker(figure, each)) for each in peers}
            for process in kept.values():
                process.stdout.readline()
            for _ in range(figure.rounds):
                for peer in peers:
                    with ExitStack() as brief:
                        process = kept.get(peer)
                        if process is None:
                            process = brief.enter_context(self._worker(figure, peer))
                            process.stdout.readline()
                        sample = self._round(figure, peer, process)
                        if sample is not None:
                            samples[peer.name].append(sample)
        return samples

    @contextmanager
    def _worker(self, figure: Figure, peer: Peer) -> Iterator[Any]:
        """A process that says `ready` when it has warmed up."""
        folder = self.folder / peer.name
        folder.mkdir(exist_ok=True)
        for size in (figure.count, figure.small):
            if figure.program.startswith("upload") and not (folder / f"file-{size}").exists():
                (folder / f"file-{size}").hardlink_to(self._file(size))
        given = {"port": self.port, "folder": str(folder), "count": figure.count, "small": figure.small}
        given |= {"times": figure.times, "at_once": figure.at_once}
        with (folder / "errors").open("w+") as errors:
            process: Any = subprocess.Popen(
                [peer.python, HERE / "worker.py", peer.program, figure.program, json.dumps(given)],
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
                    self._failed(figure, peer, errors.read() or f"it ended with {code}")

    def _round(self, figure: Figure, peer: Peer, process: Any) -> dict[str, Any] | None:
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
        if figure.given not in (None, sample["gave"]):
            self._failed(figure, peer, f"it gave {sample['gave']} in place of {figure.given}")
        after = self.counts()
        sample["connections"] = after["connections"] - before["connections"] - 1
        sample["requests"] = after["requests"] - before["requests"] - 1
        if self.by_cpu:
            sample["seconds"] = sample["cpu"]
        sample["rate"] = (figure.given or figure.count) / sample["seconds"]
        return sample

    def _file(self, size: int) -> Path:
        sys.path.insert(0, str(HERE / "server"))
        import answers

        path = self.folder / f"file-{size}"
        if not path.exists():
            with path.open("wb") as file:
                file.writelines(answers.content(0, size))
        return path

    def _failed(self, figure: Figure, peer: Peer, errors: str) -> None:
        last = errors.strip().splitlines()[-1]
        failures = self.failures.setdefault((figure.name, peer.name), [])
        if last not in failures:
            failures.append(last)


@contextmanager
def serving() -> Iterator[int]:
    """The server, in its own environment if that was made; gives its port."""
    own = python("bench-server")
    command = [own if own.exists() else sys.executable, HERE / "server" / "serve.py"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()
