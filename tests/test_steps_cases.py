"""Years of mutual aid worked out by hand: cases/steps.yaml, lived by the model's own phases, to the fen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model.identities import check_identities
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.phases.fund_world import SCHEME
from tests.small_world import SmallWorld
from tests.test_rules_cases import load

FEWEST = 4
FILE = load("steps")
CASES = [
    pytest.param(group, case, id=f"{name}-{number}")
    for name, group in FILE.items()
    for number, case in enumerate(group["cases"])
]
AID = ("step", "scheme_merge")


def law_of(changes: dict[str, Any]) -> dict[str, Any]:
    return {path.replace(".", "__"): value for path, value in changes.items()}


def lived(group: dict[str, Any], case: dict[str, Any]) -> SmallWorld:
    """Live a case year by year."""
    world = SmallWorld(**law_of(group.get("law", {}) | case.get("law", {})))
    world.places.wage = group.get("wages", [0, 0, 0])
    world.endow(**case.get("opening", {}))
    years = max(len(case.get(fund, ())) for fund in (EMPLOYEE_POOL, RESIDENT_POOL))
    for number in range(years):
        world.change(**law_of(group.get("from", {}).get(world.year + 1, {})))
        pairs = [case[fund][number] if fund in case else (0, 0) for fund in (EMPLOYEE_POOL, RESIDENT_POOL)]
        world.set_year(*pairs, retired=case.get("retired", 50))
        if "expected" in case:
            world.funds.expected = np.zeros((len(world.pools), len(SCHEME) + 1))
            for fund, costs in case["expected"].items():
                world.funds.expected[:, SCHEME[fund]] = costs
        world.step()
    return world


@pytest.mark.parametrize(("group", "case"), CASES)
def test_worked_years(group: dict[str, Any], case: dict[str, Any]) -> None:
    world = lived(group, case)
    flows = world.record.flows
    for year, kinds in case["flows"].items():
        for kind, expected in kinds.items():
            rows = flows[(flows["year"] == year) & (flows["kind"] == kind)]
            pairs = (f"{payer} {payee}" for payer, payee in zip(rows["payer"], rows["payee"]))
            assert dict(zip(pairs, rows["amount_fen"])) == expected, (case["because"], year, kind)
    for fund, expected in case.get("closing", {}).items():
        assert world.closing(fund) == expected, case["because"]
    owed = world.record.funds.query("year == @world.year").sort_values("prefecture")
    for fund, expected in case.get("owed", {}).items():
        assert owed[owed["fund"] == fund]["owed_fen"].tolist() == expected, case["because"]
    assert check_identities(world.record.tables) == []


@pytest.mark.parametrize(("group", "case"), CASES)
def test_aid_makes_no_money(group: dict[str, Any], case: dict[str, Any]) -> None:
    """Checks 6 and 7: what pools receive net is what the adjustment funds lost, less what came from outside."""
    record = lived(group, case).record
    flows, funds = record.flows, record.funds
    aid = flows[flows["kind"].str.startswith(AID)]
    between = ("employee_pool", "resident_pool", "provincial", "national")
    assert aid["payer"].str.startswith(between).all()
    assert aid["payee"].str.startswith(between).all()
    pools = ("employee_pool", "resident_pool")
    for year in funds["year"].unique():
        now = aid[aid["year"] == year]
        received = now[now["payee"].str.startswith(pools)]["amount_fen"].sum()
        paid = now[now["payer"].str.startswith(pools)]["amount_fen"].sum()
        held = funds[(funds["year"] == year) & ~funds["fund"].isin(pools)]
        change = int((held["closing_fen"] - held["opening_fen"]).sum())
        assert received - paid == -change


def test_every_formula_has_its_cases() -> None:
    assert set(FILE) == {"shaanxi", "hainan", "fujian", "pension", "swap", "loan", "risk", "merged"}
    for group in FILE.values():
        assert len(group["cases"]) >= FEWEST
        assert group["source"]
