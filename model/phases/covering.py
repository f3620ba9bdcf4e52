"""Basic benefit, critical illness or large-sum cover, and medical assistance, for everybody with a bill."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme, Work
from agents.compiled import choose, float64, inlined, int64, phase
from agents.numeric import fen_share
from agents.person import Columns
from agents.tables import by_level
from agents.units import MONTHS
from model.phases.ground import Ground, Illness, Scratch, Sums, list_marked
from model.phases.tally import CareItem, ListedItem
from model.rules.benefits import (
    assistance,
    basic_inpatient,
    basic_outpatient,
    critical_illness,
    deductible_of_stay,
    in_list,
    in_list_away,
    large_sum,
    split_in_two,
)
from model.rules.codes import NO_CEILING, Away, Claim
from model.rules.enrolment import cap_bonus, continuity_steps, person_cap

MILD, SEVERE = 1, 2
KINDS, ITEMS = len(Care), len(CareItem)


@phase
def pay_basic(p: Columns, law: Any, ground: Ground, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Pay the basic scheme's part of every bill and keep what is left, in and outside the list."""
    rules = law.benefit
    for i in range(p.key.size):
        visits, chronic, stays = _listed(p, i, rules, ill, scratch)
        scratch.listed_out[i] = visits + chronic
        scratch.listed_in[i] = stays
        tier = int64(ill.visit_tier[i])
        employee = _visits_of_employee(visits, tier, p.work[i] == Work.RETIRED, rules, ground.widened)
        resident = _visits_of_resident(visits, tier, p.chronic[i] == MILD, rules)
        paid = employee if p.scheme[i] == Scheme.EMPLOYEE else resident
        scratch.paid_out[i] = paid + _chronic(p, i, chronic, rules)
        scratch.paid_in[i] = 0
    number = list_marked(scratch.listed_in[: p.key.size], scratch.chosen)
    for n in range(number):
        i = int64(scratch.chosen[n])
        sums.listed[int64(p.scheme[i]), int64(ill.tier[i]), ListedItem.COST] += scratch.listed_in[i]
        scratch.paid_in[i] = _stays(p, i, scratch.listed_in[i], rules, ill)
    _take_off(p, ground, scratch)
    _add_up(p, number, ill, scratch, sums)


@inlined
def _take_off(p: Columns, ground: Ground, scratch: Scratch) -> None:
    """Take off what the basic scheme pays for the months without waiting, as far as the pool is covered."""
    for i in range(p.key.size):
        covered = ground.coverage[int64(p.insured[i]), int64(p.scheme[i])]
        open_share = max(MONTHS - float64(p.waiting[i]), 0.0) / MONTHS * covered
        paid_out = int64(float64(scratch.paid_out[i]) * open_share)
        paid_in = int64(float64(scratch.paid_in[i]) * open_share)
        scratch.paid_out[i] = paid_out
        scratch.paid_in[i] = paid_in
        scratch.rest_out[i] = scratch.outpatient[i] + scratch.chronic[i] - paid_out
        scratch.rest_in[i] = scratch.inpatient[i] - paid_in
        scratch.listed_out[i] = max(scratch.listed_out[i] - paid_out, 0)
        scratch.listed_in[i] = max(scratch.listed_in[i] - paid_in, 0)
        p.basic[i] = paid_out + paid_in
        p.claimed[i] = int64(paid_out + paid_in > 0)


