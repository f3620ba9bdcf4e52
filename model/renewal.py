"""Renewal of people and homes once a year: whoever marries, parts, moves, is born or has died takes or leaves a row.

Columns are reordered in place, so that a year needs no second table; pages once taken are used again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.columns import Array, Table
from agents.household import HOUSEHOLD
from agents.person import PERSON, columns_of
from model.phases import renewing
from model.phases.ground import Ground
from model.phases.marrying import couples
from model.phases.moving import READY, plan_year
from model.phases.renewing import Layout
from model.phases.settling import Movers, depart, new_movers, wed

POINTERS = ("spouse", "mother", "father")
YEARLY = tuple(name for name, column in PERSON.items() if column.unit == "fen/year")
EMPTY = (*YEARLY, "dying")
"""Columns that start the year at nothing."""
WRITTEN = ("household",)
"""Columns that are written anew, so that they need no new order."""
SLACK = 256
"""A table that must grow gets this part of its rows as room for later years."""
Each = Callable[[Callable[[Any], None], Any], None]


class Renewal:
    """One renewal of a table of people and its homes, on threads."""

    def __init__(self, people: Table, households: Table, bounds: NDArray[np.int64], each: Each, threads: int) -> None:
        """Take the tables; `each` does a piece of work for every item of a list, on the threads."""
        self.people, self.households, self.bounds = people, households, bounds
        self.each, self.threads = each, threads
        self.fate = np.empty(len(people), np.uint8)

    def _cuts(self, items: int) -> list[int]:
        """Return where each thread's share of a number of items begins and ends."""
        return [items * thread // self.threads for thread in range(self.threads + 1)]

    def live(self, laws: Any, ground: Ground, moved_money: NDArray[np.int64], block: int) -> None:
        """Let everybody grow older and do what the year holds; balances that move are added to `moved_money`."""
        law, people = laws[0], columns_of(self.people)
        plans = self._plans(law, ground, block)
        movers = new_movers(len(self.people))
        husbands, wives = couples(people, plans[(self.fate[plans] & READY) != 0], ground.province, law, ground)
        wed(people, self.bounds, husbands, wives, law, ground, self.fate, movers, moved_money)
        depart(people, self.bounds, plans, law, ground, self.fate, movers, moved_money)
        self.layout = layout = self._layout(movers)
        self._reorder(layout)
        renewing.set_newborns(columns_of(self.people), layout.newborns, layout.mothers, ground)

    def _plans(self, law: Any, ground: Ground, block: int) -> NDArray[np.int64]:
        """Add a year to every age, write everybody's fate, and return the rows of those with plans, in order."""
        cuts, people = self._cuts(len(self.people)), columns_of(self.people)
        found: list[Any] = [None] * self.threads

        def plan(thread: int) -> None:
            first, last = cuts[thread], cuts[thread + 1]
            listed, words = np.empty(last - first, np.int64), np.empty((4, block), np.uint32)
            found[thread] = listed[: plan_year(people, first, last, law, ground, words, self.fate, listed)]

        self.each(plan, range(self.threads))
        return np.concatenate(found)

    def _layout(self, movers: Movers) -> Layout:
        """Lay the homes of the year out; the column of households receives every old row's new place."""
        joins, rows, homes = movers.held
        order = np.lexsort((movers.leaders[:joins], movers.joined[:joins]))
        join_rows, joined = movers.joins[:joins][order], movers.joined[:joins][order]
        new_rows, starts = movers.rows[:rows], np.append(movers.starts[:homes], rows)
        sizes, firsts = np.empty((2, len(self.households)), np.int32)
        bounds, moved = self.bounds, self.people.household
        cuts = self._cuts(len(self.households))
        self.each(lambda t: renewing.count_stayers(bounds, cuts[t], cuts[t + 1], self.fate, sizes), range(self.threads))
        new_bounds = np.empty(len(sizes) + homes + 1, np.int64)
        ats = np.empty(joins + rows, np.int64)
        old, at = renewing.lay_out(sizes, self.fate, join_rows, joined, ats[:joins], firsts, new_bounds)
        size = renewing.lay_out_new(self.fate, new_rows, starts, at, ats[joins:], new_bounds[old:])
        found: list[Any] = [None] * self.threads

        def place(thread: int) -> None:
            first, last = cuts[thread], cuts[thread + 1]
            people = int(bounds[last] - bounds[first])
            runs, births, count = np.empty((3, people), np.int32), np.empty((2, people), np.int32), np.zeros(2, int)
            renewing.place_stayers(bounds, firsts, sizes, first, last, self.fate, moved, runs, births, count)
            found[thread] = runs[:, : count[0]], births[:, : count[1]]

        self.each(place, range(self.threads))
        moving = np.concatenate([join_rows, new_rows])
        births = np.empty((2, len(moving)), np.int32)
        births = births[:, : renewing.place_movers(moving, ats, self.fate, moved, births)]
        runs = np.concatenate([part[0] for part in found], axis=1)
        births = np.concatenate([*(part[1] for part in found), births], axis=1)
        self._rehouse(sizes >= 0, movers.pools[:homes], new_bounds[: old + homes + 1])
        olds, news, lengths = runs
        return Layout(olds, news, lengths, moving, ats, births[0], births[1], int(size))

    def _rehouse(self, kept: Any, pools: NDArray[np.int64], bounds: NDArray[np.int64]) -> None:
        """Keep the homes that go on, in order, and add those founded this year."""
        home = np.concatenate([self.households.home[kept], pools.astype(HOUSEHOLD["home"].dtype)])
        columns = {"start": bounds[:-1].astype(HOUSEHOLD["start"].dtype), "home": home}
        self.households, self.bounds = Table(HOUSEHOLD, len(home), columns), bounds

    def _reorder(self, layout: Layout) -> None:
        """Bring every column to its new order, in place where there is room; sums of last year are cleared."""
        moved = self.people.household
        arrays: dict[str, Array] = {}

        def renew(name: str) -> None:
            old = getattr(self.people, name)
            if name in POINTERS:
                renewing.point_anew(old, moved)
            room = _roomy(old, layout.rows)
            if name in EMPTY:
                room[: layout.rows] = 0
            else:
                spare = np.empty(len(layout.movers), old.dtype)
                renewing.renew_column(room, layout, spare, old.dtype.type(PERSON[name].default))
            arrays[name] = _trimmed(room, layout.rows)

        self.each(renew, [name for name in PERSON if name not in WRITTEN])
        arrays["household"] = _trimmed(_roomy(moved, layout.rows), layout.rows)
        cuts = self._cuts(len(self.households))
        self.each(
            lambda t: renewing.set_homes(arrays["household"], self.bounds, cuts[t], cuts[t + 1]), range(self.threads)
        )
        self.people = Table(PERSON, layout.rows, arrays)


def _roomy(column: Array, rows: int) -> Array:
    """Return a column with room for a number of rows: the array it is a view of, or a longer copy."""
    whole = whole_of(column)
    if len(whole) >= rows:
        return whole
    longer = np.empty(rows + rows // SLACK, column.dtype)
    longer[: len(column)] = column
    return longer


def _trimmed(room: Array, rows: int) -> Array:
    """Return the first rows of a column; where too much room is left behind them, it is given back."""
    return room[:rows] if len(room) <= rows + 2 * (rows // SLACK) else room[:rows].copy()


def whole_of(column: Array) -> Array:
    """Return the array whose first rows a column is: what it takes in memory."""
    base = column.base
    if not isinstance(base, np.ndarray) or base.ndim != 1 or base.dtype != column.dtype:
        return column
    return base if base.ctypes.data == column.ctypes.data else column
