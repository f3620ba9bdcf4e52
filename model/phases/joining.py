"""Enrol: families decide who joins the resident scheme, who lapses, who returns, and what waiting follows."""

from __future__ import annotations

from typing import Any

from agents.chance import Purpose, draw_words, four, unit
from agents.codes import Aid, Scheme, Status, Work
from agents.compiled import choose, float64, inlined, int64, phase
from agents.enrolment import LEAST, family_leaning, joins, return_leaning
from agents.numeric import take_logs
from agents.person import Columns
from agents.units import MONTHS
from model.phases.dues import due_before, due_of, flat_due
from model.phases.ground import Bounds, Ground, Scratch, Sums, list_marked
from model.phases.insuring import insure_at
from model.phases.standing import note_standing
from model.phases.tally import AGES, CHRONIC_LEVELS, EnrolmentItem, Head, Money
from model.rules.codes import Entrant, Link, Standing
from model.rules.enrolment import (
    consecutive_years,
    hukou_admits,
    missed_years,
    most_repairs,
    next_class,
    repair_cost,
    waiting_period,
)

MOST = 255
CLASS = 3
"""Which of the year's numbers of enrolment lets somebody change the low-income class."""
THOUSAND_YUAN = 100_000.0
"""[fen]"""
SECOND, THIRD = 1, 2
"""Second and third answer of a reading that has three, as the law numbers them."""
HEADS = len(Head)
COVERED = int(Head.COVERED_ACTIVE) - int(Status.ACTIVE)
"""Heads insured during the year stand in the order of `Status`."""


@phase
def enrol(
    p: Columns, bounds: Bounds, first_home: int, last_home: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch
) -> None:
    """Let every family decide on the resident scheme from premium, income, illness, habit and what others do."""
    _ask_families(p, bounds, first_home, last_home, law, ground, scratch)
    for home in range(last_home - first_home):
        scratch.common[home] = unit(scratch.words[0, home])
    draw_words(ground.seed, int64(Purpose.ENROLMENT), ground.year, p.key, scratch.words)
    carried = MONTHS if law.waiting.carry_over == 1 else MOST
    for i in range(p.key.size):
        ended = MONTHS if p.scheme[i] == Scheme.EMPLOYEE else carried
        p.waiting[i] = max(int64(p.waiting[i]) - ended, 0)
    _reclassify(p, bounds, law.assistance, scratch)
    number = _may_change(p, first_home, law, ground, scratch)
    for n in range(number):
        i = int64(scratch.chosen[n])
        before = int64(p.scheme[i])
        home = int64(p.household[i]) - first_home
        scheme = _choose(p, i, before, scratch.leaning[home], scratch.common[home], law, ground, sums, scratch)
        if scheme != before:
            p.scheme[i] = scheme
            _note_change(p, i, bounds, first_home, law, ground, sums, scratch)
    if law.enrolment.migrant_resident_share >= 1.0:
        _insure_at_home(p, law.enrolment, sums)
    _keep_books(p, law)
    for i in range(p.key.size):
        if p.waiting[i] > 0:
            sums.enrolment[int64(p.insured[i]), int64(p.scheme[i]), int64(p.work[i]), EnrolmentItem.WAITING] += 1


@inlined
def _reclassify(p: Columns, bounds: Bounds, rules: Any, scratch: Scratch) -> None:
    """Let old people on their own without work become destitute, and some of those monitored leave the classes."""
    luck = scratch.words[CLASS]
    for i in range(p.key.size):
        if p.aid[i] > Aid.DESTITUTE:
            home, work = int64(p.household[i]), int64(p.work[i])
            idle = work == Work.NOT_WORKING or work == Work.FARMER
            alone = int64(idle and bounds[home + 1] - bounds[home] == 1)
            chances = unit(luck[i]), rules.destitute_entry, rules.monitored_exit
            p.aid[i] = next_class(int64(p.aid[i]), int64(p.age[i]), alone, *chances)


