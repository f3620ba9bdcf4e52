"""What the board reads off a simulated year beside the nation's totals: care, ratios, people and provinces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace

import numpy as np
import pandas as pd

from experiments.national import FEN_PER_BILLION, MILLION, simulated
from experiments.outcomes import PROVINCE, style

Tables = Mapping[str, pd.DataFrame]
RICH = (110000, 310000, 540000)  # Beijing, Shanghai, Xizang: employee income a head above a bound (document 002)
POOR = (210000, 220000, 230000, 360000)  # Liaoning, Jilin, Heilongjiang, Jiangxi: below a bound
SIX = (110000, 310000, 320000, 330000, 440000, 510000)  # the provinces that hold most of the employee balance
EMPLOYEE_FUNDS = ("employee_pool", "employee_accounts")
RATIOS = (
    "employee",
    "resident",
    *(f"{s}_{t}" for s in ("employee", "resident") for t in ("primary", "secondary", "tertiary")),
)
COUNTS = ("people", "people_60_and_over", "births", "deaths")


def gauges(tables: Tables, year: int) -> dict[str, float]:
    """Return everything the board compares of one simulated year, by name [billion yuan, million, share]."""
    of_year = {name: frame[frame["year"] == year] for name, frame in tables.items()}
    result = simulated(SimpleNamespace(**of_year), year)
    result |= dict(_care(of_year["care"], result))
    result |= dict(_aid(of_year["flows"], result))
    result |= dict(_measured(of_year["measures"]))
    return result | dict(_provinces(of_year["funds"]))


def _care(care: pd.DataFrame, known: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Give visits, stays and what they cost, who pays it, and retired members beside active ones."""
    told = ["visits", "cost_fen", "own_account_fen", "away_cost_fen", "visit_cost_fen"]
    sums = care.groupby(["scheme", "status", "kind"])[told].sum()

    def total(scheme: str, kind: str, column: str, status: str | None = None) -> float:
        keys = sums.index.to_frame()
        chosen = (keys["scheme"] == scheme) & (keys["kind"] == kind)
        if status is not None:
            chosen &= keys["status"] == status
        return float(sums[column][chosen].sum())

    for scheme in ("employee", "resident"):
        yield f"{scheme}_visits", total(scheme, "outpatient", "visits") / MILLION
        yield f"{scheme}_stays", total(scheme, "inpatient", "visits") / MILLION
        yield f"{scheme}_stay_cost", total(scheme, "inpatient", "cost_fen") / FEN_PER_BILLION
        away = sum(total(scheme, kind, "away_cost_fen") for kind in ("outpatient", "inpatient")) / FEN_PER_BILLION
        yield f"out_of_area_{scheme}", away / known[f"{scheme}_cost"]
    own = sum(total("employee", kind, "own_account_fen") for kind in ("outpatient", "inpatient")) / FEN_PER_BILLION
    yield "pool_share_of_cost", (known["pool_spending"] - known["maternity"]) / known["employee_cost"]
    yield "account_share_of_cost", own / known["employee_cost"]
    yield "resident_share_of_cost", known["resident_spending"] / known["resident_cost"]
    active, retired = (total("employee", "outpatient", "visits", status) for status in ("active", "retired"))
    if active and known["retired"]:
        yield "retired_visits_ratio", retired / active * known["active"] / known["retired"]
        spent = [total("employee", "outpatient", "visit_cost_fen", status) for status in ("active", "retired")]
        yield "retired_visit_cost_ratio", spent[1] / retired / (spent[0] / active)


def _aid(flows: pd.DataFrame, known: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Give what accounts pay for relatives: of bills, and of premiums as a part of all that is shared."""
    chosen = (flows["kind"] == "premium_from_account") & flows["payee"].str.startswith("resident_pool")
    premiums = float(flows.loc[chosen, "amount_fen"].sum()) / FEN_PER_BILLION
    yield "shared_bills", known["shared"] - premiums
    if known["shared"] > 0:
        yield "shared_premium_part", premiums / known["shared"]


def _measured(measures: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Give the run's own measures: what cover pays inside the list, people, births and deaths."""
    told = measures.drop_duplicates(["unit", "measure"]).set_index(["unit", "measure"])["value"]
    for unit in RATIOS:
        if (unit, "in_list_ratio") in told.index:
            yield f"in_list_{unit}", float(told[(unit, "in_list_ratio")])
    for name in COUNTS:
        if ("china", name) in told.index:
            yield name, float(told[("china", name)]) / MILLION
    if ("china", "people_60_and_over") in told.index:
        yield "share_60_and_over", float(told[("china", "people_60_and_over")] / told[("china", "people")])


def by_province(funds: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return income, spending [yuan] and members of some funds by province; members are the first fund's."""
    fen = float(style()["fen_per_yuan"])
    held = funds[funds["fund"].isin(names) & (funds["prefecture"] > 0)]
    home = held["prefecture"] // PROVINCE * PROVINCE
    money = held.groupby(home)[["income_fen", "spending_fen", "closing_fen"]].sum() / fen
    members = held[held["fund"] == names[0]].groupby(home)["members"].sum()
    return money.set_axis(["income", "spending", "closing"], axis=1).assign(members=members)


def _provinces(funds: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Give how provinces differ: slopes of spending on income a head, highest over lowest, shares and bounds."""
    from model import measures

    heads = {}
    for name, kinds in (("employee", EMPLOYEE_FUNDS), ("resident", ("resident_pool",))):
        sums = by_province(funds, kinds)
        sums = sums[sums["members"] > 0]
        head = sums[["income", "spending"]].div(sums["members"], axis=0)
        heads[name] = head["income"]
        slope = measures.province_slope(head["spending"].to_numpy(), head["income"].to_numpy()).slope
        yield f"{name}_slope", float(slope)
        for column in ("income", "spending"):
            if head[column].min() > 0:
                yield f"{name}_{column}_range", float(head[column].max() / head[column].min())
        if name == "employee":
            closing = sums["closing"]
            yield "six_provinces_share", float(closing[closing.index.isin(SIX)].sum() / closing.sum())
    for code, value in heads["resident"].items():
        yield f"resident_income_{code}", float(value)
    for code, value in heads["employee"].items():
        yield f"employee_income_{code}", float(value)


def mean_and_interval(values: list[float]) -> tuple[float, float | None, float | None]:
    """Return the mean over seeds and its t-interval; one seed has no interval."""
    from scipy import stats

    numbers = np.array(values)
    middle = float(numbers.mean())
    if len(numbers) < 2:
        return middle, None, None
    if float(numbers.std()) == 0.0:
        return middle, middle, middle
    reach = float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
    reach *= float(stats.t.ppf((1 + style()["confidence"]) / 2, len(numbers) - 1))
    return middle, middle - reach, middle + reach


__all__ = ["EMPLOYEE_FUNDS", "POOR", "RICH", "by_province", "gauges", "mean_and_interval"]
