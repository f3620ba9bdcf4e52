"""What a run says, as numbers a year: the measures it recorded and sums over its stored tables."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

KEYS = ["level", "unit", "measure", "year"]
POOLS = ("employee_pool", "resident_pool")
ADDITIVE = {"flow"}
STYLE = Path(__file__).resolve().parent / "style.yaml"
PROVINCE = 10_000  # a prefecture's code is its province's times a hundred times a hundred


@functools.cache
def style() -> dict[str, Any]:
    """Return the presentation's choices: quantiles, confidence, colours, sizes, words."""
    content: dict[str, Any] = yaml.safe_load(STYLE.read_text(encoding="utf-8"))
    return content


def outcomes(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return year, level, unit, measure, value of one run: what it measured itself comes first."""
    parts = [
        tables["measures"],
        fund_totals(tables["funds"]),
        pools(tables["funds"], tables["flows"]),
        benefits_per_head(tables["care"], tables["enrolment"]),
        moved(tables["flows"]),
    ]
    whole = pd.concat([part[[*KEYS, "value"]] for part in parts if len(part)], ignore_index=True)
    return whole.drop_duplicates(KEYS, ignore_index=True)


def fund_totals(funds: pd.DataFrame) -> pd.DataFrame:
    """Return national income, spending, balance, reserves and surplus rate of each kind of fund [fen; share]."""
    columns = ["income_fen", "spending_fen", "closing_fen", "members", "lent_fen", "owed_fen"]
    sums = funds.groupby(["year", "fund"])[columns].sum()
    sums["balance_fen"] = sums["income_fen"] - sums["spending_fen"]
    sums["surplus_rate"] = sums["balance_fen"] / sums["income_fen"].where(sums["income_fen"] > 0)
    return _long(sums, "fund")


def pools(funds: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Return how many pools spend more than they take in, how many cannot pay, and quantiles of reserve months.

    In deficit: spending above income of the year, aid not counted. Short: paid only with arrears or the treasury's
    backstop. Quantiles are over pools, each pool counted once.
    """
    rescued = flows[flows["kind"].isin(["arrears", "backstop"]) & (flows["amount_fen"] > 0)]
    short = set(zip(rescued["year"], rescued["payee"]))
    held = funds[funds["fund"].isin(POOLS) & (funds["members"] > 0)].copy()
    ledger = held["fund"].astype(str) + ":" + held["prefecture"].astype(str)
    held["short"] = [pair in short for pair in zip(held["year"], ledger)]
    held["deficit"] = held["spending_fen"] > held["income_fen"]
    by = held.groupby(["year", "fund"])
    result = pd.DataFrame({
        "pools": by.size(),
        "pools_in_deficit": by["deficit"].sum(),
        "pools_short": by["short"].sum(),
    })
    for share in style()["quantiles"]:
        result[quantile_name(share)] = by["reserve_months"].quantile(share)
    return _long(result, "fund")


def quantile_name(share: float) -> str:
    """Return the measure's name of a quantile of reserve months over pools."""
    return f"reserve_months_p{round(100 * share)}"


def benefits_per_head(care: pd.DataFrame, enrolment: pd.DataFrame) -> pd.DataFrame:
    """Return basic, critical-illness and large-sum benefit per member, by province and for the nation [fen]."""
    paid = care.assign(benefit=care["basic_fen"] + care["critical_fen"] + care["large_sum_fen"])
    members = enrolment.assign(province=enrolment["prefecture"] // PROVINCE * PROVINCE)
    parts = []
    for level, extra in (("province", ["province"]), ("nation", [])):
        by = ["year", *extra, "scheme"]
        heads = members.groupby(by)["members"].sum()
        frame = (paid.groupby(by)["benefit"].sum() / heads.where(heads > 0)).dropna().rename("value").reset_index()
        frame["measure"] = frame["scheme"].astype(str) + "_benefit_per_head_fen"
        frame["level"] = level
        frame["unit"] = frame["province"].astype(str) if extra else "nation"
        parts.append(frame[[*KEYS, "value"]])
    return pd.concat(parts, ignore_index=True)


def moved(flows: pd.DataFrame) -> pd.DataFrame:
    """Return the year's sum of every kind of flow [fen]."""
    sums = flows.groupby(["year", "kind"])["amount_fen"].sum().to_frame()
    return _long(sums, "flow")


def _long(wide: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return a table indexed by year and unit as one row a number."""
    frame = wide.rename_axis(index=["year", "unit"]).reset_index()
    frame = frame.melt(id_vars=["year", "unit"], var_name="measure", value_name="value")
    return frame.assign(level=level, unit=frame["unit"].astype(str), value=frame["value"].astype(np.float64))


def who_pays_whom(flows: pd.DataFrame) -> pd.DataFrame:
    """Return flows summed by class and province of payer and payee [fen over all years]."""
    result = flows.groupby(["payer", "payee", "kind"], as_index=False)["amount_fen"].sum()
    for side in ("payer", "payee"):
        parts = result[side].astype(str).str.split(":", n=1, expand=True).reindex(columns=[0, 1])
        code = pd.to_numeric(parts[1], errors="coerce").fillna(0).astype(np.int64)
        result[f"{side}_province"] = code // PROVINCE * PROVINCE
        result[side] = parts[0]
    by = ["payer", "payer_province", "payee", "payee_province", "kind"]
    sums: pd.DataFrame = result.groupby(by)["amount_fen"].sum().reset_index()
    return sums
