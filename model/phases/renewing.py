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
from agents.compiled import compiled, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground
from model.phases.moving import AWAY, BIRTH

SHIFT = np.uint64(32)


class Layout(NamedTuple):
    """Where the rows of a year go, as runs of neighbours that stay neighbours, and those who move one by one."""

    olds: Array
    """Old first row of every run of people who stay in their homes, in order."""
    news: Array
    """New first row of every run."""
    sizes: Array
    """Rows of every run."""
    movers: Array
    """Old rows of those who change the home."""
    ats: Array
    """New rows of those who change the home."""
    newborns: Array
    """New rows of the newborns."""
    mothers: Array
    """New rows of their mothers."""
    rows: int
    """Rows of the table from now on."""


@compiled
def old_rows(layout: Layout, source: Any) -> None:
    """Write the old row of everybody's new row; newborns keep what is there."""
    for run in range(layout.olds.size):
        for place in range(layout.sizes[run]):
            source[layout.news[run] + place] = layout.olds[run] + place
    for mover in range(layout.movers.size):
        source[layout.ats[mover]] = layout.movers[mover]


@compiled
def count_stayers(bounds: Bounds, first_home: int, last_home: int, fate: Any, sizes: Any) -> None:
    """Write how many people every home will hold of those who stay in it and their newborns."""
    for home in range(first_home, last_home):
        size = int64(0)
        for i in range(bounds[home], bounds[home + 1]):
            mark = int64(fate[i])
            size += int64(mark & AWAY == 0) * (1 + (mark & BIRTH))
        sizes[home] = size


@compiled
def lay_out(sizes: Any, fate: Any, joins: Bounds, joined: Bounds, ats: Bounds, firsts: Any, new_bounds: Bounds) -> Any:
    """Give every home its new first row; return how many go on and the rows they take.

    `joins` are the rows of people who move into a home that exists, in the order of these homes (`joined`); `ats`
    receives their new rows, behind those who stay. `sizes` becomes -1 where a home ends.
    """
    n = int64(0)
    at = int64(0)
    k = int64(0)
    for home in range(sizes.size):
        firsts[home] = at
        start = at
        at += sizes[home]
        while k < joins.size and joined[k] == home:
            ats[k] = at
            at += 1 + (int64(fate[joins[k]]) & BIRTH)
            k += 1
        if at > start:
            new_bounds[n] = start
            n += 1
        else:
            sizes[home] = -1
    new_bounds[n] = at
    return n, at


@compiled
def lay_out_new(fate: Any, rows: Bounds, starts: Bounds, at: int, ats: Bounds, new_bounds: Bounds) -> int:
    """Give every home founded this year its first row, and its members theirs; return the rows of the table."""
    for home in range(starts.size - 1):
        new_bounds[home] = at
        for k in range(starts[home], starts[home + 1]):
            ats[k] = at
            at += 1 + (int64(fate[rows[k]]) & BIRTH)
    new_bounds[starts.size - 1] = at
    return at


@compiled
def place_stayers(
    bounds: Bounds,
    firsts: Any,
    sizes: Any,
    first_home: int,
    last_home: int,
    fate: Any,
    moved: Any,
    runs: Any,
    births: Any,
    count: Any,
) -> None:
    """Write old rows' new places (-1 where nobody stays), the runs of rows that stay neighbours, and the newborns.

    `runs` receives old rows, new rows and sizes; `births` the newborns' and their mothers' new rows; `count` both
    numbers.
    """
    run = int64(-1)
    born = int64(0)
    for home in range(first_home, last_home):
        at = int64(firsts[home])
        newborn = at + sizes[home]
        for i in range(bounds[home], bounds[home + 1]):
            mark = int64(fate[i])
            if mark & AWAY != 0:
                moved[i] = -1
                continue
            moved[i] = at
            if run >= 0 and runs[0, run] + runs[2, run] == i and runs[1, run] + runs[2, run] == at:
                runs[2, run] += 1
            else:
                run += 1
                runs[0, run] = i
                runs[1, run] = at
                runs[2, run] = 1
            if mark & BIRTH != 0:
                newborn -= 1
                births[0, born] = newborn
                births[1, born] = at
                born += 1
            at += 1
    count[0] = run + 1
    count[1] = born


@compiled
def place_movers(rows: Bounds, ats: Bounds, fate: Any, moved: Any, births: Any) -> int:
    """Write the places of those who changed their home, each newborn behind its mother; return how many."""
    born = int64(0)
    for k in range(rows.size):
        moved[rows[k]] = ats[k]
        if int64(fate[rows[k]]) & BIRTH != 0:
            births[0, born] = ats[k] + 1
            births[1, born] = ats[k]
            born += 1
    return born


@compiled
def renew_column(column: Any, layout: Layout, room: Any, default: Any) -> None:
    """Bring a column to its new order in place; newborns get the default.

    Runs that move down go first to last, runs that move up in a row last to first, so that no row is overwritten
    before it is read. `room` holds the movers meanwhile.
    """
    for k in range(layout.movers.size):
        room[k] = column[layout.movers[k]]
    n = layout.olds.size
    k = int64(0)
    while k < n:
        end = k
        while end < n and layout.news[end] > layout.olds[end]:
            end += 1
        for up in range(end - 1, k - 1, -1):
            old = int64(layout.olds[up])
            new = int64(layout.news[up])
            for j in range(int64(layout.sizes[up]) - 1, -1, -1):
                column[new + j] = column[old + j]
        k = end
        while k < n and layout.news[k] <= layout.olds[k]:
            old = int64(layout.olds[k])
            new = int64(layout.news[k])
            if new < old:
                for j in range(int64(layout.sizes[k])):
                    column[new + j] = column[old + j]
            k += 1
    for k in range(layout.movers.size):
        column[layout.ats[k]] = room[k]
    for k in range(layout.newborns.size):
        column[layout.newborns[k]] = default


@compiled
def point_anew(column: Any, moved: Any) -> None:
    """Replace every pointer to an old row by the row's new place (-1 where it left)."""
    for i in range(column.size):
        row = int64(column[i])
        if row >= 0:
            column[i] = moved[row]


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


@compiled
def set_homes(household: Any, bounds: Bounds, first_home: int, last_home: int) -> None:
    """Write every person's row of the household table."""
    for home in range(first_home, last_home):
        for i in range(bounds[home], bounds[home + 1]):
            household[i] = home
