"""Fall ill and seek care; then basic benefit, critical illness or large-sum, assistance, and the cost left to pay."""

from __future__ import annotations

from typing import Any

from agents.care import events, hospital_tier
from agents.chance import Purpose, draw_pairs, draw_words, unit
from agents.codes import Care, Scheme
from agents.compiled import compiled, float64, int64
from agents.person import Columns
from agents.tables import look_up
from model.phases.ground import Ground, Scratch, Sums
from model.phases.standing import status_of
from model.phases.tally import AGES, CareItem


@compiled
def seek_care(p: Columns, first: int, last: int, law: Any, ground: Ground, scratch: Scratch) -> None:
    """Draw everybody's visits, chronic treatment and stays, and what they cost."""
    keys = p.key[first:last]
    seed = ground.seed
    year = ground.year
    draw_words(seed, int64(Purpose.PLACE_OF_CARE), year, keys, scratch.words)
    draw_pairs(seed, int64(Purpose.OUTPATIENT), year, ground.outpatient_keys, keys, scratch.pairs)
    draw_pairs(seed, int64(Purpose.INPATIENT), year, ground.inpatient_keys, keys, scratch.more_pairs)
    for i in range(first, last):
        k = i - first
        status = status_of(int64(p.work[i]), int64(p.scheme[i]))
        chronic = int64(p.chronic[i])
        age = min(int64(p.age[i]), AGES - 1)
        scheme = int64(p.scheme[i])
        pool = int64(p.insured[i])
        level = ground.price[pool] * ground.budget[pool, scheme]
        dies = int64(p.dying[i])
        v = unit(scratch.pairs[1, k])
        u = unit(scratch.pairs[0, k])
        visits = events(ground.exponential, u, ground.visits[dies, status, chronic, age], law.care.most_visits)
        u = unit(scratch.more_pairs[0, k])
        stays = events(ground.exponential, u, ground.stays[dies, status, chronic, age], law.care.most_stays)
        scratch.visits[k] = visits
        scratch.visit_tier[k] = 0
        scratch.stays[k] = stays
        scratch.outpatient[k] = 0
        scratch.chronic[k] = 0
        scratch.inpatient[k] = 0
        scratch.tier[k] = 0
        if visits > 0:
            tier = hospital_tier(
                unit(scratch.words[0, k]), ground.visit_edges[status, 0], ground.visit_edges[status, 1]
            )
            unit_cost = ground.visit_cost[status] * ground.visit_tier[status, tier] * level
            scratch.visit_tier[k] = tier
            scratch.outpatient[k] = int64(float64(visits) * unit_cost * look_up(ground.outpatient_spread, v))
        if scheme == Scheme.EMPLOYEE and p.account[i] > 0:
            scratch.outpatient[k] += int64(float64(p.account[i]) * ground.pharmacy)
        if chronic > 0:
            cost = ground.chronic_cost[dies, status, chronic] * level * look_up(ground.chronic_spread, 1.0 - v)
            scratch.chronic[k] = int64(cost)
        if stays > 0:
            tier = hospital_tier(unit(scratch.words[1, k]), ground.tier_edges[status, 0], ground.tier_edges[status, 1])
            unit_cost = ground.stay_cost[status, tier] * ground.stay_age[age] * level
            scratch.tier[k] = tier
            scratch.inpatient[k] = int64(
                float64(stays) * unit_cost * look_up(ground.inpatient_spread, unit(scratch.more_pairs[1, k]))
            )


@compiled
def tally_care(p: Columns, first: int, last: int, scratch: Scratch, sums: Sums) -> None:
    """Add visits and cost by pool of insurance, standing and kind of care."""
    for i in range(first, last):
        k = i - first
        total = scratch.outpatient[k] + scratch.chronic[k] + scratch.inpatient[k]
        p.cost[i] = total
        if total == 0:
            continue
        pool = int64(p.insured[i])
        status = status_of(int64(p.work[i]), int64(p.scheme[i]))
        sums.care[pool, status, Care.OUTPATIENT, CareItem.VISITS] += scratch.visits[k]
        sums.care[pool, status, Care.INPATIENT, CareItem.VISITS] += scratch.stays[k]
        sums.care[pool, status, Care.OUTPATIENT, CareItem.COST] += scratch.outpatient[k] + scratch.chronic[k]
        sums.care[pool, status, Care.INPATIENT, CareItem.COST] += scratch.inpatient[k]


@compiled
def weigh_need(p: Columns, first: int, last: int, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Add what chance drew for every pool's members and what was to be expected of them."""
    for i in range(first, last):
        k = i - first
        scheme = int64(p.scheme[i])
        status = status_of(int64(p.work[i]), scheme)
        age = min(int64(p.age[i]), AGES - 1)
        need = sums.need[int64(p.insured[i]), scheme]
        need[0] += scratch.outpatient[k] + scratch.chronic[k] + scratch.inpatient[k]
        need[1] += int64(ground.expected_cost[int64(p.dying[i]), status, int64(p.chronic[i]), age])