@inlined
def _add_up(p: Columns, number: int, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Add what the basic scheme paid to the sums of the pools; only the people listed have stays to add."""
    cares = sums.care.reshape(-1, KINDS, ITEMS)
    for i in range(p.key.size):
        cares[scratch.row[i], Care.OUTPATIENT, CareItem.BASIC] += scratch.paid_out[i]
    for n in range(number):
        i = int64(scratch.chosen[n])
        cares[scratch.row[i], Care.INPATIENT, CareItem.BASIC] += scratch.paid_in[i]
        sums.listed[int64(p.scheme[i]), int64(ill.tier[i]), ListedItem.BASIC] += scratch.paid_in[i]


@inlined
def _visits_of_employee(listed: int, tier: int, retired: bool, rules: Any, widened: float) -> int:
    """Return what the employee pool pays of visits [fen]."""
    rate = by_level(rules.employee_outpatient_rate, tier)
    rate = choose(retired, rate + rules.retiree_outpatient_bonus, rate)
    deductible = choose(retired, rules.retiree_outpatient_deductible, rules.employee_outpatient_deductible)
    cap = choose(retired, rules.retiree_outpatient_cap, rules.employee_outpatient_cap)
    paid = fen_share(basic_outpatient(listed, deductible, rate, cap), rules.employee_outpatient_on * widened)
    return min(paid, listed)


@inlined
def _visits_of_resident(listed: int, tier: int, drugs: bool, rules: Any) -> int:
    """Return what the resident pool pays of visits, with the drugs of mild chronic illness [fen]."""
    cap = rules.resident_outpatient_cap + choose(drugs, rules.resident_chronic_drug_cap, 0)
    return basic_outpatient(
        listed, rules.resident_outpatient_deductible, by_level(rules.resident_outpatient_rate, tier), cap
    )


@inlined
def _stays(p: Columns, i: int, listed: int, rules: Any, ill: Illness) -> int:
    """Return what the pool pays of one member's stays [fen]."""
    tier = int64(ill.tier[i])
    if p.scheme[i] == Scheme.RESIDENT:
        deductible = _deductible(rules.resident_deductible[tier], int64(ill.stays[i]), rules)
        return basic_inpatient(listed, deductible, rules.resident_rate[tier], rules.resident_cap)
    extra = rules.retiree_bonus if p.work[i] == Work.RETIRED else 0.0
    deductible = _deductible(rules.employee_deductible[tier], int64(ill.stays[i]), rules)
    rate = min(rules.employee_rate[tier] + extra, 1.0)
    return basic_inpatient(listed, deductible, rate, rules.employee_cap)


@inlined
def _listed(p: Columns, i: int, rules: Any, ill: Illness, scratch: Scratch) -> tuple[int, int, int]:
    """Return the parts of visits, chronic treatment and stays that are on the insurance's list [fen].

    Of stays outside the pool of insurance less counts; of those who live elsewhere, less of all.
    """
    insured = int64(p.scheme[i] != Scheme.NONE)
    employee = p.scheme[i] == Scheme.EMPLOYEE
    tier = int64(ill.tier[i])
    outpatient_share = choose(employee, rules.outpatient_in_list_share[1], rules.outpatient_in_list_share[2])
    of_employee = by_level(rules.employee_in_list_share, tier)
    of_resident = by_level(rules.resident_in_list_share, tier)
    inpatient_share = choose(employee, of_employee, of_resident)
    visits = insured * in_list(scratch.outpatient[i], outpatient_share)
    chronic = insured * in_list(scratch.chronic[i], outpatient_share)
    stays = insured * in_list(scratch.inpatient[i], inpatient_share)
    away = ill.away[i] != Away.NOT
    cut = cut_away(int64(ill.away[i]), rules)
    stays = in_list_away(stays, cut) if away else stays
    away = away & (p.home[i] != p.insured[i])
    visits = in_list_away(visits, cut) if away else visits
    chronic = in_list_away(chronic, cut) if away else chronic
    return visits, chronic, stays


@inlined
def cut_away(away: int, rules: Any) -> float:
    """Return the part of a cost on the list that does not count where it was borne outside the pool of insurance."""
    cut = choose(away == Away.UNREGISTERED, rules.out_of_area_unregistered, 1.0)
    cut = choose(away == Away.REFERRED, rules.out_of_area_referred, cut)
    return float64(choose(away == Away.REGISTERED, rules.out_of_area_registered, cut))


@inlined
def _chronic(p: Columns, i: int, listed: int, rules: Any) -> int:
    """Return what the pool pays for chronic treatment out of hospital, by severity [fen]."""
    extra = choose(p.work[i] == Work.RETIRED, rules.retiree_bonus, 0.0)
    employee = p.scheme[i] == Scheme.EMPLOYEE
    rate = choose(employee, rules.chronic_rate_employee + extra, rules.chronic_rate_resident)
    cap = choose(p.chronic[i] == SEVERE, rules.chronic_cap_severe, rules.chronic_cap_mild)
    return basic_outpatient(listed, rules.chronic_deductible, min(rate, 1.0), cap)


@inlined
def _deductible(first: int, stays: int, rules: Any) -> int:
    """Return the deductibles of a year's stays together; later stays may carry less [fen]."""
    total = first
    for number in range(2, stays + 1):
        total += deductible_of_stay(first, number, rules.second_stay_factor, rules.third_stay_factor)
    return total


@phase
def pay_supplement(p: Columns, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay critical-illness cover to residents and large-sum cover to employees, above their thresholds."""
    threshold = law.large_sum.self_paid_threshold
    for n in range(_much_left(p, threshold, law, ground, scratch)):
        i = int64(scratch.chosen[n])
        if p.waiting[i] > 0:
            continue
        listed = scratch.listed_out[i] + scratch.listed_in[i]
        if p.scheme[i] == Scheme.RESIDENT:
            _critical(p, i, listed, law, ground, scratch, sums)
        else:
            paid = large_sum(listed - threshold, law.large_sum.rate, law.large_sum.cap)
            _share_out(p, i, paid, scratch.listed_out[i], CareItem.LARGE_SUM, scratch, sums)
            p.supplement[i] = paid


@inlined
def _much_left(p: Columns, threshold: int, law: Any, ground: Ground, scratch: Scratch) -> int:
    """List the people who have more left to pay inside the list than their threshold; return how many they are."""
    for i in range(p.key.size):
        listed = scratch.listed_out[i] + scratch.listed_in[i]
        resident = _resident_threshold(p, i, law, ground)
        least = resident if p.scheme[i] == Scheme.RESIDENT else float64(threshold)
        scratch.marked[i] = int64(float64(listed) > least)
    return list_marked(scratch.marked[: p.key.size], scratch.chosen)


@inlined
def _resident_threshold(p: Columns, i: int, law: Any, ground: Ground) -> float:
    """Return where critical-illness cover begins for a resident [fen]."""
    rules = law.critical
    threshold = float64(ground.living[int64(p.insured[i])]) * rules.threshold_income_share
    lower = threshold * rules.poor_threshold_factor
    return float64(lower if p.aid[i] > 0 else threshold)


@inlined
def _critical(p: Columns, i: int, listed: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay one resident's critical-illness benefit, tilted to the poor, up to the cap with bonus."""
    rules = law.critical
    poor = int64(p.aid[i]) > 0
    threshold = _resident_threshold(p, i, law, ground)
    tilt = rules.poor_bonus if poor else 0.0
    cap = _cap(p, i, law)
    if poor and rules.poor_no_cap == 1:
        cap = int64(NO_CEILING)
    paid = critical_illness(
        listed, int64(threshold), rules.edge1, rules.edge2,
        rules.rate1 + tilt, rules.rate2 + tilt, rules.rate3 + tilt, cap,
    )  # fmt: skip
    if paid > 0:
        p.claimed[i] = int64(Claim.BONUS) if cap >= 0 and paid > rules.cap else int64(Claim.CRITICAL)
        p.supplement[i] = paid
        _share_out(p, i, paid, scratch.listed_out[i], CareItem.CRITICAL, scratch, sums)


@inlined
def _cap(p: Columns, i: int, law: Any) -> int:
    """Return a resident's ceiling of critical-illness cover with the bonuses earned so far [fen]."""
    rules = law.waiting
    if rules.in_force == 0:
        return int64(law.critical.cap)
    continuous = int64(p.continuous[i])
    in_force = continuous if rules.reading_r9 == 0 else law.year - rules.start + 1
    bonus = cap_bonus(
        continuity_steps(continuous, rules.bonus_years, in_force, rules.reading_r12),
        int64(p.bonus_claims[i]),
        rules.bonus_continuity,
        rules.bonus_claims,
        rules.bonus_limit,
        law.critical.cap,
    )
    return person_cap(law.critical.cap, bonus, 0)


@inlined
def _share_out(p: Columns, i: int, paid: int, outpatient: int, item: int, scratch: Scratch, sums: Sums) -> None:
    """Take a payment off what is left to pay, split between what counts of outpatient and inpatient care."""
    out, inside = split_in_two(paid, outpatient, scratch.listed_in[i])
    scratch.listed_out[i] -= out
    scratch.listed_in[i] -= inside
    scratch.rest_out[i] -= out
    scratch.rest_in[i] -= inside
    pool = int64(p.insured[i])
    status = int64(scratch.status[i])
    sums.care[pool, status, Care.OUTPATIENT, item] += out
    sums.care[pool, status, Care.INPATIENT, item] += inside


@phase
def pay_assistance(p: Columns, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay medical assistance to the low-income classes and to families made poor by illness, inside the list."""
    for n in range(_beyond_threshold(p, law, ground, scratch)):
        i = int64(scratch.chosen[n])
        aid = int64(p.aid[i])
        outpatient = scratch.listed_out[i] * law.assistance.outpatient_on
        listed = outpatient + scratch.listed_in[i]
        threshold = _assistance_threshold(p, i, law, ground)
        paid = assistance(listed, threshold, law.assistance.rate[aid], law.assistance.cap[aid])
        if paid > 0:
            p.assistance[i] = paid
            _share_out(p, i, paid, outpatient, CareItem.ASSISTANCE, scratch, sums)


@inlined
def _beyond_threshold(p: Columns, law: Any, ground: Ground, scratch: Scratch) -> int:
    """List the insured who have more left to pay inside the list than assistance asks of them; return how many."""
    for i in range(p.key.size):
        listed = scratch.listed_out[i] * law.assistance.outpatient_on + scratch.listed_in[i]
        beyond = listed > _assistance_threshold(p, i, law, ground)
        scratch.marked[i] = int64(beyond & (p.scheme[i] != Scheme.NONE))
    return list_marked(scratch.marked[: p.key.size], scratch.chosen)


@inlined
def _assistance_threshold(p: Columns, i: int, law: Any, ground: Ground) -> int:
    """Return where medical assistance begins for a person [fen]."""
    share = law.assistance.threshold_income_share[int64(p.aid[i])]
    return int64(float64(ground.living[int64(p.insured[i])]) * share)
