"""The profile of a year: its parts add up to the year, its clocks change nothing, its floors are read from code."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from agents.chance import Purpose, draw_words
from agents.person import Columns
from experiments.bench import profile as profiling
from experiments.bench import speed
from experiments.bench.floors import Floors, floors, lower
from experiments.bench.profile import BETWEEN, DRIVEN, FUNDS, MEASURES, STAGES, Profile, profile, timing
from experiments.bench.touched import Touched, least, touched, width
from experiments.bench.vectorised import report
from model import PoolingModel, Scenario
from model.phases import drivers, living
from model.phases.ground import Ground, Scratch
from model.year import YEAR

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = 3_000
ROUNDING = 1e-6


@pytest.fixture(scope="module")
def measured() -> Profile:
    return profile(PEOPLE, 2, 1)


def test_the_parts_add_up_to_the_year(measured: Profile) -> None:
    stages = {line.stage: line for line in measured.stages()}
    assert list(stages) == [*STAGES, FUNDS, MEASURES]
    assert sum(line.cpu for line in measured.finest()) == pytest.approx(sum(line.cpu for line in stages.values()))
    for stage in DRIVEN:
        phases = [line for line in measured.lines if line.stage == stage and line.phase]
        assert sum(line.cpu for line in phases) == pytest.approx(stages[stage].cpu)
        assert all(line.cpu > 0 for line in phases)
        assert [line.phase for line in phases] == [*called(stage), BETWEEN]
    assert all(line.cpu > 0 and line.wall is not None and line.wall > 0 for line in stages.values())


def called(stage: str) -> list[str]:
    return [phase.does[0].__name__ for phase in sorted(YEAR, key=lambda p: order(stage, p)) if phase.stage == stage]


def order(stage: str, phase: object) -> int:
    lines = inspect.getsource(getattr(getattr(drivers, stage), "py_func", getattr(drivers, stage))).splitlines()
    name = phase.does[0].__name__  # type: ignore[attr-defined]
    return next((at for at, line in enumerate(lines) if line.strip().startswith(f"{name}(")), -1)


def test_a_year_with_clocks_is_the_same_year() -> None:
    worlds = [PoolingModel(Scenario(people=PEOPLE, start=2025, end=2025), rng=3, measure=False) for _ in range(2)]
    before = {stage: getattr(drivers, stage) for stage in DRIVEN}
    with timing(worlds[0], profiling.Clock()) as timed:
        worlds[0].step()
    assert {stage: getattr(drivers, stage) for stage in DRIVEN} == before
    assert all((driver.spent > 0).all() for driver in timed.values())
    worlds[1].step()
    for name in Columns._fields:
        assert np.array_equal(*(getattr(world.engine.people, name) for world in worlds)), name


def test_what_a_phase_touches_is_read_from_its_code() -> None:
    assert touched(living.mark_who_dies) == Touched(
        frozenset({"key", "age", "chronic", "sex"}), frozenset({"dying", "chronic"}), 0, 1
    )
    assert touched(living.find_work).words == 1
    assert "account" in touched(living.find_work).reads  # a helper's helper moves it
    assert touched(drawing_for_some) == Touched(frozenset({"sex", "years"}), frozenset({"years"}), 0, 0)


def drawing_for_some(p: Columns, ground: Ground, scratch: Scratch) -> None:
    draw_words(ground.seed, int(Purpose.WORK), ground.year, scratch.keys, scratch.words)
    for i in range(p.key.size):
        p.years[i] += p.sex[i]


def test_a_column_is_brought_in_once_and_sent_back_once() -> None:
    one = Touched(frozenset({"age"}), frozenset({"income"}), 1, 0)
    two = Touched(frozenset({"age", "income"}), frozenset({"income", "sex"}), 0, 2)
    found = least({"one": one, "two": two}, Floors(2.0, 5.0, 7.0, 0.0, 1))
    assert width({"age", "income", "sex"}) == 6
    assert found == {"one": (5 + 4) / 2.0 + 5.0, "two": (1 + 1) / 2.0 + 14.0}


def test_floors_are_measured_and_the_lower_ones_kept() -> None:
    found = floors(1)
    assert all(value > 0 for value in found)
    assert lower(Floors(2.0, 5.0, 7.0, 1.0, 1), Floors(3.0, 6.0, 4.0, 2.0, 1)) == Floors(3.0, 5.0, 4.0, 1.0, 1)


def test_every_phase_has_its_words_and_no_other(measured: Profile, tmp_path: Path) -> None:
    lines = {line.phase or line.stage for line in measured.lines if line.phase or line.stage not in DRIVEN}
    assert set(speed.told()["stands"]) == lines
    assert {row["phase"] for row in speed.told()["loops"]} <= lines
    page, *figures = speed.write(measured, tmp_path / "SPEED.md")
    text = page.read_text(encoding="utf-8")
    assert all(figure.stat().st_size > 0 and f"]({figure.name})" in text for figure in figures)
    assert all(f"| {name} |" in text for name in lines - set(STAGES) - {FUNDS, MEASURES})
    assert f"{PEOPLE:,} people, 2 threads" in text


def test_the_shipped_page_speaks_of_the_code_as_it_is(measured: Profile) -> None:
    text = (ROOT / "model" / "SPEED.md").read_text(encoding="utf-8")
    for line in measured.lines:
        assert f"| {line.phase} |" in text if line.phase else f"| **{line.stage}** |" in text


def test_the_vectorisers_words_are_understood() -> None:
    said = """LV: Checking a loop in '_ZN5model6phases6living4earnB2v1' from earn
LV: Found a vectorizable loop (4) in earn
LV: Checking a loop in '_ZN5model6phases6living4earnB2v1' from earn
LV: Not vectorizing: Disabled/already vectorized.
LV: Checking a loop in '_ZN5model6phases7closing11count_headsB3v22' from count_heads
LV: Can't vectorize due to memory conflicts
LV: Not vectorizing: Cannot prove legality.
LV: Checking a loop in '_ZN5numba3abcB3v22' from abc
LV: Not vectorizing: Cannot prove legality."""
    assert report(said.splitlines()) == {
        "model.phases.living.earn": {"4 at once": 1},
        "model.phases.closing.count_heads": {"may write where a neighbour reads or writes": 1},
    }
