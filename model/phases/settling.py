"""Settle movers: newly-weds, those who part, go away, set up a home or come back, and the family that follows them.

What becomes of a person depends on its own plans, its partner's and its parents', never on who is settled first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.chance import Purpose, uniform
from agents.columns import Array
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground, Take
from model.phases.moving import (
    AWAY,
    FAMILY,
    GOES,
    LEAVES,
    PARTS,
    PLAN,
    RETURNS,
    SETS_UP,
    couple_key,
    destination,
    lives,
    settle,
    with_parent,
)

BITS = 255


class Movers(NamedTuple):
    """Who changes the home this year; rows are those before renewing."""

    joins: Array
    """Rows of people who move into a home that exists."""
    joined: Array
    """The home each of them joins."""
    leaders: Array
    """Key of the person each of them comes with."""
    rows: Array
    """Rows of people who move into a home founded this year, home after home."""
    starts: Array
    """Where in `rows` each new home starts."""
    pools: Array
    """Pool of each new home."""
    held: Array
    """How many joins, rows and new homes there are."""


def new_movers(people: int, take: Take) -> Movers:
    """Return empty lists with room for everybody, in arrays that are taken from the shelf."""
    joins, joined, rows, starts, pools = (take(np.int64, people + 1, "movers") for _ in range(5))
    return Movers(joins, joined, take(np.uint64, people + 1, "movers"), rows, starts, pools, np.zeros(3, np.int64))


@inlined
def _found(movers: Movers, pool: int) -> None:
    """Begin a new home in a pool; those who are led to no home (-1) go there."""
    movers.starts[movers.held[2]] = movers.held[1]
    movers.pools[movers.held[2]] = pool
    movers.held[2] += 1


@inlined
def _add(
    p: Columns, i: int, leader: Any, home: int, pool: int, urban: int, fate: Any, movers: Movers, moved: Any
) -> None:
    """Move one person to a home that exists, or to the new home begun last."""
    fate[i] = int64(fate[i]) | LEAVES
    settle(p, i, pool, urban, moved)
    if home >= 0:
        at = movers.held[0]
        movers.joins[at] = i
        movers.joined[at] = home
        movers.leaders[at] = leader
        movers.held[0] += 1
    else:
        movers.rows[movers.held[1]] = i
        movers.held[1] += 1


@inlined
def _follows(p: Columns, j: int, leader: int, spouse: int, law: Any, fate: Any) -> bool:
    """Say whether a child at home goes along with its mother, or its father where no mother is at home.

    Whoever has a plan of its own or marries does not.
    """
    if int64(fate[j]) & (AWAY | PLAN | FAMILY) != 0 or p.age[j] >= law.family.grown_age:
        return False
    parent = int64(p.mother[j])
    if not lives(p, parent) or p.household[parent] != p.household[j]:
        parent = int64(p.father[j])
    return bool(parent >= 0 and (parent == leader) | (parent == spouse))


@compiled
def lead(
    p: Columns,
    bounds: Bounds,
    i: int,
    home: int,
    pool: int,
    urban: int,
    law: Any,
    fate: Any,
    movers: Movers,
    moved: Any,
) -> None:
    """Move a person, and the family that follows, to a home that exists or (-1) the new home begun last."""
    own = int64(p.household[i])
    first = bounds[own]
    last = bounds[own + 1]
    leader = p.key[i]
    spouse = int64(-1)
    _add(p, i, leader, home, pool, urban, fate, movers, moved)
    if int64(fate[i]) & FAMILY == 0:
        return
    beside = int64(p.spouse[i])
    if first <= beside < last and int64(fate[beside]) & (AWAY | PLAN) == 0:
        spouse = beside
    for j in range(first, last):
        if j != i and (j == spouse or _follows(p, j, i, spouse, law, fate)):
            _add(p, j, leader, home, pool, urban, fate, movers, moved)


@compiled
def wed(
    p: Columns,
    bounds: Bounds,
    husbands: Bounds,
    wives: Bounds,
    law: Any,
    ground: Ground,
    fate: Any,
    movers: Movers,
    moved: Any,
) -> None:
    """Marry couples: they live in a home either has apart from parents (his first), a new one, or with his parents."""
    for k in range(husbands.size):
        for i in (husbands[k], wives[k]):
            fate[i] = (int64(fate[i]) & (BITS - PLAN)) | FAMILY
    for k in range(husbands.size):
        he = husbands[k]
        she = wives[k]
        p.spouse[he] = she
        p.spouse[she] = he
        pool = int64(p.home[he])
        urban = int64(p.urban[he])
        if with_parent(p, he) and p.home[she] == pool and not with_parent(p, she):
            lead(p, bounds, he, int64(p.household[she]), pool, int64(p.urban[she]), law, fate, movers, moved)
            continue
        u = uniform(ground.seed, int64(Purpose.COUPLE), ground.year, couple_key(p.key[she], p.key[he]))
        if with_parent(p, he) and u < law.family.found_home_share:
            _found(movers, pool)
            lead(p, bounds, he, int64(-1), pool, urban, law, fate, movers, moved)
            lead(p, bounds, she, int64(-1), pool, urban, law, fate, movers, moved)
        else:
            lead(p, bounds, she, int64(p.household[he]), pool, urban, law, fate, movers, moved)


@compiled
def depart(
    p: Columns, bounds: Bounds, plans: Bounds, law: Any, ground: Ground, fate: Any, movers: Movers, moved: Any
) -> None:
    """Let couples part (he leaves a home they share), people go away, grown children set up homes, migrants return."""
    for i in plans:
        if int64(fate[i]) & PARTS != 0 and _moves_out(p, i, fate):
            fate[p.spouse[i]] = int64(fate[p.spouse[i]]) | FAMILY
    for i in plans:
        if int64(fate[i]) & PARTS != 0:
            he = int64(p.spouse[i])
            leaves = _moves_out(p, i, fate)
            p.spouse[i] = -1
            p.spouse[he] = -1
            if leaves:
                _new_home(p, bounds, he, int64(p.home[he]), int64(p.urban[he]), law, fate, movers, moved)
    for i in plans:
        plan = int64(fate[i]) & PLAN
        home = int64(p.home[i])
        if plan == GOES:
            pool = destination(ground, home, uniform(ground.seed, int64(Purpose.DESTINATION), ground.year, p.key[i]))
            _new_home(p, bounds, i, pool, int64(1), law, fate, movers, moved)
        elif plan == SETS_UP:
            _new_home(p, bounds, i, home, int64(p.urban[i]), law, fate, movers, moved)
    for i in plans:
        if int64(fate[i]) & PLAN == RETURNS:
            pool = int64(p.hukou[i])
            kin = _host(p, i, fate)
            if kin >= 0:
                home = int64(p.household[kin])
                lead(p, bounds, i, home, pool, int64(p.urban[kin]), law, fate, movers, moved)
            else:
                _new_home(p, bounds, i, pool, int64(p.hukou_kind[i]), law, fate, movers, moved)


@inlined
def _moves_out(p: Columns, wife: int, fate: Any) -> bool:
    """Say whether a husband who parts leaves: they share a home, he has no plan of his own and follows no parent."""
    he = int64(p.spouse[wife])
    return bool((p.household[he] == p.household[wife]) & (int64(fate[he]) & (LEAVES | PLAN) == 0))


@inlined
def _new_home(
    p: Columns, bounds: Bounds, i: int, pool: int, urban: int, law: Any, fate: Any, movers: Movers, moved: Any
) -> None:
    """Let a person and the family that follows found a home."""
    _found(movers, pool)
    lead(p, bounds, i, int64(-1), pool, urban, law, fate, movers, moved)


@inlined
def _host(p: Columns, i: int, fate: Any) -> int:
    """Return the spouse, else mother, else father with whom somebody who returns will live, or -1."""
    kin = int64(p.spouse[i])
    if lives(p, kin) and p.home[kin] == p.hukou[i] and int64(fate[kin]) & (AWAY | PLAN) == 0:
        return kin
    for parent in (int64(p.mother[i]), int64(p.father[i])):
        there = lives(p, parent) and p.home[parent] == p.hukou[i] and p.hukou[parent] == p.home[parent]
        if there and int64(fate[parent]) & AWAY == 0:
            return parent
    return int64(-1)