@inlined
def _ask_families(
    p: Columns, bounds: Bounds, first_home: int, last_home: int, law: Any, ground: Ground, scratch: Scratch
) -> None:
    """Note what speaks for the resident scheme in every family [log odds], and the number with which it decides."""
    homes = last_home - first_home
    sizes = bounds[first_home : last_home + 1]
    _gather(p, sizes, homes, law.resident, scratch)
    _ask_dues(p, bounds, first_home, homes, law.resident, ground, scratch)
    rules = law.enrolment
    least = float64(rules.least_income)
    for home in range(homes):
        head = sizes[home] - sizes[0]
        place = int64(p.home[head])
        scratch.keys[home] = p.key[head]
        scratch.heads[home] = place
        scratch.premium[home] = float64(ground.income[place, int64(p.urban[head])])
    for home in range(homes):
        mean = scratch.premium[home]
        income = max(float64(scratch.earned[home]), least)
        scratch.premium[home] = float64(scratch.residents[home]) / income
        scratch.leaning[home] = max(income / float64(sizes[home + 1] - sizes[home]) / mean, LEAST)
    take_logs(scratch.leaning[:homes])
    for home in range(homes):
        place = int64(scratch.heads[home])
        scratch.leaning[home] = rules.intercept + family_leaning(
            scratch.premium[home], scratch.leaning[home], scratch.chronic_home[home] > 0,
            scratch.growth[home], ground.peers[place], ground.effort[place],
            rules.coefficient_income, rules.coefficient_premium, rules.coefficient_chronic, rules.coefficient_growth,
            rules.coefficient_peers, rules.coefficient_effort,
        )  # fmt: skip
    draw_words(ground.seed, int64(Purpose.FAMILY), ground.year, scratch.keys[:homes], scratch.words)


@inlined
def _gather(p: Columns, sizes: Bounds, homes: int, rules: Any, scratch: Scratch) -> None:
    """Add up every family's income, residents who are asked for something, and ill.

    These are sums up to the next home less those up to its own.
    """
    free = int64(rules.newborn_free == 1)
    earned, residents, ill = scratch.running[0], scratch.running[1], scratch.running[2]
    income, outside, sick = int64(0), int64(0), int64(0)
    for i in range(p.key.size):
        earned[i], residents[i], ill[i] = income, outside, sick
        income += int64(p.income[i])
        outside += int64(p.scheme[i] != Scheme.EMPLOYEE) * (1 - free * int64(p.age[i] == 0))
        sick += int64(p.chronic[i] > 0)
    last = p.key.size
    earned[last], residents[last], ill[last] = income, outside, sick
    for home in range(homes):
        begin, end = sizes[home] - sizes[0], sizes[home + 1] - sizes[0]
        scratch.earned[home] = earned[end] - earned[begin]
        scratch.residents[home] = residents[end] - residents[begin]
        scratch.chronic_home[home] = ill[end] - ill[begin]


@inlined
def _ask_dues(
    p: Columns, bounds: Bounds, first_home: int, homes: int, rules: Any, ground: Ground, scratch: Scratch
) -> None:
    """Turn the number of every family's residents into what they are asked to pay before any help, and note its growth.

    Where a link to incomes changes, a family compares what it is asked with what last year's link would ask.
    """
    flat = flat_due(rules)
    for home in range(homes):
        scratch.residents[home] *= flat
        scratch.growth[home] = ground.premium_growth
    if rules.link_mode != Link.FLAT or ground.link_changed == 1:
        for home in range(homes):
            scratch.residents[home] = 0
            scratch.premium[home] = 0.0
        for i in range(p.key.size):
            if p.scheme[i] != Scheme.EMPLOYEE:
                home = int64(p.household[i]) - first_home
                scratch.residents[home] += due_of(p, i, bounds, first_home, rules, ground, scratch)
                scratch.premium[home] += float64(due_before(p, i, bounds, first_home, rules, ground, scratch))
        for home in range(homes):
            ratio = float64(scratch.residents[home]) / max(scratch.premium[home], 1.0)
            ratio = choose(ground.link_changed == 1, ratio, 1.0)
            scratch.growth[home] = (1.0 + ground.premium_growth) * ratio - 1.0


