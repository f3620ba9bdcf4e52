"""Contribute: employees, employers, residents in cash or from relatives' accounts; subsidies; account credits."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.chance import unit
from agents.codes import Scheme, Work
from agents.compiled import choose, float64, inlined, int64, phase
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.dues import RANKS, due_of, flat_due, goes_free
from model.phases.ground import Bounds, Ground, Scratch, Sums, list_marked
from model.phases.tally import Head, Money
from model.rules.accounts import account_interest, credit_active, credit_retired, own_to_account
from model.rules.codes import Link
from model.rules.contributions import (
    contribution_base,
    employer_contribution,
    fifth_of,
    flexible_contribution,
    income_counted,
    low_wage_help,
    person_contribution,
    premium_help,
)

HELPED = 3
"""The number of the year's draws of enrolment that tells whom assistance helps outside its classes."""
AVERAGE_PENSION = 1
"""The choice of `employee.pension_base` and `retiree_credit_base` by which the pool's average pension counts."""
WIDER = 2
"""The choice of `accounts.scope` from which on contributions may be paid whatever the reading of the rule of 2021."""


@phase
def contribute(
    p: Columns, bounds: Bounds, first_home: int, law: Any, ground: Ground, sums: Sums, scratch: Scratch
) -> None:
    """Let everybody insured pay the year's contribution and credit the individual accounts."""
    _interest(p, law, scratch)
    for i in range(p.key.size):
        scratch.marked[i] = int64(p.scheme[i] == Scheme.EMPLOYEE)
    for n in range(list_marked(scratch.marked[: p.key.size], scratch.chosen)):
        _employee(p, int64(scratch.chosen[n]), law, ground, sums)
    _residents(p, bounds, first_home, law, ground, scratch)
    _add_up(p, ground, sums, scratch)


@inlined
def _interest(p: Columns, law: Any, scratch: Scratch) -> None:
    """Credit the year's interest on the balances brought forward."""
    rate = law.accounts.interest_rate
    for i in range(p.key.size):
        gain = account_interest(int64(p.account[i]), rate)
        p.account[i] += gain
        scratch.drawn[i] = gain


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
        pension = int64(p.income[i])
        if rules.pension_base == AVERAGE_PENSION:
            pension = fen_share(ground.base_wage[pool], rules.pension_share)
        own = person_contribution(pension, rules.retiree_rate)
        told = ground.credit_pension[pool] if rules.retiree_credit_base == AVERAGE_PENSION else int64(p.income[i])
        credit = credit_retired(told, rules.retiree_credit_rate)
    elif work == Work.FLEXIBLE:
        rate = choose(has_account == 1, rules.flexible_rate, rules.flexible_pooled_only_rate)
        own = flexible_contribution(ground.base_wage[pool], rules.flexible_multiple, rate)
        credited = flexible_contribution(ground.base_wage[pool], rules.flexible_multiple, rules.flexible_account_rate)
        helped = low_wage_help(own, int64(p.income[i]), ground.base_wage[pool], rules.help_line, rules.help_share)
        own -= helped
        sums.money[pool, Money.EMPLOYEE_HELP] += helped
        to_account = has_account * own_to_account(min(credited, own), law.accounts.person_share)
    elif work == Work.UNEMPLOYED:
        paid = flexible_contribution(ground.base_wage[pool], rules.unemployment_base, rules.unemployment_rate)
        p.matched[i] = paid
        sums.money[pool, Money.UNEMPLOYMENT] += paid
    else:
        other = rules.other_income[fifth_of(int64(p.rank[i]), RANKS)]
        income = income_counted(int64(p.income[i]), other, rules.wage_base)
        declared = int64(np.floor(float64(income) * rules.declared_share + 0.5))
        base = contribution_base(declared, ground.base_wage[pool], rules.base_floor, rules.base_cap)
        own = person_contribution(base, rules.person_rate)
        employer = employer_contribution(base, rules.employer_rate[pool] * (1.0 - rules.employer_relief))
        p.matched[i] = employer
        sums.money[pool, Money.EMPLOYER] += employer
        to_account = has_account * own_to_account(own, law.accounts.person_share)
        credit = credit_active(0, 0.0, employer, rules.employer_share_to_account)
    credit = has_account * credit
    sums.money[pool, Money.PERSON_TO_ACCOUNT] += to_account
    sums.money[pool, Money.PERSON_TO_POOL] += own - to_account
    sums.money[pool, Money.CREDIT] += credit
    premium = law.large_sum.premium
    if work == Work.RETIRED and law.large_sum.retirees_pay == 0:
        premium = 0
    p.contribution[i] = own
    p.account[i] += to_account + credit
    if law.large_sum.from_account == 1 and p.account[i] >= premium:
        p.account[i] -= premium
        sums.money[pool, Money.LARGE_SUM_FROM_ACCOUNT] += premium
    else:
        p.contribution[i] = own + premium
        sums.money[pool, Money.LARGE_SUM_PREMIUM] += premium
    care = law.accounts.care_premium
    if care > 0 and p.account[i] >= care:
        p.account[i] -= care
        sums.money[pool, Money.CARE_INSURANCE] += care


