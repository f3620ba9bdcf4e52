"""Pools that share money anew begin with the mean of their budgets and with the money of all that merged."""

from __future__ import annotations

import numpy as np
import pytest

from agents.codes import Scheme
from model import PoolingModel, Reform, Scenario
from model.identities import check_identities
from model.kinds import EMPLOYEE_POOL, NATIONAL_ADJUSTMENT, RESIDENT_POOL
from model.ledger import account
from model.phases import budgets
from tests.small_world import SmallWorld

YEAR = 2026
NATION = Reform("nation", changes={f"pooling.{scheme}_level": {YEAR: 2} for scheme in ("employee", "resident")})


@pytest.mark.parametrize("people", [4000, 20_000])
def test_one_nation_spends_as_its_pools_did_when_its_budget_is_left_alone(
    people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = PoolingModel(Scenario(people=people, start=YEAR - 2, end=YEAR, reforms=(NATION,)), rng=0)
    for _ in range(2):
        world.step()
    before, needs = world.funds.budget.copy(), {}
    plan = budgets.plan

    def planned(world: PoolingModel, fund: str, need: budgets.Floats, *words: object) -> budgets.Floats:
        needs[fund] = need
        monkeypatch.setattr(budgets, "draw_all", lambda *_: None)  # what pools share is all that is looked at
        return plan(world, fund, need, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(budgets, "plan", planned)
    monkeypatch.setattr(budgets, "into_benefits", lambda world, factor, moved: factor)
    world.step()
    for scheme, need in zip((Scheme.EMPLOYEE, Scheme.RESIDENT), needs.values(), strict=True):
        now = world.funds.budget[:, scheme]
        assert np.ptp(now) == 0
        assert (need * now).sum() == pytest.approx((need * before[:, scheme]).sum(), rel=1e-9)


@pytest.mark.parametrize("people", [4000])
def test_a_small_nation_lives_the_year_in_which_it_becomes_one_pool(people: int) -> None:
    world = PoolingModel(Scenario(people=people, start=YEAR - 2, end=YEAR, reforms=(NATION,)), rng=0)
    for _ in range(3):
        world.step()
    assert np.isfinite(world.funds.budget).all()
    assert world.record.funds.query("year == @YEAR and fund == 'employee_pool'").spending_fen.sum() > 0


@pytest.mark.parametrize("people", [4000])
def test_provinces_that_become_one_pool_are_not_short_of_what_their_pools_held(
    people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    province = Reform("province", changes={"pooling.employee_level": {YEAR: 1}})
    world = PoolingModel(Scenario(people=people, start=YEAR - 1, end=YEAR, reforms=(province,)), rng=0)
    world.step()
    found, shares = [], budgets.shares

    def shared(*words: budgets.Floats) -> budgets.Floats:
        found.append(words[-1])
        return shares(*words)

    monkeypatch.setattr(budgets, "shares", shared)
    world.step()
    areas = np.array(world.funds.areas.places(EMPLOYEE_POOL)[0])
    before = world.record.funds.query("year == @YEAR - 1 and fund == 'employee_pool'")
    sums = before.groupby("province")[["closing_fen", "spending_fen"]].sum().reindex(areas)
    months = world.in_force.warning.months_short
    assert found[0].tolist() == (12 * sums["closing_fen"] < months * sums["spending_fen"]).tolist()
    assert not found[0].all()


def merging(rate: float, **law: float | list[int]) -> SmallWorld:
    """Live a year of two pools of a province and one of another, and a year under a law that may merge them."""
    world = SmallWorld(pooling__interest_rate=rate)
    world.endow(employee_pool=[50_000, 30_000, 20_000], resident_pool=[4000, 3000, 3000])
    world.set_year((1200, 1200), (1200, 1200))
    world.step()
    world.change(**law)
    world.step()
    return world


def interest(world: SmallWorld) -> dict[str, int]:
    """Return this year's interest by fund [fen]."""
    found: dict[str, int] = {}
    for (_, name), amount in world.flow("interest").items():
        fund = name.split(":")[0]
        found[fund] = found.get(fund, 0) + amount
    return found


@pytest.mark.parametrize("level", [1, 2, [1, 1, 0]])
def test_interest_of_a_year_of_merging_or_parting_is_paid_on_what_was_held_before_it(level: int | list[int]) -> None:
    apart, merged = merging(0.02), merging(0.02, pooling__employee_level=level, pooling__resident_level=level)
    assert interest(apart) == interest(merged) == {EMPLOYEE_POOL: 2040, RESIDENT_POOL: 204}
    for world in (apart, merged):
        world.change(pooling__employee_level=0, pooling__resident_level=0)
        world.step()
    assert interest(merged) == pytest.approx(interest(apart), abs=2)  # every fund's interest is whole fen
    assert check_identities(merged.record.tables) == []


def test_merged_pools_give_of_the_excess_reserves_that_their_parts_held() -> None:
    law = {"steps__step3_on": 1, "steps__step3_upload_rate": 0.0, "steps__step3_excess_rate": 0.5}
    world = merging(0.0, pooling__employee_level=[1, 1, 0], **law)
    beyond = 80_000 - 15 * (2 * 1200 // 12)
    assert world.flow("step3_upload")["employee_pool:320000", account(NATIONAL_ADJUSTMENT, 0)] == beyond // 2
