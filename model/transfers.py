"""The treasury's subsidy of a resident by pool and level: tiers of 2018, or need, as the law in force says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.compiled import compiled, float64, int64
from model import data
from model.rules.contributions import subsidy_split
from model.rules.transfers import grant_share, need_index, share_of_poor_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.places import Places

    Floats = NDArray[np.float64]
    Fens = NDArray[np.int64]

OLD = 60  # years of age; the census counts groups from here
ROUNDS = 60  # halvings: the scale is found to the last bit that matters


def subsidies(places: Places, law: Any, residents: Fens, living: Fens) -> Fens:
    """Return the subsidy of one resident by pool from centre, province and place [pool, level; fen].

    Args:
        places: the year's levels by pool.
        law: the law in force.
        residents: last year's residents by pool; they weigh the sums of the grant [persons].
        living: last year's disposable income a head by pool [fen].

    """
    shares = central_shares(places, law, residents, living)
    extra = np.floor(places.extra * float(law.resident.extra_factor) + 0.5).astype(np.int64)
    parts = np.empty((len(extra), 3), np.int64)
    standard = int(law.resident.subsidy) - np.floor(places.unpaid * int(law.resident.subsidy) + 0.5).astype(np.int64)
    split_all(parts, standard, extra, shares, float64(places.province_share))
    return parts


@compiled
def split_all(parts: Fens, standard: Fens, extra: Fens, shares: Floats, province: float) -> None:
    """Write the subsidy of one resident by pool and level."""
    for pool in range(len(extra)):
        split = subsidy_split(int64(standard[pool]), int64(extra[pool]), float64(shares[pool]), province)
        for level in range(len(split)):
            parts[pool, level] = split[level]


def central_shares(places: Places, law: Any, residents: Fens, living: Fens) -> Floats:
    """Return the centre's share of the standard subsidy by pool: tier, need and the minimum of very poor places."""
    rules = law.resident
    tiers = np.asarray(rules.central_share, np.float64)
    by_need, least = float(rules.transfer_by_need), float(rules.poor_area_share)
    if (by_need == 0.0 and least == 0.0) or not residents.any():
        return tiers
    income = relative(np.asarray(living, np.float64), residents)
    price = relative(np.asarray(places.price, np.float64), residents)
    weights = rules.need_weight_income, rules.need_weight_price, rules.need_weight_old
    facts = zip(income, price, relative(old_share(), residents), strict=True)
    needs = np.array([need_index(i, p, o, *weights) for i, p, o in facts])
    shares = by_need_of(tiers, needs, by_need, residents)
    line, tier = rules.poor_area_line, rules.poor_area_tier
    rows = zip(shares, income, tiers, strict=True)
    return np.array([share_of_poor_place(s, i, t, line, tier, least) for s, i, t in rows])


def by_need_of(tiers: Floats, needs: Floats, by_need: float, residents: Fens) -> Floats:
    """Return shares that follow need as far as the law says and cost the centre as much as the tiers do."""

    def shares(scale: float) -> Floats:
        return np.array([grant_share(t, by_need, n, scale) for t, n in zip(tiers, needs, strict=True)])

    def cost(some: Floats) -> float:
        return math.fsum((some * residents).tolist())

    low, high = 0.0, 2.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if cost(shares(middle)) < cost(tiers) else (low, middle)
    return shares(high)


def relative(values: Floats, heads: Fens) -> Floats:
    """Return values over their mean by heads."""
    return np.asarray(values * (float(heads.sum()) / math.fsum((values * heads).tolist())))


@data.cached
def old_share() -> Floats:
    """Return the share of people of 60 years and over by pool (census of 2020)."""
    groups = data.age_groups().sum(axis=1)
    old = groups[:, [start >= OLD for start in data.AGE_STARTS]].sum(axis=1)
    result = np.asarray(old / groups.sum(axis=1), np.float64)
    result.setflags(write=False)
    return result
