"""Births and deaths of the nation from 2019 to 2050, by single age and sex.

Age patterns come from the UN's rates by five-year age (WPP 2024, in health_use.csv). The levels of 2019 to the last
published year are scaled so that a national cohort account repeats the published births and deaths; later years follow
the growth of WPP's births and deaths from that year on. Migration abroad is left out.

Ages are the ages reached in the year: a year first makes everybody one year older, then children are born at age 0,
then people die. `death[year, sex, age]` is the chance to die in the year in which that age is reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from agents.codes import Sex
from model.data import AGE_STARTS, cached, single_ages, table
from model.data.apportion import monotone
from model.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CENSUS = 2020
FIRST = 2019
LAST = 2050
AGES = 121  # single years of age 0 to 120
OLDEST = AGES - 1
PERSONS = 10_000  # the national series count in 10 thousand persons
SEXES = ("male", "female")
TURNING = 60  # the published series of those of 60 and over tell how many reach that age a year
TURNING_LATE = 65
GROUP = 5  # years in a five-year group
LEAST = 0.5  # nobody's chance of living on is taken as less when the account runs backwards
ROUNDS = 60  # halvings when a scale factor is sought


@dataclass(frozen=True)
class Demography:
    """National rates and the cohort account they give; the first axis of each array is the year from `first`."""

    first: int
    death: NDArray[np.float64]
    """Chance of dying in the year, by sex and age reached [year, 2, 121]."""
    birth: NDArray[np.float64]
    """Children born in the year per woman, by age reached [year, 121]."""
    male_share: NDArray[np.float64]
    """Share of boys among the newborn [year]."""
    births: NDArray[np.float64]
    """National births [year]."""
    deaths: NDArray[np.float64]
    """National deaths [year]."""
    population: NDArray[np.float64]
    """National population at the end of the year before `first` and of every year after it [year + 1, 2, 121]."""

    def place(self, year: int) -> int:
        """Return the position of a year on the first axis.

        Errors: DataError if the year lies outside the tables.
        """
        if not self.first <= year < self.first + len(self.births):
            last = self.first + len(self.births) - 1
            raise DataError(f"demography: year {year}: expected {self.first} to {last}")
        return year - self.first

    def at_end_of(self, year: int) -> NDArray[np.float64]:
        """Return the national population at the end of a year [2, 121] [people]."""
        place = self.place(year) + 1 if year >= self.first else 0
        return np.asarray(self.population[place], dtype=np.float64)


@cached
def national(indicator: str, source: str = "vital_series") -> Mapping[int, float]:
    """Return a national series of vital_series.csv or the medium variant of projection_wpp2024.csv by year."""
    frame = table(source)
    if source == "vital_series":
        rows = frame[(frame["code"] == 0) & (frame["indicator"] == indicator)]
    else:
        wanted = (frame["indicator"] == indicator) & (frame["variant"] == "medium") & (frame["sex"] == "both")
        rows = frame[wanted]
    if rows.empty:
        raise DataError(f"{source}.csv: indicator {indicator!r}: expected national rows")
    return MappingProxyType({int(y): float(value) for y, value in zip(rows["year"], rows["value"], strict=True)})


def followed(indicator: str, year: int) -> float:
    """Return a published national count, or the last one carried on by WPP's growth [persons]."""
    published = national(indicator)
    last = max(published)
    if year in published:
        return published[year] * PERSONS
    later = national(indicator, "projection_wpp2024")
    return published[last] * PERSONS * later[year] / later[last]


@cached
def total_population(year: int) -> float:
    """Return the national population at the end of a year: published, later by births and deaths [persons]."""
    published = national("population_year_end")
    if year in published:
        return published[year] * PERSONS
    return total_population(year - 1) + followed("births", year) - followed("deaths", year)


def _rates(indicator: str, sex: str) -> dict[str, dict[int, float]]:
    """Return WPP's rates by period and by the first age of the group."""
    frame = table("health_use")
    rows = frame[(frame["indicator"] == indicator) & (frame["sex"] == sex)]
    periods: dict[str, dict[int, float]] = {}
    for period, group, value in zip(rows["year"], rows["age_group"], rows["value"], strict=True):
        start = int(str(group).replace("+", "").split("-")[0])
        periods.setdefault(str(period), {})[start] = float(value)
    if not periods:
        raise DataError(f"health_use.csv: indicator {indicator!r}, sex {sex}: expected rates by age")
    return periods


