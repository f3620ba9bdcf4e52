"""Find work, earn, retire, and mark who dies: the first phases of a year, person by person."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.career import account_after, at_odds, first_work, leaves_school, next_job, scheme_of_work
from agents.chance import Purpose, draw_pairs, draw_words, unit
from agents.codes import Hukou, Scheme, Sex, Work
from agents.compiled import float64, inlined, int64, phase
from agents.person import Columns
from agents.units import MONTHS
from model.phases.ground import Ground, Scratch, Sums, list_marked
from model.phases.insuring import insure_at
from model.phases.tally import EnrolmentItem
from model.rules.codes import Entrant
from model.rules.contributions import by_sex, may_stop_contributing
from model.rules.enrolment import benefit_years, hukou_admits
from model.rules.retirement import early_chance, stopping_chance

MOST_YEARS = 255
MOST_INCOME = 2147483647.0
"""The largest income a column of 32 bits holds [fen/year]: 21 million yuan."""
MOST_SEVERE = 2
AGES = 101
RANKS = 65536.0


@phase
def mark_who_dies(p: Columns, ground: Ground, scratch: Scratch) -> None:
    """Mark who dies in the middle of the year and who falls chronically ill."""
    draw_pairs(ground.seed, int64(Purpose.LIFE), ground.year, ground.life_keys, p.key, scratch.pairs)
    deaths, illness = scratch.pairs[0], scratch.pairs[1]
    for i in range(p.key.size):
        age = min(int64(p.age[i]), AGES - 1)
        level = int64(p.chronic[i])
        p.dying[i] = int64(unit(deaths[i]) < ground.mortality[int64(p.sex[i]), level, age])
        worse = unit(illness[i]) < ground.onset[min(level, MOST_SEVERE - 1), age]
        p.chronic[i] = min(level + int64(worse), MOST_SEVERE)


@phase
def find_work(p: Columns, law: Any, ground: Ground, sums: Sums, scratch: Scratch) -> None:
    """Move people through school, jobs and retirement, and set the scheme that follows from work."""
    draw_words(ground.seed, int64(Purpose.WORK), ground.year, p.key, scratch.words)
    number = _may_move(p, law, ground, scratch)
    for n in range(number):
        i = int64(scratch.chosen[n])
        before = int64(p.work[i])
        scheme = int64(p.scheme[i])
        work, joins = _next_work(p, i, before, scheme, law, ground, scratch)
        p.work[i] = work
        after = scheme_of_work(work, scheme, joins)
        p.scheme[i] = after
        if after == Scheme.EMPLOYEE:
            insure_at(p, i, int64(p.home[i]), sums)
            p.account_kind[i] = _account_kind(p, i, before, scheme, joins, law, scratch)
            if scheme != Scheme.EMPLOYEE:
                sums.enrolment[int64(p.home[i]), Scheme.EMPLOYEE, work, EnrolmentItem.ENTERED] += 1
                _wait_for_employees(p, i, scheme, work, law)


@inlined
def _account_kind(p: Columns, i: int, before: int, scheme: int, joins: int, law: Any, scratch: Scratch) -> int:
    """Return the kind of cover after a change of work; the number that let somebody join tells it, spread out again."""
    work, rules = int64(p.work[i]), law.employee
    drawn = unit(scratch.words[2, i])
    luck = drawn / _flexible_join(p, i, law) if work == Work.FLEXIBLE and joins == 1 else drawn
    return account_after(
        int64(p.account_kind[i]), before, work, scheme == Scheme.EMPLOYEE, luck, rules.pooled_only_flexible,
        rules.pooled_only_others,
    )  # fmt: skip


@inlined
def _wait_for_employees(p: Columns, i: int, before: int, work: int, law: Any) -> None:
    """Let flexible workers wait who come to the employee scheme after a long gap without any cover."""
    rules = law.waiting
    gap = MONTHS * max(int64(p.lapsed[i]), 1)
    waits = before == Scheme.NONE and work == Work.FLEXIBLE and rules.in_force == 1 and gap > rules.employee_gap_months
    wait = int64(rules.employee_wait_months) if waits else int64(0)
    p.waiting[i] = MONTHS + wait


@inlined
def _may_move(p: Columns, law: Any, ground: Ground, scratch: Scratch) -> int:
    """List the people whose work or scheme may change this year, and return how many they are."""
    switch = law.enrolment.flexible_switch
    numbers, ends, hearts = scratch.words[0], scratch.words[1], scratch.words[3]
    for i in range(p.key.size):
        work = int64(p.work[i])
        member = p.scheme[i] == Scheme.EMPLOYEE
        chance = ground.work_ends[int64(member), int64(p.sex[i]), work, min(int64(p.age[i]), AGES - 1)]
        ended = unit(ends[i]) < chance
        drawn = unit(numbers[i]) < ground.work_below[int64(p.home[i]), work]
        torn = (unit(hearts[i]) < switch) & (work == Work.FLEXIBLE)
        strayed = (work == Work.FARMER) & member
        scratch.marked[i] = int64(ended | drawn | torn | strayed)
    return list_marked(scratch.marked[: p.key.size], scratch.chosen)


@inlined
def _next_work(
    p: Columns, i: int, work: int, scheme: int, law: Any, ground: Ground, scratch: Scratch
) -> tuple[int, int]:
    """Return a person's work this year and whether a flexible worker joins (1), leaves (0) or keeps (-1) the scheme."""
    u = unit(scratch.words[0, i])
    v = unit(scratch.words[1, i])
    w = unit(scratch.words[2, i])
    x = unit(scratch.words[3, i])
    age = int64(p.age[i])
    rules = law.work
    odds = ground.job_odds[int64(p.home[i])]
    joins = int64(w < _flexible_join(p, i, law))
    if work == Work.CHILD or work == Work.PUPIL or work == Work.STUDENT:
        place = float64(p.rank[i]) / RANKS * 2.0 - 1.0
        graduates = rules.leave_university_age + rules.leave_university_spread * place
        stage = leaves_school(age, work, rules.school_age, rules.leave_school_age, graduates, u, rules.university_share)
        if stage >= 0:
            return stage, int64(-1)
        employed = rules.graduate_employee_share if work == Work.STUDENT else rules.leaver_employee_share
        rural = p.urban[i] == 0 and p.hukou_kind[i] == Hukou.RURAL
        public = rules.public_entrants * law.enrolment.compliance_public
        employed = at_odds(employed, odds)
        return first_work(rural, v, x, employed, rules.leaver_flexible_share, public), joins
    chance = _retirement_chance(p, i, age, scheme, law, ground)
    if v < chance:
        return _past_retirement(p, i, age, work, scheme, law, v / chance, x), int64(-1)
    v = (v - chance) / (1.0 - chance)
    entry = rules.entry_rate * law.enrolment.compliance_enterprise * odds
    months = law.enrolment
    longest = benefit_years(
        int64(p.years[i]), months.benefit_months_short, months.benefit_months_middle, months.benefit_months_long
    )
    found = next_job(work, u, v, entry, rules.exit_rate, rules.unemployment_rate, rules.benefit_share, longest)
    if found == Work.FLEXIBLE and work == Work.FLEXIBLE and x >= law.enrolment.flexible_switch:
        joins = int64(-1)
    return found, joins


