"""Renew the rows: newborns take their place in the home, movers change theirs, those who died last year leave.

The only step that moves people in memory. Homes stay together and in order, those founded this year come last, and
nobody's draws depend on the place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.chance import BORN_LATER, Purpose, uniform, words
from agents.codes import Scheme, Sex, Work
from agents.columns import Array
from agents.compiled import compiled, compiled_apart, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground, list_marked
from model.phases.moving import AWAY, BIRTH

SHIFT = np.uint64(32)
WIDE = 16
"""Neighbours copied at once."""
ORDER_BITS = 32
"""Bits of a number that hold a place, below those of a home."""
ZERO, WIDE_STEP = np.uint64(0), np.uint64(WIDE)


class Layout(NamedTuple):
    """Where the rows of a year go, as runs of neighbours that stay neighbours, and those who move one by one."""

    olds: Array
    """Old first row of every run of people who stay in their homes, in order."""
    news: Array
    """New first row of every run."""
    sizes: Array
    """Rows of every run."""
    shifts: Array
    """What the old rows of a run's homes are shifted by."""
    movers: Array
    """Old rows of those who change the home."""
    ats: Array
    """New rows of those who change the home."""
    homes: Array
    """New homes of those who change the home."""
    newborns: Array
    """New rows of the newborns."""
    mothers: Array
    """New rows of their mothers."""
    rows: int
    """Rows of the table from now on."""


class Homes(NamedTuple):
    """Where homes go: runs of homes between those that change, and the place at which the next one is laid out."""

    olds: Array
    """Old first home of every run."""
    news: Array
    """New first home of every run."""
    sizes: Array
    """Homes of every run."""
    shifts: Array
    """What the rows of a run's people are shifted by."""
    counts: Array
    """Runs of people, runs of homes, newborns so far, the rows and the homes that are laid out."""


RUNS, STRETCHES, BORN, AT, HOME = range(5)
MOST_RUNS = 3
"""A change at home makes at most so many runs: those before it, at home, and after it."""


def new_layout(movers: Bounds, changes: int, births: int) -> tuple[Layout, Homes]:
    """Return room to lay out a year of movers, changes at home and births."""
    most = MOST_RUNS * (changes + 1)
    runs = [np.empty(most, np.int32) for _ in range(4)]
    ats, homes = np.empty_like(movers), np.empty_like(movers)
    newborns, mothers = np.empty(births, np.int32), np.empty(births, np.int32)
    layout = Layout(runs[0], runs[1], runs[2], runs[3], movers, ats, homes, newborns, mothers, 0)
    olds, news, sizes = (np.empty(most, np.int32) for _ in range(3))
    return layout, Homes(olds, news, sizes, np.empty(most, np.int64), np.empty(5, np.int64))


@compiled
def old_rows(layout: Layout, source: Any) -> None:
    """Write the old row of everybody's new row; newborns keep what is there."""
    for run in range(layout.olds.size):
        for place in range(layout.sizes[run]):
            source[layout.news[run] + place] = layout.olds[run] + place
    for mover in range(layout.movers.size):
        source[layout.ats[mover]] = layout.movers[mover]


@compiled
def order_joiners(keys: Bounds, leaders: Any, order: Bounds) -> None:
    """Write the places of joiners by home, then by their leaders' keys, then as they come.

    `keys` are the homes and, in the low bits, the places, ascending.
    """
    for k in range(keys.size):
        place = keys[k] & ((int64(1) << ORDER_BITS) - 1)
        at = int64(k)
        while (
            at > 0 and keys[at - 1] >> ORDER_BITS == keys[k] >> ORDER_BITS and leaders[order[at - 1]] > leaders[place]
        ):
            order[at] = order[at - 1]
            at -= 1
        order[at] = place


@compiled
def list_changed(
    household: Any, plans: Bounds, movers: Bounds, joined: Bounds, fate: Any, marked: Any, homes: Bounds
) -> int:
    """List the homes in which somebody gives birth, leaves or comes, in order, and return how many they are.

    `plans` are the rows of all who have a fate but those who only follow others, `joined` the homes that movers join;
    nothing is `marked` yet.
    """
    for i in plans:
        marked[household[i]] |= int64(fate[i]) & (AWAY | BIRTH)
    for i in movers:
        marked[household[i]] = 1
    for home in joined:
        marked[home] = 1
    return list_marked(marked, homes)


