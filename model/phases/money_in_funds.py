"""Money into the funds and money due from them: what people's sums mean in the ledgers, with the weight applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agents.codes import Status
from model.kinds import (
    CENTRE,
    CRITICAL_ILLNESS,
    EMPLOYEE_ACCOUNTS,
    EMPLOYEE_POOL,
    EMPLOYERS,
    HOUSEHOLDS,
    INTEREST,
    LARGE_SUM,
    MEDICAL_ASSISTANCE,
    NATIONAL_ADJUSTMENT,
    NATIONAL_RESIDENT_ADJUSTMENT,
    POOL_FUNDS,
    PROVIDERS,
    PROVINCIAL_ADJUSTMENT,
    PROVINCIAL_RESIDENT_ADJUSTMENT,
    RESIDENT_POOL,
    TREASURY,
    UNEMPLOYMENT_FUND,
)
from model.ledger import Ledger, account
from model.phases.areas import Areas, follow_the_law
from model.phases.fund_world import FundWorld, areas_of, books
from model.phases.tally import CareItem, Head, Money, PairKind
from model.phases.terms import terms_of
from model.rules.funds import arrears_payment, interest_due, largest_remainder

ADJUSTMENT = {
    EMPLOYEE_POOL: (PROVINCIAL_ADJUSTMENT, NATIONAL_ADJUSTMENT),
    RESIDENT_POOL: (PROVINCIAL_RESIDENT_ADJUSTMENT, NATIONAL_RESIDENT_ADJUSTMENT),
}
SUPPLEMENTS = (
    (RESIDENT_POOL, CRITICAL_ILLNESS, "premium_critical"),
    (EMPLOYEE_POOL, LARGE_SUM, "premium_large_sum"),
)
EARNING = (EMPLOYEE_POOL, RESIDENT_POOL, *(name for pair in ADJUSTMENT.values() for name in pair))


def open_funds(world: FundWorld) -> None:
    """Open the year's books: read the law, redraw the areas where it changed their level, clear last year's notes."""
    law, funds = world.law[0], world.funds
    world.terms = terms_of(law)
    world.ledger.open_year(world.year)
    now = areas_of(world.pools, law, world.terms)
    if now.of != funds.areas.of:
        for fund in POOL_FUNDS:
            for code in set(funds.areas.of[fund]) - set(now.of[fund]):
                world.institutions.pool(code).forget(fund)
        follow_the_law(world.ledger, funds.areas, now, funds.members)
        funds.areas = now
        close_adjustment_funds(world)
    for fund in POOL_FUNDS:
        books(world, fund)
    for province in world.institutions.provinces.values():
        province.begin()
    world.institutions.centre.begin()


def endow(ledger: Ledger, areas: Areas, balances: Mapping[str, Sequence[int]]) -> None:
    """Open the ledgers of all funds with balances by pool, before the first year [fen]."""
    for fund in POOL_FUNDS:
        for code, amount in areas.summed(fund, balances.get(fund, [0] * len(areas.codes))).items():
            ledger.open_account(fund, code, amount)


def close_adjustment_funds(world: FundWorld) -> None:
    """Merge a province's adjustment fund into the fund of the province once one area is all there is."""
    for fund, (provincial, _) in ADJUSTMENT.items():
        for home, areas in world.funds.areas.by_province(fund).items():
            name = account(provincial, home)
            if len(areas) == 1 and name in world.ledger.books and world.ledger.book(name).balance:
                world.ledger.merge(name, [(account(fund, areas[0]), 1)])


def post_all(ledger: Ledger, payers: Sequence[str], payees: Sequence[str], kind: str, amounts: Sequence[int]) -> None:
    """Post one amount for every pool, from outside."""
    for payer, payee, amount in zip(payers, payees, amounts):
        if amount:
            ledger.post(payer, payee, kind, amount)


