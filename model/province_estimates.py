"""Members of each province by scheme in 2019: estimates, since no recent table by scheme and province was found.

Employee members are the median of three ways to tell them: (a) what the province's funds spent in 2019 against what its
people would have cost as residents and as employees; (b) employment and pensioners of the census; (c) contributors to
other insurances in 2010 and 2011. Nothing here reads what provinces spent after 2019, so that 2020 and 2021 are unseen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from model import data

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

YEAR = 2019
"""The last year whose spending by province is read."""
FINANCING_YEAR = 2023
"""Year of the published financing of a resident in six provinces."""
ROUNDS = 50
"""Rounds of the estimate: the cost of an employee rests on members, which rest on it; no longer moves after these."""
DERIVED, FUNDS = "province_funds_derived", "province_funds"


@data.cached
def spending() -> Floats:
    """Return what all funds of each province spent in 2019, maternity included [31; 100 million yuan]."""
    return published("fund_expenditure", "all", YEAR)[0]


def totals() -> dict[str, float]:
    """Return what the nation's two schemes spent in 2019, maternity with the employees [100 million yuan]."""
    resident = data.series("fund_expenditure", "resident", unit="100m_yuan")[YEAR]
    return {"employee": math.fsum(spending().tolist()) - resident, "resident": resident}


@data.cached
def members() -> dict[str, Floats]:
    """Return members by scheme and province at the end of 2019 [31; persons]."""
    employees = data.series("enrolment", "employee", unit="persons")[YEAR]
    residents = data.series("enrolment", "resident", unit="persons")[YEAR]
    everybody = _scaled(_column(DERIVED, "total_enrolment_est_10k_persons"), employees + residents)
    ways = [_column(DERIVED, f"employee_enrolment_method_{way}_10k_persons") for way in "bc"]
    ways = [_scaled(way, employees) for way in ways]
    base = _column("provinces", "pension_base_2023_yuan_per_month")
    resident_cost = _resident_cost(totals()["resident"] / residents)
    found = _scaled(ways[0] + ways[1], employees)
    for _ in range(ROUNDS):
        paid = math.fsum((base * found).tolist())
        employee_cost = base * (totals()["employee"] / paid)
        told = (spending() - resident_cost * everybody) / (employee_cost - resident_cost)
        found = _scaled(np.median(np.stack([told, *ways]), axis=0), employees)
    return {"employee": found, "resident": everybody - found}


def _resident_cost(mean: float) -> Floats:
    """Return a resident's spending by province: the nation's, in six provinces scaled by their financing [31]."""
    own, known = published("financing_per_head", "resident", FINANCING_YEAR)
    income = data.series("fund_income", "resident", unit="yuan")[FINANCING_YEAR]
    usual = income / data.series("enrolment", "resident", unit="persons")[FINANCING_YEAR]
    return np.where(known, mean * (own / usual), mean)


def published(indicator: str, scheme: str, year: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a quantity of province_funds.csv by province [31; its unit], and where it is published; 0 elsewhere."""
    frame = data.table(FUNDS)
    chosen = (frame["indicator"] == indicator) & (frame["scheme"] == scheme) & (frame["year"] == year)
    rows = frame[chosen].drop_duplicates("province_code", keep="last")
    told = dict(zip(rows["province_code"].astype(int), rows["value"].astype(float), strict=True))
    codes = data.province_codes()
    return np.array([told.get(code, 0.0) for code in codes]), np.array([code in told for code in codes])


def _column(table: str, name: str) -> Floats:
    """Return a column of a table with one row a province, in the order of the provinces' codes."""
    frame = data.table(table).set_index("province_code")[name]
    return np.array([float(frame[code]) for code in data.province_codes()])


def _scaled(values: Floats, total: float) -> Floats:
    """Return numbers that add up to a total."""
    return np.asarray(values * (total / math.fsum(values.tolist())), dtype=np.float64)
