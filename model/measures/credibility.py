"""Credibility of a pool's own experience: Buehlmann and Buehlmann-Straub with the usual unbiased estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import ROUNDING, Array, Fields, Values, finite, numbers

TOO_FEW: Final = "fewer than two pools or two years"


@dataclass(frozen=True, slots=True, eq=False)
class Buhlmann(Fields):
    """Mean, expected process variance, variance of hypothetical means, k = epv/vhm, factor Z, premium by pool."""

    grand_mean: float
    epv: float
    vhm: float
    k: float
    Z: float
    premium: Array


def _floored(variance: float, noise: float) -> float:
    """Return the variance of the pools' means as estimated, 0 where it comes out at most 0 within rounding."""
    return variance if variance > ROUNDING * noise else 0.0


def buhlmann(x: Values) -> Buhlmann:
    """Return Buehlmann credibility for pools (rows) with equal numbers of years (columns) (Buehlmann 1967)."""
    ratios = finite("x", numbers("x", x, dimensions=2))
    if not ratios.size or min(ratios.shape) <= 1:
        return Buhlmann.void(TOO_FEW, premium=np.full(len(ratios), np.nan))
    years, means = ratios.shape[1], ratios.mean(axis=1)
    grand = float(means.mean())
    epv = float(np.mean(np.var(ratios, axis=1, ddof=1)))
    spread = float(np.var(means, ddof=1))
    vhm = _floored(spread - epv / years, spread + epv / years)
    k = epv / vhm if vhm > 0 else float("inf")
    factor = years / (years + k)
    return Buhlmann(grand_mean=grand, epv=epv, vhm=vhm, k=k, Z=factor, premium=factor * means + (1 - factor) * grand)


@dataclass(frozen=True, slots=True, eq=False)
class BuhlmannStraub(Fields):
    """Means and premiums by pool, the two variances, factors Z, and the collective mean."""

    pool_mean: Array
    epv: float
    vhm: float
    Z: Array
    collective: float
    premium: Array


def _exposed(x: Values, m: Values) -> tuple[Array, Array]:
    """Return (x, m) checked; cells without exposure have x = 0, pools without exposure are dropped."""
    ratios, exposure = numbers("x", x, dimensions=2), finite("m", numbers("m", m, dimensions=2))
    if ratios.shape != exposure.shape:
        raise ValueError(f"m has the shape {exposure.shape} where x has {ratios.shape}")
    if exposure.size and exposure.min() < 0:
        raise ValueError("m has a negative value")
    ratios = finite("x", np.where(exposure > 0, ratios, 0.0))
    if not exposure.size:
        return ratios, exposure
    kept = exposure.sum(axis=1) > 0
    return ratios[kept], exposure[kept]


def buhlmann_straub(x: Values, m: Values) -> BuhlmannStraub:
    """Return Buehlmann-Straub credibility of ratios x with exposures m, pools in rows (Buehlmann & Straub 1970)."""
    ratios, exposure = _exposed(x, m)
    pools = len(ratios)
    freedom = int(np.sum(exposure > 0)) - pools
    if pools <= 1 or freedom <= 0:
        nothing = np.full(pools, np.nan)
        return BuhlmannStraub.void(TOO_FEW, pool_mean=nothing, Z=nothing, premium=nothing)
    by_pool, total = exposure.sum(axis=1), float(exposure.sum())
    means = np.sum(exposure * ratios, axis=1) / by_pool
    overall = float(np.sum(by_pool * means)) / total
    epv = float(np.sum(exposure * np.square(ratios - means[:, np.newaxis]))) / freedom
    between, noise = float(np.sum(by_pool * np.square(means - overall))), (pools - 1) * epv
    vhm = _floored(between - noise, between + noise) / (total - float(np.sum(np.square(by_pool))) / total)
    if vhm > 0:
        factors = by_pool / (by_pool + epv / vhm)
        collective = float(np.sum(factors * means) / np.sum(factors))
    else:
        factors, collective = np.zeros(pools), overall
    premium = factors * means + (1 - factors) * collective
    return BuhlmannStraub(pool_mean=means, epv=epv, vhm=vhm, Z=factors, collective=collective, premium=premium)
