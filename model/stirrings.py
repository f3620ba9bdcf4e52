"""Whose work may change in a year: who may find or lose a job, leave school, stop work or retire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Sex, Work
from model.phases.tally import AGES
from model.rules.retirement import early_chance, retirement_chance, stopping_chance

Floats = NDArray[np.float64]
Setting = Callable[[str, int], Any]
A_LITTLE_MORE = 1.0 + 1e-12
"""On chances: rounding may pass nobody over."""


def retirement(setting: Setting, year: int) -> Floats:
    """Return the chance of those at work to reach the own retirement age in a year, early retirement apart [sex, age].

    `setting` gives a value of the law by path and year: whoever still works was let stay by the law a year before.
    """
    chances = np.empty((len(Sex), AGES))
    for sex in Sex:
        now, before = (retirement_ages(setting, sex, at) for at in (year, year - 1))
        chances[sex] = [retirement_chance(age, *now, *before) for age in range(AGES)]
    return chances


def retirement_ages(setting: Setting, sex: Sex, year: int) -> tuple[float, float]:
    """Return the first and the last age at which a year's law lets members retire [years of age]."""
    if sex == Sex.MALE:
        return (float(setting("employee.retirement_age_men", year)),) * 2
    middle, spread = (float(setting(f"employee.retirement_{name}_women", year)) for name in ("age", "spread"))
    return middle - spread, middle + spread


def stirrings(law: Any, odds: Floats, retiring: Floats) -> dict[str, Floats]:
    """Return below which numbers of the year work may change, for what is found or lost, and for what ends.

    Jobs are found and lost by the first number [pool, work], school and work end by the second [member of the employee
    scheme, sex, work, age]; the odds of work with an employer [pool] are among the tables. Nobody else's work changes,
    a change of heart of flexible workers about their scheme apart; a test holds this to the rules.
    """
    rules = law.work
    below = np.zeros((len(odds), len(Work)))
    below[:, Work.ENTERPRISE] = rules.unemployment_rate + rules.exit_rate
    entry = rules.entry_rate * law.enrolment.compliance_enterprise * odds
    below[:, [Work.FLEXIBLE, Work.FARMER, Work.NOT_WORKING]] = entry[:, None]
    below[:, Work.UNEMPLOYED] = 1.0
    ends = np.zeros((2, len(Sex), len(Work), AGES))
    graduation = rules.leave_university_age - rules.leave_university_spread
    stages = (Work.CHILD, rules.school_age), (Work.PUPIL, rules.leave_school_age), (Work.STUDENT, graduation)
    for work, first in stages:
        ends[:, :, work] = np.arange(AGES) >= first
    retire = _greatest(law.employee, retiring)[:, :, None] * A_LITTLE_MORE
    ends[:, :, [Work.ENTERPRISE, Work.PUBLIC, Work.FLEXIBLE, Work.FARMER]] = retire
    ends[0, :, Work.FLEXIBLE] *= stopping_chances(rules.informal_stop_age, rules.informal_stop_spread)
    ends[0, :, Work.FARMER] *= stopping_chances(rules.farmers_stop_age, rules.farmers_stop_spread)
    return {"job_odds": odds, "work_below": below, "work_ends": ends, "retirement": retiring}


def stopping_chances(middle: float, spread: float) -> Floats:
    """Return the chance of stopping in the year of every age, where stopping ages lie evenly about a middle [age]."""
    return np.array([stopping_chance(age, middle - spread, middle + spread) for age in range(AGES)])


def _greatest(rules: Any, retiring: Floats) -> Floats:
    """Return the greatest chance to retire [member of the employee scheme, sex, age].

    Members are taken to be of long standing: of those, men may retire early.
    """
    chances = np.stack([retiring, retiring])
    words = rules.retirement_age_men, rules.early_years_men, rules.early_rate_men
    early = np.array([early_chance(age, *words) for age in range(AGES)])
    chances[1, Sex.MALE] = np.maximum(chances[1, Sex.MALE], early)
    return chances
