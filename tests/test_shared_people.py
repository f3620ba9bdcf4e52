"""First people made once: the same worlds from disk as from scratch, one synthesis for many runs, nothing left."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import compare
from experiments.run import Done, Job, make_job
from experiments.shared_people import FOLDER, shared_people
from experiments.simulator import MODEL
from experiments.store import Store
from experiments.sweep import sweep
from model import founding, pooling
from model.founding import Founded, people_key
from model.scenario import Reform, Scenario
from tests.test_sweep import swept_study
from tests.worlds import SAME, START, world_of

PREMIUM = Reform("premium", changes={"resident.individual": {START: 500}})
PEOPLE = Reform("people", changes={"synthesis.outside_own_pool": {"2018-01-01": 150_000_000}})
SMALL = Scenario(people=1000, start=START, end=START)


def test_a_world_of_stored_people_is_the_same_world(tmp_path: Path) -> None:
    place = tmp_path / people_key(SMALL, 0)
    plain, first, second = world_of(people=1000, end=START), Founded(place, SMALL), Founded(place, SMALL)
    kept = {path.name: path.read_bytes() for path in place.iterdir()}
    for world in (plain, first, second):
        world.step()
    for name in SAME:
        for world in (first, second):
            pd.testing.assert_frame_equal(getattr(plain.record, name), getattr(world.record, name), check_exact=True)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == kept  # worlds change their own copies
    assert isinstance(founding.load(place).people.age.base, np.memmap | np.ndarray)
    assert founding.load(place).people.age.flags.writeable


@pytest.mark.parametrize(
    ("other", "seed", "same"),
    [
        (SMALL, 1, False),
        (dataclasses.replace(SMALL, people=1001), 0, False),
        (dataclasses.replace(SMALL, start=START - 1), 0, False),
        (dataclasses.replace(SMALL, end=START + 5), 0, True),
        (dataclasses.replace(SMALL, reforms=(PREMIUM,)), 0, True),
        (dataclasses.replace(SMALL, reforms=(PEOPLE,)), 0, False),
    ],
)
def test_the_key_follows_what_decides_the_first_people(other: Scenario, seed: int, same: bool) -> None:
    assert (people_key(other, seed) == people_key(SMALL, 0)) == same


def test_people_that_cannot_be_stored_or_read_are_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    made = Founded(tmp_path / "file" / "people", SMALL)
    place = tmp_path / "people"
    founding.save(made.population, place)
    (place / "people.age.npy").write_bytes(b"broken")
    assert len(Founded(place, SMALL).population) == len(made.population)
    assert not list(tmp_path.glob(".*"))


def test_a_sweep_makes_its_people_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = pooling.first_population
    monkeypatch.setattr(pooling, "first_population", lambda *words: made.append(1) or real(*words))  # type: ignore[func-returns-value]
    axes = [{"path": "resident.individual", "low": 380, "high": 500, "from": 2025}]
    study = swept_study(axes=axes, people=1000, end=START, design={"kind": "factorial"}, replications=2)
    sweep(MODEL, study, tmp_path / "shared", range(2), 1, lambda done: None)
    assert len(made) == 2  # one for each seed, though each has two runs
    alone = dataclasses.replace(MODEL, people_key=lambda *words: "")
    sweep(alone, study, tmp_path / "alone", range(2), 1, lambda done: None)
    assert len(made) == 2 + 4
    tables = list((tmp_path / "alone").rglob("*.parquet"))
    assert tables
    for path in tables:
        assert path.read_bytes() == (tmp_path / "shared" / path.relative_to(tmp_path / "alone")).read_bytes()
    assert not (tmp_path / "shared" / FOLDER).exists()


def test_people_go_when_their_last_run_has_ended(tmp_path: Path) -> None:
    store = Store(tmp_path, "fake")
    store.claim()
    named = dataclasses.replace(MODEL, people_key=lambda scenario, seed: str(seed))
    jobs: list[Job] = []
    for end in (START, START + 1, START + 2):
        jobs += [make_job(named, dataclasses.replace(SMALL, end=end), seed, store) for seed in (0, 1)]
    lone = make_job(named, SMALL, 7, store)
    told: list[Done] = []
    with shared_people(named, [*jobs, lone], store, told.append) as (given, tell):
        assert [job.people for job in given[:2]] == [tmp_path / FOLDER / "0", tmp_path / FOLDER / "1"]
        assert given[-1].people is None  # nobody to share with
        for seed in ("0", "1"):
            (tmp_path / FOLDER / seed).mkdir(parents=True)
        for job in jobs[::2]:
            assert (tmp_path / FOLDER / "0").exists()
            tell(Done(job.key, "complete", 0.0))
        assert not (tmp_path / FOLDER / "0").exists()
        assert (tmp_path / FOLDER / "1").exists()
    assert not (tmp_path / FOLDER).exists()
    assert len(told) == 3
    assert compare.shared_people is shared_people


def test_a_world_that_nobody_holds_is_forgotten() -> None:
    worlds = [world_of(people=500, end=START) for _ in range(2)]
    for world in worlds:
        world.step()
    assert len({agent.unique_id for agent in worlds[0].agents}) == len(worlds[0].agents)
    left = [weakref.ref(each) for each in worlds]
    del worlds, world
    gc.collect()
    assert [each() for each in left] == [None, None]
