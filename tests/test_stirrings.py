"""Whoever `stirrings` passes over would have kept the work under the rules."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from agents.career import leaves_school, next_job
from agents.codes import Sex, Work
from model import data
from model.policy import load_policy
from model.policy.record import law_record
from model.rules.retirement import early_chance, stopping_chance
from model.stirrings import retirement, stirrings

POLICY = load_policy()
YEARS = (2020, 2025, 2030)
NUMBERS = np.linspace(0.0005, 0.9995, 200).tolist()
AGES = range(101)
GROWN = (Work.ENTERPRISE, Work.PUBLIC, Work.FLEXIBLE, Work.FARMER, Work.UNEMPLOYED, Work.NOT_WORKING)


@pytest.mark.parametrize("year", YEARS)
def test_who_is_passed_over_keeps_the_work(year: int) -> None:
    law = law_record(POLICY, year, data.pools())[0]
    odds = np.array([0.5, 1.0, 3.0])
    tables = stirrings(law, odds, retirement(POLICY.value, year))
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


@pytest.mark.parametrize("work", [Work.CHILD, Work.PUPIL, Work.STUDENT])
def test_who_is_too_young_stays_at_school(work: Work) -> None:
    law = law_record(POLICY, YEARS[0], data.pools())[0]
    rules = law.work
    ends = stirrings(law, np.ones(1), retirement(POLICY.value, YEARS[0]))["work_ends"]
    earliest = rules.leave_university_age - rules.leave_university_spread
    for member, sex in itertools.product((0, 1), Sex):
        young = [age for age in AGES if ends[member, sex, work, age] == 0]
        assert young
        for age in young:
            words = rules.school_age, rules.leave_school_age, earliest, 0.0, rules.university_share
            assert leaves_school(age, int(work), *words) == work
        oldest = rules.school_age, rules.leave_school_age, earliest, 1.0, rules.university_share
        assert leaves_school(len(young), int(work), *oldest) != work, "nobody is looked at in vain"


@pytest.mark.parametrize("year", YEARS)
def test_nobody_at_work_is_passed_over_at_retirement(year: int) -> None:
    law = law_record(POLICY, year, data.pools())[0]
    retiring = retirement(POLICY.value, year)
    ends, employee, rules = stirrings(law, np.ones(1), retiring)["work_ends"], law.employee, law.work
    stops = {
        Work.FLEXIBLE: (rules.informal_stop_age, rules.informal_stop_spread),
        Work.FARMER: (rules.farmers_stop_age, rules.farmers_stop_spread),
    }
    looked_at = 0
    for member, work, age in itertools.product((0, 1), (*stops, Work.ENTERPRISE, Work.PUBLIC), AGES):
        chances = {sex: retiring[sex, age] for sex in Sex}
        if member:
            early = early_chance(age, employee.retirement_age_men, employee.early_years_men, employee.early_rate_men)
            chances[Sex.MALE] = max(chances[Sex.MALE], early)
        for sex, chance in chances.items():
            stop = 1.0
            if not member and work in stops:
                middle, width = stops[work]
                stop = stopping_chance(age, middle - width, middle + width)
            for v in NUMBERS:
                changes = v < chance and v / chance < stop
                looked_at += changes
                assert not changes or v < ends[member, sex, work, age]
                assert changes or v > ends[member, sex, work, age], "nobody is looked at in vain"
    assert looked_at > len(NUMBERS)
