"""The surroundings of a year: rates by age, levels and prices of care, as compiled phases read them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.care import step_scale, without_events
from agents.chance import Purpose, uniform
from agents.codes import Scheme, Status
from agents.compiled import compiled, float64, int64
from agents.enrolment import member_leanings
from agents.numeric import exp, normal_quantile
from agents.tables import exponential_table, logistic_table, lognormal_table
from model.phases.tally import AGES, CARES, CHRONIC_LEVELS, Head, Need
from model.premiums import flat_amount
from model.responses import deaths, price_response, use_by_fifth

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
HALF = 0.5
AGE_WIDTH = 5
"""Years in an age group of the law's tables; the last group is open."""
PROVINCE = 10_000
"""Pool codes of a province share the digits above the fourth."""
PROVINCE_KEYS, NATION_KEY = 1_000_000, 2_000_000
"""Added to codes, so that no pool shares the draws of its province or the nation."""
MEMORY = 8
"""Years that a pool's shock echoes at most."""
EMPLOYEES = (Status.ACTIVE, Status.RETIRED)
CARE_SHAPES = {"visits": 4, "stays": 4, "stays_from": 4, "visit_cost": 1, "visit_tier": 2, "visit_edges": 2}
CARE_SHAPES |= {"stay_cost": 2, "stay_age": 1, "chronic_cost": 3, "tier_edges": 2, "charged": 3, "expected_cost": 5}
"""Axes of the ground's tables of care."""
IN_FEN = ("expected_cost",)
"""Tables of care that people read in whole fen."""


def without_care() -> dict[str, NDArray[Any]]:
    """Return the ground's tables of care, empty until care is sought: one type of ground, compiled once."""
    return {name: np.zeros((1,) * n, np.int64 if name in IN_FEN else np.float64) for name, n in CARE_SHAPES.items()}


