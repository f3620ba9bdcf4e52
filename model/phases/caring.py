"""Fall ill and seek care; then basic benefit, critical illness or large-sum, assistance, and the cost left to pay."""

from __future__ import annotations

import numpy as np

from agents.care import events, hospital_tier
from agents.chance import BORN_LATER, Purpose, four, spread_pair, unit, words
from agents.codes import Care
from agents.compiled import compiled, inlined
from agents.tables import look_up
from model.phases.ground import Ground
from model.phases.standing import status_of
from model.phases.tally import AGES, CareItem



@inlined
def draw_pair(keys, seed, purpose, year, key):
    """Return the year's pair for a person: evenly spread for founders, independent for people born later."""
    if key >= BORN_LATER:
        a, b, _, _ = words(seed, purpose, year, key)
        return unit(a), unit(b)
    return spread_pair(keys[0], keys[1], keys[2], keys[3], key)


@compiled
def seek_care(p, first, last, law, ground: Ground, scratch) -> None:
    """Draw everybody's visits, chronic treatment and stays, and what they cost."""
    for i in range(first, last):
        k = i - first
        status = status_of(np.int64(p.work[i]), np.int64(p.scheme[i]))
        chronic = np.int64(p.chronic[i])
        age = min(np.int64(p.age[i]), AGES - 1)
        scheme = np.int64(p.scheme[i])
        pool = np.int64(p.insured[i])
        level = ground.price[pool] * ground.budget[pool, scheme]
        dies = np.int64(p.dying[i])
        u, v = draw_pair(ground.outpatient_keys, ground.seed, Purpose.OUTPATIENT, ground.year, p.key[i])
        x, y = draw_pair(ground.inpatient_keys, ground.seed, Purpose.INPATIENT, ground.year, p.key[i])
        visits = events(ground.exponential, u, ground.visits[dies, status, chronic, age], law.care.most_visits)
        stays = events(ground.exponential, x, ground.stays[dies, status, chronic, age], law.care.most_stays)
        w = 0.0
        z = 0.0
        if visits + stays > 0:
            w, z, _, _ = four(ground.seed, Purpose.PLACE_OF_CARE, ground.year, p.key[i])
        scratch.visits[k] = visits
        scratch.visit_tier[k] = 0
        scratch.stays[k] = stays
        scratch.outpatient[k] = 0
        scratch.chronic[k] = 0
        scratch.inpatient[k] = 0
        scratch.tier[k] = 0
        if visits > 0:
            tier = hospital_tier(w, ground.visit_edges[status, 0], ground.visit_edges[status, 1])
            unit_cost = ground.visit_cost[status] * ground.visit_tier[status, tier] * level
            scratch.visit_tier[k] = tier
            scratch.outpatient[k] = np.int64(np.float64(visits) * unit_cost * look_up(ground.outpatient_spread, v))
        if chronic > 0:
            cost = ground.chronic_cost[dies, status, chronic] * level * look_up(ground.chronic_spread, 1.0 - v)
            scratch.chronic[k] = np.int64(cost)
        if stays > 0:
            tier = hospital_tier(z, ground.tier_edges[status, 0], ground.tier_edges[status, 1])
            unit_cost = ground.stay_cost[status, tier] * ground.stay_age[age] * level
            scratch.tier[k] = tier
            scratch.inpatient[k] = np.int64(np.float64(stays) * unit_cost * look_up(ground.inpatient_spread, y))


@compiled
def tally_care(p, first, last, scratch, sums) -> None:
    """Add visits and cost by pool of insurance, standing and kind of care."""
    for i in range(first, last):
        k = i - first
        total = scratch.outpatient[k] + scratch.chronic[k] + scratch.inpatient[k]
        p.cost[i] = total
        if total == 0:
            continue
        pool = np.int64(p.insured[i])
        status = status_of(np.int64(p.work[i]), np.int64(p.scheme[i]))
        sums.care[pool, status, Care.OUTPATIENT, CareItem.VISITS] += scratch.visits[k]
        sums.care[pool, status, Care.INPATIENT, CareItem.VISITS] += scratch.stays[k]
        sums.care[pool, status, Care.OUTPATIENT, CareItem.COST] += scratch.outpatient[k] + scratch.chronic[k]
        sums.care[pool, status, Care.INPATIENT, CareItem.COST] += scratch.inpatient[k]
