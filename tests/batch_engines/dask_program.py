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
    rate = None if kills < 10 else 30 * count / kills  # many kills need a while
    options = {"part_size": 20, "concurrency": 8, "creates_per_minute": rate, "settle": 1.0}
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=2, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(WORKERS)
        ended = threading.Event()
        killer = threading.Thread(target=kill_workers, args=(cluster, client, kills, random.Random(seed), ended))
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


def kill_workers(cluster, client: Client, kills: int, moments: random.Random, ended: threading.Event) -> None:
    for _ in range(kills):
        while len(processes := sorted(client.run(os.getpid).values())) < WORKERS - 1:
            cluster.scale(WORKERS)  # Dask does not start one again that was killed while it started
            if ended.wait(0.2):
                return
        if ended.wait(moments.random()):
            return
        os.kill(moments.choice(processes), signal.SIGKILL)
        print("killed", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
