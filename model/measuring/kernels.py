"""The compiled passes over people and families from which all yearly measures follow."""

from __future__ import annotations

import math
from typing import Any

from agents.compiled import compiled, compiled_apart, float64, inlined, int64
from agents.person import Columns
from model.measuring.order import BELOW, EMPLOYEE, RESIDENT, SIZE, TIED, TWICE

Whole = Any
Real = Any
COST, USERS, PEOPLE, BENEFIT, OWN, MATCHED, ACCOUNTS, CASH, CO_USE = range(9)
ITEMS = 9
"""What is summed: cost, users of care, people, own and matched contributions, who paid [fen, persons].

Benefits are those of care and of births: contributions pay for both.
"""
USED = BENEFIT + 1
"""The first items: those of cells, and of products with members' ranks."""
RANKS, RANKS_IN_SCHEME = USED, USED + 1
CELL_ITEMS = USED + 2
PAID_ITEMS = ACCOUNTS + 1
"""The first items too, but for cost and users: those of pools and of single years of age."""
SCHEMES, SEXES, ILLNESS, FIFTHS, DECILES = 3, 2, 3, 5, 10
AGES = 101
FLAGS = 5
EARNED = 4
"""The flag of families with income: those of whom shares of income can be told. The flags before it are of hardship."""
WITHOUT = RESIDENT + 1
"""Where people of families without income stand, after people, employees and residents."""


@compiled
def families(
    p: Columns,
    bounds: Whole,
    ends: Whole,
    thread: int,
    threads: int,
    on_wage: int,
    members: Whole,
    before: Real,
    after: Real,
    cash: Real,
    size: Real,
    heads: Whole,
) -> None:
    """Write every family's people by scheme, and money [fen]: income before payments, after contributions and cash.

    Args:
        p: the people.
        bounds: first person of each family.
        ends: first family of each part; a thread does its turn of the parts.
        thread: the thread's number.
        threads: how many there are.
        on_wage: 1 where employers' contributions are part of income.
        members: [family, group] people, employees and residents, written.
        before: [family] income before payments, written.
        after: [family] what contributions and cash leave of it, written.
        cash: [family] cash, written.
        size: [family] people, written.
        heads: people, employees, residents, and people of families without income, added to.

    """
    for part in range(thread, ends.shape[0] - 1, threads):
        for home in range(ends[part], ends[part + 1]):
            income, paid, employees, residents = int64(0), int64(0), int64(0), int64(0)
            oop = int64(0)
            for i in range(bounds[home], bounds[home + 1]):
                employee = int64(p.scheme[i] == EMPLOYEE)
                employees += employee
                residents += int64(p.scheme[i] == RESIDENT)
                cost_of_labour = int64(p.matched[i]) * employee * on_wage
                income += int64(p.income[i]) + cost_of_labour
                oop += int64(p.self_pay[i])
                paid += int64(p.contribution[i]) + cost_of_labour
            people = bounds[home + 1] - bounds[home]
            members[home, SIZE] = people
            members[home, EMPLOYEE] = employees
            members[home, RESIDENT] = residents
            before[home] = float64(income)
            after[home] = float64(income - paid - oop)
            cash[home] = float64(oop)
            size[home] = float64(people)
            heads[SIZE] += people
            heads[EMPLOYEE] += employees
            heads[RESIDENT] += residents
            if income <= 0:
                heads[WITHOUT] += people


