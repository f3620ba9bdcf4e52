"""Who holds an account with a registered link, and what their kin know of it before anybody asks.

Kin are found from three pointers (spouse, mother, father). Children are not pointed to, so holders write themselves on
a list of each parent and grandparent; a parent's list leads to siblings.
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
from model.phases.ground import Bounds, Ground, Room, Take, new_array

MOST_ELDERS = 6
"""Parents and grandparents that a person has at most."""


class Mark(IntEnum):
    """What is known of a person while links are sought; bits of one number."""

    HOLDER = 1 << 0
    SPOUSE_HOLDS = 1 << 1
    MOTHER_HOLDS = 1 << 2
    FATHER_HOLDS = 1 << 3
    CHILD_HOLDS = 1 << 4
    GRANDCHILD_HOLDS = 1 << 5
    SIBLING_HOLDS = 1 << 6
    CHILDREN_HOLD = 1 << 7
    """More than one child holds an account."""


LISTED = int(Mark.CHILD_HOLDS | Mark.GRANDCHILD_HOLDS)
"""Marks of those who have a list."""


class Opened(IntEnum):
    """What a holder's account is good for; bits of one number."""

    MONEY = 1 << 0
    """Holds more than the reserve."""
    WALLET = 1 << 1
    PREMIUM = 1 << 2


class Kinship(NamedTuple):
    """What kin know of holders [person], and the lists on which these stand [entry]."""

    marks: Array
    """[person] bits of `Mark`; one more at the end, none, for nobody (row -1)."""
    place: Array
    """[person] a holder's place among the holders; one more at the end."""
    last: Array
    """[person] last entry on the list of children and grandchildren who hold an account, if marks tell of any."""
    elder: Array
    """[entry] row of the person whose list it is on."""
    younger: Array
    """[entry] place of the child or grandchild among the holders."""
    kind: Array
    """[entry] what the elder is to it (`Kin`)."""
    before: Array
    """[entry] the entry before it on the list, -1 none."""


class Holders(NamedTuple):
    """Who has an account with a registered link, side by side: those of a range of rows from its first row on."""

    row: Array
    """Row of the person."""
    key: Array
    """Key of the person."""
    turn: Array
    """Draw by which the link is registered: the lower, the earlier."""
    opened: Array
    """Bits of `Opened`."""
    pool: Array
    """Pool of insurance."""
    home: Array
    """Home in which the person lives."""
    spare: Array
    """What the account holds above the reserve [fen]."""
    queue: Array
    """First link that asks in a pass, -1 none."""


HOLDER_TYPES = {"key": np.uint64, "turn": np.uint32, "opened": np.uint8, "pool": np.int16, "spare": np.int64}


def new_kinship(people: int, take: Take = new_array) -> Kinship:
    """Return room to search the kin of a number of people; lists get theirs once holders are known."""
    marks, place, last = take(np.uint8, people + 1), take(np.int32, people + 1), take(np.int32, people + 1)
    marks[people] = place[people] = 0
    nobody = np.empty(0, np.int32)
    return Kinship(marks, place, last, nobody, nobody, np.empty(0, np.uint8), nobody)


def with_lists(kin: Kinship, holders: int, take: Take = new_array) -> Kinship:
    """Return the kinship with room for the entries of a number of holders."""
    size = MOST_ELDERS * holders
    elder, younger, before = (take(np.int32, size, "kin") for _ in range(3))
    return kin._replace(elder=elder, younger=younger, kind=take(np.uint8, size, "kin"), before=before)


def new_holders(people: int, take: Take = new_array) -> Holders:
    """Return room for as many holders as there are people."""
    return Holders(*(take(HOLDER_TYPES.get(name, np.int32), people) for name in Holders._fields))


@compiled
def open_accounts(
    p: Columns, first: int, last: int, law: Any, ground: Ground, kin: Kinship, holders: Holders, room: Room
) -> int:
    """Mark and list the holders with money and a registered link, and whether it uses the wallet and pays premiums.

    Returns where the list, which begins at `first`, ends [row].
    """
    place = int64(first)
    for start in range(first, last, room.row.size):
        end = min(start + room.row.size, last)
        wanted = int64(0)
        for i in range(start, end):
            kin.marks[i] = 0
        for i in range(start, end):
            room.row[wanted] = i
            wanted += int64(p.account[i] > law.reserve)
        for at in range(wanted):
            room.key[at] = p.key[room.row[at]]
        draw_words(ground.seed, int64(Purpose.ACCOUNT), 0, room.key[:wanted], room.words)
        begin = place
        for at in range(wanted):
            holders.queue[place] = at
            place += int64(unit(room.words[0, at]) < law.registered_share)
        _enter(p, begin, place, law, kin, holders, room)
    return place


