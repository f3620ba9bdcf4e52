"""Who holds an account with a registered link, and what their kin know of it before anybody asks.

Kin are found from three pointers (spouse, mother, father). Children are not pointed to, so holders write themselves on
a list of each parent, which leads to siblings too, and on another of each grandparent.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from agents.chance import Purpose, draw_words, unit
from agents.columns import Array
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground, Room, Take, new_array

MOST_GRANDPARENTS = 4
FAMILY = 4
"""Columns of a holder's family: rows of mother and father, then who stands before the holder on their lists."""
BEFORE = 2
AT_ONCE = 4096
"""Neighbours whose kin are looked at together."""


class Mark(IntEnum):
    """What is known of a person while links are sought; bits of one number."""

    HOLDER = 1 << 0
    SPOUSE_HOLDS = 1 << 1
    MOTHER_HOLDS = 1 << 2
    FATHER_HOLDS = 1 << 3
    CHILD_HOLDS = 1 << 4
    CHILDREN_HOLD = 1 << 5
    """More than one child holds an account."""
    GRANDCHILD_HOLDS = 1 << 6
    MOTHERS_PARENT_HOLDS = 1 << 7
    FATHERS_PARENT_HOLDS = 1 << 8
    MOTHERS_CHILD_HOLDS = 1 << 9
    """A child of the mother, not the person, holds an account."""
    FATHERS_CHILD_HOLDS = 1 << 10


class Opened(IntEnum):
    """What a holder's account is good for; bits of one number."""

    MONEY = 1 << 0
    """Holds more than the reserve."""
    WALLET = 1 << 1
    PREMIUM = 1 << 2
    WIDER = 1 << 3
    """Has registered the links that the law of 2024 added."""


class Kinship(NamedTuple):
    """What kin know of holders [person], and the lists on which these stand [entry]."""

    marks: Array
    """[person] bits of `Mark`; one more at the end, none, for nobody (row -1)."""
    place: Array
    """[person] a holder's place among the holders; one more at the end."""
    child: Array
    """[person] place of the last on the list of children who hold an account, if marks tell of any."""
    grandchild: Array
    """[person] last entry on the list of grandchildren who hold an account, if marks tell of any."""
    family: Array
    """[holder, 4] rows of mother and father, -1 none; places of those before on their lists, -1 none."""
    elder: Array
    """[entry] row of the grandparent whose list it is on."""
    younger: Array
    """[entry] place of the grandchild among the holders."""
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
    marks, place = take(np.uint16, people + 1), take(np.int32, people + 1)
    marks[people] = place[people] = 0
    child, grandchild, family = (take(np.int32, rows) for rows in (people, people, FAMILY * people))
    nobody = np.empty(0, np.int32)
    return Kinship(marks, place, child, grandchild, family.reshape(people, FAMILY), nobody, nobody, nobody)


def with_lists(kin: Kinship, holders: int, take: Take = new_array) -> Kinship:
    """Return the kinship with room for the entries of a number of holders."""
    elder, younger, before = (take(np.int32, MOST_GRANDPARENTS * holders, "kin") for _ in range(3))
    return kin._replace(elder=elder, younger=younger, before=before)


def new_holders(people: int, take: Take = new_array) -> Holders:
    """Return room for as many holders as there are people."""
    return Holders(*(take(HOLDER_TYPES.get(name, np.int32), people) for name in Holders._fields))


@compiled
def open_accounts(
    p: Columns, first: int, last: int, law: Any, ground: Ground, kin: Kinship, holders: Holders, room: Room
) -> int:
    """Mark and list the holders with money and a registered link, and what else it is good for.

    Returns where the list, which begins at `first`, ends [row].
    """
    place = int64(first)
    for start in range(first, last, room.row.size):
        account = p.account[start : min(start + room.row.size, last)]
        for k in range(account.size):
            kin.marks[start + k] = 0
            room.marked[k] = account[k] > law.reserve
        wanted = int64(0)
        for k in range(account.size):
            room.row[wanted] = start + k
            wanted += int64(room.marked[k])
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
        wide = law.registered_share * law.wider_share
        wider = int64(unit(room.words[0, at]) < wide) * int64(Opened.WIDER)
        kin.marks[i] = int64(Mark.HOLDER)
        kin.place[i] = place
        holders.row[place] = i
        holders.key[place] = room.key[at]
        holders.turn[place] = room.words[0, at]
        holders.opened[place] = int64(Opened.MONEY) | wallet | premium | wider
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


