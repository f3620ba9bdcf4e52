"""Money into the funds and money due from them: what people's sums mean in the ledgers, with the weight applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agents.codes import Care, Scheme, Status
from agents.compiled import compiled
from model.books import Whole
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
from model.ledger import Ledger, Parties, account
from model.phases.areas import Areas, follow_the_law
from model.phases.fund_world import PROVINCES, FundWorld, areas_of, books, held, row
from model.phases.tally import CareItem, Head, Money, Need, PairKind, Tally
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
    law, funds = world.in_force, world.funds
    world.terms = terms_of(law)
    world.ledger.open_year(world.year)
    now = areas_of(funds.codes, funds.provinces, law, world.terms)
    if now.of != funds.areas.of:
        for fund in POOL_FUNDS:
            for code in set(funds.areas.of[fund]) - set(now.of[fund]):
                world.institutions.pool(code).forget(fund)
        follow_the_law(world.ledger, funds.areas, now, funds.members)
        funds.redraw(now)
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


def bill_pairs(world: FundWorld, pair: PairKind, payees: Parties, kind: str) -> None:
    """Bill what accounts held in one pool pay to somebody in another; within one ledger nothing moves."""
    sums = world.tally.pairs[pair]
    found = np.empty((3, sums.size), np.int64)
    n = list_pairs(sums, row(world, EMPLOYEE_ACCOUNTS), payees, world.weight, found)
    world.ledger.bill_many(found[0, :n], found[1, :n], kind, found[2, :n])


@compiled
def list_pairs(sums: Whole, holders: Parties, users: Parties, weight: int, found: Whole) -> int:
    """Write payers, payees and amounts of what passes from one ledger to another party; return how many they are."""
    n = 0
    for a in range(holders.size):
        for b in range(users.size):
            if sums[a, b] != 0 and holders[a] != users[b]:
                found[0, n], found[1, n], found[2, n] = holders[a], users[b], sums[a, b] * weight
                n += 1
    return n


def money_in(world: FundWorld) -> None:
    """Post the year's contributions, subsidies and credits, premiums from accounts and balances that moved."""
    ledger, money = world.ledger, world.tally.money * world.weight
    provinces, centre, interest = (row(world, name) for name in (PROVINCES, CENTRE, INTEREST))
    for payers, fund, kind, column in (
        (row(world, HOUSEHOLDS), EMPLOYEE_ACCOUNTS, "contribution_person", Money.PERSON_TO_ACCOUNT),
        (row(world, HOUSEHOLDS), EMPLOYEE_POOL, "contribution_person", Money.PERSON_TO_POOL),
        (row(world, EMPLOYERS), EMPLOYEE_POOL, "contribution_employer", Money.EMPLOYER),
        (row(world, UNEMPLOYMENT_FUND), EMPLOYEE_POOL, "contribution_unemployment", Money.UNEMPLOYMENT),
        (row(world, TREASURY), EMPLOYEE_POOL, "subsidy", Money.EMPLOYEE_HELP),
        (row(world, HOUSEHOLDS), RESIDENT_POOL, "contribution_person", Money.RESIDENT_CASH),
        (row(world, HOUSEHOLDS), LARGE_SUM, "contribution_person", Money.LARGE_SUM_PREMIUM),
        (interest, EMPLOYEE_ACCOUNTS, "interest", Money.ACCOUNT_INTEREST),
        (centre, RESIDENT_POOL, "subsidy", Money.SUBSIDY_CENTRE),
        (provinces, RESIDENT_POOL, "subsidy", Money.SUBSIDY_PROVINCE),
        (row(world, TREASURY), RESIDENT_POOL, "subsidy", Money.SUBSIDY_PREFECTURE),
    ):
        ledger.post_many(payers, row(world, fund), kind, money[:, column])
    accounts, resident = row(world, EMPLOYEE_ACCOUNTS), row(world, RESIDENT_POOL)
    ledger.bill_many(row(world, MEDICAL_ASSISTANCE), resident, "premium_help", money[:, Money.RESIDENT_HELP])
    ledger.bill_many(row(world, EMPLOYEE_POOL), accounts, "credit", money[:, Money.CREDIT])
    large_sum = row(world, LARGE_SUM)
    ledger.bill_many(accounts, large_sum, "premium_from_account", money[:, Money.LARGE_SUM_FROM_ACCOUNT])
    ledger.bill_many(accounts, row(world, HOUSEHOLDS), "care_insurance", money[:, Money.CARE_INSURANCE])
    bill_pairs(world, PairKind.PREMIUM, resident, "premium_from_account")
    bill_pairs(world, PairKind.MOVE, accounts, "move")


def pay_old_arrears(world: FundWorld) -> None:
    """Pay providers a share of what this year's bills leave, for bills of earlier years; each in proportion."""
    ledger, share = world.ledger, world.terms.last.arrears_repay_share
    names = sorted({name for _, name in ledger.arrears})
    spare = {name: some for name, some in zip(names, ledger.accounts.spare(ledger.parties(names)).tolist()) if some}
    owed: dict[str, dict[str, int]] = {name: {} for name in spare}
    for provider, name in sorted(pair for pair in ledger.arrears if pair[1] in spare):
        owed[name][provider] = ledger.arrears[provider, name]
    for name, debts in owed.items():
        total = int(arrears_payment(sum(debts.values()), spare[name], share))
        for provider, amount in zip(debts, largest_remainder(total, list(debts.values()))):
            ledger.pay_arrears(provider, name, amount)


