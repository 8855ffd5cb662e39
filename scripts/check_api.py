"""Report changes of the public API since the last tag that break callers, with griffe.

Without a tag there is nothing to compare with. An argument names another reference: `check_api.py v0.1.0`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent


def main() -> int:
    """Compare both packages with a tag."""
    if sys.argv[1:]:
        tag = sys.argv[1]
    else:
        described = ["git", "describe", "--tags", "--abbrev=0"]
        tag = subprocess.run(described, cwd=HOUSE, capture_output=True, text=True, check=False).stdout.strip()
    if not tag:
        print("there is no tag yet: nothing to compare with")
        return 0
    status = 0
    for folder, package in (("overlay", "replicatekit"), ("generated", "replicatekit_api")):
        command = [sys.executable, "-m", "griffe", "check", package, "--against", tag, "--search", folder, "--verbose"]
        status |= subprocess.run(command, cwd=HOUSE, check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
