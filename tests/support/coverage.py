"""Measure the coverage of programs that tests start."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def of_children() -> dict[str, str]:
    """Return environment variables that measure a Python program too, if this process is measured."""
    try:
        from coverage import Coverage
    except ImportError:  # the wheel is tested without it
        return {}
    if Coverage.current() is None:
        return {}
    return {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"), "COVERAGE_FILE": str(ROOT / ".coverage")}
