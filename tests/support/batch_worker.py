"""A batch in a separate process, for tests that kill it: `python batch_worker.py JOURNAL MODEL COUNT [OPTIONS]`."""

from __future__ import annotations

import json
import sys

from replicatekit.batch import Batch, _engine, _processes


def main() -> None:
    journal, model, count, *rest = sys.argv[1:]
    options = json.loads(rest[0]) if rest else {}
    if host := options.pop("host", None):  # pretend to run on another machine
        _engine.HOST = _processes.HOST = host
    with Batch(journal, model, lease=options.pop("lease", 60.0), settle=options.pop("settle", 0.3)) as batch:
        batch.add({"n": n} for n in range(int(count)))
        print("ready", flush=True)
        batch.run(**{"creates_per_minute": None, "concurrency": 8, **options})
        print("done", flush=True)


if __name__ == "__main__":
    main()
