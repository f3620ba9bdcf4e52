"""The page's pictures: colours of the tile map, funds over time, tenths paying and receiving, aid by province."""

from __future__ import annotations

import base64
import functools
import html
import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure

from experiments.outcomes import style
from experiments.words import chinese_font, province_name

HERE = Path(__file__).resolve().parent
WIDE, TALL = 7.2, 4.6  # inches
SIDE_LINES = {"baseline": "-", "reform": "--"}
DIVERGING, RISING = "PuOr_r", "viridis"
DARK = 0.45  # brightness of a tile under which its words are white
BRIGHTNESS = (0.3, 0.59, 0.11)  # of red, green and blue
STEPS = 8  # colours named in the strip under the map


@functools.cache
def words() -> dict[str, dict[str, str]]:
    """Return every word of the page by key and language."""
    content: dict[str, dict[str, str]] = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
    return content


def say(key: str, lang: str, **values: Any) -> str:
    """Return a word of the page in a language."""
    return words()[key][lang].format(**values)


def drawable(lang: str) -> str:
    """Return the language pictures can be drawn in: English where the machine has no Chinese font."""
    return lang if lang == "en" or chinese_font() else "en"


def look(lang: str) -> Any:
    """Return the settings of matplotlib for a language."""
    families = [chinese_font()] if lang == "zh" and chinese_font() else []
    return {"font.family": [*families, "DejaVu Sans"], "axes.unicode_minus": False, "font.size": 9}


def tile_colours(values: pd.Series[float], diverging: bool) -> tuple[dict[int, tuple[str, str]], float, float]:
    """Return the fill and the ink of every known province's tile, and the ends of the scale [unit of the values]."""
    known = values.dropna()
    reach = float(known.abs().max()) if len(known) else 1.0
    low, high = (-reach, reach) if diverging else (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    scale = mpl.colors.Normalize(low, high if high > low else low + 1.0)
    colours = mpl.colormaps[DIVERGING if diverging else RISING]
    tiles_of = {}
    for code, value in known.items():
        colour = colours(scale(value))
        bright = sum(part * weight for part, weight in zip(colour, BRIGHTNESS))
        tiles_of[int(str(code))] = (mpl.colors.to_hex(colour), "#ffffff" if bright < DARK else "#000000")
    return tiles_of, low, high


def scale_strip(diverging: bool) -> str:
    """Return the map's colours from low to high as a CSS gradient."""
    colours = mpl.colormaps[DIVERGING if diverging else RISING]
    steps = [mpl.colors.to_hex(colours(place / STEPS)) for place in range(STEPS + 1)]
    return f"linear-gradient(to right, {', '.join(steps)})"


def number_text(value: float) -> str:
    """Return a number as a tile shows it: one digit after the point below a hundred, a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:,.1f}" if abs(value) < style()["per_cent"] else f"{value:,.0f}"
    return text.removeprefix("-") if not float(text.replace(",", "")) else text


def as_image(figure: Figure, words: str) -> str:
    """Return a figure as an HTML image that carries its data, with words for who cannot see it."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=style()["figures"]["dpi"])
    data = base64.b64encode(target.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(words, quote=True)}">'


def fund_paths(paths: pd.DataFrame, lang: str) -> Figure:
    """Draw the reserves of the large funds by year, both sides."""
    lang = drawable(lang)
    with mpl.rc_context(look(lang)):
        figure = Figure(figsize=(WIDE, TALL * 0.75), layout="constrained")
        axis = figure.subplots()
        for place, fund in enumerate(("employee_pool", "employee_accounts", "resident_pool")):
            for side, lines in paths[paths["fund"] == fund].groupby("side"):
                label = say("legend", lang, what=style()["funds"][fund][lang], side=say(str(side), lang))
                colour = style()["figures"]["colours"][place + 1]
                dash = SIDE_LINES[str(side)]
                axis.plot(lines["year"], lines["reserves"], dash, color=colour, label=label, marker="o", ms=3)
                band = {"color": colour, "alpha": style()["figures"]["band"], "lw": 0}
                axis.fill_between(lines["year"], lines["low"], lines["high"], **band)
        axis.set(ylabel=say("bn_yuan", lang), ylim=(0, None))
        axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        _finish(axis)
        figure.legend(loc="outside lower center", fontsize=7.5, frameon=False, ncols=2)
    return figure


def tenth_bars(tenths: pd.DataFrame, lang: str) -> Figure:
    """Draw what tenths of people by income pay (below) and receive (above), both sides."""
    lang = drawable(lang)
    with mpl.rc_context(look(lang)):
        figure = Figure(figsize=(WIDE, TALL * 0.75), layout="constrained")
        axis = figure.subplots()
        sides = list(dict.fromkeys(tenths.index.get_level_values("side")))
        width = 0.8 / len(sides)
        for place, side in enumerate(sides):
            of_side = tenths.loc[side]
            x = of_side.index + (place - (len(sides) - 1) / 2) * width
            hatch = "" if place == 0 else "//"
            for column, sign, colour in (("receives", 1, 3), ("pays", -1, 2)):
                shade = style()["figures"]["colours"][colour]
                label = say("legend", lang, what=say(column, lang), side=say(side, lang))
                axis.bar(x, sign * of_side[column], width, color=shade, hatch=hatch, edgecolor="white", label=label)
        axis.axhline(0, color="black", lw=0.8)
        axis.set(xlabel=say("decile", lang), ylabel=say("yuan_head", lang))
        axis.set_xticks(sorted(set(tenths.index.get_level_values("tenth"))))
        _finish(axis)
        figure.legend(loc="outside lower center", fontsize=7.5, frameon=False, ncols=2)
    return figure


def aid_bars(aid: pd.DataFrame, side: str, lang: str) -> Figure | None:
    """Draw what provinces paid into and received from mutual aid between funds, or nothing where none moved."""
    of_side = aid.loc[side] if side in aid.index.get_level_values("side") else aid.iloc[:0]
    of_side = of_side[of_side["paid_in"] + of_side["received"] > 0]
    if of_side.empty:
        return None
    lang = drawable(lang)
    with mpl.rc_context(look(lang)):
        figure = Figure(figsize=(WIDE, TALL), layout="constrained")
        axis = figure.subplots()
        of_side = of_side.assign(net=of_side["received"] - of_side["paid_in"]).sort_values("net")
        y = np.arange(len(of_side))
        axis.barh(y, of_side["received"], color=style()["figures"]["colours"][3], label=say("received", lang))
        axis.barh(y, -of_side["paid_in"], color=style()["figures"]["colours"][2], label=say("paid_in", lang))
        axis.set_yticks(y, [province_name(int(code), lang) for code in of_side.index], fontsize=7)
        axis.set(xlabel=say("bn_yuan", lang))
        axis.axvline(0, color="black", lw=0.8)
        _finish(axis)
        figure.legend(loc="outside lower center", fontsize=7.5, frameon=False, ncols=2)
    return figure


def _finish(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=style()["figures"]["band"])
