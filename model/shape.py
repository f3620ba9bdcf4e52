"""The shape of incomes: a table of quantiles through the published means of fifths."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from model import data
from model.data.apportion import monotone
from model.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 65  # ranks 0, 1/64 … 1
STEPS = 10  # steps between two points in which the means of fifths are held
GROUPS = ("quintile_1_low", "quintile_2", "quintile_3", "quintile_4", "quintile_5_high")
ROUNDS = 60  # the fit of the means converges long before


@data.cached
def quantiles(area: str, year: int, bottom: float, top_power: int) -> Floats:
    """Return income relative to the mean at 65 even ranks, rising, mean one, its fifths as published.

    A monotone curve through the four lower fifths; below the first tenth it begins at `bottom` times the mean of the
    lowest fifth; in the highest fifth a power of the rank whose mean is the published one.
    Errors: DataError if the fifths are missing or do not rise.
    """
    fifths = _fifths(area, year)
    nodes = fifths.copy()
    for _ in range(ROUNDS):
        curve = _curve(nodes, bottom, top_power)
        nodes = nodes * fifths / _means(curve)
    rising = np.maximum.accumulate(_curve(nodes, bottom, top_power))
    result = rising / _trapezoid(rising)
    result.setflags(write=False)
    return result


def _fifths(area: str, year: int) -> Floats:
    """Return the means of the fifths over their average."""
    frame = data.table("income_distribution")
    rows = frame[(frame["area"] == area) & (frame["year"] == year)]
    values = dict(zip(rows["group"], rows["value"], strict=True))
    missing = [group for group in GROUPS if group not in values]
    if missing:
        raise DataError(f"income_distribution.csv: {missing[0]} of {area} {year} is missing: expected all five fifths")
    means = np.array([float(values[group]) for group in GROUPS])
    if not (np.diff(means) > 0).all():
        raise DataError(f"income_distribution.csv: fifths of {area} {year}: expected means that rise")
    return np.asarray(means / (math.fsum(means.tolist()) / len(means)), dtype=np.float64)


def _curve(nodes: Floats, bottom: float, top_power: int) -> Floats:
    """Return the quantile curve at the even ranks for given node heights in the middles of the fifths."""
    ranks = np.arange(POINTS, dtype=np.float64) / (POINTS - 1)
    groups = len(nodes)
    middles = (np.arange(groups) + 0.5) / groups
    edge = (groups - 1) / groups  # where the highest fifth begins
    knee = nodes[-2] + (nodes[-2] - nodes[-3]) / 2  # the curve's height there, continued in a straight line
    knots = np.array([0.0, *middles[:-1], edge])
    heights = np.array([[bottom * nodes[0], *nodes[:-1], knee]])
    low = monotone(knots, heights, np.minimum(ranks, edge))[0]
    above = np.maximum(ranks - edge, 0.0) * groups
    steep = above
    for _ in range(top_power - 1):
        steep = steep * above
    rise = max(float(nodes[-1]) - float(knee), 0.0) * (1 + top_power)
    return np.asarray(low + rise * steep, dtype=np.float64)


def _means(curve: Floats) -> Floats:
    """Return the means of the fifths of a curve read with straight lines between its points."""
    within = (np.arange(STEPS) + 0.5) / STEPS
    middles = curve[:-1, None] + np.diff(curve)[:, None] * within
    parts = middles.reshape(len(GROUPS), -1)
    return np.array([math.fsum(part.tolist()) / len(part) for part in parts])


def _trapezoid(curve: Floats) -> float:
    """Return the mean of a curve read with straight lines between its points."""
    return math.fsum(((curve[1:] + curve[:-1]) / 2).tolist()) / (len(curve) - 1)
