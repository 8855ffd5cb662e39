"""Report breaking changes of the public API since the last tag, with griffe.

To compare with another Git reference, pass it: `check_api.py v0.1.0`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Compare both packages with the tag; return 0 if nothing breaks callers."""
    if sys.argv[1:]:
        tag = sys.argv[1]
    else:
        describe = ["git", "describe", "--tags", "--abbrev=0"]
        tag = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    if not tag:
        print("there is no tag to compare with")
        return 0
    status = 0
    for folder, package in (("overlay", "replicatekit"), ("generated", "replicatekit_api")):
        command = [sys.executable, "-m", "griffe", "check", package, "--against", tag, "--search", folder, "--verbose"]
        status |= subprocess.run(command, cwd=ROOT, check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