def by_age(groups: Floats) -> Floats:
    """Return a value for every age from values by five-year group."""
    return np.asarray(groups, np.float64)[np.minimum(np.arange(AGES) // AGE_WIDTH, len(groups) - 1)]


def mean_use(profile: Counts, relative: Floats, dying: float) -> float:
    """Return the relative use of all counted people over those who live at the year's end, as published means count.

    Who dies in mid-year lives half a year and needs more.
    """
    total = profile[..., 0].sum()
    return float(((profile[..., 0] + profile[..., 1] * (HALF * dying)) * relative).sum() / total) if total else 1.0


def onset(factor: float, shares: Floats, mortality: Floats) -> Floats:
    """Return the yearly chance to fall chronically ill and to get worse [chronic, age].

    Times 1 it keeps the shares with no, mild and severe illness [chronic, age] although the ill die sooner [sex,
    chronic, age]; everybody is born healthy.
    """
    born = np.eye(CHRONIC_LEVELS)[:, :1]
    alive = np.hstack([born, shares[:, :-1]]) * (1.0 - mortality.mean(axis=0))
    wanted = shares * alive.sum(axis=0)
    chance = np.zeros((CHRONIC_LEVELS, AGES))
    well, mild = (alive[level] > 0.0 for level in range(2))
    chance[0, well] = factor * (1.0 - wanted[0, well] / alive[0, well])
    chance[1, mild] = (wanted[2] - alive[2])[mild] / alive[1, mild]
    return np.clip(chance, 0.0, HALF)


def by_illness_and_income(law: Any, table: Floats, shape: Floats, shares: Floats) -> dict[str, Floats]:
    """Return deaths by sex, illness and age as in a table, who falls ill, and what care costs by fifth of income.

    The shares with no, mild and severe chronic illness are by age [chronic, age]; costs are over the mean.
    """
    care, shares = law.care, shares[:, :AGES]
    mortality = deaths(law, table, shares)
    return {
        "mortality": mortality,
        "onset": onset(care.chronic_onset, shares, mortality),
        "visit_fifth": use_by_fifth(shape, float(care.income_elasticity_outpatient)),
        "stay_fifth": use_by_fifth(shape, float(care.income_elasticity_inpatient)),
    }


def leanings(law: Any) -> Floats:
    """Return what speaks for insuring a member as a resident by chronic illness and age [log odds]."""
    benefit = expected_benefit(law) / max(flat_amount(law), 1.0)
    return member_leanings(benefit, law.enrolment.coefficient_benefit, law.enrolment.coefficient_age)


def expected_benefit(law: Any) -> Floats:
    """Return what a resident may expect from the scheme by chronic illness and age [fen/year]."""
    care = law.care
    stays = np.outer(care.chronic_inpatient_risk, by_age(care.inpatient_age)) * care.resident_admissions
    visits = np.outer(care.chronic_outpatient_risk, by_age(care.outpatient_age)) * care.resident_outpatient_visits
    rate = float(np.mean(law.benefit.resident_rate) * np.mean(law.benefit.resident_in_list_share))
    out = float(np.mean(law.benefit.resident_outpatient_rate) * law.benefit.outpatient_in_list_share[Scheme.RESIDENT])
    return np.asarray(stays * care.resident_stay_cost * rate + visits * care.resident_outpatient_cost * out)


class CareLevels:
    """Mean use of care by standing, chronic illness and age, normalised to the published means per member.

    Up to the last year with published use the norms follow the population; later they stay, so that ageing counts.
    """

    def __init__(self, last_published: int) -> None:
        """Remember until which year use of care is published."""
        self.last_published = last_published
        self.norms: dict[str, Floats] = {}
        self.records = 1.0
        self.response = np.ones(len(Status)), np.ones(len(Status))
        """Factors on visits and on stays by standing, from the share paid by oneself."""
        self.law_before: Any = None
        """The law of the last published year, once later years are lived."""

    def remember(self, law: Any, profile: Counts) -> None:
        """Take the norms from the people of the last published year, before a first year that is not published."""
        self.norms = self._norms(law, profile, self._relative(law))

    def tables(self, year: int, law: Any, profile: Counts, records: float = 1.0) -> dict[str, Floats]:
        """Return the ground's tables of use and unit cost for the people counted in a year.

        `records` is memberships published a resident: what was published a member is that much more a person. Use
        answers to what the law asks people to pay themselves beside the law of the last published year.
        """
        if self.law_before is not None:
            self.response = price_response(law, self.law_before)
        relative = self._relative(law)
        self.records = records
        if not self.norms or year <= self.last_published:
            self.norms = self._norms(law, profile, relative)
        use, tiers = self._use(law, relative), self._tiers(law)
        tables = dict(use)
        taken = 1.0 - float(np.mean(law.care.unmet_need_poor))
        tables["stays"] = tables["stays"] / taken  # advised; what is given up is not taken
        dying = {"visits": HALF, "stays": HALF * law.care.last_year_factor}
        for name, factor in dying.items():
            tables[name] = step_scale(np.stack([tables[name], tables[name] * factor]))
        tables["stays_from"] = without_events(fixed_tables()["exponential"], tables["stays"])
        tables["chronic_cost"] = np.stack([tables["chronic_cost"], tables["chronic_cost"] * HALF])
        expected = self._expected(law, use, tiers)
        mean = cost_by_age(profile, expected)
        costs = np.empty((*expected.shape[1:], CARES + 1))
        costs[..., :CARES], costs[..., CARES] = np.moveaxis(mean, 0, -1)[:, None], expected.sum(axis=0)
        return tables | tiers | {"expected_cost": costs, "mean_cost": mean}

    def _relative(self, law: Any) -> dict[str, Floats]:
        care = law.care
        stays = np.outer(care.chronic_inpatient_risk, by_age(care.inpatient_age))
        return {
            "visits": np.outer(care.chronic_outpatient_risk, by_age(care.outpatient_age)),
            "stays": stays,
            "stay_cost": stays * by_age(care.stay_cost_age),
            "chronic": np.outer(care.chronic_special_share, np.ones(AGES)),
        }

    def _norms(self, law: Any, profile: Counts, relative: dict[str, Floats]) -> dict[str, Floats]:
        """Return for each table the mean of the relative use by standing; employees share one for stays."""
        together = profile[Status.ACTIVE] + profile[Status.RETIRED]
        norms: dict[str, Floats] = {}
        for name, table in relative.items():
            dying = law.care.last_year_factor if name.startswith("stay") else 1.0
            values = np.array([mean_use(profile[status], table, dying) for status in Status])
            if name != "visits":
                values[list(EMPLOYEES)] = mean_use(together, table, dying)
            values[Status.NONE] = values[Status.RESIDENT]
            everybody = mean_use(profile.sum(axis=0), table, dying)
            values[values <= 0] = everybody if everybody > 0 else 1.0  # nobody simulated could have such care
            norms[name] = values
        norms["stay_cost"] /= norms["stays"]
        active, retired = float(profile[Status.ACTIVE].sum()), float(profile[Status.RETIRED].sum())
        more, dearer = law.care.retired_visits_ratio, law.care.retired_visit_cost_ratio
        both = active + retired * more
        norms["visits_active"] = np.array([(active + retired) / both if both else 1.0])
        norms["visit_cost_active"] = np.array([both / (active + retired * more * dearer) if both else 1.0])
        return norms

    def _use(self, law: Any, relative: dict[str, Floats]) -> dict[str, Floats]:
        """Return visits, stays and cost of chronic treatment by standing, and the cost of a visit."""
        care = law.care
        first, cost = float(self.norms["visits_active"][0]), float(self.norms["visit_cost_active"][0])
        less = care.uninsured_factor
        seen, stayed = care.resident_outpatient_visits * self.records, care.resident_admissions * self.records
        treated = care.resident_chronic_visits * care.resident_chronic_cost * self.records
        treated_employee = care.employee_chronic_visits * care.employee_chronic_cost
        visits = care.employee_outpatient_visits * first
        level = {
            "visits": (seen * less, visits, visits * care.retired_visits_ratio, seen),
            "stays": (stayed * less, care.employee_admissions, care.employee_admissions, stayed),
            "chronic": (treated * less, treated_employee, treated_employee, treated),
        }
        tables = {
            name: np.array([relative[name] * (level[name][s] / self.norms[name][s]) for s in Status]) for name in level
        }
        employee = care.employee_outpatient_cost
        resident = care.resident_outpatient_cost + care.resident_pharmacy_cost / care.resident_outpatient_visits
        for name, factor in zip(("visits", "stays"), self.response, strict=True):
            tables[name] = tables[name] * factor[:, None, None]
        tables["chronic_cost"] = tables.pop("chronic")[:, :, 0]
        tables["visit_cost"] = np.array(
            [resident, employee * cost, employee * cost * care.retired_visit_cost_ratio, resident], np.float64
        )
        return tables

    def _expected(self, law: Any, use: dict[str, Floats], tiers: dict[str, Floats]) -> Floats:
        """Return mean costs of care at prices of 1 [visits/treatment/stays, dies, status, chronic, age; fen]."""
        shares = np.diff(np.pad(tiers["tier_edges"], ((0, 0), (1, 1)), constant_values=(0.0, 1.0)), axis=1)
        stay = (tiers["stay_cost"] * shares).sum(axis=1)[:, None, None] * tiers["stay_age"]
        seen = use["visits"] * use["visit_cost"][:, None, None]
        treated = np.broadcast_to(use["chronic_cost"][:, :, None], seen.shape)
        stays = use["stays"] * stay
        last = HALF * law.care.last_year_factor
        kinds = (seen, HALF), (treated, HALF), (stays, last)
        return np.stack([np.stack([costs, costs * dying]) for costs, dying in kinds])

    def _tiers(self, law: Any) -> dict[str, Floats]:
        """Return shares of visitors and patients by level of hospital and relative or absolute unit costs."""
        care = law.care
        kinds = [(care.visit_tier_share_resident, care.stay_tier_share_resident, care.resident_stay_cost)] * len(Status)
        for status in EMPLOYEES:
            kinds[status] = (care.visit_tier_share_employee, care.stay_tier_share_employee, care.employee_stay_cost)
        out: dict[str, list[Floats]] = {"visit_tier": [], "visit_edges": [], "stay_cost": [], "tier_edges": []}
        for status, (visits, stays, cost) in zip(Status, kinds, strict=True):
            visits, stays = np.asarray(visits, np.float64), np.asarray(stays, np.float64)
            out["visit_tier"].append(care.visit_tier_cost / (visits * care.visit_tier_cost).sum())
            out["visit_edges"].append(np.cumsum(visits)[:2])
            scale = float(cost) / self.norms["stay_cost"][status]
            out["stay_cost"].append(scale * care.stay_tier_cost / (stays * care.stay_tier_cost).sum())
            out["tier_edges"].append(np.cumsum(stays)[:2])
        return {name: np.array(rows) for name, rows in out.items()} | {"stay_age": by_age(care.stay_cost_age)}


def shocks(seed: int, year: int, codes: Counts, members: Floats, law: Any) -> Floats:
    """Return the factor on the price of care by pool: chance among all its members, and shocks that echo; mean 1."""
    care = law.care
    out = np.empty(len(codes))
    spread = np.array([care.person_cv, care.pool_shock, care.province_shock, care.nation_shock, care.shock_persistence])
    _shocks(int64(seed), int64(year), codes, members, spread, out)
    return out


@compiled
def _shocks(seed: int, year: int, codes: Counts, members: Floats, spread: Floats, out: Floats) -> None:
    """Write the price factors of `shocks`; spread: of a person, a pool, a province, the nation, and the memory."""
    nation = spread[3] * _echo(seed, year, NATION_KEY, spread[4])
    for i in range(codes.size):
        code = int64(codes[i])
        own = spread[0] / np.sqrt(max(members[i], 1.0))
        drawn = nation + own * normal_quantile(uniform(seed, Purpose.POOL_CHANCE, year, code))
        drawn += spread[1] * _echo(seed, year, code, spread[4])
        drawn += spread[2] * _echo(seed, year, code // PROVINCE * PROVINCE + PROVINCE_KEYS, spread[4])
        variance = own * own + spread[1] * spread[1] + spread[2] * spread[2] + spread[3] * spread[3]
        out[i] = exp(drawn - variance * HALF)


@compiled
def _echo(seed: int, year: int, key: int, memory: float) -> float:
    """Return a standard normal shock of a year that remembers earlier ones; it needs no state."""
    weight = 1.0
    total = 0.0
    squares = 0.0
    for back in range(MEMORY):
        total += weight * normal_quantile(uniform(seed, Purpose.POOL_SHOCK, year - back, key))
        squares += weight * weight
        weight *= memory
    return float64(total / np.sqrt(squares))


@cache
def spread_table(sigma: float) -> Floats:
    """Return the quantile table of a cost with this standard deviation of the logarithm, mean 1."""
    table = lognormal_table(sigma)
    table.setflags(write=False)
    return table


@cache
def fixed_tables() -> dict[str, Floats]:
    """Return the tables that no year and no law changes."""
    tables = {"exponential": exponential_table(), "log_odds": logistic_table()}
    for table in tables.values():
        table.setflags(write=False)
    return tables


def balanced(need: Counts, limit: float) -> Floats:
    """Return what brings the drawn cost of care to the expected, within a limit [pool, scheme, visits/treatment/stays].

    A pool feels the variance of the members it represents, not that of the sample: the luck of the few simulated is
    taken out here; the chance among all members and the year's shocks come in with the prices. Where nobody had one
    kind of care, or the limit is met, the other kinds make up for it. What of stays lies beyond a large cost stays as
    drawn: the rest of the pool's care makes room for it, and the nation's where a pool has too little.
    """
    beyond = need[..., Need.DRAWN_BEYOND].astype(np.float64)
    drawn = need[..., Need.DRAWN_VISITS : Need.VISITS].astype(np.float64)
    drawn[..., Need.DRAWN_STAYS] -= beyond
    expected = expected_need(need)
    least = np.minimum(drawn, expected) / limit
    expected[..., Need.DRAWN_STAYS] -= beyond
    expected = np.maximum(expected, least)
    factor = _quotient(expected, drawn, limit)
    factor *= _quotient(expected.sum(axis=-1), (drawn * factor).sum(axis=-1), limit)[..., None]
    wanted = expected_need(need).sum(axis=(0, 2)) - beyond.sum(axis=0)
    factor *= _quotient(wanted, (drawn * factor).sum(axis=(0, 2)), limit)[:, None]
    factor[:, Scheme.NONE] = 1.0
    return np.asarray(np.clip(factor, 1.0 / limit, limit))


def expected_need(need: Counts) -> Floats:
    """Return what was to be expected of members at their standing and age [pool, scheme, kind of care; fen]."""
    return need[..., Need.VISITS : Need.MORBIDITY].astype(np.float64)


def _quotient(wanted: Floats, had: Floats, limit: float) -> Floats:
    """Return wanted over had within a limit either way, 1 where either is nothing."""
    ratio = np.divide(wanted, had, out=np.ones_like(had), where=(had > 0.0) & (wanted > 0.0))
    return np.asarray(np.clip(ratio, 1.0 / limit, limit))


def cost_by_age(profile: Counts, expected: Floats) -> Floats:
    """Return what a year's care costs on average at prices of 1; none where nobody is [kind, status, age; fen]."""
    people, costs = profile.astype(np.float64), np.moveaxis(expected, 1, -1)
    heads = people.sum(axis=(1, 3))
    return np.asarray((people * costs).sum(axis=(2, 4)) / np.maximum(heads, 1.0))


def local_price(price: Floats, heads: Counts) -> Floats:
    """Return prices by pool scaled so that members pay 1 on average, weighted by those insured in each pool."""
    members = heads[:, Head.COVERED_ACTIVE] + heads[:, Head.COVERED_RETIRED] + heads[:, Head.COVERED_RESIDENT]
    total = members.sum()
    return price * (total / (price * members).sum()) if total else price


def local_effort(codes: Counts, law: Any) -> Floats:
    """Return the mobilisation for enrolment by pool around its mean, the same in every year and world."""
    drawn = np.empty(len(codes))
    _drawn(codes, drawn)
    return np.asarray(np.maximum(law.enrolment.effort * (1.0 + law.enrolment.effort_spread * drawn), 0.0))


@compiled
def _drawn(codes: Counts, out: Floats) -> None:
    """Write a standard normal number for every pool's code."""
    for i in range(codes.size):
        out[i] = normal_quantile(uniform(0, Purpose.ENROLMENT, 0, int64(codes[i])))
