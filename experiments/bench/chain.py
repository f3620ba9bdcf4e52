"""One chain of the year in plain numpy: mark who dies, earn, contribute and credit accounts, all people at once.

The same rules as model/phases/living.py and paying.py, column by column over the whole table, for laws under which
residents' premiums are flat. Uniform numbers are handed in, so numpy draws nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.chance import HALF_STEP, TO_UNIT
from agents.codes import Scheme, Work
from agents.person import Columns
from model.errors import ScenarioError
from model.phases.dues import PAID_AHEAD
from model.phases.ground import Ground
from model.phases.living import AGES, MOST_INCOME, MOST_SEVERE, MOST_YEARS, RANKS
from model.phases.paying import AVERAGE_PENSION, WIDER
from model.phases.tally import Head, Money
from model.rules.codes import Link

FIFTHS = 5
Amounts = NDArray[np.int64]
Words = NDArray[np.uint32]


class Drawn(NamedTuple):
    """The year's numbers that the chain reads, as words of 32 bits [person]."""

    deaths: Words
    illness: Words
    helped: Words


class Totals(NamedTuple):
    """What the chain adds up."""

    money: Amounts
    """[pool, Money] money of the year [fen]."""
    heads: Amounts
    """[pool, Head] people counted."""
    need: NDArray[np.int32]
    """[2, person] what relatives' accounts are asked for [fen]."""


def live(p: Columns, law: Any, ground: Ground, drawn: Drawn, totals: Totals) -> None:
    """Mark who dies, earn and contribute. Errors: ScenarioError under a law with linked premiums."""
    if law.resident.link_mode != Link.FLAT:
        raise ScenarioError("resident.link_mode: expected flat premiums in the numpy chain")
    mark_who_dies(p, ground, drawn)
    earn(p, law, ground)
    contribute(p, law, ground, drawn, totals)


def mark_who_dies(p: Columns, ground: Ground, drawn: Drawn) -> None:
    """Mark who dies in the middle of the year and who falls chronically ill."""
    age = np.minimum(p.age, AGES - 1)
    p.dying[:] = units(drawn.deaths) < ground.mortality[p.sex, p.chronic, age]
    worse = units(drawn.illness) < ground.onset[np.minimum(p.chronic, MOST_SEVERE - 1), age]
    p.chronic[:] = np.minimum(p.chronic + worse, MOST_SEVERE)


def earn(p: Columns, law: Any, ground: Ground) -> None:
    """Set everybody's income of the year from work, place and rank, and count contribution years."""
    place = p.rank / RANKS * (ground.shape.shape[1] - 1)
    point = place.astype(np.int64)
    low = ground.shape[p.urban, point]
    shape = low + (ground.shape[p.urban, point + 1] - low) * (place - point)
    waged = np.asarray(law.work.income_base)[p.work] == 1
    base = np.where(waged, ground.wage[p.home], ground.income[p.home, p.urban])
    income = base * np.asarray(law.work.income_level)[p.work] * shape
    p.income[:] = np.floor(np.minimum(income, MOST_INCOME) + HALF_STEP)
    pays = (p.scheme == Scheme.EMPLOYEE) & (p.work != Work.RETIRED)
    p.years[:] = np.minimum(p.years.astype(np.int64) + pays, MOST_YEARS)


def contribute(p: Columns, law: Any, ground: Ground, drawn: Drawn, totals: Totals) -> None:
    """Credit interest, let everybody insured pay the year's contribution, and credit the accounts."""
    gain = shares(np.maximum(p.account, 0), law.accounts.interest_rate)
    p.account[:] += gain
    add(totals.money, Money.ACCOUNT_INTEREST, p.insured, gain)
    _employees(p, np.flatnonzero(p.scheme == Scheme.EMPLOYEE), law, ground, totals.money)
    _residents(p, np.flatnonzero(p.scheme == Scheme.RESIDENT), law, ground, drawn, totals)


