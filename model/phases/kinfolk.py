"""Who may draw on whose account: holders with a registered link, their kin at home and elsewhere, and the ring of each.

Kin are found from three pointers (spouse, mother, father). Children are not pointed to, so everybody gets a list of
the children and grandchildren who hold an account; a parent's list leads to siblings.
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
    CHILD_OF_HOLDER = 1 << 3
    PARENT_OF_HOLDER = 1 << 4
    GRANDPARENT_OF_HOLDER = 1 << 5


class Kinship(NamedTuple):
    """Room for a year's search of kin [person]."""

    marks: Array
    """Bits of `Mark`; one more at the end, none, for nobody (row -1)."""
    place: Array
    """A holder's place among the holders."""
    first: Array
    """First on the list of children and grandchildren who hold an account; one more at the end."""
    younger: Array
    """[on a list] row of the child or grandchild."""
    elder: Array
    """[on a list] what the person with the list is to it (`Kin`)."""


class Holders(NamedTuple):
    """Who has an account with a registered link, side by side: those of a range of rows from its first row on."""

    row: Array
    """Row of the person."""
    key: Array
    """Key of the person."""
    turn: Array
    """Draw by which the link is registered: the lower, the earlier."""
    spare: Array
    """What the account holds above the reserve [fen]."""
    queue: Array
    """First link that asks in a pass, -1 none."""


class Links(NamedTuple):
    """Who may draw on whose account this year: users, and for each a row of links to holders."""

    row: Array
    """[user] row of the person."""
    key: Array
    """[user] key of the person."""
    out: Array
    """[user] what is still asked for outpatient care, or for the premium [fen]."""
    inside: Array
    """[user] what is still asked for inpatient care [fen]."""
    first: Array
    """[user] first link; one more at the end."""
    rings: Array
    """[user] bits of the rings in which there is a link."""
    askers: Array
    """[user] places of the users who ask in a pass."""
    claims: Array
    """[user] the links by which they ask."""
    holder: Array
    """[link] place among the holders."""
    user: Array
    """[link] place among the users."""
    ring: Array
    """[link] ring."""
    asked: Array
    """[link] what the holder is asked for, -1 where not asked yet [fen]."""
    paid_out: Array
    """[link] paid for outpatient care, or for the premium [fen]."""
    paid_inside: Array
    """[link] paid for inpatient care [fen]."""
    after: Array
    """[link] next link that asks the same holder in a pass, by the users' keys."""


LINK_TYPES = {"key": np.uint64, "first": np.int64, "rings": np.uint8, "ring": np.uint8}
HOLDER_TYPES = {"key": np.uint64, "turn": np.uint32, "spare": np.int64}
OF_USERS = ("row", "key", "out", "inside", "rings", "askers", "claims")


def new_kinship(people: int, take: Take = new_array) -> Kinship:
    """Return room to search the kin of a number of people."""
    marks, place, first = take(np.uint8, people + 1), take(np.int32, people + 1), take(np.int32, people + 1)
    marks[people] = 0
    first[people] = 0
    return Kinship(marks, place, first, np.empty(0, np.int32), np.empty(0, np.uint8))


def new_holders(people: int, take: Take = new_array) -> Holders:
    """Return room for as many holders as there are people."""
    return Holders(*(take(HOLDER_TYPES.get(name, np.int32), people) for name in Holders._fields))


def sizes_of(users: int) -> dict[str, int]:
    """Return how long the columns of links are that users have, not links."""
    return dict.fromkeys(OF_USERS, users) | {"first": users + 1}


def new_links(users: int, links: int, take: Take = new_array) -> Links:
    """Return room for links; nothing is asked or paid yet."""
    sizes = sizes_of(users)
    return Links(*(take(LINK_TYPES.get(name, np.int32), sizes.get(name, links)) for name in Links._fields))


def of_size(links: Links, users: int, found: int) -> Links:
    """Return a table of some users and the links found in the room for more."""
    sizes = sizes_of(users)
    return Links(*(getattr(links, name)[: sizes.get(name, found)] for name in Links._fields))


