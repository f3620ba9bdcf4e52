"""What a run says, as numbers a year: the measures it recorded and sums over its stored tables."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

KEYS = ["level", "unit", "measure", "year"]
POOLS = ("employee_pool", "resident_pool")
RESCUES = ("arrears", "backstop")
ADDITIVE = {"flow"}  # levels whose missing numbers are zero
STYLE = Path(__file__).resolve().parent / "style.yaml"
PROVINCE = 10_000  # a prefecture's code is its province's times a hundred times a hundred


@functools.cache
def style() -> dict[str, Any]:
    """Return the presentation's choices: quantiles, confidence, colours, sizes, words."""
    content: dict[str, Any] = yaml.safe_load(STYLE.read_text(encoding="utf-8"))
    return content


def outcomes(tables: dict[str, pd.DataFrame], weight: int) -> pd.DataFrame:
    """Return year, level, unit, measure, value of one run: what it measured itself comes first.

    `weight` is how many people a simulated one stands for.
    """
    parts = [
        tables["measures"],
        fund_totals(tables["funds"]),
        thin_pools(tables["funds"], weight),
        pools_rescued(tables["funds"], tables["flows"]),
        moved(tables["flows"]),
        enrolled(tables["enrolment"]) if "enrolment" in tables else pd.DataFrame(),
    ]
    whole = pd.concat([part[[*KEYS, "value"]] for part in parts if len(part)], ignore_index=True)
    return whole.drop_duplicates(KEYS, ignore_index=True)


def with_zeros(whole: pd.DataFrame) -> pd.DataFrame:
    """Return outcomes of runs with a zero for every flow that ran in some run of the study but not in this one.

    Means over seeds then hold the seeds in which nothing flowed; a run that failed has no rows and gets none.
    """
    additive = whole["level"].isin(list(ADDITIVE))
    flows, runs = whole[additive], whole[["reform", "seed", "year"]].drop_duplicates()
    every = runs.merge(flows[["level", "unit", "measure"]].drop_duplicates(), how="cross").assign(value=0.0)
    filled = pd.concat([flows, every[list(whole.columns)]]).drop_duplicates([*KEYS, "reform", "seed"])
    return pd.concat([whole[~additive], filled], ignore_index=True)


def declared(tables: dict[str, pd.DataFrame], wanted: Collection[tuple[str, str, str]], weight: int) -> pd.DataFrame:
    """Return the outcomes named by level, unit and measure; a flow that never ran is zero in every year."""
    measured = tables["measures"]
    asked = measured[measured["measure"].isin({name for _, _, name in wanted})]
    whole = outcomes({**tables, "measures": asked}, weight)
    names = zip(whole["level"], whole["unit"], whole["measure"])
    kept = whole[[name in wanted for name in names]]
    years = sorted(set(tables["funds"]["year"]))
    every = [(*name, year) for name in wanted if name[0] in ADDITIVE for year in years]
    zeros = pd.DataFrame(every, columns=KEYS).assign(value=0.0)
    together = pd.concat([kept, zeros], ignore_index=True) if len(zeros) else kept
    return together.drop_duplicates(KEYS).sort_values(KEYS, ignore_index=True)


def fund_totals(funds: pd.DataFrame) -> pd.DataFrame:
    """Return national income, spending, balance, reserves [fen] and members of each kind of fund."""
    columns = ["income_fen", "spending_fen", "closing_fen", "members"]
    sums = funds.groupby(["year", "fund"])[columns].sum()
    sums["balance_fen"] = sums["income_fen"] - sums["spending_fen"]
    return _long(sums, "fund")


def thin_pools(funds: pd.DataFrame, weight: int) -> pd.DataFrame:
    """Return how many pools of each scheme's fund have fewer simulated members than a cell shown in full."""
    held = funds[funds["fund"].isin(POOLS) & (funds["spending_fen"] > 0)]
    thin = held.assign(pools_thin=held["members"] < style()["small_cell"] * weight)
    return _long(thin.groupby(["year", "fund"])[["pools_thin"]].sum(), "fund")


def pools_rescued(funds: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Return how many pools could pay only with arrears or the treasury's backstop."""
    rescued = flows[flows["kind"].isin(RESCUES) & (flows["amount_fen"] > 0)]
    needy = set(zip(rescued["year"], rescued["payee"]))
    held = funds[funds["fund"].isin(POOLS)]
    places = zip(held["year"].tolist(), held["fund"].tolist(), held["prefecture"].tolist())
    found = held.assign(pools_rescued=[bool(needy) and (y, f"{fund}:{code}") in needy for y, fund, code in places])
    return _long(found.groupby(["year", "fund"])[["pools_rescued"]].sum(), "fund")


def moved(flows: pd.DataFrame) -> pd.DataFrame:
    """Return the year's sum of every kind of flow [fen]."""
    sums = flows.groupby(["year", "kind"])["amount_fen"].sum().to_frame()
    return _long(sums, "flow")


def enrolled(enrolment: pd.DataFrame) -> pd.DataFrame:
    """Return the nation's people by scheme (none: uninsured), and who entered, lapsed, returned or waits."""
    columns = ["people", "entered", "lapsed", "returned", "waiting"]
    return _long(enrolment.groupby(["year", "scheme"])[columns].sum(), "scheme")


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
