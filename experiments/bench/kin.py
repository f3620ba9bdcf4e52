"""Kinship between two agents, read from their references to spouse, mother and father."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.bench.words import (
    GRANDCHILD,
    GRANDPARENT,
    OTHER_KIN,
    OWN_CHILD,
    PARENT,
    SELF,
    SIBLING,
    SPOUSE,
    SPOUSE_PARENT,
)

if TYPE_CHECKING:
    from experiments.bench.person import Person


def is_parent(child: Person, parent: Person) -> bool:
    """Say whether `parent` is the mother or father of `child`."""
    return child.mother is parent or child.father is parent


def share_parent(a: Person, b: Person) -> bool:
    """Say whether two people have a living parent in common."""
    return (a.mother is not None and a.mother is b.mother) or (a.father is not None and a.father is b.father)


def is_grandparent(child: Person, elder: Person) -> bool:
    """Say whether `elder` is a grandparent of `child`."""
    return any(parent is not None and is_parent(parent, elder) for parent in (child.mother, child.father))


def kin_of(holder: Person, user: Person) -> int:
    """Return what the user is to the holder of an account (a Kin code)."""
    if holder is user:
        return SELF
    if holder.spouse is user:
        return SPOUSE
    if is_parent(holder, user):
        return PARENT
    if is_parent(user, holder):
        return OWN_CHILD
    if share_parent(holder, user):
        return SIBLING
    if is_grandparent(holder, user):
        return GRANDPARENT
    if is_grandparent(user, holder):
        return GRANDCHILD
    if holder.spouse is not None and is_parent(holder.spouse, user):
        return SPOUSE_PARENT
    return OTHER_KIN
