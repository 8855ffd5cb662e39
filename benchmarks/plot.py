"""Draw a plot for growth.py from JSON on stdin; needs matplotlib."""

from __future__ import annotations

import json
import sys

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt


def main() -> None:
    plot = json.load(sys.stdin)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for (title, points), mark in zip(plot["lines"].items(), "os^Dv", strict=False):
        sizes = [point["size"] for point in points]
        left.plot(sizes, [point["cpu"] * 1e6 for point in points], marker=mark, label=title)
        right.plot(sizes, [point["grown"] / 1e6 for point in points], marker=mark, label=title)
    for axes, label in ((left, f"processor time, µs per {plot['item']}"), (right, "memory grown, MB")):
        axes.set_xscale("log")
        axes.set_xlabel(plot["axis"])
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.set_xticks(sorted({point["size"] for points in plot["lines"].values() for point in points}))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    left.legend()
    figure.suptitle(plot["title"])
    figure.savefig(plot["path"], dpi=80)


if __name__ == "__main__":
    main()
