"""The last resort when all aid is used up: the treasury, then providers who wait, then smaller benefits next year."""

from __future__ import annotations

import numpy as np

from model.kinds import EMPLOYEE_POOL, PROVIDERS, RESIDENT_POOL
from model.ledger import Book, account
from model.phases.fund_world import SCHEME, FundWorld, books
from model.phases.loans import treasury
from model.rules import funds as rules
from model.rules.funds import largest_remainder

TO_PROVIDERS = ("basic", "maternity")


def last_resort(world: FundWorld) -> None:
    """Fill what funds still lack; all bills are paid with the inheritances, which heirs may have spent already."""
    for fund in (EMPLOYEE_POOL, RESIDENT_POOL):
        pools = world.funds.areas.pools_in(fund)
        for code, book in books(world, fund).items():
            if book.free < 0:
                fill(world, book, [world.funds.areas.codes[index] for index in pools[code]])


def fill(world: FundWorld, book: Book, codes: list[int]) -> None:
    """Let the treasury pay up to its limit and providers wait for the rest.

    Providers wait only for what is theirs: beyond this year's bills of care the treasury pays without limit.
    """
    ledger, name = world.ledger, account(book.fund, book.code)
    providers = [account(PROVIDERS, code) for code in codes]
    billed = ledger.billed(name, TO_PROVIDERS)
    bills = [billed.get(provider, 0) for provider in providers]
    gap, last = -book.free, world.terms.last
    share = last.backstop_share if last.last_resort else 0.0
    paid = int(rules.backstop(gap, book.income, share, last.backstop_limit))
    arrears = min(gap - paid, sum(bills))
    ledger.post(treasury(book.code), name, "backstop", gap - arrears)
    for provider, amount in zip(providers, largest_remainder(arrears, bills)):
        ledger.owe_providers(provider, name, amount)
    if arrears:
        world.institutions.pool(book.code).leave_unpaid(book.fund, arrears)


def react(world: FundWorld) -> None:
    """Let pools set next year's benefits after unpaid bills."""
    state, cut = world.funds, world.terms.last.cut_after_arrears
    for fund, scheme in SCHEME.items():
        codes, place = state.areas.places(fund)
        agencies = [world.institutions.pool(code) for code in codes]
        unpaid = [pool.arrears.get(fund, 0) for pool in agencies]
        share = {owed: float(rules.coverage_after(owed, cut)) for owed in set(unpaid)}  # most left nothing unpaid
        shares = [share[owed] for owed in unpaid]
        state.coverage[:, scheme] = np.array([pool.react(fund, s) for pool, s in zip(agencies, shares)])[place]
