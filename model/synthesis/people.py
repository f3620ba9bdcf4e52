"""Who lives where: people by pool, sex and single age at the end of a year, and the rows that stand for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Sex
from model.data import by_pool, cached, cached_few, pools, province_codes, province_index, table
from model.demography import (
    CENSUS,
    PERSONS,
    birth_pattern,
    census_people,
    death_pattern,
    demography,
    earlier,
    older,
    total_population,
)
from model.errors import DataError
from model.synthesis.tools import AGE, KIND, PLACE, Columns, Seed, draw, place_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FIRST_START = 2019
LAST_START = 2026
CHILD_TO, YOUNG_TO, MIDDLE_TO = 16, 45, 60  # age groups of migrants
RATE_YEARS = 2019, 2021  # the last years with birth rates of all provinces; that between has none


def province_totals(year: int) -> NDArray[np.float64]:
    """Return each province's year-end population; years after the last published keep its proportions [31] [people]."""
    frame = table("provinces_long")
    frame = frame[frame["indicator"] == "population_year_end"]
    year = min(year, int(frame["year"].max()))
    rows = frame[frame["year"] == year]
    values = dict(zip(rows["province_code"], rows["value"], strict=True))
    try:
        return np.array([float(values[code]) for code in province_codes()]) * PERSONS
    except KeyError as error:
        message = f"provinces_long.csv: population_year_end {year}: expected a row of province {error.args[0]}"
        raise DataError(message) from None


def birth_rates(year: int) -> NDArray[np.float64]:
    """Return provinces' birth rates of a year, or of the next that has its own [31; births per 1,000 people]."""
    frame = table("vital_series")
    known = next((known for known in RATE_YEARS if year <= known), RATE_YEARS[-1])
    rows = frame[(frame["indicator"] == "birth_rate") & (frame["year"] == known)]
    values = dict(zip(rows["code"], rows["value"], strict=True))
    return np.array([float(values[code]) for code in province_codes()])


