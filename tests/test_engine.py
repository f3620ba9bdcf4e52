"""The engine: any threads and blocks give the same bits; renewing keeps families, keys and money together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.chance import BORN_LATER
from agents.codes import Scheme, Sex, Status, Work
from agents.columns import Table
from agents.person import PERSON
from experiments.simulator import LAST
from model.check import CLOSEST_MOTHER
from model.engine import Engine
from model.phases import drivers
from model.phases.standing import status_of
from model.phases.tally import SUMS, PairKind
from model.pooling import PoolingModel
from model.scenario import Scenario
from tests.worlds import START, hashes, live, lived, snapshot, world_of

YEARS = (2024, 2025, 2026)
POINTERS = ("spouse", "mother", "father")
Whole = NDArray[np.int64]


# ---- the same bits --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("threads", "block"), [(2, 4096), (1, 64), (2, 64), (1, 1024), (2, 1024), (3, 1)])
def test_threads_and_blocks_do_not_matter(threads: int, block: int) -> None:
    world = live(world_of(threads=threads, block=block))
    world.engine.close()
    assert hashes(world) == hashes(lived())


def test_drivers_add_to_the_sums_they_name_and_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    world, found = world_of(threads=2), dict[str, set[str]]()
    run, (part,) = Engine.run, world.engine.tallies

    def watched(engine: Engine, driver: Any, *words: Any) -> None:
        part.clear()
        run(engine, driver, *words)
        assert np.count_nonzero(part.pairs) == np.count_nonzero(part.moves)
        found.setdefault(driver.__name__, set()).update(name for name in SUMS if getattr(part, name).any())

    monkeypatch.setattr(Engine, "run", watched)
    live(world)
    world.engine.close()
    assert {name: names - {"pairs", "moves"} for name, names in found.items()} == {  # few move while they find work
        name: set(names) - {"moves"} for name, names in drivers.WRITES.items()
    }


def test_the_same_world_twice() -> None:
    assert hashes(live(world_of())) == hashes(lived())


def test_blocks_are_whole_homes_and_cover_everybody() -> None:
    engine = lived().engine
    for block in (1, 64, 1024, 4096, 10**6):
        engine = Engine(engine.people, engine.households, 1, block=block)
        edges = engine.blocks()
        assert edges[0] == 0
        assert edges[-1] == len(engine.households)
        assert (np.diff(edges) > 0).all()
        sizes = np.diff(engine.bounds[edges])
        assert sizes.sum() == len(engine.people)
        assert sizes.max() < block + np.diff(engine.bounds).max()


# ---- families after renewing ----------------------------------------------------------------------------------------
@cache
def years() -> tuple[tuple[int, dict[str, Any], dict[str, Any]], ...]:
    """Return for every year the columns of people at the end of the year, and the households."""
    world = world_of(end=YEARS[-1])
    told = []
    for year in YEARS:
        world.step()
        told.append((year, snapshot(world.engine.people), snapshot(world.engine.households)))
    return tuple(told)


def pairs() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for (_, before, _), (_, after, _) in zip(years()[:-1], years()[1:], strict=True):
        yield before, after


@pytest.mark.parametrize("at", range(len(YEARS)), ids=YEARS)
def test_kin_pointers_are_valid(at: int) -> None:
    _, p, _ = years()[at]
    rows = np.arange(p["key"].size)
    for name in POINTERS:
        assert ((p[name] >= -1) & (p[name] < rows.size) & (p[name] != rows)).all()
    married = np.flatnonzero(p["spouse"] >= 0)
    other = p["spouse"][married]
    assert (p["spouse"][other] == married).all()
    assert (p["sex"][other] != p["sex"][married]).all()
    for name, sex in (("mother", Sex.FEMALE), ("father", Sex.MALE)):
        children = np.flatnonzero(p[name] >= 0)
        parents = p[name][children]
        assert (p["sex"][parents] == sex).all()
        assert (p["age"][parents].astype(int) - p["age"][children] >= CLOSEST_MOTHER).all()


@pytest.mark.parametrize("at", range(len(YEARS)), ids=YEARS)
def test_households_lie_together(at: int) -> None:
    _, p, homes = years()[at]
    start = homes["start"].astype(np.int64)
    assert start[0] == 0
    assert (np.diff(start) > 0).all()
    sizes = np.diff(np.append(start, p["key"].size))
    assert (p["household"] == np.repeat(np.arange(start.size), sizes)).all()
    assert (p["home"] == homes["home"][p["household"]]).all()


@pytest.mark.parametrize("at", range(len(YEARS)), ids=YEARS)
def test_nobody_is_there_twice(at: int) -> None:
    _, p, _ = years()[at]
    assert np.unique(p["key"]).size == p["key"].size


def test_newborns_appear_once_with_their_mother() -> None:
    known = set(years()[0][1]["key"].tolist())
    for before, after in pairs():
        new = np.flatnonzero(~np.isin(after["key"], before["key"]))
        assert new.size > 0
        assert (after["age"][new] == 0).all()
        assert (after["key"][new] >= BORN_LATER).all()
        assert not known & set(after["key"][new].tolist())
        known |= set(after["key"][new].tolist())
        assert (np.flatnonzero(after["age"] == 0) == new).all()
        mothers = after["mother"][new]
        assert (mothers >= 0).all()
        assert np.isin(after["key"][mothers], before["key"]).all()
        for name in ("household", "home"):
            assert (after[name][new] == after[name][mothers]).all()
        assert (after["father"][new] == after["spouse"][mothers]).all()


def test_the_dead_are_gone_and_nobody_else_is() -> None:
    gone: set[int] = set()
    for before, after in pairs():
        dying = before["dying"] == 1
        assert dying.any()
        assert not np.isin(before["key"][dying], after["key"]).any()
        assert np.isin(before["key"][~dying], after["key"]).all()
        gone |= set(before["key"][dying].tolist())
        assert not gone & set(after["key"].tolist()), "the dead never pay nor claim again"
        assert (before["account"][dying] == 0).all(), "accounts of the dead are inherited"


def place_of(keys: Any, wanted: Any) -> Whole:
    order = np.argsort(keys)
    return np.asarray(order[np.searchsorted(keys[order], wanted)], np.int64)


def test_everybody_is_a_year_older_and_keeps_parents_and_registration() -> None:
    for before, after in pairs():
        kept = np.flatnonzero(before["dying"] == 0)
        now = place_of(after["key"], before["key"][kept])
        assert (after["age"][now] == before["age"][kept] + 1).all()
        for name in ("mother", "father"):
            pointed = before[name][kept]
            lives = (pointed >= 0) & (before["dying"][pointed] == 0)
            assert (after[name][now[~lives]] == -1).all()
            assert (after["key"][after[name][now[lives]]] == before["key"][pointed[lives]]).all()
        for name in ("key", "sex", "hukou", "hukou_kind", "rank"):
            assert (after[name][now] == before[name][kept]).all()


def test_couples_part_on_both_sides_or_stay() -> None:
    for before, after in pairs():
        married = (before["spouse"] >= 0) & (before["dying"] == 0) & (before["dying"][before["spouse"]] == 0)
        kept = np.flatnonzero(married)
        now, other = (place_of(after["key"], before["key"][rows]) for rows in (kept, before["spouse"][kept]))
        together = after["spouse"][now] == other
        assert together.mean() > 0.95
        assert (together == (after["spouse"][other] == now)).all()
        assert not together.all(), "some part"
        widowed = np.flatnonzero(~married & (before["dying"] == 0))
        bound = after["spouse"][place_of(after["key"], before["key"][widowed])] >= 0
        assert 0 < bound.mean() < 0.05


def test_those_who_stay_keep_their_order() -> None:
    for before, after in pairs():
        kept = np.flatnonzero(before["dying"] == 0)
        now = place_of(after["key"], before["key"][kept])
        assert (np.diff(now) > 0).mean() > 0.9


# ---- renewing alone -------------------------------------------------------------------------------------------------
def a_world() -> PoolingModel:
    """Return a world at the end of its first year, with the ground of the next as far as renewing reads it."""
    world = live(world_of(), START)
    world.ground = world.ground._replace(year=START + 1)
    return world


def renewed(threads: int = 1) -> tuple[dict[str, Any], Engine]:
    """Return the people before and the engine after renewing once, with the rates of the year that was lived."""
    world = a_world()
    before = snapshot(world.engine.people)
    engine = Engine(world.engine.people, world.engine.households, len(world.pools), threads)
    engine.renew(world.law, world.ground, world.tally.pairs[PairKind.MOVE])
    engine.close()
    return before, engine


def test_renewing_preserves_totals() -> None:
    before, engine = renewed()
    people = engine.people
    staying = before["dying"] == 0
    founders = people.key < BORN_LATER
    assert staying.sum() == np.isin(people.key, before["key"]).sum()
    for name in ("account", "rank", "years", "continuous", "chronic", "bonus_claims"):
        total = before[name][staying].astype(np.int64).sum()
        assert total == getattr(people, name).astype(np.int64).sum() - extra(people, name, before)
    for name in ("scheme", "hukou", "aid", "sex"):
        old = np.isin(people.key, before["key"])
        counted = np.bincount(before[name][staying])
        assert (counted == np.bincount(getattr(people, name)[old], minlength=counted.size)).all()
    assert founders.sum() <= staying.sum()


def extra(people: Table, name: str, before: dict[str, Any]) -> int:
    """Return what newborns bring: they inherit a rank, and start with nothing else."""
    new = ~np.isin(people.key, before["key"])
    brought = int(getattr(people, name)[new].astype(np.int64).sum())
    assert brought == 0 or name == "rank"
    return brought


def test_renewing_starts_the_year_with_empty_yearly_columns() -> None:
    _, engine = renewed()
    for name in ("contribution", "matched", "cost", "basic", "supplement", "assistance", "own_account", "self_pay"):
        assert (getattr(engine.people, name) == 0).all()
    for name, column in PERSON.items():
        assert getattr(engine.people, name).dtype == np.dtype(column.dtype)


def test_newborns_start_uninsured_and_unemployed() -> None:
    before, engine = renewed()
    people = engine.people
    new = ~np.isin(people.key, before["key"])
    assert new.any()
    assert (people.scheme[new] == Scheme.NONE).all()
    assert (people.work[new] == Work.CHILD).all()
    assert (people.insured[new] == people.home[new]).all()
    assert (people.spouse[new] == -1).all()
    for name in ("account", "years", "continuous", "lapsed", "waiting", "chronic", "dying"):
        assert (getattr(people, name)[new] == 0).all()


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_renew_alike(threads: int) -> None:
    one, other = renewed()[1], renewed(threads)[1]
    for name, values in one.people.arrays().items():
        assert np.array_equal(values, getattr(other.people, name)), name
    for name, values in one.households.arrays().items():
        assert np.array_equal(values, getattr(other.households, name)), name


def test_an_empty_home_closes() -> None:
    world = a_world()
    people = world.engine.people
    with_kin = (np.bincount(people.household)[people.household] == 1) & np.isin(np.arange(len(people)), people.mother)
    alone = int(people.household[np.flatnonzero(with_kin)[0]])
    people.dying[people.household == alone] = 1
    left = np.unique(people.household[people.dying == 0]).size
    gone = np.flatnonzero(people.dying == 1)
    dead = people.key[gone]
    kin = {name: np.flatnonzero(np.isin(getattr(people, name), gone) & (people.dying == 0)) for name in POINTERS}
    keys = {name: people.key[rows] for name, rows in kin.items()}
    assert sum(rows.size for rows in kin.values()) > 0
    world.engine.renew(world.law, world.ground, world.tally.pairs[PairKind.MOVE])
    for name, wanted in keys.items():
        now = getattr(world.engine.people, name)[place_of(world.engine.people.key, wanted)]
        assert (now == -1).all() or name == "spouse"  # a widow may marry in the same year
        assert not np.isin(world.engine.people.key[now[now >= 0]], dead).any()
    assert not np.isin(dead, world.engine.people.key).any()
    assert len(world.engine.households) < left + len(people) // 10
    assert (np.bincount(world.engine.people.household) > 0).all()


def test_compiling_ahead_lives_nobody() -> None:
    world = PoolingModel(Scenario(people=600, start=2024, end=2024), rng=0)
    before = {name: getattr(world.engine.people, name).copy() for name in PERSON}
    world.compile_ahead(*LAST)
    assert all(np.array_equal(before[name], getattr(world.engine.people, name)) for name in PERSON)
    assert not world.tally.money.any()


def test_heads_at_the_end_of_the_year_are_the_living() -> None:
    """Heads by pool and standing, which are added up from people by work, are those counted one by one."""
    world = PoolingModel(Scenario(people=6_000, start=2021, end=2021), measure=False)
    world.step()
    people = world.engine.people
    alive = people.dying == 0
    status = [status_of(int(work), int(scheme)) for work, scheme in zip(people.work, people.scheme, strict=True)]
    counted = np.zeros((len(world.pools), len(Status)), np.int64)
    np.add.at(counted, (people.insured[alive], np.array(status)[alive]), 1)
    assert (world.tally.heads[:, : len(Status)] == counted).all()
    assert counted.sum() == alive.sum() < len(alive)
