"""Worlds in parts: the same bits on any number of threads, and sums that are the whole world's."""

from __future__ import annotations

import errno
import gc
import os
import pickle
import sys
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.codes import Scheme
from agents.columns import Table
from agents.compiled import int64
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model import data
from model.checkpoint import Resumed, save
from model.engine import Engine
from model.errors import ResultsError, ScenarioError
from model.on_disk import on_disk
from model.packing import Packed, packed, unpacked
from model.parts import PART, Parts, parts_of
from model.pooling import PoolingModel
from model.renewal import YEARLY
from model.scenario import Reform, Scenario
from model.shelf import Shelf
from model.streaming import CLOSED, SUFFIX, Streamed
from model.synthesis import Population, first_population
from tests.worlds import START, frame_hash, hashes, live, run_apart, table_hash, world_of

PEOPLE, SMALL = 6000, 2000
END = START + 2
AGES = 11
SPOILT = ("state.json", "arrays.npz", "1.people", "1.closed", "funds.parquet", "digests.json")
"""Files of a world on disk."""


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
    assert ever.iloc[0] == year.iloc[0]
    assert (ever.iloc[1:] > year.iloc[1:]).all()


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


# ---- on disk --------------------------------------------------------------------------------------------------------
def tables(world: PoolingModel) -> dict[str, str]:
    return table_hash(world)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_world_on_disk_has_the_bits_of_one_in_memory(threads: int, tmp_path: Path) -> None:
    world = live(on_disk(tmp_path / "world", lived().case, threads=threads, part=SMALL))
    assert tables(world) == tables(lived())
    assert world.aged().tolist() == lived().aged().tolist()
    assert [path.name for path in (tmp_path / "world").iterdir()] == [str(END)]
    assert world.engine.bytes_per_person <= 16


def test_a_part_leaves_memory_as_soon_as_it_is_lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a world on disk no part waits for the garbage collector, which may come after a thousand of them."""
    begun: list[weakref.ref[Engine]] = []
    engine_of = Streamed._engine

    def noted(world: Streamed, *words: Any) -> Engine:
        engine = engine_of(world, *words)
        begun.append(weakref.ref(engine))
        return engine

    monkeypatch.setattr(Streamed, "_engine", noted)
    gc.disable()
    try:
        live(on_disk(tmp_path / "world", lived().case, part=SMALL))
        assert len(begun) > in_parts().parts
        assert not [engine for engine in begun if engine() is not None]
    finally:
        gc.enable()


def test_years_on_disk_take_no_more_memory_than_the_first(tmp_path: Path) -> None:
    """What a part has laid on the shelf serves the next: of everybody's 1,345 parts none adds to it."""
    world = on_disk(tmp_path / "world", lived().case, part=SMALL)
    lying: list[int] = []
    while world.year < END:
        world.step()
        lying.append(sum(len(arrays) for shelf in world.engine.shelves for arrays in shelf._left.values()))
    assert lying[-1] - lying[0] < world.parts, (
        "arrays on the shelf: a kind more may be needed in a later year, not one a part"
    )


def test_under_reforms_that_ask_for_people_in_mid_year_too(tmp_path: Path) -> None:
    """Formula by age asks for everybody's age before care is sought, and budgets change in place."""
    changes: dict[str, Any] = {
        "behaviour.react": {START: 1},
        "pooling.employee_level": {START + 1: 1},
        "steps.step2_on": {START + 1: 1},
        "steps.step2_design": {START + 1: 1},
        "steps.step2_weights": {START + 1: 2},
    }
    case = Scenario(PEOPLE, START, END, (Reform("all at once", changes=changes),))
    here = live(PoolingModel(case, part=SMALL))
    assert tables(here) != tables(lived())
    assert tables(live(on_disk(tmp_path, case, part=SMALL))) == tables(here)


@pytest.mark.parametrize("years", [0, 1, 2])
def test_an_interruption_loses_at_most_the_year_in_hand(years: int, tmp_path: Path) -> None:
    begun = on_disk(tmp_path, lived().case, part=SMALL)
    if years:
        live(begun, START + years - 1)
    other, homes, _ = begun.engine._read(begun.engine.place, 0, (SUFFIX, CLOSED), 0)
    begun.engine._write(1, other, homes)  # half a year is in the draft
    assert begun.engine.draft.is_dir()
    world = on_disk(tmp_path, lived().case, part=SMALL)
    assert world.year == START + years - 1
    assert tables(live(world)) == tables(lived())
    assert [path.name for path in tmp_path.iterdir()] == [str(END)]


def test_a_late_worker_of_one_year_cannot_write_into_the_next(tmp_path: Path) -> None:
    world = live(on_disk(tmp_path, lived().case, part=SMALL), START)
    late = pickle.loads(pickle.dumps(world.engine.draft))
    world.step()
    assert late != world.engine.draft
    assert late.parent == world.engine.draft.parent == tmp_path