@inlined
def _may_change(p: Columns, first_home: int, law: Any, ground: Ground, scratch: Scratch) -> int:
    """List the people outside the employee scheme who may not just stay residents, and return how many they are.

    Whoever lives away is looked at as if it were the kind of away that keeps fewer of them insured.
    """
    habit = _staying(law)
    away = min(law.enrolment.migrant_penalty_province, law.enrolment.migrant_penalty_city)
    for i in range(p.key.size):
        home = int64(p.household[i]) - first_home
        own = _number(unit(scratch.words[0, i]), unit(scratch.words[2, i]), scratch.common[home], law)
        leaves = not _insured(p, i, habit, scratch.leaning[home], own, away, law, ground)
        scratch.marked[i] = int64((p.scheme[i] == Scheme.NONE) | (leaves & (p.scheme[i] == Scheme.RESIDENT)))
    return list_marked(scratch.marked[: p.key.size], scratch.chosen)


@inlined
def _number(own: float, alone: float, common: float, law: Any) -> float:
    """Return the number with which a member decides: the family's, or the own of a few who decide alone."""
    return choose(alone < law.enrolment.member_noise, own, common)


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
) -> int:
    """Return the scheme of a person outside the employee scheme after the family's decision."""
    own = _number(unit(scratch.words[0, i]), unit(scratch.words[2, i]), common, law)
    habit = _staying(law) if before == Scheme.RESIDENT else _returning(p, i, law)
    if not _insured(p, i, habit, family, own, _away(p, i, law.enrolment, ground), law, ground):
        insure_at(p, i, int64(p.home[i]), sums)
        return int64(Scheme.NONE)
    if before != Scheme.RESIDENT:
        local = p.home[i] == p.hukou[i] or unit(scratch.words[1, i]) < _local_share(p, i, law.enrolment)
        insure_at(p, i, int64(p.home[i]) if local else int64(p.hukou[i]), sums)
    return int64(Scheme.RESIDENT)


@inlined
def _insure_at_home(p: Columns, rules: Any, sums: Sums) -> None:
    """Insure residents where they live who were insured elsewhere before all of their kind were insured there."""
    for i in range(p.key.size):
        elsewhere = p.scheme[i] == Scheme.RESIDENT and p.insured[i] != p.home[i]
        if elsewhere and (p.home[i] == p.hukou[i] or _local_share(p, i, rules) >= 1.0):
            insure_at(p, i, int64(p.home[i]), sums)


@inlined
def _local_share(p: Columns, i: int, rules: Any) -> float:
    """Return the chance that somebody living away from the hukou is insured where living, not where registered."""
    work = int64(p.work[i])
    if work == Work.STUDENT:
        return float64(rules.student_campus_share)
    if work == Work.CHILD or work == Work.PUPIL:
        city = rules.city_class[int64(p.home[i])]
        if hukou_admits(int64(Entrant.CHILD), 0, city, 1, 0, 0, rules.children_open_large, 0, 0) == 1:
            return float64(1.0)
    return float64(rules.migrant_resident_share)


@inlined
def _away(p: Columns, i: int, rules: Any, ground: Ground) -> float:
    """Return what living away from the hukou, in its province or in another, does to the leaning [log odds]."""
    far = ground.province[int64(p.home[i])] != ground.province[int64(p.hukou[i])]
    return float64(rules.migrant_penalty_province if far else rules.migrant_penalty_city)


