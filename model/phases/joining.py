"""Enrol: families decide who joins the resident scheme, who lapses, who returns, and what waiting follows."""

from __future__ import annotations

import numpy as np

from agents.chance import Purpose, four
from agents.codes import Scheme, Work
from agents.compiled import compiled
from agents.enrolment import insured_at_home, lapse_risk, return_chance
from model.phases.ground import Ground
from model.phases.insuring import insure_at
from model.phases.standing import status_of
from model.phases.tally import AGES, EnrolmentItem, Head
from model.rules.codes import Standing
from model.rules.enrolment import consecutive_years, missed_years, waiting_period

MOST = 255
MONTHS = 12


@compiled
def enrol(p, bounds, first_home, last_home, law, ground: Ground, sums) -> None:
    """Let every family decide on the resident scheme from premium, income, illness and habit."""
    for home in range(first_home, last_home):
        first = bounds[home]
        last = bounds[home + 1]
        earned = np.int64(0)
        residents = np.int64(0)
        for i in range(first, last):
            earned += np.int64(p.income[i])
            residents += np.int64(p.scheme[i] != Scheme.EMPLOYEE)
        burden = np.float64(residents * law.resident.individual) / np.float64(max(earned, law.enrolment.least_income))
        for i in range(first, last):
            before = np.int64(p.scheme[i])
            if before != Scheme.EMPLOYEE:
                p.scheme[i] = _choose(p, i, before, burden, law, ground, sums)
            _keep_books(p, i, before, law, sums)
            _count(p, i, before, sums)


@compiled
def _choose(p, i, before, burden, law, ground: Ground, sums) -> int:
    """Return the scheme that a person outside the employee scheme has after the family's decision."""
    u, v, _, _ = four(ground.seed, Purpose.ENROLMENT, ground.year, p.key[i])
    age = np.int64(p.age[i])
    chronic = np.int64(p.chronic[i])
    helped = np.int64(p.aid[i]) > 0
    rules = law.enrolment
    if before == Scheme.RESIDENT:
        risk = lapse_risk(
            burden, helped, chronic, age,
            rules.lapse_rate, rules.burden_effect, rules.chronic_effect, rules.young_effect, rules.old_age,
        )  # fmt: skip
        insured = u >= risk
    else:
        rate = rules.newborn_rate if age == 0 else rules.return_rate
        insured = u < return_chance(burden, helped, chronic, rate, rules.burden_effect, rules.chronic_effect)
    if not insured:
        insure_at(p, i, np.int64(p.home[i]), sums)
        return Scheme.NONE
    if before != Scheme.RESIDENT:
        at_home = insured_at_home(v, p.home[i] == p.hukou[i], rules.migrant_insured_at_origin)
        insure_at(p, i, np.int64(p.home[i]) if at_home else np.int64(p.hukou[i]), sums)
    return Scheme.RESIDENT


@compiled
def standing_of(scheme, age) -> int:
    """Return how the year counts for the resident scheme: covered, in the employee scheme, or missed."""
    if scheme == Scheme.RESIDENT:
        return Standing.NEWBORN if age == 0 else Standing.IN_WINDOW
    return Standing.EMPLOYEE if scheme == Scheme.EMPLOYEE else Standing.MISSED


@compiled
def _keep_books(p, i, before, law, sums) -> None:
    """Count consecutive and missed years and set the waiting months of the year."""
    scheme = np.int64(p.scheme[i])
    lapsed = np.int64(p.lapsed[i])
    rules = law.waiting
    standing = standing_of(scheme, np.int64(p.age[i]))
    wait = np.int64(0)
    if scheme == Scheme.RESIDENT and before == Scheme.NONE and rules.in_force == 1:
        exempt = np.int64(p.age[i] == 0) * rules.newborn_exempt
        wait = waiting_period(
            lapsed, 0, exempt, 0,
            rules.fixed_months, rules.months_per_gap_year, rules.long_gap_years, rules.long_gap_minimum,
        )  # fmt: skip
    p.waiting[i] = min(wait, np.int64(MONTHS))
    p.continuous[i] = min(consecutive_years(np.int64(p.continuous[i]), standing), MOST)
    p.lapsed[i] = min(missed_years(lapsed, standing, rules.in_force), MOST)


@compiled
def _count(p, i, before, sums) -> None:
    """Count the movement into, out of and back to the scheme, and the heads insured during the year."""
    scheme = np.int64(p.scheme[i])
    pool = np.int64(p.insured[i])
    work = np.int64(p.work[i])
    if scheme == Scheme.RESIDENT and before == Scheme.NONE:
        item = EnrolmentItem.ENTERED if p.age[i] == 0 else EnrolmentItem.RETURNED
        sums.enrolment[pool, scheme, work, item] += 1
    if scheme == Scheme.NONE and before == Scheme.RESIDENT:
        sums.enrolment[pool, Scheme.RESIDENT, work, EnrolmentItem.LAPSED] += 1
    if p.waiting[i] > 0:
        sums.enrolment[pool, scheme, work, EnrolmentItem.WAITING] += 1
    if scheme == Scheme.EMPLOYEE:
        sums.heads[pool, Head.COVERED_RETIRED if work == Work.RETIRED else Head.COVERED_ACTIVE] += 1
    elif scheme == Scheme.RESIDENT:
        sums.heads[pool, Head.COVERED_RESIDENT] += 1


@compiled
def count_profile(p, first, last, sums) -> None:
    """Count heads by standing, chronic illness and age: the base on which the year's levels of care rest."""
    for i in range(first, last):
        status = status_of(np.int64(p.work[i]), np.int64(p.scheme[i]))
        age = min(np.int64(p.age[i]), AGES - 1)
        sums.profile[status, np.int64(p.chronic[i]), age, np.int64(p.dying[i])] += 1
