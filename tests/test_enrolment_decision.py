"""What families are asked to pay, beside their income, is felt in the decision to join: by whom, which way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.codes import Scheme
from model.phases.tally import Head
from model.rules.codes import Link
from model.scenario import Reform
from tests.test_world_directions import one_change
from tests.worlds import START, live, world_of

RESIDENT = Scheme.RESIDENT.name.lower()
LITTLE, MUCH = 0.001, 0.1
"""Rates of a place's income a head far below and far above what the flat amount comes to."""


def members(*changes: tuple[str, Any]) -> pd.Series:
    """Return who is a resident member under changed values, by key."""
    return one_change(*changes)["scheme"] == RESIDENT


def test_the_more_a_premium_weighs_on_income_the_fewer_join() -> None:
    before, after = members(("enrolment.coefficient_premium", -2.0)), members(("enrolment.coefficient_premium", -60.0))
    assert not (after & ~before).any()
    assert after.sum() < before.sum()


def test_who_leaves_because_of_the_premium_is_poorer() -> None:
    people = one_change(("enrolment.coefficient_premium", 0.0))
    stays = people["scheme"] == RESIDENT
    leaves = stays & ~members(("enrolment.coefficient_premium", -60.0))
    income = people.groupby("household")["income_fen"].transform("mean")
    assert income[leaves].mean() < income[stays].mean()


def test_better_off_families_join_more_often_where_income_counts() -> None:
    people = one_change(("enrolment.coefficient_income", 1.0))
    outside = people[people["scheme"] != Scheme.EMPLOYEE.name.lower()]
    income = people.groupby("household")["income_fen"].transform("mean")[outside.index]
    third = pd.qcut(income.rank(method="first"), 3, labels=False)
    share = (outside["scheme"] == RESIDENT).groupby(third).mean()
    assert share[0] < share[2]


def test_the_income_below_which_no_burden_is_counted_moves_members() -> None:
    assert (members(("enrolment.least_income", 1_000)) != members(("enrolment.least_income", 20_000))).any()


@pytest.mark.parametrize(("rate", "more"), [(LITTLE, True), (MUCH, False)])
def test_a_premium_linked_to_incomes_is_what_families_weigh(rate: float, more: bool) -> None:
    weight = ("enrolment.coefficient_premium", -20.0)
    flat = members(weight)
    linked = members(weight, ("resident.link_mode", int(Link.PLACE)), ("resident.link_rate", rate))
    fewer, larger = (flat, linked) if more else (linked, flat)
    assert not (fewer & ~larger).any()
    assert fewer.sum() < larger.sum()


def test_a_link_that_asks_more_is_felt_as_a_rise_in_its_first_year() -> None:
    dearer = (
        ("resident.link_mode", int(Link.PLACE)),
        ("resident.link_rate", MUCH),
        ("enrolment.coefficient_premium", 0.0),
    )
    calm, angry = (members(*dearer, ("enrolment.coefficient_growth", weight)) for weight in (0.0, -2.0))
    assert not (angry & ~calm).any()
    assert angry.sum() < 0.99 * calm.sum()


def test_a_premium_linked_to_the_place_is_one_for_town_and_country_of_a_pool() -> None:
    people = one_change(("resident.link_mode", int(Link.PLACE)), ("resident.link_rate", 0.01))
    paid = people[(people["scheme"] == RESIDENT) & (people["age"] > 0) & (people["contribution_fen"] > 0)]
    usual = paid.groupby(["prefecture", "urban"])["contribution_fen"].agg(lambda sums: sums.mode().max()).unstack()
    both = usual.dropna()
    assert len(both) > 10
    assert (both[0] == both[1]).mean() > 0.9
    assert both[0].nunique() > 5


def lived_members(end: int, **links: Any) -> int:
    """Return the resident members of a year under a law that links premiums to the place's income."""
    changes = {
        f"resident.{name}": {f"{year}-01-01": value for year, value in dated.items()} for name, dated in links.items()
    }
    world = live(world_of(end=end, reforms=(Reform("links", changes=changes),)))
    return int(world.tally.heads[:, Head.RESIDENT].sum())


def test_a_dearer_rate_of_a_link_is_felt_as_a_rise_and_a_link_that_ends_too() -> None:
    place, end = int(Link.PLACE), START + 1
    same = lived_members(end, link_mode={START: place}, link_rate={START: 0.01})
    assert lived_members(end, link_mode={START: place}, link_rate={START: 0.01, end: 0.05}) < 0.97 * same
    dear = {"link_mode": {START: place}, "link_rate": {START: 0.05}}
    assert lived_members(end, **dear | {"link_mode": {START: place, end: 0}}) > 1.03 * lived_members(end, **dear)


def test_the_newborn_weigh_nothing_where_they_go_free() -> None:
    weight = ("enrolment.coefficient_premium", -60.0)
    free, asked = (members(weight, ("resident.newborn_free", one)) for one in (1, 0))
    assert not (asked & ~free).any()
    assert asked.sum() < free.sum()


def test_a_dearer_premium_costs_members_as_the_sources_say() -> None:
    """Arc elasticity between -0.30 and -0.03 in the year of the rise (institutions.md A7)."""
    rise = 1.2
    told = []
    for factor in (1.0, rise):
        premium = {f"{START}-01-01": 400.0 * factor}
        reforms = (Reform("dearer", changes={"resident.individual": premium}),)
        told.append(live(world_of(people=20_000, reforms=reforms)).tally.heads[:, Head.RESIDENT].sum())
    assert -0.30 < np.log(told[1] / told[0]) / np.log(rise) < -0.03