@compiled
def find_elders(p: Columns, first: int, last: int, kin: Kinship, holders: Holders, start: int, room: Array) -> int:
    """Note the parents of the holders of some places, and write entries for grandparents; return their end [row].

    `room` [2, place] takes the parents of some holders, and the holders' places.
    """
    n = int64(start)
    parents, places = room[0], room[1]
    for begin in range(first, last, parents.size // BEFORE):
        known = int64(0)
        for place in range(begin, min(begin + parents.size // BEFORE, last)):
            i = int64(holders.row[place])
            for which, parent in enumerate((int64(p.mother[i]), int64(p.father[i]))):
                kin.family[place, which] = parent
                parents[known] = parent
                places[known] = place
                known += int64(parent >= 0)
        for k in range(known):
            parent = int64(parents[k])
            for elder in (int64(p.mother[parent]), int64(p.father[parent])):
                kin.elder[n] = elder
                kin.younger[n] = places[k]
                n += int64(elder >= 0)
    return n


@compiled
def list_children(starts: Bounds, ends: Bounds, first: int, last: int, kin: Kinship) -> None:
    """Put the holders of all ranges of places, in order, on the lists of their parents on some rows."""
    child, several = int64(Mark.CHILD_HOLDS), int64(Mark.CHILDREN_HOLD)
    for part in range(starts.size):
        for place in range(starts[part], ends[part]):
            for which in range(BEFORE):
                parent = int64(kin.family[place, which])
                if first <= parent < last:
                    marks = int64(kin.marks[parent])
                    more = int64(marks & child > 0)
                    kin.marks[parent] = marks | child | more * several
                    kin.family[place, BEFORE + which] = int64(kin.child[parent]) * more - (1 - more)
                    kin.child[parent] = place


@compiled
def list_grandchildren(starts: Bounds, ends: Bounds, first: int, last: int, kin: Kinship) -> None:
    """Put the entries for grandparents on some rows, of all ranges of entries in order, on their lists."""
    mark = int64(Mark.GRANDCHILD_HOLDS)
    for part in range(starts.size):
        for n in range(starts[part], ends[part]):
            elder = int64(kin.elder[n])
            if first <= elder < last:
                marks = int64(kin.marks[elder])
                kin.marks[elder] = marks | mark
                kin.before[n] = int64(kin.grandchild[elder]) if marks & mark > 0 else int64(-1)
                kin.grandchild[elder] = n


def new_told() -> Array:
    """Return room for the marks of some neighbours' spouses, mothers and fathers [3, code]."""
    return np.empty((3, AT_ONCE), np.uint16)


@compiled
def mark_nearest(p: Columns, first: int, last: int, kin: Kinship, told: Array) -> None:
    """Mark whose spouse or parents hold an account, on some rows; `told` is room.

    Marks of kin are brought together for some neighbours, then weighed for many of these in one step.
    """
    holder = int64(Mark.HOLDER)
    spouse, mother, father = told[0], told[1], told[2]
    for start in range(first, last, spouse.size):
        marks = kin.marks[start : min(start + spouse.size, last)]
        for k in range(marks.size):
            spouse[k] = kin.marks[p.spouse[start + k]]
            mother[k] = kin.marks[p.mother[start + k]]
            father[k] = kin.marks[p.father[start + k]]
        for k in range(marks.size):
            known = (int64(spouse[k]) & holder) * int64(Mark.SPOUSE_HOLDS)
            known |= (int64(mother[k]) & holder) * int64(Mark.MOTHER_HOLDS)
            known |= (int64(father[k]) & holder) * int64(Mark.FATHER_HOLDS)
            marks[k] = int64(marks[k]) | known


@compiled
def mark_wider(p: Columns, first: int, last: int, kin: Kinship, told: Array) -> None:
    """Mark whose grandparents or siblings hold an account, on some rows, once everybody's nearest are marked."""
    elders = int64(Mark.MOTHER_HOLDS) | int64(Mark.FATHER_HOLDS)
    mother, father = told[0], told[1]
    for start in range(first, last, mother.size):
        marks = kin.marks[start : min(start + mother.size, last)]
        for k in range(marks.size):
            mother[k] = kin.marks[p.mother[start + k]]
            father[k] = kin.marks[p.father[start + k]]
        for k in range(marks.size):
            own = int64(marks[k])
            one = int64(own & int64(Mark.HOLDER) == 0) * int64(Mark.CHILD_HOLDS)
            others = int64(Mark.CHILDREN_HOLD) | one
            known = int64(int64(mother[k]) & elders > 0) * int64(Mark.MOTHERS_PARENT_HOLDS)
            known |= int64(int64(father[k]) & elders > 0) * int64(Mark.FATHERS_PARENT_HOLDS)
            known |= int64(int64(mother[k]) & others > 0) * int64(Mark.MOTHERS_CHILD_HOLDS)
            known |= int64(int64(father[k]) & others > 0) * int64(Mark.FATHERS_CHILD_HOLDS)
            marks[k] = own | known
