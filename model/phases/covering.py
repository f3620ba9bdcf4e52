"""Basic benefit, critical illness or large-sum cover, and medical assistance, for everybody with a bill."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme, Work
from agents.compiled import compiled_apart, float64, inlined, int64
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Ground, Illness, Scratch, Sums
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

MONTHS = 12.0
MILD, SEVERE = 1, 2


@compiled_apart
def pay_basic(p: Columns, law: Any, ground: Ground, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Pay the basic scheme's part of every bill and keep what is left, in and outside the list."""
    for i in range(p.key.size):
        p.claimed[i] = 0
        scratch.rest_out[i] = scratch.outpatient[i] + scratch.chronic[i]
        scratch.rest_in[i] = scratch.inpatient[i]
        scratch.listed_out[i] = 0
        scratch.listed_in[i] = 0
    for n in range(_with_bill(p, Scheme.EMPLOYEE, scratch)):
        i = int64(scratch.chosen[n])
        paid_out, paid_in = _employee(p, i, law, ground.widened, ill, scratch)
        _take_off(p, i, paid_out, paid_in, ground, ill, scratch, sums)
    for n in range(_with_bill(p, Scheme.RESIDENT, scratch)):
        i = int64(scratch.chosen[n])
        paid_out, paid_in = _resident(p, i, law, ill, scratch)
        _take_off(p, i, paid_out, paid_in, ground, ill, scratch, sums)


@inlined
def _with_bill(p: Columns, scheme: int, scratch: Scratch) -> int:
    """List the members of a scheme who have a bill, and return how many they are."""
    number = int64(0)
    for i in range(p.key.size):
        scratch.chosen[number] = i
        number += int64(p.scheme[i] == scheme) & int64(p.cost[i] != 0)
    return number


@inlined
def _take_off(
    p: Columns, i: int, out: int, inside: int, ground: Ground, ill: Illness, scratch: Scratch, sums: Sums
) -> None:
    """Pay the basic scheme's part for the months without waiting, as far as the pool is covered."""
    pool = int64(p.insured[i])
    scheme = int64(p.scheme[i])
    open_share = max(MONTHS - float64(p.waiting[i]), 0.0) / MONTHS * ground.coverage[pool, scheme]
    paid_out = int64(float64(out) * open_share)
    paid_in = int64(float64(inside) * open_share)
    listed = sums.listed[scheme, int64(ill.tier[i])]
    listed[ListedItem.COST] += scratch.listed_in[i]
    listed[ListedItem.BASIC] += paid_in
    scratch.rest_out[i] -= paid_out
    scratch.rest_in[i] -= paid_in
    scratch.listed_out[i] = max(scratch.listed_out[i] - paid_out, 0)
    scratch.listed_in[i] = max(scratch.listed_in[i] - paid_in, 0)
    p.basic[i] = paid_out + paid_in
    p.claimed[i] = int64(paid_out + paid_in > 0)
    care = sums.care[pool, int64(scratch.status[i])]
    care[Care.OUTPATIENT, CareItem.BASIC] += paid_out
    care[Care.INPATIENT, CareItem.BASIC] += paid_in


@inlined
def _employee(p: Columns, i: int, law: Any, widened: float, ill: Illness, scratch: Scratch) -> tuple[int, int]:
    """Return what the employee pool pays for one member's visits with chronic treatment, and stays [fen]."""
    retired = p.work[i] == Work.RETIRED
    rules = law.benefit
    tier = int64(ill.tier[i])
    listed = rules.employee_in_list_share[tier]
    visits, chronic, stays = _listed(p, i, rules.outpatient_in_list_share[1], listed, rules, ill, scratch)
    rate = rules.employee_outpatient_rate[int64(ill.visit_tier[i])]
    deductible = rules.employee_outpatient_deductible
    cap = rules.employee_outpatient_cap
    extra = 0.0
    if retired:
        rate = rate + rules.retiree_outpatient_bonus
        deductible = rules.retiree_outpatient_deductible
        cap = rules.retiree_outpatient_cap
        extra = rules.retiree_bonus
    paid_visits = fen_share(basic_outpatient(visits, deductible, rate, cap), rules.employee_outpatient_on * widened)
    paid_visits = min(paid_visits, visits)
    paid_chronic = _chronic(p, i, chronic, rules.chronic_rate_employee + extra, rules)
    paid_stays = int64(0)
    if stays > 0:
        deductible = _deductible(rules.employee_deductible[tier], int64(ill.stays[i]), rules)
        rate = min(rules.employee_rate[tier] + extra, 1.0)
        paid_stays = basic_inpatient(stays, deductible, rate, rules.employee_cap)
    return paid_visits + paid_chronic, paid_stays


