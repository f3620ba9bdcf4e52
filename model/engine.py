"""The engine: drives compiled phases over blocks of homes on threads, and renews the people table once a year."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.columns import Table
from agents.person import PERSON, columns_of
from model.co_use import CoUse
from model.crew import Crew
from model.errors import ScenarioError
from model.phases import drivers, inheriting
from model.phases.ground import AT_ONCE, Ground, Scratch, Sums, new_illness, new_scratch
from model.phases.renewing import Layout, old_rows
from model.phases.tally import SUMS, Tally
from model.renewal import Renewal
from model.rules.codes import Use
from model.shelf import Shelf, whole_of

BLOCK = 4096
"""People in a block: their columns stay in the processor's cache from phase to phase."""

SHARES = {"premiums": Use.CONTRIBUTION, "relatives": Use.CARE}
"""Stages of the year in which relatives' accounts pay, and for what."""
Driver = Callable[..., None]
Found = TypeVar("Found")


class Engine:
    """People and households in memory, and the threads that live their years."""

    def __init__(
        self,
        people: Table,
        households: Table,
        pools: int,
        threads: int = 1,
        block: int = BLOCK,
        shelf: Shelf | None = None,
    ) -> None:
        """Take over the tables; sums are kept by thread for a number of pools, arrays taken from a shelf."""
        self.people = people
        self.households = households
        self.threads = threads
        self.block = block
        self.bounds = self._bounds()
        self.tallies = [Tally.empty(pools) for _ in range(threads - 1)]
        """Sums of every thread but the first, which adds to the year's own."""
        self.shelf = shelf or Shelf()
        self.scratch: dict[int, Scratch] = {}
        self.illness = new_illness(0)
        self.crew = Crew(threads)
        self.co_use: CoUse | None = None
        self.layout: Layout | None = None
        self.rows_before = 0
        self.idle = False

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.people)

    def visit(self, look: Callable[[Engine], Found], reads: Collection[str] = PERSON) -> list[Found]:
        """Return what a function finds here, in a list: an engine of a world in parts finds it in every part.

        There it reads the columns of people that are named, here it finds all of them.
        """
        return [look(self)]

    def joined(self) -> Engine | None:
        """Return the engine that holds everybody: itself; none where a world is too large to be put together."""
        return self

    def change(
        self, work: Callable[[int, Engine], None], reads: Collection[str] = PERSON, changed: Collection[str] = PERSON
    ) -> None:
        """Let a function of the part's number and its engine change people."""
        work(0, self)

    def live(self, stage: str, laws: Any, ground: Ground, tally: Tally) -> None:
        """Live the people's phases of one stage of the year, and add what they come to."""
        if stage == "renew":
            self.renew(laws, ground, tally.moves)
        elif stage == "inherit":
            self.inherit(laws, tally)
        elif stage in SHARES:
            self.share(SHARES[stage], laws, ground, tally)
        else:
            self.run(getattr(drivers, stage), laws, ground, tally)

    def _bounds(self) -> NDArray[np.int64]:
        return np.append(self.households.start, len(self.people)).astype(np.int64)

    def blocks(self) -> NDArray[np.int64]:
        """Return the first home of every block and the number of homes."""
        edges = np.searchsorted(self.bounds, np.arange(0, len(self.people), self.block))
        return np.unique(np.append(edges, len(self.households))).astype(np.int64)

    def run(self, driver: Driver, laws: Any, ground: Ground, tally: Tally) -> None:
        """Call a driver on all blocks, each thread on its own range and sums, and add all sums to the tally."""
        blocks = self.blocks()
        if len(self.illness.visits) != len(self.people):
            self.illness = new_illness(len(self.people), self.shelf.take)
        people, ill = columns_of(self.people), self.illness
        largest = int(np.diff(self.bounds[blocks]).max())
        ranges = np.linspace(0, 0 if self.idle else len(blocks) - 1, self.threads + 1).astype(np.int64)
        need, written = self._families().need, drivers.WRITES.get(getattr(driver, "__name__", ""), SUMS)

        def work(thread: int) -> None:
            if thread > 0:
                self.tallies[thread - 1].clear(written)
            part = self.tallies[thread - 1] if thread > 0 else tally
            sums = Sums(*part.arrays())
            room = self._scratch(thread, largest)._replace(need=need)
            driver(people, self.bounds, blocks, ranges[thread], ranges[thread + 1], laws, ground, ill, sums, room)

        self.each(work, range(self.threads))
        for part in self.tallies:
            tally.add(part, written)

    def _scratch(self, thread: int, size: int) -> Scratch:
        """Return a thread's room for the passing numbers of a block, made anew where blocks have grown."""
        held = self.scratch.get(thread)
        if held is None or len(held.drawn) < size:
            held = self.scratch[thread] = new_scratch(size, self._families().need)
        return held

    def _families(self) -> CoUse:
        """Return the year's co-use of accounts, begun where it has not."""
        if self.co_use is None:
            self.co_use = CoUse(len(self.people), self.threads, self.each, self.shelf)
        return self.co_use

    @property
    def asked(self) -> NDArray[np.int32]:
        """What is asked of relatives' accounts for each person's premium [fen]."""
        return np.asarray(self._families().need[0])

    def share(self, use: Use, laws: Any, ground: Ground, tally: Tally) -> None:
        """Let relatives' accounts pay what is left of premiums or bills, across homes, and add it to the tally.

        Bills come last in the year: with them the year's illness and links are forgotten.
        """
        families = self._families()
        families.pay(use, columns_of(self.people), laws, ground, tally)
        if use == Use.CARE:
            families.close()
            self.shelf.lay_down(*self.illness)
            self.co_use = None
            self.illness = new_illness(0)

    def each(self, work: Callable[[Any], None], items: Any) -> None:
        """Do the work on every item, on the threads where there are several; errors come out here."""
        self.crew.each(lambda item, _: work(item), items)

    def renew(self, laws: Any, ground: Ground, moved_money: NDArray[np.int64]) -> None:
        """Begin a year: everybody grows older; some marry, part or move; the dead leave, newborns come.

        Balances of accounts that move with their owners are added to `moved_money` [from pool, to pool; fen].
        """
        self.rows_before = len(self.people)
        renewal = Renewal(self.people, self.households, self.bounds, self.each, self.threads, self.shelf)
        renewal.live(laws, ground, moved_money)
        self.people, self.households, self.bounds = renewal.people, renewal.households, renewal.bounds
        self.layout = renewal.layout
        if not len(self.people):
            raise ScenarioError("people: expected more: nobody of this small world is left alive")

    @property
    def source(self) -> NDArray[np.int32]:
        """Last year's row of everybody; -1 for newborns, and for all before the first year."""
        source = np.full(len(self.people), -1, np.int32)
        if self.layout is not None:
            old_rows(self.layout, source)
        return source

    def inherit(self, laws: Any, tally: Tally) -> None:
        """Pass the accounts of those who died this year to relatives, wherever they live, and add to the tally."""
        people = columns_of(self.people)
        cuts = np.linspace(0, len(self.people), self.threads + 1).astype(np.int64)
        dead: list[Any] = [None] * self.threads
        kin: list[Any] = [None] * self.threads

        def estates(thread: int) -> None:
            first, last = cuts[thread], cuts[thread + 1]
            rows = self.shelf.take(np.int64, last - first, "part")
            dead[thread] = rows[: inheriting.list_estates(people, first, last, rows)]

        def heirs(thread: int) -> None:
            first, last = cuts[thread], cuts[thread + 1]
            rows, room = np.empty(AT_ONCE, np.int64), self.shelf.take(np.int64, 4 * (last - first) + 2, "pairs")
            found = room.reshape(2, -1)
            kin[thread] = found[:, : inheriting.list_children(people, first, last, rows, found[0], found[1])].copy()
            self.shelf.lay_down(room, purpose="pairs")

        self.each(estates, range(self.threads))
        self.each(heirs, range(self.threads))
        parents, children = inheriting.first_children(people, *np.concatenate(kin, axis=1))
        rows = np.concatenate(dead)
        self.shelf.lay_down(*dead, purpose="part")
        inheriting.leave_inheritance(people, rows, parents, children, laws[0], tally.pairs, tally.money)

    def lay_down(self) -> None:
        """Put all arrays of the people back on the shelf: the engine is not used any more.

        It and its co-use know each other: unless they part here, their memory waits for the garbage collector.
        """
        if self.co_use is not None:
            self.co_use.close()
            self.co_use = None
        self.shelf.lay_down(*self.illness, *self.people.arrays().values())

    def close(self) -> None:
        """Let the threads go."""
        self.crew.close()

    @property
    def bytes_per_person(self) -> float:
        """Return the bytes of the columns held between years, per person [bytes]."""
        held = (whole_of(array).nbytes for table in (self.people, self.households) for array in table.arrays().values())
        return sum(held) / len(self.people)


@contextmanager
def quiet_arithmetic() -> Iterator[None]:
    """Silence numpy's warnings while phases run uncompiled; compiled code gives none."""
    with np.errstate(all="ignore"):
        yield
