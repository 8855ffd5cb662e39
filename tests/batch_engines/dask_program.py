"""A batch on four Dask workers, some of which are killed: `python dask_program.py JOURNAL COUNT KILLS SEED`."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import dask
from dask.distributed import Client, LocalCluster

from replicatekit.batch import dask as batches

WORKERS = 4


def main() -> None:
    journal, count, kills, seed = sys.argv[1], *map(int, sys.argv[2:5])
    dask.config.set({"distributed.scheduler.allowed-failures": kills})  # of one task; Dask's own limit is 3
    rate = None if kills < 10 else 24 * count / kills  # many kills need a while
    options = {"part_size": 20, "concurrency": 8, "creates_per_minute": rate, "settle": 1.0}
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=2, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(WORKERS)
        ended = threading.Event()
        killer = threading.Thread(target=kill_workers, args=(cluster, kills, random.Random(seed), ended))
        killer.start()
        inputs = [{"n": n} for n in range(count)]
        try:
            rows = batches.complete(client, inputs, journal, "acme/double", **options)
        finally:
            ended.set()
            killer.join()
    assert [row.input["n"] for row in rows] == list(range(count))
    assert [row.output for row in rows] == [2 * n for n in range(count)], [
        row for row in rows if row.status != "succeeded"
    ]
    print("done")


def kill_workers(cluster: LocalCluster, kills: int, moments: random.Random, ended: threading.Event) -> None:
    seen: dict[int, float] = {}
    killed, complete = 0, time.monotonic()
    while killed < kills and not ended.wait(moments.random()):
        now = time.monotonic()
        seen = {pid: seen.get(pid, now) for pid in worker_processes()}
        if len(seen) == WORKERS:
            complete = now
        elif now - complete > 5.0:
            complete = now
            cluster.scale(WORKERS)  # Dask does not start one again that was killed while it started
        at_work = [pid for pid, since in seen.items() if now - since > 2.0]
        if at_work:
            os.kill(moments.choice(at_work), signal.SIGKILL)
            print("killed", flush=True)
            killed += 1


def worker_processes() -> list[int]:
    """The processes that Dask has spawned from this one."""
    found: list[str] = []
    for thread in Path("/proc/self/task").iterdir():
        found += (thread / "children").read_text().split()
    return [pid for pid in sorted({int(each) for each in found}) if is_worker(pid)]


def is_worker(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main()
