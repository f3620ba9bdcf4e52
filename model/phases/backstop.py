"""The last resort when all aid is used up: the treasury, then providers who wait, then smaller benefits next year."""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from model.kinds import EMPLOYEE_POOL, PROVIDERS, RESIDENT_POOL
from model.ledger import Whole, account
from model.phases.fund_world import SCHEME, FundWorld, agencies, held, row
from model.phases.loans import treasury
from model.rules import funds as rules
from model.rules.funds import largest_remainder

TO_PROVIDERS = ("basic", "maternity")


def last_resort(world: FundWorld) -> None:
    """Fill what funds still lack; all bills are paid with the inheritances, which heirs may have spent already."""
    for fund in (EMPLOYEE_POOL, RESIDENT_POOL):
        free = world.ledger.accounts.free(held(world, fund))
        if (free < 0).any():
            fill(world, fund, np.flatnonzero(free < 0))


def fill(world: FundWorld, fund: str, short: Whole) -> None:
    """Let the treasury pay up to its limit and providers wait for the rest, in the areas that are short.

    Providers wait only for what is theirs: beyond this year's bills of care the treasury pays without limit.

    Args:
        world: the world.
        fund: the fund of the pools.
        short: the places of the areas that lack money for their bills, in the order of their codes.

    """
    ledger, areas, last = world.ledger, world.funds.areas, world.terms.last
    rows, pools = held(world, fund)[short], agencies(world, fund)
    bills = ledger.billed(row(world, fund), row(world, PROVIDERS), TO_PROVIDERS)
    gaps, arrears = -ledger.accounts.free(rows), np.empty(len(short), np.int64)
    terms = float(last.backstop_share if last.last_resort else 0.0), float(last.backstop_limit)
    left_unpaid(arrears, gaps, ledger.accounts.income[rows], areas.sums(fund, bills)[short], *terms)
    treasuries = ledger.parties(treasury(pools[place].code) for place in short.tolist())
    ledger.post_many(treasuries, rows, "backstop", gaps - arrears)
    for place, amount in zip(short.tolist(), arrears.tolist()):
        if amount:
            pool = pools[place]
            pool.leave_unpaid(fund, amount)
            inside = areas.pools_in(fund)[pool.code]
            for index, part in zip(inside, largest_remainder(amount, bills[inside].tolist())):
                ledger.owe_providers(account(PROVIDERS, areas.codes[index]), account(fund, pool.code), part)


@compiled
def left_unpaid(arrears: Whole, gaps: Whole, incomes: Whole, bills: Whole, share: float, limit: float) -> None:
    """Write for what providers wait of every gap: what the treasury does not pay, at most their own bills [fen]."""
    for i in range(len(arrears)):
        arrears[i] = min(gaps[i] - rules.backstop(gaps[i], incomes[i], share, limit), bills[i])


def react(world: FundWorld) -> None:
    """Let pools set next year's benefits after unpaid bills."""
    state, cut = world.funds, world.terms.last.cut_after_arrears
    for fund, scheme in SCHEME.items():
        pools, place = agencies(world, fund), state.areas.places(fund)[1]
        unpaid = [pool.arrears.get(fund, 0) for pool in pools]
        share = {owed: float(rules.coverage_after(owed, cut)) for owed in set(unpaid)}  # most left nothing unpaid
        shares = [share[owed] for owed in unpaid]
        state.coverage[:, scheme] = np.array([pool.react(fund, s) for pool, s in zip(pools, shares)])[place]
