"""Budgets after the last published year: what employees' plan takes back, and when reserves stop it."""

from __future__ import annotations

import numpy as np
import pytest

from model.phases.budgets import ample
from model.pooling import PoolingModel
from model.scenario import Reform
from tests.worlds import START, live, world_of


def after_a_plan_of_little(line: int) -> PoolingModel:
    """Return a world whose employee pools plan far less from the second year on, under a line of too much reserve."""
    then = f"{START + 1}-01-01"
    changes = {"budget.employee_coupling": {then: 0.5}, "warning.months_excess": {then: line}}
    return live(world_of(end=START + 1, reforms=(Reform("less", changes=changes),)))


@pytest.mark.parametrize(("line", "holds_more"), [(15, True), (120, False)])
def test_benefits_narrow_only_where_reserves_are_not_too_much(line: int, holds_more: bool) -> None:
    before = live(world_of(end=START)).funds
    world = after_a_plan_of_little(line)
    assert ample(world, "employee_pool") == holds_more
    if holds_more:
        assert world.funds.widened == before.widened
    else:
        assert world.funds.widened < 0.95 * before.widened
    assert np.isfinite(world.funds.budget).all()


def test_pools_still_share_the_plan_while_its_sum_stands_still() -> None:
    before = live(world_of(end=START)).funds.budget
    kept, cut = (after_a_plan_of_little(line).funds.budget for line in (15, 120))
    assert (kept[:, 1] != before[:, 1]).any()
    assert (kept[:, 2] == cut[:, 2]).all()