@inlined
def _insured(p: Columns, i: int, habit: float, family: float, u: float, away: float, law: Any, ground: Ground) -> bool:
    """Say whether a member of the family is insured as a resident this year; some are whatever the family thinks."""
    rules = law.enrolment
    poor, newborn = p.aid[i] > 0, p.age[i] == 0
    share = choose(poor, rules.aid_share, choose(newborn, rules.newborn_share, rules.pupil_share))
    leaning = family + ground.member_leaning[int64(p.chronic[i]), min(int64(p.age[i]), AGES - 1)] + habit
    joined = joins(ground.log_odds, u, choose(p.home[i] != p.hukou[i], leaning + away, leaning))
    return bool(choose(poor | newborn | (p.work[i] == Work.PUPIL), u < share, joined))


@inlined
def _staying(law: Any) -> float:
    """Return what speaks for staying insured, the wait after a year's lapse among it [log odds]."""
    rules, threat = law.enrolment, _wait(int64(1), int64(MOST), int64(0), int64(0), int64(0), law)
    habit = rules.coefficient_habit + rules.coefficient_bonus * _bonus(law.waiting)
    return float64(habit + rules.coefficient_threat * float64(threat))


@inlined
def _returning(p: Columns, i: int, law: Any) -> float:
    """Return what speaks for coming back after missed years [log odds]."""
    lapsed = int64(p.lapsed[i])
    wait = _wait(lapsed, int64(p.age[i]), int64(0), int64(0), int64(0), law)
    return return_leaning(lapsed, wait, law.enrolment.return_penalty, law.enrolment.coefficient_waiting)


@inlined
def _bonus(rules: Any) -> float:
    """Return what a further year without claims adds to the ceiling of critical-illness cover [thousand yuan]."""
    return float64(rules.in_force * (rules.bonus_continuity + rules.bonus_claims)) / THOUSAND_YUAN


@inlined
def _counted(lapsed: int, age: int, rules: Any) -> int:
    """Return the missed years that count: by reading R4 none of somebody never enrolled [years]."""
    never = 0 < age <= lapsed
    return int64(0) if never and rules.reading_r4 != THIRD else int64(lapsed)


@inlined
def _wait(lapsed: int, age: int, late: int, exempt: int, repaired: int, law: Any) -> int:
    """Return the months of waiting that enrolment after these lapsed years brings [months]."""
    rules = law.waiting
    if rules.in_force == 0:
        return int64(0)
    fixed = (rules.reading_r4 == SECOND and 0 < age <= lapsed) or (
        rules.reading_r3 == THIRD and lapsed == 0 and age > 0
    )
    return waiting_period(
        _counted(lapsed, age, rules), int64(late == 1 or fixed), exempt, repaired, rules.fixed_months,
        rules.months_per_gap_year, rules.long_gap_years, rules.long_gap_minimum, 1 - rules.reading_r1,
        1 - rules.reading_r10,
    )  # fmt: skip


@inlined
def _repairable(lapsed: int, age: int, rules: Any) -> int:
    """Return how many missed years somebody who enters may repair [years]."""
    return most_repairs(
        _counted(lapsed, age, rules), rules.fixed_months, rules.months_per_gap_year, rules.long_gap_years,
        rules.long_gap_minimum, 1 - rules.reading_r1, 1 - rules.reading_r10,
    )  # fmt: skip


@inlined
def standing_of(scheme: int, age: int) -> int:
    """Return how the year counts for the resident scheme: covered, in the employee scheme, or missed."""
    if scheme == Scheme.RESIDENT:
        return Standing.NEWBORN if age == 0 else Standing.IN_WINDOW
    return Standing.EMPLOYEE if scheme == Scheme.EMPLOYEE else Standing.MISSED


