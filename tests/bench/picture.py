"""The ratios of a run of `python -m tests.bench --json FILE` as a picture.

python -m tests.bench.picture FILE.json PICTURE.svg
"""

import json
import sys
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

BAR, MISSED, LINE = "#4a90c2", "#d08770", "#2e3440"


def draw(rows: list[dict[str, Any]], title: str) -> Figure:
    """Of rows that have a goal: the median of the ratios ours / bare, their least and greatest, the goal."""
    rows = [row for row in rows if row["goal"] != "none"][::-1]
    figure = Figure(figsize=(9, 0.9 + 0.28 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for at, row in enumerate(rows):
        goal, least = float(row["goal"].rpartition(" ")[2]), row["goal"].startswith("at least")
        met = row["ratio"] >= goal if least else row["ratio"] <= goal
        axes.barh(at, row["ratio"], color=BAR if met else MISSED, height=0.6)
        axes.plot([row["ratios"][0], row["ratios"][-1]], [at, at], color=LINE, linewidth=1)
        axes.plot([goal, goal], [at - 0.4, at + 0.4], color=LINE, linewidth=2)
    axes.set_yticks(
        range(len(rows)), [f"{row['title']}, {row['unit']} ({row['goal']})" for row in rows], fontsize=8
    )
    axes.set_xlabel(
        "ours / bare: median and rounds; the thick line is the goal; orange misses it", fontsize=8
    )
    axes.set_title(title, fontsize=9)
    axes.margins(y=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def main(source: str, target: str) -> None:
    found = json.loads(Path(source).read_text())
    draw(found["rows"], f"{found['at'][:16]} UTC, {found['machine']}").savefig(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
