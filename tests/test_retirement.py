"""Who retires: men of long standing may do so early, and few years of contributions do not make a retired member."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from agents.codes import Scheme, Sex, Work
from model.scenario import Reform
from tests.worlds import START, live, world_of


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
