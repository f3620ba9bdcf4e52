"""Who may draw on whose account: holders with a registered link, their kin at home and elsewhere, and the ring of each.

Kin are found from three pointers (spouse, mother, father). Children are not pointed to, so every holder, and every
parent of one, is put on a list of its mother and of its father: the lists lead from anybody to the children,
grandchildren and siblings who hold an account.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from agents.chance import Purpose, draw_words, unit
from agents.codes import Kin
from agents.columns import Array
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Ground, Room, Take, new_array
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
    PARENT_OF_HOLDER = 1 << 6


class Kinship(NamedTuple):
    """Room for a year's search of kin [person]."""

    marks: Array
    """Bits of `Mark`; one more at the end, none, for nobody (row -1)."""
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


def new_kinship(people: int, take: Take = new_array) -> Kinship:
    """Return room to search the kin of a number of people."""
    types = {"marks": np.uint8, "turn": np.uint32}
    kin = Kinship(*(take(types.get(name, np.int32), people + 1) for name in Kinship._fields))
    kin.marks[people] = 0
    return kin


def sizes_of(users: int) -> dict[str, int]:
    """Return how long the columns of links are that users have, not links."""
    return {"row": users, "first": users + 1, "rings": users, "askers": users, "claims": users}


def new_links(users: int, links: int, take: Take = new_array) -> Links:
    """Return room for links; nothing is asked or paid yet."""
    sizes = sizes_of(users)
    return Links(*(take(LINK_TYPES.get(name, np.int32), sizes.get(name, links)) for name in Links._fields))


def of_size(links: Links, users: int, found: int) -> Links:
    """Return a table of some users and the links found in the room for more."""
    sizes = sizes_of(users)
    return Links(*(getattr(links, name)[: sizes.get(name, found)] for name in Links._fields))


@compiled
def open_accounts(p: Columns, first: int, last: int, laws: Any, ground: Ground, kin: Kinship, room: Room) -> None:
    """Mark the holders with money and a registered link, and whether it uses the wallet and may pay premiums."""
    law = laws[0].accounts
    for start in range(first, last, room.row.size):
        end = min(start + room.row.size, last)
        wanted = int64(0)
        for i in range(start, end):
            kin.child[i] = -1
            kin.queue[i] = -1
            kin.marks[i] = 0
            room.row[wanted] = i
            room.key[wanted] = p.key[i]
            wanted += int64(p.account[i] > law.reserve)
        draw_words(ground.seed, int64(Purpose.ACCOUNT), 0, room.key[:wanted], room.words)
        for at in range(wanted):
            if unit(room.words[0, at]) < law.registered_share:
                i = int64(room.row[at])
                marks = int64(Mark.HOLDER)
                if unit(room.words[1, at]) < law.wallet_share:
                    marks |= int64(Mark.WALLET)
                if unit(room.words[2, at]) < law.premium_area_share:
                    marks |= int64(Mark.PREMIUM)
                kin.marks[i] = marks
                kin.turn[i] = room.words[0, at]


@compiled
def forget_premiums(p: Columns, first: int, last: int, laws: Any, ground: Ground, need: Any, room: Room) -> None:
    """Forget the premiums of those whose families do not use accounts for them: a draw of the insured, for ever."""
    law = laws[0].accounts
    for start in range(first, last, room.row.size):
        end = min(start + room.row.size, last)
        wanted = int64(0)
        for i in range(start, end):
            room.row[wanted] = i
            room.key[wanted] = p.key[i]
            wanted += int64(need[0, i] > 0)
        draw_words(ground.seed, int64(Purpose.ACCOUNT), 0, room.key[:wanted], room.words)
        for at in range(wanted):
            if unit(room.words[3, at]) >= law.premium_use_share:
                need[0, room.row[at]] = 0


@compiled
def close_empty(p: Columns, first: int, last: int, laws: Any, kin: Kinship) -> None:
    """Take the marks of holders from those whose money is gone: nobody need look at their accounts."""
    for i in range(first, last):
        spent = int64(p.account[i] <= laws[0].accounts.reserve)
        kin.marks[i] = int64(kin.marks[i]) & ~(spent * int64(Mark.HOLDER))


@inlined
def _list(p: Columns, i: int, kin: Kinship) -> None:
    """Put a person on the lists of the mother and of the father, once."""
    marks = int64(kin.marks[i])
    if marks & int64(Mark.LISTED) == 0:
        kin.marks[i] = marks | int64(Mark.LISTED)
        telling = int64(Mark.LISTS_CHILDREN) | int64(marks & int64(Mark.HOLDER) > 0) * int64(Mark.PARENT_OF_HOLDER)
        mother = int64(p.mother[i])
        if mother >= 0:
            kin.by_mother[i] = kin.child[mother]
            kin.child[mother] = i
            kin.marks[mother] = int64(kin.marks[mother]) | telling
        father = int64(p.father[i])
        if father >= 0:
            kin.by_father[i] = kin.child[father]
            kin.child[father] = i
            kin.marks[father] = int64(kin.marks[father]) | telling


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
        parents = int64(kin.marks[p.mother[i]]) | int64(kin.marks[p.father[i]])
        child = int64(parents & int64(Mark.HOLDER) > 0) * int64(Mark.CHILD_OF_HOLDER)
        kin.marks[i] = int64(kin.marks[i]) | child


