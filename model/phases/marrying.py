"""Find partners: who looks for one this year meets somebody near the wished age in the pool, else in the province.

A person's own key draws whether it looks and the age it wishes. All who look stand in a line by pool and wished age;
each meets the nearest of the other sex that is still free (as brackets close), at most some years away. Another one in
the line may change who marries whom near it, never whether anybody looks, nor any draw.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.chance import Purpose, draw_words
from agents.codes import Sex
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground

WISH = 2
"""The word of a person's yearly draw that holds the wished age; only the married have another use for it."""
AGE_BITS = 32
AREA_BITS = 42


def wished_places(p: Columns, rows: Bounds, rules: Any, ground: Ground) -> Bounds:
    """Return where in the line of ages everybody stands who looks for a partner [1/2^32 years]."""
    drawn = np.empty((4, len(rows)), np.uint32)
    draw_words(ground.seed, int64(Purpose.FAMILY_LIFE), ground.year, p.key[rows], drawn)
    ages = p.age[rows] - int64(rules.husband_older) * (p.sex[rows] == Sex.MALE)
    return np.asarray((ages << AGE_BITS) + drawn[WISH] * int64(rules.age_gap_spread))


@inlined
def is_parent(p: Columns, child: int, parent: int) -> bool:
    """Say whether `parent` is the mother or father of `child` (rows of the people table)."""
    return bool(p.mother[child] == parent or p.father[child] == parent)


@inlined
def share_parent(p: Columns, a: int, b: int) -> bool:
    """Say whether two people have a mother or a father in common."""
    mother = p.mother[a] >= 0 and p.mother[a] == p.mother[b]
    return bool(mother or (p.father[a] >= 0 and p.father[a] == p.father[b]))


@inlined
def near_kin(p: Columns, a: int, b: int) -> bool:
    """Say whether two people share a home or a living parent, or one is the other's parent."""
    kin = share_parent(p, a, b) or is_parent(p, a, b) or is_parent(p, b, a)
    return bool(kin or p.household[a] == p.household[b])


@compiled
def meet(
    p: Columns, rows: Bounds, order: Bounds, areas: Bounds, places: Bounds, most: int, stack: Bounds, partner: Bounds
) -> None:
    """Let those in line find partners in their area: `partner` receives places in the line, both ways."""
    top = int64(0)
    area = int64(-1)
    for k in order:
        if partner[k] >= 0:
            continue
        if areas[k] != area:
            area = areas[k]
            top = int64(0)
        if top > 0 and places[k] - places[stack[top - 1]] > most:
            top = int64(0)
        if top > 0 and p.sex[rows[k]] != p.sex[rows[stack[top - 1]]]:
            top -= 1
            other = stack[top]
            if not near_kin(p, rows[k], rows[other]):
                partner[k] = other
                partner[other] = k
        else:
            stack[top] = k
            top += 1


def in_order(keys: Bounds) -> Bounds:
    """Return the places of numbers in ascending order, equal ones as they come: quicker where none are equal."""
    order = np.argsort(keys)
    ascending = keys[order]
    return np.argsort(keys, kind="stable") if (ascending[1:] == ascending[:-1]).any() else order


def couples(p: Columns, rows: Bounds, province: NDArray[np.int64], law: Any, ground: Ground) -> tuple[Bounds, Bounds]:
    """Return the rows of this year's husbands and wives, among those who look for a partner."""
    rules = law.family
    places, partner = wished_places(p, rows, rules, ground), np.full_like(rows, -1)
    most = int(rules.most_age_gap) << AGE_BITS
    pool = p.home[rows].astype(np.int64)
    for areas in (pool, province[pool], np.zeros_like(pool)):
        free = np.flatnonzero(partner < 0)
        order = free[in_order((areas[free] << AREA_BITS) + places[free])]
        meet(p, rows, order, areas, places, most, np.empty_like(rows), partner)
    men = np.flatnonzero((partner >= 0) & (p.sex[rows] == Sex.MALE))
    return rows[men], rows[partner[men]]
