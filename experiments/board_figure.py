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
ROOM = 0.5  # bands beside the longest bar, for the number of one that is cut
CAPTION = f"Error in bands (±1 holds); orange: not fitted\nBars are cut at {FAR:.0f} bands; arrows tell the whole error"
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
    exact = [row["error"] / row["band"] for row in chosen]
    values = [max(-FAR, min(FAR, value)) for value in exact]
    colours = [look["colours"][1 if row["sample"] == "in" else 2] for row in chosen]
    axes.barh(names, values, color=colours)
    axes.invert_yaxis()
    if any(abs(value) > FAR for value in exact):
        axes.set_xlim(-FAR - ROOM, FAR + ROOM)
    for place, value in enumerate(exact):
        if abs(value) > FAR:
            words, side = (f"{value:.0f} ▶", "left") if value > 0 else (f"◀ {value:.0f}", "right")
            axes.text(values[place], place, f" {words} ", va="center", ha=side, fontsize=7)
    for edge in (-1, 1):
        axes.axvline(edge, color=look["grey"], linestyle=":")
    axes.tick_params(axis="y", labelsize=7)
    axes.set_title(CAPTION, loc="left", fontsize="medium")


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
