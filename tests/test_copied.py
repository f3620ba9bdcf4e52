"""A world that is pickled or copied, as users of Mesa do, lives on with the same bits and leaves the first alone."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.checkpoint import Resumed, save
from model.on_disk import on_disk
from model.pooling import PoolingModel
from model.scenario import Scenario
from tests.test_checkpoint import END, all_hashes, reformed
from tests.worlds import PEOPLE, START, live, world_of

Copy = Callable[[PoolingModel], PoolingModel]


def pickled(world: PoolingModel) -> PoolingModel:
    found: PoolingModel = pickle.loads(pickle.dumps(world))
    return found


@pytest.fixture(scope="module")
def straight() -> dict[str, Any]:
    return all_hashes(live(world_of(end=END, reforms=reformed(START + 1))))


@pytest.mark.parametrize("copied", [pickled, copy.deepcopy])
@pytest.mark.parametrize(("year", "threads"), [(START - 1, 1), (START + 1, 2)])
def test_a_copy_lives_on_with_the_same_bits(copied: Copy, year: int, threads: int, straight: dict[str, Any]) -> None:
    world = live(world_of(end=END, reforms=reformed(START + 1), threads=threads), year)
    other = copied(world)
    assert other.year == year
    assert all_hashes(live(other)) == straight
    assert world.year == year
    assert all_hashes(live(world)) == straight


@pytest.mark.parametrize("copied", [pickled, copy.deepcopy])
def test_a_world_in_parts_or_taken_up_from_disk_is_copied(copied: Copy, tmp_path: Path) -> None:
    parts = PoolingModel(Scenario(PEOPLE, START, START + 1), threads=2, part=PEOPLE // 3)
    parts.step()
    other = copied(parts)
    assert all_hashes(live(other)) == all_hashes(live(parts))
    save(live(world_of(end=END, reforms=reformed(START + 1)), START), tmp_path / "kept")
    again = Resumed(tmp_path / "kept", Scenario(PEOPLE, START, END, reformed(START + 1)))
    assert all_hashes(live(copied(again))) == all_hashes(live(again))


def test_a_world_on_disk_says_how_it_is_copied(tmp_path: Path) -> None:
    world = on_disk(tmp_path / "people", Scenario(100, START, START))
    for copied in (pickled, copy.deepcopy, copy.copy):
        with pytest.raises(TypeError, match=r"people: expected a world in memory to copy; model\.checkpoint\.save"):
            copied(world)
    assert live(world).year == START
