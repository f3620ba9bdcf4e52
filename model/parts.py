"""A world in parts: populations that marry, move in and inherit among themselves, each lived by an engine of its own.

Funds see only the sums over all parts, in whole fen, so neither the order of parts nor the threads change a bit. The
parts of a year's stages are lived one after another between two barriers, at which the funds need the sums: each part
is looked at three times a year.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.columns import Table
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.crew import Crew
from model.engine import BLOCK, Engine, quiet_arithmetic
from model.phases.ground import Ground
from model.phases.tally import Tally
from model.renewal import POINTERS
from model.shelf import Shelf
from model.synthesis import held_by_pool, reachable, scale_accounts

PART = 1 << 20
"""People of a part at the most, somewhat more than a million: a world of more has several."""
MOST_JOINED = 20_000_000
"""People up to whom the parts in memory are put together for measures that rank everybody."""
BARRIERS = ("premiums", "weigh", "relatives")
"""Stages of people after which the funds need the sums."""
Names = Collection[str]
"""Columns of people."""
Found = TypeVar("Found")
Make = Callable[[int], tuple[Table, Table]]


class Stage(NamedTuple):
    """A stage of the year, and the law and the surroundings under which it is lived."""

    name: str
    laws: Any
    ground: Ground


class Parts:
    """The parts of a world in memory, and the threads that live them: each part on one thread."""

    def __init__(self, make: Make, count: int, pools: int, threads: int = 1, block: int = BLOCK) -> None:
        """Make a number of parts: `make` returns the people and the homes of one; sums are kept for so many pools."""
        self.count, self.pools, self.threads, self.block = count, pools, threads, block
        self.rows = [0] * count
        self.waiting: list[Stage] = []
        self.tally = Tally.empty(pools)
        self.tallies = [Tally.empty(pools) for _ in range(threads)]
        self.shelf = Shelf()
        self.engines: dict[int, Engine] = {}
        self.crew = Crew(threads)
        self._joined: Engine | None = None
        self._each(partial(self._found, make=make))

    def __len__(self) -> int:
        """Return the number of people."""
        return sum(self.rows)

    def _found(self, part: int, thread: int, *, make: Make) -> None:
        """Make the first people of a part."""
        self.engines[part] = engine = self._engine(*make(part), self.shelf)
        self.rows[part] = len(engine)

    def _engine(self, people: Table, households: Table, shelf: Shelf) -> Engine:
        return Engine(people, households, self.pools, 1, self.block, shelf)

    def _open(self, part: int, thread: int, stages: Sequence[str] = (), reads: Names = PERSON) -> Engine:
        """Return the engine of a part, its people as they are now, for some stages or to be looked at."""
        return self.engines[part]

    def _shut(self, part: int, thread: int, engine: Engine, *, changed: Names) -> None:
        """Take a part back from a thread."""
        self.rows[part] = len(engine)

    def _each(self, work: Callable[[int, int], Found]) -> list[Found]:
        """Do the work of every part, given its number and the thread's, and return what it finds in their order."""

        def quietly(part: int, thread: int) -> Found:
            with quiet_arithmetic():
                return work(part, thread)

        return self.crew.each(quietly, range(self.count))

    def live(self, stage: str, laws: Any, ground: Ground, tally: Tally) -> None:
        """Live the people's phases of one stage, or let them wait for the stages to the next barrier."""
        self.waiting.append(Stage(stage, laws, ground))
        self.tally = tally
        if stage in BARRIERS:
            self._catch_up()

    def _catch_up(self) -> None:
        """Live the stages that wait, part by part, and add what all come to."""
        stages, self.waiting = self.waiting, []
        if not stages:
            return
        self._joined = None
        for tally in self.tallies:
            tally.clear()
        last = stages[-1].name == BARRIERS[-1]
        self._each(partial(self._live, stages=stages, last=last))
        for tally in self.tallies:
            self.tally.add(tally)
        self._lived(stages, last=last)

    def _live(self, part: int, thread: int, *, stages: list[Stage], last: bool) -> None:
        """Live some stages in one part; the last of them may be the year's last."""
        engine = self._open(part, thread)
        for stage in stages:
            engine.live(*stage, self.tallies[thread])
        self._shut(part, thread, engine, changed=PERSON if last else ())

    def _lived(self, stages: list[Stage], *, last: bool) -> None:
        """Note what all parts have lived."""

    def _look(
        self, part: int, thread: int, *, look: Callable[[int, Engine], Found], reads: Names, changed: Names
    ) -> Found:
        """Return what a function of its number and engine finds in one part."""
        engine = self._open(part, thread, reads=reads)
        found = look(part, engine)
        self._shut(part, thread, engine, changed=changed)
        return found

    def visit(self, look: Callable[[Engine], Found], reads: Names = PERSON) -> list[Found]:
        """Return what a function finds in every part, in their order, from the columns named."""
        self._catch_up()
        return self._each(partial(self._look, look=lambda _, engine: look(engine), reads=reads, changed=()))

    def change(self, work: Callable[[int, Engine], None], reads: Names = PERSON, changed: Names = PERSON) -> None:
        """Let a function of the part's number and its engine change some columns of every part's people."""
        self._catch_up()
        self._joined = None
        self._each(partial(self._look, look=work, reads=reads, changed=changed))

    def joined(self) -> Engine | None:
        """Return the people of all parts in one table, to be looked at only; none where there are too many."""
        self._catch_up()
        return self._together() if len(self) <= MOST_JOINED else None

    def _together(self) -> Engine:
        """Return the people of all parts in one table, made anew once people have changed."""
        if self._joined is None:
            engines = [self.engines[part] for part in range(self.count)]
            self._joined = Joined(engines, self.pools, self.crew)
        return self._joined

    @property
    def people(self) -> Table:
        """The people of all parts in one table, to be looked at only."""
        self._catch_up()
        return self._together().people

    @property
    def households(self) -> Table:
        """The homes of all parts in one table, to be looked at only."""
        self._catch_up()
        return self._together().households

    @property
    def bounds(self) -> NDArray[np.int64]:
        """The first rows of the homes of all parts in one table, and the number of people."""
        self._catch_up()
        return self._together().bounds

    def close(self) -> None:
        """Let the threads go."""
        self.crew.close()

    @property
    def bytes_per_person(self) -> float:
        """Return the bytes of the columns held between years, per person [bytes]."""
        return sum(engine.bytes_per_person * len(engine) for engine in self.engines.values()) / len(self)


