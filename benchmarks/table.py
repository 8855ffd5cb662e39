"""The figures as one table."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from figures import Bar, Figure, Metric
    from measuring import Samples
    from peers import Peer

README = Path(__file__).parent / "README.md"
BASE, FLOOR = "httpx", "floor"


def rows(figure: Figure, samples: Samples, peers: Sequence[Peer], failed: Collection[str]) -> list[list[str]]:
    """A row for each of a figure's metrics, a cell for each peer; empty where a peer does not take part."""
    return [_row(metric, samples, peers, failed) for metric in figure.metrics]


def _row(metric: Metric, samples: Samples, peers: Sequence[Peer], failed: Collection[str]) -> list[str]:
    values = medians(metric, samples)
    absent = ["failed" if peer.name in failed and peer.name not in values else "" for peer in peers]
    return [metric.title, *(said or _cell(metric, values, peer) for said, peer in zip(absent, peers, strict=True))]


def medians(metric: Metric, samples: Samples) -> dict[str, float]:
    """The median of each peer, in the metric's unit; of memory that grew, the most."""
    middle = max if metric.key == "grown" else median
    return {name: middle(each[metric.key] for each in given) / metric.scale for name, given in samples.items()}


def _cell(metric: Metric, values: dict[str, float], peer: Peer) -> str:
    value = values.get(peer.name)
    if value is None:
        return ""
    base = values.get(BASE)
    if peer.name == BASE or not metric.is_compared or base is None:
        said = f"{number(value)} {metric.unit}".strip()
    elif peer.is_ours:
        said = f"{number(value)} {metric.unit}, {value / base:.2f}x"
    else:
        said = f"{value / base:.2f}x"
    bar = {"default": metric.default, "fast": metric.fast}.get(peer.name)
    return f"{said} ({_judged(metric, bar, value, values)})" if bar else said


def _judged(metric: Metric, bar: Bar, value: float, values: dict[str, float]) -> str:
    is_met = met(metric, bar, value, values)
    return f"bar {bar}: {'?' if is_met is None else 'met' if is_met else '**missed**'}"


def met(metric: Metric, bar: Bar, value: float, values: dict[str, float]) -> bool | None:
    """Whether a value reaches a bar; None where there is nothing to compare it with."""
    of = {"raw": values.get(BASE), "floor": values.get(FLOOR), "absolute": 1.0}[bar.of]
    if of is None:
        return None
    limit = bar.limit * of
    return value >= limit * 0.995 if metric.more_is_better else value <= limit * 1.005


def number(value: float) -> str:
    """Three digits are enough."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(head: list[str], body: list[list[str]]) -> str:
    """A table whose columns are aligned in the text as well."""
    widths = [max(len(row[place]) for row in [head, *body]) for place in range(len(head))]
    lines = [head, ["-" * width for width in widths], *body]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def write(name: str, text: str) -> None:
    """Put a text into README.md, between the two marks of this name."""
    begin, end = f"<!-- {name}: written by the program -->", f"<!-- {name}: end -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
