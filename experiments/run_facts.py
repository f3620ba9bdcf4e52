"""What one stored run of a study of mutual aid says of its pools, its provinces and its money.

A pool is a ledger of one fund in one area; its place is the fund with the treasury behind it.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.outcomes import POOLS, RESCUES, style

AID = ("step", "scheme_merge")
POOL = ["fund", "prefecture"]


@dataclasses.dataclass(frozen=True)
class RunFacts:
    """What one run says of its pools and of its money."""

    pools: (
        pd.DataFrame
    )  # by pool: province, members, assets_fen, net_aid_fen, backstop_fen, rescued_fen, first_rescue, ...
    money: pd.Series[int]  # fen over all years by kind of flow
    assets: pd.Series[int]  # fen at the end by province, with the provinces' own funds; 0 the nation's
    earned: int = 0  # income less spending of all ledgers over all years [fen]


def facts_of(tables: dict[str, pd.DataFrame]) -> RunFacts:
    """Return what a run's stored funds and flows say."""
    funds, flows = tables["funds"], tables["flows"]
    held = funds[funds["fund"].isin(POOLS)]
    last = held[held["year"] == held["year"].max()].set_index(POOL)
    pools = last[["province", "members"]].assign(assets_fen=last["closing_fen"] + last["lent_fen"] - last["owed_fen"])
    names = [f"{fund}:{code}" for fund, code in pools.index]
    aid = flows[flows["kind"].astype(str).str.startswith(AID)]
    pools["net_aid_fen"] = of_pools(aid, "payee", names) - of_pools(aid, "payer", names)
    pools["backstop_fen"] = of_pools(flows[flows["kind"] == "backstop"], "payee", names)
    rescues = flows[flows["kind"].isin(RESCUES)]
    pools["rescued_fen"] = of_pools(rescues, "payee", names)
    first = rescues.assign(payee=rescues["payee"].astype(str)).groupby("payee")["year"].min()
    pools["first_rescue"] = first.reindex(names).to_numpy(np.float64)
    pools["extra_yuan"] = extra_needed(held).reindex(pools.index)
    ended = funds[funds["year"] == funds["year"].max()]
    net = (ended["closing_fen"] + ended["lent_fen"] - ended["owed_fen"]).groupby(ended["province"]).sum()
    earned = int(funds["income_fen"].sum() - funds["spending_fen"].sum())
    return RunFacts(pools, flows.groupby("kind", observed=True)["amount_fen"].sum(), net, earned)


def of_pools(flows: pd.DataFrame, side: str, names: list[str]) -> NDArray[np.int64]:
    """Return the sum of flows of every pool on one side [fen]."""
    sums = flows.groupby(flows[side].astype(str))["amount_fen"].sum()
    return sums.reindex(names, fill_value=0).to_numpy(np.int64)


def extra_needed(held: pd.DataFrame) -> pd.Series[float]:
    """Return what a pool must collect more a member and year never to run dry by itself [yuan]; none if merged."""
    rows = held.sort_values([*POOL, "year"])
    of_pool = rows.groupby(POOL, observed=True)
    whole = of_pool["year"].transform("size") == held["year"].nunique()
    change = (rows["income_fen"] - rows["spending_fen"]).astype(np.float64)
    left = (
        of_pool["opening_fen"].transform("first")
        + change.groupby([rows[name] for name in POOL], observed=True).cumsum()
    )
    members = of_pool["members"].cumsum().astype(np.float64)
    short = np.where(members > 0, np.maximum(-left, 0.0) / np.maximum(members, 1.0), 0.0)
    worst = rows.assign(short=short)[whole].groupby(POOL, observed=True)["short"].max()
    return worst / float(style()["fen_per_yuan"])
