"""Fall ill and seek care, once a year at prices of 1; then the bill at the prices of the place."""

from __future__ import annotations

from typing import Any

from agents.care import events, hospital_tier, left_by_tier
from agents.chance import Purpose, draw_pairs, draw_words, unit
from agents.codes import Care, Scheme, Status, Tier
from agents.compiled import float64, inlined, int64, phase
from agents.numeric import fen_share
from agents.person import Columns
from agents.tables import by_standing, look_up
from model.phases.ground import FIFTHS, Ground, Illness, Scratch, Sums, list_marked
from model.phases.standing import note_kind, note_row, note_standing
from model.phases.tally import AGES, CARES, CareItem, Need
from model.rules.codes import Away

RANK_BITS = 16
STATUSES, TIERS = len(Status), len(Tier)
SCHEMES, NEEDS = len(Scheme), len(Need)
KINDS, ITEMS = len(Care), len(CareItem)


@phase
def seek_care(p: Columns, law: Any, ground: Ground, ill: Illness, scratch: Scratch) -> None:
    """Draw everybody's visits, chronic treatment and stays, and what they cost at prices of 1."""
    seed, year = ground.seed, ground.year
    note_standing(p, scratch)
    note_kind(p, scratch)
    draw_words(seed, int64(Purpose.PLACE_OF_CARE), year, p.key, scratch.words)
    draw_pairs(seed, int64(Purpose.OUTPATIENT), year, ground.outpatient_keys, p.key, scratch.pairs)
    draw_pairs(seed, int64(Purpose.INPATIENT), year, ground.inpatient_keys, p.key, scratch.more_pairs)
    _visit(p, law, ground, ill, scratch)
    _treat(p, ground, ill, scratch)
    _stay(p, law, ground, ill, scratch)
    _go_away(p, law, ill, scratch)


@inlined
def _visit(p: Columns, law: Any, ground: Ground, ill: Illness, scratch: Scratch) -> None:
    """Draw everybody's outpatient visits, where they go and what they cost."""
    most = law.care.most_visits
    numbers, luck, place = scratch.pairs[0], scratch.pairs[1], scratch.words[0]
    scales = ground.visits.reshape(-1)
    _price_visits(ground, scratch)
    for i in range(p.key.size):
        status = int64(scratch.status[i])
        visits = events(ground.exponential, unit(numbers[i]), scales[scratch.kind[i]], most)
        primary, secondary = (
            by_standing(ground.visit_edges[:, 0], status),
            by_standing(ground.visit_edges[:, 1], status),
        )
        tier = hospital_tier(unit(place[i]), primary, secondary)
        cost = scratch.prices[status, tier, int64(p.rank[i]) * FIFTHS >> RANK_BITS]
        ill.visits[i] = visits
        ill.visit_tier[i] = tier if visits > 0 else int64(0)
        ill.outpatient[i] = int64(float64(visits) * cost * look_up(ground.outpatient_spread, unit(luck[i])))


@inlined
def _price_visits(ground: Ground, scratch: Scratch) -> None:
    """Note what a visit costs by standing, level of hospital and fifth of income, at prices of 1."""
    for status in range(STATUSES):
        for tier in range(TIERS):
            for fifth in range(FIFTHS):
                cost = ground.visit_cost[status] * ground.visit_tier[status, tier]
                scratch.prices[status, tier, fifth] = cost * ground.visit_fifth[fifth]


@inlined
def _treat(p: Columns, ground: Ground, ill: Illness, scratch: Scratch) -> None:
    """Draw what the treatment of chronic illness out of hospital costs those who have one."""
    luck = scratch.pairs[1]
    for i in range(p.key.size):
        cost = ground.chronic_cost[int64(p.dying[i]), int64(scratch.status[i]), int64(p.chronic[i])]
        treatment = int64(cost * look_up(ground.chronic_spread, 1.0 - unit(luck[i])))
        ill.chronic[i] = treatment if p.chronic[i] > 0 else int64(0)


@inlined
def _stay(p: Columns, law: Any, ground: Ground, ill: Illness, scratch: Scratch) -> None:
    """Draw everybody's stays in hospital, and of those who have one, at which level, where and at what cost.

    Level, place and cost come from one evenly spread number, each from what the one before leaves of it.
    """
    most = law.care.most_stays
    numbers, scales, stays_from = scratch.more_pairs[0], ground.stays.reshape(-1), ground.stays_from.reshape(-1)
    for i in range(p.key.size):
        scratch.marked[i] = int64(unit(numbers[i]) >= stays_from[scratch.kind[i]])
        ill.stays[i] = 0
        ill.tier[i] = 0
        ill.away[i] = 0
        ill.inpatient[i] = 0
    for n in range(list_marked(scratch.marked[: p.key.size], scratch.chosen)):
        i = int64(scratch.chosen[n])
        stays = events(ground.exponential, unit(numbers[i]), scales[scratch.kind[i]], most)
        fifth = int64(p.rank[i]) * FIFTHS >> RANK_BITS
        if stays == 0 or unit(scratch.words[3, i]) < law.care.unmet_need_poor[fifth]:
            continue
        ill.stays[i] = stays
        status = int64(scratch.status[i])
        u = unit(scratch.more_pairs[1, i])
        primary, secondary = ground.tier_edges[status, 0], ground.tier_edges[status, 1]
        tier = hospital_tier(u, primary, secondary)
        cost = ground.stay_cost[status, tier] * ground.stay_age[min(int64(p.age[i]), AGES - 1)]
        cost = cost * ground.stay_fifth[fifth]
        left = left_by_tier(u, tier, primary, secondary)
        away, left = how_away(p.home[i] != p.insured[i], int64(p.scheme[i]), left, law.care)
        luck = look_up(ground.inpatient_spread, left)
        ill.tier[i] = tier
        ill.away[i] = away
        ill.inpatient[i] = int64(float64(stays) * cost * luck)