@compiled_apart
def sums(
    p: Columns,
    bounds: Whole,
    ends: Whole,
    thread: int,
    threads: int,
    place: Whole,
    size_of: Real,
    totals: Whole,
    before: Real,
    province: Whole,
    group: Whole,
    born: Whole,
    used: Whole,
    cells: Whole,
    ages: Whole,
    pools: Whole,
    family: Real,
    dots: Real,
    deciles: Real,
    earned: Real,
    theil: Real,
    logs: Real,
    cell_of: Whole,
    centred_of: Real,
) -> None:
    """Add families' people and money to cells, pools and income deciles, and their products with ranks.

    Args:
        p: the people.
        bounds: first person of each family.
        ends: first family of each part; a thread does its turn of the parts.
        thread: the thread's number.
        threads: how many there are.
        place: [family, place] places by income.
        size_of: [family] people.
        totals: [group] persons: all, employees, residents.
        before: [family] income before payments [fen].
        province: [pool] place of the pool's province.
        group: [age] its group.
        born: [person] maternity benefits [fen].
        used: [person] 1 who used care, else 0.
        cells: [age group × sex × illness × scheme × fifth, item] sums, added to.
        ages: [age, scheme, item] sums, added to.
        pools: [pool, scheme, urban, item] sums, added to.
        family: [scheme, item] room for one family.
        dots: [part, ranking, scheme, item] sums of money times twice the centred rank, by everybody's rank and, for
            the first items, by members'.
        deciles: [part, decile, scheme, item] sums; those on a cut are split.
        earned: [part, decile] income before payments [fen]; the same.
        theil: [part, province, scheme, benefit] sums of money per head of the family [fen]; 0 income, 1 benefit.
        logs: [part, 4] sums of money times the logarithm of money per head, income and benefit; families whose members
            use relatives' accounts; sum over them of the squares of what each uses over what all use [fen].
        cell_of: [person] cell, written.
        centred_of: [family] twice the mid-rank by income less the number of persons, written.

    """
    for part in range(thread, ends.shape[0] - 1, threads):
        products, tenths, money_in, moneys, told = dots[part], deciles[part], earned[part], theil[part], logs[part]
        for home in range(ends[part], ends[part + 1]):
            family[:, :] = 0.0
            row = place[home]
            size = size_of[home]
            twice = row[BELOW] + row[BELOW] + row[TIED]
            centred = twice - totals[0]
            centred_of[home] = float64(centred)
            fifth = min(int64(float64(FIFTHS * twice) / float64(2 * totals[0])), FIFTHS - 1)
            income = before[home] / size
            benefits, squares = 0.0, 0.0
            for i in range(bounds[home], bounds[home + 1]):
                scheme = int64(p.scheme[i])
                age, sex, ill = min(int64(p.age[i]), AGES - 1), int64(p.sex[i]), int64(p.chronic[i])
                number = (((group[age] * SEXES + sex) * ILLNESS + ill) * SCHEMES + scheme) * FIFTHS + fifth
                cell_of[i] = number
                cell, old, mine = cells[number], ages[age, scheme], family[scheme]
                item = pools[int64(p.insured[i]), scheme, int64(p.urban[i])]
                own, matched, cost = int64(p.contribution[i]), int64(p.matched[i]), int64(p.cost[i])
                mine[PEOPLE] += 1.0
                item[PEOPLE] += 1
                old[PEOPLE] += 1
                cell[PEOPLE] += 1
                cell[RANKS] += centred
                if scheme > 0:
                    cell[RANKS_IN_SCHEME] += row[TWICE + scheme] - totals[scheme]
                if own + matched > 0:
                    mine[OWN] += float64(own)
                    mine[MATCHED] += float64(matched)
                    item[OWN] += own
                    item[MATCHED] += matched
                    old[OWN] += own
                    old[MATCHED] += matched
                if used[i] > 0:
                    mine[USERS] += 1.0
                    cell[USERS] += 1
                if cost + int64(born[i]) > 0:
                    benefit = int64(p.basic[i]) + int64(p.supplement[i]) + int64(p.assistance[i]) + int64(born[i])
                    co_use, cash = int64(p.family_account[i]), int64(p.self_pay[i])
                    accounts = int64(p.own_account[i]) + co_use
                    benefits += float64(benefit)
                    squares += float64(co_use) * float64(co_use)
                    mine[COST] += float64(cost)
                    mine[BENEFIT] += float64(benefit)
                    mine[ACCOUNTS] += float64(accounts)
                    mine[CASH] += float64(cash)
                    mine[CO_USE] += float64(co_use)
                    item[BENEFIT] += benefit
                    item[ACCOUNTS] += accounts
                    old[BENEFIT] += benefit
                    old[ACCOUNTS] += accounts
                    cell[COST] += cost
                    cell[BENEFIT] += benefit
            share = benefits / size
            for i in range(bounds[home], bounds[home + 1]):
                money = moneys[province[int64(p.insured[i])], int64(p.scheme[i])]
                money[0] += income
                money[1] += share
            if before[home] > 0.0:
                told[0] += before[home] * math.log(income)
            if benefits > 0.0:
                told[1] += benefits * math.log(share)
            if squares > 0.0:
                told[2] += 1.0
                told[3] += squares / (family[0, CO_USE] + family[EMPLOYEE, CO_USE] + family[RESIDENT, CO_USE])
            for scheme in range(SCHEMES):
                if family[scheme, PEOPLE] > 0.0:
                    ranked, inside = float64(centred), 0.0
                    if scheme > 0:
                        inside = float64(row[TWICE + scheme] - totals[scheme])
                    for k in range(ITEMS):
                        products[0, scheme, k] += family[scheme, k] * ranked
                    for k in range(USED):
                        products[1, scheme, k] += family[scheme, k] * inside
            _into_deciles(family, before[home], row[BELOW], row[TIED], totals[0], tenths, money_in)


@inlined
def _into_deciles(family: Real, income: float, low: int, tied: int, total: int, deciles: Real, earned: Real) -> None:
    """Add a family to its income decile; families tied across a cut are split in proportion."""
    whole = float64(total)
    at, end = int64(float64(low * DECILES) / whole), int64(float64((low + tied) * DECILES - 1) / whole)
    for decile in range(at, end + 1):
        share = 1.0
        if at < end:
            upper, lower = min((low + tied) * DECILES, (decile + 1) * total), max(low * DECILES, decile * total)
            share = float64(upper - lower) / float64(tied * DECILES)
        earned[decile] += income * share
        for scheme in range(SCHEMES):
            if family[scheme, PEOPLE] > 0.0:
                for k in range(ITEMS):
                    deciles[decile, scheme, k] += family[scheme, k] * share


