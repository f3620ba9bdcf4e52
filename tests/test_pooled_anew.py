"""Pools that share money anew begin with the mean of their budgets, not with that of one among them."""

from __future__ import annotations

import numpy as np
import pytest

from agents.codes import Scheme
from model import PoolingModel, Reform, Scenario
from model.phases import budgets

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
