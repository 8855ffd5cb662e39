"""Coverage of the programs that tests start."""

from __future__ import annotations

from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent.parent


def of_children() -> dict[str, str]:
    """Environment variables that have a Python program measured too, where this process is measured."""
    try:
        from coverage import Coverage
    except ImportError:  # where the wheel is tested
        return {}
    if Coverage.current() is None:
        return {}
    return {"COVERAGE_PROCESS_START": str(HOUSE / "pyproject.toml"), "COVERAGE_FILE": str(HOUSE / ".coverage")}
