"""The shelf: arrays serve again, and nobody reads one that was laid down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model.engine import Engine
from model.parts import Parts
from model.pooling import PoolingModel
from model.scenario import Scenario
from model.shelf import SLACK, Shelf, whole_of
from tests.worlds import START, hashes, live

PEOPLE, PART = 3000, 1000
RUBBISH, SPOILT = 0xA5, 0x5A


class Spoiling(Shelf):
    """What is laid down is spoilt at once, what is taken holds rubbish, and nothing is laid down twice."""

    def take(self, kind: Any, rows: int, purpose: str = "column") -> Any:
        array = super().take(kind, rows, purpose)
        whole_of(array).view("u1")[:] = RUBBISH
        return array

    def lay_down(self, *arrays: Any, purpose: str = "column") -> None:
        for array in map(whole_of, arrays):
            array.view("u1")[:] = SPOILT
            with self._lock:
                left = [other for others in self._left.values() for other in others]
            assert not any(np.shares_memory(array, other) for other in left if other.size), purpose
        super().lay_down(*arrays, purpose=purpose)


def world_with(shelf: Shelf | None, part: int, threads: int) -> PoolingModel:
    """Return a world of three years lived on a shelf."""
    world = PoolingModel(Scenario(PEOPLE, START, START + 2), threads=threads, part=part)
    engine: Engine | Parts = world.engine
    if shelf is not None:
        for each in (engine, *(engine.engines.values() if isinstance(engine, Parts) else ())):
            each.shelf = shelf
    return live(world)


@pytest.mark.parametrize(("part", "threads"), [(PEOPLE * 2, 1), (PEOPLE * 2, 2), (PART, 1)])
def test_nobody_reads_what_was_laid_down(part: int, threads: int) -> None:
    """Parts on threads share a shelf: what one has laid down another may be writing already."""
    assert hashes(world_with(Spoiling(), part, threads)) == hashes(world_with(None, part, 1))


def test_an_array_serves_again_where_it_suits() -> None:
    shelf, rows = Shelf(), SLACK * 4
    first = shelf.take(np.int64, rows)
    shelf.lay_down(first)
    again = shelf.take(np.int64, rows + 1)
    assert np.shares_memory(first, again)
    assert not np.shares_memory(again, shelf.take(np.int64, rows))
    shelf.lay_down(again)
    assert not np.shares_memory(again, shelf.take(np.int32, rows))
    assert not np.shares_memory(again, shelf.take(np.int64, rows, "other"))
    assert not np.shares_memory(again, shelf.take(np.int64, 2 * rows))


def test_an_array_serves_a_people_that_shrinks() -> None:
    shelf, rows = Shelf(), SLACK * 4
    first = shelf.take(np.int64, rows)
    shelf.lay_down(first)
    again = shelf.take(np.int64, rows - rows // 32)
    assert np.shares_memory(first, again)
    shelf.lay_down(again)
    assert not np.shares_memory(again, shelf.take(np.int64, rows // 2))


def test_an_empty_array_hides_none_that_serves() -> None:
    """Of a world on disk everything is laid down part by part, what has become empty too."""
    shelf, rows = Shelf(), SLACK * 4
    first = shelf.take(np.int64, rows)
    shelf.lay_down(first, np.empty(0, np.int64))
    assert np.shares_memory(first, shelf.take(np.int64, rows))