@inlined
def _note_change(
    p: Columns, i: int, bounds: Bounds, first_home: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch
) -> None:
    """Set the waiting months of somebody who enters, and count the way into, out of and back to the scheme."""
    pool = int64(p.insured[i])
    work = int64(p.work[i])
    newborn = p.age[i] == 0
    p.waiting[i] = 0
    if p.scheme[i] == Scheme.NONE:
        sums.enrolment[pool, Scheme.RESIDENT, work, EnrolmentItem.LAPSED] += 1
        return
    counts = sums.enrolment[pool, Scheme.RESIDENT, work]
    counts[EnrolmentItem.ENTERED if newborn else EnrolmentItem.RETURNED] += 1
    if law.waiting.in_force == 1 and not (newborn and law.waiting.newborn_exempt == 1):
        p.waiting[i] = min(_enter(p, i, bounds, first_home, law, ground, sums, scratch), MOST)


@inlined
def _enter(
    p: Columns, i: int, bounds: Bounds, first_home: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch
) -> int:
    """Return the months without benefits of somebody who enters, late or after a gap; some repair their gap."""
    rules = law.waiting
    u, v, w, _ = four(ground.seed, int64(Purpose.RETURN), ground.year, p.key[i])
    late = int64(u < rules.late_share)
    exempt = int64(rules.reading_r11 == SECOND and p.aid[i] > 0)
    age = int64(p.age[i])
    lapsed = int64(p.lapsed[i])
    repaired = _repairable(lapsed, age, rules) if exempt == 0 and w < rules.repair_share else int64(0)
    wait = _wait(lapsed, age, late, exempt, repaired, law)
    if repaired > 0:
        due = due_of(p, i, bounds, first_home, law.resident, ground, scratch)
        _repair(p, i, repaired, due, law, ground, sums)
    paid_in = int64(v * float64(MONTHS)) * late
    if rules.clock_start == 1:
        return max(paid_in, wait)
    return paid_in + wait


@inlined
def _repair(p: Columns, i: int, years: int, due: int, law: Any, ground: Ground, sums: Sums) -> None:
    """Collect missed years at what this year is asked; the subsidy comes with them where the law says so."""
    pool = int64(p.insured[i])
    money = sums.money[pool]
    cost = repair_cost(years, due)
    p.contribution[i] += cost
    money[Money.RESIDENT_CASH] += cost
    if law.resident.repair_draws_subsidy == 1:
        money[Money.SUBSIDY_CENTRE] += years * ground.subsidy[pool, 0]
        money[Money.SUBSIDY_PROVINCE] += years * ground.subsidy[pool, 1]
        money[Money.SUBSIDY_PREFECTURE] += years * ground.subsidy[pool, 2]


@inlined
def _keep_books(p: Columns, law: Any) -> None:
    """Count consecutive and missed years, these from the law's first year on even where no wait follows."""
    rules = law.waiting
    counted = max(int64(rules.in_force), int64(law.year >= rules.start), int64(rules.reading_r3 == SECOND))
    all_gaps = law.waiting.reading_r2
    for i in range(p.key.size):
        standing = standing_of(int64(p.scheme[i]), int64(p.age[i]))
        p.continuous[i] = min(consecutive_years(int64(p.continuous[i]), standing, 0, 0), MOST)
        p.lapsed[i] = min(missed_years(int64(p.lapsed[i]), standing, counted, 0, all_gaps), MOST)


@phase
def count_profile(p: Columns, scratch: Scratch, sums: Sums) -> None:
    """Count heads by standing, chronic illness and age, on which the year's levels of care rest, and the insured."""
    note_standing(p, scratch)
    for i in range(p.key.size):
        illness = int64(scratch.status[i]) * CHRONIC_LEVELS + int64(p.chronic[i])
        scratch.kind[i] = (illness * AGES + min(int64(p.age[i]), AGES - 1)) * 2 + int64(p.dying[i])
        scratch.row[i] = int64(p.insured[i]) * HEADS + COVERED + int64(scratch.status[i])
    profile, heads = sums.profile.reshape(-1), sums.heads.reshape(-1)
    for i in range(p.key.size):
        profile[scratch.kind[i]] += 1
        heads[scratch.row[i]] += int64(scratch.status[i] != Status.NONE)
