"""Money shared out before the year's bills: uploads to province and nation, and what a formula allocates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled
from agents.numeric import fen_share
from model.kinds import CENTRE, EMPLOYEE_POOL, RESIDENT_POOL
from model.ledger import Parties, Whole, account
from model.phases.fund_world import EX_ANTE, SCHEME, FundWorld, books, rows_of
from model.phases.money_in_funds import ADJUSTMENT
from model.rules import funds as rules
from model.rules.funds import largest_remainder

Floats = NDArray[np.float64]
Past = dict[int, tuple[int, int]]  # last year's income and spending by area
GAP_COVER, PENSION_RULE, RESERVE_SWAP, RISK_FUND, RISK_TRANSFER = range(5)  # designs of step 3
HEADS, RETIREES, AGES, MORBIDITY = range(4)  # what members count for in a formula


def uploads(world: FundWorld) -> None:
    """Collect uploads to the provinces and to the nation, and share out what is allocated by formula."""
    for fund in ADJUSTMENT:
        designs = dict(zip(world.funds.areas.homes, world.terms.two.design))
        for home, codes in sharing_areas(world, fund).items():
            collect = equalise if designs[home] == EX_ANTE else upload_to_province
            collect(world, fund, home, codes)
    if nation_shares(world):
        for fund in ADJUSTMENT:
            share_in_nation(world, fund)


def sharing_areas(world: FundWorld, fund: str) -> dict[int, list[int]]:
    """Return the areas of a fund by province where step 2 is in force and there are several to share."""
    areas = world.funds.areas
    on = set(compress(areas.homes, world.terms.step2_on[fund]))
    return {home: codes for home, codes in areas.by_province(fund).items() if home in on and len(codes) > 1}


def nation_shares(world: FundWorld) -> bool:
    """Say whether step 3 is in force and there is more than one province."""
    return bool(world.terms.three.on) and len(set(world.funds.areas.homes)) > 1


def last_sums(world: FundWorld, rows: Parties) -> tuple[Whole, Whole]:
    """Return last year's income and spending of ledgers in a row; in the first year, this year's income for both."""
    accounts = world.ledger.accounts
    if accounts.income_before.any():
        return accounts.income_before[rows], accounts.spending_before[rows]
    return accounts.income[rows], accounts.income[rows]


def upload_to_province(world: FundWorld, fund: str, home: int, codes: Sequence[int]) -> None:
    """Collect a rate of last year's income, until the province's fund covers enough months of all pools."""
    two, ledger, name = world.terms.two, world.ledger, account(ADJUSTMENT[fund][0], home)
    rows = rows_of(world, fund, codes)
    incomes, spent = last_sums(world, rows)
    terms = float(two.upload_rate), ledger.book(name).balance, int(spent.sum()), float(two.stop_months)
    amounts = np.empty_like(incomes)
    fill_uploads(amounts, incomes, ledger.accounts.spare(rows), *terms)
    pay_up(world, name, fund, rows, amounts)


@compiled
def fill_uploads(
    amounts: Whole, incomes: Whole, spare: Whole, rate: float, balance: int, spending: int, stop: float
) -> None:
    """Write what every pool uploads to its province [fen]."""
    for i in range(len(amounts)):
        amounts[i] = rules.step2_upload(incomes[i], rate, balance, spending, stop, spare[i])


def pay_up(world: FundWorld, name: str, fund: str, rows: Parties, amounts: Whole) -> None:
    """Post uploads from areas' funds to an adjustment fund and let its agency take note."""
    book = world.ledger.book(name)
    step, agency = ("step3_upload", world.institutions.centre) if book.code == 0 else ("step2_upload", None)
    world.ledger.post_many(rows, np.full_like(rows, book.number), step, amounts, held=True)
    (agency or world.institutions.provinces[book.code]).collect(fund, int(amounts.sum()))


