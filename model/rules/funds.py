"""Arithmetic of the funds: reserve months, warnings, the three steps of mutual aid, subsidies and the last resort.

Money is whole fen, shares and months are plain numbers. A position is what a fund would have left at the year's end if
it paid all its bills from its own money; a negative position is what is missing.
Sources: documents 001 and 002 (the three steps), 人社部发〔2009〕67号 (months of reserve), 财社〔2017〕144号.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled
from agents.numeric import fen_share
from agents.units import MONTHS

MANY = 32
"""More parts than these are split as columns, where their products fit."""
MOST = int(np.iinfo(np.int64).max)


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole amount in proportion to whole weights by largest remainder; ties go to the first [fen].

    Raises ValueError if the amount or a weight is negative, or if an amount meets no weight at all.
    """
    total, weights = int(total), [*map(int, weights)]  # uncompiled rules give int64, products pass it
    everything = sum(weights)
    if total < 0 or (weights and min(weights) < 0):
        raise ValueError("amounts and weights must not be negative")
    if total and everything == 0:
        raise ValueError("an amount cannot be split: all weights are zero")
    if total == 0:
        return [0] * len(weights)
    if len(weights) == 1:
        return [total]
    if len(weights) > MANY and max(total * max(weights), everything) <= MOST:
        return _shares_of_many(total, np.array(weights, np.int64))
    parts = [total * weight // everything for weight in weights]
    rest = total - sum(parts)
    if rest:
        order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % everything), i))
        for i in order[:rest]:
            parts[i] += 1
    return parts


def _shares_of_many(total: int, weights: NDArray[np.int64]) -> list[int]:
    """Return the parts of `largest_remainder` where no product passes 64 bits [fen]."""
    parts, left = np.divmod(total * weights, weights.sum())
    parts[np.argsort(-left, kind="stable")[: total - int(parts.sum())]] += 1
    return [*parts.tolist()]


def risk_transfers(risks: Sequence[int], heads: Sequence[int], share: float) -> list[int]:
    """Return what each pool receives (negative: pays) so that risks above the mean a head are shared; sums to zero.

    A share of the expected cost of its members less heads times the mean [fen] (Switzerland, risk equalisation).
    """
    risks, heads = [int(risk) for risk in risks], [int(count) for count in heads]
    if not sum(heads):
        return [0] * len(risks)
    means = largest_remainder(sum(risks), heads)
    more = [int(fen_share(max(0, risk - mean), share)) for risk, mean in zip(risks, means)]
    less = [max(0, mean - risk) for risk, mean in zip(risks, means)]
    return [up - down for up, down in zip(more, largest_remainder(sum(more), less))]


def level_months(positions: Sequence[int], spending: Sequence[int]) -> list[int]:
    """Return the positions that give all funds as many months, adding up to what they have; nobody below zero [fen].

    What is missing altogether stays missing: then everybody is led to zero.
    """
    total, weights = sum(int(each) for each in positions), [int(each) for each in spending]
    if total <= 0:
        return [0] * len(weights)
    return largest_remainder(total, weights) if sum(weights) else [int(each) for each in positions]


@compiled
def reserve_months(balance: int, spending: int) -> float:
    """Return the months a balance pays for at the year's pace, 12 B / X; not a number without spending (67号, 2009)."""
    if spending <= 0:
        return np.nan
    return MONTHS * np.float64(balance) / np.float64(spending)


@compiled
def reserve_band(months: float, short: float, low: float, normal: float, high: float) -> int:
    """Return 0 short, 1 low, 2 normal, 3 high, 4 excess, -1 unknown: short <3<= low <6<= normal <=9< high <=15< excess.

    The bounds are those of 人社部发〔2009〕67号: 6 to 9 months is right, over 15 too much, under 3 too little.
    """
    if np.isnan(months):
        return -1
    if months < short:
        return 0
    if months < low:
        return 1
    if months <= normal:
        return 2
    return 3 if months <= high else 4


