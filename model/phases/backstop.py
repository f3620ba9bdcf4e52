"""The last resort when all aid is used up: the treasury, then providers who wait, then smaller benefits next year."""

from __future__ import annotations

import numpy as np

from model.kinds import EMPLOYEE_POOL, PROVIDERS, RESIDENT_POOL
from model.ledger import Book, Whole, account
from model.phases.fund_world import SCHEME, FundWorld, agencies, books, held, row
from model.phases.loans import treasury
from model.rules import funds as rules
from model.rules.funds import largest_remainder

TO_PROVIDERS = ("basic", "maternity")


def last_resort(world: FundWorld) -> None:
    """Fill what funds still lack; all bills are paid with the inheritances, which heirs may have spent already."""
    for fund in (EMPLOYEE_POOL, RESIDENT_POOL):
        short = np.flatnonzero(world.ledger.accounts.free(held(world, fund)) < 0)
        if len(short):
            billed = world.ledger.billed(row(world, fund), row(world, PROVIDERS), TO_PROVIDERS)
            kept, pools = [*books(world, fund).values()], world.funds.areas.pools_in(fund)
            for place in short.tolist():
                fill(world, kept[place], pools[kept[place].code], billed)


def fill(world: FundWorld, book: Book, pools: list[int], billed: Whole) -> None:
    """Let the treasury pay up to its limit and providers wait for the rest.

    Providers wait only for what is theirs: beyond this year's bills of care the treasury pays without limit.

    Args:
        world: the world.
        book: a fund that lacks money for its bills.
        pools: the pools of its area by index.
        billed: what providers billed for the year's care, by pool [fen].

    """
    ledger, name = world.ledger, account(book.fund, book.code)
    bills = billed[pools].tolist()
    gap, last = -book.free, world.terms.last
    share = last.backstop_share if last.last_resort else 0.0
    paid = int(rules.backstop(gap, book.income, share, last.backstop_limit))
    arrears = min(gap - paid, sum(bills))
    ledger.post(treasury(book.code), name, "backstop", gap - arrears)
    if arrears:
        for pool, amount in zip(pools, largest_remainder(arrears, bills)):
            ledger.owe_providers(account(PROVIDERS, world.funds.areas.codes[pool]), name, amount)
        world.institutions.pool(book.code).leave_unpaid(book.fund, arrears)


def react(world: FundWorld) -> None:
    """Let pools set next year's benefits after unpaid bills."""
    state, cut = world.funds, world.terms.last.cut_after_arrears
    for fund, scheme in SCHEME.items():
        pools, place = agencies(world, fund), state.areas.places(fund)[1]
        unpaid = [pool.arrears.get(fund, 0) for pool in pools]
        share = {owed: float(rules.coverage_after(owed, cut)) for owed in set(unpaid)}  # most left nothing unpaid
        shares = [share[owed] for owed in unpaid]
        state.coverage[:, scheme] = np.array([pool.react(fund, s) for pool, s in zip(pools, shares)])[place]
