"""The command line, `replicatekit`: one module for each verb, on the public API of the client.

May import: everything else. Nothing imports this package but `python -m replicatekit` and the console script.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command that the process was started with, and return its exit code."""
    from replicatekit.cli._frame.main import main

    return main()
