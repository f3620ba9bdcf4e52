"""The compiled passes over people and families from which all yearly measures follow."""

from __future__ import annotations

import math
from typing import Any

from agents.compiled import compiled, float64, inlined, int64
from agents.person import Columns

Whole = Any
Real = Any
PEOPLE, OWN, MATCHED, COST, USERS, BENEFIT, ACCOUNTS, CASH, CO_USE = range(9)
ITEMS = 9
"""What is summed: people, own and matched contributions, cost, users of care, who paid [fen, persons]."""
RANKS, RANKS_IN_SCHEME = ITEMS, ITEMS + 1
CELL_ITEMS = ITEMS + 2
SCHEMES, SEXES, ILLNESS, FIFTHS, DECILES = 3, 2, 3, 5, 10
EMPLOYEE, RESIDENT = 1, 2
AGES = 101
CELLS_OF_AGE = SEXES * ILLNESS * SCHEMES * FIFTHS
FLAGS = 4
SIZE = 0
BELOW, TIED, HEAD = 3, 4, 5
TWICE = 5
PLACES = 8
"""A family's row: people, of them employees and residents; people below and tied by income; first of the tied;
twice the mid-rank of its employees among employees and of its residents among residents."""


@compiled
def families(
    p: Columns, bounds: Whole, first: int, last: int, on_wage: int, place: Whole, before: Real, after: Real, cash: Real
) -> None:
    """Write every family's people by scheme, income before payments, after contributions and cash, and cash [fen]."""
    for home in range(first, last):
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
        row = place[home]
        row[SIZE] = bounds[home + 1] - bounds[home]
        row[EMPLOYEE] = employees
        row[RESIDENT] = residents
        before[home] = float64(income)
        after[home] = float64(income - paid - oop)
        cash[home] = float64(oop)


@compiled
def mid_ranks(rows: Whole, values: Real, place: Whole) -> None:
    """Write each family's place by a variable, given the order of families; see `SIZE` and its like."""
    size = rows.shape[0]
    start = 0
    under, under_e, under_r = int64(0), int64(0), int64(0)
    while start < size:
        end = start
        value = values[rows[start]]
        tied, tied_e, tied_r = int64(0), int64(0), int64(0)
        while end < size and values[rows[end]] == value:
            row = place[rows[end]]
            tied += row[SIZE]
            tied_e += row[EMPLOYEE]
            tied_r += row[RESIDENT]
            end += 1
        for at in range(start, end):
            row = place[rows[at]]
            row[BELOW] = under
            row[TIED] = tied
            row[HEAD] = rows[start]
            row[TWICE + EMPLOYEE] = under_e + under_e + tied_e
            row[TWICE + RESIDENT] = under_r + under_r + tied_r
        under, under_e, under_r = under + tied, under_e + tied_e, under_r + tied_r
        start = end


