"""Provinces beside what was published for them: patterns, since no recent table by scheme and province was found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.board import Row
from experiments.gauges import Tables, by_province, mean_and_interval
from model import data
from model.errors import DataError

FUNDS = ("employee_pool", "resident_pool", "employee_accounts")
YEAR, BEFORE = 2021, 2019
INCOME = "income_2023_all_yuan"
PEOPLE = "pop_yearend_2020_10k_persons"
YUAN = {"100m_yuan": 1e8, "yuan": 1.0, "10k_persons": 1e4, "persons": 1.0}
WAGE, OLD = "pension_base_2023_yuan_per_month", "age_65_plus_share_percent"
TABLE = "province_funds"
BANDS = {"correlation": 0.92, "error": 0.08}
KINDS = {"employee": ("employee_pool", "employee_accounts"), "resident": ("resident_pool",)}


def long_tables() -> pd.DataFrame:
    """Return all tables in the long format of province_funds.csv that the catalogue lists, in one."""
    names = [name for name in data.catalogue() if name == TABLE or name.startswith(f"{TABLE}_added")]
    return pd.concat([data.table(name).assign(table=name) for name in names], ignore_index=True)


def published(indicator: str, scheme: str, year: int) -> pd.Series[float]:
    """Return a published quantity by province [yuan, persons]; empty where there is none."""
    frame = long_tables()
    chosen = (frame["indicator"] == indicator) & (frame["scheme"] == scheme) & (frame["year"] == year)
    rows = frame[chosen & (frame["province_code"] > 0)].drop_duplicates("province_code", keep="last")
    unknown = set(rows["unit"]) - set(YUAN)
    if unknown:
        raise DataError(
            f"{TABLE}: {indicator} of {scheme} in {year}: unit {unknown.pop()}: expected one of {list(YUAN)}"
        )
    values = rows["value"].astype(float) * rows["unit"].map(YUAN).astype(float)
    return pd.Series(values.to_numpy(), index=rows["province_code"].astype(int).to_numpy())


def people() -> pd.Series[float]:
    """Return the people of every province at the end of 2020 [persons]."""
    frame = data.table("provinces").set_index("province_code")
    return frame[PEOPLE].astype(float) * YUAN["10k_persons"]


def pattern(simulated: pd.Series[float], wanted: pd.Series[float]) -> tuple[float, float]:
    """Return the correlation of logs and the median error, both totals made equal first."""
    both = pd.concat([simulated, wanted], axis=1, keys=["ours", "theirs"]).dropna()
    both = both[(both > 0).all(axis=1)]
    logs = np.log(both.to_numpy())
    scaled = both["ours"] * (both["theirs"].sum() / both["ours"].sum())
    return float(np.corrcoef(logs.T)[0, 1]), float((scaled / both["theirs"] - 1).abs().median())


def formula() -> pd.Series[float]:
    """Return what a formula gives: people times disposable income a head [yuan]."""
    frame = data.table("provinces").set_index("province_code")
    return people() * frame[INCOME].astype(float)


def spending(tables: Tables, year: int) -> pd.Series[float]:
    """Return what all funds of a province spent in a year [yuan]."""
    funds = tables["funds"]
    return by_province(funds[funds["year"] == year], FUNDS)["spending"]


def patterns(worlds: Sequence[Tables], name: str, words: tuple[str, str], sample: str) -> list[Row]:
    """Return the rows on spending a head of 2021 over provinces, for worlds of several seeds."""
    heads = people()
    wanted = published("fund_expenditure", "all", YEAR) / heads
    found = [pattern(spending(tables, YEAR) / heads, wanted) for tables in worlds]
    plain = pattern(formula() / heads, wanted)
    last = pattern(published("fund_expenditure", "all", BEFORE) / heads, wanted)
    kinds = (("correlation", 0, "least"), ("error", 1, "most"))
    label = {"correlation": ("correlation of logs", "对数相关系数"), "error": ("median error", "误差中位数")}
    result = []
    for what, place, kind in kinds:
        told = (
            f"provinces 2021, spending a head{words[0]}: {label[what][0]} "
            f"(formula people x income: {plain[place]:.3f}; spending of 2019 as it was: {last[place]:.3f})"
        )
        chinese = (
            f"2021年分省人均支出{words[1]}：{label[what][1]}"
            f"（公式 人口×收入：{plain[place]:.3f}；沿用2019年支出：{last[place]:.3f}）"
        )
        values = [one[place] for one in found]
        result.append(_row(f"{name}_{what}", YEAR, BANDS[what], values, kind, sample, (told, chinese)))
    return result


def left_out(worlds: Sequence[Tables]) -> list[Row]:
    """Return the rows on spending a head of 2021 when every province's level is told by the other thirty alone.

    `worlds` took nothing from the provinces' spending. What a province is off by is regressed, in logs, on its wages,
    its people of 65 and over and the share of its people insured as employees; no province enters its own level.
    """
    heads = people()
    wanted = published("fund_expenditure", "all", YEAR) / heads
    found = []
    for tables in worlds:
        ours = spending(tables, YEAR) / heads
        funds = tables["funds"]
        employees = by_province(funds[funds["year"] == YEAR], FUNDS)["members"] / heads
        frame = data.table("provinces").set_index("province_code")
        told = [frame[WAGE].astype(float), frame[OLD].astype(float), employees]
        some = ours[ours > 0]  # a small world has no members in some provinces
        both = pd.concat([wanted / some, *(each[each > 0] for each in told)], axis=1).dropna()
        logs = np.log(both.to_numpy(dtype=np.float64))
        level = pd.Series(np.exp(_predicted(logs[:, 1:], logs[:, 0])), index=both.index)
        found.append(pattern(ours * level, wanted))
    label = {"correlation": ("correlation of logs", "对数相关系数"), "error": ("median error", "误差中位数")}
    return [
        _row(
            f"provinces_left_out_{what}", YEAR, BANDS[what], [one[place] for one in found], kind, "out",
            (f"provinces 2021, spending a head, each told by the other thirty: {label[what][0]}",
             f"2021年分省人均支出（逐省留一）：{label[what][1]}"),
        )
        for what, place, kind in (("correlation", 0, "least"), ("error", 1, "most"))
    ]  # fmt: skip


def _predicted(causes: NDArray[np.float64], outcome: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what least squares on all other rows say of each row."""
    causes = np.column_stack([np.ones(len(outcome)), causes])
    result = np.empty(len(outcome))
    for row in range(len(outcome)):
        others = np.arange(len(outcome)) != row
        result[row] = causes[row] @ np.linalg.lstsq(causes[others], outcome[others], rcond=None)[0]
    return result


