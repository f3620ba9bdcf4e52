"""Whoever `stirrings` passes over would have kept the work under the rules."""

from __future__ import annotations

import numpy as np
import pytest

from agents.career import leaves_school, next_job
from agents.codes import Sex, Work
from model import data
from model.policy import load_policy
from model.policy.record import law_record
from model.rules.retirement import reached_share
from model.surroundings import stirrings

YEARS = (2020, 2025, 2030)
NUMBERS = np.linspace(0.0005, 0.9995, 200).tolist()
AGES = range(101)
GROWN = (Work.ENTERPRISE, Work.PUBLIC, Work.FLEXIBLE, Work.FARMER, Work.UNEMPLOYED, Work.NOT_WORKING)


@pytest.mark.parametrize("year", YEARS)
def test_who_is_passed_over_keeps_the_work(year: int) -> None:
    law = law_record(load_policy(), year, data.pools())[0]
    odds = np.array([0.5, 1.0, 3.0])
    tables = stirrings(law, odds)
    below, rules = tables["work_below"], law.work
    shares = rules.exit_rate, rules.unemployment_rate, rules.benefit_share, 2.0
    kept = 0
    for pool, at_odds in enumerate(odds.tolist()):
        entry = rules.entry_rate * law.enrolment.compliance_enterprise * at_odds
        for work in GROWN:
            for u in NUMBERS:
                if u >= below[pool, work]:
                    kept += 1
                    assert next_job(int(work), u, 0.0, entry, *shares) == work
    assert kept > len(NUMBERS)


@pytest.mark.parametrize("work", [Work.CHILD, Work.PUPIL])
def test_who_is_too_young_stays_at_school(work: Work) -> None:
    law = law_record(load_policy(), YEARS[0], data.pools())[0]
    rules, ages = law.work, stirrings(law, np.ones(1))["work_age"]
    for sex in Sex:
        young = [age for age in AGES if age < ages[sex, work]]
        assert young
        for age in young:
            ends = rules.school_age, rules.leave_school_age, rules.leave_university_age
            assert leaves_school(age, int(work), *ends, 0.0, rules.university_share) == work


@pytest.mark.parametrize("year", YEARS)
def test_nobody_at_work_is_passed_over_at_retirement(year: int) -> None:
    law = law_record(load_policy(), year, data.pools())[0]
    ages, employee, rules = stirrings(law, np.ones(1))["work_age"], law.employee, law.work
    men, women, spread = employee.retirement_age_men, employee.retirement_age_women, employee.retirement_spread_women
    early = men - employee.early_years_men
    stop = rules.farmers_stop_age - rules.farmers_stop_spread, rules.farmers_stop_age + rules.farmers_stop_spread
    for work in (Work.ENTERPRISE, Work.PUBLIC, Work.FLEXIBLE):
        for sex, first in ((Sex.MALE, early), (Sex.FEMALE, women - spread)):
            passed = [age for age in AGES if age < ages[sex, work]]
            assert all(reached_share(age, first, first) == 0.0 for age in passed)
            assert reached_share(len(passed), first, first) > 0.0, "nobody is looked at in vain"
    for sex in Sex:
        assert all(reached_share(age, *stop) == 0.0 for age in AGES if age < ages[sex, Work.FARMER])
