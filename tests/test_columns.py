"""Columns: a Selection gives the answers of mesa.AgentSet on the same data, and errors name the columns."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.codes import Scheme, Sex
from agents.columns import Column, Selection, Table
from agents.household import Household
from agents.person import PERSON, Person
from tests.worlds import lived, world_of

DECLARED = {
    "age": Column("u1", "years", 0, "completed years"),
    "sex": Column("u1", "0/1", 0, "sex"),
    "cost": Column("i4", "fen", 0, "cost"),
    "account": Column("i8", "fen", -1, "account"),
}
rows = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 1), st.integers(0, 2**31 - 1), st.integers(-5, 2**50)), max_size=30
)
CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "old": lambda p: p.age >= 60,
    "women": lambda p: p.sex == 1,
    "dear": lambda p: (p.cost > 10**6) & (p.age < 80),
    "nobody": lambda p: p.age > 200,
    "all": lambda p: True,
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "len": len,
    "mean": np.mean,
    "median": lambda values: statistics.median(int(v) for v in values),
}
few = settings(max_examples=40, deadline=None, derandomize=True)


class Somebody(mesa.Agent):
    """The same row as a Mesa agent."""

    def __init__(self, model: mesa.Model, **values: int) -> None:
        super().__init__(model)
        self.__dict__.update(values)


def both(data: list[tuple[int, ...]]) -> tuple[Selection, Any]:
    """Return the same data as a selection and as an AgentSet."""
    arrays = {name: np.array([row[i] for row in data], DECLARED[name].dtype) for i, name in enumerate(DECLARED)}
    model = mesa.Model(rng=0)
    for row in data:
        Somebody(model, **dict(zip(DECLARED, row, strict=True)))
    return Selection(Table(DECLARED, len(data), arrays)), model.agents


def same(selection: Selection, agents: Any) -> None:
    assert len(selection) == len(agents)
    for name in DECLARED:
        assert selection.get(name).tolist() == agents.get(name)
    assert [tuple(getattr(one, n).item() for n in DECLARED) for one in selection] == [
        tuple(getattr(one, n) for n in DECLARED) for one in agents
    ]


@few
@given(rows, st.sampled_from(sorted(CONDITIONS)), st.sampled_from([0, 1, 3, 1000]))
def test_select_get_len_and_iteration(data: list[tuple[int, ...]], condition: str, most: int) -> None:
    selection, agents = both(data)
    same(selection, agents)
    same(selection.select(CONDITIONS[condition]), agents.select(CONDITIONS[condition]))
    same(selection.select(at_most=most), agents.select(at_most=most))
    some, others = (who.select(CONDITIONS[condition], at_most=most) for who in (selection, agents))
    same(some, others)
    same(some.select(CONDITIONS["women"]), others.select(CONDITIONS["women"]))


@few
@given(rows.filter(bool), st.sampled_from(sorted(FUNCTIONS)), st.sampled_from(sorted(DECLARED)))
def test_agg(data: list[tuple[int, ...]], function: str, name: str) -> None:
    selection, agents = both(data)
    assert selection.agg(name, FUNCTIONS[function]) == agents.agg(name, FUNCTIONS[function])


def test_sums_do_not_overflow_and_the_empty_sum_is_zero() -> None:
    selection, agents = both([(200, 0, 2**31 - 1, 0)] * 9)
    assert selection.agg("cost", sum) == agents.agg("cost", sum) == 9 * (2**31 - 1)
    assert selection.agg("age", sum) == agents.agg("age", sum) == 1800
    nobody = CONDITIONS["nobody"]
    assert selection.select(nobody).agg("age", sum) == agents.select(nobody).agg("age", sum) == 0


@few
@given(rows, st.sampled_from(["sex", "age"]), st.sampled_from(sorted(CONDITIONS)))
def test_groupby(data: list[tuple[int, ...]], name: str, condition: str) -> None:
    everybody, all_agents = both(data)
    selection, agents = everybody.select(CONDITIONS[condition]), all_agents.select(CONDITIONS[condition])
    groups, others = selection.groupby(name), agents.groupby(name).groups
    assert list(groups) == sorted(others)
    for key, group in groups.items():
        same(group, others[key])
        assert group.agg("cost", sum) == others[key].agg("cost", sum)
    assert {key: len(group) for key, group in groups.items()} == agents.groupby(name).count()


@few
@given(rows, st.sampled_from(sorted(CONDITIONS)), st.integers(0, 200))
def test_set(data: list[tuple[int, ...]], condition: str, value: int) -> None:
    selection, agents = both(data)
    some, others = (who.select(CONDITIONS[condition]) for who in (selection, agents))
    assert some.set("age", value) is some
    assert others.set("age", value) is others
    same(selection, agents)
    same(some, others)


def test_set_takes_a_value_for_every_row() -> None:
    selection, _ = both([(10, 0, 1, 1), (70, 1, 2, 2), (80, 0, 3, 3)])
    selection.select(CONDITIONS["old"]).set("cost", np.array([7, 8], np.int32))
    assert selection.get("cost").tolist() == [1, 7, 8]


# ---- errors and declarations ----------------------------------------------------------------------------------------
ASK: dict[str, Callable[[Selection], Any]] = {
    "get": lambda s: s.get("wealth"),
    "set": lambda s: s.set("wealth", 1),
    "agg": lambda s: s.agg("wealth", sum),
    "groupby": lambda s: s.groupby("wealth"),
    "select": lambda s: s.select(lambda p: p.wealth > 0),
    "view": lambda s: next(iter(s)).wealth,
}


@pytest.mark.parametrize("verb", ASK)
def test_an_unknown_column_is_named_with_those_there_are(verb: str) -> None:
    selection, _ = both([(10, 0, 1, 1)])
    with pytest.raises(AttributeError, match=r"wealth.*age, sex, cost, account"):
        ASK[verb](selection)


@pytest.mark.parametrize("wrong", [np.zeros(3, "i8"), np.zeros(2, "u1"), np.zeros((3, 1), "u1")])
def test_a_column_of_another_kind_or_length_is_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match="column age: expected u1 of length 3"):
        Table(DECLARED, 3, {"age": wrong})


def test_missing_columns_take_their_defaults() -> None:
    table = Table(DECLARED, 2)
    assert table.account.tolist() == [-1, -1]
    assert table.bytes_per_row == 1 + 1 + 4 + 8
    assert len(table) == 2


@pytest.mark.parametrize("name", PERSON)
def test_people_columns_say_what_they_are(name: str) -> None:
    column = PERSON[name]
    assert column.unit
    assert len(column.meaning) > 2
    assert np.dtype(column.dtype).itemsize <= 8
    np.array([column.default]).astype(column.dtype, casting="same_kind" if column.default < 0 else "unsafe")


# ---- the world's people ---------------------------------------------------------------------------------------------
def test_people_of_a_world_speak_the_same_words() -> None:
    world = lived()
    table = world.engine.people
    old = world.people.select(lambda p: p.age >= 60)
    assert old.agg("self_pay", sum) == table.self_pay[table.age >= 60].sum()
    by_scheme = world.people.groupby("scheme")
    assert sum(len(group) for group in by_scheme.values()) == len(world.people) == len(table)
    first = next(iter(old))
    assert isinstance(first, Person)
    assert first.age >= 60
    assert isinstance(first.scheme, Scheme)
    assert isinstance(first.sex, Sex)
    assert first.sex.en in repr(first)


def test_a_household_is_its_members() -> None:
    world = lived()
    people, homes = world.engine.people, world.engine.households
    sizes = np.bincount(people.household)
    for row in (0, 7, len(homes) - 1):
        family = Household(people, homes, row)
        assert len(family) == sizes[row]
        assert {member.household for member in family.members} == {row}


def test_people_held_over_a_year_are_refused_not_mixed_up() -> None:
    """The memory of a year's columns serves the next one: a selection made before says so instead of telling it."""
    world = world_of()
    held = world.people.select(lambda p: p.age >= 60)
    person = next(iter(held))
    ages = held.get("age")
    assert ages.min() >= 60
    world.step()
    for read in (lambda: held.get("age"), lambda: held.agg("self_pay", sum), lambda: person.age):
        with pytest.raises(AttributeError, match="a year has been lived since; ask the world for its people again"):
            read()
    assert ages.min() >= 60
    assert len(world.people.get("age")) == len(world.people)