def growth(worlds: Sequence[Tables]) -> list[Row]:
    """Return the correlation over provinces of the growth of spending from 2019 to 2021; reported, not judged."""
    wanted = published("fund_expenditure", "all", YEAR) / published("fund_expenditure", "all", BEFORE)
    values = []
    for tables in worlds:
        before = spending(tables, BEFORE)
        ours = spending(tables, YEAR) / before[before > 0]
        both = pd.concat([ours, wanted], axis=1).dropna()
        values.append(float(np.corrcoef(both.to_numpy().T)[0, 1]))
    words = (
        "provinces, growth of spending 2019-2021: correlation (reported, no aim)",
        "2019—2021年分省支出增长：相关系数（仅报告）",
    )
    return [_row("provinces_growth_correlation", YEAR, None, values, "reported", "out", words)]


def bounds(told: Sequence[Mapping[str, float]], year: int) -> list[Row]:
    """Return the rows on single provinces: bounds on employee income a head, and residents' financing of six."""
    frame = long_tables()
    result = []
    rows = frame[(frame["year"] == year) & (frame["province_code"] > 0)]
    kinds = {
        "fund_income_per_head_lower_bound": ("least", "employee"),
        "fund_income_per_head_upper_bound": ("most", "employee"),
        "financing_per_head": ("share", "resident"),
    }
    for code, english, chinese, indicator, value in zip(
        rows["province_code"], rows["name_en"], rows["name_zh"], rows["indicator"], rows["value"], strict=True
    ):
        if indicator not in kinds:
            continue
        kind, scheme = kinds[indicator]
        values = [seed[f"{scheme}_income_{int(code)}"] for seed in told if f"{scheme}_income_{int(code)}" in seed]
        zh = "职工" if scheme == "employee" else "居民"
        words = (f"{scheme} income a head, {english}", f"{zh}人均基金收入，{chinese}")
        name = f"{scheme}_income_{str(english).lower().replace(' ', '_')}"
        result.append(_row(name, year, float(value), values, kind, "in", words, unit="yuan", band=0.1))
    return result


