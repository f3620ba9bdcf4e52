"""What a year is reported by: the table of people, and the measures of redistribution, protection and balance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.codes import Advice, Code, Scheme, Sex, Tier, Work
from agents.units import MONTHS
from model import data
from model.engine import Engine
from model.measuring import balance, equality, protection, sharing, unmet
from model.measuring.lifetime import lifetime
from model.measuring.rows import NATION, SCHEMES, Measure, Row, dated
from model.measuring.sheet import Bearing, expected, maternity_of, sheet_of

if TYPE_CHECKING:
    from model.pooling import PoolingModel

TREASURY, AFTER_TREASURY = "treasury:", "treasury;"
"""Names of the treasuries that pay lie between these."""
DEFINITION = "definition"
OLD = 60
"""Age from which people count as old [years]."""


def words(codes: NDArray[Any], kind: type[Code]) -> NDArray[Any]:
    """Return the names of codes, in lower case."""
    return np.asarray(np.array([member.name.lower() for member in kind], dtype=object)[codes])


def people_frame(world: PoolingModel) -> pd.DataFrame:
    """Return the year just lived with a row for every simulated person: own fen, unweighted (contract: `people`).

    Who died in the year has a row too, a dead person's last. `province` and `prefecture` are those of the pool that
    insures, or would insure, the person, not of residence. Maternity benefits stand in the mother's row, and are no
    part of the cost of care. `employer_fen` of the unemployed is paid by the unemployment fund. Before the world at
    hand has lived a year nobody is known to have been advised a stay or to have used care.
    """
    p = world.engine.people
    codes = world.pools["code"].to_numpy()
    employee = p.scheme == Scheme.EMPLOYEE
    resident = p.scheme == Scheme.RESIDENT
    none = np.zeros(len(p), np.uint8)
    sought = (
        unmet.sought(p, world.ground, world.in_force.care) if hasattr(world, "ground") else unmet.Sought(none, none)
    )
    return pd.DataFrame(
        {
            "year": np.full(len(p), world.year, np.int64),
            "key": p.key,
            "household": p.household,
            "weight": np.full(len(p), world.weight, np.int64),
            "province": world.pools["province"].to_numpy()[p.insured],
            "prefecture": codes[p.insured],
            "hukou_prefecture": codes[p.hukou],
            "age": p.age,
            "sex": words(p.sex, Sex),
            "work": words(p.work, Work),
            "scheme": words(p.scheme, Scheme),
            "income_fen": p.income.astype(np.int64),
            "contribution_fen": p.contribution.astype(np.int64),
            "employer_fen": np.where(employee, p.matched, 0).astype(np.int64),
            "subsidy_fen": np.where(resident, p.matched, 0).astype(np.int64),
            "waiting_months": np.minimum(p.waiting, MONTHS),
            "cost_fen": p.cost.astype(np.int64),
            "basic_fen": p.basic.astype(np.int64),
            "critical_fen": np.where(resident, p.supplement, 0).astype(np.int64),
            "large_sum_fen": np.where(employee, p.supplement, 0).astype(np.int64),
            "assistance_fen": p.assistance.astype(np.int64),
            "own_account_fen": p.own_account.astype(np.int64),
            "family_account_fen": p.family_account.astype(np.int64),
            "self_pay_fen": p.self_pay.astype(np.int64),
            "account_fen": p.account,
            "chronic": p.chronic,
            "urban": p.urban,
            "maternity_fen": maternity_of(p, int(world.in_force.employee.maternity_cost)),
            "advised_stay": words(sought.advised, Advice),
            "used_care": sought.used,
        }
    )


class Reporter:
    """Works out the measures of a run's years; keeps what is told of the whole run so far."""

    def __init__(self) -> None:
        """Start before the first year."""
        self.lives = protection.Lives()
        self.passage = balance.Passage()

    def year(self, world: PoolingModel) -> list[Row]:
        """Return the year's measures: (year, level, unit, measure, value, reason).

        Where people are too many to be put together in memory, and ranked, they are sums over people only.
        """
        engine = world.engine.joined()
        if engine is None:
            return count_measures(world)
        return dated(world.year, self._measures(world, engine))

    def _measures(self, world: PoolingModel, engine: Engine) -> Iterator[Measure]:
        funds, flows = world.record.last("funds"), world.record.last("flows")
        bearing, codes = _bearing(world), data.province_codes()
        first, last = np.searchsorted(flows["payer"], (TREASURY, AFTER_TREASURY))  # flows are in order of payer
        treasury = int(flows["amount_fen"][first:last].sum())
        province = data.province_index()
        maternity = maternity_of(engine.people, int(world.in_force.employee.maternity_cost))
        sought = unmet.sought(engine.people, world.ground, world.in_force.care, engine.each, engine.threads)
        sheet = sheet_of(engine, province, len(world.pools), bearing, treasury / world.weight, maternity, sought.used)
        benefit, ex_ante = expected(engine, sheet)
        yield from ((DEFINITION, "china", name, value) for name, value in vars(bearing).items())
        yield from equality.redistribution(sheet, engine, ex_ante, benefit)
        yield from equality.progressivity(sheet)
        yield from equality.concentration(sheet)
        yield from equality.inequity(sheet)
        yield from equality.incidence(sheet)
        yield from equality.theil(sheet)
        yield from protection.hardship(sheet, engine, self.lives)
        yield from protection.no_care(sheet)
        yield from unmet.unmet_need(sought.advised, sheet.cell_of)
        yield from protection.co_use(sheet)
        yield from balance.benefits(sheet, codes)
        yield from balance.funds(funds, world.year, self.passage)
        yield from balance.slopes(funds)
        yield from balance.aid(flows)
        unemployment = int(flows["amount_fen"][flows["kind"] == "contribution_unemployment"].sum())
        yield from sharing.who_pays_whom(sheet, world.year, codes, world.weight, treasury, unemployment)
        yield from _people(world)
        yield from _listed(world)
        if world.policy.value("measure.lifetime", world.year):
            yield from lifetime(sheet, engine, ex_ante, self.lives)
        sheet.order.lay_down()


