"""What Cog says of a prediction: reports that each hold all that there is so far, and come in any order."""

from __future__ import annotations

from typing import Any, cast

import attrs

JSON = dict[str, Any]
_ENDS = frozenset({"succeeded", "failed", "canceled"})


@attrs.define
class Progress:
    """What was already passed on of a prediction.

    Attributes:
        streams: whether its output comes piece by piece; if not, an output before the end is none yet.
    """

    streams: bool
    logs: int = 0
    items: int = 0

    def new_logs(self, report: JSON) -> str:
        """What a report adds to the logs; nothing if it was overtaken by a later one."""
        text: str = report.get("logs") or ""
        new = text[self.logs :]
        self.logs += len(new)
        return new

    def new_items(self, report: JSON) -> list[Any]:
        """The pieces of output that a report adds."""
        output: Any = report.get("output")
        if not self.streams or not isinstance(output, list):
            return []
        new = cast("list[Any]", output)[self.items :]
        self.items += len(new)
        return new


def is_last(report: JSON) -> bool:
    """Whether it is the report of a prediction's end."""
    return report.get("status") in _ENDS


def metrics(report: JSON) -> dict[str, float]:
    """The figures of a report."""
    found: Any = report.get("metrics")
    if not isinstance(found, dict):
        return {}
    pairs = cast("JSON", found).items()
    return {name: value for name, value in pairs if isinstance(value, (int, float)) and not isinstance(value, bool)}
