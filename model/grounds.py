"""What a year's people find around them, in the three steps in which it becomes known.

First law, places and chance; then the levels of care, once it is known who needs what; then prices, shocks and budgets
of pools, once the sample's luck is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.chance import Purpose, spread_keys
from agents.codes import Scheme
from agents.units import FEN_PER_YUAN
from model import data
from model.kinds import EMPLOYEE_ACCOUNTS
from model.lived_law import credit_pension
from model.mobility import mobility
from model.phases.ground import BEFORE_BUDGETS, Ground
from model.phases.tally import AGES, Head, Need
from model.places import living, places
from model.policy.record import InForce, law_record
from model.premiums import asked_before
from model.responses import kept_by_hospitals
from model.stirrings import retirement, stirrings
from model.surroundings import (
    IN_FEN,
    balanced,
    by_illness_and_income,
    fixed_tables,
    leanings,
    local_effort,
    local_price,
    shocks,
    spread_table,
    without_care,
)
from model.transfers import subsidies

if TYPE_CHECKING:
    from model.pooling import PoolingModel


def ground_before_care(world: PoolingModel) -> Ground:
    """Return the surroundings of the year as far as known before care is sought."""
    law, year, seed = world.in_force, world.year, world.seed_of_draws
    at = world.demography.place(year)
    insured = world.heads_before[:, Head.RESIDENT]
    outside = np.maximum(insured + world.heads_before[:, Head.NONE], 1)
    last_income = living(places(year - 1, world.spread, world.growth))
    unknown = dict.fromkeys(Ground._fields, np.zeros(0)) | without_care()
    known = {
        "seed": np.int64(seed),
        "year": np.int64(year),
        "province": data.province_index(),
        "base_wage": world.places.base_wage,
        "wage": world.places.wage,
        "income": world.places.income,
        "credit_pension": credit_pension(world.value, year, world.spread, world.growth),
        "living": last_income,
        "shape": world.places.shape,
        "subsidy": subsidies(world.places, law, insured, last_income),
        "peers": insured / outside,
        "effort": local_effort(world.funds.codes, law) * world.funds.effort[:, Scheme.RESIDENT],
        **asked_before(world.policy.value, law, year),
        "member_leaning": leanings(law),
        "large_stay": np.int64(law.care.large_stay),
        "fertility": np.ascontiguousarray(world.demography.birth[at, :AGES]),
        **mobility(law, year),
        **by_illness_and_income(law, world.demography.death[at, :, :AGES], world.places.shape, world.ill_by_age),
        "male_births": float(world.demography.male_share[at]),
        "coverage": world.funds.coverage,
        **BEFORE_BUDGETS,
        "outpatient_spread": spread_table(float(law.care.sigma_year)),
        "inpatient_spread": spread_table(float(law.care.sigma_stay)),
        "chronic_spread": spread_table(float(law.care.sigma_chronic)),
    }
    for name in ("birth", "life", "outpatient", "inpatient"):
        known[f"{name}_keys"] = np.array(spread_keys(seed, int(Purpose[name.upper()]), year), np.uint64)
    known |= stirrings(law, world.job_odds, retirement(world.policy.value, year))
    return Ground(**(unknown | known | fixed_tables()))


def ground_with_care(world: PoolingModel) -> Ground:
    """Return the surroundings with this year's levels of care, at prices of 1."""
    levels = _levels(world)
    world.age_cost = levels.pop("mean_cost").sum(axis=0)
    levels |= {name: levels[name].astype(np.int64) for name in IN_FEN}
    return world.ground._replace(**levels)


def ground_of_pools(world: PoolingModel) -> Ground:
    """Return the surroundings with local prices, the year's shocks, budgets, and the sample's luck taken out."""
    law = world.in_force
    members = world.tally.heads[:, Head.COVERED_ACTIVE : Head.COVERED_RESIDENT + 1].sum(axis=1).astype(float)
    shock = shocks(world.seed_of_draws, world.year, world.funds.codes, members * world.weight, law)
    price = local_price(world.places.price, world.tally.heads) * shock * world.dearer()
    budget = world.funds.budget * world.funds.drift * kept_by_hospitals(shock, law, world.funds.drift)
    if world.measured_use():
        national, local = world.need()
        planned = local * shock[:, None] * budget
        budget = budget * (national.sum(axis=0) / np.maximum(planned.sum(axis=0), 1.0))
    world.funds.expected = world.tally.need[:, :, Need.MORBIDITY].astype(np.float64) * world.weight
    balance = balanced(world.tally.need, float(law.care.balance_limit))
    level = (price[:, None] * budget)[..., None]
    known = world.ground._replace(charged=np.concatenate([level * balance, level], axis=-1))
    return known._replace(pharmacy=_pharmacy(world), widened=world.funds.widened)


def _pharmacy(world: PoolingModel) -> float:
    """Return the share of accounts carried to pharmacies: as published while known, then for ever the same."""
    heads = world.tally.heads
    if world.measured_use():
        members = heads[:, Head.COVERED_ACTIVE].sum() + heads[:, Head.COVERED_RETIRED].sum()
        held = world.held_by_employees()
        world.carried = float(world.in_force.care.employee_pharmacy_cost) * float(members) / max(held, 1)
    return world.carried


def share_carried(world: PoolingModel) -> float:
    """Return the share of accounts carried to pharmacies in the last published year."""
    last = world.care.last_published
    members = world.heads_before[:, [Head.ACTIVE, Head.RETIRED]].sum() * world.weight
    left = int(world.ledger.accounts.balance(world.ledger.of(EMPLOYEE_ACCOUNTS)).sum())
    spent = data.fen(data.series("fund_expenditure", "employee_account", unit="100m_yuan")[last])
    return world.value("care.employee_pharmacy_cost", last) * FEN_PER_YUAN * float(members) / (left + spent)


def _levels(world: PoolingModel) -> dict[str, Any]:
    """Return the year's tables of use and unit cost."""
    law = world.in_force
    residents = max(int(world.tally.heads[:, Head.COVERED_RESIDENT].sum()) * world.weight, 1)
    records = 1.0 + int(law.enrolment.duplicates) / residents if world.measured_use() else 1.0
    if not world.measured_use() and world.care.law_before is None:
        world.care.law_before = InForce(law_record(world.policy, world.care.last_published, world.pools)[0])
    return world.care.tables(world.year, law, world.tally.profile, records)
