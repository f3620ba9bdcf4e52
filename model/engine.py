"""The engine: drives compiled phases over blocks of homes on threads, and renews the people table once a year."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.columns import Array, Table
from agents.household import HOUSEHOLD
from agents.person import PERSON, columns_of
from model.co_use import CoUse
from model.phases import renewing
from model.phases.ground import Ground, Sums, new_scratch
from model.phases.tally import Tally
from model.rules.codes import Use

BLOCK = 4096
"""People in a block: their columns stay in the processor's cache from phase to phase."""

POINTERS = ("spouse", "mother", "father")
YEARLY = tuple(name for name, column in PERSON.items() if column.unit == "fen/year")
Driver = Callable[..., None]


class Engine:
    """People and households in memory, and the threads that live their years."""

    def __init__(self, people: Table, households: Table, pools: int, threads: int = 1, block: int = BLOCK) -> None:
        """Take over the tables; sums are kept by thread for a number of pools."""
        self.people = people
        self.households = households
        self.threads = threads
        self.block = block
        self.bounds = self._bounds()
        self.source = np.arange(len(people), dtype=np.int32)
        self.tallies = [Tally.empty(pools) for _ in range(threads)]
        self.executor = ThreadPoolExecutor(threads) if threads > 1 else None
        self.co_use: CoUse | None = None

    def _bounds(self) -> NDArray[np.int64]:
        return np.append(self.households.start, len(self.people)).astype(np.int64)

    def blocks(self) -> NDArray[np.int64]:
        """Return the first home of every block and the number of homes."""
        edges = np.searchsorted(self.bounds, np.arange(0, len(self.people), self.block))
        return np.unique(np.append(edges, len(self.households))).astype(np.int64)

    def run(self, driver: Driver, laws: Any, ground: Ground, tally: Tally) -> None:
        """Call a driver on all blocks, each thread on its own range and sums, and add the sums to the tally."""
        blocks = self.blocks()
        people = columns_of(self.people)
        largest = int(np.diff(self.bounds[blocks]).max())
        ranges = np.linspace(0, len(blocks) - 1, self.threads + 1).astype(np.int64)
        need = self._families().need

        def work(thread: int) -> None:
            part = self.tallies[thread]
            part.clear()
            sums = Sums(*part.arrays())
            room = new_scratch(largest, need)
            driver(people, self.bounds, blocks, ranges[thread], ranges[thread + 1], laws, ground, sums, room)

        self._each(work, range(self.threads))
        for part in self.tallies:
            tally.add(part)

    def _families(self) -> CoUse:
        """Return the year's co-use of accounts, begun where it has not."""
        if self.co_use is None:
            self.co_use = CoUse(len(self.people), self.threads, self._each)
        return self.co_use

    def share(self, use: Use, laws: Any, ground: Ground, tally: Tally) -> None:
        """Let relatives' accounts pay what is left of premiums or bills, across homes, and add it to the tally.

        Bills come last in the year: with them the year's links are forgotten.
        """
        self._families().pay(use, columns_of(self.people), laws, ground, tally)
        if use == Use.CARE:
            self.co_use = None

    def _each(self, work: Callable[[Any], None], items: Any) -> None:
        """Do the work on every item, on the threads where there are several; errors come out here."""
        if self.executor is None:
            for item in items:
                work(item)
        else:
            list(self.executor.map(work, items))

    def renew(self, ground: Ground) -> None:
        """Add a year to every age, let those who died leave, let newborns come, and move the rows together."""
        people = columns_of(self.people)
        rows = len(self.people)
        cuts = np.linspace(0, len(self.households), self.threads + 1).astype(np.int64)
        sizes = np.empty(len(self.households), np.int64)
        moved = np.full(rows, -1, np.int32)

        def plan(thread: int) -> None:
            first, last = cuts[thread], cuts[thread + 1]
            renewing.add_a_year(people, self.bounds[first], self.bounds[last])
            renewing.plan_homes(people, self.bounds, first, last, ground, sizes, moved)

        self._each(plan, range(self.threads))
        kept = np.flatnonzero(sizes)
        bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[kept])])
        source = np.empty(bounds[-1], np.int32)
        cuts_kept = np.linspace(0, len(kept), self.threads + 1).astype(np.int64)

        def place(thread: int) -> None:
            first, last = cuts_kept[thread], cuts_kept[thread + 1]
            renewing.plan_places(people, self.bounds, bounds, kept, first, last, source, moved)

        self._each(place, range(self.threads))
        self.people = self._carried(source, moved)
        self.source = source
        start = bounds[:-1].astype(HOUSEHOLD["start"].dtype)
        homes = {"start": start, "home": self.households.home[kept]}
        self.households = Table(HOUSEHOLD, len(kept), homes)
        self.bounds = bounds
        renewing.set_newborns(columns_of(self.people), source, ground)
        renewing.set_homes(self.people.household, bounds)

    def _carried(self, source: NDArray[np.int32], moved: NDArray[np.int32]) -> Table:
        """Return a people table with every column in its new order; the old columns go as the new ones come."""
        arrays: dict[str, Array] = {}
        apart = np.flatnonzero((source[1:] != source[:-1] + 1) | (source[1:] < 0)) + 1
        runs = np.concatenate([np.zeros(1, np.int64), apart, np.array([len(source)])])

        def carry(name: str) -> None:
            column = PERSON[name]
            old = getattr(self.people, name)
            if name in YEARLY:
                arrays[name] = np.zeros(len(source), column.dtype)
                return
            new = np.empty(len(source), column.dtype)
            if name in POINTERS:
                renewing.carry_pointer(old, source, moved, new)
            else:
                renewing.carry(old, runs, source, old.dtype.type(column.default), new)
            arrays[name] = new

        self._each(carry, PERSON)
        return Table(PERSON, len(source), arrays)

    def close(self) -> None:
        """Let the threads go."""
        if self.executor is not None:
            self.executor.shutdown()
            self.executor = None

    @property
    def bytes_per_person(self) -> float:
        """Return the bytes of the columns held between years, per person."""
        homes = self.households.bytes_per_row * len(self.households)
        return self.people.bytes_per_row + homes / len(self.people)


@contextmanager
def quiet_arithmetic() -> Iterator[None]:
    """Silence numpy's warnings while phases run uncompiled; compiled code gives none."""
    with np.errstate(all="ignore"):
        yield