def by_head(scheme: str, year: int) -> pd.DataFrame:
    """Return what was published of a scheme's funds a head, by province that has all of it: spent, got [yuan]."""
    spent, got, heads = (published(i, scheme, year) for i in ("fund_expenditure", "fund_income", "enrolment"))
    return pd.concat([spent / heads, got / heads], axis=1, keys=["spent", "got"]).dropna()


def added(told: Sequence[Tables]) -> list[Row]:
    """Return rows for tables by scheme that were added: spending a head over provinces, and the slope on income."""
    from model import measures

    result = []
    for scheme, names in KINDS.items():
        for year in sorted(set.intersection(*({int(y) for y in tables["funds"]["year"]} for tables in told))):
            both = by_head(scheme, year)
            if len(both) < MANY:
                continue
            values, slopes = [], []
            for tables in told:
                funds = tables["funds"]
                sums = by_province(funds[funds["year"] == year], names)
                head = sums[["spending", "income"]].div(sums["members"], axis=0).dropna()
                values.append(pattern(head["spending"], both["spent"])[0])
                slopes.append(measures.province_slope(head["spending"].to_numpy(), head["income"].to_numpy()).slope)
            words = (
                f"added table: {scheme} spending a head over provinces, correlation of logs",
                f"新增分省表：{scheme}人均支出对数相关系数",
            )
            result.append(
                _row(f"added_{scheme}_correlation", year, BANDS["correlation"], values, "least", "out", words)
            )
            slope = measures.province_slope(both["spent"].to_numpy(), both["got"].to_numpy()).slope
            words = (
                f"added table: {scheme} slope of spending on income a head",
                f"新增分省表：{scheme}人均支出对人均收入斜率",
            )
            result.append(_row(f"added_{scheme}_slope", year, float(slope), slopes, "points", "out", words, band=0.1))
    return result


MANY = 20
"""Provinces below which a table says nothing about a pattern."""


def _row(
    name: str, year: int, wanted: float | None, values: Sequence[float], kind: str, sample: str, words: tuple[str, str],
    unit: str = "ratio", band: float | None = None,
) -> Row:  # fmt: skip
    """Return a row of the board; without values it is a target missed."""
    known = [value for value in values if math.isfinite(value)]
    middle, low, high = mean_and_interval(known) if known else (None, None, None)
    error: float | None = None
    if middle is not None:
        error = 0.0 if wanted is None else _error(kind, middle, wanted)
    limit = band if kind in {"share", "points"} else None
    return {
        "target": name, "year": year, "published": wanted, "simulated": middle, "low": low, "high": high,
        "sample": sample, "band": limit, "holds": error is not None and abs(error) <= (limit or 0.0),
        "naive_growth": None, "naive_trend": None, "error": error, "unit": unit, "kind": kind, "weight": 1.0,
        "mark": "published", "source": "province_funds.csv", "name": words[0], "zh": words[1],
    }  # fmt: skip


def _error(kind: str, value: float, wanted: float) -> float:
    """Return an error in points or as a share; a bound that is kept has none."""
    off = value - wanted if kind == "points" else value / wanted - 1.0
    return {"least": min(0.0, off), "most": max(0.0, off)}.get(kind, off)


def board_rows(history: Sequence[Tables], blind: Sequence[Tables], told: Sequence[Mapping[str, float]]) -> list[Row]:
    """Return all rows on provinces: as built from spending of 2019, and built without any spending of provinces."""
    known = patterns(history, "provinces", ("", ""), "out")
    without = (" where no spending of provinces is read", "（不读取任何分省支出）")
    unseen = patterns(blind, "provinces_blind", without, "out") if blind else []
    unseen += left_out(blind) if blind else []
    return [*known, *unseen, *growth(history), *bounds(told, BOUNDS_YEAR), *added(history)]


BOUNDS_YEAR = 2023
"""Year of the bounds and the financing that document 002 names."""


def blind_reform() -> Any:
    """Return the reform that takes the provinces' spending of 2019 out of the reconstruction."""
    from model import Reform

    paths = ("places.price_shrink", "synthesis.trust_in_province_estimates")
    return Reform("blind", changes={path: {FIRST: 0.0} for path in paths})


FIRST = "2018-01-01"
