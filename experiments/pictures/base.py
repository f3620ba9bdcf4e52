"""What figures share: the results in one language, panels, axes from zero, legends."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import pandas as pd
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.compare import Results
from experiments.outcomes import style
from experiments.precision import Cells, is_small, small_cells
from experiments.study import Variant


@dataclasses.dataclass(frozen=True)
class Sketch:
    """What a figure needs: the results, the language, and one look for each regime."""

    results: Results
    language: str

    def say(self, en: str, zh: str) -> str:
        """Return the words in the figure's language."""
        return zh if self.language == "zh" else en

    def of(self, pair: dict[str, str]) -> str:
        """Return one of a pair of words from the style file."""
        return pair[self.language]

    def label(self, variant: Variant) -> str:
        """Return a regime's name."""
        return variant.label.zh if self.language == "zh" else variant.label.en

    def last(self) -> int:
        """Return the last year lived [calendar year]."""
        return int(self.results.outcomes["year"].max())

    def units(self, reform: str, level: str, measure: str) -> pd.Series[float]:
        """Return the mean over seeds in the last year by unit."""
        rows = self.results.rows_of(reform, level, measure)
        return rows[rows["year"] == self.last()].groupby("unit")["value"].mean()

    def mean(self, reform: str, level: str, unit: str, measure: str) -> pd.Series[float]:
        """Return the mean over seeds by year."""
        rows = self.results.rows_of(reform, level, measure)
        return rows[rows["unit"] == unit].groupby("year")["value"].mean()

    def told_apart(self, variant: Variant, level: str, measure: str) -> pd.Series[bool]:
        """Return by unit whether a reform's difference in the last year has an interval that leaves out zero."""
        rows = self.results.differences
        chosen = (rows["reform"] == variant.name) & (rows["level"] == level) & (rows["measure"] == measure)
        rows = rows[chosen & (rows["year"] == self.last())].set_index("unit")
        return (rows["low"] > 0) | (rows["high"] < 0)

    @cached_property
    def cells(self) -> Cells:
        """The cells with few simulated people."""
        return small_cells(self.results.outcomes)

    def is_small(self, level: str, unit: str, measure: str) -> bool:
        """Return whether few simulated people stand behind a measure of a unit."""
        return is_small(self.cells, level, unit, measure)

    def look(self, variant: Variant) -> dict[str, Any]:
        """Return colour, line and marker of a regime; later ones are thinner, so that lines that agree all show."""
        place = self.results.study.variants.index(variant)
        looks = style()["figures"]
        names = {"color": "colours", "linestyle": "lines", "marker": "markers", "lw": "widths", "ms": "sizes"}
        return {key: looks[many][place % len(looks[many])] for key, many in names.items()} | {"mfc": "none"}

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Return the regimes that have at least one complete run."""
        there = set(self.results.outcomes["reform"].unique())
        return tuple(variant for variant in self.results.study.variants if variant.name in there)


def panels(rows: int, columns: int, **options: Any) -> tuple[Figure, Any]:
    """Return a figure with a grid of plain axes."""
    looks = style()["figures"]
    figure = Figure(figsize=(looks["width"], rows * looks["panel_height"]), dpi=looks["dpi"], layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", alpha=style()["figures"]["band"], linewidth=1)
        axis.margins(x=style()["figures"]["margin"])
    return figure, axes


def from_zero(axis: Any) -> None:
    """Start the vertical axis at zero and leave room above the highest line; of zeros alone mark nothing else."""
    axis.set_ylim(bottom=0)
    if axis.dataLim.y1 == 0:
        axis.set_yticks([0])
    axis.set_ylim(top=max(axis.dataLim.y1 * (1 + style()["figures"]["margin"]), style()["figures"]["margin"]))


def years(axis: Any, results: Results) -> None:
    """Mark a handful of whole years."""
    first, last = int(results.outcomes["year"].min()), int(results.outcomes["year"].max())
    step = max(1, (last - first) // style()["figures"]["ticks"])
    axis.set_xticks(range(first, last + 1, step))


def grey_note(sketch: Sketch, axis: Any) -> None:
    """Say on an axis that what is grey rests on few simulated people."""
    few, grey = style()["small_cell"], style()["figures"]["grey"]
    words = sketch.say(f"grey: fewer than {few} simulated people", f"灰色：模拟人数不足{few}人")
    axis.text(0.01, 0.99, words, transform=axis.transAxes, va="top", fontsize=6, color=grey, fontstyle="italic")


def legend(figure: Figure, axis: Any, columns: int = 0) -> None:
    """Put one legend under the figure, bars first."""
    handles, labels = axis.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda place: not isinstance(handles[place], BarContainer))
    handles, labels = [handles[place] for place in order], [labels[place] for place in order]
    figure.legend(handles, labels, loc="outside lower center", ncols=columns or len(labels), frameon=False)


def regimes(figure: Figure, sketch: Sketch) -> None:
    """Put one legend of all regimes under the figure, each in its own look, whichever panels are grey."""
    handles = [Line2D([], [], label=sketch.label(variant), **sketch.look(variant)) for variant in sketch.variants]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