def equalise(world: FundWorld, fund: str, home: int, codes: Sequence[int]) -> None:
    """Pool a part of last year's income in the province and share it by weighted members (Fujian)."""
    two, ledger, name = world.terms.two, world.ledger, account(ADJUSTMENT[fund][0], home)
    weights = needs_of(world, fund, codes)
    if not sum(weights):
        return
    rows = rows_of(world, fund, codes)
    parts = np.empty(len(rows), np.int64)
    fill_parts(parts, last_sums(world, rows)[0], ledger.accounts.spare(rows), float(two.equalise_share))
    pay_up(world, name, fund, rows, parts)
    collected = int(parts.sum())
    total = world.institutions.provinces[home].grant(fund, [collected], collected)
    pay_aid(world, name, fund, codes, largest_remainder(total, weights), "step2_aid")


@compiled
def fill_parts(parts: Whole, incomes: Whole, spare: Whole, share: float) -> None:
    """Write what every pool gives of last year's income [fen]."""
    for i in range(len(parts)):
        parts[i] = rules.step3_upload(incomes[i], share, 0, 0, 0.0, 0, spare[i])


def needs_of(world: FundWorld, fund: str, codes: Sequence[int]) -> list[int]:
    """Return what each area's members count for in a formula; nothing where nobody has counted them yet.

    Heads and retired members are those of the last year's end; ages are today's; morbidity is last year's. In a run's
    first year, which has no last year's care, ages and morbidity count as heads.
    """
    state, areas, two = world.funds, world.funds.areas, world.terms.two
    if not state.members:
        return [0] * len(codes)
    told = world.aged() if two.weights == AGES else state.expected if two.weights == MORBIDITY else None
    if told is not None:
        return weighed(world, fund, told, codes)
    if two.weights in {AGES, MORBIDITY, HEADS} or fund == RESIDENT_POOL:
        members = areas.summed(fund, state.members[fund])
        return [members[code] for code in codes]
    active, retired = areas.summed(fund, state.active), areas.summed(fund, state.retired)
    weights = two.weight_active, two.weight_retired
    return [int(rules.need_weight(active[c], retired[c], *weights)) for c in codes]


def weighed(world: FundWorld, fund: str, values: Floats, codes: Sequence[int]) -> list[int]:
    """Return a column by pool and scheme summed to the areas of a fund, in whole numbers [unit of the column]."""
    sums = world.funds.areas.summed(fund, np.rint(values[:, SCHEME[fund]]).astype(np.int64))
    return [sums[code] for code in codes]


def share_in_nation(world: FundWorld, fund: str) -> None:
    """Collect the nation's uploads from every area, add the central budget's part, and pay out what the rule shares."""
    three, name = world.terms.three, account(ADJUSTMENT[fund][1], 0)
    if three.design == RESERVE_SWAP:
        return
    codes = [code for code in books(world, fund) if code]
    sums = last_sums(world, rows_of(world, fund, codes))
    past = dict(zip(codes, zip(*(column.tolist() for column in sums))))
    if three.design == RISK_TRANSFER:
        balance_risks(world, fund, past)
        return
    collect = {PENSION_RULE: pension_uploads, RISK_FUND: income_uploads}.get(three.design, rate_uploads)
    amounts = collect(world, fund, past)
    pay_up(world, name, fund, rows_of(world, fund, list(amounts)), np.array([*amounts.values()], np.int64))
    budget = int(fen_share(sum(income for income, _ in past.values()), three.central_budget))
    world.ledger.post(CENTRE, name, "subsidy", budget)
    if three.design == GAP_COVER:
        return
    weights = risks_of(world, fund, past) if three.design == RISK_FUND else needs_of(world, fund, list(past))
    balance = world.ledger.book(name).balance
    total = world.institutions.centre.grant(fund, [balance], balance if sum(weights) else 0)
    pay_aid(world, name, fund, list(past), largest_remainder(total, weights), "step3_aid")


def income_uploads(world: FundWorld, fund: str, past: Past) -> dict[int, int]:
    """Return uploads of a part of last year's income, as a central health fund takes it in (Germany, since 2009)."""
    share = world.terms.three.equalise_share
    parts = {code: max(0, int(fen_share(income, share))) for code, (income, _) in past.items()}
    return within_means(world, fund, parts)


def within_means(world: FundWorld, fund: str, asked: dict[int, int]) -> dict[int, int]:
    """Return what areas can give of what they are asked for [fen]."""
    spare = world.ledger.accounts.spare(rows_of(world, fund, list(asked))).tolist()
    return {code: min(amount, able) for (code, amount), able in zip(asked.items(), spare)}