def _yearly(rates: dict[int, float], end: int) -> NDArray[np.float64]:
    """Return single-year rates whose sums over each group are the group's rate times its width."""
    starts = sorted(rates)
    knots = np.array([*starts, end], dtype=np.float64)
    heights = np.concatenate([[0.0], np.cumsum([rates[s] for s in starts] * np.diff(knots))])
    ages = np.arange(starts[0], end + 1, dtype=np.float64)
    return np.asarray(np.diff(monotone(knots, heights[None, :], ages)[0]), dtype=np.float64)


def _middle(period: str) -> float:
    """Return the middle of a period written as 2015-2020."""
    start, end = (float(year) for year in period.split("-"))
    return (start + end) / 2


def _between(patterns: dict[str, NDArray[np.float64]], year: int) -> NDArray[np.float64]:
    """Return a pattern between the middles of two periods; outside them the nearest."""
    first, last = sorted(patterns)
    share = (year - _middle(first)) / (_middle(last) - _middle(first))
    share = min(max(share, 0.0), 1.0)
    return patterns[first] * (1 - share) + patterns[last] * share


@cached
def death_pattern(year: int) -> NDArray[np.float64]:
    """Return unscaled chances of dying by sex and age reached in the year [2, 121] (WPP 2024)."""
    result = np.ones((len(SEXES), AGES))
    for position, sex in enumerate(SEXES):
        patterns = {}
        for period, rates in _rates("mortality_rate", sex).items():
            oldest = max(rates)
            single = _yearly({age: rate for age, rate in rates.items() if age < oldest}, oldest)
            patterns[period] = np.concatenate([single, np.full(AGES - oldest, rates[oldest])])
        rate = _between(patterns, year)
        before = np.concatenate([rate[:2], rate[1:-1]])  # infants die in the year of birth, others half a year each
        mean = (before + rate) / 2
        result[position] = mean / (1 + mean / 2)
    result.setflags(write=False)
    return result


@cached
def birth_pattern(year: int) -> NDArray[np.float64]:
    """Return unscaled births per woman by age reached in the year [121] (WPP 2024)."""
    patterns = {}
    for period, rates in _rates("fertility_rate", "female").items():
        start, end = min(rates), max(rates) + GROUP
        padded = np.zeros(AGES)
        padded[start:end] = _yearly(rates, end)
        patterns[period] = padded
    result = _between(patterns, year)
    result.setflags(write=False)
    return result


def male_share(year: int) -> float:
    """Return the share of boys at birth: the census's infants to 2020, WPP's sex ratio from its first year on."""
    infants = single_ages()[:, :, 0].sum(axis=0)
    ratios = national("sex_ratio_at_birth", "projection_wpp2024")
    first = min(ratios)
    counted = float(infants[Sex.MALE] / infants[Sex.FEMALE])
    if year >= first:
        ratio = ratios[year]
    else:
        share = max(0.0, (year - CENSUS) / (first - CENSUS))
        ratio = counted + (ratios[first] - counted) * share
    return ratio / (1 + ratio)


@cached
def age_shape() -> NDArray[np.float64]:
    """Return how the nation's five-year groups divide into single years, relative to the smooth curve [121] [no unit].

    Ages 0 to 9 follow published births; the years that turned 60 and 65 after the census follow the published numbers
    of 60+ and 65+ (the small cohorts of 1959 to 1961 and the large ones after them).
    """
    smooth = np.zeros(AGES)
    census = single_ages().sum(axis=0)
    smooth[: census.shape[1]] = census.sum(axis=0)
    wanted = smooth.copy()
    births = national("births")
    for start, end in ((1, GROUP), (GROUP, 2 * GROUP)):
        born = np.array([births[CENSUS - age] for age in range(start, end)])
        wanted[start:end] = smooth[start:end].sum() * born / born.sum()
    for threshold in (TURNING, TURNING_LATE):
        _fill_turning(wanted, census.astype(np.float64), threshold)
    shape = np.divide(wanted, smooth, out=np.ones(AGES), where=smooth > 0)
    shape.setflags(write=False)
    return shape


