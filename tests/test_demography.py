"""Births and deaths: published history is met, the future follows WPP's growth."""

from __future__ import annotations

import numpy as np
import pytest

from agents.codes import Sex
from model.demography import AGES, FIRST, LAST, census_people, demography, followed, national, total_population
from model.errors import DataError

TEN_THOUSAND = 10_000


def test_history_meets_the_published_counts() -> None:
    account = demography()
    for year in range(2019, 2025):
        place = account.place(year)
        assert account.births[place] == national("births")[year] * TEN_THOUSAND
        assert account.deaths[place] == national("deaths")[year] * TEN_THOUSAND
        assert account.at_end_of(year).sum() == pytest.approx(total_population(year), rel=2e-4)


def test_rates_give_the_births_and_deaths_they_are_scaled_to() -> None:
    account = demography()
    for year in range(2021, LAST + 1):
        place = account.place(year)
        before, after = account.population[place], account.population[place + 1]
        grown = np.zeros_like(before)
        grown[:, 1:] = before[:, :-1]
        births = float((grown[Sex.FEMALE] * account.birth[place]).sum())
        assert births == pytest.approx(account.births[place], rel=1e-9)
        deaths = before.sum() + births - after.sum()
        assert deaths == pytest.approx(account.deaths[place], rel=1e-6)


def test_later_years_follow_the_growth_of_the_projection() -> None:
    later = national("births", "projection_wpp2024")
    assert followed("births", 2040) == pytest.approx(
        national("births")[2024] * TEN_THOUSAND * later[2040] / later[2024]
    )


def test_rates_are_possible() -> None:
    account = demography()
    assert account.death.shape == (LAST - FIRST + 1, 2, AGES)
    assert ((account.death > 0) & (account.death <= 1)).all()
    assert (account.birth[:, :15] == 0).all()
    assert (account.birth[:, 50:] == 0).all()
    assert ((account.male_share > 0.5) & (account.male_share < 0.54)).all()
    adults = account.death[account.place(2024)][:, 40:90]
    assert (np.diff(adults, axis=1) > 0).all()
    assert (adults[Sex.MALE] > adults[Sex.FEMALE]).all()


@pytest.mark.parametrize("age", [60, 65])
def test_the_elderly_are_as_many_as_published(age: int) -> None:
    published = national(f"population_{age}_plus")
    for year in (2021, 2022, 2023, 2024):
        simulated = demography().at_end_of(year)[:, age:].sum() / TEN_THOUSAND
        assert simulated == pytest.approx(published[year], rel=0.01)


def test_more_than_400_million_are_60_and_over_in_2035() -> None:
    assert demography().at_end_of(2035)[:, 60:].sum() > 400e6
    assert demography().at_end_of(2028)[:, 60:].sum() < 400e6


def test_the_census_is_kept() -> None:
    people = census_people()
    assert people.sum() == pytest.approx(1_409_778_724)
    assert people[:, :, 60:65].sum() == pytest.approx(36_871_125 + 36_511_813)


def test_a_year_outside_is_refused() -> None:
    with pytest.raises(DataError, match="2019 to 2050"):
        demography().place(2051)