def mover_ages(assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return how likely people of each age are to be away from registration, against those over 60 [121; no unit]."""
    young = assumptions["synthesis.migrant_weight_18_to_45"]
    child = assumptions["synthesis.migrant_weight_under_16"]
    middle = assumptions["synthesis.migrant_weight_46_to_59"]
    ages = np.arange(death_pattern(CENSUS).shape[1])
    return np.select([ages < CHILD_TO, ages <= YOUNG_TO, ages < MIDDLE_TO], [child, young, middle], 1.0)


def mover_weights(assumptions: Mapping[str, float]) -> tuple[float, ...]:
    """Return `mover_ages` as a key under which what follows from them is remembered [121; no unit]."""
    return tuple(float(value) for value in mover_ages(assumptions))


def _to_totals(
    people: NDArray[np.float64], totals: NDArray[np.float64], movers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Add or take the difference to each province's total as moves, at the ages at which people move."""
    place = province_index()
    moving = people * movers
    have = np.bincount(place, people.sum(axis=(1, 2)))
    able = np.bincount(place, moving.sum(axis=(1, 2)))
    share = ((totals - have) / able)[place]
    return np.asarray(np.maximum(people + moving * share[:, None, None], 0.0))


def _women(people: NDArray[np.float64], year: int) -> NDArray[np.float64]:
    """Return the births by pool if women of an age had as many children everywhere [358; no unit]."""
    grown = older(people, np.zeros(people.shape[:2]))
    return np.asarray((grown[:, Sex.FEMALE] * birth_pattern(year)).sum(axis=1))


def _birth_levels(people: NDArray[np.float64], women: NDArray[np.float64], year: int) -> NDArray[np.float64]:
    """Return how many children women of an age have by province, by published birth rates [31; no unit]."""
    place = province_index()
    return np.asarray(birth_rates(year) * np.bincount(place, people.sum(axis=(1, 2))) / np.bincount(place, women))


def _newborn(people: NDArray[np.float64], year: int) -> NDArray[np.float64]:
    """Return the year's births by pool and sex: provinces by published birth rates, pools by women and their ages."""
    account = demography()
    position = account.place(year)
    women = _women(people, year)
    share = women * _birth_levels(people, women, year)[province_index()]
    births = account.births[position] * share / share.sum()
    boys = account.male_share[position]
    return np.asarray(births[:, None] * np.array([boys, 1 - boys]), dtype=np.float64)


@cached_few
def birth_levels(year: int, weights: tuple[float, ...]) -> NDArray[np.float64]:
    """Return how many children women of an age have by pool, 1 = the nation's mean; the same in a province [358].

    `weights` are those of `mover_weights`.
    """
    people = carried(year - 1, weights)
    women = _women(people, year)
    levels = _birth_levels(people, women, year)[province_index()]
    return np.asarray(levels * (women.sum() / (levels * women).sum()))


@cached_few
def natural_change(year: int, weights: tuple[float, ...]) -> NDArray[np.float64]:
    """Return births less deaths of a year by province [31; people].

    `weights` are those of `mover_weights`.
    """
    account, place = demography(), province_index()
    people = carried(year - 1, weights)
    alive = older(people, _newborn(people, year)) * (1 - account.death[account.place(year)])
    return np.asarray(np.bincount(place, (alive.sum(axis=(1, 2)) - people.sum(axis=(1, 2)))), np.float64)


@cached_few
def carried(year: int, weights: tuple[float, ...]) -> NDArray[np.float64]:
    """Carry the census to the end of a year, forwards or backwards, province totals as published [people].

    `weights` are those of `mover_weights`.
    """
    account = demography()
    movers = np.array(weights)
    people = census_people()

    def settle(now: NDArray[np.float64], end: int) -> NDArray[np.float64]:
        totals = province_totals(end)
        now = _to_totals(now, totals * (total_population(end) / totals.sum()), movers)
        return np.asarray(now * (total_population(end) / now.sum()), dtype=np.float64)

    people = settle(people, CENSUS)
    for now in range(CENSUS + 1, year + 1):
        grown = older(people, _newborn(people, now))
        people = settle(grown * (1 - account.death[account.place(now)]), now)
    for now in range(CENSUS, year, -1):
        people = settle(earlier(people, account.death[account.place(now)]), now - 1)
    people.setflags(write=False)
    return people


def stock(year: int, assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return persons at the end of a year by pool, sex and single age [358, 2, 121] [people].

    The 2020 census is carried on by published births and deaths of the nation and year-end populations of the
    provinces; differences to the latter are moves at the ages at which people move.
    """
    return carried(year, mover_weights(assumptions))


@cached
def urban_share() -> NDArray[np.float64]:
    """Return the share of each pool's people who live in towns (census 2020); read-only [358]."""
    counts = by_pool("prefectures", ["urban_persons", "pop_census2020_persons"])
    share = np.asarray(counts[:, 0] / counts[:, 1], dtype=np.float64)
    share.setflags(write=False)
    return share


def size_and_weight(people: int | None, population: float) -> tuple[int, int]:
    """Return the number of rows and the integer weight whose product meets the population (None: weight 1)."""
    weight = 1 if people is None else max(1, round(population / people))
    return round(population / weight), weight


def rows(counts: NDArray[np.float64], size: int, seed: Seed) -> Columns:
    """Return pool, sex and age of each row, sorted in that order; every pool, sex and age gets its quota.

    The quotas are those of the whole world of `size` rows; of K parts each gets every K-th row.
    """
    placed = place_counts(counts, size, draw(Seed(seed.world), Purpose.SYNTHESIS_AGE, 0))
    before = (np.cumsum(placed) + seed.parts - 1 - seed.part) // seed.parts
    placed = np.diff(before, prepend=0).reshape(placed.shape)
    places, sexes, ages = counts.shape
    return {
        "home": np.repeat(np.arange(places, dtype=PLACE), placed.sum(axis=(1, 2))),
        "sex": np.repeat(np.tile(np.arange(sexes, dtype=KIND), places), placed.sum(axis=2).ravel()),
        "age": np.repeat(np.tile(np.arange(ages, dtype=AGE), places * sexes), placed.ravel()),
    }


def check_start(start: int) -> None:
    """Refuse a start year the tables do not reach.

    Errors: DataError outside 2019 to 2026.
    """
    if not FIRST_START <= start <= LAST_START:
        raise DataError(f"start {start}: expected {FIRST_START} to {LAST_START}")
    if len(pools()) == 0:
        raise DataError("pools.csv: expected pools")