def _maternity(tally: Tally) -> Whole:
    """Return each pool's part of all maternity benefits, by what was to be expected of its women [pool; fen]."""
    drawn, expected = tally.money[:, Money.MATERNITY], tally.need[:, Scheme.EMPLOYEE, Need.BIRTHS]
    return np.array(largest_remainder(int(drawn.sum()), expected.tolist())) if expected.any() else drawn


def care_money(world: FundWorld) -> None:
    """Bill the year's care to its payers: funds, accounts, assistance; households pay the rest."""
    ledger, tally, providers = world.ledger, world.tally, row(world, PROVIDERS)
    care = (tally.care[:, :, Care.OUTPATIENT] + tally.care[:, :, Care.INPATIENT]) * world.weight  # [pool, status, item]
    insured = care[:, Status.ACTIVE] + care[:, Status.RETIRED]
    everyone = care.sum(axis=1)
    heads, vaccines = tally.heads * world.weight, world.terms.epidemic_cost
    premium = heads[:, Head.COVERED_RESIDENT] * world.terms.critical_premium
    premium = settled(world, premium, everyone[:, CareItem.CRITICAL])
    ledger.bill_many(row(world, RESIDENT_POOL), row(world, CRITICAL_ILLNESS), "premium_critical", premium)
    for fund, kind, amounts in (
        (EMPLOYEE_POOL, "basic", insured[:, CareItem.BASIC]),
        (RESIDENT_POOL, "basic", care[:, Status.RESIDENT, CareItem.BASIC]),
        (EMPLOYEE_POOL, "maternity", _maternity(tally) * world.weight),
        (EMPLOYEE_POOL, "epidemic", heads[:, [Head.COVERED_ACTIVE, Head.COVERED_RETIRED]].sum(axis=1) * vaccines),
        (RESIDENT_POOL, "epidemic", heads[:, Head.COVERED_RESIDENT] * vaccines),
        (CRITICAL_ILLNESS, "critical", everyone[:, CareItem.CRITICAL]),
        (LARGE_SUM, "large_sum", everyone[:, CareItem.LARGE_SUM]),
        (MEDICAL_ASSISTANCE, "assistance", everyone[:, CareItem.ASSISTANCE]),
        (EMPLOYEE_ACCOUNTS, "own_account", everyone[:, CareItem.OWN_ACCOUNT]),
    ):
        ledger.bill_many(row(world, fund), providers, kind, amounts)
    bill_pairs(world, PairKind.FAMILY_ACCOUNT, providers, "family_account")
    ledger.post_many(row(world, HOUSEHOLDS), providers, "self_pay", everyone[:, CareItem.SELF_PAY])
    fill_supplements(world)


def settled(world: FundWorld, premium: Whole, paid: Whole) -> Whole:
    """Return the premiums of critical-illness cover after settlement: what the cover does not need goes back.

    The premium is the most a pool pays at once; contracts with insurers return surpluses at the year's end.
    """
    areas, place = world.funds.areas, world.funds.areas.places(CRITICAL_ILLNESS)[1]
    asked = areas.sums(CRITICAL_ILLNESS, premium)
    free = world.ledger.accounts.free(held(world, CRITICAL_ILLNESS))
    due = np.clip(areas.sums(CRITICAL_ILLNESS, paid) - free, 0, asked)
    facts = zip(premium.tolist(), due[place].tolist(), asked[place].tolist())  # the products pass 64 bits
    return np.array([amount * part // max(whole, 1) for amount, part, whole in facts], np.int64)


def fill_supplements(world: FundWorld) -> None:
    """Make good what supplements lack: the treasury assistance, the pools critical illness and large-sum.

    A pool bears a loss of its own supplement as extra premium; assistance is budget money and comes from the treasury
    of the pool's own level. Losses of large-sum cover are a few simulated people's bills, each standing for `weight`
    people: in a small world their sum jumps from year to year, and more people, not another rule, make it smooth.
    """
    ledger, assistance = world.ledger, row(world, MEDICAL_ASSISTANCE)
    missing = np.maximum(-ledger.accounts.free(assistance), 0)
    ledger.post_many(row(world, TREASURY), assistance, "subsidy", missing)
    for fund, supplement, kind in SUPPLEMENTS:
        lacking = row(world, supplement)
        first = np.unique(lacking, return_index=True)[1]  # a pool of each area bears its loss
        lacking, payers = lacking[first], row(world, fund)[first]
        ledger.bill_many(payers, lacking, kind, np.maximum(-ledger.accounts.free(lacking), 0))


@compiled
def fill_interest(due: Whole, balances: Whole, rate: float) -> None:
    """Write a year's interest on every balance [fen]."""
    for i in range(len(due)):
        due[i] = interest_due(balances[i], rate)


def pay_interest(world: FundWorld) -> None:
    """Post the year's interest on what pooled and adjustment funds began the year with, after those that merged."""
    ledger, rate = world.ledger, world.terms.interest_rate
    earning = np.concatenate([ledger.of(fund) for fund in EARNING])
    brought = ledger.accounts.brought(earning)
    due = np.empty_like(brought)
    fill_interest(due, brought, float(rate))
    ledger.post_many(np.full(len(earning), ledger.number(INTEREST)), earning, "interest", due)


def inherit(world: FundWorld) -> None:
    """Bill the accounts of the dead to their heirs' accounts or in cash, and clear."""
    accounts = row(world, EMPLOYEE_ACCOUNTS)
    cash = world.tally.money[:, Money.INHERIT_CASH] * world.weight
    world.ledger.bill_many(accounts, row(world, HOUSEHOLDS), "inherit", cash)
    bill_pairs(world, PairKind.INHERIT, accounts, "inherit")
    world.ledger.clear()


__all__ = ["care_money", "endow", "inherit", "money_in", "open_funds", "pay_interest", "pay_old_arrears"]