@compiled
def sums(
    p: Columns,
    bounds: Whole,
    first: int,
    last: int,
    place: Whole,
    totals: Whole,
    before: Real,
    province: Whole,
    cells: Whole,
    pools: Whole,
    family: Real,
    dots: Real,
    deciles: Real,
    earned: Real,
    theil: Real,
    logs: Real,
    cell_of: Whole,
) -> None:
    """Add families' people and money to cells, pools and income deciles, and their products with ranks.

    Args:
        p: the people.
        bounds: first person of each family.
        first: first family.
        last: family after the last.
        place: [family, place] people and ranks.
        totals: [group] persons: all, employees, residents.
        before: [family] income before payments [fen].
        province: [pool] place of the pool's province.
        cells: [age × sex × illness × scheme × fifth, item] sums, added to.
        pools: [pool, scheme, urban, item] sums, added to.
        family: [scheme, item] room for one family.
        dots: [ranking, scheme, item] sums of money times twice the centred rank, by everybody's and by members' rank.
        deciles: [decile, scheme, item] sums; those on a cut are split.
        earned: [decile] income before payments [fen]; the same.
        theil: [province, scheme, benefit] sums of money per head of the family [fen]; 0 income, 1 benefit.
        logs: [4] sums of money times the logarithm of money per head, income and benefit; families whose members use
            relatives' accounts; sum over them of the squares of what each uses over what all use [fen].
        cell_of: [person] cell, written.

    """
    for home in range(first, last):
        family[:, :] = 0.0
        row = place[home]
        size = float64(row[SIZE])
        twice = row[BELOW] + row[BELOW] + row[TIED]
        centred = twice - totals[0]
        fifth = min(int64(float64(FIFTHS * twice) / float64(2 * totals[0])), FIFTHS - 1)
        income = before[home] / size
        benefits, squares = 0.0, 0.0
        for i in range(bounds[home], bounds[home + 1]):
            scheme = int64(p.scheme[i])
            pool = int64(p.insured[i])
            age, sex, ill = min(int64(p.age[i]), AGES - 1), int64(p.sex[i]), int64(p.chronic[i])
            number = (((age * SEXES + sex) * ILLNESS + ill) * SCHEMES + scheme) * FIFTHS + fifth
            cell_of[i] = number
            cell, item, mine = cells[number], pools[pool, scheme, int64(p.urban[i])], family[scheme]
            own, matched, cost = int64(p.contribution[i]), int64(p.matched[i]), int64(p.cost[i])
            mine[PEOPLE] += 1.0
            item[PEOPLE] += 1
            cell[PEOPLE] += 1
            cell[RANKS] += centred
            if scheme > 0:
                cell[RANKS_IN_SCHEME] += row[TWICE + scheme] - totals[scheme]
            if own + matched > 0:
                mine[OWN] += float64(own)
                mine[MATCHED] += float64(matched)
                item[OWN] += own
                item[MATCHED] += matched
                cell[OWN] += own
                cell[MATCHED] += matched
            if cost > 0:
                benefit = int64(p.basic[i]) + int64(p.supplement[i]) + int64(p.assistance[i])
                co_use, cash = int64(p.family_account[i]), int64(p.self_pay[i])
                accounts = int64(p.own_account[i]) + co_use
                benefits += float64(benefit)
                squares += float64(co_use) * float64(co_use)
                mine[COST] += float64(cost)
                mine[USERS] += 1.0
                mine[BENEFIT] += float64(benefit)
                mine[ACCOUNTS] += float64(accounts)
                mine[CASH] += float64(cash)
                mine[CO_USE] += float64(co_use)
                item[BENEFIT] += benefit
                item[ACCOUNTS] += accounts
                item[COST] += cost
                cell[COST] += cost
                cell[USERS] += 1
                cell[BENEFIT] += benefit
                cell[ACCOUNTS] += accounts
        for i in range(bounds[home], bounds[home + 1]):
            money = theil[province[int64(p.insured[i])], int64(p.scheme[i])]
            money[0] += income
            money[1] += benefits / size
        if before[home] > 0.0:
            logs[0] += before[home] * math.log(income)
        if benefits > 0.0:
            logs[1] += benefits * math.log(benefits / size)
        if squares > 0.0:
            logs[2] += 1.0
            logs[3] += squares / (family[0, CO_USE] + family[EMPLOYEE, CO_USE] + family[RESIDENT, CO_USE])
        for scheme in range(SCHEMES):
            if family[scheme, PEOPLE] > 0.0:
                ranked, inside = float64(centred), 0.0
                if scheme > 0:
                    inside = float64(row[TWICE + scheme] - totals[scheme])
                for k in range(ITEMS):
                    dots[0, scheme, k] += family[scheme, k] * ranked
                    dots[1, scheme, k] += family[scheme, k] * inside
        _into_deciles(family, before[home], row[BELOW], row[TIED], totals[0], deciles, earned)


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
def expected_by_pool(p: Columns, first: int, last: int, cell_of: Whole, value: Real, expected: Real) -> None:
    """Add the expected benefit of people's cells to their pool and scheme [fen]."""
    for i in range(first, last):
        expected[int64(p.insured[i]), int64(p.scheme[i])] += value[cell_of[i]]