@inlined
def _stay(layout: Layout, homes: Homes, old: int, size: int, shift: int) -> None:
    """Lay out neighbours who stay in homes, as part of the last run where they continue it."""
    run = homes.counts[RUNS] - 1
    at = homes.counts[AT]
    homes.counts[AT] = at + size
    if run >= 0:
        held = int64(layout.sizes[run])
        if layout.olds[run] + held == old and layout.news[run] + held == at and layout.shifts[run] == shift:
            layout.sizes[run] = held + size
            return
    if size > 0:
        layout.olds[run + 1] = old
        layout.news[run + 1] = at
        layout.sizes[run + 1] = size
        layout.shifts[run + 1] = shift
        homes.counts[RUNS] = run + 2


@inlined
def _leave_be(layout: Layout, homes: Homes, bounds: Bounds, home: int, end: int) -> None:
    """Lay out neighbouring homes in which nothing changes."""
    if home < end:
        stretch = homes.counts[STRETCHES]
        shift = homes.counts[HOME] - home
        homes.olds[stretch] = home
        homes.news[stretch] = homes.counts[HOME]
        homes.sizes[stretch] = end - home
        homes.shifts[stretch] = homes.counts[AT] - bounds[home]
        homes.counts[STRETCHES] = stretch + 1
        homes.counts[HOME] += end - home
        _stay(layout, homes, bounds[home], bounds[end] - bounds[home], shift)


@inlined
def _bear(layout: Layout, homes: Homes, mother: int, newborn: int) -> None:
    """Note a newborn's row and its mother's."""
    born = homes.counts[BORN]
    layout.newborns[born] = newborn
    layout.mothers[born] = mother
    homes.counts[BORN] = born + 1


@inlined
def _change(layout: Layout, homes: Homes, bounds: Bounds, home: int, fate: Any) -> None:
    """Lay out a home in which something changes: those who stay in it, then their newborns, the first one's last."""
    shift = homes.counts[HOME] - home
    births = homes.counts[BORN]
    for i in range(bounds[home], bounds[home + 1]):
        mark = int64(fate[i])
        if mark & AWAY == 0:
            if mark & BIRTH != 0:
                _bear(layout, homes, homes.counts[AT], int64(-1))
            _stay(layout, homes, i, int64(1), shift)
    for born in range(homes.counts[BORN] - 1, births - 1, -1):
        layout.newborns[born] = homes.counts[AT]
        homes.counts[AT] += 1


@inlined
def _come(layout: Layout, homes: Homes, k: int, fate: Any) -> None:
    """Lay out one who comes to the home that is laid out last, and the newborn."""
    at = homes.counts[AT]
    layout.ats[k] = at
    layout.homes[k] = homes.counts[HOME]
    homes.counts[AT] = at + 1
    if int64(fate[layout.movers[k]]) & BIRTH != 0:
        _bear(layout, homes, at, at + 1)
        homes.counts[AT] = at + 2


@compiled
def lay_out(bounds: Bounds, changed: Bounds, joined: Bounds, fate: Any, layout: Layout, homes: Homes) -> None:
    """Give every home that goes on its new place, and its people theirs.

    `changed` are the homes in which somebody gives birth, leaves or comes, `joined` those that the first movers join,
    both ascending. Those who join a home stand behind those who stay.
    """
    homes.counts[:] = 0
    following = int64(0)
    k = int64(0)
    for home in changed:
        _leave_be(layout, homes, bounds, following, home)
        following = home + 1
        start = homes.counts[AT]
        stretch = homes.counts[STRETCHES]
        _change(layout, homes, bounds, home, fate)
        while k < joined.size and joined[k] == home:
            _come(layout, homes, k, fate)
            k += 1
        if homes.counts[AT] > start:
            homes.olds[stretch] = home
            homes.news[stretch] = homes.counts[HOME]
            homes.sizes[stretch] = 1
            homes.shifts[stretch] = start - bounds[home]
            homes.counts[STRETCHES] += 1
            homes.counts[HOME] += 1
    _leave_be(layout, homes, bounds, following, bounds.size - 1)


@compiled
def lay_out_new(starts: Bounds, first: int, fate: Any, layout: Layout, homes: Homes, new_bounds: Bounds) -> None:
    """Give every home founded this year its first row, and its members theirs; they are movers from `first` on."""
    for home in range(starts.size - 1):
        new_bounds[homes.counts[HOME]] = homes.counts[AT]
        for k in range(starts[home], starts[home + 1]):
            _come(layout, homes, first + k, fate)
        homes.counts[HOME] += 1
    new_bounds[homes.counts[HOME]] = homes.counts[AT]


@compiled
def shift_bounds(bounds: Bounds, homes: Homes, new_bounds: Bounds) -> None:
    """Write the new first rows of the homes that go on."""
    for run in range(homes.counts[STRETCHES]):
        old = bounds[homes.olds[run] : homes.olds[run] + homes.sizes[run]]
        new = new_bounds[homes.news[run] : homes.news[run] + homes.sizes[run]]
        for j in range(new.size):
            new[j] = old[j] + homes.shifts[run]


