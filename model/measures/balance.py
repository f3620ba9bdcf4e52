"""Fund balance: months of reserve, balance ratios, deficits and first passage below zero.

Sources: 人社部发〔2009〕67号 (bands of months) and the ratios of the yearly bulletins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from agents.units import MONTHS
from model.measures.common import ROUNDING, Array, Fields, Values, finite, number, numbers, over, undefined

BANDS: Final = ((3, "deficient"), (6, "low"))
"""Lower bands end below these months (document 2009 no. 67; the names between are ours)."""
UPPER_BANDS: Final = ((9, "normal"), (15, "high"))
"""Upper bands include these months."""
NAMES: Final = (*(name for _, name in (*BANDS, *UPPER_BANDS)), "excess")
BELOW: Final = np.array([limit * (1 - ROUNDING) for limit, _ in BANDS])
UP_TO: Final = np.array([limit * (1 + ROUNDING) for limit, _ in UPPER_BANDS])


@dataclass(frozen=True, slots=True, eq=False)
class ReserveMonths(Fields):
    """Months of spending covered, and the name of the band (None where undefined)."""

    months: float
    band: str | None


def bands(months: Values) -> list[str]:
    """Return the bands of numbers of months: deficient < 3 <= low < 6 <= normal <= 9 < high <= 15 < excess."""
    values = numbers("months", months)
    places = np.searchsorted(BELOW, values, side="right") + np.searchsorted(UP_TO, values, side="left")
    return [NAMES[place] for place in places.tolist()]


def reserve_months(balance: float, expenditure: float) -> ReserveMonths:
    """Return the cumulative balance at year end over the monthly expenditure of the year [months]."""
    balance, expenditure = number("balance", balance), number("expenditure", expenditure)
    if expenditure < 0:
        raise ValueError("expenditure is negative")
    if expenditure == 0 and balance <= 0:
        return ReserveMonths(months=undefined("neither spending nor reserves"), band=None)
    months = MONTHS * balance / expenditure if expenditure > 0 else float("inf")
    return ReserveMonths(months=months, band=bands([months])[0])


@dataclass(frozen=True, slots=True, eq=False)
class BalanceRatio(Fields):
    """Current balance (money) and ratios (no unit)."""

    current_balance: float
    current_ratio: float
    cumulative_ratio: float
    cumulative_to_expenditure: float


def balance_ratio(income: float, expenditure: float, cumulative: float) -> BalanceRatio:
    """Return the year's balance [unit of income] and the ratios; the cumulative ratio is over the year's income."""
    income, expenditure = number("income", income), number("expenditure", expenditure)
    cumulative = number("cumulative", cumulative)
    return BalanceRatio(
        current_balance=income - expenditure,
        current_ratio=over(income - expenditure, income, "there is no income"),
        cumulative_ratio=over(cumulative, income, "there is no income"),
        cumulative_to_expenditure=over(cumulative, expenditure, "there is no expenditure"),
    )


@dataclass(frozen=True, slots=True, eq=False)
class DeficitFirstPassage(Fields):
    """Probabilities by year, first year of ruin by path (NaN: never), means in years."""

    p_deficit: Array
    p_any_deficit: float
    first_passage: Array
    p_ruin: Array
    mean_first_passage: float
    restricted_mean: float


def _below_zero(u0: float, flows: Array, whole: bool) -> npt.NDArray[np.bool_]:
    """Return where the balance is below 0; fractional amounts within rounding of 0 count as 0."""
    balance = u0 + np.cumsum(flows, axis=1)
    if whole:
        return balance < 0
    return balance < -ROUNDING * (abs(u0) + np.cumsum(np.abs(flows), axis=1))


def deficit_first_passage(u0: float, flows: Values) -> DeficitFirstPassage:
    """Return deficit and ruin over simulated paths of net flows (rows) and years (columns).

    Deficit: net flow < 0. Ruin: the first year-end with a balance < 0; it is absorbing.
    """
    u0 = number("u0", u0)
    paths = finite("flows", numbers("flows", flows, dimensions=2))
    if not paths.size:
        nothing = np.empty(0)
        return DeficitFirstPassage.void("there is no path", p_deficit=nothing, first_passage=nothing, p_ruin=nothing)
    whole = not np.any(np.mod(paths, 1)) and np.mod(u0, 1) == 0
    ruined = np.logical_or.accumulate(_below_zero(u0, paths, whole), axis=1)
    ever, years = ruined[:, -1], paths.shape[1]
    first = np.where(ever, years - np.sum(ruined, axis=1) + 1, np.nan)
    deficit = paths < 0
    return DeficitFirstPassage(
        p_deficit=np.mean(deficit, axis=0),
        p_any_deficit=float(np.mean(np.any(deficit, axis=1))),
        first_passage=first,
        p_ruin=np.mean(ruined, axis=0),
        mean_first_passage=float(np.mean(first[ever])) if ever.any() else undefined("no path is ruined"),
        restricted_mean=float(np.mean(np.where(ever, first, years))),
    )
