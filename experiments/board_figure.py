"""The board as a picture: errors in bands, worst first, and surplus rates by year."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.board import Row
from experiments.outcomes import style

MOST = 40  # bars that a reader can take in
FAR = 4.0  # bands beyond which a bar is cut
RATES = ("resident_surplus", "employee_surplus")


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the misses as bars in bands, and the surplus rates published and simulated."""
    look = style()["figures"]
    figure = Figure(figsize=(look["width"], 2 * look["tall_height"]), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, height_ratios=[1, 2])
    rates(upper, rows)
    bars(lower, rows)
    figure.savefig(path, dpi=look["dpi"], metadata={"Software": None})


def bars(axes: Any, rows: Sequence[Row]) -> None:
    """Draw errors over their bands, the worst first."""
    look = style()["figures"]
    chosen = [row for row in rows if row["band"] and row["error"] is not None]
    chosen = sorted(chosen, key=lambda row: -abs(row["error"] / row["band"]))[:MOST]
    names = [f"{row['name']}, {row['year']}" for row in chosen]
    values = [max(-FAR, min(FAR, row["error"] / row["band"])) for row in chosen]
    colours = [look["colours"][1 if row["sample"] == "in" else 2] for row in chosen]
    axes.barh(names, values, color=colours)
    axes.invert_yaxis()
    for edge in (-1, 1):
        axes.axvline(edge, color=look["grey"], linestyle=":")
    axes.tick_params(axis="y", labelsize=7)
    axes.set_title("Error in bands (±1 holds); orange: not fitted", loc="left", fontsize="medium")


def rates(axes: Any, rows: Sequence[Row]) -> None:
    """Draw the surplus rates, published as dots and simulated as lines."""
    look, per_cent = style()["figures"], style()["per_cent"]
    for place, name in enumerate(RATES):
        told = sorted((row for row in rows if row["target"] == name), key=lambda row: row["year"])
        years = [row["year"] for row in told]
        colour = look["colours"][place + 1]
        axes.plot(years, [per_cent * row["published"] for row in told], "o", color=colour)
        simulated = [per_cent * row["simulated"] for row in told if row["simulated"] is not None]
        if told and len(simulated) == len(told):
            axes.plot(years, simulated, "-", color=colour, label=told[0]["name"])
    axes.set_title("Surplus rates, per cent: dots published, lines simulated", loc="left", fontsize="medium")
    axes.legend(frameon=False, fontsize="small")
