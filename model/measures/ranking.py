"""Ranks and cumulative curves: everyone tied in the ranking variable forms one block.

Sources: Lorenz 1905; Kakwani, Wagstaff and van Doorslaer 1997 (fractional ranks, ties share one).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from model.measures.common import ROUNDING, Array, Codes, Values, clean, finite, mean, numbers, undefined, weights


@dataclass(frozen=True)
class Ranked:
    """The rows in the order of a ranking variable, cut into blocks of ties."""

    order: Codes | slice
    starts: Codes
    w: Array
    """Weights in that order."""
    block: Array
    """Weight of each block."""
    total: float

    @cached_property
    def before(self) -> Array:
        """Weight ranked strictly below each block."""
        return np.cumsum(self.block) - self.block

    @cached_property
    def centred(self) -> Array:
        """Fractional mid-rank of each block less one half."""
        below = self.before
        return (below + below + self.block - self.total) / (self.total + self.total)

    def sums(self, values: Array) -> Array:
        """Return each block's weighted sum of a variable given in the original order of rows [its unit]."""
        weighted = self.w * values[self.order]
        return weighted if self.starts.size == self.w.size else np.add.reduceat(weighted, self.starts)

    def codes(self) -> Codes:
        """Return the block of every row, in the original order of rows."""
        codes = np.empty(self.w.size, dtype=np.int64)
        codes[self.order] = np.repeat(np.arange(self.starts.size), self.sizes())
        return codes

    def sizes(self) -> Codes:
        """Return the number of rows in each block."""
        return np.diff(self.starts, append=self.w.size)


AS_THEY_LIE: Final = slice(None)
WHOLE: Final = 2.0 ** np.finfo(np.float64).nmant
"""Whole numbers below this are exact in float64."""


def sorting(r: Array) -> Codes:
    """Return the rows in ascending order of r; whole numbers travel in one integer with their row, ties in order."""
    low, high, bits = float(r.min()), float(r.max()), int(r.size).bit_length()
    if low > -WHOLE and high < WHOLE and high - low < 2 ** (np.iinfo(np.int64).bits - 2 - bits):
        keys = r.astype(np.int64)
        if np.array_equal(keys, r):
            keys -= int(low)
            keys <<= bits
            keys |= np.arange(r.size)
            keys.sort()
            keys &= 2**bits - 1
            return keys
    return np.argsort(r)


def ranked(r: Array, w: Array) -> Ranked:
    """Sort by r; needs at least one row, all of positive weight."""
    order = sorting(r)
    return in_order(order, r[order], w)


def arranged(w: Array, r: Array, *columns: Array) -> tuple[Ranked, list[Array]]:
    """Sort the rows by r; return the ranking of the sorted rows (with their weights) and the columns, r first."""
    order = sorting(r)
    r_sorted = r[order]
    return in_order(AS_THEY_LIE, r_sorted, w[order]), [r_sorted, *(column[order] for column in columns)]


def in_order(order: Codes | slice, r_sorted: Array | Codes, w: Array) -> Ranked:
    """Cut rows that are already in order into blocks of ties."""
    starts = np.flatnonzero(np.concatenate(([True], r_sorted[1:] != r_sorted[:-1])))
    w_sorted = w[order]
    block = w_sorted if starts.size == w.size else np.add.reduceat(w_sorted, starts)
    return Ranked(order, starts, w_sorted, block, float(np.sum(block)))


def generalised(h: Array, h_mean: float, by: Ranked) -> float:
    """Return the generalised concentration index 2 cov(h, rank), in units of h."""
    covariance = float(np.sum(by.sums(h - h_mean) * by.centred)) / by.total
    return covariance + covariance


def relative(h: Array, by: Ranked, reason: str = "the mean is not positive") -> float:
    """Return the relative concentration index, undefined where the mean is not positive."""
    mu = mean(h[by.order], by.w)
    return generalised(h, mu, by) / mu if mu > 0 else undefined(reason)


def relative_gini(y: Array, w: Array) -> float:
    """Return the Gini index, undefined where the mean is not positive."""
    by_y, (y_sorted,) = arranged(w, y)
    return relative(y_sorted, by_y)


def curve(h: Array, by: Ranked) -> tuple[Array, Array]:
    """Return the corners (population share, share of h) of a concentration curve; needs a positive mean."""
    h_cumulated, w_cumulated = np.cumsum(by.sums(h)), np.cumsum(by.block)
    share = np.concatenate(([0.0], w_cumulated / w_cumulated[-1]))
    return share, np.concatenate(([0.0], h_cumulated / h_cumulated[-1]))


def ordinates(corners: tuple[Array, Array], p: Array) -> Array:
    """Read a curve at shares p: at a corner its exact height, linear in between."""
    share, height = corners
    right = np.clip(np.searchsorted(share, p), 1, share.size - 1)
    nearest = np.where(p - share[right - 1] < share[right] - p, right - 1, right)
    at_corner = np.abs(share[nearest] - p) <= ROUNDING
    return np.where(at_corner, height[nearest], np.interp(p, share, height))


def shares_argument(p: Values) -> Array:
    """Return population shares, checked to lie in [0, 1]."""
    array = finite("p", numbers("p", p))
    if array.size and (array.min() < 0 or array.max() > 1):
        raise ValueError("p must lie in [0, 1]")
    return array


def fractional_rank(r: Values, w: Values | None = None) -> Array:
    """Return the weighted fractional mid-rank of every row, in input order; rows of weight 0 keep their place.

    Share of weight strictly below plus half of the share tied. Lerman & Yitzhaki 1989; Van Ourti 2004.
    """
    values = finite("r", numbers("r", r))
    weight = weights(w, values.size, "r")
    clean(weight, r=values)
    if not np.any(weight > 0):
        return np.full(values.size, undefined("no row has weight"))
    by = ranked(values, weight)
    below = by.before
    return ((below + below + by.block) / (by.total + by.total))[by.codes()]
