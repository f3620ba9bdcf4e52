"""Relatives' accounts: users ask, holders pay, pass after pass; the holder alone writes the account.

In every ring a user asks one holder at a time for what is left of the need; every holder pays those who ask in the
order of their keys. Between asking and paying all threads wait for each other, so the result knows no thread.
"""

from __future__ import annotations

from typing import Any

from agents.codes import Care
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from agents.sharing import asked_before, asked_for
from model.phases.ground import Bounds, Sums
from model.phases.kinfolk import Holders, Kinship, Links, Mark
from model.phases.standing import status_of
from model.phases.tally import CareItem, Money, PairKind
from model.rules.accounts import draw
from model.rules.codes import Use
from model.rules.sharing import may_pay_part


@compiled
def ask(
    users: Any, first: int, last: int, ring: int, use: int, laws: Any, kin: Kinship, holders: Holders, links: Links
) -> int:
    """Let those of the users [first:last] who need more choose the next holder of the ring; return where claims end.

    Claims and who makes them are written from `first` on; in the next pass only those who made one can ask again.
    """
    law = laws[0].accounts
    claims = int64(first)
    for a in range(first, last):
        user = int64(users[a])
        left = int64(links.out[user]) + int64(links.inside[user])
        if left > 0:
            best = _choose(user, left, ring, use, law, kin, holders, links)
            if best >= 0:
                links.askers[claims] = user
                links.claims[claims] = best
                claims += 1
    return claims


@inlined
def _choose(user: int, left: int, ring: int, use: int, law: Any, kin: Kinship, holders: Holders, links: Links) -> int:
    """Return the link to the holder whom a user asks next in the ring, or -1, and note what is asked for."""
    best = int64(-1)
    partly = use == Use.CONTRIBUTION and law.premium_area_share < 1.0
    together = int64(0)
    best_spare = int64(0)
    for n in range(links.first[user], links.first[user + 1]):
        if links.ring[n] != ring or links.asked[n] >= 0:
            continue
        holder = int64(links.holder[n])
        spare = holders.spare[holder]
        if spare <= 0 or may_pay_part(use, spare, left, 1 - law.reading_s6) == 0:
            continue
        if partly and int64(kin.marks[holders.row[holder]]) & int64(Mark.PREMIUM) == 0:
            continue
        together += spare
        other = int64(links.holder[max(best, 0)])
        if best < 0 or asked_before(
            law.order, int64(holders.turn[holder]), spare, holders.key[holder],
            int64(holders.turn[other]), best_spare, holders.key[other],
        ):  # fmt: skip
            best = int64(n)
            best_spare = spare
    if best >= 0:
        whole = use == Use.CONTRIBUTION and law.reading_s6 == 1
        links.asked[best] = left if whole else asked_for(law.order, left, best_spare, together)
    return best


@inlined
def _queue(n: int, holders: Holders, links: Links) -> None:
    """Let a link wait at its holder, behind those whose users have lower keys."""
    holder = int64(links.holder[n])
    key = links.key[links.user[n]]
    before = int64(-1)
    at = int64(holders.queue[holder])
    while at >= 0 and links.key[links.user[at]] < key:
        before = at
        at = int64(links.after[at])
    links.after[n] = at
    if before < 0:
        holders.queue[holder] = n
    else:
        links.after[before] = n


