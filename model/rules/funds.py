"""Arithmetic of the funds: reserve months, warnings, the three steps of mutual aid, subsidies and the last resort.

Money is whole fen, shares and months are plain numbers. A position is what a fund would have left at the year's end if
it paid all its bills from its own money; a negative position is what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.compiled import compiled
from agents.numeric import fen_share

MONTHS = 12


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole amount in proportion to whole weights by largest remainder; ties go to the first [fen].

    Raises ValueError if the amount or a weight is negative, or if an amount meets no weight at all.
    """
    everything = sum(weights)
    if total < 0 or (weights and min(weights) < 0):
        raise ValueError("amounts and weights must not be negative")
    if everything == 0:
        if total:
            raise ValueError("an amount cannot be split: all weights are zero")
        return [0] * len(weights)
    parts = [total * weight // everything for weight in weights]
    rest = total - sum(parts)
    if rest:
        order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % everything), i))
        for i in order[:rest]:
            parts[i] += 1
    return parts


@compiled
def reserve_months(balance: int, spending: int) -> float:
    """Return the months a balance pays for at the year's pace, 12 B / X; not a number without spending (67号, 2009)."""
    if spending <= 0:
        return np.float64(np.nan)
    return np.float64(12.0) * np.float64(balance) / np.float64(spending)


@compiled
def reserve_band(months: float, short: float, low: float, normal: float) -> int:
    """Return 0 below `short` months, 1 below `low`, 2 up to `normal`, 3 above; -1 where months are unknown."""
    if np.isnan(months):
        return np.int64(-1)
    if months < short:
        return np.int64(0)
    if months < low:
        return np.int64(1)
    if months <= normal:
        return np.int64(2)
    return np.int64(3)


@compiled
def status_band(months: float, short: float, low: float, normal: float, high: float) -> int:
    """Return 0 short, 1 low, 2 normal, 3 high, 4 excess, -1 unknown: short <3<= low <6<= normal <=9< high <=15< excess.

    The bounds are those of 人社部发〔2009〕67号: 6 to 9 months is right, over 15 too much, under 3 too little.
    """
    band = reserve_band(months, short, low, normal)
    if band == 3 and months > high:
        return np.int64(4)
    return band


@compiled
def months_worth(spending: int, months: float) -> int:
    """Return the spending of so many months [fen]."""
    if spending <= 0 or months <= 0.0:
        return np.int64(0)
    return np.int64(np.floor(np.float64(spending) * months / np.float64(12.0) + 0.5))


@compiled
def years_left(
    balance: int, income: int, spending: int, income_growth: float, spending_growth: float, horizon: int
) -> float:
    """Return the years until a balance runs dry at given yearly growth, with a fraction; horizon + 1 where it lasts."""
    left = np.float64(balance)
    earned = np.float64(income)
    spent = np.float64(spending)
    for year in range(horizon):
        earned = earned * (1.0 + income_growth)
        spent = spent * (1.0 + spending_growth)
        change = earned - spent
        if left + change < 0.0:
            if left <= 0.0 or change >= 0.0:
                return np.float64(year)
            return np.float64(year) + left / -change
        left = left + change
    return np.float64(horizon) + 1.0


@compiled
def step1_needed(position: int, spending: int, trigger_months: float, target_months: float) -> int:
    """Return what a fund asks of its brother fund: the way to its target, once below the trigger [fen]."""
    if position >= 0 and position >= months_worth(spending, trigger_months):
        return np.int64(0)
    return np.int64(max(np.int64(0), months_worth(spending, target_months) - np.int64(position)))


@compiled
def step1_offer(position: int, spending: int, keep_months: float, share: float) -> int:
    """Return what a fund may lend its brother fund: a share of what it holds above the months it keeps [fen]."""
    above = np.int64(position) - months_worth(spending, keep_months)
    if position <= 0 or above <= 0:
        return np.int64(0)
    return np.int64(np.floor(np.float64(above) * min(max(share, 0.0), 1.0)))


@compiled
def step1_loan(
    needy: int,
    needy_spending: int,
    donor: int,
    donor_spending: int,
    trigger_months: float,
    target_months: float,
    keep_months: float,
    share: float,
) -> int:
    """Return the loan between the two funds of one pool: the smaller of need and offer [fen] (document 002, step 1)."""
    need = step1_needed(needy, needy_spending, trigger_months, target_months)
    return np.int64(min(need, step1_offer(donor, donor_spending, keep_months, share)))


