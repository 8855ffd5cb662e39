"""A batch on four Dask workers, some of which are killed: `python dask_program.py JOURNAL COUNT KILLS SEED`."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

import dask
from dask.distributed import Client, LocalCluster

from replicatekit.batch import dask as batches

WORKERS = 4


def main() -> None:
    journal, count, kills, seed = sys.argv[1], *map(int, sys.argv[2:5])
    dask.config.set({"distributed.scheduler.allowed-failures": kills})  # of one task; Dask's own limit is 3
    rate = None if kills < 10 else 10 * count / kills  # many kills need a while
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
    killed, complete = 0, time.monotonic()
    while not ended.wait(moments.random()):
        # Dask does not start a worker again that was killed before it had registered.
        at_work = [each.pid for each in cluster.workers.values() if each.worker_address in cluster.scheduler.workers]
        if len(at_work) == WORKERS:
            complete = time.monotonic()
        elif time.monotonic() - complete > 10.0:
            complete = time.monotonic()
            cluster.scale(0 if not at_work else len(at_work))
            cluster.scale(WORKERS)
        if killed < kills and len(at_work) >= WORKERS - 1:
            os.kill(moments.choice(at_work), signal.SIGKILL)
            print("killed", flush=True)
            killed += 1


if __name__ == "__main__":
    main()
