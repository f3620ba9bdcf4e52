"""Release excess reserves: what employee pools hold beyond the months that are too many goes into payment reform.

Document 002 section 5.03 (1): regions whose balance exceeds a line may, authorised by the province's legislature, put
the excess into the reform of payment at their hospitals. It is no benefit and counts in nobody's income or spending.
"""

from __future__ import annotations

from model.kinds import EMPLOYEE_POOL, PROVIDERS
from model.ledger import account
from model.phases.fund_world import FundWorld, books, row
from model.rules.funds import excess_part, largest_remainder

BILLS = ("basic", "maternity")


def release_reserves(world: FundWorld) -> None:
    """Pay a share of what employee pools hold beyond the excess line to the providers of the year's care."""
    share = float(world.in_force.budget.release_share)
    if share == 0.0:
        return
    months = float(world.terms.warning.months_excess)
    billed = world.ledger.billed(row(world, EMPLOYEE_POOL), row(world, PROVIDERS), BILLS)
    pools, kept = world.funds.areas.pools_in(EMPLOYEE_POOL), books(world, EMPLOYEE_POOL)
    for (code, book), inside in zip(kept.items(), pools.values()):
        weights = billed[inside].tolist()
        amount = int(excess_part(book.balance, book.spending, months, share)) if sum(weights) else 0
        providers = [account(PROVIDERS, world.funds.areas.codes[index]) for index in inside]
        for provider, part in zip(providers, largest_remainder(amount, weights)):
            world.ledger.post(account(EMPLOYEE_POOL, code), provider, "payment_reform", part)