@compiled
def months_worth(spending: int, months: float) -> int:
    """Return the spending of so many months [fen]."""
    if spending <= 0 or months <= 0.0:
        return 0
    return fen_share(spending, months / MONTHS)


@compiled
def years_left(
    balance: int, income: int, spending: int, income_growth: float, spending_growth: float, horizon: int
) -> float:
    """Return the years until a balance runs dry at given yearly growth, with a fraction; horizon + 1 where it lasts."""
    left = np.float64(balance)
    if left < 0.0:
        return 0.0
    earned = np.float64(income)
    spent = np.float64(spending)
    for year in range(horizon):
        earned = earned * (1.0 + income_growth)
        spent = spent * (1.0 + spending_growth)
        change = earned - spent
        if left + change < 0.0:
            return np.float64(year) + left / -change
        left = left + change
    return np.float64(horizon) + 1.0


@compiled
def foreseen_months(
    balance: int, income: int, spending: int, income_growth: float, spending_growth: float, years: int
) -> float:
    """Return the reserve foreseen after so many years at given yearly growth, NaN if unknown [months]."""
    left = np.float64(balance)
    earned = np.float64(income)
    spent = np.float64(spending)
    for _ in range(years):
        earned = earned * (1.0 + income_growth)
        spent = spent * (1.0 + spending_growth)
        left = left + earned - spent
    if spent <= 0.0:
        return np.nan
    return MONTHS * left / spent


@compiled
def step1_needed(
    position: int, spending: int, foreseen: float, trigger_months: float, when_foreseen: int, target_months: float
) -> int:
    """Return what a fund asks of its brother fund: the way to its target, once short or foreseen to run dry [fen]."""
    short = position < 0 or position < months_worth(spending, trigger_months)
    if not short and not (when_foreseen == 1 and foreseen < 0.0):
        return 0
    return max(0, months_worth(spending, target_months) - position)


@compiled
def step1_offer(position: int, spending: int, keep_months: float, share: float) -> int:
    """Return what a fund may lend its brother fund: a share of what it holds above the months it keeps [fen]."""
    above = position - months_worth(spending, keep_months)
    if position <= 0 or above <= 0:
        return 0
    return min(above, fen_share(above, max(share, 0.0)))


@compiled
def step1_loan(need: int, offer: int) -> int:
    """Return the loan between the two funds of one pool: the smaller of need and offer [fen] (document 002, step 1)."""
    return max(0, min(need, offer))


@compiled
def step1_repayment(
    outstanding: int, balance: int, spending: int, surplus: int, floor_months: float, share: float
) -> int:
    """Return the year's repayment: a share of last year's surplus, never below the floor of months [fen]."""
    above = balance - months_worth(spending, floor_months)
    if above <= 0 or surplus <= 0:
        return 0
    return min(outstanding, above, fen_share(surplus, share))


@compiled
def step2_upload(
    income: int, rate: float, adjustment: int, province_spending: int, stop_months: float, balance: int
) -> int:
    """Return a pool's payment to its province: a rate of last year's income [fen] (Shaanxi 2024).

    Nothing once the province's fund covers so many months of all its pools' spending, and never more than the pool has.
    """
    if stop_months > 0.0 and adjustment >= months_worth(province_spending, stop_months):
        return 0
    return max(0, min(fen_share(income, rate), balance))


@compiled
def gap_to(position: int, spending: int, target_months: float) -> int:
    """Return what a fund lacks after its own balance, up to a target of months (0: the bare deficit) [fen]."""
    return max(0, months_worth(spending, target_months) - position)


@compiled
def step2_triggered(
    position: int,
    income: int,
    spending: int,
    foreseen: float,
    short_months: float,
    when_short: int,
    when_foreseen: int,
    when_deficit: int,
) -> int:
    """Return 1 if a pool is short now, short foreseen or in deficit, as far as each counts (document 002, step 2)."""
    if position < 0:
        return 1
    if when_short == 1 and position < months_worth(spending, short_months):
        return 1
    if when_foreseen == 1 and foreseen < short_months:
        return 1
    if when_deficit == 1 and spending > income:
        return 1
    return 0


