"""Model checks 6, 7 and 9, and the limits of the three steps, on what a user can ask for: flows, balances, persons.

Check 9 at the moment of every draw, holder by holder, is in test_co_use.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.identities import check_identities
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.phases.fund_world import SCHEME
from model.pooling import PoolingModel
from model.scenario import Reform
from tests.small_world import SmallWorld
from tests.test_measures_limits import uniforms
from tests.worlds import START, world_of

STEPS = {"pooling__allow_cross_fund": 1, "steps__step1_on": 1, "steps__step2_on": 1, "steps__step3_on": 1}
ONE_PREFECTURE = (110000, 120000), (110000, 120000)
ONE_PROVINCE = (320100, 320200), (320000, 320000)
RESERVES = {"employee_pool": [800, 50], "resident_pool": [30, 0]}


def rough_years(world: SmallWorld, number: int, years: int = 8) -> pd.DataFrame:
    """Live years of incomes and bills drawn apart for every pool; return the flows."""
    pools = len(world.pools)
    for year in (2000 * uniforms(8, number, (years, pools, 6))).astype(np.int64):
        world.set_year(year[:, :2], year[:, 2:4], retired=year[:, 4])
        world.funds.expected = np.repeat(year[:, 5:], len(SCHEME) + 1, axis=1).astype(float)
        world.step()
    assert check_identities(world.record.tables) == []
    return world.record.flows


def net(flows: pd.DataFrame, names: Any) -> int:
    """Return what some ledgers received less what they paid [fen]."""
    received, paid = (flows[flows[side].isin(names)]["amount_fen"].sum() for side in ("payee", "payer"))
    return int(received - paid)


@pytest.mark.parametrize("two", [0, 1])
@pytest.mark.parametrize("three", [0, 1, 2, 3, 4])
def test_check_6_mutual_aid_creates_no_money(two: int, three: int) -> None:
    """Every year what adjustment funds take in is what they pay out and what they keep; loans only change hands."""
    world = SmallWorld(**STEPS, steps__step2_design=two, steps__step3_design=three, steps__step3_central_budget=0.01)
    flows = rough_years(world, three)
    funds = world.record.funds
    held = funds[funds["fund"].str.startswith(("provincial", "national"))]
    assert len(held)
    for year, rows in held.groupby("year"):
        now = flows[flows["year"] == year]
        names = set(rows["fund"] + ":" + rows["prefecture"].astype(str))
        steps = now[now["kind"].str.startswith("step")]
        kept = int((rows["closing_fen"] - rows["opening_fen"]).sum())
        assert net(now, names) == kept
        pools = set(pd.concat([steps["payer"], steps["payee"]])) - names
        from_outside = now[(now["kind"] == "subsidy") & now["payee"].isin(names)]["amount_fen"].sum()
        assert net(steps, pools) == from_outside - kept


@pytest.mark.parametrize("level", [1, 2])
def test_check_7_net_receipts_of_a_closed_pool_are_its_reserves_fall(level: int) -> None:
    """What the areas of a wider pool get out less what they pay in is the fall of its reserve and outside aid."""
    world = SmallWorld((320100, 320200, 320300), (320000,) * 3, pooling__employee_level=level)
    world.endow(employee_pool=[500, 300, 100])
    flows = rough_years(world, 3)
    rows = world.record.funds.query("fund == 'employee_pool'").groupby("year")[["opening_fen", "closing_fen"]].sum()
    for year, row in rows.iterrows():
        now = flows[flows["year"] == year]
        mine = now[now["payer"].str.startswith("employee_pool") | now["payee"].str.startswith("employee_pool")]
        inside = mine[~mine["kind"].isin(["backstop", "arrears", "arrears_paid", "merge"])]
        received = {
            code: net(inside, [f"{who}:{code}" for who in ("providers", "employers")]) for code in world.pools["code"]
        }
        aid = mine[mine["kind"].isin(["backstop", "arrears"])]["amount_fen"].sum()
        repaid = mine[mine["kind"] == "arrears_paid"]["amount_fen"].sum()
        assert sum(received.values()) == row["opening_fen"] - row["closing_fen"] + aid - repaid


# ---- check 9 --------------------------------------------------------------------------------------------------------
@cache
def shared() -> tuple[PoolingModel, pd.DataFrame]:
    """Return a world whose families share accounts widely, and its people of two years."""
    wide = Reform(
        "wide", changes={f"accounts.{name}": {f"{START}-01-01": 1.0} for name in ("registered_share", "wider_share")}
    )
    world, people = world_of(end=START + 1, reforms=(wide,)), []
    while world.year < START + 1:
        world.step()
        people.append(world.people_frame().set_index("key"))
    return world, pd.concat(people, keys=range(START, START + 2))


def test_check_9_no_account_pays_more_than_it_holds_and_a_holders_loss_is_a_users_gain() -> None:
    world, people = shared()
    flows = world.record.flows
    weight = world.weight
    assert (people["account_fen"] >= 0).all()
    for year in (START, START + 1):
        now, one = flows[flows["year"] == year], people.loc[year]
        lost = now[now["payer"].str.startswith("employee_accounts")].groupby("kind")["amount_fen"].sum()
        assert lost["family_account"] == (one["family_account_fen"] * weight).sum() > 0
        assert lost["own_account"] == (one["own_account_fen"] * weight).sum() > 0
        paid = now[now["kind"] == "premium_from_account"]
        assert lost["premium_from_account"] == paid["amount_fen"].sum() > 0


# ---- limits of the steps --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("two", [0, 1, 2])
def test_a_province_of_one_prefecture_transfers_nothing_in_step_two(two: int) -> None:
    world = SmallWorld(*ONE_PREFECTURE, **STEPS | {"steps__step3_on": 0}, steps__step2_design=two)
    world.endow(**RESERVES)
    assert not rough_years(world, two)["kind"].str.startswith("step2").any()


@pytest.mark.parametrize("three", [0, 1, 2, 3, 4])
def test_one_province_transfers_nothing_in_step_three(three: int) -> None:
    world = SmallWorld(*ONE_PROVINCE, **STEPS, steps__step3_design=three, steps__step3_cross_scheme=1)
    world.endow(**RESERVES)
    flows = rough_years(world, three)
    assert not flows["kind"].str.startswith("step3").any()
    assert flows["kind"].str.startswith("step2").any()


@pytest.mark.parametrize("limit", [0.0, 0.05])
@pytest.mark.parametrize("three", [0, 1, 2])
def test_no_ledger_pays_what_it_cannot_cover_unless_the_last_resort_paid(limit: float, three: int) -> None:
    """What a ledger paid without treasury and arrears passes what it had only by what these two gave, to the fen."""
    world = SmallWorld(**STEPS, steps__step3_design=three, treasury__backstop_limit=limit)
    flows = rough_years(world, three)
    rescued = 0
    for row in world.record.funds.itertuples():
        now = flows[(flows["year"] == row.year)]
        name = f"{row.fund}:{row.prefecture}"
        mine = now[now["payee"] == name]
        rescue = int(mine[mine["kind"].isin(["backstop", "arrears"])]["amount_fen"].sum())
        own = row.opening_fen + int(mine["amount_fen"].sum()) - rescue
        out = int(now[now["payer"] == name]["amount_fen"].sum())
        assert row.closing_fen >= 0
        assert max(0, out - own) <= rescue
        if rescue:
            assert row.fund in {EMPLOYEE_POOL, RESIDENT_POOL}
            assert out - own == rescue  # no rescue beyond what was missing
            rescued += 1
    assert rescued
