"""Be born and leave: newborns take their place in the home, those who died last year leave the tables.

The only step that moves people in memory. Homes stay together and in order, and nobody's draws depend on the place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.chance import BORN_LATER, Purpose, uniform, words
from agents.codes import Scheme, Sex, Work
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground

AGES = 101
SHIFT = np.uint64(32)


@compiled
def add_a_year(p: Columns, first: int, last: int) -> None:
    """Add a year to everybody's age."""
    for i in range(first, last):
        if p.age[i] < 255:
            p.age[i] = int64(p.age[i]) + 1


@inlined
def gives_birth(p: Columns, i: int, ground: Ground) -> bool:
    """Say whether a woman who lives in the table has a child this year."""
    if p.sex[i] != Sex.FEMALE or p.dying[i] == 1:
        return False
    risk = ground.fertility[min(int64(p.age[i]), AGES - 1)]
    return bool(risk > 0.0 and uniform(ground.seed, Purpose.BIRTH, ground.year, p.key[i]) < risk)


@compiled
def plan_homes(
    p: Columns, bounds: Bounds, first_home: int, last_home: int, ground: Ground, sizes: Bounds, moved: Any
) -> None:
    """Write how many people every home will hold once the dead have left and newborns come, and who gives birth.

    The dead get -1 at once: homes in which nobody is left are not visited again.
    """
    for home in range(first_home, last_home):
        size = int64(0)
        for i in range(bounds[home], bounds[home + 1]):
            size += int64(p.dying[i] == 0)
            birth = int64(gives_birth(p, i, ground))
            moved[i] = birth - int64(p.dying[i] == 1)
            size += birth
        sizes[home] = size


@compiled
def plan_places(
    p: Columns, bounds: Bounds, new_bounds: Bounds, kept: Bounds, first: int, last: int, source: Any, moved: Any
) -> None:
    """Write for every new row the old row it continues, or -1 - the mother's new row; and old rows' new places.

    `moved` comes with 1 for every mother of this year.
    """
    for n in range(first, last):
        home = kept[n]
        at = new_bounds[n]
        newborn = new_bounds[n + 1]
        for i in range(bounds[home], bounds[home + 1]):
            birth = moved[i]
            moved[i] = -1
            if p.dying[i] == 0:
                source[at] = i
                moved[i] = at
                if birth == 1:
                    newborn -= 1
                    source[newborn] = -1 - at
                at += 1


@compiled
def carry(old: Any, runs: Bounds, source: Any, default: Any, new: Any) -> None:
    """Copy one column to its new places, run by run of rows that stay neighbours; newborns get the default."""
    for run in range(runs.size - 1):
        first = runs[run]
        row = int64(source[first])
        if row < 0:
            new[first] = default
            continue
        for k in range(runs[run + 1] - first):
            new[first + k] = old[row + k]


@compiled
def carry_pointer(old: Any, source: Any, moved: Any, new: Any) -> None:
    """Copy one column of rows to its new places, each row replaced by its own new place (-1 where it left)."""
    for i in range(source.size):
        row = source[i]
        new[i] = -1
        if row >= 0 and old[row] >= 0:
            new[i] = moved[old[row]]


@compiled
def newborn_key(mother: Any, seed: int, year: int) -> np.uint64:
    """Return the permanent key of a child from its mother's key and its year of birth; the top bit marks it."""
    a, b, _, _ = words(seed, Purpose.NEWBORN_KEY, year, mother)
    return ((a << SHIFT) | b) | BORN_LATER


@compiled
def set_newborns(p: Columns, source: Any, ground: Ground) -> None:
    """Fill in what a newborn has from its mother: home, registration, family, rank, and its key."""
    for i in range(source.size):
        if source[i] >= 0:
            continue
        mother = int64(-1 - source[i])
        p.key[i] = newborn_key(p.key[mother], 0, ground.year)
        p.mother[i] = mother
        p.father[i] = p.spouse[mother]
        p.spouse[i] = -1
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
        u = uniform(ground.seed, Purpose.NEWBORN_KEY, ground.year, p.key[i])
        p.sex[i] = Sex.MALE if u < ground.male_births else Sex.FEMALE


@compiled
def set_homes(household: Any, new_bounds: Bounds) -> None:
    """Write every person's row of the household table."""
    for home in range(new_bounds.size - 1):
        for i in range(new_bounds[home], new_bounds[home + 1]):
            household[i] = home
