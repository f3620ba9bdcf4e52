"""Who may draw on whose account: those who need, holders among their kin at home and elsewhere, and each one's ring.

Links are gathered kind by kind for some users at once, each kind by a short loop without branches whose reads at random
do not wait for each other; then those that the law allows are sorted by user.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.chance import Purpose, draw_words, unit
from agents.codes import Kin, Scheme
from agents.columns import Array
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Ground
from model.phases.holding import AT_ONCE, BEFORE, Holders, Kinship, Mark, Opened
from model.phases.links import Links
from model.rules.codes import Area, CoUse, Use
from model.rules.sharing import area_between, link_registered, may_share, ring_of

NEAR_RELATIVES = 2
CASES = (len(Kin), len(Area), 2, 2, len(Scheme))
"""Kin, areas, whether the wallet is open, whether wider links are registered, and schemes of a user."""


class Sought(NamedTuple):
    """Links sought for some users at once, in columns of a table of links that are empty until somebody asks."""

    at: Array
    """[link] place of the user in the round."""
    holder: Array
    """[link] row of the holder while kind is gathered after kind, then its place among the holders."""
    kind: Array
    """[link] what the user is to the holder (`Kin`), then the ring."""


class Round(NamedTuple):
    """A thread's room to seek the links of some neighbours at once [place in the round]."""

    asks: Array
    """Whether neighbours need something and have kin who hold an account."""
    row: Array
    """Rows of those who do, then of users."""
    key: Array
    """Their keys."""
    words: Array
    """[4, place] words drawn."""
    pool: Array
    """[user] pool of insurance."""
    scheme: Array
    """[user] scheme."""
    home: Array
    """[user] home."""
    marks: Array
    """[user] marks of the person."""
    listed: Array
    """Places of users whom a loop looks at more closely."""
    entry: Array
    """[listed] the entry that comes next on the list they look at."""
    end: Array
    """[user] how many links, then where the next one goes."""


ROUND_TYPES = {
    "asks": np.uint8,
    "key": np.uint64,
    "pool": np.int16,
    "scheme": np.uint8,
    "marks": np.uint16,
}


def new_round() -> Round:
    """Return room for a round."""
    words = np.empty((4, AT_ONCE), np.uint32)
    columns = {name: np.empty(AT_ONCE, ROUND_TYPES.get(name, np.int32)) for name in Round._fields}
    return Round(**columns | {"words": words})


@inlined
def _telling(near: int) -> int:
    """Return the marks that tell of kin who hold an account and are in the law's scope."""
    telling = int64(Mark.SPOUSE_HOLDS) | int64(Mark.MOTHER_HOLDS) | int64(Mark.FATHER_HOLDS) | int64(Mark.CHILD_HOLDS)
    if near:
        telling |= int64(Mark.MOTHERS_PARENT_HOLDS) | int64(Mark.FATHERS_PARENT_HOLDS) | int64(Mark.GRANDCHILD_HOLDS)
        telling |= int64(Mark.MOTHERS_CHILD_HOLDS) | int64(Mark.FATHERS_CHILD_HOLDS)
    return telling


@inlined
def _asking(start: int, end: int, use: int, need: Any, telling: int, kin: Kinship, room: Round) -> int:
    """List the rows of those who need something and have kin who hold an account; return how many they are."""
    out, inside, marks = need[0, start:end], need[1, start:end], kin.marks[start:end]
    if use == Use.CONTRIBUTION:
        for k in range(marks.size):
            room.asks[k] = int64(out[k] > 0) & int64(int64(marks[k]) & telling > 0)
    else:
        for k in range(marks.size):
            room.asks[k] = int64(out[k] | inside[k] > 0) & int64(int64(marks[k]) & telling > 0)
    asking = int64(0)
    for k in range(marks.size):
        room.row[asking] = start + k
        asking += int64(room.asks[k])
    return asking


