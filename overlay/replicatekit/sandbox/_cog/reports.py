"""Cog's reports of a prediction: each contains everything so far, and they arrive in any order."""

from __future__ import annotations

from typing import Any, cast

import attrs

JSON = dict[str, Any]
_ENDS = frozenset({"succeeded", "failed", "canceled"})


@attrs.define
class Progress:
    """How much of a prediction was passed on so far.

    Attributes:
        streams: Whether its output is streamed; if not, an output before the end is not final.
    """

    streams: bool
    logs: int = 0
    items: int = 0

    def new_logs(self, report: JSON) -> str:
        """Return the logs that a report adds; empty if a later report came first."""
        text: str = report.get("logs") or ""
        new = text[self.logs :]
        self.logs += len(new)
        return new

    def new_items(self, report: JSON) -> list[Any]:
        """Return the pieces of output that a report adds."""
        output: Any = report.get("output")
        if not self.streams or not isinstance(output, list):
            return []
        new = cast("list[Any]", output)[self.items :]
        self.items += len(new)
        return new


def is_last(report: JSON) -> bool:
    """Return whether a report is the last one of its prediction."""
    return report.get("status") in _ENDS


def metrics(report: JSON) -> dict[str, float]:
    """Return the numbers of a report."""
    values: Any = report.get("metrics")
    if not isinstance(values, dict):
        return {}
    pairs = cast("JSON", values).items()
    return {name: value for name, value in pairs if isinstance(value, (int, float)) and not isinstance(value, bool)}
