"""Closing the funds: how each stands before aid, who is warned, and the year's rows once everything is settled."""

from __future__ import annotations

import math

from agents.pool import STATUS, Standing
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.ledger import Book, account
from model.phases.fund_world import FundWorld, books, count_members
from model.phases.terms import Warning
from model.rules.funds import foreseen_months, reserve_band, reserve_months, years_left

HORIZON = 100  # a century: beyond it nobody asks when a fund runs dry
SCHEME_FUNDS = (EMPLOYEE_POOL, RESIDENT_POOL)


def band_of(months: float, warning: Warning) -> int:
    """Return the band of so many months of reserve, -1 if unknown."""
    bounds = warning.months_short, warning.months_low, warning.months_high, warning.months_excess
    return int(reserve_band(months, *bounds))


def standing_of(world: FundWorld, book: Book, outlook: tuple[float, float]) -> Standing:
    """Return how a fund would stand at the year's end without any aid, and what is foreseen for it."""
    warning, left = world.terms.warning, book.free
    months = float(reserve_months(left, book.spending))
    ahead = float(foreseen_months(left, book.income, book.spending, *outlook, warning.projected_years))
    years = float(years_left(left, book.income, book.spending, *outlook, HORIZON))
    return Standing(world.year, left, book.income, book.spending, months, band_of(months, warning), ahead, years)


def warn(world: FundWorld) -> None:
    """Let every pool see how its funds stand, and every province which of its pools are short or in deficit."""
    for fund in SCHEME_FUNDS:
        for code, book in books(world, fund).items():
            pool = world.institutions.pool(code)
            pool.learn(fund, book.income, book.spending)
            pool.watch(fund, standing_of(world, book, pool.outlook(fund)))
        for home, codes in world.funds.areas.by_province(fund).items():
            province = world.institutions.provinces.get(home)
            if province is not None:
                province.warn(fund, [world.institutions.pool(code) for code in codes])


def close_funds(world: FundWorld) -> None:
    """Check the year's identities and hand its rows to the record."""
    warning = world.terms.warning
    count_members(world)

    def assess(fund: str, closing: int, spending: int) -> tuple[float, str]:
        months = float(reserve_months(closing, spending))
        if fund not in SCHEME_FUNDS or math.isnan(months):
            return months, ""
        return months, STATUS[band_of(months, warning)]

    members: dict[str, int] = {}
    for fund, counts in world.funds.members.items():
        for code, number in world.funds.areas.summed(fund, counts).items():
            members[account(fund, code)] = number
    funds, flows = world.ledger.close_year(members, assess)
    world.record.add_money(funds, flows)
    world.record.add_people(world.year, world.tally, world.weight, world.pools)


__all__ = ["close_funds", "standing_of", "warn"]
