"""Closing the funds: how each stands before aid, who is warned, and the year's rows once everything is settled."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled
from agents.pool import STATUS, Standing
from model.books import Whole, add_many
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.phases.fund_world import FundWorld, agencies, count_members, experience, held, row
from model.phases.terms import Warning
from model.rules.funds import foreseen_months, reserve_band, reserve_months, years_left

HORIZON = 100  # a century: beyond it nobody asks when a fund runs dry
SCHEME_FUNDS = (EMPLOYEE_POOL, RESIDENT_POOL)
WORDS = np.array((*STATUS, ""), dtype=object)
"""The word of every band; the last, that of -1, is of what has none."""
Bounds = tuple[float, float, float, float]


@compiled
def fill_reserves(
    months: Any, bands: Any, closings: Any, spendings: Any, short: float, low: float, normal: float, high: float
) -> None:
    """Write the months of reserve and the band of every fund."""
    for i in range(len(closings)):
        months[i] = reserve_months(closings[i], spendings[i])
        bands[i] = reserve_band(months[i], short, low, normal, high)


@compiled
def fill_outlooks(ahead: Any, left: Any, money: Any, growth: Any, years: int, horizon: int) -> None:
    """Write the months of reserve foreseen and the years left of every fund [position, income, spending]."""
    for i in range(len(money)):
        fund = (money[i, 0], money[i, 1], money[i, 2], growth[i, 0], growth[i, 1])
        ahead[i] = foreseen_months(fund[0], fund[1], fund[2], fund[3], fund[4], years)
        left[i] = years_left(fund[0], fund[1], fund[2], fund[3], fund[4], horizon)


def reserves(closings: Whole, spendings: Whole, bounds: Bounds) -> tuple[NDArray[np.float64], Whole]:
    """Return the months of reserve and the band of every fund."""
    months, bands = np.empty(len(closings)), np.empty(len(closings), np.int64)
    fill_reserves(months, bands, np.ascontiguousarray(closings), np.ascontiguousarray(spendings), *bounds)
    return months, bands


def outlooks(money: Whole, growth: NDArray[np.float64], years: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the months of reserve foreseen after some years and the years until every fund runs dry."""
    ahead, left = np.empty(len(money)), np.empty(len(money))
    fill_outlooks(ahead, left, money, growth, years, HORIZON)
    return ahead, left


def bounds_of(warning: Warning) -> Bounds:
    """Return the months that divide the bands, as real numbers."""
    return tuple(float(getattr(warning, f"months_{name}")) for name in ("short", "low", "high", "excess"))  # type: ignore[return-value]


def warn(world: FundWorld) -> None:
    """Let every pool see how its funds stand without aid, and every province which pools are short or in deficit."""
    warning, accounts = world.terms.warning, world.ledger.accounts
    for fund in SCHEME_FUNDS:
        rows, pools = held(world, fund), agencies(world, fund)
        money = np.stack([accounts.free(rows), accounts.income[rows], accounts.spending[rows]], axis=1)
        growth = experience(world, fund).learn(money[:, 1].copy(), money[:, 2].copy())
        months, bands = reserves(money[:, 0], money[:, 2], bounds_of(warning))
        ahead, left = outlooks(money, growth, warning.projected_years)
        stand = (column.tolist() for column in (*money.T, months, bands, ahead, left))
        for pool, standing in zip(pools, map(Standing, repeat(world.year), *stand)):
            pool.watch(fund, standing)
        weak = {pool.code for pool in pools if pool.standing[fund].weak}
        for home, codes in world.funds.areas.by_province(fund).items():
            province = world.institutions.provinces.get(home)
            if province is not None:
                province.warn(fund, [code for code in codes if code in weak])


def close_funds(world: FundWorld) -> None:
    """Check the year's identities and hand its rows to the record."""
    bounds = bounds_of(world.terms.warning)

    def assess(funds: NDArray[Any], closings: Whole, spendings: Whole) -> tuple[Any, NDArray[Any]]:
        months, bands = reserves(closings, spendings, bounds)
        schemes = (funds == EMPLOYEE_POOL) | (funds == RESIDENT_POOL)
        return months, WORDS[np.where(schemes, bands, -1)]

    members = world.ledger.accounts.column()
    for fund, counts in count_members(world).items():
        add_many(row(world, fund), counts, members, 1)
    funds, flows = world.ledger.close_year(members, assess)
    world.record.add_money(funds, flows)
    world.record.add_people(world.year, world.tally, world.weight, world.funds.codes, world.funds.provinces)


__all__ = ["close_funds", "warn"]
