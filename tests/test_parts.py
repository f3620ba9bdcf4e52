"""Worlds in parts: the same bits on any number of threads, and sums that are the whole world's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.codes import Scheme
from agents.compiled import int64
from model import data
from model.checkpoint import Resumed, save
from model.parts import PART, Parts, parts_of
from model.pooling import PoolingModel
from model.scenario import Scenario
from model.synthesis import Population, first_population
from tests.worlds import START, frame_hash, hashes, live, table_hash, world_of

PEOPLE, SMALL = 6000, 2000
END = START + 2
AGES = 11


def in_parts(threads: int = 1, *, end: int = END, part: int = SMALL, check: bool = False) -> PoolingModel:
    return PoolingModel(Scenario(PEOPLE, START, end), threads=threads, part=part, check=check)


def told(world: PoolingModel) -> dict[str, str]:
    return hashes(world) | {"measures": frame_hash(world.record.measures)}


@cache
def lived() -> PoolingModel:
    """Return a world of three parts lived to its end on one thread, held to what can be: look, don't touch."""
    return live(in_parts(check=True))


# ---- lives ----------------------------------------------------------------------------------------------------------
def test_a_world_has_as_many_parts_as_it_takes() -> None:
    assert [parts_of(people, PART) for people in (1, PART, PART + 1, 10 * PART)] == [1, 1, 2, 10]
    engine = lived().engine
    assert isinstance(engine, Parts)
    assert engine.count == -(-PEOPLE // SMALL)
    assert len(engine) == len(engine.people) == sum(engine.visit(len))
    assert type(world_of().engine) is not Parts


def test_threads_do_not_matter() -> None:
    assert told(live(in_parts(2))) == told(lived())


def test_the_order_of_parts_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    world = in_parts()
    each = world.engine._each

    def backwards(work):  # type: ignore[no-untyped-def]
        monkeypatch.setattr("model.parts.range", lambda *words: range(*words)[::-1], raising=False)
        found = each(work)
        monkeypatch.undo()
        return found[::-1]

    world.engine._each = backwards  # type: ignore[method-assign]
    assert table_hash(live(world)) == table_hash(lived())


def test_parts_are_other_worlds_than_the_whole() -> None:
    """Another size of parts makes other families: near in money, not the same bits."""
    whole = live(in_parts(part=PART))
    assert table_hash(whole) != table_hash(lived())
    funds = [world.record.funds.query(f"year == {END}") for world in (whole, lived())]
    ours, theirs = (table.groupby("fund")["income_fen"].sum() for table in funds)
    for fund in ("employee_pool", "resident_pool"):
        assert ours[fund] == pytest.approx(theirs[fund], rel=0.05)


def test_a_checkpoint_of_parts_lives_on(tmp_path: Path) -> None:
    world = live(in_parts(), START)
    save(world, tmp_path / "kept")
    taken_up = Resumed(tmp_path / "kept", world.case, threads=2)
    assert isinstance(taken_up.engine, Parts)
    assert told(live(taken_up)) == told(lived())


def test_measures_tell_of_lives_across_years() -> None:
    """What is ever true of people rises from year to year: rows of last year are found in all parts."""
    measures = lived().record.measures
    ever = measures[measures["measure"] == "catastrophic_10_ever"].set_index("year")["value"]
    year = measures[measures["measure"] == "catastrophic_10"].set_index("year")["value"]
    assert ever.is_monotonic_increasing
    assert (ever.iloc[1:] > year.iloc[1:] * (ever.iloc[0] / year.iloc[0])).all()


def test_people_of_all_parts_are_one_table() -> None:
    world = lived()
    people, homes = world.engine.people, world.engine.households
    assert len(np.unique(people.key)) == len(people)
    assert (np.diff(homes.start) > 0).all()
    wed = np.flatnonzero(people.spouse >= 0)
    assert (people.spouse[people.spouse[wed]] == wed).all()
    frame = world.people_frame()
    assert len(frame) == len(people)
    assert frame["household"].nunique() == len(homes)


# ---- first people ---------------------------------------------------------------------------------------------------
@cache
def made(parts: int) -> list[Population]:
    world = world_of()
    return [first_population(20_000, START, 0, world._assumed(), part, parts) for part in range(parts)]


def counts(population: Population) -> np.ndarray:  # type: ignore[type-arg]
    """Return people by pool, sex and band of ten years of age."""
    people, pools = population.people, len(data.pools())
    cells = (people.home.astype(np.int64) * 2 + people.sex) * AGES + np.minimum(people.age // 10, AGES - 1)
    return np.bincount(cells, minlength=pools * 2 * AGES)


def test_the_cells_of_the_parts_add_up_to_those_of_the_whole() -> None:
    for parts in (2, 7):
        split = made(parts)
        assert np.array_equal(sum(counts(each) for each in split), counts(made(1)[0]))
        sizes = [len(each) for each in split]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("scheme", [Scheme.NONE, Scheme.EMPLOYEE, Scheme.RESIDENT])
def test_published_totals_are_met_by_all_parts_together(scheme: Scheme) -> None:
    whole, *_ = made(1)
    heads = sum(int((each.people.scheme == scheme).sum()) for each in made(7))
    assert abs(heads - int((whole.people.scheme == scheme).sum())) <= 2


def test_a_part_has_families_as_a_world_of_its_size() -> None:
    """Few people in a pool find fewer matches: what a part loses so, a small world loses too."""
    alone = first_population(20_000 // 7, START, 0, world_of()._assumed())
    size = len(alone) / len(alone.households)
    for each in made(7):
        assert len(each) / len(each.households) == pytest.approx(size, rel=0.02)


def test_every_part_has_keys_of_its_own_in_an_aligned_stretch() -> None:
    split = made(7)
    largest = max(len(each) for each in split)
    stretch = split[1].first
    assert stretch >= largest > stretch // 2
    assert stretch & (stretch - 1) == 0
    for part, each in enumerate(split):
        keys = np.sort(each.people.key)
        assert np.array_equal(keys, part * stretch + np.arange(len(keys)))


def test_parts_are_drawn_apart() -> None:
    first, second = made(2)
    same = min(len(first), len(second))
    assert (first.people.rank[:same] != second.people.rank[:same]).mean() > 0.9


def test_accounts_of_all_parts_make_the_opening() -> None:
    world = in_parts(end=START)
    held = np.zeros(len(data.pools()), np.int64)
    np.add.at(held, world.engine.people.insured, world.engine.people.account)
    opened = {book.code: book.opening for book in world.ledger.books.values() if book.fund == "employee_accounts"}
    codes = world.pools["code"].tolist()
    assert {code: int64(money * world.weight) for code, money in zip(codes, held, strict=True) if money} == {
        code: money for code, money in opened.items() if money
    }
