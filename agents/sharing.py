"""Whose account pays: kinship between two people, read from the three pointers to spouse, mother and father."""

from __future__ import annotations

from agents.codes import Kin
from agents.compiled import inlined, int64
from agents.person import Columns


@inlined
def is_parent(p: Columns, child: int, parent: int) -> bool:
    """Say whether `parent` is the mother or father of `child` (rows of the people table)."""
    return bool(p.mother[child] == parent or p.father[child] == parent)


@inlined
def share_parent(p: Columns, a: int, b: int) -> bool:
    """Say whether two people have a living parent in common."""
    mother = p.mother[a] >= 0 and p.mother[a] == p.mother[b]
    return bool(mother or (p.father[a] >= 0 and p.father[a] == p.father[b]))


@inlined
def is_grandparent(p: Columns, child: int, elder: int) -> bool:
    """Say whether `elder` is a grandparent of `child`."""
    mother = int64(p.mother[child])
    father = int64(p.father[child])
    return (mother >= 0 and is_parent(p, mother, elder)) or (father >= 0 and is_parent(p, father, elder))


@inlined
def kin_of(p: Columns, holder: int, user: int) -> int:
    """Return what the user is to the holder of an account (a Kin code)."""
    if holder == user:
        return Kin.SELF
    if p.spouse[holder] == user:
        return Kin.SPOUSE
    if is_parent(p, holder, user):
        return Kin.PARENT
    if is_parent(p, user, holder):
        return Kin.CHILD
    if share_parent(p, holder, user):
        return Kin.SIBLING
    if is_grandparent(p, holder, user):
        return Kin.GRANDPARENT
    if is_grandparent(p, user, holder):
        return Kin.GRANDCHILD
    spouse = int64(p.spouse[holder])
    if spouse >= 0 and is_parent(p, spouse, user):
        return Kin.SPOUSE_PARENT
    return Kin.OTHER
