"""The nation's totals of a simulated year, and what was published for the same quantities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.data import series

FEN_PER_BILLION = 100_000_000_000
MILLION = 1_000_000
HUNDRED_MILLION_YUAN = 10  # of them in a billion
TEN_THOUSAND = 100  # of them in a million
MATERNITY_APART = 2019  # the last year in which the bulletins keep maternity out of the employee fund
SPLIT = 2022  # the first year for which pool and accounts can be told apart
RELIEF = 2020  # employers' payments halved in spring
PERCENT = 100


def simulated(record: Any, year: int) -> dict[str, float]:
    """Return the nation's totals of one simulated year [billion yuan, million persons]."""
    funds = (
        record.funds[record.funds["year"] == year].groupby("fund")[["income_fen", "spending_fen", "closing_fen"]].sum()
    )
    people = record.enrolment[record.enrolment["year"] == year]
    rows = record.flows[record.flows["year"] == year]
    flows = rows.groupby("kind")["amount_fen"].sum()
    premiums = rows[(rows["kind"] == "premium_from_account") & rows["payee"].str.startswith("resident_pool")]
    care = record.care[record.care["year"] == year].groupby("scheme")[["cost_fen"]].sum()

    def money(fund: str, column: str) -> float:
        return float(funds.loc[fund, f"{column}_fen"]) / FEN_PER_BILLION

    employees = people[people["scheme"] == "employee"]
    retired = float(employees.loc[employees["work"] == "retired", "members"].sum())
    result = {
        "active": (float(employees["members"].sum()) - retired) / MILLION,
        "retired": retired / MILLION,
        "residents": float(people.loc[people["scheme"] == "resident", "members"].sum()) / MILLION,
        "maternity": float(flows.get("maternity", 0)) / FEN_PER_BILLION,
        "assistance": money("medical_assistance", "spending"),
        "shared": float(flows.get("family_account", 0) + premiums["amount_fen"].sum()) / FEN_PER_BILLION,
        "employee_cost": float(care.loc["employee", "cost_fen"]) / FEN_PER_BILLION,
        "resident_cost": float(care.loc["resident", "cost_fen"]) / FEN_PER_BILLION,
        "critical": money("critical_illness", "spending"),
        "critical_premium": float(flows.get("premium_critical", 0)) / FEN_PER_BILLION,
    }
    for name, fund in (("pool", "employee_pool"), ("account", "employee_accounts"), ("resident", "resident_pool")):
        for column in ("income", "spending"):
            result[f"{name}_{column}"] = money(fund, column)
        result[f"{name}_balance"] = money(fund, "closing")
    result["employee_income"] = result["pool_income"] + result["account_income"]
    result["employee_spending"] = result["pool_spending"] + result["account_spending"]
    for name in ("pool", "resident", "employee"):
        result[f"{name}_surplus"] = 1.0 - result[f"{name}_spending"] / result[f"{name}_income"]
    return result


def published(last: int) -> dict[str, dict[int, float]]:
    """Return the published counterparts by name and year, none later than `last` [billion yuan, million persons]."""

    def read(indicator: str, scheme: str, unit: float) -> dict[int, float]:
        return {year: value / unit for year, value in series(indicator, scheme).items() if year <= last}

    money = HUNDRED_MILLION_YUAN
    result = {
        "active": read("enrolment_active", "employee", TEN_THOUSAND),
        "retired": read("enrolment_retired", "employee", TEN_THOUSAND),
        "residents": read("enrolment", "resident", TEN_THOUSAND),
        "maternity": read("fund_expenditure", "maternity", money),
        "assistance": read("assistance_expenditure", "medical_assistance", money),
        "shared": read("account_mutual_aid_amount", "employee_account", money),
        "employee_cost": read("medical_cost_total", "employee", money),
        "resident_cost": read("medical_cost_total", "resident", money),
        "resident_income": read("fund_income", "resident", money),
        "resident_spending": read("fund_expenditure", "resident", money),
        "resident_balance": read("fund_cumulative_balance", "resident", money),
        "pool_balance": read("fund_cumulative_balance", "employee_pooled", money),
        "account_balance": read("fund_cumulative_balance", "employee_account", money),
        "employee_income": read("fund_income", "employee", money),
        "employee_spending": read("fund_expenditure", "employee", money),
        "pool_income": read("fund_income", "employee_pooled", money),
        "pool_spending": read("fund_expenditure", "employee_pooled", money),
        "account_income": read("fund_income", "employee_account", money),
        "account_spending": read("fund_expenditure", "employee_account", money),
    }
    with_maternity(result, last)
    split(result)
    for name in ("pool", "resident", "employee"):
        both = result[f"{name}_income"].keys() & result[f"{name}_spending"].keys()
        result[f"{name}_surplus"] = {
            year: 1.0 - result[f"{name}_spending"][year] / result[f"{name}_income"][year] for year in sorted(both)
        }
    return result


def with_maternity(result: Mapping[str, dict[int, float]], last: int) -> None:
    """Add maternity insurance to the employee fund of 2019: the nation's total less both schemes."""
    if last >= MATERNITY_APART:
        for column in ("income", "spending"):
            name = "fund_income" if column == "income" else "fund_expenditure"
            whole = series(name, "all", prefer=("recalled",))[MATERNITY_APART] / HUNDRED_MILLION_YUAN
            result[f"employee_{column}"][MATERNITY_APART] = whole - result[f"resident_{column}"][MATERNITY_APART]


def split(result: Mapping[str, dict[int, float]]) -> None:
    """Derive what pool and accounts took in and paid before the split was published.

    2022: the accounts' surplus rate (document 002) and the rise of their balance. Before: the accounts' share of income
    as in 2022, and the rise of their balance (in 2020, when employers' payments were halved for months but not what the
    insured pay, the mean of the years beside it).
    """
    rate = series("current_surplus_rate", "employee_account")[SPLIT] / PERCENT
    balance, whole = result["account_balance"], result["employee_income"]
    share = (balance[SPLIT] - balance[SPLIT - 1]) / rate / whole[SPLIT]
    result["account_income"][MATERNITY_APART] = share * whole[MATERNITY_APART]
    for year in sorted(whole):
        if year <= SPLIT and year - 1 in balance and year in balance:
            income = share * (whole[year] if year != RELIEF else (whole[year - 1] + whole[year + 1]) / 2)
            spending = income - (balance[year] - balance[year - 1])
            result["account_income"][year], result["account_spending"][year] = income, spending
            result["pool_income"][year] = whole[year] - income
            result["pool_spending"][year] = result["employee_spending"][year] - spending