@compiled
def place(layout: Layout, moved: Any) -> None:
    """Write everybody's new row by the old one, -1 for who leaves."""
    for i in range(moved.size):
        moved[i] = -1
    for run in range(layout.olds.size):
        new = int64(layout.news[run])
        rows = moved[layout.olds[run] : layout.olds[run] + layout.sizes[run]]
        for j in range(rows.size):
            rows[j] = new + j
    for k in range(layout.movers.size):
        moved[layout.movers[k]] = layout.ats[k]


@compiled_apart
def copy_runs(old: Any, olds: Any, news: Any, sizes: Any, movers: Any, ats: Any, new: Any) -> None:
    """Copy runs of neighbours, and movers one by one, from some arrays of one type to their new places in others.

    So many neighbours are copied at once that a run's last may bring some behind it, whose places are written later:
    runs come in order, and after them those who move or are born.
    """
    most = min(old[0].size, new[0].size)
    for run in range(olds.size):
        first, at, size = int64(olds[run]), int64(news[run]), int64(sizes[run])
        whole = (size + WIDE - 1) // WIDE * WIDE
        if max(first, at) + whole <= most:
            for c in range(len(old)):
                _copy_wide(old[c], np.uint64(first), np.uint64(size), np.uint64(at), new[c])
        else:
            for c in range(len(old)):
                for j in range(size):
                    new[c][at + j] = old[c][first + j]
    for k in range(movers.size):
        for c in range(len(old)):
            new[c][ats[k]] = old[c][movers[k]]


@inlined
def _copy_wide(old: Any, first: Any, size: Any, at: Any, new: Any) -> None:
    """Copy a run, several neighbours at once; numbers without a sign are never taken to count from the end."""
    for start in range(ZERO, size, WIDE_STEP):
        for j in range(ZERO, WIDE_STEP):
            new[at + start + j] = old[first + start + j]


@compiled
def set_default(columns: Any, defaults: Bounds, newborns: Any) -> None:
    """Give newborns in some columns of one type the columns' defaults."""
    for k in range(newborns.size):
        for c in range(len(columns)):
            columns[c][newborns[k]] = defaults[c]


@compiled_apart
def copy_homes(old: Any, olds: Any, news: Any, sizes: Any, shifts: Any, new: Any) -> None:
    """Copy the homes of runs of neighbours, shifted, to their new places in another array."""
    for run in range(olds.size):
        source = old[olds[run] : olds[run] + sizes[run]]
        target = new[news[run] : news[run] + sizes[run]]
        for j in range(target.size):
            target[j] = source[j] + shifts[run]


@compiled_apart
def turn_pointers(pointers: Any, moved: Any) -> None:
    """Turn pointers to old rows into pointers to the new ones, where they stand; to -1 where the row left."""
    for c in range(len(pointers)):
        for i in range(pointers[c].size):
            row = int64(pointers[c][i])
            place = int64(moved[max(row, 0)])
            pointers[c][i] = place if row >= 0 else int64(-1)


@compiled
def newborn_key(mother: Any, seed: int, year: int) -> np.uint64:
    """Return the permanent key of a child from its mother's key and its year of birth; the top bit marks it."""
    a, b, _, _ = words(seed, Purpose.NEWBORN_KEY, year, mother)
    return ((a << SHIFT) | b) | BORN_LATER


@compiled
def set_newborns(p: Columns, newborns: Any, mothers: Any, ground: Ground) -> None:
    """Fill in what a newborn has from its mother: home, registration, family, rank, and its key."""
    for k in range(newborns.size):
        i = newborns[k]
        mother = int64(mothers[k])
        p.key[i] = newborn_key(p.key[mother], 0, ground.year)
        p.mother[i] = mother
        p.father[i] = p.spouse[mother]
        p.home[i] = p.home[mother]
        p.hukou[i] = p.hukou[mother]
        p.insured[i] = p.home[mother]
        p.hukou_kind[i] = p.hukou_kind[mother]
        p.urban[i] = p.urban[mother]
        p.aid[i] = p.aid[mother]
        p.rank[i] = p.rank[mother]
        p.account_kind[i] = 1
        p.work[i] = Work.CHILD
        p.scheme[i] = Scheme.NONE
        u = uniform(ground.seed, int64(Purpose.NEWBORN_KEY), ground.year, p.key[i])
        p.sex[i] = Sex.MALE if u < ground.male_births else Sex.FEMALE
