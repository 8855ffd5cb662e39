"""Format the results as a table."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from measuring import Samples
    from peers import Peer
    from suite import Benchmark, Metric, Target

README = Path(__file__).parent / "README.md"
BASE, FLOOR = "httpx", "floor"


def rows(benchmark: Benchmark, samples: Samples, peers: Sequence[Peer], failed: Collection[str]) -> list[list[str]]:
    """Return a row for each metric, with a cell for each peer; empty if a peer does not take part."""
    return [_row(metric, samples, peers, failed) for metric in benchmark.metrics]


def _row(metric: Metric, samples: Samples, peers: Sequence[Peer], failed: Collection[str]) -> list[str]:
    values = medians(metric, samples)
    absent = ["failed" if peer.name in failed and peer.name not in values else "" for peer in peers]
    return [metric.title, *(text or _cell(metric, values, peer) for text, peer in zip(absent, peers, strict=True))]


def medians(metric: Metric, samples: Samples) -> dict[str, float]:
    """Return the median of each peer, in the metric's unit; the maximum for memory growth."""
    average = max if metric.key == "grown" else median
    return {name: average(each[metric.key] for each in rounds) / metric.scale for name, rounds in samples.items()}


def _cell(metric: Metric, values: dict[str, float], peer: Peer) -> str:
    value = values.get(peer.name)
    if value is None:
        return ""
    base = values.get(BASE)
    if peer.name == BASE or not metric.is_compared or base is None:
        text = f"{number(value)} {metric.unit}".strip()
    elif peer.is_ours:
        text = f"{number(value)} {metric.unit}, {value / base:.2f}x"
    else:
        text = f"{value / base:.2f}x"
    target = {"default": metric.default, "fast": metric.fast}.get(peer.name)
    return f"{text} ({_judged(metric, target, value, values)})" if target else text


def _judged(metric: Metric, target: Target, value: float, values: dict[str, float]) -> str:
    is_met = met(metric, target, value, values)
    return f"target {target}: {'?' if is_met is None else 'met' if is_met else '**missed**'}"


def met(metric: Metric, target: Target, value: float, values: dict[str, float]) -> bool | None:
    """Whether a value reaches a target; None if there is nothing to compare it with."""
    base = {"raw": values.get(BASE), "floor": values.get(FLOOR), "absolute": 1.0}[target.base]
    if base is None:
        return None
    limit = target.limit * base
    return value >= limit * 0.995 if metric.more_is_better else value <= limit * 1.005


def number(value: float) -> str:
    """Format a number with three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(head: list[str], body: list[list[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    widths = [max(len(row[place]) for row in [head, *body]) for place in range(len(head))]
    lines = [head, ["-" * width for width in widths], *body]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def write(name: str, text: str) -> None:
    """Replace the text between the two marks of this name in README.md."""
    start, end = f"<!-- {name}: written by the program -->", f"<!-- {name}: end -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2]
    README.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")
