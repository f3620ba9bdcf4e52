"""Differences between pools and provinces, and what pooling does to risk.

Sources: textbook moments of sums (metrics, sections 5 and 7); Herfindahl 1950 for reserves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import (
    Array,
    Fields,
    Values,
    clean,
    count,
    finite,
    mean,
    number,
    numbers,
    over,
    same_length,
    undefined,
)
from model.measures.inequality import MEAN_NOT_POSITIVE, NO_WEIGHT

NO_POOL: Final = "there is no pool"


@dataclass(frozen=True, slots=True, eq=False)
class PoolDispersion(Fields):
    """Weighted mean (in units of x), coefficient of variation and max/min ratio (no unit)."""

    mean: float
    cv: float
    maxmin: float


def pool_dispersion(x: Values, w: Values | None = None) -> PoolDispersion:
    """Return the dispersion of a per-head quantity over pools; pools without weight do not count."""
    w, x = clean(w, x=x)
    if not x.size:
        return PoolDispersion.void(NO_WEIGHT)
    mu, low, high = mean(x, w), float(x.min()), float(x.max())
    cv = _deviation(x, mu, w) / mu if mu > 0 else undefined(MEAN_NOT_POSITIVE)
    if low < 0 or high == 0:
        ratio = undefined("the minimum is negative or all values are 0")
    else:
        ratio = high / low if low > 0 else float("inf")
    return PoolDispersion(mean=mu, cv=cv, maxmin=ratio)


def _deviation(x: Array, mu: float, w: Array) -> float:
    """Return the population standard deviation."""
    return float(np.sqrt(np.sum(w * np.square(x - mu)) / np.sum(w)))


@dataclass(frozen=True, slots=True, eq=False)
class ProvinceSlope(Fields):
    """Slope (units of y per unit of x), intercept (units of y), R2 and elasticity (no unit)."""

    slope: float
    intercept: float
    r2: float
    elasticity: float


def _centred(x: Array, w: Array) -> tuple[Array, float]:
    """Return the deviations from the weighted mean, corrected once for rounding, and the mean."""
    centre = mean(x, w)
    deviations = x - centre
    rest = mean(deviations, w)
    return deviations - rest, centre + rest


def _slope(x: Array, y: Array, w: Array) -> float:
    """Return the weighted least-squares slope of centred data."""
    return float(np.sum(w * x * y) / np.sum(w * x * x))


def province_slope(y: Values, x: Values, w: Values | None = None) -> ProvinceSlope:
    """Return the weighted least-squares line of y on x over provinces, and the log-log slope as elasticity."""
    w, y, x = clean(w, y=y, x=x)
    if not x.size or x.min() == x.max():
        return ProvinceSlope.void("x does not vary" if x.size else NO_WEIGHT)
    x_centred, x_mean = _centred(x, w)
    y_centred, y_mean = _centred(y, w)
    slope = _slope(x_centred, y_centred, w)
    r2 = undefined("y does not vary") if y.min() == y.max() else slope * _slope(y_centred, x_centred, w)
    if min(x.min(), y.min()) > 0:
        elasticity = _slope(_centred(np.log(x), w)[0], _centred(np.log(y), w)[0], w)
    else:
        elasticity = undefined("a value of x or y is not positive")
    return ProvinceSlope(slope=slope, intercept=y_mean - slope * x_mean, r2=r2, elasticity=elasticity)


@dataclass(frozen=True, slots=True, eq=False)
class ReserveConcentration(Fields):
    """Total of the positive balances (in their units), shares and indices (no unit), number of deficits."""

    total: float
    top_share: float
    hhi: float
    hhi_norm: float
    effective_n: float
    n_negative: int


def reserve_concentration(balance: Values, *, k: int) -> ReserveConcentration:
    """Return how concentrated reserves are; negative balances enter as 0 and are counted (Herfindahl 1950)."""
    k = count("k", k)
    amounts = finite("balance", numbers("balance", balance))
    if not amounts.size:
        return ReserveConcentration.void(NO_POOL, n_negative=0)
    positive = np.maximum(amounts, 0)
    total, negative = float(np.sum(positive)), int(np.sum(amounts < 0))
    if total == 0:
        return ReserveConcentration.void("no balance is positive", total=total, n_negative=negative)
    share = np.sort(positive)[::-1] / total
    hhi, equal = float(np.sum(np.square(share))), 1 / amounts.size
    return ReserveConcentration(
        total=total,
        top_share=float(np.sum(share[:k])),
        hhi=hhi,
        hhi_norm=over(hhi - equal, 1 - equal, "there is one pool"),
        effective_n=1 / hhi,
        n_negative=negative,
    )


@dataclass(frozen=True, slots=True, eq=False)
class PoolingCv(Fields):
    """Relative standard deviation of per-head cost by pool and merged, and their ratio; no unit."""

    cv: Array
    cv_merged: float
    reduction: Array


def _members(n: Values) -> Array:
    """Return the members of pools, at least one each."""
    members = finite("n", numbers("n", n))
    if members.size and members.min() <= 0:
        raise ValueError("n must be positive in every pool")
    return members


def pooling_cv(n: Values, mean: float, sd: float, rho: float) -> PoolingCv:
    """Return the risk of pools of n exchangeable members, pairwise correlation rho, before and after a merger."""
    members = _members(n)
    mean, sd, rho = number("mean", mean), number("sd", sd), number("rho", rho)
    if sd < 0:
        raise ValueError("sd must not be negative")
    if not members.size or mean <= 0:
        reason = NO_POOL if mean > 0 else MEAN_NOT_POSITIVE
        nothing = np.full(members.size, np.nan)
        return PoolingCv(cv=nothing, cv_merged=undefined(reason), reduction=nothing)
    sizes = np.append(members, np.sum(members))
    spread = 1 + (sizes - 1) * rho
    if spread.min() < 0 or rho > 1:
        raise ValueError("rho is not a possible correlation for pools of this size")
    every = sd * np.sqrt(spread / sizes) / mean
    with np.errstate(invalid="ignore"):
        return PoolingCv(cv=every[:-1], cv_merged=float(every[-1]), reduction=every[-1] / every[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class PoolingHeterogeneous(Fields):
    """Mean cost after a merger, relative risks (no unit), and the variance of the pools' means (squared units)."""

    mean_merged: float
    cv: Array
    cv_merged: float
    var_between: float


def pooling_heterogeneous(n: Values, mean: Values, sd: Values) -> PoolingHeterogeneous:
    """Return the risk of independent pools with different means before and after a merger."""
    members, means, sds = _members(n), finite("mean", numbers("mean", mean)), finite("sd", numbers("sd", sd))
    same_length("n", members.size, mean=means, sd=sds)
    if sds.size and sds.min() < 0:
        raise ValueError("sd must not be negative")
    if not members.size:
        return PoolingHeterogeneous.void(NO_POOL, cv=members)
    people = float(np.sum(members))
    merged = float(np.sum(members * means)) / people
    deviation = float(np.sqrt(np.sum(members * np.square(sds)))) / people
    return PoolingHeterogeneous(
        mean_merged=merged,
        cv=np.divide(sds / np.sqrt(members), means, out=np.full(means.size, np.nan), where=means > 0),
        cv_merged=deviation / merged if merged > 0 else undefined(MEAN_NOT_POSITIVE),
        var_between=float(np.sum(members * np.square(means - merged))) / people,
    )