def bill_all(ledger: Ledger, payers: Sequence[str], payees: Sequence[str], kind: str, amounts: Sequence[int]) -> None:
    """Bill one amount for every pool, from a ledger held."""
    for payer, payee, amount in zip(payers, payees, amounts):
        if amount:
            ledger.bill(payer, payee, kind, amount)


def parties(world: FundWorld, name: str) -> list[str]:
    """Return the name of an outside party for every pool."""
    return [account(name, code) for code in world.funds.areas.codes]


def bill_pairs(world: FundWorld, pair: PairKind, payee: Sequence[str], kind: str) -> None:
    """Bill what accounts held in one pool pay to somebody in another."""
    payers = world.funds.areas.names(EMPLOYEE_ACCOUNTS)
    sums = world.tally.pairs[pair]
    holders, users = np.nonzero(sums)
    for holder, user, amount in zip(holders.tolist(), users.tolist(), sums[holders, users].tolist()):
        if payers[holder] != payee[user]:
            world.ledger.bill(payers[holder], payee[user], kind, amount * world.weight)


def money_in(world: FundWorld) -> None:
    """Post the year's contributions, subsidies and credits, premiums from accounts and balances that moved."""
    ledger, areas = world.ledger, world.funds.areas
    money = (world.tally.money * world.weight).T.tolist()
    households, employers, unemployment = (parties(world, n) for n in (HOUSEHOLDS, EMPLOYERS, UNEMPLOYMENT_FUND))
    employee, resident, accounts = (areas.names(f) for f in (EMPLOYEE_POOL, RESIDENT_POOL, EMPLOYEE_ACCOUNTS))
    large_sum, assistance = areas.names(LARGE_SUM), areas.names(MEDICAL_ASSISTANCE)
    post_all(ledger, households, accounts, "contribution_person", money[Money.PERSON_TO_ACCOUNT])
    post_all(ledger, households, employee, "contribution_person", money[Money.PERSON_TO_POOL])
    post_all(ledger, employers, employee, "contribution_employer", money[Money.EMPLOYER])
    post_all(ledger, unemployment, employee, "contribution_unemployment", money[Money.UNEMPLOYMENT])
    post_all(ledger, households, resident, "contribution_person", money[Money.RESIDENT_CASH])
    post_all(ledger, households, large_sum, "contribution_person", money[Money.LARGE_SUM_PREMIUM])
    interest = [INTEREST] * len(accounts)
    post_all(ledger, interest, accounts, "interest", money[Money.ACCOUNT_INTEREST])
    provinces = [account(TREASURY, int(code)) for code in world.pools["province"]]
    post_all(ledger, [CENTRE] * len(resident), resident, "subsidy", money[Money.SUBSIDY_CENTRE])
    post_all(ledger, provinces, resident, "subsidy", money[Money.SUBSIDY_PROVINCE])
    post_all(ledger, parties(world, TREASURY), resident, "subsidy", money[Money.SUBSIDY_PREFECTURE])
    bill_all(ledger, assistance, resident, "premium_help", money[Money.RESIDENT_HELP])
    bill_all(ledger, employee, accounts, "credit", money[Money.CREDIT])
    bill_pairs(world, PairKind.PREMIUM, resident, "premium_from_account")
    bill_pairs(world, PairKind.MOVE, accounts, "move")


def pay_old_arrears(world: FundWorld) -> None:
    """Pay providers a share of what this year's bills leave, for bills of earlier years; each in proportion."""
    owed: dict[str, dict[str, int]] = {}
    for (provider, name), amount in sorted(world.ledger.arrears.items()):
        owed.setdefault(name, {})[provider] = amount
    for name, debts in owed.items():
        spare = world.ledger.book(name).spare
        total = int(arrears_payment(sum(debts.values()), spare, world.terms.last.arrears_repay_share))
        for provider, amount in zip(debts, largest_remainder(total, list(debts.values()))):
            world.ledger.pay_arrears(provider, name, amount)