def _fill_turning(wanted: NDArray[np.float64], census: NDArray[np.float64], threshold: int) -> None:
    """Put the years just below a threshold age to the numbers that later reached it (to the year before the last)."""
    published = national(f"population_{threshold}_plus")
    years = range(CENSUS + 1, max(published))
    alive = np.zeros((len(SEXES), AGES))
    alive[:, : census.shape[1]] = census * (total_population(CENSUS) / census.sum())
    scale = alive.sum() / census.sum()
    total = wanted[threshold - GROUP : threshold].sum()
    known = 0.0
    for year in years:
        alive = older(alive, np.full(len(SEXES), followed("births", year) / len(SEXES)))
        chance = scale_to(death_pattern(year), alive, followed("deaths", year))
        alive = alive * (1 - chance)
        turned = published[year] * PERSONS - alive[:, threshold + 1 :].sum()
        alive[:, threshold] *= turned / alive[:, threshold].sum()
        age = threshold - (year - CENSUS)
        wanted[age] = turned / (1 - chance[:, threshold].mean()) / scale
        known += wanted[age]
    rest = slice(threshold - GROUP, threshold - len(years))
    wanted[rest] *= (total - known) / wanted[rest].sum()


def census_people() -> NDArray[np.float64]:
    """Return persons of the 2020 census by pool, sex and single age to 120 [358, 2, 121] [people].

    Each pool's five-year groups are kept; inside them the smooth curve is bent to `age_shape`, and those of 100 and
    over follow survival.
    """
    counted = single_ages().astype(np.float64)
    top = counted.shape[2] - 1
    people = np.zeros((*counted.shape[:2], AGES))
    people[:, :, : top + 1] = counted
    starts = [start for start in AGE_STARTS if start < top]
    shape = age_shape()
    for start, end in pairwise(starts):
        bent = people[:, :, start:end] * shape[start:end]
        total = bent.sum(axis=2, keepdims=True)
        people[:, :, start:end] = bent * np.divide(
            people[:, :, start:end].sum(axis=2, keepdims=True), total, out=np.ones_like(total), where=total > 0
        )
    living = np.cumprod(1 - death_pattern(CENSUS)[:, top:], axis=1)
    people[:, :, top:] = counted[:, :, top:] * (living / living.sum(axis=1, keepdims=True))
    return people


def scale_to(chance: NDArray[np.float64], people: NDArray[np.float64], deaths: float) -> NDArray[np.float64]:
    """Return chances of dying multiplied so that the people given lose a number of deaths; none above 1."""
    low, high = 0.0, 1 / float(chance[:, :TURNING].max())
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        if float((people * np.minimum(chance * middle, 1.0)).sum()) < deaths:
            low = middle
        else:
            high = middle
    return np.minimum(chance * high, 1.0)


def older(people: NDArray[np.float64], newborn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return people one year older, with the year's newborn at age 0; the last axis is age."""
    moved = np.zeros_like(people)
    moved[..., 1:] = people[..., :-1]
    moved[..., -1] += people[..., -1]
    moved[..., 0] = newborn
    return moved


def earlier(people: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the people a year before those given, who lived on with the chances given [people]."""
    before = np.zeros_like(people)
    before[..., :-1] = (people / np.maximum(1 - chance, LEAST))[..., 1:]
    return before


def backward(people: NDArray[np.float64], year: int, deaths: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the national population at the end of the year before, and the year's chances of dying."""
    chance = death_pattern(year)
    for _ in range(GROUP):
        alive = people / np.maximum(1 - chance, LEAST)
        chance = scale_to(chance, alive, deaths)
    return earlier(people, chance), chance


@cached
def demography() -> Demography:
    """Return the national rates and the account of cohorts they give, 2019 to 2050."""
    people = census_people().sum(axis=0)
    people *= total_population(CENSUS) / people.sum()
    years = range(FIRST, LAST + 1)
    death = {}
    account = {CENSUS: people}
    for year in range(CENSUS, FIRST - 1, -1):
        account[year - 1], death[year] = backward(account[year], year, followed("deaths", year))
        account[year - 1] = account[year - 1] * (total_population(year - 1) / account[year - 1].sum())
    birth = {}
    for year in years:
        births = followed("births", year)
        share = male_share(year)
        now = older(account[year - 1], births * np.array([share, 1 - share]))
        pattern = birth_pattern(year)
        birth[year] = pattern * (births / float((pattern * now[Sex.FEMALE]).sum()))
        if year > CENSUS:
            death[year] = scale_to(death_pattern(year), now, followed("deaths", year))
            account[year] = now * (1 - death[year])
    return Demography(
        first=FIRST,
        death=np.stack([death[year] for year in years]),
        birth=np.stack([birth[year] for year in years]),
        male_share=np.array([male_share(year) for year in years]),
        births=np.array([followed("births", year) for year in years]),
        deaths=np.array([followed("deaths", year) for year in years]),
        population=np.stack([account[year] for year in range(FIRST - 1, LAST + 1)]),
    )