@inlined
def _pay(
    p: Columns, starts: Bounds, ends: Bounds, first: int, last: int, use: int, law: Any, holders: Holders,
    links: Links,
) -> None:  # fmt: skip
    """Let the holders of some places pay the claims of a pass, each in the order of the users' keys."""
    for part in range(starts.size):
        for c in range(starts[part], ends[part]):
            n = int64(links.claims[c])
            if first <= links.holder[n] < last:
                _queue(n, holders, links)
    for part in range(starts.size):
        for c in range(starts[part], ends[part]):
            holder = int64(links.holder[links.claims[c]])
            if not first <= holder < last:
                continue
            n = int64(holders.queue[holder])
            holders.queue[holder] = -1
            while n >= 0:
                user = int64(links.user[n])
                asked = int64(links.asked[n])
                spare = holders.spare[holder]
                if may_pay_part(use, spare, asked, 1 - law.reading_s6) == 1:
                    out = draw(spare, min(asked, int64(links.out[user])))
                    inside = draw(spare - out, min(asked - out, int64(links.inside[user])))
                    p.account[holders.row[holder]] -= out + inside
                    holders.spare[holder] = spare - out - inside
                    links.out[user] -= out
                    links.inside[user] -= inside
                    links.paid_out[n] = out
                    links.paid_inside[n] = inside
                n = int64(links.after[n])


@compiled
def pay_premiums(
    p: Columns, starts: Bounds, ends: Bounds, first: int, last: int, laws: Any, holders: Holders, links: Links
) -> None:
    """Pay relatives' resident premiums from the accounts of the holders of some places."""
    _pay(p, starts, ends, first, last, int64(Use.CONTRIBUTION), laws[0].accounts, holders, links)


@compiled
def pay_care(
    p: Columns, starts: Bounds, ends: Bounds, first: int, last: int, laws: Any, holders: Holders, links: Links
) -> None:
    """Pay relatives' bills for care from the accounts of the holders of some places."""
    _pay(p, starts, ends, first, last, int64(Use.CARE), laws[0].accounts, holders, links)


@compiled
def live_ring(
    p: Columns, users: Any, span: Bounds, ring: int, use: int, laws: Any, kin: Kinship, holders: Holders, links: Links
) -> None:
    """Let users ask and holders pay on one thread until nobody of the ring asks any more; `span` is room for 0, 0."""
    asking = ask(users, 0, users.size, ring, use, laws, kin, holders, links)
    while asking > 0:
        span[1] = asking
        if use == Use.CONTRIBUTION:
            pay_premiums(p, span[0:1], span[1:2], 0, p.key.size, laws, holders, links)
        else:
            pay_care(p, span[0:1], span[1:2], 0, p.key.size, laws, holders, links)
        asking = ask(links.askers, 0, asking, ring, use, laws, kin, holders, links)


@compiled
def book_premiums(p: Columns, holders: Holders, links: Links, sums: Sums) -> None:
    """Add the premiums that accounts paid to the sums: less cash, more from the pool of the holder's account."""
    for n in range(links.holder.size):
        paid = int64(links.paid_out[n])
        if paid > 0:
            user = int64(p.insured[links.row[links.user[n]]])
            holder = int64(p.insured[holders.row[links.holder[n]]])
            sums.pairs[PairKind.PREMIUM, holder, user] += paid
            sums.money[user, Money.RESIDENT_CASH] -= paid


@compiled
def book_care(p: Columns, holders: Holders, links: Links, sums: Sums) -> None:
    """Note the bills that relatives' accounts paid: users paid less in cash; sums by user and by pair of pools."""
    for n in range(links.holder.size):
        out = int64(links.paid_out[n])
        inside = int64(links.paid_inside[n])
        if out + inside == 0:
            continue
        i = int64(links.row[links.user[n]])
        p.family_account[i] += out + inside
        p.self_pay[i] -= out + inside
        pool = int64(p.insured[i])
        holder = int64(p.insured[holders.row[links.holder[n]]])
        status = status_of(int64(p.work[i]), int64(p.scheme[i]))
        sums.pairs[PairKind.FAMILY_ACCOUNT, holder, pool] += out + inside
        sums.care[pool, status, Care.OUTPATIENT, CareItem.FAMILY_ACCOUNT] += out
        sums.care[pool, status, Care.INPATIENT, CareItem.FAMILY_ACCOUNT] += inside
        sums.care[pool, status, Care.OUTPATIENT, CareItem.SELF_PAY] -= out
        sums.care[pool, status, Care.INPATIENT, CareItem.SELF_PAY] -= inside