@inlined
def _willing(p: Columns, asking: int, share: float, ground: Ground, room: Round) -> int:
    """Keep those whose families use accounts for premiums, a draw of the insured for ever; return how many."""
    kept = int64(0)
    for at in range(asking):
        room.key[at] = p.key[room.row[at]]
    draw_words(ground.seed, int64(Purpose.ACCOUNT), 0, room.key[:asking], room.words)
    for at in range(asking):
        room.row[kept] = room.row[at]
        kept += int64(unit(room.words[3, at]) < share)
    return kept


@inlined
def _look_up(p: Columns, users: int, kin: Kinship, room: Round) -> None:
    """Note what is known of some users' kin, and where they live and are insured."""
    for at in range(users):
        i = int64(room.row[at])
        room.marks[at] = kin.marks[i]
        room.pool[at] = p.insured[i]
        room.scheme[at] = p.scheme[i]
        room.home[at] = p.household[i]
        room.end[at] = 0


@inlined
def _add(sought: Sought, n: int, at: int, holder: int, kind: int, kept: int) -> int:
    """Note a holder for a user, or nobody where `kept` is 0; return how many there are now, room or not."""
    here = min(n, sought.at.size - 1)
    sought.at[here] = at
    sought.holder[here] = holder
    sought.kind[here] = kind
    return n + kept


@inlined
def _list_marked(users: int, mark: int, room: Round) -> int:
    """List the users who bear a mark; return how many they are."""
    listed = int64(0)
    for at in range(users):
        room.listed[listed] = at
        listed += int64(int64(room.marks[at]) & mark > 0)
    return listed


@inlined
def _nearest(p: Columns, users: int, sought: Sought, room: Round) -> int:
    """Note the spouses and parents who hold an account, by their rows; return how many."""
    n = int64(0)
    for at in range(users):
        i = int64(room.row[at])
        marks = int64(room.marks[at])
        n = _add(sought, n, at, int64(p.spouse[i]), int64(Kin.SPOUSE), int64(marks & int64(Mark.SPOUSE_HOLDS) > 0))
        n = _add(sought, n, at, int64(p.mother[i]), int64(Kin.CHILD), int64(marks & int64(Mark.MOTHER_HOLDS) > 0))
        n = _add(sought, n, at, int64(p.father[i]), int64(Kin.CHILD), int64(marks & int64(Mark.FATHER_HOLDS) > 0))
    return n


@inlined
def _grandparents(
    parents: Any, mark: int, p: Columns, users: int, n: int, kin: Kinship, sought: Sought, room: Round
) -> int:
    """Note the parents, who hold an account, of the users' mothers or fathers, by their rows; return how many."""
    for k in range(_list_marked(users, mark, room)):
        at = int64(room.listed[k])
        parent = int64(parents[room.row[at]])
        marks = int64(kin.marks[parent])
        kind = int64(Kin.GRANDCHILD)
        n = _add(sought, n, at, int64(p.mother[parent]), kind, int64(marks & int64(Mark.MOTHER_HOLDS) > 0))
        n = _add(sought, n, at, int64(p.father[parent]), kind, int64(marks & int64(Mark.FATHER_HOLDS) > 0))
    return n


@inlined
def _children(users: int, n: int, kin: Kinship, sought: Sought, room: Round) -> int:
    """Note the children who hold an account; return how many there are now."""
    listed = _list_marked(users, int64(Mark.CHILD_HOLDS), room)
    for k in range(listed):
        room.entry[k] = kin.child[room.row[room.listed[k]]]
    while listed > 0:
        left = int64(0)
        for k in range(listed):
            at = int64(room.listed[k])
            child = int64(room.entry[k])
            n = _add(sought, n, at, child, int64(Kin.PARENT), int64(1))
            which = int64(kin.family[child, 0] != room.row[at])
            left = _go_on(at, int64(kin.family[child, BEFORE + which]), left, room)
        listed = left
    return n


