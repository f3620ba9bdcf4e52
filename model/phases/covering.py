"""Basic benefit, critical illness or large-sum cover, and medical assistance, for everybody with a bill."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme, Status
from agents.compiled import compiled, float64, inlined, int64
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Ground, Scratch, Sums
from model.phases.standing import status_of
from model.phases.tally import CareItem, ListedItem
from model.rules.benefits import (
    assistance,
    basic_inpatient,
    basic_outpatient,
    critical_illness,
    deductible_of_stay,
    in_list,
    large_sum,
    split_in_two,
)
from model.rules.codes import NO_CEILING, Claim
from model.rules.enrolment import cap_bonus, continuity_steps, person_cap

MONTHS = 12.0
SEVERE = 2


@compiled
def pay_basic(p: Columns, first: int, last: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay the basic scheme's part of every bill and keep what is left, in and outside the list."""
    for i in range(first, last):
        k = i - first
        p.claimed[i] = 0
        outpatient = scratch.outpatient[k]
        chronic = scratch.chronic[k]
        inpatient = scratch.inpatient[k]
        scratch.rest_out[k] = outpatient + chronic
        scratch.rest_in[k] = inpatient
        scratch.listed_out[k] = 0
        scratch.listed_in[k] = 0
        scheme = int64(p.scheme[i])
        if p.cost[i] == 0 or scheme == Scheme.NONE:
            continue
        pool = int64(p.insured[i])
        open_share = (MONTHS - float64(p.waiting[i])) / MONTHS * ground.coverage[pool, scheme]
        if scheme == Scheme.EMPLOYEE:
            paid_out, paid_in = _employee(p, i, k, law, scratch)
        else:
            paid_out, paid_in = _resident(p, i, k, law, scratch)
        paid_out = int64(float64(paid_out) * open_share)
        paid_in = int64(float64(paid_in) * open_share)
        sums.listed[scheme, scratch.tier[k], ListedItem.COST] += scratch.listed_in[k]
        sums.listed[scheme, scratch.tier[k], ListedItem.BASIC] += paid_in
        scratch.rest_out[k] -= paid_out
        scratch.rest_in[k] -= paid_in
        scratch.listed_out[k] = max(scratch.listed_out[k] - paid_out, 0)
        scratch.listed_in[k] = max(scratch.listed_in[k] - paid_in, 0)
        p.basic[i] = paid_out + paid_in
        p.claimed[i] = int64(paid_out + paid_in > 0)
        status = status_of(int64(p.work[i]), scheme)
        sums.care[pool, status, Care.OUTPATIENT, CareItem.BASIC] += paid_out
        sums.care[pool, status, Care.INPATIENT, CareItem.BASIC] += paid_in


@inlined
def _employee(p: Columns, i: int, k: int, law: Any, scratch: Scratch) -> tuple[int, int]:
    """Return what the employee pool pays for one member's visits with chronic treatment, and stays [fen]."""
    retired = status_of(int64(p.work[i]), int64(p.scheme[i])) == Status.RETIRED
    rules = law.benefit
    tier = scratch.tier[k]
    visits, chronic, stays = _listed(k, rules.outpatient_in_list_share[1], rules.employee_in_list_share[tier], scratch)
    paid_visits = int64(0)
    if visits > 0:
        rate = rules.employee_outpatient_rate[scratch.visit_tier[k]]
        deductible = rules.employee_outpatient_deductible
        cap = rules.employee_outpatient_cap
        if retired:
            rate = rate + rules.retiree_outpatient_bonus
            deductible = rules.retiree_outpatient_deductible
            cap = rules.retiree_outpatient_cap
        paid_visits = fen_share(basic_outpatient(visits, deductible, rate, cap), rules.employee_outpatient_on)
    extra = rules.retiree_bonus if retired else 0.0
    paid_chronic = _chronic(p, i, chronic, rules.chronic_rate_employee + extra, rules)
    paid_stays = int64(0)
    if stays > 0:
        deductible = _deductible(rules.employee_deductible[tier], scratch.stays[k], rules)
        rate = min(rules.employee_rate[tier] + extra, 1.0)
        paid_stays = basic_inpatient(stays, deductible, rate, rules.employee_cap)
    return paid_visits + paid_chronic, paid_stays


@inlined
def _resident(p: Columns, i: int, k: int, law: Any, scratch: Scratch) -> tuple[int, int]:
    """Return what the resident pool pays for one member's visits with chronic treatment, and stays [fen]."""
    rules = law.benefit
    tier = scratch.tier[k]
    visits, chronic, stays = _listed(k, rules.outpatient_in_list_share[2], rules.resident_in_list_share[tier], scratch)
    rate = rules.resident_outpatient_rate[scratch.visit_tier[k]]
    paid_visits = basic_outpatient(visits, rules.resident_outpatient_deductible, rate, rules.resident_outpatient_cap)
    paid_chronic = _chronic(p, i, chronic, rules.chronic_rate_resident, rules)
    paid_stays = int64(0)
    if stays > 0:
        deductible = _deductible(rules.resident_deductible[tier], scratch.stays[k], rules)
        paid_stays = basic_inpatient(stays, deductible, rules.resident_rate[tier], rules.resident_cap)
    return paid_visits + paid_chronic, paid_stays


