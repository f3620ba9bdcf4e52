"""Enrol: families decide who joins the resident scheme, who lapses, who returns, and what waiting follows."""

from __future__ import annotations

from typing import Any

from agents.chance import Purpose, draw_words, uniform, unit
from agents.codes import Scheme, Work
from agents.compiled import compiled, float64, inlined, int64
from agents.enrolment import family_leaning, joins, return_leaning
from agents.person import Columns
from model.phases.ground import Bounds, Ground, Scratch, Sums
from model.phases.insuring import insure_at
from model.phases.standing import status_of
from model.phases.tally import AGES, EnrolmentItem, Head
from model.rules.codes import Standing
from model.rules.enrolment import consecutive_years, missed_years, waiting_period

MOST = 255
MONTHS = 12


@compiled
def enrol(
    p: Columns, bounds: Bounds, first_home: int, last_home: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch
) -> None:
    """Let every family decide on the resident scheme from premium, income, illness, habit and what others do."""
    origin = bounds[first_home]
    keys = p.key[origin : bounds[last_home]]
    draw_words(ground.seed, int64(Purpose.ENROLMENT), ground.year, keys, scratch.words)
    for home in range(first_home, last_home):
        first = bounds[home]
        last = bounds[home + 1]
        residents = int64(0)
        for i in range(first, last):
            residents += int64(p.scheme[i] != Scheme.EMPLOYEE)
        leaning = 0.0
        common = 0.0
        if residents > 0:
            leaning = _leaning(p, first, last, residents, law, ground)
            common = uniform(ground.seed, int64(Purpose.FAMILY), ground.year, p.key[first])
        for i in range(first, last):
            before = int64(p.scheme[i])
            if before != Scheme.EMPLOYEE:
                p.scheme[i] = _choose(p, i, before, leaning, common, law, ground, sums, scratch, i - origin)
            _keep_books(p, i, before, law)
            _count(p, i, before, sums)


@inlined
def _leaning(p: Columns, first: int, last: int, residents: int, law: Any, ground: Ground) -> float:
    """Return what speaks for the resident scheme in a family as a whole [log odds]."""
    earned = int64(0)
    chronic = False
    for i in range(first, last):
        earned += int64(p.income[i])
        chronic = chronic or p.chronic[i] > 0
    rules = law.enrolment
    home = int64(p.home[first])
    mean = float64(ground.income[home, int64(p.urban[first])])
    income = max(float64(earned), mean * rules.least_income)
    relative = income / float64(last - first) / mean
    premium = float64(residents * law.resident.individual) / income
    return float64(rules.intercept) + family_leaning(
        premium, relative, chronic, ground.premium_growth, ground.peers[home], ground.effort[home],
        rules.coefficient_income, rules.coefficient_premium, rules.coefficient_chronic, rules.coefficient_growth,
        rules.coefficient_peers, rules.coefficient_effort,
    )  # fmt: skip


@inlined
def _choose(
    p: Columns,
    i: int,
    before: int,
    family: float,
    common: float,
    law: Any,
    ground: Ground,
    sums: Sums,
    scratch: Scratch,
    k: int,
) -> int:
    """Return the scheme of a person outside the employee scheme after the family's decision."""
    own = common
    if unit(scratch.words[2, k]) < law.enrolment.member_noise:
        own = unit(scratch.words[0, k])
    if not _insured(p, i, before, family, own, law, ground):
        insure_at(p, i, int64(p.home[i]), sums)
        return int64(Scheme.NONE)
    if before != Scheme.RESIDENT:
        local = p.home[i] == p.hukou[i] or unit(scratch.words[1, k]) < law.enrolment.migrant_resident_share
        insure_at(p, i, int64(p.home[i]) if local else int64(p.hukou[i]), sums)
    return int64(Scheme.RESIDENT)


@inlined
def _insured(p: Columns, i: int, before: int, family: float, u: float, law: Any, ground: Ground) -> bool:
    """Say whether a member of the family is insured as a resident this year."""
    rules = law.enrolment
    work = int64(p.work[i])
    if p.aid[i] > 0:
        return bool(u < rules.aid_share)
    if p.age[i] == 0:
        return bool(u < rules.newborn_share)
    if work == Work.PUPIL:
        return bool(u < rules.pupil_share)
    leaning = family + ground.member_leaning[int64(p.chronic[i]), min(int64(p.age[i]), AGES - 1)]
    if before == Scheme.RESIDENT:
        leaning += rules.coefficient_habit
    else:
        lapsed = int64(p.lapsed[i])
        leaning += return_leaning(lapsed, _wait(lapsed, law), rules.return_penalty, rules.coefficient_waiting)
    if p.home[i] != p.hukou[i]:
        far = ground.province[int64(p.home[i])] != ground.province[int64(p.hukou[i])]
        leaning += rules.migrant_penalty_province if far else rules.migrant_penalty_city
    return joins(ground.log_odds, u, leaning)


@inlined
def _wait(lapsed: int, law: Any) -> int:
    """Return the months of waiting that a return after these lapsed years brings [months]."""
    rules = law.waiting
    if rules.in_force == 0:
        return int64(0)
    return waiting_period(
        lapsed, 0, 0, 0, rules.fixed_months, rules.months_per_gap_year, rules.long_gap_years, rules.long_gap_minimum
    )


@inlined
def standing_of(scheme: int, age: int) -> int:
    """Return how the year counts for the resident scheme: covered, in the employee scheme, or missed."""
    if scheme == Scheme.RESIDENT:
        return Standing.NEWBORN if age == 0 else Standing.IN_WINDOW
    return Standing.EMPLOYEE if scheme == Scheme.EMPLOYEE else Standing.MISSED


@inlined
def _keep_books(p: Columns, i: int, before: int, law: Any) -> None:
    """Count consecutive and missed years and set the waiting months of the year."""
    scheme = int64(p.scheme[i])
    lapsed = int64(p.lapsed[i])
    rules = law.waiting
    standing = standing_of(scheme, int64(p.age[i]))
    wait = int64(0)
    if scheme == Scheme.RESIDENT and before == Scheme.NONE and not (p.age[i] == 0 and rules.newborn_exempt == 1):
        wait = _wait(lapsed, law)
    p.waiting[i] = min(wait, int64(MONTHS))
    p.continuous[i] = min(consecutive_years(int64(p.continuous[i]), standing), MOST)
    p.lapsed[i] = min(missed_years(lapsed, standing, rules.in_force), MOST)


@inlined
def _count(p: Columns, i: int, before: int, sums: Sums) -> None:
    """Count the movement into, out of and back to the scheme, and the heads insured during the year."""
    scheme = int64(p.scheme[i])
    pool = int64(p.insured[i])
    work = int64(p.work[i])
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
def count_profile(p: Columns, first: int, last: int, sums: Sums) -> None:
    """Count heads by standing, chronic illness and age: the base on which the year's levels of care rest."""
    for i in range(first, last):
        status = status_of(int64(p.work[i]), int64(p.scheme[i]))
        age = min(int64(p.age[i]), AGES - 1)
        sums.profile[status, int64(p.chronic[i]), age, int64(p.dying[i])] += 1
