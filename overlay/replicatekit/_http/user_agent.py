"""The User-Agent header of this package."""

from __future__ import annotations

import sys


def user_agent_header() -> str:
    """The User-Agent header: this package's version, and Python's."""
    from replicatekit._version import __version__

    return f"replicatekit/{__version__} (python/{'.'.join(map(str, sys.version_info[:3]))})"
