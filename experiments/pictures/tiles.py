"""A map of tiles, one a province: it draws no borders. Grey tiles lie outside the system."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.outcomes import style
from experiments.pictures.base import Sketch, panels
from experiments.words import province_name

GRID = Path(__file__).with_suffix(".yaml")
MAP = "cividis"
INK = (0.299, 0.587, 0.114)  # weights of red, green and blue in brightness (ITU-R BT.601)


@functools.cache
def grid() -> dict[str, Any]:
    """Return row and column of every tile: `inside` by code of province, `outside` by code with its names."""
    content: dict[str, Any] = yaml.safe_load(GRID.read_text(encoding="utf-8"))
    return content


def province_map(sketch: Sketch) -> Figure:
    """Draw benefit per member of each scheme as tiles; cells with few simulated members are hatched grey."""
    schemes, looks = style()["schemes"], style()["figures"]
    figure, axes = panels(1, len(schemes))
    for axis, (scheme, words) in zip(axes.flat, schemes.items()):
        measure = f"benefit_per_head_{scheme}"
        values = sketch.units(sketch.results.study.baseline.name, "province", measure)
        kept = {code: v for code, v in values.items() if not sketch.is_small("province", str(code), measure)}
        scale = Normalize(min(kept.values(), default=0.0), max(kept.values(), default=1.0))
        for code, (row, column) in grid()["inside"].items():
            name = province_name(int(code), sketch.language)
            value = kept.get(str(code))
            colour = looks["pale"] if value is None else mpl.colormaps[MAP](scale(value))
            hatch = "//" if value is None else None
            tile = Rectangle((column, -row), 1, 1, facecolor=colour, edgecolor="white", lw=2, hatch=hatch)
            axis.add_patch(tile)
            bright = value is None or sum(weight * part for weight, part in zip(INK, colour)) > looks["bright"]
            ink = looks["grey"] if value is None else "black" if bright else "white"
            said = "" if value is None else f"\n{value:,.0f}"
            axis.text(column + 0.5, -row + 0.5, short(name) + said, ha="center", va="center", fontsize=6, color=ink)
        for place in grid()["outside"].values():
            row, column = place["at"]
            axis.add_patch(Rectangle((column, -row), 1, 1, facecolor="white", edgecolor=looks["pale"], lw=1))
            words_of = {"ha": "center", "va": "center", "fontsize": 6, "color": looks["grey"]}
            axis.text(column + 0.5, -row + 0.5, place[sketch.language].replace(" ", "\n"), **words_of)
        rows, columns = zip(*grid()["inside"].values())
        axis.set(xlim=(-0.1, max(columns) + 1.1), ylim=(-max(rows) - 0.1, 1.1))
        axis.set_aspect("equal")
        axis.axis("off")
        axis.set_title(sketch.of(words), fontsize="medium")
        if not kept:
            continue
        bar = figure.colorbar(ScalarMappable(scale, MAP), ax=axis, orientation="horizontal", shrink=0.7, pad=0.02)
        bar.set_label(sketch.say(f"yuan per member, {sketch.last()}", f"元/参保人，{sketch.last()}年"))
    figure.set_figheight(looks["map_height"])
    return figure


def short(name: str) -> str:
    """Return a province's name without the words that all such names share."""
    for ending in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市"):
        name = name.removesuffix(ending)
    return name.replace("Inner Mongolia", "Inner\nMongolia").replace("Heilongjiang", "Heilong-\njiang")
