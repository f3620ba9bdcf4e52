"""Financial protection: catastrophic spending by three methods, and impoverishment.

People who forgo care have no out-of-pocket payment: report utilisation beside these measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.measures.common import ROUNDING, Array, Fields, Values, clean, exceeds, mean, number, over, undefined
from model.measures.inequality import NO_WEIGHT
from model.measures.ranking import arranged, generalised

NOBODY: Final = "nobody is above the threshold"

FOOD_SCALE: Final = 0.56
"""Exponent of household size (Xu 2005)."""
FOOD_BAND: Final = (0.45, 0.55)
"""Percentiles of the food share between which the line is measured (Xu 2005)."""
CAPACITY_SHARE: Final = 0.4
"""Share of the capacity to pay that is catastrophic (Xu 2005; Cylus, Thomson, Evetovits 2018)."""
TENTHS: Final = (10, 7, 5, 12)
"""Scale 1 + 0.7 per further adult + 0.5 per child (OECD), and the margin of 1.2 needs (WHO Europe), in tenths."""
CATEGORIES: Final = ("none", "further_impoverished", "impoverished", "at_risk", "not_at_risk")


@dataclass(frozen=True, slots=True, eq=False)
class CheBudget(Fields):
    """Headcount and overshoot (shares), mean positive overshoot, and their rank-weighted versions."""

    headcount: float
    overshoot: float
    mpo: float
    headcount_weighted: float
    overshoot_weighted: float
    ci_headcount: float


def che_budget(oop: Values, total: Values, r: Values | None = None, w: Values | None = None, *, z: float) -> CheBudget:
    """Return catastrophic spending by the budget share oop/total > z (Wagstaff & van Doorslaer 2003).

    The rank-weighted versions rank by r (by default the total). A total of 0 with payments is undefined.
    """
    z = number("z", z)
    w, oop, total, r = clean(w, oop=oop, total=total, r=total if r is None else r)
    if total.size and total.min() < 0:
        raise ValueError("total has a negative value")
    if not total.size or np.any((total == 0) & (oop != 0)):
        return CheBudget.void("payments out of a total of 0" if total.size else NO_WEIGHT)
    share = np.divide(oop, total, out=np.zeros(oop.size), where=total > 0)
    above = exceeds(share, z)
    hit, excess = above.astype(np.float64), np.where(above, share - z, 0.0)
    headcount, overshoot = mean(hit, w), mean(excess, w)
    by_r, (_, hit, excess) = arranged(w, r, hit, excess)
    headcount_gci = generalised(hit, headcount, by_r)
    return CheBudget(
        headcount=headcount,
        overshoot=overshoot,
        mpo=over(overshoot, headcount, NOBODY),
        headcount_weighted=headcount - headcount_gci,
        overshoot_weighted=overshoot - generalised(excess, overshoot, by_r),
        ci_headcount=over(headcount_gci, headcount, NOBODY),
    )


@dataclass(frozen=True, slots=True, eq=False)
class CheWhoFood(Fields):
    """Line and subsistence (money), capacity to pay by household, shares, and 1 for each catastrophic household."""

    line: float
    subsistence: Array
    ctp: Array
    headcount: float
    poor: float
    impoverished: float
    catastrophic: Array


def _percentiles(values: Array, w: Array) -> list[float]:
    """Return the values at the two percentiles of the food band: the smallest with enough weight up to them."""
    order = np.argsort(values)
    reached = np.cumsum(w[order]) / np.sum(w)
    places = np.searchsorted(reached, np.array(FOOD_BAND) * (1 - ROUNDING))
    return [float(each) for each in values[order[np.minimum(places, values.size - 1)]]]


def _food_line(total: Array, food: Array, scale: Array, w: Array) -> float:
    """Return the mean food spending per equivalent person of the households in the middle of the food shares."""
    spending = total > 0
    if not spending.any():
        return undefined("no household spends")
    share, w = food[spending] / total[spending], w[spending]
    low, high = _percentiles(share, w)
    middle = (share > low) & (share < high)
    if not middle.any():
        return undefined("no household lies strictly between the two percentiles")
    return mean((food / scale)[spending][middle], w[middle])


def che_who_food(
    total: Values, food: Values, oop: Values, size: Values, w: Values | None = None, *, line: float | None = None
) -> CheWhoFood:
    """Return catastrophic spending by the food-share method of the WHO (Xu et al. 2003; Xu 2005)."""
    w, total, food, oop, size = clean(w, total=total, food=food, oop=oop, size=size)
    if size.size and size.min() <= 0:
        raise ValueError("size must be positive")
    level = None if line is None else number("line", line)
    if not total.size:
        return CheWhoFood.void(NO_WEIGHT, subsistence=total, ctp=total, catastrophic=total)
    scale = np.power(size, FOOD_SCALE)
    if level is None:
        level = _food_line(total, food, scale, w)
    if np.isnan(level):
        nothing = np.full(total.size, np.nan)
        return CheWhoFood.void("there is no line", line=level, subsistence=nothing, ctp=nothing, catastrophic=nothing)
    needs = level * scale
    ctp = total - np.where(exceeds(needs, food), food, needs)
    burden = np.divide(oop, ctp, out=np.full(oop.size, np.inf), where=ctp > 0)
    catastrophic = ((oop > 0) & ~exceeds(np.full(oop.size, CAPACITY_SHARE), burden)).astype(np.float64)
    poor = exceeds(needs, total)
    return CheWhoFood(
        line=level,
        subsistence=needs,
        ctp=ctp,
        headcount=mean(catastrophic, w),
        poor=mean(poor.astype(np.float64), w),
        impoverished=mean((~poor & exceeds(needs, total - oop, total)).astype(np.float64), w),
        catastrophic=catastrophic,
    )


@dataclass(frozen=True, slots=True, eq=False)
class CheWhoEurope(Fields):
    """Capacity to pay (money) and risk category by household, share catastrophic, weight share by category."""

    ctp: Array
    headcount: float
    category: npt.NDArray[np.str_]
    shares: Mapping[str, float]


def che_who_europe(
    total: Values, oop: Values, adults: Values, children: Values, w: Values | None = None, *, line: float
) -> CheWhoEurope:
    """Return catastrophic spending by the method of WHO Europe with a given line per equivalent adult.

    Cylus, Thomson, Evetovits 2018. The capacity to pay may be negative.
    """
    line = number("line", line)
    w, total, oop, adults, children = clean(w, total=total, oop=oop, adults=adults, children=children)
    if not total.size:
        return CheWhoEurope(total, undefined(NO_WEIGHT), np.empty(0, np.str_), dict.fromkeys(CATEGORIES, np.nan))
    if adults.min() < 1 or children.min() < 0:
        raise ValueError("adults must be at least 1 and children not negative")
    one, adult, child, margin = TENTHS
    needs_tenths = line * (one + adult * (adults - 1) + child * children)
    needs = needs_tenths / one
    ctp = total - needs
    burden = np.divide(oop, ctp, out=np.full(oop.size, np.inf), where=ctp > 0)
    catastrophic = (oop > 0) & exceeds(burden, CAPACITY_SHARE)
    rest = total - oop
    tests = (
        oop <= 0,
        exceeds(needs, total),
        exceeds(needs, rest, total),
        exceeds(needs_tenths * margin, rest * one * one, total * one * one),
    )
    category = np.select(tests, CATEGORIES[:-1], CATEGORIES[-1])
    weight = float(np.sum(w))
    return CheWhoEurope(
        ctp=ctp,
        headcount=mean(catastrophic.astype(np.float64), w),
        category=category,
        shares={name: float(np.sum(w[category == name])) / weight for name in CATEGORIES},
    )


@dataclass(frozen=True, slots=True, eq=False)
class Impoverishment(Fields):
    """Poverty headcount (share), gap (money per head), gap over line, mean gap of the poor; before and after."""

    headcount_gross: float
    headcount_net: float
    headcount_impact: float
    gap_gross: float
    gap_net: float
    gap_impact: float
    ngap_gross: float
    ngap_net: float
    ngap_impact: float
    mpgap_gross: float
    mpgap_net: float


def _poverty(gap: Array, below: npt.NDArray[Any], w: Array) -> tuple[float, float]:
    """Return headcount and mean gap."""
    return mean(below.astype(np.float64), w), mean(np.where(below, gap, 0.0), w)


def impoverishment(x: Values, oop: Values, w: Values | None = None, *, line: float) -> Impoverishment:
    """Return poverty before and after out-of-pocket payments; poor when below the line (O'Donnell et al. 2008)."""
    line = number("line", line)
    w, x, oop = clean(w, x=x, oop=oop)
    if not x.size:
        return Impoverishment.void(NO_WEIGHT)
    levels, net = np.full(x.size, line), x - oop
    heads, gap = _poverty(levels - x, levels > x, w)
    heads_net, gap_net = _poverty(levels - net, exceeds(levels, net, np.maximum(np.abs(x), np.abs(oop))), w)
    no_line = "the line is not positive"
    ngap = gap / line if line > 0 else undefined(no_line)
    ngap_net = gap_net / line if line > 0 else undefined(no_line)
    return Impoverishment(
        headcount_gross=heads,
        headcount_net=heads_net,
        headcount_impact=heads_net - heads,
        gap_gross=gap,
        gap_net=gap_net,
        gap_impact=gap_net - gap,
        ngap_gross=ngap,
        ngap_net=ngap_net,
        ngap_impact=ngap_net - ngap,
        mpgap_gross=over(gap, heads, "nobody is poor before"),
        mpgap_net=over(gap_net, heads_net, "nobody is poor after"),
    )
