"""Renewal of people and homes once a year: whoever marries, parts, moves, is born or has died takes or leaves a row.

Every column is copied in runs of neighbours to the array that another one has left, so that a year needs no second
table; pages once taken are used again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.columns import Array, Table
from agents.household import HOUSEHOLD
from agents.person import PERSON, columns_of
from model.phases import renewing
from model.phases.ground import Ground, new_room
from model.phases.marrying import couples
from model.phases.moving import BIRTH, READY, plan_year
from model.phases.renewing import ORDER_BITS, Homes, Layout
from model.phases.settling import Movers, depart, new_movers, wed
from model.shelf import Shelf, room_in, whole_of

POINTERS = ("spouse", "mother", "father")
YEARLY = tuple(name for name, column in PERSON.items() if column.unit == "fen/year")
EMPTY = (*YEARLY, "dying")
"""Columns that start the year at nothing."""
DTYPES = {name: np.dtype(column.dtype) for name, column in PERSON.items()}
AT_ONCE = 4
"""Columns of one type brought to their new order together: short runs cost most at their ends, which all then share."""
OF_RUNS = ("olds", "news", "sizes", "shifts")
"""What a layout tells of every run of people."""
Each = Callable[[Callable[[Any], None], Any], None]


def _together() -> tuple[tuple[str, ...], ...]:
    """Return the columns by what is done with them at once, those first that take longest."""
    alone = ("household", *EMPTY)
    groups: list[list[str]] = [list(POINTERS)]
    for size in sorted({column.itemsize for column in DTYPES.values()}, reverse=True):
        same = [name for name, kind in DTYPES.items() if kind.itemsize == size and name not in (*POINTERS, *alone)]
        groups += [same[at : at + AT_ONCE] for at in range(0, len(same), AT_ONCE)]
    return (*map(tuple, groups), *((name,) for name in alone))


TOGETHER = _together()


class Renewal:
    """One renewal of a table of people and its homes, on threads."""

    def __init__(
        self, people: Table, households: Table, bounds: NDArray[np.int64], each: Each, threads: int, shelf: Shelf
    ) -> None:
        """Take the tables; `each` does a piece of work for every item of a list, on the threads."""
        self.people, self.households, self.bounds = people, households, bounds
        self.each, self.threads, self.shelf = each, threads, shelf
        self.fate = shelf.take("u1", len(people))
        self.moved = shelf.take(np.int32, len(people))
        """Everybody's new row by the old one, -1 for who leaves."""

    def live(self, laws: Any, ground: Ground, moved_money: NDArray[np.int64]) -> None:
        """Let everybody grow older and do what the year holds; balances that move are added to `moved_money`."""
        law, people = laws[0], columns_of(self.people)
        plans = self._plans(law, ground)
        movers = new_movers(len(self.people), self.shelf.take)

        def settle() -> None:
            looking = plans[(self.fate[plans] & READY) != 0]
            husbands, wives = couples(people, looking, ground.province, law, ground)
            wed(people, self.bounds, husbands, wives, law, ground, self.fate, movers, moved_money)
            depart(people, self.bounds, plans, law, ground, self.fate, movers, moved_money)

        self._meanwhile(settle, *(partial(_empty, getattr(self.people, name)) for name in YEARLY))
        layout, rehouse = self._layout(plans, movers)
        self.layout = layout
        self._reorder(layout, rehouse)
        self.shelf.lay_down(*movers[:-1], purpose="movers")
        self.shelf.lay_down(self.fate)
        self._in_shares(
            len(layout.newborns),
            lambda first, last, _: renewing.set_newborns(
                columns_of(self.people), layout.newborns[first:last], layout.mothers[first:last], ground
            ),
        )

    def _meanwhile(self, *works: Callable[[], None]) -> None:
        """Do pieces of work that do not touch each other, on the threads as they get free."""
        self.each(lambda work: work(), works)

    def _in_shares(self, items: int, work: Callable[[int, int, int], None]) -> None:
        """Do a piece of work on every thread's share of a number of items."""
        cuts = [items * thread // self.threads for thread in range(self.threads + 1)]
        self.each(lambda thread: work(cuts[thread], cuts[thread + 1], thread), range(self.threads))

    def _plans(self, law: Any, ground: Ground) -> NDArray[np.int64]:
        """Add a year to every age, write everybody's fate, and return the rows of those who have one, in order."""
        people, found = columns_of(self.people), [np.empty(0, np.int64)] * self.threads

        def plan(first: int, last: int, thread: int) -> None:
            rows = self.shelf.take(np.int64, last - first, "part")
            found[thread] = rows[: plan_year(people, first, last, law, ground, new_room(), self.fate, rows)]

        self._in_shares(len(self.people), plan)
        rows = np.concatenate(found)
        self.shelf.lay_down(*found, purpose="part")
        return rows

    def _layout(self, plans: NDArray[np.int64], movers: Movers) -> tuple[Layout, Callable[[], None]]:
        """Lay the homes of the year out, and return the layout and what brings the homes to it.

        Homes in which nothing changes keep their order and are passed over.
        """
        joins, rows, founded = movers.held
        order = np.empty(joins, np.int64)
        renewing.order_joiners(np.sort((movers.joined[:joins] << ORDER_BITS) + np.arange(joins)), movers.leaders, order)
        joined = movers.joined[:joins][order]
        moving = np.concatenate([movers.joins[:joins][order], movers.rows[:rows]])
        marked, changed = np.zeros(len(self.households), np.uint8), np.empty(len(self.households), np.int64)
        words = self.people.household, plans, moving, joined, self.fate, marked
        changed = changed[: renewing.list_changed(*words, changed)]
        births = int(np.count_nonzero((self.fate[plans] & BIRTH) != 0))
        layout, homes = renewing.new_layout(moving, len(plans) + len(moving) + len(joined), births)
        renewing.lay_out(self.bounds, changed, joined, self.fate, layout, homes)
        kept = int(homes.counts[renewing.HOME])
        new_bounds = np.empty(kept + founded + 1, np.int64)
        starts = np.append(movers.starts[:founded], rows)
        renewing.lay_out_new(starts, int(joins), self.fate, layout, homes, new_bounds)
        runs, _, _, size, _ = homes.counts.tolist()
        layout = layout._replace(rows=size, **{name: getattr(layout, name)[:runs].copy() for name in OF_RUNS})
        return layout, partial(self._rehouse, homes, movers.pools[:founded], new_bounds)

    def _rehouse(self, homes: Homes, founded: NDArray[np.int64], bounds: NDArray[np.int64]) -> None:
        """Keep the homes that go on, in order, and add those founded this year."""
        renewing.shift_bounds(self.bounds, homes, bounds)
        home = np.empty(len(bounds) - 1, HOUSEHOLD["home"].dtype)
        runs = homes.counts[renewing.STRETCHES]
        parts = homes.olds[:runs], homes.news[:runs], homes.sizes[:runs]
        nobody = np.empty(0, np.int64)
        renewing.copy_runs((self.households.home.view("u2"),), *parts, nobody, nobody, (home.view("u2"),))
        home[len(home) - len(founded) :] = founded
        columns = {"start": bounds[:-1].astype(HOUSEHOLD["start"].dtype), "home": home}
        self.households, self.bounds = Table(HOUSEHOLD, len(home), columns), bounds

    def _reorder(self, layout: Layout, rehouse: Callable[[], None]) -> None:
        """Bring every column to its new order, each into an array that another one has left, and homes to theirs."""
        arrays: dict[str, Array] = {}

        def renew(names: tuple[str, ...]) -> None:
            old = tuple(getattr(self.people, name) for name in names)
            if names[0] in EMPTY:
                arrays[names[0]] = _emptied(old[0], layout.rows, anew=names[0] not in YEARLY)
                return
            new = tuple(self.shelf.take(column.dtype, layout.rows) for column in old)
            self._renew_columns(names, old, layout, new)
            arrays.update(zip(names, new))
            self.shelf.lay_down(*old)

        first, *others = (partial(renew, names) for names in TOGETHER)
        self._meanwhile(first, rehouse, *others)
        self.shelf.lay_down(self.moved)
        self.people.leave()
        self.people = Table(PERSON, layout.rows, arrays)

    def _renew_columns(
        self, names: tuple[str, ...], old: tuple[Array, ...], layout: Layout, new: tuple[Array, ...]
    ) -> None:
        """Copy columns in their new order; newborns get the defaults."""
        runs, defaults = (layout.olds, layout.news, layout.sizes), np.array([PERSON[name].default for name in names])
        if names == ("household",):
            renewing.copy_homes(old[0], *runs, layout.shifts, new[0])
            new[0][layout.ats] = layout.homes
            new[0][layout.newborns] = new[0][layout.mothers]
            return
        bits = f"u{old[0].itemsize}"
        source, target = (tuple(column.view(bits) for column in columns) for columns in (old, new))
        renewing.copy_runs(source, *runs, layout.movers, layout.ats, target)
        renewing.set_default(target, defaults, layout.newborns)
        if names == POINTERS:
            renewing.place(layout, self.moved)
            renewing.turn_pointers(new, self.moved)


def _empty(column: Array) -> None:
    """Write nothing into a column."""
    column[:] = 0


def _emptied(column: Array, rows: int, *, anew: bool) -> Array:
    """Return a column of nothing, in the array of an old one where it has room, which is empty unless `anew`."""
    whole = whole_of(column)
    room = room_in(whole, rows)
    kept = whole_of(room) is whole and not anew
    room[len(column) if kept else 0 :] = 0
    return room
