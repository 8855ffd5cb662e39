"""The progress of a run, from the tqdm progress bars in its logs.

` 45%|████▌     | 23/50 [00:01<00:01, 17.18it/s]`, with a description before it (`Loading:  45%|…`), with scaled
units (`1.20k/5.00k`, `3.40M/10.0MB`), without the bar where the terminal has no width, and redrawn after a carriage
return. A bar without a total (`23it [00:01, 17.18it/s]`) shows no progress.
"""

from __future__ import annotations

import re

from attrs import frozen

_AMOUNT = r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s?([kKMGTPE]?)i?B?"
# The character after the total is required: logs are read while they are written, and `23/5` may become `23/50`.
_BAR = re.compile(
    rf"([0-9]{{1,3}})%(?:\|[^|]{{0,1000}}\|\s{{0,20}}{_AMOUNT}/{_AMOUNT}[\s\[]|\s{{1,20}}{_AMOUNT}/{_AMOUNT}\s?\[)"
)
_SCALE = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}


@frozen
class Progress:
    """The state of the last progress bar in the logs of a run."""

    percentage: float
    """The completed share, from 0 to 1, rounded to the whole percent that the bar shows."""
    current: int
    total: int


def parse(logs: str | None) -> Progress | None:
    """Read the last progress bar in `logs`; None if there is none with a total."""
    if not logs:
        return None
    end = len(logs)
    # From the end, and only where there is a percent sign: logs are long, and the last bar is near their end.
    while end > 0 and (sign := logs.rfind("%", 0, end)) >= 0:
        start = logs.rfind("\n", 0, sign) + 1
        # The line ends are kept: one may be the character after the total.
        for line in reversed(logs[start : end + 1].splitlines(keepends=True)):
            bars = [_progress(bar) for bar in _BAR.finditer(line)] if "%" in line else []
            # A total below the count was cut off by a narrow terminal.
            complete = [progress for progress in bars if progress.current <= progress.total]
            if complete:
                return complete[-1]
        end = start - 1
    return None


def _progress(bar: re.Match[str]) -> Progress:
    percentage, *amounts = (group for group in bar.groups() if group is not None)
    current, current_unit, total, total_unit = amounts
    return Progress(
        min(int(percentage), 100) / 100,
        round(float(current) * _SCALE[current_unit]),
        round(float(total) * _SCALE[total_unit]),
    )
