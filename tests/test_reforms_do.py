"""Shipped reforms that need a lived year to be seen: they do what their titles say."""

from __future__ import annotations

from functools import cache

import pytest

from agents.codes import Care, Scheme, Status
from model import PoolingModel
from model.new_money import new_money
from model.phases.tally import CareItem, Head
from tests.worlds import START, moved, world_of


@cache
def lived(name: str = "") -> PoolingModel:
    """Return a world whose second year is the first under a reform."""
    world = world_of(people=20_000, end=START + 1, reforms=(moved(name, START + 1),) if name else ())
    while world.running:
        world.step()
    return world


def outpatient_a_head(world: PoolingModel) -> float:
    """Return what pools paid for care out of hospital a resident [fen/year]."""
    paid = world.tally.care[:, Status.RESIDENT, Care.OUTPATIENT, CareItem.BASIC].sum()
    return float(paid / world.tally.heads[:, Head.COVERED_RESIDENT].sum())


def test_a_fifth_of_new_financing_is_spent_out_of_hospital() -> None:
    plain, reformed = lived(), lived("new_money_to_outpatient")
    money = new_money(reformed.value, reformed.care.last_published, reformed.year)
    assert money > 0
    assert outpatient_a_head(reformed) - outpatient_a_head(plain) == pytest.approx(money, rel=0.1)


def test_all_residents_are_insured_where_they_live() -> None:
    for name, everybody in (("", False), ("migrants_where_they_live", True)):
        people = lived(name).engine.people
        resident = people.scheme == Scheme.RESIDENT
        assert (resident & (people.home != people.hukou)).sum() > 100
        assert ((people.insured == people.home)[resident].all()) == everybody
