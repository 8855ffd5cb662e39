"""Runs programs in a process of their own: `worker.py <package>`, a line of JSON for each program and each outcome."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
context = importlib.import_module("context")
for path in sorted(Path(__file__).parent.glob("of_*.py")):
    importlib.import_module(path.stem)


async def outcome(order, package):
    made = context.Context(package, is_async=order["is_async"], base_url=order["base_url"], token=order["token"])
    value, error, trace = None, None, None
    try:
        value = context.shown(await context.PROGRAMS[order["program"]](made))
    except Exception as raised:
        error, trace = context.told(raised), traceback.format_exc()
    return {"value": value, "error": error, "trace": trace, "seen": made.seen}


def main():
    for line in sys.stdin:
        print(json.dumps(asyncio.run(outcome(json.loads(line), sys.argv[1]))), flush=True)


if __name__ == "__main__":
    main()
