"""The law as people live it: the fixed credit of retirees' accounts, new money for outpatient care."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from agents.codes import Scheme
from model.lived_law import credit_pension, law_of_people
from model.new_money import Visits, new_money, with_new_money
from model.phases.ground import Ground
from model.places import Growth, Spread, places
from model.policy import load_policy
from tests.worlds import START, moved, world_of

SHARE = 0.4


def pension(base: Mapping[int, int], year: int) -> np.ndarray:
    """Return the pensions of which retirees are credited a share, where the choice of the base changes as told."""
    policy = load_policy()

    def value(path: str, at: int) -> float:
        return SHARE if path == "employee.pension_share" else base[max(since for since in base if since <= at)]

    return credit_pension(value, year, Spread.of(policy.group("places", 2024)), growth())


def growth() -> Growth:
    """Return wages and incomes that grow by a tenth a year."""
    return Growth.sampled(lambda _: 0.1, lambda _: 0.1, 2018, 2051)


def average(year: int) -> np.ndarray:
    """Return the average pension by pool of a year [fen]."""
    spread = Spread.of(load_policy().group("places", 2024))
    return np.floor(places(year, spread, growth()).base_wage * SHARE + 0.5).astype(np.int64)


def test_the_credit_is_fixed_at_the_pension_of_the_year_of_the_reform() -> None:
    reformed = {2000: 0, 2023: 1}
    assert (pension(reformed, 2023) == average(2023)).all()
    assert (pension(reformed, 2040) == average(2023)).all()
    assert (average(2040) > average(2023)).all()


@pytest.mark.parametrize("year", [2019, 2022])
def test_before_it_the_own_pension_counts(year: int) -> None:
    assert not pension({2000: 0, 2023: 1}, year).any()


def test_a_reform_that_comes_again_fixes_it_anew() -> None:
    assert (pension({2000: 0, 2023: 1, 2026: 0, 2030: 1}, 2035) == average(2030)).all()
    assert (pension({2000: 1}, 2024) == average(2019)).all(), "no year before the first that can be lived"


def test_a_world_credits_retirees_the_same_every_year() -> None:
    """Who has retired in a pool by 2024 is credited the same in 2025, whatever the own pension."""
    world = world_of(people=2000)
    grounds: list[Ground] = []
    for _ in range(2):
        world.step()
        grounds.append(world.ground)
    assert (grounds[0].credit_pension == grounds[1].credit_pension).all()
    assert (grounds[0].credit_pension > 0).all()
    assert (grounds[0].base_wage < grounds[1].base_wage).all()


def test_new_financing_is_spent_on_visits() -> None:
    """What pools pay of residents' visits rises by the money, as expected; the rest of the law stays."""
    world = world_of(people=20_000, end=START + 1, reforms=(moved("new_money_to_outpatient", START + 1),))
    world.step()
    world.step()
    last = world.care.last_published
    money = new_money(world.value, last, world.year)
    assert money > 0
    before = law_of_people(world.law, world.funds.effort[:, Scheme.EMPLOYEE], world.value, last)
    after = with_new_money(before, money, world.ground, world.tally)
    one, two = (Visits(law[0], world.ground, world.tally).a_head(1.0) for law in (before, after))
    assert two - one == pytest.approx(money, rel=0.01)
    rates = after[0].benefit.resident_outpatient_rate / before[0].benefit.resident_outpatient_rate.clip(1e-9)
    raised = after[0].benefit.resident_outpatient_cap / before[0].benefit.resident_outpatient_cap
    assert rates[:2] == pytest.approx([raised, raised], rel=1e-3)
    assert with_new_money(before, 0, world.ground, world.tally) is before
    dear = with_new_money(before, 10**9, world.ground, world.tally)
    assert dear[0].benefit.resident_outpatient_rate[0] == 1.0, "rates stop at the whole cost"