@inlined
def _go_away(p: Columns, law: Any, ill: Illness, scratch: Scratch) -> None:
    """Note how those who live elsewhere and have no stay are treated: registered or not, or not paid for at all."""
    for i in range(p.key.size):
        scratch.marked[i] = int64((p.home[i] != p.insured[i]) & (ill.stays[i] == 0))
    for n in range(list_marked(scratch.marked[: p.key.size], scratch.chosen)):
        i = int64(scratch.chosen[n])
        ill.away[i], _ = how_away(True, int64(p.scheme[i]), unit(scratch.words[2, i]), law.care)


@inlined
def how_away(far: bool, scheme: int, u: float, rules: Any) -> tuple[int, float]:
    """Return how somebody is treated (`Away`) for a uniform number, and what is left of it: uniform again."""
    share = float64(rules.registered_share if far else rules.away_share[scheme])
    discount = float64(rules.away_discount)
    paid = share * discount
    if u < paid:
        return int64(Away.REGISTERED if far else Away.REFERRED), u / paid
    if u < share:
        return int64(Away.UNPAID), (u - paid) / (share - paid)
    left = (u - share) / (1.0 - share)
    if not far:
        return int64(Away.NOT), left
    if left < discount:
        return int64(Away.UNREGISTERED), left / discount
    return int64(Away.UNPAID), (left - discount) / (1.0 - discount)


@phase
def weigh_need(p: Columns, ground: Ground, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Add what chance drew for every pool's members and what was to be expected of them."""
    for i in range(p.key.size):
        scratch.row[i] = int64(p.insured[i]) * SCHEMES + int64(p.scheme[i])
    needs = sums.need.reshape(-1, NEEDS)
    costs = ground.expected_cost.reshape(-1, CARES + 1)
    for i in range(p.key.size):
        need = needs[scratch.row[i]]
        need[Need.DRAWN_VISITS] += int64(ill.outpatient[i])
        need[Need.DRAWN_TREATMENT] += int64(ill.chronic[i])
        need[Need.DRAWN_STAYS] += int64(ill.inpatient[i])
        need[Need.DRAWN_BEYOND] += max(int64(ill.inpatient[i]) - ground.large_stay, 0)
        expected = costs[scratch.kind[i]]
        need[Need.VISITS] += expected[0]
        need[Need.TREATMENT] += expected[1]
        need[Need.STAYS] += expected[2]
        need[Need.MORBIDITY] += expected[3]


@phase
def run_up_bills(p: Columns, ground: Ground, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Charge the year's care at the prices of the pool and within its budget, and carry accounts to pharmacies."""
    for i in range(p.key.size):
        scratch.row[i] = int64(p.insured[i]) * SCHEMES + int64(p.scheme[i])
    levels = ground.charged.reshape(-1, CARES + 1)
    for i in range(p.key.size):
        level = levels[scratch.row[i]]
        share = ground.pharmacy if p.scheme[i] == Scheme.EMPLOYEE else 0.0
        visits = fen_share(int64(ill.outpatient[i]), level[0])
        outpatient = visits + int64(float64(p.account[i]) * share)
        chronic = fen_share(int64(ill.chronic[i]), level[1])
        usual = min(int64(ill.inpatient[i]), ground.large_stay)
        inpatient = fen_share(usual, level[2]) + fen_share(int64(ill.inpatient[i]) - usual, level[CARES])
        scratch.visits[i] = visits
        scratch.outpatient[i] = outpatient
        scratch.chronic[i] = chronic
        scratch.inpatient[i] = inpatient
        p.cost[i] = outpatient + chronic + inpatient
    note_standing(p, scratch)
    note_row(p, scratch)
    _add_visits(p, ill, scratch, sums)
    _add_stays(p, ill, scratch, sums)


@inlined
def _add_visits(p: Columns, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Add care out of hospital to the sums of the pools."""
    cares = sums.care.reshape(-1, KINDS, ITEMS)
    for i in range(p.key.size):
        outside = scratch.outpatient[i] + scratch.chronic[i]
        care = cares[scratch.row[i], Care.OUTPATIENT]
        care[CareItem.VISITS] += int64(ill.visits[i]) * int64(p.cost[i] > 0)
        care[CareItem.COST] += outside
        care[CareItem.AWAY_COST] += outside * int64(p.home[i] != p.insured[i])
        care[CareItem.VISIT_COST] += scratch.visits[i]


@inlined
def _add_stays(p: Columns, ill: Illness, scratch: Scratch, sums: Sums) -> None:
    """Add the stays of those who have one to the sums of the pools."""
    cares = sums.care.reshape(-1, KINDS, ITEMS)
    for n in range(list_marked(ill.stays, scratch.chosen)):
        i = int64(scratch.chosen[n])
        care = cares[scratch.row[i], Care.INPATIENT]
        care[CareItem.VISITS] += int64(ill.stays[i]) * int64(p.cost[i] > 0)
        care[CareItem.COST] += scratch.inpatient[i]
        care[CareItem.AWAY_COST] += scratch.inpatient[i] * int64(ill.away[i] != Away.NOT)
        care[CareItem.VISIT_COST] += scratch.inpatient[i]
