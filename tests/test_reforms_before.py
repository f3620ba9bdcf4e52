"""Before a reform nothing differs, to the last bit; nor by rows of tables, by the horizon or by an idle reform."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from model import data
from model.policy import load_policy
from model.pooling import PoolingModel
from model.scenario import Reform, load_reform
from tests.worlds import (
    ALL_STEPS,
    REFORM_NAMES,
    ROOT,
    START,
    first_year,
    hashes,
    live,
    lived,
    lived_apart,
    moved,
    people_hash,
    table_hash,
    world_of,
)

FAR = 2031
IDLE = {"empty"}
LATE_START = 2026
EFFECTIVE = ("co_use_off", "linked_premium", "national_pooling", "no_base_cap", "provincial_pooling", "retirees_pay")
STEPS = ("steps_1_2", "steps_1_2_3")
"""Reforms whose first year differs at this size; a premium is announced in one year and paid in the next."""


@cache
def years_alone(start: int = START) -> tuple[PoolingModel, dict[int, str]]:
    """Return the world without reforms, lived far, and the hash of its people at the end of every year."""
    world = world_of(start=start, end=FAR)
    people = {}
    while world.year < FAR:
        world.step()
        people[world.year] = people_hash(world)
    return world, people


def dated(name: str) -> Reform:
    """Return a shipped reform under its own dates, moved to the third year where it begins with the run or before."""
    reform = load_reform(name)
    return reform if first_year(reform) > START else moved(name, START + 2)


@cache
def under(name: str) -> tuple[int, dict[str, str], dict[str, str], str]:
    """Return a reform's first year lived to, the hashes of the tables before and with it, and of the people before."""
    reform = dated(name)
    year = first_year(reform)
    world = live(world_of(end=year, reforms=(reform,)), year - 1)
    people = people_hash(world)
    live(world)
    return world.year, table_hash(world, before=year), table_hash(world), people


# ---- reforms --------------------------------------------------------------------------------------------------------
def test_an_empty_reform_changes_nothing() -> None:
    assert hashes(live(world_of(reforms=(load_reform("empty"),)))) == hashes(lived())


@pytest.mark.parametrize("name", [name for name in REFORM_NAMES if name not in IDLE])
def test_rows_before_a_reform_are_the_same(name: str) -> None:
    year = first_year(dated(name))
    lived_to, before, _, people = under(name)
    alone, people_alone = years_alone()
    assert START < year <= FAR
    assert lived_to == year
    assert before == table_hash(alone, before=year)
    assert people == people_alone[year - 1]


@pytest.mark.parametrize("name", EFFECTIVE + STEPS)
def test_from_its_first_year_on_a_reform_differs(name: str) -> None:
    year = first_year(dated(name))
    assert under(name)[2] != table_hash(years_alone()[0], before=year + 1)


@pytest.mark.parametrize("name", [ALL_STEPS, "national_pooling", "retirees_pay"])
def test_a_reform_dated_2030_leaves_the_years_before(name: str) -> None:
    world = live(world_of(start=LATE_START, end=FAR, reforms=(moved(name, 2030),)))
    alone, _ = years_alone(LATE_START)
    assert table_hash(world, before=2030) == table_hash(alone, before=2030)
    assert table_hash(world) != table_hash(alone)


def test_a_reform_that_repeats_the_law_changes_nothing() -> None:
    """The same values through another file: a reform of zero intensity."""
    law = load_policy()
    paths = (
        "employee.person_rate",
        "employee.base_cap",
        "accounts.scope",
        "waiting.fixed_months",
        "pooling.interest_rate",
    )
    same = {path: {f"{START + 1}-01-01": law.value(path, START + 1)} for path in paths}
    assert hashes(live(world_of(reforms=(Reform("the law", changes=same),)))) == hashes(lived())


def test_two_reforms_together_begin_each_in_its_year() -> None:
    reforms = (load_reform("co_use_2021"), load_reform("retirees_pay"))
    both = live(world_of(end=2028, reforms=reforms))
    one = live(world_of(end=2027, reforms=reforms[:1]))
    assert table_hash(both, before=2028) == table_hash(one)
    assert table_hash(both, before=2025) == table_hash(lived(), before=2025)


# ---- what must not matter -------------------------------------------------------------------------------------------
def test_a_longer_horizon_changes_no_earlier_year() -> None:
    short, people = lived(), years_alone()[1]
    assert table_hash(short) == table_hash(years_alone()[0], before=short.year + 1)
    assert people_hash(short) == people[short.year]


def test_looking_between_years_changes_nothing() -> None:
    """One run, and one that is stopped, looked at and gone on with."""
    world = world_of()
    for year in (START, START + 1):
        live(world, year)
        world.people_frame()
        assert len(world.record.funds)
        assert len(world.record.measures)
    assert hashes(world) == hashes(lived())


def permuted(folder: Path) -> Path:
    """Return a copy of the data whose tables have their rows in another order."""
    source = ROOT / "model" / "data"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        shuffled = rows[1::2][::-1] + rows[::2]
        assert sorted(shuffled) == sorted(rows)
        path.write_text("\n".join([header, *shuffled]) + "\n", encoding="utf-8", newline="\n")
    return folder


def test_the_order_of_rows_in_the_tables_does_not_matter(tmp_path: Path) -> None:
    folder = permuted(tmp_path / "data")
    expected, known = hashes(lived()), data.data_hash()
    with data.use(folder):
        assert data.data_hash() == known
        world = live(world_of())
    assert hashes(world) == expected
    told = lived_apart(GONGJI_DATA=str(folder))
    assert {name: told[name] for name in expected} == expected


def test_seeds_differ_and_share_the_law() -> None:
    worlds = [live(world_of(rng=seed), START) for seed in range(3)]
    for table in ("funds", "flows", "enrolment", "care", "people"):
        assert len({hashes(world)[table] for world in worlds}) == len(worlds)
    assert len({world.law_hash() for world in worlds}) == 1
    assert len({world.weight for world in worlds}) == 1