@inlined
def _grandchildren(users: int, n: int, kin: Kinship, sought: Sought, room: Round) -> int:
    """Note the grandchildren who hold an account; return how many there are now."""
    listed = _list_marked(users, int64(Mark.GRANDCHILD_HOLDS), room)
    for k in range(listed):
        room.entry[k] = kin.grandchild[room.row[room.listed[k]]]
    while listed > 0:
        left = int64(0)
        for k in range(listed):
            at = int64(room.listed[k])
            entry = int64(room.entry[k])
            n = _add(sought, n, at, int64(kin.younger[entry]), int64(Kin.GRANDPARENT), int64(1))
            left = _go_on(at, int64(kin.before[entry]), left, room)
        listed = left
    return n


@inlined
def _go_on(at: int, before: int, left: int, room: Round) -> int:
    """List for the next round what comes before on a list, if there is any; return how many are listed."""
    room.listed[left] = at
    room.entry[left] = before
    return left + int64(before >= 0)


@inlined
def _siblings(
    parents: Any, mark: int, fathers: int, p: Columns, users: int, n: int, kin: Kinship, holders: Holders,
    sought: Sought, room: Round,
) -> int:  # fmt: skip
    """Note the other children, who hold an account, of the users' mothers or fathers; return how many there are now.

    A father's child that is the mother's too is noted as hers only.
    """
    listed = _list_marked(users, mark, room)
    for k in range(listed):
        room.entry[k] = kin.child[parents[room.row[room.listed[k]]]]
    while listed > 0:
        left = int64(0)
        for k in range(listed):
            at = int64(room.listed[k])
            i = int64(room.row[at])
            mother = int64(p.mother[i])
            sibling = int64(room.entry[k])
            again = (fathers == 1) & (mother >= 0) & (kin.family[sibling, 0] == mother)
            kept = int64((holders.row[sibling] != i) & (not again))
            n = _add(sought, n, at, sibling, int64(Kin.SIBLING), kept)
            left = _go_on(at, int64(kin.family[sibling, BEFORE + fathers]), left, room)
        listed = left
    return n


@inlined
def _seek(p: Columns, users: int, near: int, kin: Kinship, holders: Holders, sought: Sought, room: Round) -> int:
    """Note the kin of some users who hold an account; return how many they are, room or not."""
    n = _nearest(p, users, sought, room)
    if near:
        n = _grandparents(p.mother, int64(Mark.MOTHERS_PARENT_HOLDS), p, users, n, kin, sought, room)
        n = _grandparents(p.father, int64(Mark.FATHERS_PARENT_HOLDS), p, users, n, kin, sought, room)
    for k in range(min(n, sought.at.size)):
        sought.holder[k] = kin.place[sought.holder[k]]
    n = _children(users, n, kin, sought, room)
    if near:
        n = _grandchildren(users, n, kin, sought, room)
        mothers, fathers = int64(Mark.MOTHERS_CHILD_HOLDS), int64(Mark.FATHERS_CHILD_HOLDS)
        n = _siblings(p.mother, mothers, int64(0), p, users, n, kin, holders, sought, room)
        n = _siblings(p.father, fathers, int64(1), p, users, n, kin, holders, sought, room)
    return n


@compiled
def lay_down_rings(law: Any, rings: Any) -> None:
    """Write when an account pays at home, by what `CASES` names: the ring and one, 0 never."""
    rule = int64(CoUse.NEAR_RELATIVES) if law.scope == NEAR_RELATIVES else int64(CoUse.FAMILY)
    for kind in range(rings.shape[0]):
        for area in range(rings.shape[1]):
            ring = ring_of(kind, area, 0) + 1
            for wallet in range(rings.shape[2]):
                for wider in range(rings.shape[3]):
                    linked = link_registered(kind, area, wider)
                    for scheme in range(rings.shape[4]):
                        allowed = may_share(rule, kind, 1, scheme, linked, int64(Use.CARE), area, law.area, wallet)
                        rings[kind, area, wallet, wider, scheme] = allowed * ring


