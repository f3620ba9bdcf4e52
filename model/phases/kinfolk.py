"""Who may draw on whose account: holders with a registered link, their kin at home and elsewhere, and the ring of each.

Kin are found from three pointers (spouse, mother, father). Children are not pointed to, so every holder, and every
parent of one, is put on a list of its mother and of its father: the lists lead from anybody to the children,
grandchildren and siblings who hold an account.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from agents.chance import Purpose, unit, words
from agents.codes import Kin, Scheme
from agents.columns import Array
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Ground
from model.rules.codes import CoUse, Use
from model.rules.sharing import area_between, may_share, ring_of

NEAR_RELATIVES = 2


class Mark(IntEnum):
    """What is known of a person while links are sought; bits of one number."""

    HOLDER = 1 << 0
    WALLET = 1 << 1
    PREMIUM = 1 << 2
    LISTED = 1 << 3
    LISTS_CHILDREN = 1 << 4
    CHILD_OF_HOLDER = 1 << 5


class Kinship(NamedTuple):
    """Room for a year's search of kin [person]."""

    marks: Array
    """Bits of `Mark`."""
    turn: Array
    """Draw by which a holder's link is registered: the lower, the earlier."""
    child: Array
    """First on the list of children, -1 none."""
    by_mother: Array
    """Next on the mother's list."""
    by_father: Array
    """Next on the father's list."""
    queue: Array
    """First link that asks this holder in a pass, -1 none."""


class Links(NamedTuple):
    """Who may draw on whose account this year: users, and for each a row of links to holders."""

    row: Array
    """[user] row of the person."""
    first: Array
    """[user] first link; one more at the end."""
    rings: Array
    """[user] bits of the rings in which there is a link."""
    askers: Array
    """[user] places of the users who ask in a pass."""
    claims: Array
    """[user] the links by which they ask."""
    holder: Array
    """[link] row of the holder."""
    user: Array
    """[link] row of the user."""
    ring: Array
    """[link] ring."""
    asked: Array
    """[link] what the holder is asked for, -1 where not asked yet [fen]."""
    out: Array
    """[link] paid for outpatient care, or for the premium [fen]."""
    inside: Array
    """[link] paid for inpatient care [fen]."""
    after: Array
    """[link] next link that asks the same holder in a pass, by the users' keys."""


LINK_TYPES = {"first": np.int64, "rings": np.uint8, "ring": np.uint8}


def new_kinship(people: int) -> Kinship:
    """Return room to search the kin of a number of people."""
    types = {"marks": np.uint8, "turn": np.uint32}
    return Kinship(*(np.empty(people, types.get(name, np.int32)) for name in Kinship._fields))


def new_links(users: int, links: int) -> Links:
    """Return room for links; nothing is asked or paid yet."""
    sizes = {"row": users, "first": users + 1, "rings": users, "askers": users, "claims": users}
    return Links(*(np.empty(sizes.get(name, links), LINK_TYPES.get(name, np.int32)) for name in Links._fields))


@compiled
def open_accounts(p: Columns, first: int, last: int, laws: Any, ground: Ground, kin: Kinship) -> None:
    """Mark the holders with money and a registered link, and whether it uses the wallet and may pay premiums."""
    law = laws[0].accounts
    for i in range(first, last):
        kin.child[i] = -1
        kin.queue[i] = -1
        marks = int64(0)
        if p.account[i] > law.reserve:
            a, b, c, _ = words(ground.seed, int64(Purpose.ACCOUNT), 0, p.key[i])
            if unit(a) < law.registered_share:
                marks = int64(Mark.HOLDER)
                if unit(b) < law.wallet_share:
                    marks |= int64(Mark.WALLET)
                if unit(c) < law.premium_area_share:
                    marks |= int64(Mark.PREMIUM)
                kin.turn[i] = a
        kin.marks[i] = marks


@inlined
def _list(p: Columns, i: int, kin: Kinship) -> None:
    """Put a person on the lists of the mother and of the father, once."""
    marks = int64(kin.marks[i])
    if marks & int64(Mark.LISTED) == 0:
        kin.marks[i] = marks | int64(Mark.LISTED)
        mother = int64(p.mother[i])
        if mother >= 0:
            kin.by_mother[i] = kin.child[mother]
            kin.child[mother] = i
            kin.marks[mother] = int64(kin.marks[mother]) | int64(Mark.LISTS_CHILDREN)
        father = int64(p.father[i])
        if father >= 0:
            kin.by_father[i] = kin.child[father]
            kin.child[father] = i
            kin.marks[father] = int64(kin.marks[father]) | int64(Mark.LISTS_CHILDREN)


@compiled
def list_children(p: Columns, kin: Kinship) -> None:
    """List the holders, and the parents of holders, with their own mothers and fathers."""
    for i in range(p.key.size):
        if int64(kin.marks[i]) & int64(Mark.HOLDER) > 0:
            _list(p, i, kin)
            mother = int64(p.mother[i])
            if mother >= 0:
                _list(p, mother, kin)
            father = int64(p.father[i])
            if father >= 0:
                _list(p, father, kin)


@compiled
def mark_children(p: Columns, first: int, last: int, kin: Kinship) -> None:
    """Mark the children of holders: their children have a grandparent with an account."""
    for i in range(first, last):
        if (_marks(kin, int64(p.mother[i])) | _marks(kin, int64(p.father[i]))) & int64(Mark.HOLDER) > 0:
            kin.marks[i] = int64(kin.marks[i]) | int64(Mark.CHILD_OF_HOLDER)