@inlined
def _retirement_chance(p: Columns, i: int, age: int, scheme: int, law: Any, ground: Ground) -> float:
    """Return the chance that a person still at work retires this year; members of long standing may do so early."""
    sex, rules = int64(p.sex[i]), law.employee
    chance = ground.retirement[sex, min(age, AGES - 1)]
    if sex == Sex.MALE and scheme == Scheme.EMPLOYEE and int64(p.years[i]) >= rules.least_years:
        early = early_chance(age, rules.retirement_age_men, rules.early_years_men, rules.early_rate_men)
        chance = max(chance, early)
    return float64(chance)


@inlined
def _flexible_join(p: Columns, i: int, law: Any) -> float:
    """Return the chance that a flexible worker chooses the employee scheme; hukou may stand in the way."""
    rules = law.enrolment
    home = int64(p.home[i])
    open_here = hukou_admits(
        int64(Entrant.FLEXIBLE), int64(home == p.hukou[i]), rules.city_class[home], 0, rules.flexible_open_everywhere,
        rules.flexible_open_super_large, 0, 0, 0,
    )  # fmt: skip
    return float64(rules.flexible_join if open_here == 1 else rules.flexible_join * rules.flexible_migrant_factor)


@inlined
def _past_retirement(p: Columns, i: int, age: int, work: int, scheme: int, law: Any, v: float, x: float) -> int:
    """Return the work of a person past retirement age: members retire or pay on for years they lack, others work on."""
    if scheme == Scheme.EMPLOYEE:
        if float64(p.years[i]) >= x * law.employee.least_years:
            return _retires_or_pays_on(p, i, age, law)
        rural = p.urban[i] == 0 and p.hukou_kind[i] == Hukou.RURAL
        work = int64(Work.FARMER if rural else Work.NOT_WORKING)
    rules = law.work
    stops = float64(1.0)
    if work == Work.FARMER:
        middle, spread = rules.farmers_stop_age, rules.farmers_stop_spread
        stops = stopping_chance(age, middle - spread, middle + spread)
    elif work == Work.FLEXIBLE:
        middle, spread = rules.informal_stop_age, rules.informal_stop_spread
        stops = stopping_chance(age, middle - spread, middle + spread)
    return int64(Work.NOT_WORKING) if v < stops else work


@inlined
def _retires_or_pays_on(p: Columns, i: int, age: int, law: Any) -> int:
    """Return the work of a member past retirement age who has, or may buy, the years that a pension asks."""
    sex, rules = int64(p.sex[i]), law.employee
    threshold = min(by_sex(sex, rules.retirement_age_men, rules.retirement_age_women), age)
    needed = by_sex(sex, rules.minimum_years_men, rules.minimum_years_women)
    enough = may_stop_contributing(age, int64(threshold), int64(p.years[i]), needed) == 1
    return int64(Work.RETIRED if enough or age >= threshold + rules.grace_years else Work.FLEXIBLE)


@phase
def earn(p: Columns, law: Any, ground: Ground) -> None:
    """Set everybody's income of the year from work, place and rank, and count contribution years."""
    points = ground.shape.shape[1] - 1
    for i in range(p.key.size):
        work = int64(p.work[i])
        home = int64(p.home[i])
        urban = int64(p.urban[i])
        place = float64(p.rank[i]) / RANKS * float64(points)
        point = int64(place)
        low = ground.shape[urban, point]
        shape = low + (ground.shape[urban, point + 1] - low) * (place - float64(point))
        wage = ground.wage[home]
        income = ground.income[home, urban]
        base = wage if law.work.income_base[work] == 1 else income
        p.income[i] = int64(np.floor(min(float64(base) * law.work.income_level[work] * shape, MOST_INCOME) + 0.5))
        pays = (p.scheme[i] == Scheme.EMPLOYEE) & (work != Work.RETIRED)
        p.years[i] = min(int64(p.years[i]) + int64(pays), MOST_YEARS)
