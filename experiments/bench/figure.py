"""The costs of a person-year as a file of numbers, a page of words and a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.bench.cost import Cost
from experiments.bench.measure import NOTE, rows, summary, table
from experiments.bench.start import StartUp, values, words
from experiments.outcomes import style
from experiments.store import write_text

FEW = 10
"""Below this a number has a decimal."""
BAR = 0.3
"""Height of a bar with its gap [inches]."""


def write(costs: Sequence[Cost], path: Path, start: StartUp | None = None) -> list[Path]:
    """Write the JSON, and beside it the table with its note, the figure and how long starting up takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page, picture = path.with_suffix(".md"), path.with_suffix(".png")
    write_text(path, json.dumps(rows(costs), indent=1) + "\n")
    told = "" if start is None else f"\n{words(start)}\n"
    write_text(page, f"{NOTE}\n\n```\n{table(costs)}\n```\n\n{summary(costs)}\n{told}")
    draw(costs, picture)
    if start is None:
        return [path, page, picture]
    started = path.with_suffix(".start.json")
    write_text(started, json.dumps(values(start), indent=1) + "\n")
    return [path, page, picture, started]


def draw(costs: Sequence[Cost], path: Path) -> None:
    """Draw time and memory of a person-year as bars on a logarithmic scale."""
    look = style()["figures"]
    height = max(look["panel_height"], BAR * len(costs))
    figure = Figure(figsize=(look["width"], height), layout="constrained")
    FigureCanvasAgg(figure)
    names = [f"{c.engine}, {c.people:,} people, {c.threads} thread{'s' if c.threads > 1 else ''}" for c in costs]
    panels = figure.subplots(1, 2, sharey=True)
    for axes, field, title in (
        (panels[0], "ns_per_person_year", "ns a person-year"),
        (panels[1], "bytes_per_person", "bytes a person held between years"),
    ):
        values = [getattr(cost, field) for cost in costs]
        engines = list(dict.fromkeys(cost.engine for cost in costs))
        colours = [look["colours"][engines.index(cost.engine) % len(look["colours"])] for cost in costs]
        bars = axes.barh(names, values, color=colours)
        axes.bar_label(bars, labels=[f" {value:,.{int(0 < value < FEW)}f}" for value in values])
        axes.set_xscale("log")
        axes.margins(x=0.2)
        axes.set_title(title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].invert_yaxis()
    figure.savefig(path, dpi=look["dpi"])
