"""Whose account pays: kinship between two people, read from the three pointers to spouse, mother and father."""

from __future__ import annotations

import numpy as np

from agents.codes import Kin
from agents.compiled import inlined


@inlined
def is_parent(p, child, parent) -> bool:
    """Say whether `parent` is the mother or father of `child` (rows of the people table)."""
    return p.mother[child] == parent or p.father[child] == parent


@inlined
def share_parent(p, a, b) -> bool:
    """Say whether two people have a living parent in common."""
    mother = p.mother[a] >= 0 and p.mother[a] == p.mother[b]
    return mother or (p.father[a] >= 0 and p.father[a] == p.father[b])


@inlined
def is_grandparent(p, child, elder) -> bool:
    """Say whether `elder` is a grandparent of `child`."""
    mother = np.int64(p.mother[child])
    father = np.int64(p.father[child])
    return (mother >= 0 and is_parent(p, mother, elder)) or (father >= 0 and is_parent(p, father, elder))


@inlined
def kin_of(p, holder, user) -> int:
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
    spouse = np.int64(p.spouse[holder])
    if spouse >= 0 and is_parent(p, spouse, user):
        return Kin.SPOUSE_PARENT
    return Kin.OTHER