def _employees(p: Columns, rows: Amounts, law: Any, ground: Ground, money: Amounts) -> None:
    """Collect from employees, the self-employed, the unemployed, retirees and employers, and credit accounts."""
    pool, work = p.insured[rows], p.work[rows]
    has_account = p.account_kind[rows].astype(np.int64)
    own, credit, to_account = (np.zeros(len(rows), np.int64) for _ in range(3))
    retired, flexible, jobless = (work == kind for kind in (Work.RETIRED, Work.FLEXIBLE, Work.UNEMPLOYED))
    _retirees(p, rows, retired, law, ground, own, credit)
    _flexible(p, rows, flexible, law, ground, own, to_account, money)
    _jobless(p, rows[jobless], law, ground, money)
    _employed(p, rows, ~(retired | flexible | jobless), law, ground, own, credit, to_account, money)
    credit *= has_account
    to_account *= has_account
    add(money, Money.PERSON_TO_ACCOUNT, pool, to_account)
    add(money, Money.PERSON_TO_POOL, pool, own - to_account)
    add(money, Money.CREDIT, pool, credit)
    free = retired & (law.large_sum.retirees_pay == 0)
    premium = np.where(free, 0, law.large_sum.premium)
    balance = p.account[rows] + to_account + credit
    paid = (law.large_sum.from_account == 1) & (balance >= premium)
    balance -= paid * premium
    p.contribution[rows] = own + ~paid * premium
    add(money, Money.LARGE_SUM_FROM_ACCOUNT, pool, paid * premium)
    add(money, Money.LARGE_SUM_PREMIUM, pool, ~paid * premium)
    care = (balance >= law.accounts.care_premium) * max(int(law.accounts.care_premium), 0)
    add(money, Money.CARE_INSURANCE, pool, care)
    p.account[rows] = balance - care


def _retirees(
    p: Columns, rows: Amounts, at: NDArray[np.bool_], law: Any, ground: Ground, own: Amounts, credit: Amounts
) -> None:
    """Credit retirees' accounts, and collect from them where the law asks for it."""
    rules, who = law.employee, rows[at]
    pension = p.income[who].astype(np.int64)
    told = ground.credit_pension[p.insured[who]] if rules.retiree_credit_base == AVERAGE_PENSION else pension
    credit[at] = shares(told, rules.retiree_credit_rate)
    if rules.pension_base == AVERAGE_PENSION:
        pension = shares(ground.base_wage[p.insured[who]], rules.pension_share)
    own[at] = shares(pension, rules.retiree_rate)


def _flexible(
    p: Columns,
    rows: Amounts,
    at: NDArray[np.bool_],
    law: Any,
    ground: Ground,
    own: Amounts,
    to_account: Amounts,
    money: Amounts,
) -> None:
    """Collect from flexible workers, helped below a line of income."""
    rules, who = law.employee, rows[at]
    average = ground.base_wage[p.insured[who]]
    base = shares(average, rules.flexible_multiple)
    rate = np.where(p.account_kind[who] == 1, rules.flexible_rate, rules.flexible_pooled_only_rate)
    paid, credited = shares(base, rate), shares(base, rules.flexible_account_rate)
    poor = p.income[who] < shares(average, rules.help_line)
    helped = poor * np.minimum(shares(paid, rules.help_share), paid)
    own[at] = paid = paid - helped
    to_account[at] = part_of_own(np.minimum(credited, paid), law)
    add(money, Money.EMPLOYEE_HELP, p.insured[who], helped)


def _jobless(p: Columns, who: Amounts, law: Any, ground: Ground, money: Amounts) -> None:
    """Let the unemployment fund pay for the unemployed."""
    rules = law.employee
    paid = shares(shares(ground.base_wage[p.insured[who]], rules.unemployment_base), rules.unemployment_rate)
    p.matched[who] = paid
    add(money, Money.UNEMPLOYMENT, p.insured[who], paid)


