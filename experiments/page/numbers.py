"""What the page shows, as tables made from the worlds' own: headline, provinces, prefectures, paths, tenths, aid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agents.units import MONTHS
from experiments.compare import interval
from experiments.outcomes import PROVINCE, style
from experiments.page.lived import BASELINE, REFORM, Shown

POOLS = ("employee_pool", "resident_pool")
SHOWN = ("reserve_months", "benefit_head", "net_aid")
TENTHS = 10
PAYS = ("contribution_fen", "self_pay_fen")
"""Not what accounts pay: that was paid in, or credited, before."""
RECEIVES = ("basic_fen", "critical_fen", "large_sum_fen", "assistance_fen")


def headline(shown: Shown) -> pd.DataFrame:
    """Return the last year's fund totals of both sides and the interval of the paired difference [bn yuan, pools]."""
    funds = shown.funds
    funds = funds[(funds["year"] == shown.year) & funds["fund"].isin(POOLS)]
    keys = ["fund", "side", "seed"]
    sums = funds.groupby(keys)[["income_fen", "spending_fen", "closing_fen"]].sum() / style()["fen_per_bn_yuan"]
    sums.columns = [name.removesuffix("_fen") for name in sums.columns]
    sums["pools_short"] = (funds["reserve_months"] < shown.months_short).groupby([funds[key] for key in keys]).sum()
    wide = sums.rename_axis(columns="measure").stack().unstack(["side", "seed"])
    result = pd.DataFrame({side: wide[side].mean(axis=1) for side in shown.sides})
    if REFORM in shown.sides:
        pairs = interval(wide[REFORM] - wide[BASELINE])
        result = result.join(pairs[["mean", "low", "high"]].rename(columns={"mean": "difference"}))
    return result.reset_index()


def places(shown: Shown, fund: str, what: str, by: str = "province") -> pd.DataFrame:
    """Return a number of each province or prefecture on both sides and the difference, in the last year."""
    funds = shown.funds
    funds = funds[(funds["year"] == shown.year) & (funds["fund"] == fund)]
    keys = ["side", funds[by].rename("code")]
    sums = funds.groupby(keys)[["closing_fen", "spending_fen", "members"]].sum()
    if what == "reserve_months":
        values = MONTHS * sums["closing_fen"] / sums["spending_fen"]
    else:
        amount = sums["spending_fen"] if what == "benefit_head" else _net_aid(shown, fund, by)
        values = amount.reindex(sums.index, fill_value=0) / sums["members"] / style()["fen_per_yuan"]
    wide = values.replace([np.inf, -np.inf], np.nan).unstack("side")
    if REFORM in wide:
        wide["difference"] = wide[REFORM] - wide[BASELINE]
    return pd.DataFrame(wide)


def _net_aid(shown: Shown, fund: str, by: str) -> pd.Series[float]:
    """Return mutual aid received less paid by the ledgers of a fund in the last year [fen], by side and place."""
    flows = shown.flows
    flows = flows[(flows["year"] == shown.year) & flows["kind"].str.startswith("step")]
    parts = []
    for end, sign in {"payee": 1, "payer": -1}.items():
        name = flows[end].str.split(":", expand=True).reindex(columns=[0, 1])
        mine = name[0] == fund
        code = name.loc[mine, 1].astype(np.int64)
        code = code // PROVINCE * PROVINCE if by == "province" else code
        parts.append(flows[mine].assign(code=code, net=sign * flows.loc[mine, "amount_fen"]))
    sums: pd.Series[float] = pd.concat(parts).groupby(["side", "code"])["net"].sum()
    return sums


def paths(shown: Shown) -> pd.DataFrame:
    """Return the reserves of every fund by year and side, means and intervals over seeds [bn yuan]."""
    funds = shown.funds
    sums = funds.groupby(["side", "seed", "fund", "year"])["closing_fen"].sum() / style()["fen_per_bn_yuan"]
    wide = interval(sums.unstack("seed")).rename(columns={"mean": "reserves"})
    return wide[["reserves", "low", "high"]].reset_index()


def tenths(shown: Shown) -> pd.DataFrame:
    """Return what tenths of people by income pay and receive in the last year, first seed [yuan a head]."""
    people = shown.people.copy()
    rank = people.groupby("side")["income_fen"].rank(method="first", pct=True)
    people["tenth"] = np.ceil(rank * TENTHS).astype(int)
    people["pays"], people["receives"] = people[list(PAYS)].sum(axis=1), people[list(RECEIVES)].sum(axis=1)
    return pd.DataFrame(people.groupby(["side", "tenth"])[["pays", "receives"]].mean() / style()["fen_per_yuan"])


def aid(shown: Shown) -> pd.DataFrame:
    """Return what funds of each province paid into and received from other funds by all years [bn yuan], by side."""
    flows = shown.flows
    flows = flows[flows["kind"].str.match("step[23]_")]
    parts = []
    for end, word in {"payer": "paid_in", "payee": "received"}.items():
        code = flows[end].str.split(":").str[1].astype(np.int64) // PROVINCE * PROVINCE
        parts.append(flows.assign(province=code, way=word, pool=flows[end].str.split(":").str[0].isin(POOLS)))
    whole = pd.concat(parts)
    sums = whole[whole["pool"]].groupby(["side", "province", "way"])["amount_fen"].sum().unstack("way", fill_value=0)
    sums = sums.reindex(columns=["paid_in", "received"], fill_value=0)
    return pd.DataFrame(sums / style()["fen_per_bn_yuan"] / shown.seeds)


def between(shown: Shown) -> pd.DataFrame:
    """Return what schemes, funds, people and treasuries paid each other in the last year [bn yuan], largest first."""
    flows = shown.flows[shown.flows["year"] == shown.year]
    ends = {end: flows[end].str.split(":").str[0] for end in ("payer", "payee")}
    sums = flows.assign(**ends).groupby(["payer", "payee", "side"])["amount_fen"].sum().unstack("side", fill_value=0)
    sums = sums[list(shown.sides)] / style()["fen_per_bn_yuan"] / shown.seeds
    if REFORM in sums:
        sums["difference"] = sums[REFORM] - sums[BASELINE]
    ordered = sums.sort_values(shown.sides[0], ascending=False).rename_axis(columns=None)
    return pd.DataFrame(ordered.reset_index())
