"""A moment of the year kept for timing: people as the first half of a year finds them, law and surroundings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from agents.chance import Purpose, draw_pairs, draw_words
from agents.compiled import compiled, int64
from agents.person import Columns, part_of
from experiments.bench import chain
from experiments.bench.chain import Drawn, Totals
from model import PoolingModel
from model.phases import drivers
from model.phases.drivers import homes_of
from model.phases.ground import Bounds, Ground, Scratch, Sums, new_scratch
from model.phases.living import earn, mark_who_dies
from model.phases.paying import HELPED, contribute
from model.phases.tally import Tally

STAGE = "money_in"


class Moment(NamedTuple):
    """Everything that the first half of a year reads."""

    people: Columns
    bounds: Bounds
    blocks: Bounds
    laws: Any
    ground: Ground
    pools: int


@contextmanager
def instead(stage: str, driver: Any) -> Iterator[None]:
    """Put another driver in the place of a stage's for a while."""
    before = getattr(drivers, stage)
    setattr(drivers, stage, driver)
    try:
        yield
    finally:
        setattr(drivers, stage, before)


def moment(world: PoolingModel) -> Moment:
    """Live a year of a world on one thread, and return what its first half began with."""
    driver, kept = getattr(drivers, STAGE), []

    def keep(people: Columns, bounds: Bounds, blocks: Bounds, first: int, last: int, laws: Any, *rest: Any) -> None:
        kept.append(Moment(copied(people), bounds.copy(), blocks.copy(), laws.copy(), rest[0], len(world.pools)))
        driver(people, bounds, blocks, first, last, laws, *rest)

    with instead(STAGE, keep):
        world.step()
    return kept[0]


def copied(people: Columns) -> Columns:
    """Return columns of their own with the same content."""
    return Columns(*(column.copy() for column in people))


@compiled
def live_chain(
    p: Columns, bounds: Bounds, blocks: Bounds, laws: Any, ground: Ground, sums: Sums, scratch: Scratch
) -> None:
    """Live the numpy chain's part of the year with the engine's phases, block after block, draws included."""
    law = laws[0]
    for block in range(blocks.size - 1):
        first_home, _, first, last = homes_of(bounds, blocks, block)
        people = part_of(p, first, last)
        draw_words(ground.seed, int64(Purpose.ENROLMENT), ground.year, people.key, scratch.words)
        mark_who_dies(people, ground, scratch)
        earn(people, law, ground)
        contribute(people, bounds, first_home, law, ground, sums, scratch)


class ByEngine:
    """The chain lived by the engine's compiled phases."""

    def __init__(self, now: Moment) -> None:
        """Make room for a moment's people."""
        self.now, self.people, self.tally = now, copied(now.people), Tally.empty(now.pools)
        self.need = np.zeros((2, len(now.people.key)), np.int32)
        largest = int(np.diff(now.bounds[now.blocks]).max())
        self.scratch, self.sums = new_scratch(largest, self.need), Sums(*self.tally.arrays())

    def live(self) -> None:
        """Live the chain once."""
        now = self.now
        live_chain(self.people, now.bounds, now.blocks, now.laws, now.ground, self.sums, self.scratch)


class ByNumpy:
    """The chain lived by whole columns in numpy; its draws are made beforehand."""

    def __init__(self, now: Moment) -> None:
        """Make room for a moment's people and draw their numbers."""
        self.now, self.people, self.tally = now, copied(now.people), Tally.empty(now.pools)
        self.need = np.zeros((2, len(now.people.key)), np.int32)
        self.totals = Totals(self.tally.money, self.tally.heads, self.need)
        pairs, words = (np.empty((kinds, len(now.people.key)), np.uint32) for kinds in (2, 4))
        ground, keys = now.ground, now.people.key
        draw_pairs(ground.seed, int(Purpose.LIFE), ground.year, ground.life_keys, keys, pairs)
        draw_words(ground.seed, int(Purpose.ENROLMENT), ground.year, keys, words)
        self.drawn = Drawn(pairs[0], pairs[1], words[HELPED])

    def live(self) -> None:
        """Live the chain once."""
        chain.live(self.people, self.now.laws[0], self.now.ground, self.drawn, self.totals)