def count_measures(world: PoolingModel) -> list[Row]:
    """Return the year's measures that are sums over people, and ask for no ranking of them."""
    return dated(world.year, [*_people(world), *_listed(world)])


def _people(world: PoolingModel) -> Iterator[Measure]:
    """Give the nation's people at year end, the old among them, and the year's births and deaths [persons]."""
    heads = world.tally.profile.sum(axis=(0, 1)) * world.weight
    living, dead = heads[:, 0], heads[:, 1]
    yield *NATION, "people", int(living.sum())
    yield *NATION, "people_60_and_over", int(living[OLD:].sum())
    yield *NATION, "births", int(heads[0].sum())
    yield *NATION, "deaths", int(dead.sum())


def _listed(world: PoolingModel) -> Iterator[Measure]:
    """Give what basic cover pays of the cost of stays inside the list, by scheme and level of hospital."""
    for scheme, name in SCHEMES:
        sums = world.tally.listed[scheme]
        units = [(name, sums.sum(axis=0)), *((f"{name}_{tier.name.lower()}", sums[tier]) for tier in Tier)]
        for unit, (cost, basic) in ((unit, pair.tolist()) for unit, pair in units):
            if cost:
                yield "scheme", unit, "in_list_ratio", basic / cost


def _bearing(world: PoolingModel) -> Bearing:
    """Return who bears what, and the bounds, as assumed in the year."""

    def value(name: str) -> float:
        return float(world.policy.value(f"measure.{name}", world.year))

    return Bearing(
        employer_on_wage=int(value("employer_on_wage")),
        treasury_by=int(value("treasury_by")),
        consumption_elasticity=value("consumption_elasticity"),
        cell_people=int(value("cell_people")),
        pool_people=int(value("pool_people")),
        subsistence_share=value("subsistence_share"),
    )


__all__ = ["Reporter", "count_measures", "people_frame"]
