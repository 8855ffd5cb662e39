"""The command line, `replicatekit`: one module per verb, built on the client's public API.

May import: everything else. Only `python -m replicatekit` and the console script import this package.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command in `sys.argv`, and return its exit code."""
    from replicatekit.cli._frame.main import main

    return main()
