"""The plain Mesa twin is the referee of the engine: same people, same seed, same fen."""

from __future__ import annotations

from functools import cache

import mesa
import numpy as np
import pytest

from experiments.bench.person import STATE, YEARLY
from experiments.bench.twin import PlainModel
from model import PoolingModel, Reform, Scenario
from tests.worlds import EARLY_AT_HOME, family_law, moved

PEOPLE, START, YEARS = 2_000, 2024, 3
SEED = 3  # in its three years an account is inherited across pools and more homes begin than end
SAME = ("funds", "flows", "enrolment", "care")
IN_FORCE = 2025
ORDERS = {
    "largest": {"accounts.order": 1, "accounts.reserve": 200, "accounts.registered_share": 0.8},
    "proportion": {"accounts.order": 2, "accounts.wallet_share": 1.0, "accounts.registered_share": 0.8},
    "whole": {"accounts.reading_s6": 1, "accounts.premium_area_share": 0.5, "accounts.registered_share": 0.8},
    "area": {"accounts.scope": 1, "accounts.area": 1},
}
MANY = tuple(
    moved(name, IN_FORCE)
    for name in (
        "steps_1_2_3", "linked_premium", "no_base_cap", "retirees_pay", "new_money_to_outpatient",
        "migrants_where_they_live", "person_pays_more",
    )
)  # fmt: skip


@cache
def both(start: int = START, years: int = YEARS, reforms: tuple[Reform, ...] = ()) -> tuple[PoolingModel, PlainModel]:
    case = Scenario(PEOPLE, start, start + years - 1, reforms)
    worlds = PoolingModel(case, rng=SEED, measure=False), PlainModel(case, rng=SEED)
    for _ in range(years):
        for world in worlds:
            world.step()
    return worlds


@pytest.mark.parametrize("table", SAME)
def test_every_table_agrees_to_the_fen(table: str) -> None:
    engine, plain = both()
    told = engine.record.tables[table]
    assert set(told["year"]) == set(range(START, START + YEARS))
    assert told.equals(plain.record.tables[table])


def test_every_sum_over_people_agrees() -> None:
    engine, plain = both()
    for ours, theirs in zip(engine.tally.arrays(), plain.tally.arrays(), strict=True):
        assert (ours == theirs).all()


def test_every_person_agrees_in_every_column() -> None:
    engine, plain = both()
    people = engine.engine.people
    agents = {person.key: person for person in plain.everybody}
    assert agents.keys() == set(people.key.tolist())
    for name in (*STATE, *YEARLY):
        assert getattr(people, name).tolist() == [getattr(agents[key], name) for key in people.key.tolist()], name


@pytest.mark.parametrize("relative", ["spouse", "mother", "father"])
def test_kin_and_homes_agree(relative: str) -> None:
    engine, plain = both()
    people = engine.engine.people
    keys = people.key.tolist()
    agents = {person.key: person for person in plain.everybody}
    rows = getattr(people, relative).tolist()
    kin = [getattr(agents[key], relative) for key in keys]
    assert [keys[row] if row >= 0 else None for row in rows] == [person and person.key for person in kin]
    assert_same_homes(engine, plain)


def assert_same_homes(engine: PoolingModel, plain: PlainModel) -> None:
    people = engine.engine.people
    homes: dict[int, list[int]] = {}
    for key, home in zip(people.key.tolist(), people.household.tolist()):
        homes.setdefault(home, []).append(key)
    assert sorted(homes.values()) == sorted([person.key for person in family.members] for family in plain.families)


def test_three_years_hold_births_deaths_waiting_and_shared_accounts() -> None:
    engine, _ = both()
    kinds = set(engine.record.flows["kind"])
    assert {"family_account", "premium_from_account", "inherit", "maternity", "move"} <= kinds
    inherited = engine.record.flows[engine.record.flows["kind"] == "inherit"]
    between = inherited["payer"].str.startswith("employee_accounts:") & inherited["payee"].str.startswith(
        "employee_acc"
    )
    assert between.any(), "an account goes to relatives insured elsewhere"
    assert (engine.engine.people.key >= 1 << 63).any()
    assert (engine.record.enrolment["waiting"] > 0).any()


def test_three_years_hold_marriages_partings_moves_and_new_homes() -> None:
    engine, plain = both()
    born = PoolingModel(engine.case, rng=SEED, measure=False).engine.people
    old, now = ({key: row for row, key in enumerate(p.key.tolist())} for p in (born, engine.engine.people))
    kept = [(old[key], now[key]) for key in old.keys() & now.keys()]
    was, now_rows = (np.array(rows) for rows in zip(*kept))
    people = engine.engine.people
    married = (born.spouse[was] < 0) & (people.spouse[now_rows] >= 0)
    assert married.sum() >= 20
    away = born.home[was] != people.home[now_rows]
    assert away.sum() >= 20
    assert (away & (people.home[now_rows] == people.hukou[now_rows])).any(), "some come back"
    assert len(plain.families) > len(np.unique(born.household))


@pytest.mark.parametrize(("start", "reforms"), [(2020, ()), (IN_FORCE, MANY)], ids=["before", "reforms"])
def test_other_laws_agree_to_the_fen(start: int, reforms: tuple[str, ...]) -> None:
    engine, plain = both(start, 2, reforms)
    for table in SAME:
        assert engine.record.tables[table].equals(plain.record.tables[table]), table


def test_families_agree_where_children_follow_to_an_age_at_which_they_marry() -> None:
    engine, plain = both(reforms=(family_law(EARLY_AT_HOME),))
    for table in SAME:
        assert engine.record.tables[table].equals(plain.record.tables[table]), table
    assert_same_homes(engine, plain)


@pytest.mark.parametrize("name", ORDERS)
def test_other_orders_of_accounts_agree_to_the_fen(name: str) -> None:
    changes = {path: {f"{IN_FORCE}-01-01": value} for path, value in ORDERS[name].items()}
    engine, plain = both(IN_FORCE, 1, (Reform(name, changes=changes),))
    for table in SAME:
        assert engine.record.tables[table].equals(plain.record.tables[table]), table


def test_relatives_in_other_homes_and_other_pools_pay() -> None:
    engine, plain = both()
    links = [(user, link) for user, links in plain.sharing.links.items() for link in links if link.paid > 0]
    assert any(link.holder.family is not user.family for user, link in links)
    flows = engine.record.flows
    shared = flows[flows["kind"] == "family_account"]
    across = shared["payer"].str.split(":").str[1] != shared["payee"].str.split(":").str[1]
    assert shared.loc[across, "amount_fen"].sum() > 0


def test_people_and_families_are_mesa_agents_and_the_columns_are_gone() -> None:
    _, plain = both()
    assert all(isinstance(agent, mesa.Agent) for agent in plain.everybody)
    assert sum(len(family.members) for family in plain.families) == len(plain.everybody)
    assert not hasattr(plain, "engine")
    assert not hasattr(plain, "population")
