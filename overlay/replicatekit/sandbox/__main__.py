"""The entry point of `python -m replicatekit.sandbox`."""

from __future__ import annotations

import sys

from replicatekit.sandbox._cli import main

if __name__ == "__main__":
    sys.exit(main())
