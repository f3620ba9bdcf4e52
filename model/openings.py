"""Opening balances: the published national closings of a year, spread over pools by a stated method.

Published are the nation and, for 2023, the share of six provinces in the employee balances; the rest of the spread is
assumed. Critical illness, large-sum and medical assistance open at zero: their balances are not published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model import data
from model.data.apportion import largest_remainder
from model.errors import DataError
from model.places import FEN, PERCENT, Growth, Spread, extra_of_year, power, scatter, wages_of_year

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Fens = NDArray[np.int64]

SCHEMES = {"employee_pool": "employee_pooled", "resident_pool": "resident", "employee_accounts": "employee_account"}
AT_ZERO = ("critical_illness", "large_sum", "medical_assistance")
BALANCE = "fund_cumulative_balance"
FIRST_YEAR = 2018
FIRST_SPLIT = 2019  # first year in which pool and accounts are published apart
PRELIMINARY = "nhsa_quick_report"  # of 2019 without maternity insurance, then a fund of its own
LAST_PUBLISHED = 2024
SIX_YEAR = 2023
SIX = (110000, 310000, 320000, 330000, 440000, 510000)  # Beijing, Shanghai, Jiangsu, Zhejiang, Guangdong, Sichuan
SALTS = {"employee_pool": 2, "employee_accounts": 3, "resident_pool": 4}


@dataclass(frozen=True, slots=True)
class Total:
    """A national balance and how it is known: published, derived or assumed, with the formula."""

    fen: int
    status: str
    how: str


@data.cached
def national(year: int) -> dict[str, Total]:
    """Return the nation's closing balances of a year by fund [fen].

    Errors: DataError for a year before 2018 or after 2025.
    """
    if year == FIRST_YEAR:
        return _first_year()
    if FIRST_SPLIT <= year <= LAST_PUBLISHED:
        return {fund: _published(fund, year) for fund in SCHEMES}
    if year == LAST_PUBLISHED + 1:
        return {fund: _carried_on(fund) for fund in SCHEMES}
    raise DataError(f"opening balances of {year}: expected a year from {FIRST_YEAR} to {LAST_PUBLISHED + 1}")


def _value(indicator: str, scheme: str, year: int) -> int:
    """Return a national amount of a year [fen]."""
    values = data.series(indicator, scheme, unit="100m_yuan")
    if year not in values:
        raise DataError(f"national_series.csv: {indicator} of {scheme} in {year}: expected a row")
    return data.fen(values[year])


def _maternity() -> int:
    """Return the reserve that maternity insurance brought in when it merged, end of 2019 [fen].

    The employee pool with maternity (bulletin, recalled) less the pool without it (quick report); revisions are in it.
    """
    scheme = SCHEMES["employee_pool"]
    without = data.series(BALANCE, scheme, prefer=(PRELIMINARY,), unit="100m_yuan")[FIRST_SPLIT]
    return _value(BALANCE, scheme, FIRST_SPLIT) - data.fen(without)


def _published(fund: str, year: int) -> Total:
    """Return a published closing; that of 2019 is the bulletin's, recalled, with maternity insurance as later."""
    scheme = SCHEMES[fund]
    amount = _value(BALANCE, scheme, year)
    if data.origin(BALANCE, scheme)[year] == "recalled":
        return Total(amount, "assumed", f"national_series.csv, {scheme}: recalled from the bulletin of {year}")
    frame = data.table("national_series")
    rows = frame[(frame["indicator"] == BALANCE) & (frame["scheme"] == scheme) & (frame["year"] == year)]
    told = any(data.fen(value) == amount for value in rows[rows["series"] != "derived"]["value"])
    how = "as published" if told else "from published totals less their other parts"
    return Total(amount, "published" if told else "derived", f"national_series.csv, {scheme}: {how}")


def _first_year() -> dict[str, Total]:
    """Return the closings of 2018: pool and accounts recalled, the resident scheme's worked back from 2019."""
    pool, accounts = (_value(BALANCE, SCHEMES[fund], FIRST_YEAR) for fund in ("employee_pool", "employee_accounts"))
    spent_more = _value("fund_expenditure", "resident", FIRST_SPLIT) - _value("fund_income", "resident", FIRST_SPLIT)
    resident = _value(BALANCE, "resident", FIRST_SPLIT) + spent_more
    how = "recalled from the bulletin of 2018"
    return {
        "employee_pool": Total(pool + _maternity(), "derived", f"{how}, plus the maternity reserve of 2019"),
        "resident_pool": Total(resident, "derived", "closing of 2019 less income plus spending of 2019"),
        "employee_accounts": Total(accounts, "assumed", how),
    }


def _carried_on(fund: str) -> Total:
    """Return the year after the last published one: its closing plus its surplus once more."""
    last = _value(BALANCE, SCHEMES[fund], LAST_PUBLISHED)
    before = _value(BALANCE, SCHEMES[fund], LAST_PUBLISHED - 1)
    return Total(last + (last - before), "assumed", "closing of 2024 plus the growth of 2024; 2025 is not published")


def openings(
    year_end: int,
    employees: Floats | Fens,
    residents: Floats | Fens,
    standard: int,
    spread: Spread,
    growth: Growth,
    account_holders: Floats | Fens | None = None,
    weight: int = 1,
) -> dict[str, Fens]:
    """Return opening balances by fund and pool: the closings of a year [fen].

    `employees` and `residents` are members by pool; `standard` is the year's financing of a resident without local
    extra [fen]. Employee balances follow the wage bill, more than in proportion where wages are high, and six provinces
    hold the share published for 2023. Accounts follow `account_holders` where given (else employees) and are whole
    multiples of `weight`, so that persons' accounts can add up to them; up to `weight` fen of the nation are left out.
    """
    wages = wages_of_year(year_end, spread, growth)
    holders = employees if account_holders is None else account_holders
    richer = power(wages / wages.max(), spread.balance_tilt)
    bases = {
        "employee_pool": np.asarray(employees, dtype=np.float64) * wages * richer * _apart(spread, "employee_pool"),
        "employee_accounts": np.asarray(holders, dtype=np.float64) * wages * _apart(spread, "employee_accounts"),
        "resident_pool": np.asarray(residents, dtype=np.float64)
        * (standard + FEN * extra_of_year(year_end, spread))
        * _apart(spread, "resident_pool"),
    }
    totals = national(year_end)
    result = {}
    for fund, base in bases.items():
        base = base if base.any() else _apart(spread, fund)  # nobody simulated belongs to the scheme
        weights = base if fund == "resident_pool" else _pinned(base)
        unit = weight if fund == "employee_accounts" else 1
        result[fund] = largest_remainder(totals[fund].fen // unit, weights) * unit
    return result | {fund: np.zeros(len(wages), dtype=np.int64) for fund in AT_ZERO}


def _apart(spread: Spread, fund: str) -> Floats:
    """Return how far pools that look alike differ in balances [pool]."""
    return scatter(SALTS[fund], spread.resident_spread if fund == "resident_pool" else spread.employee_spread)


def _pinned(base: Floats) -> Floats:
    """Scale the pools of six provinces so that together they hold the share published for 2023 (document 002)."""
    share = data.series("share_of_balance_six_provinces", "employee")[SIX_YEAR] / PERCENT
    inside = data.pools()["province"].isin(SIX).to_numpy()
    own, rest = math.fsum(base[inside].tolist()), math.fsum(base[~inside].tolist())
    if own <= 0 or rest <= 0:
        return base
    return np.where(inside, base * (share / own), base * ((1.0 - share) / rest))
