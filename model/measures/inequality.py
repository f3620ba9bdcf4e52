"""Inequality of one variable: Gini, Lorenz curve, Theil, entropy and Atkinson indices, income shares.

Formulas and references: Cowell 2011, Measuring Inequality; each function names its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import ROUNDING, Array, Fields, Values, clean, mean, number, undefined
from model.measures.ranking import arranged, curve, ordinates, relative_gini, shares_argument

NO_WEIGHT: Final = "no row has weight"
MEAN_NOT_POSITIVE: Final = "the mean is not positive"
NEGATIVE: Final = "a value is negative"

CUTS: Final = np.array([0.2, 0.4, 0.8, 0.9, 0.99])
"""Cuts of the population by definition of S80/S20 (Eurostat), the Palma ratio (Cobham & Sumner 2013) and top shares."""
PERCENTILES: Final = np.linspace(0, 1, 101)


def gini(y: Values, w: Values | None = None) -> float:
    """Return the population Gini index 2 cov(y, rank)/mean; no unit; needs a positive mean.

    Gini 1912; Lerman & Yitzhaki 1989. Negative values are allowed; the index may then exceed 1.
    """
    w, y = clean(w, y=y)
    return relative_gini(y, w) if y.size else undefined(NO_WEIGHT)


def gini_sample(y: Values) -> float:
    """Return the Gini index times n/(n - 1), unweighted (Deltas 2003); needs at least two rows."""
    w, y = clean(None, y=y)
    if y.size <= 1:
        return undefined("the sample has fewer than two rows")
    return relative_gini(y, w) * (y.size / (y.size - 1))


def lorenz(y: Values, w: Values | None = None, p: Values = PERCENTILES) -> Array:
    """Return the ordinates of the Lorenz curve at population shares p (Lorenz 1905); needs a positive mean."""
    w, y = clean(w, y=y)
    at = shares_argument(p)
    if not y.size or mean(y, w) <= 0:
        return np.full(at.size, undefined(MEAN_NOT_POSITIVE if y.size else NO_WEIGHT))
    by_y, (y,) = arranged(w, y)
    return ordinates(curve(y, by_y), at)


def _relative(y: Array, w: Array) -> tuple[Array, Array, str]:
    """Return (population shares, y/mean, "") or, where an entropy index has no value, empty arrays and the reason."""
    nothing = np.empty(0)
    if not y.size:
        return nothing, nothing, NO_WEIGHT
    if y.min() < 0:
        return nothing, nothing, NEGATIVE
    mu = mean(y, w)
    if mu <= 0:
        return nothing, nothing, MEAN_NOT_POSITIVE
    return w / np.sum(w), y / mu, ""


def logarithm(z: Array) -> Array:
    """Return ln z, minus infinity at 0 [nats]."""
    with np.errstate(divide="ignore"):
        return np.log(z)


def times_logarithm(z: Array) -> Array:
    """Return z ln z with 0 ln 0 = 0 [nats]."""
    return z * np.log(np.where(z > 0, z, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Theil(Fields):
    """Theil T and Theil L, in nats."""

    T: float
    L: float


def theil(y: Values, w: Values | None = None) -> Theil:
    """Return Theil T (0 ln 0 = 0) and L (infinite with a zero); undefined with negative values (Theil 1967)."""
    w, y = clean(w, y=y)
    p, z, reason = _relative(y, w)
    if reason:
        return Theil.void(reason)
    return Theil(T=float(np.sum(p * times_logarithm(z))), L=-float(np.sum(p * logarithm(z))))


def generalised_entropy(y: Values, w: Values | None = None, *, alpha: float) -> float:
    """Return GE(alpha) (Shorrocks 1980): L at 0, T at 1, half the squared coefficient of variation at 2."""
    w, y = clean(w, y=y)
    alpha = number("alpha", alpha)
    p, z, reason = _relative(y, w)
    if reason:
        return undefined(reason)
    if alpha == 0:
        return -float(np.sum(p * logarithm(z)))
    if alpha == 1:
        return float(np.sum(p * times_logarithm(z)))
    if alpha < 0 and z.min() == 0:
        return float("inf")
    # the exponent nearer to 0 or 1 goes through expm1, so that no digit is lost close to L and T
    if alpha + alpha < 1:
        powers = np.expm1(alpha * logarithm(z))
    else:
        powers = z * np.expm1((alpha - 1) * logarithm(np.where(z > 0, z, 1.0)))
    return float(np.sum(p * powers)) / (alpha * (alpha - 1))


def atkinson(y: Values, w: Values | None = None, *, epsilon: float) -> float:
    """Return the Atkinson index (Atkinson 1970); any zero gives 1 for epsilon >= 1."""
    w, y = clean(w, y=y)
    epsilon = number("epsilon", epsilon)
    if epsilon < 0:
        raise ValueError("epsilon must not be negative")
    p, z, reason = _relative(y, w)
    if reason:
        return undefined(reason)
    if epsilon >= 1 and z.min() == 0:
        return 1.0
    if epsilon == 1:
        return -float(np.expm1(np.sum(p * np.log(z))))
    return -float(np.expm1(_log_mean_power(p, z, 1 - epsilon) / (1 - epsilon)))


def _log_mean_power(p: Array, z: Array, exponent: float) -> float:
    """Return ln(sum p z**exponent) without overflow and without loss for small exponents."""
    powers = exponent * logarithm(z)
    highest = float(powers.max())
    if max(highest, -float(powers.min())) < 1:
        return float(np.log1p(np.sum(p * np.expm1(powers))))
    return highest + float(np.log(np.sum(p * np.exp(powers - highest))))


@dataclass(frozen=True, slots=True, eq=False)
class IncomeShares(Fields):
    """Shares of the total and their ratios, without unit."""

    palma: float
    s80s20: float
    top10: float
    top1: float
    bottom40: float
    bottom20: float


def _ratio(top: float, bottom: float) -> float:
    """Return top/bottom: infinite above nothing, undefined above a negative share."""
    if bottom < 0:
        return undefined("the bottom share is negative")
    return top / bottom if bottom > 0 else float("inf")


def income_shares(y: Values, w: Values | None = None) -> IncomeShares:
    """Return top and bottom shares from the interpolated Lorenz curve, Palma and S80/S20 (Palma 2011; OECD)."""
    w, y = clean(w, y=y)
    if not y.size or mean(y, w) <= 0:
        return IncomeShares.void(MEAN_NOT_POSITIVE if y.size else NO_WEIGHT)
    by_y, (y,) = arranged(w, y)
    heights = ordinates(curve(y, by_y), CUTS)
    noise = ROUNDING * float(np.sum(by_y.w * np.abs(y)) / np.sum(by_y.w * y))
    at20, at40, at80, at90, at99 = np.where(np.abs(heights) <= noise, 0.0, heights).tolist()
    return IncomeShares(
        palma=_ratio(1 - at90, at40),
        s80s20=_ratio(1 - at80, at20),
        top10=1 - at90,
        top1=1 - at99,
        bottom40=at40,
        bottom20=at20,
    )