@compiled
def step1_repayment(
    outstanding: int, balance: int, spending: int, surplus: int, floor_months: float, share: float
) -> int:
    """Return the year's repayment: a share of last year's surplus, never below the floor of months [fen]."""
    above = np.int64(balance) - months_worth(spending, floor_months)
    if above <= 0 or surplus <= 0:
        return np.int64(0)
    return np.int64(min(np.int64(outstanding), above, fen_share(surplus, share)))


@compiled
def step2_upload(
    income: int, rate: float, adjustment: int, province_spending: int, stop_months: float, balance: int
) -> int:
    """Return a pool's payment to its province: a rate of last year's income [fen] (Shaanxi 2024).

    Nothing once the province's fund covers so many months of all its pools' spending, and never more than the pool has.
    """
    if stop_months > 0.0 and adjustment >= months_worth(province_spending, stop_months):
        return np.int64(0)
    return np.int64(max(np.int64(0), min(fen_share(income, rate), np.int64(balance))))


@compiled
def step2_gap(position: int, spending: int, target_months: float) -> int:
    """Return what is missing after a fund's own balance, up to a target of months (0: the bare deficit) [fen]."""
    return np.int64(max(np.int64(0), months_worth(spending, target_months) - np.int64(position)))


@compiled
def step2_triggered(
    position: int,
    income: int,
    spending: int,
    short_months: float,
    years: float,
    foreseen_years: float,
    when_short: int,
    when_foreseen: int,
    when_deficit: int,
) -> int:
    """Return 1 if a pool is short now, short foreseen or in deficit, as far as each counts (document 002, step 2)."""
    if position < 0:
        return np.int64(1)
    if when_short == 1 and position < months_worth(spending, short_months):
        return np.int64(1)
    if when_foreseen == 1 and years < foreseen_years:
        return np.int64(1)
    if when_deficit == 1 and spending > income:
        return np.int64(1)
    return np.int64(0)


@compiled
def step2_share(
    active: int, retired: int, active_all: int, retired_all: int, base: float, slope: float, low: float, high: float
) -> float:
    """Return the share of a gap that the province pays: the older the pool against its province, the more (Hainan).

    base + slope x (index - 1), where the index is retired per active member over that of the province; 1 if unknown.
    """
    index = np.float64(1.0)
    if active > 0 and active_all > 0 and retired_all > 0:
        index = (np.float64(retired) / np.float64(active)) / (np.float64(retired_all) / np.float64(active_all))
    return np.float64(min(max(base + slope * (index - 1.0), low), high))


@compiled
def step3_upload(income: int, rate: float, balance: int) -> int:
    """Return a pool's payment to the nation: a rate of last year's income, never more than it has [fen]."""
    return np.int64(max(np.int64(0), min(fen_share(income, rate), np.int64(balance))))


@compiled
def step3_aid(gap: int, spending: int, retention: float, share: float) -> int:
    """Return the nation's aid to a province: a share of the gap beyond so much of its spending [fen] (excess of loss)."""
    beyond = np.int64(gap) - fen_share(spending, retention)
    if beyond <= 0:
        return np.int64(0)
    return np.int64(min(np.int64(gap), fen_share(beyond, share)))


@compiled
def backstop(gap: int, income: int, limit: float) -> int:
    """Return what the treasury pays of a gap, at most so much of the year's income [fen] (社会保险法 art. 65)."""
    return np.int64(max(np.int64(0), min(np.int64(gap), fen_share(income, limit))))


@compiled
def coverage_after(arrears: int, spending: int, floor: float) -> float:
    """Return the share of benefits a pool still grants in the year after it left bills unpaid."""
    if arrears <= 0 or spending <= 0:
        return np.float64(1.0)
    return np.float64(max(floor, 1.0 - np.float64(arrears) / np.float64(spending)))


@compiled
def budget_factor(before: float, income: int, spending: int, coupling: float, low: float, high: float) -> float:
    """Return next year's factor on the cost of care: spending drawn towards income (以收定支, 国发〔1998〕44号).

    A coupling of 0 leaves the budget alone, 1 moves it all the way from this year's spending to this year's income.
    """
    if coupling <= 0.0 or income <= 0 or spending <= 0:
        return np.float64(before)
    pull = 1.0 + coupling * (np.float64(income) / np.float64(spending) - 1.0)
    return np.float64(min(max(before * pull, low), high))


@compiled
def interest_due(balance: int, rate: float) -> int:
    """Return a year's interest on a balance [fen]."""
    return np.int64(max(np.int64(0), fen_share(balance, rate)))
