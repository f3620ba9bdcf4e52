"""Concentration of one variable over the ranks of another, and progressivity of contributions and benefits.

O'Donnell, van Doorslaer, Wagstaff, Lindelow 2008, chapters 8, 14 and 16; Kakwani 1977; Lambert 2001.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import Array, Fields, Values, clean, count, mean, number, undefined
from model.measures.inequality import MEAN_NOT_POSITIVE, NO_WEIGHT, PERCENTILES
from model.measures.ranking import arranged, curve, generalised, ordinates, relative, shares_argument

NO_INCOME: Final = "mean income is not positive"
NO_CONTRIBUTION: Final = "mean contribution is not positive"
NO_BENEFIT: Final = "mean benefit is not positive"


@dataclass(frozen=True, slots=True, eq=False)
class ConcentrationIndex(Fields):
    """Relative index (no unit) and generalised index (in units of the variable)."""

    ci: float
    gci: float


def concentration_index(h: Values, r: Values, w: Values | None = None) -> ConcentrationIndex:
    """Return the concentration index of h over the rank of r; ties in r share one rank."""
    w, h, r = clean(w, h=h, r=r)
    if not h.size:
        return ConcentrationIndex.void(NO_WEIGHT)
    mu = mean(h, w)
    by_r, (_, h) = arranged(w, r, h)
    gci = generalised(h, mu, by_r)
    return ConcentrationIndex(ci=gci / mu if mu > 0 else undefined(MEAN_NOT_POSITIVE), gci=gci)


@dataclass(frozen=True, slots=True, eq=False)
class ConcentrationBounded(Fields):
    """Corrected indices of a bounded variable, without unit."""

    erreygers: float
    wagstaff: float


def concentration_bounded(
    h: Values, r: Values, w: Values | None = None, *, lo: float, hi: float
) -> ConcentrationBounded:
    """Return the Erreygers (2009) and Wagstaff (2005) indices of h with theoretical bounds lo and hi."""
    lo, hi = number("lo", lo), number("hi", hi)
    if lo >= hi:
        raise ValueError("lo must be below hi")
    w, h, r = clean(w, h=h, r=r)
    if not h.size:
        return ConcentrationBounded.void(NO_WEIGHT)
    if h.min() < lo or h.max() > hi:
        raise ValueError("h must lie between lo and hi")
    mu, width = mean(h, w), hi - lo
    by_r, (_, h) = arranged(w, r, h)
    gci = generalised(h, mu, by_r)
    room = (hi - mu) * (mu - lo)
    wagstaff = gci * width / room if room > 0 else undefined("the mean equals a bound")
    return ConcentrationBounded(erreygers=4 * gci / width, wagstaff=wagstaff)


def concentration_curve(h: Values, r: Values, w: Values | None = None, p: Values = PERCENTILES) -> Array:
    """Return the share of h held by the poorest shares p of the population ranked by r."""
    w, h, r = clean(w, h=h, r=r)
    at = shares_argument(p)
    if not h.size or mean(h, w) <= 0:
        return np.full(at.size, undefined(MEAN_NOT_POSITIVE if h.size else NO_WEIGHT))
    by_r, (_, h) = arranged(w, r, h)
    return ordinates(curve(h, by_r), at)


def benefit_incidence(b: Values, r: Values, w: Values | None = None, *, K: int) -> Array:  # noqa: N803
    """Return the shares of benefits of K equal groups ranked by r, poorest first; persons on a cut are split."""
    groups = count("K", K)
    w, b, r = clean(w, b=b, r=r)
    if not b.size or mean(b, w) <= 0:
        return np.full(groups, undefined(NO_BENEFIT if b.size else NO_WEIGHT))
    by_r, (_, b) = arranged(w, r, b)
    return np.diff(ordinates(curve(b, by_r), np.arange(groups + 1) / groups))


@dataclass(frozen=True, slots=True, eq=False)
class KakwaniContribution(Fields):
    """Gini of income, concentration of contributions, their difference, and the average rate."""

    gini_x: float
    ci_t: float
    kakwani: float
    rate: float


def kakwani_contribution(x: Values, t: Values, w: Values | None = None) -> KakwaniContribution:
    """Return Kakwani's index C(t|x) - G(x): positive where contributions are progressive."""
    w, x, t = clean(w, x=x, t=t)
    if not x.size:
        return KakwaniContribution.void(NO_WEIGHT)
    mean_x, mean_t = mean(x, w), mean(t, w)
    if mean_x <= 0 or mean_t <= 0:
        return KakwaniContribution.void(NO_INCOME if mean_x <= 0 else NO_CONTRIBUTION)
    by_x, (x, t) = arranged(w, x, t)
    gini_x, ci_t = generalised(x, mean_x, by_x) / mean_x, generalised(t, mean_t, by_x) / mean_t
    return KakwaniContribution(gini_x=gini_x, ci_t=ci_t, kakwani=ci_t - gini_x, rate=mean_t / mean_x)


@dataclass(frozen=True, slots=True, eq=False)
class KakwaniBenefit(Fields):
    """Gini of income, concentration of benefits, their difference, and 1 where the poor get more in amounts."""

    gini_x: float
    ci_b: float
    kakwani_b: float
    pro_poor: float


def kakwani_benefit(x: Values, b: Values, w: Values | None = None) -> KakwaniBenefit:
    """Return G(x) - C(b|x): positive where benefits equalise (Lambert's sign)."""
    w, x, b = clean(w, x=x, b=b)
    if not x.size:
        return KakwaniBenefit.void(NO_WEIGHT)
    mean_x, mean_b = mean(x, w), mean(b, w)
    if mean_x <= 0 or mean_b <= 0:
        return KakwaniBenefit.void(NO_INCOME if mean_x <= 0 else NO_BENEFIT)
    by_x, (x, b) = arranged(w, x, b)
    gini_x, ci_b = generalised(x, mean_x, by_x) / mean_x, generalised(b, mean_b, by_x) / mean_b
    return KakwaniBenefit(gini_x=gini_x, ci_b=ci_b, kakwani_b=gini_x - ci_b, pro_poor=float(ci_b < 0))


@dataclass(frozen=True, slots=True, eq=False)
class KakwaniSources(Fields):
    """Index and share of every source of finance, and the index of their sum."""

    kakwani: Mapping[str, float]
    share: Mapping[str, float]
    total: float


def kakwani_sources(x: Values, t: Mapping[str, Values], w: Values | None = None) -> KakwaniSources:
    """Return Kakwani's index by source; the total is the sum of share times index (ADePT Health, note 20)."""
    if not t:
        raise ValueError("t names no source")
    w, x, *columns = clean(w, x=x, **{f"t[{name}]": values for name, values in t.items()})
    if not x.size or mean(x, w) <= 0:
        nothing = {name: undefined(NO_INCOME if x.size else NO_WEIGHT) for name in t}
        return KakwaniSources(kakwani=nothing, share=nothing, total=next(iter(nothing.values())))
    by_x, (x, *columns) = arranged(w, x, *columns)
    sources = dict(zip(t, columns))
    gini_x = relative(x, by_x)
    means = {name: mean(values, by_x.w) for name, values in sources.items()}
    total = sum(means.values())
    summed = np.sum(np.stack(columns), axis=0)
    return KakwaniSources(
        kakwani={name: relative(values, by_x, NO_CONTRIBUTION) - gini_x for name, values in sources.items()},
        share={name: each / total if total > 0 else undefined(NO_CONTRIBUTION) for name, each in means.items()},
        total=relative(summed, by_x, NO_CONTRIBUTION) - gini_x,
    )