@compiled
def age_index(active: int, retired: int, active_all: int, retired_all: int) -> float:
    """Return retired per active member relative to the whole province; 1 where that is unknown."""
    if active <= 0 or active_all <= 0 or retired_all <= 0:
        return 1.0
    return (np.float64(retired) / np.float64(active)) / (np.float64(retired_all) / np.float64(active_all))


@compiled
def step2_share(index: float, lowest: float, slope: float, highest: float, managerial: float) -> float:
    """Return the share of a gap that the province pays: the older the pool, the more (Hainan, Shaanxi).

    lowest + slope x index, at most `highest`; the part of the gap held to be poor management is not covered.
    """
    return max(0.0, min(lowest + slope * index, highest)) * (1.0 - managerial)


@compiled
def need_weight(active: int, retired: int, weight_active: float, weight_retired: float) -> int:
    """Return the weight of a pool's members in equalisation, a retired member counting for several active."""
    return fen_share(active, weight_active) + fen_share(retired, weight_retired)


@compiled
def step3_upload(
    income: int, rate: float, national: int, national_spending: int, stop_months: float, excess: int, balance: int
) -> int:
    """Return a pool's payment to the nation: a rate of last year's income and its part of excess reserves [fen].

    Never more than the pool has. Nothing on income once the national fund covers so many months of all pools' spending.
    """
    covered = stop_months > 0.0 and national >= months_worth(national_spending, stop_months)
    return max(0, min((0 if covered else fen_share(income, rate)) + excess, balance))


@compiled
def excess_part(balance: int, spending: int, excess_months: float, rate: float) -> int:
    """Return the part asked of what a pool holds beyond the months that are too many [fen]."""
    return fen_share(max(0, balance - months_worth(spending, excess_months)), rate)


@compiled
def pension_upload(base_share: float, wage: int, active: int, rate: float) -> int:
    """Return a pool's payment by the pension rule of 2018: rate x share of the average wage x heads [fen]."""
    return fen_share(fen_share(wage, base_share) * active, rate)


@compiled
def step3_aid(gap: int, spending: int, retention: float, share: float) -> int:
    """Return the nation's aid to a province: a share of the gap beyond a share of its spending [fen]."""
    beyond = gap - fen_share(spending, retention)
    if beyond <= 0:
        return 0
    return min(gap, fen_share(beyond, share))


@compiled
def backstop(gap: int, income: int, share: float, limit: float) -> int:
    """Return what the treasury pays of a gap, at most so much of the year's income [fen] (社会保险法 art. 65)."""
    return max(0, min(gap, fen_share(gap, share), fen_share(income, limit)))


@compiled
def arrears_payment(owed: int, free: int, share: float) -> int:
    """Return what a fund pays its providers of old bills: a share of what this year's bills leave [fen]."""
    return max(0, min(owed, free, fen_share(free, share)))


@compiled
def coverage_after(arrears: int, cut: float) -> float:
    """Return the share of benefits a pool still grants in the year after it left bills unpaid."""
    return 1.0 - cut if arrears > 0 else 1.0


@compiled
def budget_factor(
    before: float, income: int, spending: int, coupling: float, strength: float, largest_change: float
) -> float:
    """Return next year's factor on the cost of care: spending drawn to a share of income (以收定支, 国发〔1998〕44号).

    A strength of 0 leaves the budget alone, 1 moves it all the way, by no more than the largest change a year.
    """
    if income <= 0 or spending <= 0:
        return before
    pull = strength * (coupling * np.float64(income) / np.float64(spending) - 1.0)
    return before * (1.0 + max(-largest_change, min(pull, largest_change)))


@compiled
def interest_due(balance: int, rate: float) -> int:
    """Return a year's interest on a balance [fen]."""
    return max(0, fen_share(balance, rate))
