"""Broken worlds are refused in one line, at birth and every year of a debug run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from agents.codes import Scheme, Work
from model import PoolingModel, Scenario
from model.check import CLOSEST_MOTHER, check_people
from model.errors import DataError
from model.synthesis.population import Population, check_population
from tests.worlds import START, world_of

Break = Callable[[PoolingModel], None]


def first(chosen: np.ndarray) -> int:
    return int(np.flatnonzero(chosen)[0])


def older_child(world: PoolingModel) -> None:
    p = world.engine.people
    child = first(p.mother >= 0)
    p.age[child] = p.age[p.mother[child]] - CLOSEST_MOTHER + 1


def two_spouses(world: PoolingModel) -> None:
    p = world.engine.people
    single = first((p.spouse < 0) & (p.age > 20))
    p.spouse[single] = first((p.spouse >= 0) & (p.sex != p.sex[single]))


def own_mother(world: PoolingModel) -> None:
    p = world.engine.people
    p.mother[3] = 3


def spouse_of_one_sex(world: PoolingModel) -> None:
    p = world.engine.people
    wife = first(p.spouse >= 0)
    p.sex[wife] = p.sex[p.spouse[wife]]


def married_mother(world: PoolingModel) -> None:
    p = world.engine.people
    husband = first((p.spouse >= 0) & (p.sex == 0))
    p.mother[husband] = p.spouse[husband]
    p.age[husband], p.age[p.spouse[husband]] = 30, 60


def nobody(world: PoolingModel) -> None:
    world.engine.people.father[0] = len(world.engine.people)


def dead_relative(world: PoolingModel) -> None:
    world.engine.people.dying[4] = 1


def twins(world: PoolingModel) -> None:
    world.engine.people.key[1] = world.engine.people.key[0]


def third_scheme(world: PoolingModel) -> None:
    world.engine.people.scheme[0] = max(Scheme) + 1


def resident_at_work(world: PoolingModel) -> None:
    p = world.engine.people
    p.scheme[first(p.work == Work.ENTERPRISE)] = Scheme.RESIDENT


def insured_nowhere(world: PoolingModel) -> None:
    p = world.engine.people
    outsider = first(p.scheme == Scheme.NONE)
    p.insured[outsider] = (p.home[outsider] + 1) % len(world.pools)


def debt(world: PoolingModel) -> None:
    world.engine.people.account[0] = -1


def unknown_place(world: PoolingModel) -> None:
    world.engine.people.home[0] = len(world.pools)


def unknown_hukou(world: PoolingModel) -> None:
    world.engine.people.hukou[0] = -1


def too_old(world: PoolingModel) -> None:
    p = world.engine.people
    p.age[first((p.mother < 0) & (p.father < 0))] = 121


def scattered_home(world: PoolingModel) -> None:
    world.engine.people.household[0] += 1


def split_home(world: PoolingModel) -> None:
    p, homes = world.engine.people, world.engine.households
    homes.home[0] = (homes.home[0] + 1) % len(world.pools)
    assert p.home[0] != homes.home[0]


BROKEN = {
    older_child: r"people\.mother: row \d+ is \d+ in 2023: expected 12 years older",
    two_spouses: r"people\.spouse: row \d+ is \d+ in 2023: expected the same couple",
    own_mother: r"people\.mother: row 3 is 3 in 2023: expected another row",
    spouse_of_one_sex: r"people\.spouse: row \d+ is \d+ in 2023: expected husband and wife",
    married_mother: r"people\.mother: row \d+ is \d+ in 2023: expected somebody else than the spouse",
    nobody: r"people\.father: row 0 is \d+ in 2023: expected another row or -1",
    dead_relative: r"people\.dying: row 4 is 1 in 2023: expected the living only",
    twins: r"people\.key: row 1 is \d+ in 2023: expected each key once",
    third_scheme: r"people\.scheme: row 0 is 3 in 2023: expected a scheme",
    resident_at_work: r"people\.scheme: row \d+ is 2 in 2023: expected the employee scheme",
    insured_nowhere: r"people\.insured: row \d+ is \d+ in 2023: expected home where uninsured",
    debt: r"people\.account: row 0 is -1 in 2023: expected 0 or more",
    unknown_place: r"people\.home: row 0 is 358 in 2023: expected a pool 0 to 357",
    unknown_hukou: r"people\.hukou: row 0 is -1 in 2023: expected a pool 0 to 357",
    too_old: r"people\.age: row \d+ is 121 in 2023: expected at most 120",
    scattered_home: r"people\.household in 2023: expected members of a household to lie together",
    split_home: r"households\.home in 2023: expected the pool of every member",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda does: does.__name__)
def test_a_world_that_cannot_be_is_refused_in_one_line(broken: Break) -> None:
    world = world_of()
    homes, pools = world.engine.households, len(world.pools)
    check_people(world.engine.people, homes, pools, world.year, renewed=True)
    broken(world)
    with pytest.raises(DataError, match=BROKEN[broken]) as told:
        check_people(world.engine.people, homes, pools, world.year, renewed=True)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("broken", [older_child, two_spouses, debt, unknown_place], ids=lambda does: does.__name__)
def test_every_world_is_checked_at_birth(broken: Break) -> None:
    world = world_of()
    broken(world)
    people = world.engine.people
    with pytest.raises(DataError, match="expected"):
        check_population(Population(START, 1, people, world.engine.households, np.zeros(len(people), np.bool_)))


@pytest.mark.parametrize("broken", [older_child, two_spouses, unknown_place], ids=lambda does: does.__name__)
def test_a_debug_run_checks_every_year(broken: Break) -> None:
    world = PoolingModel(Scenario(2_000, START, START + 2), check=True, measure=False)
    world.step()
    broken(world)
    with pytest.raises(DataError, match="expected"):
        world.step()


def test_an_estate_nobody_takes_is_refused() -> None:
    world = PoolingModel(Scenario(2_000, START, START + 2), measure=False)
    world.step()
    p = world.engine.people
    dead = first(p.dying == 1)
    p.account[dead] = 1
    with pytest.raises(DataError, match="expected 0 where the owner died"):
        check_people(p, world.engine.households, len(world.pools), world.year)
