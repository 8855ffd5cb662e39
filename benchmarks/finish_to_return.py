"""Measure how long after a prediction's end the call returns, and the number of requests.

    python benchmarks/finish_to_return.py  # this client
    python benchmarks/finish_to_return.py --peer .peers/replicate-1.0.7/bin/python  # beside replicate==1.0.7

Each client runs in a separate process against the same sandbox, in turns. The delay of a run is the time when the call
returns minus the prediction's `completed_at`, both by this machine's clock. The sandbox counts the requests. "Known"
runs come after five others of the same model and length by the same client.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox import ConcatenateIterator, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = """
import json, sys, time
from datetime import datetime, timezone
from replicatekit import Client
client = Client()
for line in sys.stdin:
    request = json.loads(line)
    if request.pop("fresh"):
        client = Client()
    prediction = client.predictions.run(request["model"], {"seconds": request["seconds"]}, wait=False)
    print((datetime.now(timezone.utc) - prediction.completed_at).total_seconds(), flush=True)
"""

PEER = """
import json, sys, time
from datetime import datetime, timezone
import os, replicate
client = replicate.Client(base_url=os.environ["REPLICATE_BASE_URL"].removesuffix("/v1"))
for line in sys.stdin:
    request = json.loads(line)
    prediction = client.models.predictions.create(request["model"], {"seconds": request["seconds"]})
    prediction.wait()
    ended = datetime.fromisoformat(prediction.completed_at)
    print((datetime.now(timezone.utc) - ended).total_seconds(), flush=True)
"""


class Caller:
    """A client in a separate process."""

    def __init__(self, name: str, python: str, program: str, environment: dict[str, str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [python, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def delay(self, model: str, seconds: float, *, fresh: bool) -> float:
        """Return the seconds from the end of a run to the return of the call."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"model": model, "seconds": seconds, "fresh": fresh}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """Stop the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def nap(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


def talk(seconds: float) -> ConcatenateIterator[str]:
    for word in ("one", "two", "three"):
        time.sleep(seconds / 3)
        yield word


def measure(callers: list[Caller], sandbox: Sandbox, rounds: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(20261122)
    short = [dice.uniform(0.1, 1.0) for _ in range(rounds)]
    long = [dice.uniform(1.0, 6.0) for _ in range(max(2, rounds // 3))]
    for model, lengths in (("bench/nap", short), ("bench/nap", long), ("bench/talk", short), ("bench/talk", long)):
        for seconds in lengths:
            for caller in callers:
                yield one(caller, sandbox, model, seconds, known=False)
    for name, seconds in (("bench/known-short", 0.6), ("bench/known-long", 3.0)):
        for caller in callers:
            for place in range(5 + max(3, rounds // 3)):
                sample = one(caller, sandbox, name, seconds * dice.uniform(0.95, 1.05), known=True, fresh=place == 0)
                if place >= 5:
                    yield sample


def one(
    caller: Caller, sandbox: Sandbox, model: str, seconds: float, *, known: bool, fresh: bool = True
) -> dict[str, Any]:
    before = len(sandbox.requests)
    delay = caller.delay(model, seconds, fresh=fresh)
    polls = sum(request.method == "GET" for request in list(sandbox.requests)[before:])
    return {
        "caller": caller.name,
        "case": ("stream" if model == "bench/talk" else "known" if known else "poll"),
        "length": "under 1 s" if seconds < 1 else "1 s and more",
        "seconds": seconds,
        "delay": delay,
        "polls": polls,
        "half_second_polls": ceil(seconds / 0.5),
    }


def table(samples: list[dict[str, Any]]) -> None:
    print("| case | run time | client | mean delay | median delay | of run time | polls | polls at 500 ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    keys = dict.fromkeys((each["case"], each["length"], each["caller"]) for each in samples)
    for case, length, caller in sorted(keys):
        rows = [each for each in samples if (each["case"], each["length"], each["caller"]) == (case, length, caller)]
        delays = [row["delay"] for row in rows]
        share = statistics.mean(row["delay"] / row["seconds"] for row in rows)
        polls = statistics.mean(row["polls"] for row in rows)
        halves = statistics.mean(row["half_second_polls"] for row in rows)
        print(
            f"| {case} | {length} | {caller} | {statistics.mean(delays) * 1000:.0f} ms "
            f"| {statistics.median(delays) * 1000:.0f} ms | {share:.1%} | {polls:.1f} | {halves:.1f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="a Python with replicate==1.0.7")
    parser.add_argument("--rounds", type=int, default=20, help="runs under 1 s in each case (default 20)")
    options = parser.parse_args()
    with Sandbox() as sandbox:
        for name in ("bench/nap", "bench/known-short", "bench/known-long"):
            sandbox.model(name, official=True)(nap)
        sandbox.model("bench/talk", official=True)(talk)
        environment = {**os.environ, **sandbox.environment}
        callers = [Caller("replicatekit", sys.executable, OURS, environment)]
        if options.peer:
            callers.append(Caller("replicate 1.0.7", str(options.peer), PEER, environment))
        samples: list[dict[str, Any]] = []
        for sample in measure(callers, sandbox, options.rounds):
            samples.append(sample)
            if sys.stderr.isatty():
                print(f"\r{len(samples)} runs", end="", file=sys.stderr)
        for caller in callers:
            caller.close()
    table(samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
