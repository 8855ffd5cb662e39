"""A batch on four Ray actors, some of which are killed: `python ray_program.py JOURNAL COUNT KILLS SEED`."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import ray

from replicatekit.batch.ray import CompleteInputs


def main() -> None:
    journal, count, kills, seed = sys.argv[1], *map(int, sys.argv[2:5])
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False
    ended = threading.Event()
    killer = threading.Thread(target=kill_actors, args=(kills, random.Random(seed), ended))
    killer.start()
    options = {
        "journal": journal,
        "ref": "acme/double",
        "columns": ["n"],
        "concurrency": 8,
        "creates_per_minute": None if kills < 10 else 24 * count / kills,  # many kills need a while
        "settle": 1.0,
    }
    rows = (
        ray.data.from_items([{"n": n} for n in range(count)], override_num_blocks=max(12, count // 20))
        .map_batches(CompleteInputs, fn_constructor_kwargs=options, concurrency=4, batch_size=10)
        .take_all()
    )
    ended.set()
    killer.join()
    found = {row["n"]: json.loads(row["output"]) for row in rows}
    assert found == {n: 2 * n for n in range(count)}
    print("done")


def kill_actors(kills: int, moments: random.Random, ended: threading.Event) -> None:
    seen: dict[int, float] = {}
    killed = 0
    while killed < kills and not ended.wait(moments.random()):
        now = time.monotonic()
        found = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
        seen = {pid: seen.get(pid, now) for pid in found if is_actor(pid)}
        at_work = [pid for pid, since in seen.items() if now - since > 2.0]
        if at_work:
            os.kill(moments.choice(at_work), signal.SIGKILL)
            print("killed", flush=True)
            killed += 1


def is_actor(pid: int) -> bool:
    """Whether a process is an actor of this program's cluster; Ray puts the actor's name into the process title."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        parent = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return b"ray::" in command and b"MapWorker" in command and os.environ["BATCH_TEST"].encode() in parent


if __name__ == "__main__":
    main()