def _employed(
    p: Columns,
    rows: Amounts,
    at: NDArray[np.bool_],
    law: Any,
    ground: Ground,
    own: Amounts,
    credit: Amounts,
    to_account: Amounts,
    money: Amounts,
) -> None:
    """Collect from employees and employers on the declared wage, kept between floor and cap."""
    rules, who = law.employee, rows[at]
    pool = p.insured[who]
    average = ground.base_wage[pool]
    income = p.income[who].astype(np.int64)
    if rules.wage_base == 1:
        fifth = np.minimum(FIFTHS * p.rank[who].astype(np.int64) // int(RANKS), FIFTHS - 1)
        income = income + np.maximum(shares(income, np.asarray(rules.other_income)[fifth]), 0)
    base = np.maximum(shares(income, rules.declared_share), shares(average, rules.base_floor))
    if rules.base_cap >= 0:
        base = np.minimum(base, shares(average, rules.base_cap))
    own[at] = paid = shares(base, rules.person_rate)
    employer = shares(base, np.asarray(rules.employer_rate)[pool] * (1.0 - rules.employer_relief))
    p.matched[who] = employer
    to_account[at] = part_of_own(paid, law)
    credit[at] = np.minimum(shares(employer, rules.employer_share_to_account), employer)
    add(money, Money.EMPLOYER, pool, employer)


def _residents(p: Columns, rows: Amounts, law: Any, ground: Ground, drawn: Drawn, totals: Totals) -> None:
    """Collect residents' premiums less help, count what their families' accounts are asked for, and subsidise."""
    rules, accounts, pool = law.resident, law.accounts, p.insured[rows]
    flat = int(rules.individual_next if rules.cash_year == PAID_AHEAD else rules.individual)
    due = np.where((p.age[rows] == 0) & (rules.newborn_free == 1), 0, flat)
    aid = p.aid[rows]
    share = np.asarray(law.assistance.help_share)[aid]
    others = (aid == 0) & (units(drawn.helped[rows]) < law.assistance.subsidised_others_share)
    share = np.where(others, np.maximum(share, law.assistance.subsidised_others_help), share)
    helped = np.minimum(shares(due, share), due)
    own = due - helped
    if accounts.pays_premium == 1 and (accounts.scope >= WIDER or accounts.reading_s2 == 0):
        covered = (accounts.reading_s1 == 0) | (p.continuous[rows] > 1)
        totals.need[0, rows] = covered * own
    p.contribution[rows] += own.astype(p.contribution.dtype)
    subsidy = ground.subsidy[pool]
    p.matched[rows] = subsidy.sum(axis=1)
    totals.heads[:, Head.SUBSIDISED] += np.bincount(pool, minlength=len(totals.heads))
    add(totals.money, Money.RESIDENT_HELP, pool, helped)
    add(totals.money, Money.RESIDENT_CASH, pool, own)
    for level, item in enumerate((Money.SUBSIDY_CENTRE, Money.SUBSIDY_PROVINCE, Money.SUBSIDY_PREFECTURE)):
        add(totals.money, item, pool, subsidy[:, level])


def shares(amounts: Any, rates: Any) -> Amounts:
    """Return shares of amounts, rounded half up to whole fen [fen]."""
    return np.asarray(np.floor(amounts * rates + HALF_STEP)).astype(np.int64)


def part_of_own(own: Amounts, law: Any) -> Amounts:
    """Return the part of own contributions that goes to the accounts [fen]."""
    return np.asarray(np.minimum(shares(own, law.accounts.person_share), own))


def units(words: Words) -> NDArray[np.float64]:
    """Return words of 32 bits as numbers in (0, 1)."""
    return np.asarray((words + HALF_STEP) * TO_UNIT)


def add(money: Amounts, item: Money, pool: Any, amounts: Any) -> None:
    """Add amounts to an item of their pools; sums of whole fen below 2**53 are exact in any order."""
    money[:, item] += np.bincount(pool, weights=amounts, minlength=len(money)).astype(np.int64)