def risks_of(world: FundWorld, fund: str, past: Past) -> list[int]:
    """Return what last year's members were expected to cost by age and illness, at prices of the nation [fen].

    In a run's first year, which has no last year's care, they are counted as heads.
    """
    state = world.funds
    if state.expected is not None:
        return weighed(world, fund, state.expected, list(past))
    members = state.areas.summed(fund, state.members.get(fund, [0] * len(state.codes)))
    return [members[code] for code in past]


def balance_risks(world: FundWorld, fund: str, past: Past) -> None:
    """Let areas with lighter risks than the mean pay those with heavier, by last year's members (Switzerland)."""
    name, members = account(ADJUSTMENT[fund][1], 0), world.funds.members.get(fund)
    if members is None:
        return
    heads, risks = world.funds.areas.summed(fund, members), risks_of(world, fund, past)
    dues = rules.risk_transfers(risks, [heads[code] for code in past], world.terms.three.equalise_share)
    rows = rows_of(world, fund, list(past))
    given = np.minimum(np.maximum(-np.array(dues, np.int64), 0), world.ledger.accounts.spare(rows))
    pay_up(world, name, fund, rows, given)
    takers = [max(0, due) for due in dues]
    total = world.institutions.centre.grant(fund, takers, int(given.sum()))
    pay_aid(world, name, fund, list(past), largest_remainder(total, takers), "step3_aid")


def rate_uploads(world: FundWorld, fund: str, past: Past) -> dict[int, int]:
    """Return uploads at a rate of last year's income and of employee reserves beyond the months that are too many."""
    three, ledger, rows = world.terms.three, world.ledger, rows_of(world, fund, list(past))
    incomes, spent = last_sums(world, rows)
    rate = float(three.excess_rate) if fund == EMPLOYEE_POOL else 0.0
    national = ledger.book(account(ADJUSTMENT[fund][1], 0)).balance
    terms = float(three.upload_rate), national, int(spent.sum()), float(three.stop_months)
    amounts, months = np.empty_like(incomes), float(world.terms.warning.months_excess)
    columns = incomes, spent, ledger.accounts.brought(rows), ledger.accounts.spare(rows)
    fill_national(amounts, *columns, rate, months, *terms)
    return dict(zip(past, amounts.tolist()))


@compiled
def fill_national(
    amounts: Whole,
    incomes: Whole,
    spent: Whole,
    openings: Whole,
    spare: Whole,
    excess_rate: float,
    excess_months: float,
    rate: float,
    national: int,
    spending: int,
    stop: float,
) -> None:
    """Write what every area uploads to the nation: a rate of income and a part of excess reserves [fen]."""
    for i in range(len(amounts)):
        excess = rules.excess_part(openings[i], spent[i], excess_months, excess_rate)
        amounts[i] = rules.step3_upload(incomes[i], rate, national, spending, stop, excess, spare[i])


def pension_uploads(world: FundWorld, fund: str, past: Past) -> dict[int, int]:
    """Return uploads by the pension rule of 2018: from average wages and heads, not from what was collected.

    Residents have no wage: theirs are a rate of last year's income.
    """
    three, areas, state = world.terms.three, world.funds.areas, world.funds
    asked = {code: max(0, int(fen_share(income, three.upload_rate))) for code, (income, _) in past.items()}
    if fund == EMPLOYEE_POOL and state.active:
        terms = (three.base_share, three.upload_rate)
        wages = [int(wage) for wage in world.places.wage]
        due = [int(rules.pension_upload(terms[0], wage, n, terms[1])) for wage, n in zip(wages, state.active)]
        asked = {code: amount for code, amount in areas.summed(fund, due).items() if code in past}
    return within_means(world, fund, asked)


def pay_aid(world: FundWorld, payer: str, fund: str, codes: Sequence[int], amounts: Sequence[int], kind: str) -> None:
    """Pay aid from an adjustment fund to the funds of areas."""
    rows = rows_of(world, fund, codes)
    payers = np.full_like(rows, world.ledger.number(payer))
    world.ledger.post_many(payers, rows, kind, np.array(amounts, np.int64), held=True)