@compiled
def open_accounts(
    p: Columns, first: int, last: int, laws: Any, ground: Ground, kin: Kinship, holders: Holders, room: Room
) -> int:
    """Mark and list the holders with money and a registered link, and whether it uses the wallet and pays premiums.

    Returns where the list, which begins at `first`, ends [row].
    """
    law = laws[0].accounts
    place = int64(first)
    for start in range(first, last, room.row.size):
        end = min(start + room.row.size, last)
        wanted = int64(0)
        for i in range(start, end):
            kin.first[i] = 0
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
                kin.place[i] = place
                holders.row[place] = i
                holders.key[place] = room.key[at]
                holders.turn[place] = room.words[0, at]
                holders.spare[place] = int64(p.account[i]) - law.reserve
                holders.queue[place] = -1
                place += 1
    return place


@compiled
def look_into(p: Columns, first: int, last: int, laws: Any, kin: Kinship, holders: Holders) -> None:
    """Note what some holders' accounts hold now; who has nothing is no holder any more: nobody need ask."""
    for place in range(first, last):
        i = int64(holders.row[place])
        spare = int64(p.account[i]) - laws[0].accounts.reserve
        holders.spare[place] = spare
        kin.marks[i] = int64(kin.marks[i]) & ~(int64(spare <= 0) * int64(Mark.HOLDER))


@inlined
def _count(elder: int, mark: int, kin: Kinship) -> None:
    """Mark a holder's elder and count the holder on the elder's list."""
    if elder >= 0:
        kin.marks[elder] = int64(kin.marks[elder]) | mark
        kin.first[elder] += 1


@compiled
def count_younger(p: Columns, first: int, last: int, kin: Kinship, holders: Holders) -> None:
    """Mark the parents and grandparents of some holders, and count how long their lists will be."""
    for place in range(first, last):
        i = int64(holders.row[place])
        for parent in (int64(p.mother[i]), int64(p.father[i])):
            _count(parent, int64(Mark.PARENT_OF_HOLDER), kin)
            if parent >= 0:
                _count(int64(p.mother[parent]), int64(Mark.GRANDPARENT_OF_HOLDER), kin)
                _count(int64(p.father[parent]), int64(Mark.GRANDPARENT_OF_HOLDER), kin)


@compiled
def lay_lists(kin: Kinship) -> int:
    """Write where everybody's list ends, by how long it is; return how long all are together [rows]."""
    end = int64(0)
    for i in range(kin.first.size):
        end += int64(kin.first[i])
        kin.first[i] = end
    return end


@inlined
def _note(elder: int, kind: int, younger: int, kin: Kinship) -> None:
    """Write a holder on the elder's list, before those who are on it."""
    if elder >= 0:
        at = int64(kin.first[elder]) - 1
        kin.first[elder] = at
        kin.younger[at] = younger
        kin.elder[at] = kind


@compiled
def list_younger(p: Columns, first: int, last: int, kin: Kinship, holders: Holders) -> None:
    """Write some holders on the lists of their parents and grandparents."""
    for place in range(first, last):
        i = int64(holders.row[place])
        for parent in (int64(p.mother[i]), int64(p.father[i])):
            _note(parent, int64(Kin.PARENT), i, kin)
            if parent >= 0:
                _note(int64(p.mother[parent]), int64(Kin.GRANDPARENT), i, kin)
                _note(int64(p.father[parent]), int64(Kin.GRANDPARENT), i, kin)


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
        children |= int64(Mark.GRANDPARENT_OF_HOLDER)
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


@inlined
def _willing(p: Columns, candidates: int, share: float, ground: Ground, links: Links, room: Room) -> int:
    """Keep those whose families use accounts for premiums, a draw of the insured for ever; return how many."""
    kept = int64(0)
    for start in range(0, candidates, room.row.size):
        size = min(room.row.size, candidates - start)
        for at in range(size):
            room.row[at] = links.askers[start + at]
            room.key[at] = p.key[room.row[at]]
        draw_words(ground.seed, int64(Purpose.ACCOUNT), 0, room.key[:size], room.words)
        for at in range(size):
            links.askers[kept] = room.row[at]
            kept += int64(unit(room.words[3, at]) < share)
    return kept