@inlined
def _marks(kin: Kinship, i: int) -> int:
    """Return a person's marks, none for nobody."""
    return int64(kin.marks[i]) if i >= 0 else int64(0)


@compiled
def find_links(
    p: Columns, first: int, last: int, laws: Any, ground: Ground, kin: Kinship, links: Links
) -> tuple[int, int]:
    """Write the links of all insured users in a range of rows; return users and links, -1 where there is no room."""
    law = laws[0].accounts
    near = law.scope == NEAR_RELATIVES
    rule = int64(CoUse.NEAR_RELATIVES) if near else int64(CoUse.FAMILY)
    telling = int64(Mark.HOLDER) | int64(Mark.LISTS_CHILDREN) | int64(Mark.CHILD_OF_HOLDER)
    users = int64(0)
    found = int64(0)
    for i in range(first, last):
        if p.scheme[i] == Scheme.NONE:
            continue
        hints = (_marks(kin, int64(p.mother[i])) | _marks(kin, int64(p.father[i]))) & telling
        hints |= _marks(kin, int64(p.spouse[i])) & int64(Mark.HOLDER)
        hints |= int64(kin.marks[i]) & int64(Mark.LISTS_CHILDREN)
        if hints == 0:
            continue
        end = _family(p, i, found, kin, links)
        if near:
            end = _near_relatives(p, i, end, kin, links)
        if end > links.holder.size:
            return int64(-1), int64(-1)
        start = found
        found, rings = _lawful(p, i, start, end, rule, law, ground, kin, links)
        if found > start:
            links.row[users] = i
            links.first[users] = start
            links.rings[users] = rings
            users += 1
    links.first[users] = found
    return users, found


@inlined
def _add(holder: int, kind: int, marks: int, found: int, links: Links) -> int:
    """Note a relative who holds an account, where there is room; return how many there are now."""
    if marks & int64(Mark.HOLDER) == 0:
        return found
    if found < links.holder.size:
        links.holder[found] = holder
        links.ring[found] = kind
    return found + 1


@inlined
def _next(p: Columns, parent: int, child: int, kin: Kinship) -> int:
    """Return the next on a parent's list of children, or -1."""
    return int64(kin.by_mother[child]) if p.mother[child] == parent else int64(kin.by_father[child])


@inlined
def _family(p: Columns, i: int, found: int, kin: Kinship, links: Links) -> int:
    """Note the user's spouse, parents and children with an account; the kind is what the user is to the holder."""
    for relative, kind in (
        (int64(p.spouse[i]), int64(Kin.SPOUSE)),
        (int64(p.mother[i]), int64(Kin.CHILD)),
        (int64(p.father[i]), int64(Kin.CHILD)),
    ):
        found = _add(relative, kind, _marks(kin, relative), found, links)
    child = int64(kin.child[i])
    while child >= 0:
        found = _add(child, int64(Kin.PARENT), int64(kin.marks[child]), found, links)
        child = _next(p, i, child, kin)
    return found


@inlined
def _near_relatives(p: Columns, i: int, found: int, kin: Kinship, links: Links) -> int:
    """Note the user's grandchildren, siblings and grandparents with an account."""
    child = int64(kin.child[i])
    while child >= 0:
        grandchild = int64(kin.child[child])
        while grandchild >= 0:
            found = _add(grandchild, int64(Kin.GRANDPARENT), int64(kin.marks[grandchild]), found, links)
            grandchild = _next(p, child, grandchild, kin)
        child = _next(p, i, child, kin)
    mother = int64(p.mother[i])
    for parent in (mother, int64(p.father[i])):
        marks = _marks(kin, parent)
        if marks & int64(Mark.LISTS_CHILDREN) > 0:
            sibling = int64(kin.child[parent])
            while sibling >= 0:
                again = parent != mother and mother >= 0 and p.mother[sibling] == mother
                if sibling != i and not again:
                    found = _add(sibling, int64(Kin.SIBLING), int64(kin.marks[sibling]), found, links)
                sibling = _next(p, parent, sibling, kin)
        if marks & int64(Mark.CHILD_OF_HOLDER) > 0:
            for elder in (int64(p.mother[parent]), int64(p.father[parent])):
                found = _add(elder, int64(Kin.GRANDCHILD), _marks(kin, elder), found, links)
    return found


@inlined
def _lawful(
    p: Columns, i: int, start: int, end: int, rule: int, law: Any, ground: Ground, kin: Kinship, links: Links
) -> tuple[int, int]:
    """Keep the links that the law allows and write their rings; return the end of the list and the bits of rings."""
    kept = start
    rings = int64(0)
    here = int64(p.insured[i])
    for n in range(start, end):
        holder = int64(links.holder[n])
        kind = int64(links.ring[n])
        there = int64(p.insured[holder])
        area = area_between(there, here, int64(ground.province[there]), int64(ground.province[here]))
        wallet = int64(int64(kin.marks[holder]) & int64(Mark.WALLET) > 0)
        if may_share(rule, kind, 1, int64(p.scheme[i]), 1, int64(Use.CARE), area, law.area, wallet) == 0:
            continue
        ring = ring_of(kind, area, int64(p.household[holder] != p.household[i]))
        links.holder[kept] = holder
        links.user[kept] = i
        links.ring[kept] = ring
        rings |= int64(1) << int64(ring)
        kept += 1
    return kept, rings