def test_a_full_disk_is_one_line_and_the_years_before_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = live(on_disk(tmp_path, lived().case, part=SMALL), START)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as limits:
        limits.setattr(Path, "write_bytes", full)
        with pytest.raises(ResultsError, match=r"expected room for part 1 of 3 \(No space left on device") as refused:
            world.step()
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    assert tables(live(on_disk(tmp_path, lived().case, part=SMALL))) == tables(lived())


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be held there")
def test_two_processes_do_not_live_one_world(tmp_path: Path) -> None:
    live(on_disk(tmp_path, lived().case, part=SMALL), START)
    script = f"""
from pathlib import Path
from model.errors import ResultsError
from model.on_disk import on_disk
from model.scenario import Scenario
try:
    on_disk(Path({str(tmp_path)!r}), Scenario({PEOPLE}, {START}, {END}), part={SMALL})
except ResultsError as refused:
    print(refused)
"""
    told = run_apart(script).stdout
    assert told == f"{tmp_path}: expected a world that no other process lives now\n"
    assert [path.name for path in tmp_path.iterdir()] == [str(START)]
    assert tables(live(on_disk(tmp_path, lived().case, part=SMALL))) == tables(lived())


@pytest.mark.parametrize(("words", "found"), [({"rng": 1}, "seed 1, found .* seed 0"), ({"part": 5000}, "parts 2, ")])
def test_a_kept_world_of_another_seed_or_other_parts_is_refused(
    words: dict[str, int], found: str, tmp_path: Path
) -> None:
    on_disk(tmp_path, lived().case, part=SMALL)
    (tmp_path / f"{START} (copy)").mkdir()
    (tmp_path / f"{START} (copy)" / "state.json").touch()
    with pytest.raises(ResultsError, match=f"expected a world of {found}"):
        on_disk(tmp_path, lived().case, **({"part": SMALL} | words))


@pytest.mark.parametrize("spoilt", ["empty", "half", "changed", "other"])
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_one_line(name: str, spoilt: str, tmp_path: Path) -> None:
    live(on_disk(tmp_path, lived().case, part=SMALL), START)
    path = tmp_path / str(START) / name
    whole = path.read_bytes()
    middle = len(whole) // 2
    changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    others = {name: path.with_name(f"0.{name[2:]}") for name in SPOILT if name[0] == "1"}
    other = others[name].read_bytes() if name in others else b"[]" if name == "digests.json" else b"PK"
    path.write_bytes({"empty": b"", "half": whole[:middle], "changed": changed, "other": other}[spoilt])
    with pytest.raises(ResultsError) as refused:
        on_disk(tmp_path, lived().case, part=SMALL)
    assert str(path.parent) in str(refused.value)


def test_parts_of_one_person_live(tmp_path: Path) -> None:
    case = Scenario(40, START, END)
    here = live(PoolingModel(case, part=1, threads=2, check=True))
    assert here.parts == 40
    assert tables(live(on_disk(tmp_path, case, part=1))) == tables(here)


def test_people_on_disk_are_not_looked_at_one_by_one(tmp_path: Path) -> None:
    world = on_disk(tmp_path, lived().case, part=SMALL)
    assert len(world.engine) == len(in_parts().engine)
    with pytest.raises(ScenarioError, match="expected a world in memory"):
        world.people_frame()
    (tmp_path / str(START - 1) / "0.people").write_bytes(b"half")
    with pytest.raises(ResultsError, match="expected the people of a part"):
        world.step()
    world.step = lambda: None  # type: ignore[method-assign]
    with pytest.raises(ResultsError, match="expected people"):
        on_disk(tmp_path, Scenario(PEOPLE - 1, START, END), part=SMALL)


def test_measures_of_people_on_disk_are_sums(tmp_path: Path) -> None:
    told = live(on_disk(tmp_path, lived().case, part=SMALL)).record.measures
    same = lived().record.measures.merge(told, on=["year", "level", "unit", "measure"])
    assert len(same) == len(told) > 0
    assert (same["value_x"] == same["value_y"]).all()


def test_nobody_is_packed_too() -> None:
    people, homes = Table(PERSON, 0), Table(HOUSEHOLD, 0)
    out, homes_out, others = unpacked([Packed(packed(people, homes))], Shelf())
    assert (len(out), len(homes_out), others) == (0, 0, {})


def test_packed_people_come_out_as_they_went_in() -> None:
    people, homes = lived().engine.people, lived().engine.households
    shelf = Shelf()
    for _ in range(2):  # the second time into arrays that hold something
        out, homes_out, others = unpacked([Packed(packed(people, homes))], shelf)
        assert not others
        for name, values in people.arrays().items():
            assert np.array_equal(getattr(out, name), 0 * values if name in YEARLY else values), name
        for name, values in homes.arrays().items():
            assert np.array_equal(getattr(homes_out, name), values)
        shelf.lay_down(*out.arrays().values())


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