@compiled
def expected_by_family(
    p: Columns,
    bounds: Whole,
    first: int,
    last: int,
    on_wage: int,
    cell_of: Whole,
    value: Real,
    factor: Real,
    before: Real,
    expected: Real,
    after: Real,
) -> None:
    """Write every family's expected benefit and its income less contributions plus that benefit [fen]."""
    for home in range(first, last):
        total, paid = 0.0, int64(0)
        for i in range(bounds[home], bounds[home + 1]):
            scheme = int64(p.scheme[i])
            total += value[cell_of[i]] * factor[int64(p.insured[i]), scheme]
            paid += int64(p.contribution[i]) + int64(p.matched[i]) * int64(scheme == EMPLOYEE) * on_wage
        expected[home] = total
        after[home] = before[home] - float64(paid) + total


@compiled
def reranked(values: Real, ranked: Whole, total: int, passed: Whole, out: Real) -> None:
    """Write three sums of money times centred rank: by its own order; by income; by income, then itself among the tied.

    Ranks of families with the same money are added up as whole numbers: the order among them changes nothing.

    Args:
        values: money per head of families, ascending.
        ranked: [order, place] their people and ranks by income, in the same order.
        total: persons.
        passed: [family] room for the weight already passed among families tied by income.
        out: the three sums, twice the covariance with rank times persons squared.

    """
    size, start = values.shape[0], 0
    under = int64(0)
    own, by_income, nested = 0.0, 0.0, 0.0
    for row in range(size):
        passed[row] = 0
    while start < size:
        end, tied, ranks, inside = start, int64(0), int64(0), int64(0)
        value = values[start]
        while end < size and values[end] == value:
            row = ranked[end]
            weight = row[SIZE]
            tied += weight
            before = passed[row[HEAD]]
            passed[row[HEAD]] = before + weight
            ranks += weight * (row[BELOW] + row[BELOW] + row[TIED] - total)
            inside += weight * (row[BELOW] + row[BELOW] + before + before + weight - total)
            end += 1
        own += value * float64(tied * (under + under + tied - total))
        by_income += value * float64(ranks)
        nested += value * float64(inside)
        under += tied
        start = end
    out[0] = own
    out[1] = by_income
    out[2] = nested


@compiled
def hardship(
    first: int, last: int, place: Whole, before: Real, cash: Real, law: Real, heads: Whole, flags: Whole, out: Real
) -> None:
    """Add catastrophic spending and impoverishment by cash of families, and write a flag for each kind.

    Args:
        first: first family.
        last: family after the last.
        place: [family, place] people and ranks by income.
        before: [family] income before payments [fen].
        cash: [family] cash for care [fen].
        law: two shares of income, share of capacity, subsistence [fen per head], rounding.
        heads: people, people without income.
        flags: [family] bits written: each share of income, share of capacity, made poor.
        out: for each share of income people above it, overshoot, their products with centred rank among earners;
            then people above the share of capacity, poor before, poor after, gaps before and after [fen], made poor.

    """
    line, rounding = law[3], law[4]
    for home in range(first, last):
        row = place[home]
        weight = float64(row[SIZE])
        x, oop = before[home] / weight, cash[home] / weight
        flag = 0
        if before[home] > 0.0:
            share = cash[home] / before[home]
            centred = float64(row[BELOW] + row[BELOW] + row[TIED] - heads[0] - heads[1])
            for turn in range(2):
                over = share - law[turn]
                if over > rounding * law[turn]:
                    flag |= 1 << turn
                    out[turn, 0] += weight
                    out[turn, 1] += weight * over
                    out[turn, 2] += weight * centred
                    out[turn, 3] += weight * over * centred
        if oop > 0.0 and oop >= law[2] * (x - line):
            flag |= 4
            out[2, 0] += weight
        poor = line > x
        net = x - oop
        poor_after = line - net > rounding * max(x, oop)
        if poor:
            out[2, 1] += weight
            out[2, 3] += weight * (line - x)
        if poor_after:
            out[2, 2] += weight
            out[3, 0] += weight * (line - net)
            if not poor:
                flag |= 8
                out[3, 1] += weight
        flags[home] = flag


@compiled
def remember(source: Whole, old: Whole, household: Whole, flags: Whole, new: Whole, counts: Whole) -> None:
    """Carry every person's flags from last year, add this year's, and count each bit before and after."""
    for i in range(source.shape[0]):
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