@inlined
def _marks(kin: Kinship, i: int) -> int:
    """Return a person's marks, none for nobody."""
    return int64(kin.marks[i])


@inlined
def _candidates(p: Columns, first: int, last: int, need: Any, near: int, kin: Kinship, links: Links) -> int:
    """Write who needs and has kin with an account by what marks tell; return how many."""
    telling = int64(Mark.HOLDER)
    children = int64(Mark.PARENT_OF_HOLDER)
    if near:
        telling |= int64(Mark.PARENT_OF_HOLDER) | int64(Mark.CHILD_OF_HOLDER)
        children |= int64(Mark.LISTS_CHILDREN)
    asking = int64(0)
    for i in range(first, last):
        links.askers[asking] = i
        asking += int64(int64(need[0, i]) | int64(need[1, i]) > 0)
    candidates = int64(0)
    for at in range(asking):
        i = int64(links.askers[at])
        hints = (int64(kin.marks[p.mother[i]]) | int64(kin.marks[p.father[i]])) & telling
        hints |= int64(kin.marks[p.spouse[i]]) & int64(Mark.HOLDER)
        hints |= int64(kin.marks[i]) & children
        links.askers[candidates] = i
        candidates += int64(hints > 0)
    return candidates


@compiled
def find_links(
    p: Columns,
    first: int,
    last: int,
    need: Any,
    laws: Any,
    ground: Ground,
    kin: Kinship,
    links: Links,
) -> tuple[int, int]:
    """Write the links of all who need in a range of rows; return users and links, -1 where there is no room."""
    law = laws[0].accounts
    near = law.scope == NEAR_RELATIVES
    rule = int64(CoUse.NEAR_RELATIVES) if near else int64(CoUse.FAMILY)
    candidates = _candidates(p, first, last, need, near, kin, links)
    users = int64(0)
    found = int64(0)
    for at in range(candidates):
        i = int64(links.askers[at])
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
def _add(holder: int, kind: int, found: int, kin: Kinship, links: Links) -> int:
    """Note a relative; only one who holds an account is kept. Return how many there are now, room or not."""
    at = min(found, links.holder.size - 1)
    links.holder[at] = holder
    links.ring[at] = kind
    return found + int64(_marks(kin, holder) & int64(Mark.HOLDER) > 0)


@inlined
def _next(p: Columns, parent: int, child: int, kin: Kinship) -> int:
    """Return the next on a parent's list of children, or -1."""
    return int64(kin.by_mother[child]) if p.mother[child] == parent else int64(kin.by_father[child])


@inlined
def _family(p: Columns, i: int, found: int, kin: Kinship, links: Links) -> int:
    """Note the user's spouse, parents and children with an account; the kind is what the user is to the holder."""
    found = _add(int64(p.spouse[i]), int64(Kin.SPOUSE), found, kin, links)
    found = _add(int64(p.mother[i]), int64(Kin.CHILD), found, kin, links)
    found = _add(int64(p.father[i]), int64(Kin.CHILD), found, kin, links)
    if int64(kin.marks[i]) & int64(Mark.PARENT_OF_HOLDER) > 0:
        child = int64(kin.child[i])
        while child >= 0:
            found = _add(child, int64(Kin.PARENT), found, kin, links)
            child = _next(p, i, child, kin)
    return found


@inlined
def _near_relatives(p: Columns, i: int, found: int, kin: Kinship, links: Links) -> int:
    """Note the user's grandchildren, siblings and grandparents with an account."""
    child = int64(kin.child[i]) if int64(kin.marks[i]) & int64(Mark.LISTS_CHILDREN) > 0 else int64(-1)
    while child >= 0:
        grandchild = int64(kin.child[child])
        while grandchild >= 0:
            found = _add(grandchild, int64(Kin.GRANDPARENT), found, kin, links)
            grandchild = _next(p, child, grandchild, kin)
        child = _next(p, i, child, kin)
    mother = int64(p.mother[i])
    for parent in (mother, int64(p.father[i])):
        marks = _marks(kin, parent)
        if marks & int64(Mark.PARENT_OF_HOLDER) > 0:
            sibling = int64(kin.child[parent])
            while sibling >= 0:
                again = parent != mother and mother >= 0 and p.mother[sibling] == mother
                if sibling != i and not again:
                    found = _add(sibling, int64(Kin.SIBLING), found, kin, links)
                sibling = _next(p, parent, sibling, kin)
        if marks & int64(Mark.CHILD_OF_HOLDER) > 0:
            for elder in (int64(p.mother[parent]), int64(p.father[parent])):
                found = _add(elder, int64(Kin.GRANDCHILD), found, kin, links)
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