@inlined
def _keep_lawful(
    found: int, good: int, rings: Any, ground: Ground, holders: Holders, sought: Sought, room: Round
) -> int:
    """Keep the links that the law allows, with their rings, and count each user's.

    Only to holders whose account is open in all bits of `good`.
    """
    able = int64(0)
    for k in range(found):
        holder = int64(sought.holder[k])
        sought.at[able] = sought.at[k]
        sought.holder[able] = holder
        sought.kind[able] = sought.kind[k]
        able += int64(int64(holders.opened[holder]) & good == good)
    kept = int64(0)
    for k in range(able):
        at = int64(sought.at[k])
        holder = int64(sought.holder[k])
        here = int64(room.pool[at])
        there = int64(holders.pool[holder])
        area = area_between(there, here, int64(ground.province[there]), int64(ground.province[here]))
        opened = int64(holders.opened[holder])
        wallet, wider = int64(opened & int64(Opened.WALLET) > 0), int64(opened & int64(Opened.WIDER) > 0)
        ring = int64(rings[int64(sought.kind[k]), area, wallet, wider, int64(room.scheme[at])])
        sought.at[kept] = at
        sought.holder[kept] = holder
        sought.kind[kept] = ring - 1 + int64(holders.home[holder] != room.home[at])
        room.end[at] += np.int32(ring > 0)
        kept += int64(ring > 0)
    return kept


@inlined
def _sort(
    here: int,
    kept: int,
    users: int,
    found: int,
    need: Any,
    sought: Sought,
    links: Links,
    room: Round,
) -> int:
    """Write the users who have links after those before, and their links side by side; return how many users."""
    end = int64(found)
    for at in range(here):
        i = int64(room.row[at])
        size = int64(room.end[at])
        links.row[users] = i
        links.out[users] = need[0, i]
        links.inside[users] = need[1, i]
        room.listed[at] = users
        room.end[at] = end
        end += size
        users += int64(size > 0)
    for k in range(kept):
        at = int64(sought.at[k])
        n = int64(room.end[at])
        room.end[at] = n + 1
        links.holder[n] = sought.holder[k]
        links.user[n] = room.listed[at]
        links.ring[n] = sought.kind[k]
    return users


@compiled
def find_links(
    p: Columns,
    first: int,
    last: int,
    use: int,
    need: Any,
    law: Any,
    ground: Ground,
    kin: Kinship,
    holders: Holders,
    links: Links,
    rings: Any,
    room: Round,
) -> tuple[int, int]:
    """Write the links of all who need in a range of rows; return users and links, -1 where there is no room.

    `rings` is what `lay_down_rings` writes.
    """
    near = int64(law.scope == NEAR_RELATIVES)
    telling = _telling(near)
    good = int64(Opened.MONEY)
    if use == Use.CONTRIBUTION and law.premium_area_share < 1.0:
        good |= int64(Opened.PREMIUM)
    sought = Sought(links.asked, links.paid, links.after)
    users = int64(0)
    found = int64(0)
    for start in range(first, last, room.row.size):
        here = _asking(start, min(start + room.row.size, last), use, need, telling, kin, room)
        if use == Use.CONTRIBUTION and law.premium_use_share < 1.0:
            here = _willing(p, here, law.premium_use_share, ground, room)
        _look_up(p, here, kin, room)
        number = _seek(p, here, near, kin, holders, sought, room)
        if number >= sought.at.size:  # the last place may hold nobody
            return int64(-1), int64(-1)
        kept = _keep_lawful(number, good, rings, ground, holders, sought, room)
        if found + kept > links.holder.size:
            return int64(-1), int64(-1)
        users = _sort(here, kept, users, found, need, sought, links, room)
        found += kept
    return users, found
