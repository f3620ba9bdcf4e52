"""Who pays whom as ribbons: accounts that pay on the left, accounts that draw on the right."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from experiments.outcomes import style
from experiments.pictures.base import Sketch, grey_note, panels
from experiments.pictures.tiles import short
from experiments.words import province_name
from model import measures

GAP = 0.015  # between bars, as a share of the whole height
BAR = 0.03
LARGEST = 12
OTHERS = "others"


def alluvial(sketch: Sketch) -> Figure:
    """Draw schemes' payments pro rata, and provinces' net payments netted, of the baseline's last year."""
    figure, axes = panels(1, 2)
    matrices = (scheme_matrix(sketch), province_matrix(sketch))
    titles = (
        sketch.say("paid in → drawn out, as if from one pot", "缴入→支取（视同一个资金池按比例归属）"),
        sketch.say("net payers → net receivers, netted", "净付出→净收入（轧差）"),
    )
    for axis, matrix, title, level in zip(axes.flat, matrices, titles, ("scheme", "province")):
        few = {str(name) for name in matrix.index if sketch.is_small(level, str(name), "paid_in_fen")}
        names = {str(name): said(sketch, str(name)) for name in matrix.index}
        ribbons(axis, matrix / style()["fen_per_bn_yuan"], names, few)
        if few:
            grey_note(sketch, axis)
        axis.set_title(title, fontsize="medium")
        axis.axis("off")
    figure.set_figheight(style()["figures"]["map_height"])
    return figure


def accounts(sketch: Sketch, level: str) -> pd.DataFrame:
    """Return paid in and drawn out of the level's accounts in the baseline's last year [fen]."""
    base = sketch.results.study.baseline.name
    sides = {name: sketch.units(base, level, f"{name}_fen") for name in ("paid_in", "drawn_out")}
    return pd.DataFrame(sides).fillna(0.0).round()


def attributed(table: pd.DataFrame, which: str) -> pd.DataFrame:
    """Return one attribution of a closed set of accounts; means over seeds are closed by the reserve."""
    paid, drawn = table["paid_in"].to_numpy(), table["drawn_out"].to_numpy().copy()
    names = [str(name) for name in table.index]
    if not names:
        return pd.DataFrame()
    drawn[names.index("reserve") if "reserve" in names else 0] += paid.sum() - drawn.sum()
    found = measures.cross_subsidy(names, paid, np.maximum(drawn, 0.0))
    return pd.DataFrame(found[which], names, names)


def scheme_matrix(sketch: Sketch) -> pd.DataFrame:
    """Return what each scheme's members, employers, treasury and reserves pay for whom, pro rata [fen]."""
    order = [name for name in style()["accounts"] if name in accounts(sketch, "scheme").index]
    return attributed(accounts(sketch, "scheme").loc[order], "gross")


def province_matrix(sketch: Sketch) -> pd.DataFrame:
    """Return net payments between provinces and other accounts, small ones summed [fen]."""
    matrix = attributed(accounts(sketch, "province"), "netting")
    if matrix.empty:
        return matrix
    size = matrix.sum(axis=0) + matrix.sum(axis=1)
    kept = set(size.sort_values(ascending=False).index[:LARGEST])
    names = [name if name in kept else OTHERS for name in matrix.index]
    groups = np.array(names)
    return matrix.groupby(groups, sort=False).sum().T.groupby(groups, sort=False).sum().T


def said(sketch: Sketch, name: str) -> str:
    """Return an account's name in the figure's language."""
    if name == OTHERS:
        return sketch.say("other provinces", "其他省份")
    words = style()["accounts"].get(name)
    return (
        sketch.of(words)
        if words
        else short(province_name(int(name), sketch.language)).replace("-\n", "").replace("\n", " ")
    )


def ribbons(axis: Any, matrix: pd.DataFrame, names: dict[str, str], few: Collection[str] = ()) -> None:
    """Draw a matrix of payments: bars at both edges, a ribbon for every payment; accounts of few people are grey."""
    looks, total = style()["figures"], float(matrix.to_numpy().sum())
    if not total > 0:
        return
    left, right = (_edges(matrix.sum(axis=side), total) for side in (1, 0))
    colours = {name: looks["colours"][place % len(looks["colours"])] for place, name in enumerate(matrix.index)}
    colours |= dict.fromkeys(few, looks["pale"])
    places = {
        **{("left", name): low for name, (low, _) in left.items()},
        **{("right", name): low for name, (low, _) in right.items()},
    }
    values, place_of = matrix.to_numpy(np.float64), {str(name): place for place, name in enumerate(matrix.index)}
    for payer in left:
        for payee in right:
            amount = float(values[place_of[payer], place_of[payee]])
            if amount <= 0:
                continue
            start, end = places["left", payer], places["right", payee]
            colour = colours[payee if payee in few else payer]
            axis.add_patch(_ribbon(start, end, amount, colour, looks["band"] + looks["band"]))
            places["left", payer] += amount
            places["right", payee] += amount
    for edge, x, align, shift in ((left, 0.0, "right", -0.01), (right, 1.0 - BAR, "left", BAR + 0.01)):
        for name, (low, high) in edge.items():
            axis.fill_between([x, x + BAR], low, high, color=colours[name], lw=0)
            words = f"{names[name]} {high - low:,.0f}"
            ink = looks["grey"] if name in few else "black"
            axis.text(x + shift, (low + high) / 2, words, ha=align, va="center", fontsize=7, color=ink)
    axis.set_xlim(-0.42, 1.42)
    axis.set_ylim(-0.02 * total, (1 + GAP * len(matrix) + 0.02) * total)
    axis.invert_yaxis()


def _edges(sums: pd.Series[float], total: float) -> dict[str, tuple[float, float]]:
    """Return where each account's bar begins and ends."""
    edges, low = {}, 0.0
    for name, amount in sums.items():
        if amount > 0:
            edges[str(name)] = (low, low + float(amount))
            low += float(amount) + GAP * total
    return edges


def _ribbon(start: float, end: float, amount: float, colour: str, alpha: float) -> PathPatch:
    middle, last = 0.5, 1.0 - BAR
    corners = [
        (BAR, start), (middle, start), (middle, end), (last, end),
        (last, end + amount), (middle, end + amount), (middle, start + amount), (BAR, start + amount), (BAR, start),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return PathPatch(Path(corners, codes), facecolor=colour, alpha=alpha, lw=0)