@inlined
def _residents(p: Columns, bounds: Bounds, first_home: int, law: Any, ground: Ground, scratch: Scratch) -> None:
    """Collect the residents' premiums: help for the poor, the rest in cash; relatives' accounts are asked for it."""
    rules, accounts = law.resident, law.accounts
    flat = flat_due(rules)
    for i in range(p.key.size):
        scratch.due[i] = flat
    if rules.link_mode != Link.FLAT:
        for i in range(p.key.size):
            scratch.due[i] = due_of(p, i, bounds, first_home, rules, ground, scratch)
    asks = accounts.pays_premium == 1 and (accounts.scope >= WIDER or accounts.reading_s2 == 0)
    begin = bounds[first_home]
    need, others = scratch.need[0, begin : begin + p.key.size], scratch.words[HELPED]
    for i in range(p.key.size):
        free = goes_free(p, i, rules)
        resident = p.scheme[i] == Scheme.RESIDENT
        due = scratch.due[i] if resident and not free else int64(0)
        helped = premium_help(due, _help_share(int64(p.aid[i]), unit(others[i]), law.assistance))
        own = due - helped
        covered = (accounts.reading_s1 == 0) | (p.continuous[i] > 1)
        need[i] = (own if covered else int64(0)) if resident and asks else int64(need[i])
        p.contribution[i] += own
        scratch.due[i] = own
        scratch.helped[i] = helped


@inlined
def _add_up(p: Columns, ground: Ground, sums: Sums, scratch: Scratch) -> None:
    """Add interest, residents' premiums and the treasury's subsidy of each resident to the sums of the pools."""
    subsidy, members = ground.subsidy, scratch.members[: sums.heads.shape[0]]
    for pool in range(members.size):
        members[pool] = 0
        scratch.subsidised[pool] = subsidy[pool, 0] + subsidy[pool, 1] + subsidy[pool, 2]
    for i in range(p.key.size):
        scratch.row[i] = int64(p.insured[i])
    for i in range(p.key.size):
        pool = scratch.row[i]
        members[pool] += int64(p.scheme[i] == Scheme.RESIDENT)
        money = sums.money[pool]
        money[Money.ACCOUNT_INTEREST] += scratch.drawn[i]
        money[Money.RESIDENT_HELP] += scratch.helped[i]
        money[Money.RESIDENT_CASH] += scratch.due[i]
    for pool in range(members.size):
        sums.heads[pool, Head.SUBSIDISED] += members[pool]
        money = sums.money[pool]
        money[Money.SUBSIDY_CENTRE] += members[pool] * subsidy[pool, 0]
        money[Money.SUBSIDY_PROVINCE] += members[pool] * subsidy[pool, 1]
        money[Money.SUBSIDY_PREFECTURE] += members[pool] * subsidy[pool, 2]
    for i in range(p.key.size):
        subsidised = scratch.subsidised[int64(p.insured[i])]
        p.matched[i] = subsidised if p.scheme[i] == Scheme.RESIDENT else int64(p.matched[i])


@inlined
def _help_share(aid: int, luck: float, rules: Any) -> float:
    """Return the share of a premium that medical assistance pays: by class, or of some outside the classes."""
    share = rules.help_share[aid]
    other = (aid == 0) & (luck < rules.subsidised_others_share)
    return float64(max(share, rules.subsidised_others_help) if other else share)
