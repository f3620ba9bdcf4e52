"""Release excess reserves: what employee pools hold beyond the months that are too many goes into payment reform.

Document 002 section 5.03 (1): regions whose balance exceeds a line may, authorised by the province's legislature, put
the excess into the reform of payment at their hospitals. It is no benefit and counts in nobody's income or spending.
"""

from __future__ import annotations

from model.kinds import EMPLOYEE_POOL, PROVIDERS
from model.ledger import account
from model.phases.fund_world import FundWorld, books
from model.rules.funds import excess_part, largest_remainder

BILLS = ("basic", "maternity")


def release_reserves(world: FundWorld) -> None:
    """Pay a share of what employee pools hold beyond the excess line to the providers of the year's care."""
    share = float(world.law[0].budget.release_share)
    if share == 0.0:
        return
    pools, months = world.funds.areas.pools_in(EMPLOYEE_POOL), float(world.terms.warning.months_excess)
    for code, book in books(world, EMPLOYEE_POOL).items():
        providers = [account(PROVIDERS, world.funds.areas.codes[index]) for index in pools[code]]
        billed = world.ledger.billed(account(EMPLOYEE_POOL, code), BILLS)
        weights = [billed.get(provider, 0) for provider in providers]
        amount = int(excess_part(book.balance, book.spending, months, share)) if sum(weights) else 0
        for provider, part in zip(providers, largest_remainder(amount, weights)):
            world.ledger.post(account(EMPLOYEE_POOL, code), provider, "payment_reform", part)
