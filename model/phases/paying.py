"""Contribute: employees, employers, residents in cash or from relatives' accounts; subsidies; account credits."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.codes import Scheme, Work
from agents.compiled import compiled_apart, float64, inlined, int64
from agents.person import Columns
from model.phases.ground import Ground, Scratch, Sums
from model.phases.tally import Head, Money
from model.rules.accounts import account_interest, credit_active, credit_retired
from model.rules.contributions import (
    contribution_base,
    employer_contribution,
    flexible_contribution,
    person_contribution,
    premium_help,
    resident_contribution,
)


@compiled_apart
def contribute(p: Columns, first: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch) -> None:
    """Let everybody insured pay the year's contribution and credit the individual accounts."""
    _interest(p, law, sums, scratch)
    for n in range(_members(p, Scheme.EMPLOYEE, scratch)):
        _employee(p, int64(scratch.chosen[n]), law, ground, sums)
    for n in range(_members(p, Scheme.RESIDENT, scratch)):
        _resident(p, int64(scratch.chosen[n]), first, law, ground, sums, scratch)


@inlined
def _members(p: Columns, scheme: int, scratch: Scratch) -> int:
    """List the members of a scheme, and return how many they are."""
    number = int64(0)
    for i in range(p.key.size):
        scratch.chosen[number] = i
        number += int64(p.scheme[i] == scheme)
    return number


@inlined
def _interest(p: Columns, law: Any, sums: Sums, scratch: Scratch) -> None:
    """Credit the year's interest on the balances brought forward."""
    rate = law.accounts.interest_rate
    for i in range(p.key.size):
        gain = account_interest(int64(p.account[i]), rate)
        p.account[i] += gain
        scratch.drawn[i] = gain
    for i in range(p.key.size):
        sums.money[int64(p.insured[i]), Money.ACCOUNT_INTEREST] += scratch.drawn[i]


@inlined
def _employee(p: Columns, i: int, law: Any, ground: Ground, sums: Sums) -> None:
    """Collect from one member of the employee scheme and his employer, and credit his account."""
    pool = int64(p.insured[i])
    work = int64(p.work[i])
    has_account = int64(p.account_kind[i])
    rules = law.employee
    own = int64(0)
    credit = int64(0)
    to_account = int64(0)
    if work == Work.RETIRED:
        own = person_contribution(int64(p.income[i]), rules.retiree_rate)
        credit = credit_retired(int64(p.income[i]), rules.retiree_credit_rate)
    elif work == Work.FLEXIBLE:
        own = flexible_contribution(ground.base_wage[pool], rules.flexible_multiple, rules.flexible_rate)
        credited = flexible_contribution(ground.base_wage[pool], rules.flexible_multiple, rules.flexible_account_rate)
        to_account = has_account * min(credited, own)
    elif work == Work.UNEMPLOYED:
        paid = flexible_contribution(ground.base_wage[pool], rules.unemployment_base, rules.unemployment_rate)
        p.matched[i] = paid
        sums.money[pool, Money.UNEMPLOYMENT] += paid
    else:
        declared = int64(np.floor(float64(p.income[i]) * rules.declared_share + 0.5))
        base = contribution_base(declared, ground.base_wage[pool], rules.base_floor, rules.base_cap)
        own = person_contribution(base, rules.person_rate)
        employer = employer_contribution(base, rules.employer_rate[pool] * (1.0 - rules.employer_relief))
        p.matched[i] = employer
        sums.money[pool, Money.EMPLOYER] += employer
        to_account = has_account * own
        credit = credit_active(0, 0.0, employer, rules.employer_share_to_account)
    credit = has_account * credit
    sums.money[pool, Money.PERSON_TO_ACCOUNT] += to_account
    sums.money[pool, Money.PERSON_TO_POOL] += own - to_account
    sums.money[pool, Money.CREDIT] += credit
    premium = law.large_sum.premium
    if work == Work.RETIRED and law.large_sum.retirees_pay == 0:
        premium = 0
    p.contribution[i] = own + premium
    p.account[i] += to_account + credit
    if law.large_sum.from_account == 1 and p.account[i] >= premium:
        p.account[i] -= premium
        sums.money[pool, Money.LARGE_SUM_FROM_ACCOUNT] += premium
    else:
        sums.money[pool, Money.LARGE_SUM_PREMIUM] += premium


@inlined
def _resident(p: Columns, i: int, first: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch) -> None:
    """Collect one resident's premium: help for the poor, the rest in cash; relatives' accounts are asked for it."""
    pool = int64(p.insured[i])
    linked = ground.income[pool, int64(p.urban[i])]
    due = resident_contribution(law.resident.individual, linked, law.resident.link_rate, law.resident.link_mode)
    if p.age[i] == 0 and law.resident.newborn_free == 1:
        due = 0
    helped = premium_help(due, law.assistance.help_share[int64(p.aid[i])])
    own = due - helped
    if law.accounts.pays_premium == 1:
        scratch.need[0, first + i] = own
    centre, province, prefecture = ground.subsidy[pool, 0], ground.subsidy[pool, 1], ground.subsidy[pool, 2]
    p.contribution[i] = own
    p.matched[i] = centre + province + prefecture
    sums.heads[pool, Head.SUBSIDISED] += 1
    money = sums.money[pool]
    money[Money.RESIDENT_HELP] += helped
    money[Money.RESIDENT_CASH] += own
    money[Money.SUBSIDY_CENTRE] += centre
    money[Money.SUBSIDY_PROVINCE] += province
    money[Money.SUBSIDY_PREFECTURE] += prefecture
