"""A world begins as it goes on: no first year in which people retire, stop work or fall ill as in no other."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.codes import Scheme, Work
from model.demography import demography
from model.phases.equalising import RESERVE_SWAP, RISK_TRANSFER
from model.phases.tally import AGES, CHRONIC_LEVELS
from model.policy import load_policy
from model.policy.record import law_record
from model.responses import deaths
from model.scenario import Reform
from model.surroundings import onset
from model.synthesis import chronic_shares, founding_values
from tests.worlds import START, world_of

YEARS = 2
AT_WORK = (Work.ENTERPRISE, Work.PUBLIC, Work.FLEXIBLE, Work.FARMER)
OLD = 60


@cache
def counted() -> list[dict[str, Any]]:
    """Return counts of the living when a world begins and at the end of each of its years."""
    world = world_of(people=100_000, start=2022, end=2021 + YEARS)
    found = []
    for year in range(YEARS + 1):
        if year > 0:
            world.step()
        people = world.engine.people
        alive = people.dying == 0
        work, ill, age = people.work[alive], people.chronic[alive], people.age[alive]
        grown, old = (age >= 18) & (age < OLD), age >= OLD
        found.append(
            {
                "retired": np.count_nonzero(work == Work.RETIRED),
                "active": np.count_nonzero((people.scheme[alive] == Scheme.EMPLOYEE) & (work != Work.RETIRED)),
                "at work": np.isin(work, AT_WORK).mean(),
                "old at work": np.isin(work[old], AT_WORK).mean(),
                "ill grown": (ill[grown] > 0).mean(),
                "ill old": (ill[old] > 0).mean(),
                "very ill old": (ill[old] > 1).mean(),
            }
        )
    return found


def test_no_more_retire_than_in_the_next_year() -> None:
    first, second = np.diff([each["retired"] for each in counted()])
    assert 0 < first < 1.25 * second


@pytest.mark.parametrize("what", ["at work", "old at work", "ill grown", "ill old", "very ill old"])
def test_shares_move_slowly(what: str) -> None:
    shares = [each[what] for each in counted()]
    assert np.abs(np.diff(shares)).max() < 0.015


def test_onset_keeps_the_shares_of_the_ill_though_they_die_sooner() -> None:
    policy = load_policy()
    law = law_record(policy, START, world_of().pools)[0]
    shares = chronic_shares(founding_values(policy, START))[:, :AGES]
    told = demography()
    mortality = deaths(law, told.death[told.place(START), :, :AGES], shares)
    chance = onset(1.0, shares, mortality)
    alive = np.eye(CHRONIC_LEVELS)[0]
    for age in range(AGES - 1):
        well, mild, severe = alive
        ill = chance[0, age] * well, chance[1, age] * mild
        alive = np.array([well - ill[0], mild + ill[0] - ill[1], severe + ill[1]])
        assert alive == pytest.approx(shares[:, age], abs=1e-9)
        alive = alive * (1.0 - mortality[:, :, age + 1].mean(axis=0))
        alive = alive / alive.sum()


@pytest.mark.parametrize(
    "extreme",
    [
        {"chronic_at_15": 0.0},
        {"chronic_at_15": 1.0},
        {"severe_share_at_45": 1.0},
        {"severe_share_at_80": 1.0},
        {"severe_share_at_45": 1.0, "severe_share_at_80": 1.0},
    ],
)
@pytest.mark.filterwarnings("error")
def test_where_nobody_is_well_or_a_little_ill_nobody_falls_ill(extreme: dict[str, float]) -> None:
    values = {f"synthesis.{name}": {2018: value} for name, value in extreme.items()}
    world = world_of(people=200, end=START, reforms=(Reform("ill", changes=values),))
    shares, told = world.ill_by_age[:, :AGES], demography()
    mortality = deaths(law_record(world.policy, START, world.pools)[0], told.death[told.place(START), :, :AGES], shares)
    chance = onset(1.0, shares, mortality)
    assert ((chance >= 0.0) & (chance <= 0.5)).all()
    world.step()


def test_more_onset_makes_more_people_ill() -> None:
    shares = chronic_shares(founding_values(load_policy(), START))[:, :AGES]
    none = np.zeros((2, CHRONIC_LEVELS, AGES))
    once, twice = (onset(factor, shares, none)[0] for factor in (1.0, 2.0))
    assert (twice >= once).all()
    assert twice[30:60] == pytest.approx(2 * once[30:60])


def test_fujian_shares_by_its_members_in_the_first_year_as_in_the_next() -> None:
    world = world_of(people=20_000, end=START + 1)
    counted = sum(world.funds.members["employee_pool"])
    shared = []
    for _ in range(2):
        world.step()
        flows = world.record.flows.query("year == @world.year and kind == 'step2_aid'")
        shared.append(flows[flows["payer"] == "provincial_adjustment:350000"]["amount_fen"].sum())
    assert 0.8 < shared[0] / shared[1] < 1.2
    assert 0.9 < counted / sum(world.funds.members["employee_pool"]) < 1.0


@pytest.mark.parametrize("weights", range(4))
@pytest.mark.parametrize("design", range(5))
def test_every_formula_and_design_shares_in_a_first_year(weights: int, design: int) -> None:
    values = {"steps.step2_on": 1, "steps.step2_design": 1, "steps.step2_weights": weights, "steps.step3_on": 1}
    values |= {"steps.step3_design": design, "steps.step3_upload_rate": 0.03}
    changes = {path: {f"{START}-01-01": value} for path, value in values.items()}
    world = world_of(reforms=(Reform("formula", changes=changes),))
    world.step()
    flows = world.record.flows
    assert (flows["kind"] == "step2_aid").any()
    up = flows.loc[flows["kind"] == "step3_upload", "amount_fen"].sum()
    assert (up > 0) == (design not in {RESERVE_SWAP, RISK_TRANSFER})