@compiled
def find_links(
    p: Columns,
    first: int,
    last: int,
    use: int,
    need: Any,
    laws: Any,
    ground: Ground,
    kin: Kinship,
    links: Links,
    room: Room,
) -> tuple[int, int]:
    """Write the links of all who need in a range of rows; return users and links, -1 where there is no room."""
    law = laws[0].accounts
    near = law.scope == NEAR_RELATIVES
    candidates = _candidates(p, first, last, need, near, kin, links)
    if use == Use.CONTRIBUTION and law.premium_use_share < 1.0:
        candidates = _willing(p, candidates, law.premium_use_share, ground, links, room)
    users = int64(0)
    found = int64(0)
    for at in range(candidates):
        i = int64(links.askers[at])
        end = _family(p, i, near, found, kin, links)
        if near:
            end = _near_relatives(p, i, end, kin, links)
        if end > links.holder.size:
            return int64(-1), int64(-1)
        start = found
        found = _keep_lawful(p, i, users, start, end, law, ground, kin, links)
        links.out[users] = need[0, i]
        links.inside[users] = need[1, i]
        users += int64(found > start)
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
def _family(p: Columns, i: int, near: int, found: int, kin: Kinship, links: Links) -> int:
    """Note the user's spouse, parents, children, and if near count, grandchildren with an account.

    The kind is what the user is to the holder.
    """
    found = _add(int64(p.spouse[i]), int64(Kin.SPOUSE), found, kin, links)
    found = _add(int64(p.mother[i]), int64(Kin.CHILD), found, kin, links)
    found = _add(int64(p.father[i]), int64(Kin.CHILD), found, kin, links)
    for n in range(kin.first[i], kin.first[i + 1]):
        kind = int64(kin.elder[n])
        after = _add(int64(kin.younger[n]), kind, found, kin, links)
        found = after if near | (kind == Kin.PARENT) else found
    return found


@inlined
def _near_relatives(p: Columns, i: int, found: int, kin: Kinship, links: Links) -> int:
    """Note the user's siblings and grandparents with an account."""
    mother = int64(p.mother[i])
    for parent in (mother, int64(p.father[i])):
        marks = _marks(kin, parent)
        if marks & int64(Mark.PARENT_OF_HOLDER) > 0:
            for n in range(kin.first[parent], kin.first[parent + 1]):
                sibling = int64(kin.younger[n])
                again = (parent != mother) & (mother >= 0) & (p.mother[sibling] == mother)
                after = _add(sibling, int64(Kin.SIBLING), found, kin, links)
                found = after if (kin.elder[n] == Kin.PARENT) & (sibling != i) & (not again) else found
        if marks & int64(Mark.CHILD_OF_HOLDER) > 0:
            found = _add(int64(p.mother[parent]), int64(Kin.GRANDCHILD), found, kin, links)
            found = _add(int64(p.father[parent]), int64(Kin.GRANDCHILD), found, kin, links)
    return found


@inlined
def _keep_lawful(
    p: Columns, i: int, user: int, start: int, end: int, law: Any, ground: Ground, kin: Kinship, links: Links
) -> int:
    """Keep a user's links that the law allows and write their rings; return where they end."""
    rule = int64(CoUse.NEAR_RELATIVES) if law.scope == NEAR_RELATIVES else int64(CoUse.FAMILY)
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
        links.holder[kept] = kin.place[holder]
        links.user[kept] = user
        links.ring[kept] = ring
        rings |= int64(1) << int64(ring)
        kept += 1
    links.row[user] = i
    links.key[user] = p.key[i]
    links.first[user] = start
    links.rings[user] = rings
    return kept