class Joined(Engine):
    """A copy of the people of several engines in one table: rows and homes of later ones come after the earlier."""

    def __init__(self, engines: list[Engine], pools: int, crew: Crew) -> None:
        """Put the tables together."""
        self.engines = engines
        rows = [0, *accumulate(len(engine) for engine in engines)]
        homes = [0, *accumulate(len(engine.households) for engine in engines)]
        people = {name: np.concatenate([getattr(e.people, name) for e in engines]) for name in PERSON}
        home = np.concatenate([e.households.home for e in engines])
        start = np.concatenate([e.households.start + row for e, row in zip(engines, rows, strict=False)])
        for first, last, home_before in zip(rows, rows[1:], homes, strict=False):
            people["household"][first:last] += home_before
            for name in POINTERS:
                pointer = people[name][first:last]
                pointer[pointer >= 0] += first
        columns = {"start": start.astype(HOUSEHOLD["start"].dtype), "home": home}
        super().__init__(Table(PERSON, rows[-1], people), Table(HOUSEHOLD, homes[-1], columns), pools)
        self.threads, self.crew = crew.threads, crew

    @property
    def source(self) -> NDArray[np.int32]:
        """Last year's row of everybody; -1 for newborns, and for all before the first year."""
        before = [0, *accumulate(engine.rows_before for engine in self.engines)]
        rows = [engine.source for engine in self.engines]
        found = [np.where(each >= 0, each + at, -1) for each, at in zip(rows, before, strict=False)]
        return np.concatenate(found).astype(np.int32)


ACCOUNTS = ("account",)
OF_ACCOUNTS = (*ACCOUNTS, "insured")
"""Columns of people that tell what accounts hold, and pool by pool."""


def scale_all_accounts(engine: Engine | Parts, totals: NDArray[np.int64], weight: int) -> NDArray[np.int64]:
    """Scale everybody's account to totals by pool, and return the totals reached [fen, real people]."""
    held = np.array(engine.visit(lambda each: held_by_pool(each.people, len(totals)), OF_ACCOUNTS))
    whole, before = held.sum(axis=0), np.cumsum(held, axis=0) - held
    wanted = reachable(totals, whole, weight)
    engine.change(
        lambda part, each: scale_accounts(each.people, wanted, whole, before[part]), OF_ACCOUNTS, changed=ACCOUNTS
    )
    return wanted * weight


def parts_of(people: int, part: int) -> int:
    """Return in how many parts a world of so many people is made, of at most so many each."""
    return -(-people // part)
