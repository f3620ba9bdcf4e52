"""Redistribution from income before to income after contributions and benefits, and its parts.

Conventions: everybody is ranked by pre-payment income x; RE = RS - AP = V - H - R.
Sources: Reynolds and Smolensky 1977; Aronson, Johnson and Lambert 1994; Urban and Lambert 2008 (bins).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import ROUNDING, Array, Codes, Fields, Values, clean, mean, number, undefined
from model.measures.concentration import NO_BENEFIT, NO_CONTRIBUTION
from model.measures.inequality import NO_WEIGHT
from model.measures.ranking import AS_THEY_LIE, Ranked, arranged, in_order, ranked, relative, relative_gini

NOT_POSITIVE: Final = "mean income before or after is not positive"


def _reason(x: Array, y: Array, w: Array) -> str:
    """Return why the measures of redistribution have no value, or nothing."""
    if not x.size:
        return NO_WEIGHT
    return NOT_POSITIVE if mean(x, w) <= 0 or mean(y, w) <= 0 else ""


@dataclass(frozen=True, slots=True, eq=False)
class Redistribution(Fields):
    """Indices without unit; rates are shares of pre-payment income."""

    gini_pre: float
    gini_post: float
    ci_post: float
    re: float
    rs: float
    reranking_ap: float
    musgrave_thin: float
    kakwani_t: float
    kakwani_b: float
    rate_t: float
    rate_b: float


def redistribution(x: Values, t: Values, b: Values, w: Values | None = None) -> Redistribution:
    """Return the redistributive effect of contributions t and benefits b on income x, with y = x - t + b.

    Reynolds & Smolensky 1977; Atkinson 1980; Plotnick 1981; Musgrave & Thin 1948; Kakwani 1977.
    """
    w, x, t, b = clean(w, x=x, t=t, b=b)
    y = x - t + b
    reason = _reason(x, y, w)
    if reason:
        return Redistribution.void(reason)
    by_x, (x, t, b) = arranged(w, x, t, b)
    w, y, mean_x = by_x.w, x - t + b, mean(x, by_x.w)
    gini_pre, ci_post, gini_post = relative(x, by_x), relative(y, by_x), relative_gini(y, w)
    room = 1 - gini_pre
    return Redistribution(
        gini_pre=gini_pre,
        gini_post=gini_post,
        ci_post=ci_post,
        re=gini_pre - gini_post,
        rs=gini_pre - ci_post,
        reranking_ap=gini_post - ci_post,
        musgrave_thin=(1 - gini_post) / room if abs(room) > ROUNDING else undefined("the Gini before is 1"),
        kakwani_t=relative(t, by_x, NO_CONTRIBUTION) - gini_pre,
        kakwani_b=gini_pre - relative(b, by_x, NO_BENEFIT),
        rate_t=mean(t, w) / mean_x,
        rate_b=mean(b, w) / mean_x,
    )


def _inside(groups: Ranked, by_y: Ranked) -> Ranked:
    """Return rows that lie by group ordered, inside each group, by y; every row is a block of its own."""
    rows, every = groups.w.size, np.arange(groups.w.size)
    place = np.empty(rows, dtype=np.int64)
    place[by_y.order] = every
    keys = groups.codes() * rows + place
    keys.sort()
    keys %= rows
    order = every[by_y.order][keys]
    return in_order(order, every, groups.w)


@dataclass(frozen=True, slots=True, eq=False)
class AjlExact(Fields):
    """Vertical, horizontal and reranking parts of the redistributive effect, without unit."""

    V: float
    H: float
    R: float
    RE: float
    AP: float
    gini_pre: float
    gini_post: float


def ajl_exact(x: Values, y: Values, w: Values | None = None) -> AjlExact:
    """Split RE = V - H - R with exact equals: groups are the distinct values of x (Aronson, Johnson, Lambert 1994).

    H depends on how x was rounded: state the rounding.
    """
    w, x, y = clean(w, x=x, y=y)
    reason = _reason(x, y, w)
    if reason:
        return AjlExact.void(reason)
    by_x, (x, y) = arranged(w, x, y)
    by_y, mean_y = ranked(y, by_x.w), mean(y, by_x.w)
    gini_pre, ci_post, gini_post = relative(x, by_x), relative(y, by_x), relative(y, by_y)
    horizontal = _below(y - mean_y, _inside(by_x, by_y), by_x) / mean_y
    return AjlExact(
        V=gini_pre - ci_post,
        H=horizontal,
        R=gini_post - ci_post - horizontal,
        RE=gini_pre - gini_post,
        AP=gini_post - ci_post,
        gini_pre=gini_pre,
        gini_post=gini_post,
    )


def _gaps(fine: Ranked, coarse: Ranked) -> Array:
    """Return, in the order of `fine`, each row's rank there less its group's mid-rank; `fine` keeps groups whole."""
    return np.repeat(fine.centred, fine.sizes()) - np.repeat(coarse.centred, coarse.sizes())


def _below(values: Array, fine: Ranked, coarse: Ranked) -> float:
    """Return the generalised concentration inside groups, weighted by squared population shares."""
    covariance = float(np.sum(fine.w * values[fine.order] * _gaps(fine, coarse))) / fine.total
    return covariance + covariance


@dataclass(frozen=True, slots=True, eq=False)
class AjlClose(Fields):
    """Parts of the redistributive effect with close equals, without unit."""

    V: float
    H: float
    R_within: float
    R_ajl: float
    R_entire: float
    AP: float
    RE: float
    RS: float
    gini_pre: float
    gini_post: float
    gini_pre_between: float
    conc_post_between: float


def bins(x: Array, bandwidth: float) -> Codes:
    """Return floor(x/bandwidth); a quotient within rounding of the next whole number belongs to that one."""
    quotient = x / bandwidth
    return np.floor(quotient + ROUNDING * np.abs(quotient)).astype(np.int64)


def ajl_close(x: Values, y: Values, w: Values | None = None, *, bandwidth: float) -> AjlClose:
    """Split RE = V - H - R_within - R_ajl with close equals: bins floor(x/bandwidth) (after Urban & Lambert 2008)."""
    if number("bandwidth", bandwidth) <= 0:
        raise ValueError("bandwidth must be positive")
    w, x, y = clean(w, x=x, y=y)
    reason = _reason(x, y, w)
    if reason:
        return AjlClose.void(reason)
    by_x, (x, y) = arranged(w, x, y)
    by_bin = in_order(AS_THEY_LIE, bins(x, bandwidth), by_x.w)
    by_y, mean_y = ranked(y, by_x.w), mean(y, by_x.w)
    gini_pre, gini_post = relative(x, by_x), relative(y, by_y)
    between, ci_post = relative(y, by_bin), relative(y, by_x)
    inside_y = _below(y - mean_y, _inside(by_bin, by_y), by_bin) / mean_y
    inside_x = _inside_before(x, y, by_x, by_bin)
    bin_means = by_bin.sums(y) / by_bin.block
    return AjlClose(
        V=gini_pre - between - inside_x,
        H=ci_post - between - inside_x,
        R_within=between + inside_y - ci_post,
        R_ajl=gini_post - between - inside_y,
        R_entire=relative_gini(bin_means, by_bin.block) - between,
        AP=gini_post - ci_post,
        RE=gini_pre - gini_post,
        RS=gini_pre - ci_post,
        gini_pre=gini_pre,
        gini_post=gini_post,
        gini_pre_between=relative(x, by_bin),
        conc_post_between=between,
    )


def _inside_before(x: Array, y: Array, by_x: Ranked, by_bin: Ranked) -> float:
    """Return sum a_k G_k(x), a_k the product of the bin's shares of population and post income."""
    ends = np.append(by_bin.starts[1:], x.size) - 1
    unequal = x[by_bin.starts] < x[ends]
    half = np.add.reduceat(by_x.w * x * _gaps(by_x, by_bin), by_bin.starts)[unequal]
    income_x, income_y = by_bin.sums(x)[unequal], by_bin.sums(y)[unequal]
    if income_x.size and income_x.min() <= 0:
        return undefined("a bin's mean income is not positive")
    return float(np.sum((half + half) * income_y / income_x)) / (by_bin.total * mean(y, by_x.w))