@inlined
def _resident(p: Columns, i: int, law: Any, ill: Illness, scratch: Scratch) -> tuple[int, int]:
    """Return what the resident pool pays for one member's visits with chronic treatment, and stays [fen]."""
    rules = law.benefit
    tier = int64(ill.tier[i])
    listed = rules.resident_in_list_share[tier]
    visits, chronic, stays = _listed(p, i, rules.outpatient_in_list_share[2], listed, rules, ill, scratch)
    rate = rules.resident_outpatient_rate[int64(ill.visit_tier[i])]
    drugs = rules.resident_chronic_drug_cap if p.chronic[i] == MILD else 0
    cap = rules.resident_outpatient_cap + drugs
    paid_visits = basic_outpatient(visits, rules.resident_outpatient_deductible, rate, cap)
    paid_chronic = _chronic(p, i, chronic, rules.chronic_rate_resident, rules)
    paid_stays = int64(0)
    if stays > 0:
        deductible = _deductible(rules.resident_deductible[tier], int64(ill.stays[i]), rules)
        paid_stays = basic_inpatient(stays, deductible, rules.resident_rate[tier], rules.resident_cap)
    return paid_visits + paid_chronic, paid_stays


@inlined
def _listed(
    p: Columns, i: int, outpatient_share: float, inpatient_share: float, rules: Any, ill: Illness, scratch: Scratch
) -> tuple[int, int, int]:
    """Return the parts of visits, chronic treatment and stays that are on the insurance's list, and note them [fen].

    Of stays outside the pool of insurance less counts; of those who live elsewhere, less of all.
    """
    visits = in_list(scratch.outpatient[i], outpatient_share)
    chronic = in_list(scratch.chronic[i], outpatient_share)
    stays = in_list(scratch.inpatient[i], inpatient_share)
    if ill.away[i] != Away.NOT:
        cut = cut_away(int64(ill.away[i]), rules)
        stays = in_list_away(stays, cut)
        if p.home[i] != p.insured[i]:
            visits = in_list_away(visits, cut)
            chronic = in_list_away(chronic, cut)
    scratch.listed_out[i] = visits + chronic
    scratch.listed_in[i] = stays
    return visits, chronic, stays


@inlined
def cut_away(away: int, rules: Any) -> float:
    """Return the part of a cost on the list that does not count where it was borne outside the pool of insurance."""
    if away == Away.REGISTERED:
        return float64(rules.out_of_area_registered)
    if away == Away.REFERRED:
        return float64(rules.out_of_area_referred)
    return float64(rules.out_of_area_unregistered if away == Away.UNREGISTERED else 1.0)


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


@compiled_apart
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
    number = int64(0)
    for i in range(p.key.size):
        listed = scratch.listed_out[i] + scratch.listed_in[i]
        least = float64(threshold)
        resident = _resident_threshold(p, i, law, ground)
        if p.scheme[i] == Scheme.RESIDENT:
            least = resident
        scratch.chosen[number] = i
        number += int64(float64(listed) > least)
    return number


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


@compiled_apart
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
    number = int64(0)
    for i in range(p.key.size):
        listed = scratch.listed_out[i] * law.assistance.outpatient_on + scratch.listed_in[i]
        beyond = listed > _assistance_threshold(p, i, law, ground)
        scratch.chosen[number] = i
        number += int64(beyond & (p.scheme[i] != Scheme.NONE))
    return number


@inlined
def _assistance_threshold(p: Columns, i: int, law: Any, ground: Ground) -> int:
    """Return where medical assistance begins for a person [fen]."""
    share = law.assistance.threshold_income_share[int64(p.aid[i])]
    return int64(float64(ground.living[int64(p.insured[i])]) * share)
