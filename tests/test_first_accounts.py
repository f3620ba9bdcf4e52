"""The first people's accounts: used up as often as assumed, and much as the model's own people have them later."""

from __future__ import annotations

from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.codes import Scheme, Work
from model import PoolingModel, Reform, Scenario
from model.policy import load_policy

PEOPLE = 100_000
ILL = ("healthy", "mildly_ill", "severely_ill")
LITTLE = 5_000
"""Fifty yuan, below which an account counts as used up [fen]."""


@cache
def lived() -> PoolingModel:
    """Return a world that has lived from 2019 to 2023."""
    world = PoolingModel(Scenario(people=PEOPLE, start=2019, end=2024), measure=False)
    while world.year < 2023:
        world.step()
    return world


@cache
def founded() -> PoolingModel:
    """Return a world that begins in 2024."""
    return PoolingModel(Scenario(people=PEOPLE, start=2024, end=2024), measure=False)


def holders(world: PoolingModel, illness: int, *, retired: bool) -> NDArray[np.int64]:
    """Return the accounts of members with one, at work for an employer or retired [fen]."""
    people = world.engine.people
    kinds = (Work.RETIRED,) if retired else (Work.ENTERPRISE, Work.PUBLIC)
    member = (people.scheme == Scheme.EMPLOYEE) & (people.account_kind == 1)
    chosen = member & np.isin(people.work, kinds) & (people.chronic == illness)
    return np.asarray(people.account[chosen], np.int64)


@pytest.mark.parametrize("illness", range(len(ILL)))
def test_as_many_accounts_are_used_up_as_assumed(illness: int) -> None:
    assumed = load_policy().group("synthesis", 2024)
    share = assumed[f"account_empty_of_the_{ILL[illness]}"]
    odds = assumed["account_empty_odds"] * share / (1 - share)
    for retired, expected in ((False, share), (True, odds / (1 + odds))):
        found = holders(founded(), illness, retired=retired) < 100
        assert found.mean() == pytest.approx(expected, abs=0.02 + 3 * np.sqrt(expected * (1 - expected) / len(found)))


@pytest.mark.parametrize("retired", [False, True])
@pytest.mark.parametrize("illness", range(len(ILL)))
def test_first_accounts_are_spread_like_lived_ones(illness: int, retired: bool) -> None:
    first, later = (holders(world, illness, retired=retired) for world in (founded(), lived()))
    assert (first < LITTLE).mean() == pytest.approx((later < LITTLE).mean(), abs=0.08)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("odds", [0.01, 100.0])
def test_all_or_no_accounts_used_up(share: float, odds: float) -> None:
    """At the ends of the ranges balances stay amounts, and a pool's accounts still add up to their ledger."""
    paths = {f"synthesis.account_empty_of_the_{name}": {2019: share} for name in ILL}
    reform = Reform("ends", changes=paths | {"synthesis.account_empty_odds": {2019: odds}})
    world = PoolingModel(Scenario(people=2_000, start=2024, end=2024, reforms=(reform,)), measure=False, check=True)
    assert int(world.engine.people.account.min()) >= 0
    world.step()


def test_a_first_year_spends_like_a_later_one() -> None:
    """A world from 2019 and one from 2024 spend alike from accounts in 2024, though only one has a past."""
    spent = []
    for world in (deepcopy(lived()), deepcopy(founded())):
        world.step()
        funds = world.record.funds
        rows = funds[(funds["year"] == 2024) & (funds["fund"] == "employee_accounts")]
        spent.append(float(rows["spending_fen"].sum()))
    assert spent[1] / spent[0] == pytest.approx(1.0, abs=0.03)