@inlined
def _listed(k: int, outpatient_share: float, inpatient_share: float, scratch: Scratch) -> tuple[int, int, int]:
    """Return the parts of visits, chronic treatment and stays that are on the insurance's list, and note them [fen]."""
    visits = in_list(scratch.outpatient[k], outpatient_share)
    chronic = in_list(scratch.chronic[k], outpatient_share)
    stays = in_list(scratch.inpatient[k], inpatient_share)
    scratch.listed_out[k] = visits + chronic
    scratch.listed_in[k] = stays
    return visits, chronic, stays


@inlined
def _chronic(p: Columns, i: int, listed: int, rate: float, rules: Any) -> int:
    """Return what the pool pays for chronic treatment out of hospital, by severity [fen]."""
    cap = rules.chronic_cap_severe if p.chronic[i] == SEVERE else rules.chronic_cap_mild
    return basic_outpatient(listed, rules.chronic_deductible, min(rate, 1.0), cap)


@inlined
def _deductible(first: int, stays: int, rules: Any) -> int:
    """Return the deductibles of a year's stays together; later stays may carry less [fen]."""
    total = first
    for number in range(2, stays + 1):
        total += deductible_of_stay(first, number, rules.second_stay_factor, rules.third_stay_factor)
    return total


@compiled
def pay_supplement(p: Columns, first: int, last: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay critical-illness cover to residents and large-sum cover to employees, above their thresholds."""
    for i in range(first, last):
        k = i - first
        scheme = int64(p.scheme[i])
        listed = scratch.listed_out[k] + scratch.listed_in[k]
        if listed == 0 or p.waiting[i] > 0:
            continue
        if scheme == Scheme.RESIDENT:
            _critical(p, i, k, listed, law, ground, scratch, sums)
        elif listed > law.large_sum.self_paid_threshold:
            paid = large_sum(listed - law.large_sum.self_paid_threshold, law.large_sum.rate, law.large_sum.cap)
            _share_out(p, i, k, paid, CareItem.LARGE_SUM, scratch, sums)
            p.supplement[i] = paid


@inlined
def _critical(p: Columns, i: int, k: int, listed: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay one resident's critical-illness benefit, tilted to the poor, up to the cap with bonus."""
    rules = law.critical
    poor = int64(p.aid[i]) > 0
    pool = int64(p.insured[i])
    threshold = float64(ground.living[pool]) * rules.threshold_income_share
    tilt = 0.0
    if poor:
        threshold = threshold * rules.poor_threshold_factor
        tilt = rules.poor_bonus
    if float64(listed) <= threshold:
        return
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
        _share_out(p, i, k, paid, CareItem.CRITICAL, scratch, sums)


@inlined
def _cap(p: Columns, i: int, law: Any) -> int:
    """Return a resident's ceiling of critical-illness cover with the bonuses earned so far [fen]."""
    rules = law.waiting
    if rules.in_force == 0:
        return int64(law.critical.cap)
    continuous = int64(p.continuous[i])
    in_force = continuous if rules.reading_r9 == 0 else law.year - rules.start + 1
    bonus = cap_bonus(
        continuity_steps(continuous, rules.bonus_years, in_force),
        int64(p.bonus_claims[i]),
        rules.bonus_continuity,
        rules.bonus_claims,
        rules.bonus_limit,
        law.critical.cap,
    )
    return person_cap(law.critical.cap, bonus, 0)


@inlined
def _share_out(p: Columns, i: int, k: int, paid: int, item: int, scratch: Scratch, sums: Sums) -> None:
    """Take a payment off what is left to pay, split between outpatient and inpatient care in proportion."""
    out, inside = split_in_two(paid, scratch.listed_out[k], scratch.listed_in[k])
    scratch.listed_out[k] -= out
    scratch.listed_in[k] -= inside
    scratch.rest_out[k] -= out
    scratch.rest_in[k] -= inside
    pool = int64(p.insured[i])
    status = status_of(int64(p.work[i]), int64(p.scheme[i]))
    sums.care[pool, status, Care.OUTPATIENT, item] += out
    sums.care[pool, status, Care.INPATIENT, item] += inside


@compiled
def pay_assistance(p: Columns, first: int, last: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay medical assistance to the low-income classes and to families made poor by illness, inside the list."""
    for i in range(first, last):
        k = i - first
        aid = int64(p.aid[i])
        listed = scratch.listed_out[k] + scratch.listed_in[k]
        if listed == 0 or p.scheme[i] == Scheme.NONE or law.assistance.rate[aid] == 0.0:
            continue
        pool = int64(p.insured[i])
        threshold = int64(float64(ground.living[pool]) * law.assistance.threshold_income_share[aid])
        paid = assistance(listed, threshold, law.assistance.rate[aid], law.assistance.cap[aid])
        if paid > 0:
            p.assistance[i] = paid
            _share_out(p, i, k, paid, CareItem.ASSISTANCE, scratch, sums)
