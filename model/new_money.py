"""Residents' new financing for outpatient care: rates and ceiling of visits rise until the money is spent.

Both rise by one factor, rates up to the whole cost. The factor is that at which pools expect to spend the money, by the
visits and prices of the year as they are known when the bills come. Source: document 003 section two (3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Scheme, Status
from agents.compiled import int64
from agents.numeric import exp
from agents.tables import look_up
from agents.units import FEN_PER_YUAN
from model.phases.covering import MILD
from model.phases.ground import Ground
from model.phases.tally import Need, Tally
from model.policy.record import copied

Floats = NDArray[np.float64]
Value = Callable[[str, int], float]
POINTS, HALVINGS, MOST = 128, 40, 64.0
DIGITS = 5
"""Rates are set to thousandths of a per cent, so that every machine sets the same."""


def new_money(value: Value, last: int, year: int) -> int:
    """Return what shares of each year's new financing have added to a resident's outpatient care since a year [fen].

    New financing is the growth of contribution and subsidy a head. Source: 国办发〔2024〕38号; institutions D5.
    """
    total = 0.0
    for now in range(last + 1, year + 1):
        share = value("benefit.new_money_to_outpatient", now)
        if share > 0.0:
            total += share * max(financing(value, now) - financing(value, now - 1), 0.0)
    return int(int64(np.floor(total * FEN_PER_YUAN + 0.5)))


def financing(value: Value, year: int) -> float:
    """Return contribution and minimum subsidy of a resident's year of cover [yuan]."""
    return value("resident.individual", year - 1) + value("resident.subsidy", year)


def with_new_money(lived: Any, money: int, ground: Ground, tally: Tally) -> Any:
    """Return the law as people live it with outpatient benefits at which a resident costs so much more [fen]."""
    if money <= 0:
        return lived
    pays = Visits(lived[0], ground, tally)
    goal, low, high = pays.a_head(1.0) + money, 1.0, MOST
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if pays.a_head(middle) < goal else (low, middle)
    changed = copied(lived)
    rates, caps = pays.benefits(round(low, DIGITS))
    benefit = changed["benefit"]
    benefit["resident_outpatient_rate"] = rates
    benefit["resident_outpatient_cap"], benefit["resident_chronic_drug_cap"] = caps[0], caps[1] - caps[0]
    changed.setflags(write=False)
    return changed


class Visits:
    """What the visits of a year's residents are expected to cost inside the list, and what benefits would pay of it."""

    def __init__(self, rules: Any, ground: Ground, tally: Tally) -> None:
        """Work out how costs are spread, by whether drugs of mild illness count, number, level, fifth and luck."""
        self.benefit = rules.benefit
        self.weights = numbers(ground, tally, int(rules.care.most_visits))
        edges = np.pad(ground.visit_edges[Status.RESIDENT], 1, constant_values=(0.0, 1.0))
        self.tiers = np.diff(edges)
        luck = np.array([look_up(ground.outpatient_spread, (n + 0.5) / POINTS) for n in range(POINTS)])
        price = ground.visit_cost[Status.RESIDENT] * ground.visit_tier[Status.RESIDENT]
        visit = price[:, None, None] * ground.visit_fifth[:, None] * luck
        listed = float(self.benefit.outpatient_in_list_share[Scheme.RESIDENT]) * level_of_visits(ground, tally)
        self.costs = np.arange(self.weights.shape[1])[:, None, None, None] * (visit * listed)

    def benefits(self, factor: float) -> tuple[Floats, NDArray[np.int64]]:
        """Return rates by level of hospital and the ceilings without and with drugs of mild illness [ratio, fen]."""
        rules = self.benefit
        raised = np.minimum(np.asarray(rules.resident_outpatient_rate, np.float64) * factor, 1.0)
        cap, drugs = int(rules.resident_outpatient_cap), int(rules.resident_chronic_drug_cap)
        return raised.round(DIGITS), np.floor(np.array([cap, cap + drugs]) * factor + 0.5).astype(np.int64)

    def a_head(self, factor: float) -> float:
        """Return what benefits raised by a factor pay a resident on average [fen/year]."""
        rates, caps = self.benefits(factor)
        above = np.maximum(self.costs - float(self.benefit.resident_outpatient_deductible), 0.0) * rates[:, None, None]
        total = 0.0
        for weights, cap in zip(self.weights, caps, strict=True):
            paid = np.minimum(above, float(cap)).mean(axis=(2, 3)) @ self.tiers
            total += float(weights @ paid)
        return total


def numbers(ground: Ground, tally: Tally, most: int) -> Floats:
    """Return the shares of residents with so many visits, without and with drugs of mild illness [mild, visits]."""
    people = np.moveaxis(tally.profile[Status.RESIDENT], -1, 0).astype(np.float64)
    scale = np.asarray(ground.visits)[:, Status.RESIDENT]
    more = np.array([exp(-1.0 / each) if each > 0.0 else 0.0 for each in scale.ravel()]).reshape(scale.shape)
    found, power = np.zeros((2, most + 1)), np.ones_like(more)
    for n in range(most + 1):
        here = people * power * (1.0 if n == most else 1.0 - more)
        mild = here[:, MILD].sum()
        found[:, n] = here.sum() - mild, mild
        power = power * more
    return np.asarray(found / max(people.sum(), 1.0))


def level_of_visits(ground: Ground, tally: Tally) -> float:
    """Return the mean price of residents' visits over prices of 1 [ratio]."""
    drawn = tally.need[:, Scheme.RESIDENT, Need.DRAWN_VISITS].astype(np.float64)
    return float((drawn * ground.charged[:, Scheme.RESIDENT, 0]).sum() / max(drawn.sum(), 1.0))