@compiled
def expected_by_pool(
    p: Columns, rows: Whole, thread: int, threads: int, cell_of: Whole, value: Real, expected: Real
) -> None:
    """Add the expected benefit of people's cells to their part, pool and scheme [fen]; a thread does its turn."""
    for part in range(thread, rows.shape[0] - 1, threads):
        told = expected[part]
        for i in range(rows[part], rows[part + 1]):
            told[int64(p.insured[i]), int64(p.scheme[i])] += value[cell_of[i]]


@compiled
def expected_by_family(
    p: Columns,
    bounds: Whole,
    ends: Whole,
    thread: int,
    threads: int,
    on_wage: int,
    cell_of: Whole,
    value: Real,
    factor: Real,
    before: Real,
    expected: Real,
    after: Real,
) -> None:
    """Write families' expected benefit and income less contributions plus that [fen]; a thread does its turn."""
    for part in range(thread, ends.shape[0] - 1, threads):
        for home in range(ends[part], ends[part + 1]):
            total, paid = 0.0, int64(0)
            for i in range(bounds[home], bounds[home + 1]):
                scheme = int64(p.scheme[i])
                total += value[cell_of[i]] * factor[int64(p.insured[i]), scheme]
                paid += int64(p.contribution[i]) + int64(p.matched[i]) * int64(scheme == EMPLOYEE) * on_wage
            expected[home] = total
            after[home] = before[home] - float64(paid) + total


@compiled
def hardship(
    ends: Whole,
    thread: int,
    threads: int,
    place: Whole,
    size: Real,
    before: Real,
    cash: Real,
    law: Real,
    heads: Whole,
    flags: Whole,
    out: Real,
) -> None:
    """Add catastrophic spending and impoverishment by cash of families, and write a flag for each kind.

    Args:
        ends: first family of each part; a thread does its turn of the parts.
        thread: the thread's number.
        threads: how many there are.
        place: [family, place] places by income.
        size: [family] people.
        before: [family] income before payments [fen].
        cash: [family] cash for care [fen].
        law: two shares of income, share of capacity, subsistence [fen per head], rounding.
        heads: people, people without income.
        flags: [family] bits written: each share of income, share of capacity, made poor, with income.
        out: by part, for each share of income people above it, overshoot, products of both with centred rank among
            earners; then people above the share of capacity, poor before, poor after, gaps before and after [fen],
            made poor.

    """
    line, rounding = law[3], law[4]
    for part in range(thread, ends.shape[0] - 1, threads):
        told = out[part]
        for home in range(ends[part], ends[part + 1]):
            row = place[home]
            weight = size[home]
            x, oop = before[home] / weight, cash[home] / weight
            flag = 0
            if before[home] > 0.0:
                flag = 1 << EARNED
                share = cash[home] / before[home]
                centred = float64(row[BELOW] + row[BELOW] + row[TIED] - heads[0] - heads[1])
                for turn in range(2):
                    over = share - law[turn]
                    if over > rounding * law[turn]:
                        flag |= 1 << turn
                        told[turn, 0] += weight
                        told[turn, 1] += weight * over
                        told[turn, 2] += weight * centred
                        told[turn, 3] += weight * over * centred
            if oop > 0.0 and oop >= law[2] * (x - line):
                flag |= 4
                told[2, 0] += weight
            poor = line > x
            net = x - oop
            poor_after = line - net > rounding * max(x, oop)
            if poor:
                told[2, 1] += weight
                told[2, 3] += weight * (line - x)
            if poor_after:
                told[2, 2] += weight
                told[3, 0] += weight * (line - net)
                if not poor:
                    flag |= 8
                    told[3, 1] += weight
            flags[home] = flag


@compiled
def remember(
    first: int, last: int, source: Whole, old: Whole, household: Whole, flags: Whole, new: Whole, counts: Whole
) -> None:
    """Carry some people's flags from last year, add this year's, and count each bit before and after."""
    for i in range(first, last):
        bits = int64(0)
        if source[i] >= 0:
            bits = int64(old[source[i]])
            counts[0, FLAGS] += 1
        now = bits | int64(flags[household[i]])
        new[i] = now
        if now > 0:
            for bit in range(FLAGS):
                counts[0, bit] += (bits >> bit) & 1
                counts[1, bit] += (now >> bit) & 1
        counts[1, FLAGS] += 1


@compiled
def add_lives(source: Whole, old: Real, household: Whole, money: Real, new: Real) -> None:
    """Carry every person's years and sums of money per head, and add this year's."""
    for i in range(source.shape[0]):
        home = household[i]
        for place in range(money.shape[1]):
            new[i, place] = money[home, place]
            if source[i] >= 0:
                new[i, place] += old[source[i], place]
