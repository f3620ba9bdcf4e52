"""Who retires: by the law's ages, between birthdays too; men may do so early; few years do not suffice."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.codes import Scheme, Sex, Work
from model.policy import load_policy
from model.rules.retirement import early_chance, reached_share, retirement_chance, stopping_chance
from model.scenario import Reform
from model.synthesis import first_population, founding_values
from tests.worlds import START, live, world_of

AGES = range(40, 80)


@cache
def after_a_year(*changes: tuple[str, Any]) -> Any:
    """Return the people one year on under changed values."""
    reform = Reform("change", changes={path: {f"{START}-01-01": value} for path, value in changes})
    return live(world_of(people=5_000, end=START, reforms=(reform,))).engine.people


def newly(people: Any, before: Any) -> np.ndarray[Any, Any]:
    """Return the rows that retired in the year, by what they were under a law where nobody may."""
    at_work = set(before.key[before.work != Work.RETIRED].tolist())
    kept = np.array([key in at_work for key in people.key.tolist()])
    return np.flatnonzero(kept & (people.work == Work.RETIRED))


def test_men_retire_early_only_with_enough_years_and_only_in_the_years_before() -> None:
    none = after_a_year(("employee.early_rate_men", 0.0))
    every = after_a_year(("employee.early_rate_men", 1.0))
    early = newly(every, none)
    assert len(early) >= 10
    assert (every.sex[early] == Sex.MALE).all()
    assert ((every.age[early] >= 55) & (every.age[early] < 60)).all()
    assert (every.years[early] >= 10).all()
    left = (every.sex == Sex.MALE) & (every.age >= 55) & (every.age < 60) & (every.scheme == Scheme.EMPLOYEE)
    assert (every.years[left & (every.work != Work.RETIRED)] <= 11).all()  # the year's own years are counted after


def test_who_has_too_few_years_passes_to_the_residents() -> None:
    kept, sent = (after_a_year(("employee.least_years", years), ("employee.early_rate_men", 0.0)) for years in (0, 45))
    refused = newly(kept, sent)
    assert len(refused) >= 3
    gone = np.isin(sent.key, kept.key[refused])
    assert set(sent.work[gone].tolist()) <= {int(Work.NOT_WORKING), int(Work.FARMER)}
    assert (sent.scheme[gone] != Scheme.EMPLOYEE).all()
    assert (kept.years[refused] < 45).all()


@pytest.mark.parametrize(
    ("age", "threshold", "chance"),
    [(59, 60.0, 0.0), (60, 60.0, 1.0), (60, 60.25, 0.75), (61, 60.25, 1.0), (60, 61.0, 0.0), (62, 62.75, 0.25)],
)
def test_an_age_between_birthdays_lets_those_retire_who_reach_it_in_the_year(
    age: int, threshold: float, chance: float
) -> None:
    assert stopping_chance(age, threshold, threshold) == chance
    assert early_chance(age - 5, threshold, 5.0, 0.5) == 0.5 * min(chance, 1.0)


def test_women_retire_evenly_between_workers_and_cadres_age() -> None:
    assert [reached_share(age, 50.0, 55.0) for age in (49, 50, 52, 55)] == [0.0, 1 / 6, 0.5, 1.0]


@given(st.integers(40, 80), st.floats(50.0, 70.0), st.integers(0, 15), st.floats(0.0, 1.0))
def test_early_chances_rise_with_age_to_the_rate(age: int, threshold: float, years_before: int, rate: float) -> None:
    chance, later = (early_chance(at, threshold, years_before, rate) for at in (age, age + 1))
    assert 0.0 <= chance <= later <= rate
    assert age + 1 <= threshold - years_before or chance > 0.0 or rate == 0.0
    assert age < threshold - years_before or chance == rate


@given(st.floats(45.0, 65.0), st.floats(0.0, 10.0))
def test_chances_year_by_year_lead_to_the_share_that_has_retired(first: float, width: float) -> None:
    at_work = 1.0
    for age in AGES:
        chance = stopping_chance(age, first, first + width)
        assert 0.0 <= chance <= 1.0
        at_work *= 1.0 - chance
        assert at_work == pytest.approx(1.0 - reached_share(age, first, first + width), abs=1e-9)


RISES = st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5)).map(sorted)


@given(st.lists(RISES, min_size=len(AGES), max_size=len(AGES)), st.floats(45.0, 60.0), st.floats(0.0, 10.0))
def test_a_birth_year_retires_as_the_ages_of_its_years_let_it(
    rises: list[list[float]], first: float, width: float
) -> None:
    at_work, before = 1.0, (first, first + width)
    for age, (slow, fast) in zip(AGES, rises):
        now = before[0] + fast, max(before[1] + slow, before[0] + fast)
        at_work *= 1.0 - retirement_chance(age, *now, *before)
        assert 1.0 - at_work == pytest.approx(reached_share(age, *now), abs=1e-9)
        before = now


def test_later_retirement_by_months_keeps_some_of_a_birth_year_at_work() -> None:
    sixty, half, later = (
        after_a_year(("employee.retirement_age_men", threshold), ("employee.early_rate_men", 0.0))
        for threshold in (60.0, 60.5, 61.0)
    )
    assert (sixty.age[newly(sixty, later)] == 60).all()
    all_due, half_due = (set(people.key[newly(people, later)].tolist()) for people in (sixty, half))
    assert half_due < all_due
    assert 0.2 < len(half_due) / len(all_due) < 0.8


def test_first_people_are_retired_as_the_law_let_them() -> None:
    people = first_population(200_000, START, 0, founding_values(load_policy(), START)).people
    member = people.scheme == Scheme.EMPLOYEE
    for age in range(49, 57):
        women = member & (people.sex == Sex.FEMALE) & (people.age == age)
        share = (people.work[women] == Work.RETIRED).mean()
        assert abs(share - reached_share(age, 50.0, 55.0)) < 0.12
    young = member & (people.sex == Sex.MALE) & (people.age < 55)
    assert not (people.work[young] == Work.RETIRED).any()
    assert (people.work[member & (people.age >= 60)] == Work.RETIRED).all()
