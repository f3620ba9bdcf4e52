"""The surroundings of a year: rates by age, levels and prices of care, wages and incomes, as compiled phases read them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.chance import Purpose, spread_keys, uniform
from agents.codes import Scheme, Status, Tier
from agents.numeric import exp, normal_quantile
from agents.tables import lognormal_table
from model.demography import Demography
from model.phases.ground import Ground
from model.phases.tally import AGES, CHRONIC_LEVELS

Floats = NDArray[np.float64]
HALF = 0.5
PROVINCE = 10_000
"""Pool codes of a province share the digits above the fourth."""
PROVINCE_KEYS = 1_000_000
"""Added to a province's code, so that no pool shares its draws."""


def by_age(groups: Floats, width: int) -> Floats:
    """Return a value for every age from values by age group of equal width (the last group is open)."""
    ages = np.minimum(np.arange(AGES) // width, len(groups) - 1)
    return np.asarray(groups)[ages]


def expected(profile: NDArray[np.int64], relative: Floats, lived: float, dying: float) -> float:
    """Return the mean of a relative use over counted heads, those who die in the year weighted by time and need."""
    heads = profile[..., 0] + profile[..., 1] * (lived * dying)
    total = profile.sum()
    return float((heads * relative).sum() / total) if total else 1.0


class CareLevels:
    """Mean use of care by standing, chronic illness and age, normalised to the published means per member.

    Up to the last year with published use the norm follows the population; later it stays, so that ageing counts.
    """

    def __init__(self, last_published: int) -> None:
        """Remember until which year use of care is published."""
        self.last_published = last_published
        self.norms: dict[str, dict[int, float]] = {}

    def update(self, year: int, law: Any, profile: NDArray[np.int64]) -> None:
        """Set the norms from the people counted this year, unless the published years are over."""
        if year > self.last_published and self.norms:
            return
        care, illness = law.care, law.illness
        out = np.outer(care.outpatient_by_chronic, by_age(care.outpatient_by_age, care.age_width))
        inside = np.outer(care.inpatient_by_chronic, by_age(care.inpatient_by_age, care.age_width))
        chronic = np.outer(np.array([0.0, 1.0, care.chronic_severe]), np.ones(AGES))
        self.relative = {"visits": out, "stays": inside, "chronic": chronic}
        employee = profile[Status.ACTIVE] + profile[Status.RETIRED]
        norms: dict[str, dict[int, float]] = {"visits": {}, "stays": {}, "chronic": {}}
        for name, relative in self.relative.items():
            dying = illness.end_of_life if name == "stays" else 1.0
            for status in (Status.ACTIVE, Status.RETIRED, Status.RESIDENT):
                norms[name][status] = expected(profile[status], relative, HALF, dying)
            both = expected(employee, relative, HALF, dying)
            if name == "stays" or name == "chronic":
                norms[name][Status.ACTIVE] = norms[name][Status.RETIRED] = both
            norms[name][Status.NONE] = norms[name][Status.RESIDENT]
        active = profile[Status.ACTIVE].sum()
        retired = profile[Status.RETIRED].sum()
        norms["mix"] = {
            0: float((active + retired) / (active + retired * care.retired_visits_ratio)),
            1: float(
                (active + retired * care.retired_visits_ratio)
                / (active + retired * care.retired_visits_ratio * care.retired_cost_ratio)
            ),
        }
        self.norms = norms

    def tables(self, law: Any) -> dict[str, Floats]:
        """Return the ground's tables of use and unit cost for a year."""
        care = law.care
        mix, cost_mix = self.norms["mix"][0], self.norms["mix"][1]
        visits = {
            Status.ACTIVE: care.visits_employee * mix,
            Status.RETIRED: care.visits_employee * mix * care.retired_visits_ratio,
            Status.RESIDENT: care.visits_resident,
            Status.NONE: care.visits_resident * care.uninsured_use,
        }
        stays = {
            Status.ACTIVE: care.stays_employee,
            Status.RETIRED: care.stays_employee,
            Status.RESIDENT: care.stays_resident,
            Status.NONE: care.stays_resident * care.uninsured_use,
        }
        chronic = {
            Status.ACTIVE: care.chronic_cost_employee,
            Status.RETIRED: care.chronic_cost_employee,
            Status.RESIDENT: care.chronic_cost_resident,
            Status.NONE: care.chronic_cost_resident * care.uninsured_use,
        }
        shape = (len(Status), CHRONIC_LEVELS, AGES)
        table = {"visits": np.zeros(shape), "stays": np.zeros(shape)}
        chronic_cost = np.zeros(shape[:2])
        for status in Status:
            table["visits"][status] = visits[status] / self.norms["visits"][status] * self.relative["visits"]
            table["stays"][status] = stays[status] / self.norms["stays"][status] * self.relative["stays"]
            chronic_cost[status] = chronic[status] / self.norms["chronic"][status] * self.relative["chronic"][:, 0]
        visit_cost = np.array(
            [
                care.visit_cost_resident,
                care.visit_cost_employee * cost_mix,
                care.visit_cost_employee * cost_mix * care.retired_cost_ratio,
                care.visit_cost_resident,
            ],
            dtype=np.float64,
        )
        return table | {"chronic_cost": chronic_cost, "visit_cost": visit_cost} | self._tiers(law)

    def _tiers(self, law: Any) -> dict[str, Floats]:
        """Return the cost of a stay by level of hospital and the cumulated shares of the levels."""
        care = law.care
        stay_cost = np.zeros((len(Status), len(Tier)))
        edges = np.zeros((len(Status), 2))
        for status in Status:
            resident = status in {Status.RESIDENT, Status.NONE}
            shares = np.asarray(care.tier_shares_resident if resident else care.tier_shares_employee, np.float64)
            mean = float(care.stay_cost_resident if resident else care.stay_cost_employee)
            relative = np.asarray(care.tier_cost, np.float64)
            stay_cost[status] = mean * relative / (shares * relative).sum()
            edges[status] = np.cumsum(shares)[:2]
        return {"stay_cost": stay_cost, "tier_edges": edges}


def shocks(seed: int, year: int, codes: NDArray[np.int64], members: Floats, law: Any) -> Floats:
    """Return the factor on the price of care by pool: the chance among all members it has, and the year's shock."""
    care = law.care
    out = np.empty(len(codes))
    for i, code in enumerate(codes.tolist()):
        chance = normal_quantile(uniform(seed, Purpose.POOL_CHANCE, year, code))
        shock = normal_quantile(uniform(seed, Purpose.POOL_SHOCK, year, code))
        province = normal_quantile(uniform(seed, Purpose.POOL_SHOCK, year, code // PROVINCE * PROVINCE + PROVINCE_KEYS))
        own = care.person_cv / math.sqrt(max(float(members[i]), 1.0))
        drawn = own * chance + care.pool_shock * shock + care.province_shock * province
        variance = own * own + care.pool_shock * care.pool_shock + care.province_shock * care.province_shock
        out[i] = exp(drawn - variance * HALF)
    return out
