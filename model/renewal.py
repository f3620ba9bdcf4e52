"""Renewal of people and homes once a year: whoever marries, parts, moves, is born or has died takes or leaves a row.

Every column is copied in runs of neighbours to the array that another one has left, so that a year needs no second
table; pages once taken are used again.
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
from model.phases.ground import Ground, new_room
from model.phases.marrying import couples
from model.phases.moving import AWAY, BIRTH, READY, plan_year
from model.phases.renewing import Homes, Layout
from model.phases.settling import Movers, depart, new_movers, wed

POINTERS = ("spouse", "mother", "father")
YEARLY = tuple(name for name, column in PERSON.items() if column.unit == "fen/year")
EMPTY = (*YEARLY, "dying")
"""Columns that start the year at nothing."""
OF_RUNS = ("olds", "news", "sizes", "shifts")
"""What a layout tells of every run of people."""
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

    def live(self, laws: Any, ground: Ground, moved_money: NDArray[np.int64]) -> None:
        """Let everybody grow older and do what the year holds; balances that move are added to `moved_money`."""
        law, people = laws[0], columns_of(self.people)
        plans = self._plans(law, ground)
        movers = new_movers(len(self.people))
        husbands, wives = couples(people, plans[(self.fate[plans] & READY) != 0], ground.province, law, ground)
        wed(people, self.bounds, husbands, wives, law, ground, self.fate, movers, moved_money)
        depart(people, self.bounds, plans, law, ground, self.fate, movers, moved_money)
        self.layout = layout = self._layout(movers)
        self._reorder(layout)
        renewing.set_newborns(columns_of(self.people), layout.newborns, layout.mothers, ground)

    def _plans(self, law: Any, ground: Ground) -> NDArray[np.int64]:
        """Add a year to every age, write everybody's fate, and return the rows of those with plans, in order."""
        cuts, people = self._cuts(len(self.people)), columns_of(self.people)
        found: list[Any] = [None] * self.threads

        def plan(thread: int) -> None:
            first, last = cuts[thread], cuts[thread + 1]
            listed = np.empty(last - first, np.int64)
            found[thread] = listed[: plan_year(people, first, last, law, ground, new_room(), self.fate, listed)]

        self.each(plan, range(self.threads))
        return np.concatenate(found)

    def _layout(self, movers: Movers) -> Layout:
        """Lay the homes of the year out: homes in which nothing changes keep their order and are passed over."""
        joins, rows, founded = movers.held
        order = np.lexsort((movers.leaders[:joins], movers.joined[:joins]))
        joined = movers.joined[:joins][order]
        moving = np.concatenate([movers.joins[:joins][order], movers.rows[:rows]])
        changed = np.flatnonzero((self.fate & (AWAY | BIRTH)) != 0)
        births = int(np.count_nonzero((self.fate & BIRTH) != 0))
        layout, homes = renewing.new_layout(moving, len(changed) + len(joined), births)
        renewing.lay_out(self.people.household, self.bounds, changed, joined, self.fate, layout, homes)
        kept = int(homes.counts[renewing.HOME])
        new_bounds = np.empty(kept + founded + 1, np.int64)
        starts = np.append(movers.starts[:founded], rows)
        renewing.lay_out_new(starts, int(joins), self.fate, layout, homes, new_bounds)
        renewing.shift_bounds(self.bounds, homes, new_bounds)
        self._rehouse(homes, movers.pools[:founded], new_bounds)
        runs, _, _, size, _ = homes.counts.tolist()
        return layout._replace(rows=size, **{name: getattr(layout, name)[:runs].copy() for name in OF_RUNS})

    def _rehouse(self, homes: Homes, founded: NDArray[np.int64], bounds: NDArray[np.int64]) -> None:
        """Keep the homes that go on, in order, and add those founded this year."""
        home = np.empty(len(bounds) - 1, HOUSEHOLD["home"].dtype)
        runs = homes.counts[renewing.STRETCHES]
        parts = homes.olds[:runs], homes.news[:runs], homes.sizes[:runs]
        renewing.copy_runs(self.households.home.view("u2"), *parts, home.view("u2"))
        home[len(home) - len(founded) :] = founded
        columns = {"start": bounds[:-1].astype(HOUSEHOLD["start"].dtype), "home": home}
        self.households, self.bounds = Table(HOUSEHOLD, len(home), columns), bounds

    def _reorder(self, layout: Layout) -> None:
        """Bring every column to its new order, each into an array that another one has left."""
        moved = np.full(len(self.people), -1, np.int32)
        renewing.place(layout, moved)
        arrays: dict[str, Array] = {}
        types = {column.dtype for column in PERSON.values()}
        spare = {dtype: [np.empty(0, dtype) for _ in range(self.threads)] for dtype in types}

        def renew(name: str) -> None:
            old = getattr(self.people, name)
            if name in EMPTY:
                arrays[name] = _emptied(old, layout.rows)
                return
            left = spare[PERSON[name].dtype]
            arrays[name] = new = _room(left.pop(), layout.rows)
            self._renew_column(name, old, moved, layout, new)
            left.append(whole_of(old))

        self.each(renew, PERSON)
        self.people = Table(PERSON, layout.rows, arrays)

    def _renew_column(self, name: str, old: Array, moved: Array, layout: Layout, new: Array) -> None:
        """Copy a column in its new order; newborns get the default."""
        runs = layout.olds, layout.news, layout.sizes
        new[layout.newborns] = PERSON[name].default
        if name in POINTERS:
            renewing.copy_pointers(old, moved, *runs, new)
            renewing.move_pointers(old, moved, layout, new)
        elif name == "household":
            renewing.copy_homes(old, *runs, layout.shifts, new)
            new[layout.ats] = layout.homes
            new[layout.newborns] = new[layout.mothers]
        else:
            bits = f"u{old.itemsize}"
            renewing.copy_runs(old.view(bits), *runs, new.view(bits))
            new[layout.ats] = old[layout.movers]


def _room(left: Array, rows: int) -> Array:
    """Return room for a column: an array that is left over where it suits, else a new one with room for later years."""
    slack = rows // SLACK
    whole = left if rows <= len(left) <= rows + 2 * slack else np.empty(rows + slack, left.dtype)
    return whole[:rows]


def _emptied(column: Array, rows: int) -> Array:
    """Return a column of nothing, in the array of an old one where it has room."""
    room = _room(whole_of(column), rows)
    room[:] = 0
    return room


def whole_of(column: Array) -> Array:
    """Return the array whose first rows a column is: what it takes in memory."""
    base = column.base
    if not isinstance(base, np.ndarray) or base.ndim != 1 or base.dtype != column.dtype:
        return column
    return base if base.ctypes.data == column.ctypes.data else column
