"""A world taken up from disk lives on as if it had never been put away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.checkpoint import Resumed, save
from model.errors import ResultsError
from model.pooling import PoolingModel
from model.scenario import Reform, Scenario
from tests.worlds import ALL_STEPS, START, frame_hash, hashes, live, moved, world_of

END = START + 3


def all_hashes(world: PoolingModel) -> dict[str, Any]:
    kept: dict[str, Any] = hashes(world)
    kept["measures"] = frame_hash(world.record.measures)
    return kept | {"collected": world.datacollector.model_vars, "agents": len(world.agents)}


def reformed(year: int) -> tuple[Reform, ...]:
    return (moved(ALL_STEPS, year),)


@pytest.fixture(scope="module")
def straight() -> dict[str, Any]:
    return all_hashes(live(world_of(end=END, reforms=reformed(START + 1))))


@pytest.mark.parametrize("year", range(START - 1, END + 1))
def test_the_horizon_can_be_split_anywhere(year: int, tmp_path: Path, straight: dict[str, Any]) -> None:
    world = live(world_of(end=END, reforms=reformed(START + 1)), year)
    save(world, tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    taken_up = Resumed(tmp_path / "kept", world.case, threads=2)
    assert taken_up.year == year
    assert all_hashes(live(taken_up)) == straight


def test_a_reform_branches_off_a_history_without_it(tmp_path: Path) -> None:
    straight = live(world_of(end=END, reforms=reformed(START + 2)))
    assert len(straight.ledger.loans) > 0
    history = live(world_of(end=START + 1))
    save(history, tmp_path / "kept")
    for _ in range(2):  # the second finds the folder as the first did
        branch = live(Resumed(tmp_path / "kept", straight.case))
        assert all_hashes(branch) == all_hashes(straight)


def test_what_pools_make_of_their_law_is_kept(tmp_path: Path) -> None:
    """Effort and drift on their way over three years, and equalisation by age and by last year's morbidity."""
    changes: dict[str, Any] = {
        "behaviour.react": {START: 1},
        "pooling.employee_level": {START + 1: 1},
        "steps.step2_on": {START + 1: 1},
        "steps.step2_design": {START + 1: 1},
        "steps.step2_weights": {START + 1: 2, START + 2: 3},
    }
    reforms = (Reform("all at once", changes=changes),)
    straight = all_hashes(live(world_of(end=END, reforms=reforms)))
    for year in (START, START + 1, START + 2):
        world = live(world_of(end=END, reforms=reforms), year)
        save(world, tmp_path / str(year))
        assert all_hashes(live(Resumed(tmp_path / str(year), world.case))) == straight


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    save(live(world_of(end=END), START + 1), folder)
    people = world_of(end=END).case.people
    refused = {
        "changes it before": Scenario(people, START, END, reformed(START + 1)),
        "expected people": Scenario(3000, START, END),
        "expected start": Scenario(people, START + 1, END),
        "expected a year from": Scenario(people, START, START),
    }
    for words, case in refused.items():
        with pytest.raises(ResultsError, match=words):
            Resumed(folder, case)
    (folder / "people.age.npy").write_bytes(b"half")
    with pytest.raises(ResultsError, match="expected a checkpoint"):
        Resumed(folder, Scenario(people, START, END))
    with pytest.raises(ResultsError, match="expected a checkpoint"):
        Resumed(tmp_path / "none", Scenario(people, START, END))
