"""Compare a batch with file inputs and outputs to a plain `asyncio.gather`: rate, memory, expired outputs.

    python benchmarks/batch.py [COUNT]

Both run against a sandbox in a separate process. On a busy machine, only the ratios are meaningful.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from replicatekit import AsyncClient
from replicatekit.batch import Batch
from replicatekit.sandbox import Path as ModelPath
from replicatekit.sandbox import Sandbox

CONCURRENCY = 64


def copy(file: ModelPath) -> ModelPath:
    return file


def serve() -> None:
    with Sandbox() as sandbox:
        sandbox.model("acme/copy")(copy)
        print(json.dumps(sandbox.environment), flush=True)
        sys.stdin.read()


def make_files(folder: Path, kind: str, count: int) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{index}.txt" for index in range(count)]
    for index, file in enumerate(files):
        file.write_bytes(f"{kind} {index} ".encode() * 50)
    return files


def resident() -> float:
    """Return the resident set in megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def gather(files: list[Path], out: Path) -> None:
    slots = asyncio.Semaphore(CONCURRENCY)
    async with AsyncClient() as client:

        async def run(file: Path) -> None:
            async with slots:
                output = await client.run("acme/copy", {"file": file})
                await output.save(out / file.name)

        await asyncio.gather(*(run(file) for file in files))


def batch(files: list[Path], folder: Path) -> tuple[list[float], dict[str, int]]:
    memory: list[float] = []
    with Batch(folder / "journal.db", "acme/copy") as batch_:
        batch_.add({"file": file} for file in files)
        report = batch_.run(
            concurrency=CONCURRENCY,
            output_dir=folder / "out",
            creates_per_minute=None,
            progress=False,
            on_result=lambda _: memory.append(resident()),
        )
        assert report.created == len(files), report
        saved = sum(1 for row in batch_.results("succeeded") if Path(row.output).stat().st_size)
        assert saved == len(files), report
    return memory, dict(report.status.failures)


def timed(call) -> tuple[float, float, object]:
    started, cpu = time.monotonic(), time.process_time()
    result = call()
    return time.monotonic() - started, time.process_time() - cpu, result


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    server = subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    os.environ.update(json.loads(server.stdout.readline()))
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            bare = make_files(folder / "bare", "bare", count)
            ours = make_files(folder / "ours", "ours", count)
            (folder / "batch").mkdir()
            (folder / "gathered").mkdir()
            seconds, cpu, (memory, failures) = timed(lambda: batch(ours, folder / "batch"))
            print(
                f"batch   {count / seconds:7.1f} a second, {cpu / count * 1000:.2f} ms of CPU each; failures {failures}"
            )
            samples = [memory[len(memory) * part // 10] for part in (1, 3, 5, 7)]
            print(
                "memory  " + ", ".join(f"{each:.0f}" for each in [*samples, memory[-1]]) + " MB at 10, 30, 50, 70, 100%"
            )
            other, other_cpu, _ = timed(lambda: asyncio.run(gather(bare, folder / "gathered")))
            print(f"gather  {count / other:7.1f} a second, {other_cpu / count * 1000:.2f} ms of CPU each")
            print(f"ratio   {other / seconds:.2f} of the rate, {cpu / other_cpu:.2f} times the CPU")
    finally:
        server.stdin.close()
        server.wait()


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
