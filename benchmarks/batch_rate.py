"""Measure how well processes that share a journal use the API's rate limit, and how often they are throttled.

    python benchmarks/batch_rate.py [CREATES_PER_MINUTE] [SECONDS] [PROCESSES]

The sandbox allows `CREATES_PER_MINUTE`; the processes begin with the default rate and must adapt.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from replicatekit.sandbox import Sandbox

WORKER = Path(__file__).resolve().parents[1] / "tests" / "support" / "batch_worker.py"
LEARNING_SECONDS = 15.0  # at first, a burst is allowed and the rate is unknown


def double(n: int) -> int:
    return 2 * n


def main() -> None:
    limit, seconds, processes = (float(each) for each in (*sys.argv[1:], *("600", "60", "8")[len(sys.argv) - 1 :]))
    rows = int(limit / 60 * seconds * 2 + 100)
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        sandbox.settings.creates_per_minute = limit
        sandbox.model("acme/double")(double)
        posts: list[tuple[float, int]] = []
        sandbox.on_request(
            lambda request: request.method == "POST" and posts.append((time.monotonic(), request.status))
        )
        options = json.dumps({"creates_per_minute": 600.0, "concurrency": 8})
        command = [sys.executable, str(WORKER), f"{folder}/journal.db", "acme/double", str(rows), options]
        environment = {**os.environ, **sandbox.environment}
        workers = [
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(int(processes))
        ]
        while not posts:
            time.sleep(0.1)
        time.sleep(seconds)
        for worker in workers:
            worker.kill()
            worker.wait()
        times = [moment for moment, status in posts if status < 300]
        throttled = [moment - posts[0][0] for moment, status in posts if status == 429]
        steady = [moment for moment in times if moment > times[0] + LEARNING_SECONDS]
        used = (len(steady) - 1) / (steady[-1] - steady[0]) * 60 / limit
        span, share = times[-1] - times[0], len(throttled) / len(posts)
        print(f"{len(times)} creates in {span:.1f} s by {processes:.0f} processes, limit {limit:.0f} a minute")
        print(f"{len(throttled)} responses with 429 ({share:.2%}), after {[round(each, 1) for each in throttled]} s")
        print(f"{used:.1%} of the rate used after {LEARNING_SECONDS:.0f} s")
        print(f"{sum(count > 1 for count in sandbox.count_creates().values())} inputs created twice")


if __name__ == "__main__":
    main()