def care_money(world: FundWorld) -> None:
    """Bill the year's care to its payers: funds, accounts, assistance; households pay the rest."""
    ledger, areas, providers = world.ledger, world.funds.areas, parties(world, PROVIDERS)
    care = world.tally.care.sum(axis=2) * world.weight  # [pool, status, item]
    insured = care[:, Status.ACTIVE] + care[:, Status.RETIRED]
    residents, everyone = care[:, Status.RESIDENT], care.sum(axis=1)
    employee, resident = areas.names(EMPLOYEE_POOL), areas.names(RESIDENT_POOL)
    accounts, assistance = areas.names(EMPLOYEE_ACCOUNTS), areas.names(MEDICAL_ASSISTANCE)
    critical = areas.names(CRITICAL_ILLNESS)
    maternity = (world.tally.money[:, Money.MATERNITY] * world.weight).tolist()
    premium = world.tally.heads[:, Head.COVERED_RESIDENT] * world.weight * world.terms.critical_premium
    bill_all(ledger, resident, critical, "premium_critical", premium.tolist())
    bill_all(ledger, employee, providers, "basic", insured[:, CareItem.BASIC].tolist())
    bill_all(ledger, resident, providers, "basic", residents[:, CareItem.BASIC].tolist())
    bill_all(ledger, employee, providers, "maternity", maternity)
    bill_all(ledger, critical, providers, "critical", everyone[:, CareItem.CRITICAL].tolist())
    bill_all(ledger, areas.names(LARGE_SUM), providers, "large_sum", everyone[:, CareItem.LARGE_SUM].tolist())
    bill_all(ledger, assistance, providers, "assistance", everyone[:, CareItem.ASSISTANCE].tolist())
    bill_all(ledger, accounts, providers, "own_account", everyone[:, CareItem.OWN_ACCOUNT].tolist())
    bill_pairs(world, PairKind.FAMILY_ACCOUNT, providers, "family_account")
    post_all(ledger, parties(world, HOUSEHOLDS), providers, "self_pay", everyone[:, CareItem.SELF_PAY].tolist())
    fill_supplements(world)


def fill_supplements(world: FundWorld) -> None:
    """Make good what supplements lack: the treasury assistance, the pools critical illness and large-sum.

    A pool bears a loss of its own supplement as extra premium; assistance is budget money and comes from the treasury
    of the pool's own level.
    """
    ledger, areas = world.ledger, world.funds.areas
    for payer, name in zip(parties(world, TREASURY), areas.names(MEDICAL_ASSISTANCE)):
        ledger.post(payer, name, "subsidy", max(0, -ledger.book(name).free))
    for fund, supplement, kind in SUPPLEMENTS:
        for pool, name in sorted(set(zip(areas.names(fund), areas.names(supplement)))):
            ledger.bill(pool, name, kind, max(0, -ledger.book(name).free))


def pay_interest(world: FundWorld) -> None:
    """Post the year's interest on the opening balances of pooled and adjustment funds."""
    for name, book in world.ledger.in_order():
        if book.fund in EARNING and not book.merged:
            world.ledger.post(INTEREST, name, "interest", interest_due(book.opening, world.terms.interest_rate))


def inherit(world: FundWorld) -> None:
    """Bill the accounts of the dead to their heirs' accounts or in cash, and clear."""
    areas = world.funds.areas
    accounts = areas.names(EMPLOYEE_ACCOUNTS)
    cash = (world.tally.money[:, Money.INHERIT_CASH] * world.weight).tolist()
    bill_all(world.ledger, accounts, parties(world, HOUSEHOLDS), "inherit", cash)
    bill_pairs(world, PairKind.INHERIT, accounts, "inherit")
    world.ledger.clear()


__all__ = ["books", "care_money", "endow", "inherit", "money_in", "open_funds", "pay_interest", "pay_old_arrears"]
