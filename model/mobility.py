"""How readily people marry, bear children and go away: chances by age and place for a year's ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.codes import Sex
from model.data import cached_few, province_index
from model.demography import CENSUS, SEXES, demography
from model.phases.tally import AGES
from model.pulls import census_people, migrants, pulls
from model.synthesis.marriage import NEVER, national_shares
from model.synthesis.people import FIRST_START, birth_levels, mover_ages, mover_weights

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


def drawn(outside: float, pull: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the census's migrants by pool of registration and of living, times the ratio of provinces' pulls.

    [358 from, 358 to; people]
    """
    by_place = np.array(pull)[province_index()]
    return np.asarray(migrants(outside) * (by_place / by_place[:, None]))


def destinations(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for people of each pool the cumulative shares of the pools they go to, from moves [358 from, 358 to]."""
    ends = np.cumsum(moves, axis=1)
    sends = ends[:, -1:] > 0  # of who sends nobody, nothing is read
    return np.asarray(np.divide(ends, ends[:, -1:], out=np.ones_like(ends), where=sends), np.float64)


@cached_few
def at_home(outside: float) -> NDArray[np.float64]:
    """Return the census's people of each pool who live where they are registered, at least one [358; people]."""
    return np.asarray(np.maximum(census_people() - migrants(outside).sum(axis=0), 1.0))


@cached_few
def ways(outside: float, pull: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return who is drawn away over the people at home [358; share], and where they go (`destinations`)."""
    moves = drawn(outside, pull)
    return np.asarray(moves.sum(axis=1) / at_home(outside)), destinations(moves)


def going_rates(away: NDArray[np.float64], rules: Any) -> NDArray[np.float64]:
    """Return the chance of a grown-up at home to go away in a year, by pool, at the mean age, from `ways` [358].

    At equal pulls as many go as would come back if the places' migrants were those of the census, times an assumed
    balance.
    """
    rate = rules.return_rate * rules.going_balance * away
    return np.asarray(np.minimum(rate, rules.most_rate), np.float64)


def provinces_pulls(year: int, outside: float, movers: tuple[float, ...], rules: Any) -> tuple[float, ...]:
    """Return the pull of every province in a year: that year's where it may be used, later that of the last two [31].

    No unit, 1 = the mean of the provinces.
    """
    last = int(rules.last_population)
    years = (year, year) if year <= last else (max(last - 1, FIRST_START), last)
    going = float(rules.return_rate * rules.going_balance * rules.company)
    return pulls(*years, outside, movers, going, float(rules.return_rate * rules.return_share))


def going_ages(assumptions: Mapping[str, float], first: int) -> NDArray[np.float64]:
    """Return how likely people of each age are to go away, 1 = the mean of the census's grown-up [101; no unit]."""
    weight = mover_ages(assumptions)[:AGES].copy()
    weight[:first] = 0.0
    people = demography().at_end_of(CENSUS).sum(axis=0)[:AGES]
    return np.asarray(weight * (people[first:].sum() / (people * weight).sum()))


WEIGHTS = ("migrant_weight_18_to_45", "migrant_weight_under_16", "migrant_weight_46_to_59")


def mobility(law: Any, year: int) -> dict[str, NDArray[np.float64]]:
    """Return what a year's ground holds on marriage, births and going away under the law in force."""
    outside = float(law.synthesis.outside_own_pool)
    weights = {f"synthesis.{name}": float(getattr(law.synthesis, name)) for name in WEIGHTS}
    movers = mover_weights(weights)
    away, ends = ways(outside, provinces_pulls(year, outside, movers, law.moving))
    return {
        "birth_level": birth_levels(max(min(year, int(law.moving.last_population)), FIRST_START), movers),
        "marriage": marriage_chances(law.family),
        "going": going_rates(away, law.moving),
        "going_age": going_ages(weights, int(law.moving.first_age)),
        "destinations": ends,
    }
