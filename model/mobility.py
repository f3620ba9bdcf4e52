"""How readily people marry and go away, from what the census counted: chances by age and place for a year's ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.codes import Sex
from model.data import by_pool, cached, province_index
from model.demography import CENSUS, SEXES, demography
from model.phases.tally import AGES
from model.synthesis.marriage import NEVER, national_shares
from model.synthesis.migration import migrant_shares, sending
from model.synthesis.people import mover_ages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

TINY = 1e-9


def marriage_chances(rules: Any) -> NDArray[np.float64]:
    """Return the yearly chance of an unmarried person to look for a partner [sex, age].

    The share of never married that is lost from one age to the next (marital_status.csv, 2020), times an assumed level.
    """
    never = national_shares()[:, :, NEVER]
    chance = np.zeros((len(SEXES), AGES))
    lost = 1.0 - never[:, 1:AGES] / np.maximum(never[:, : AGES - 1], TINY)
    chance[:, 1:] = np.clip(lost * float(rules.marriage_level), 0.0, 1.0)
    ages = np.arange(AGES)
    for sex, first in ((Sex.MALE, rules.marriage_age_men), (Sex.FEMALE, rules.marriage_age_women)):
        chance[sex, (ages < first) | (ages > rules.last_marriage_age)] = 0.0
    return chance


@cached
def census_people() -> NDArray[np.float64]:
    """Return the people of the census of 2020 by pool [358; persons]."""
    return by_pool("prefectures", ["pop_census2020_persons"])[:, 0]


@cached
def migrants(outside: float) -> NDArray[np.float64]:
    """Return the census's people by pool of registration and of living, outside their own [358, 358; people].

    Between provinces by migration_od_2020.csv, inside them by the pools' published numbers of incomers.
    """
    persons = census_people()
    between, inside = migrant_shares(outside)
    place = province_index()
    alone = np.bincount(place)[place] == 1
    result = np.zeros((len(place), len(place)))
    for own in range(len(place)):
        result[:, own] = np.diff(sending(own, True, place), prepend=0.0) * (persons[own] * between[own])
        if not alone[own]:
            result[:, own] += np.diff(sending(own, False, place), prepend=0.0) * (persons[own] * inside[own])
    return result


@cached
def destinations(outside: float) -> NDArray[np.float64]:
    """Return for people of each pool the cumulative shares of the pools they go to [358 from, 358 to]."""
    ends = np.cumsum(migrants(outside), axis=1)
    result = np.divide(ends, ends[:, -1:], out=np.ones_like(ends), where=ends[:, -1:] > 0)  # who sends nobody: unread
    result.setflags(write=False)
    return np.asarray(result, np.float64)


@cached
def leaving(outside: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the census's people of each pool who live in another, and those who live at home [358; people]."""
    moved = migrants(outside)
    away, at_home = moved.sum(axis=1), np.maximum(census_people() - moved.sum(axis=0), 1.0)
    for values in (away, at_home):
        values.setflags(write=False)
    return away, at_home


def going_rates(outside: float, rules: Any) -> NDArray[np.float64]:
    """Return the chance of a grown-up at home to go away in a year, by pool, at the mean age [358].

    As many go as would come back if the places' migrants were those of the census, times an assumed balance.
    """
    away, at_home = leaving(outside)
    rate = rules.return_rate * rules.going_balance * away / at_home
    return np.asarray(np.minimum(rate, rules.most_rate), np.float64)


def going_ages(assumptions: Mapping[str, float], first: int) -> NDArray[np.float64]:
    """Return how likely people of each age are to go away, 1 = the mean of the census's grown-up [101; no unit]."""
    weight = mover_ages(assumptions)[:AGES].copy()
    weight[:first] = 0.0
    people = demography().at_end_of(CENSUS).sum(axis=0)[:AGES]
    return np.asarray(weight * (people[first:].sum() / (people * weight).sum()))


WEIGHTS = ("migrant_weight_18_to_45", "migrant_weight_under_16", "migrant_weight_46_to_59")


def mobility(law: Any) -> dict[str, NDArray[np.float64]]:
    """Return what the year's ground holds on marriage and going away under the law in force."""
    outside = float(law.synthesis.outside_own_pool)
    weights = {f"synthesis.{name}": float(getattr(law.synthesis, name)) for name in WEIGHTS}
    return {
        "marriage": marriage_chances(law.family),
        "going": going_rates(outside, law.moving),
        "going_age": going_ages(weights, int(law.moving.first_age)),
        "destinations": destinations(outside),
    }