@inlined
def _enter(p: Columns, begin: int, end: int, law: Any, kin: Kinship, holders: Holders, room: Room) -> None:
    """Write down the holders of some places; their queues hold where in the room they are, then nobody."""
    for place in range(begin, end):
        at = int64(holders.queue[place])
        i = int64(room.row[at])
        wallet = int64(unit(room.words[1, at]) < law.wallet_share) * int64(Opened.WALLET)
        premium = int64(unit(room.words[2, at]) < law.premium_area_share) * int64(Opened.PREMIUM)
        kin.marks[i] = int64(Mark.HOLDER)
        kin.place[i] = place
        holders.row[place] = i
        holders.key[place] = room.key[at]
        holders.turn[place] = room.words[0, at]
        holders.opened[place] = int64(Opened.MONEY) | wallet | premium
        holders.pool[place] = p.insured[i]
        holders.home[place] = p.household[i]
        holders.spare[place] = int64(p.account[i]) - law.reserve
        holders.queue[place] = -1


@compiled
def look_into(p: Columns, first: int, last: int, law: Any, holders: Holders) -> None:
    """Note what the accounts of the holders of some places hold now; of who has nothing nobody need ask."""
    reserve = law.reserve
    for place in range(first, last):
        spare = int64(p.account[holders.row[place]]) - reserve
        holders.spare[place] = spare
        opened = int64(holders.opened[place]) | int64(Opened.MONEY)
        holders.opened[place] = opened - int64(spare <= 0) * int64(Opened.MONEY)


@inlined
def _put(kin: Kinship, n: int, elder: int, there: bool, kind: int, younger: int) -> int:
    """Write an entry for an elder, kept where the elder is there; return where the next one goes."""
    kin.elder[n] = elder
    kin.kind[n] = kind
    kin.younger[n] = younger
    return n + int64(there & (elder >= 0))


@compiled
def find_elders(p: Columns, first: int, last: int, kin: Kinship, holders: Holders, start: int) -> int:
    """Write entries for the elders of the holders of some places; return the end [row of entries]."""
    n = int64(start)
    for place in range(first, last):
        i = int64(holders.row[place])
        mother = int64(p.mother[i])
        father = int64(p.father[i])
        n = _put(kin, n, mother, True, int64(Kin.PARENT), place)
        n = _put(kin, n, father, True, int64(Kin.PARENT), place)
        for parent in (mother, father):
            row = max(parent, 0)
            n = _put(kin, n, int64(p.mother[row]), parent >= 0, int64(Kin.GRANDPARENT), place)
            n = _put(kin, n, int64(p.father[row]), parent >= 0, int64(Kin.GRANDPARENT), place)
    return n


@compiled
def list_younger(starts: Bounds, ends: Bounds, first: int, last: int, kin: Kinship) -> None:
    """Put the entries for elders on some rows, of all ranges of entries in order, on the elders' lists."""
    for part in range(starts.size):
        for n in range(starts[part], ends[part]):
            elder = int64(kin.elder[n])
            if first <= elder < last:
                child = int64(kin.kind[n] == Kin.PARENT)
                mark = child * int64(Mark.CHILD_HOLDS) + (1 - child) * int64(Mark.GRANDCHILD_HOLDS)
                marks = int64(kin.marks[elder])
                mark |= child * int64(marks & int64(Mark.CHILD_HOLDS) > 0) * int64(Mark.CHILDREN_HOLD)
                kin.marks[elder] = marks | mark
                kin.before[n] = int64(kin.last[elder]) if marks & LISTED > 0 else int64(-1)
                kin.last[elder] = n


@inlined
def siblings_of(marks: int, parent: int) -> bool:
    """Say whether a parent has a child who holds an account and is not the person, by the marks of both."""
    other = int64(Mark.CHILDREN_HOLD) | int64(marks & int64(Mark.HOLDER) == 0) * int64(Mark.CHILD_HOLDS)
    return parent & other > 0


@compiled
def mark_kin(p: Columns, first: int, last: int, kin: Kinship) -> None:
    """Mark whose spouse, parents or siblings hold an account, on some rows."""
    holder = int64(Mark.HOLDER)
    for i in range(first, last):
        marks = int64(kin.marks[i])
        spouse = int64(kin.marks[p.spouse[i]])
        mother = int64(kin.marks[p.mother[i]])
        father = int64(kin.marks[p.father[i]])
        known = (spouse & holder) * int64(Mark.SPOUSE_HOLDS) | (mother & holder) * int64(Mark.MOTHER_HOLDS)
        known |= (father & holder) * int64(Mark.FATHER_HOLDS)
        known |= int64(siblings_of(marks, mother | father)) * int64(Mark.SIBLING_HOLDS)
        kin.marks[i] = marks | known
