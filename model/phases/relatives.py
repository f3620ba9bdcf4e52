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
from model.phases.holding import Holders, Opened
from model.phases.links import Links
from model.phases.standing import status_of
from model.phases.tally import CareItem, Money
from model.rules.accounts import draw
from model.rules.codes import Use
from model.rules.sharing import may_pay_part


@compiled
def list_users(first: int, last: int, ring: int, links: Links) -> int:
    """List those of the users [first:last] with a link in the ring, from `first` on; return the end [row of users]."""
    end = int64(first)
    for user in range(first, last):
        links.askers[end] = user
        end += (int64(links.rings[user]) >> ring) & 1
    return end


@compiled
def ask(first: int, last: int, ring: int, use: int, law: Any, holders: Holders, links: Links) -> int:
    """Let those of the askers [first:last] who need more choose the next holder of the ring; return where claims end.

    Claims and who makes them are written from `first` on; in the next pass only those who made one can ask again.
    """
    claims = int64(first)
    for a in range(first, last):
        user = int64(links.askers[a])
        left = int64(links.out[user]) + int64(links.inside[user])
        if left > 0:
            best = _choose(user, left, ring, use, law, holders, links)
            if best >= 0:
                links.askers[claims] = user
                links.claims[claims] = best
                claims += 1
    return claims


@inlined
def _choose(user: int, left: int, ring: int, use: int, law: Any, holders: Holders, links: Links) -> int:
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
        if partly and int64(holders.opened[holder]) & int64(Opened.PREMIUM) == 0:
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


@compiled
def gather(starts: Bounds, ends: Bounds, links: Links) -> int:
    """Bring the askers of all ranges to the front; return how many they are."""
    asking = int64(0)
    for part in range(starts.size):
        for a in range(starts[part], ends[part]):
            links.askers[asking] = links.askers[a]
            asking += 1
    return asking


@inlined
def _queue(n: int, keys: Any, holders: Holders, links: Links) -> None:
    """Let a link wait at its holder, behind those whose users have lower keys."""
    holder = int64(links.holder[n])
    row = int64(links.row[links.user[n]])
    before = int64(-1)
    at = int64(holders.queue[holder])
    while at >= 0 and keys[links.row[links.user[at]]] < keys[row]:
        before = at
        at = int64(links.after[at])
    links.after[n] = at
    if before < 0:
        holders.queue[holder] = n
    else:
        links.after[before] = n


@compiled
def pay_claims(
    keys: Any, starts: Bounds, ends: Bounds, first: int, last: int, use: int, law: Any, holders: Holders, links: Links
) -> None:
    """Let the holders of some places pay the claims of a pass, each in the order of the users' keys.

    `keys` are everybody's.
    """
    part_payment = 1 - law.reading_s6
    for part in range(starts.size):
        for c in range(starts[part], ends[part]):
            n = int64(links.claims[c])
            if first <= links.holder[n] < last:
                _queue(n, keys, holders, links)
    for part in range(starts.size):
        for c in range(starts[part], ends[part]):
            holder = int64(links.holder[links.claims[c]])
            if first <= holder < last:
                _pay_queue(holder, use, part_payment, holders, links)


@inlined
def _pay_queue(holder: int, use: int, part_payment: int, holders: Holders, links: Links) -> None:
    """Let a holder pay those who wait, and nobody waits any more."""
    n = int64(holders.queue[holder])
    holders.queue[holder] = -1
    while n >= 0:
        user = int64(links.user[n])
        asked = int64(links.asked[n])
        spare = int64(holders.spare[holder])
        if may_pay_part(use, spare, asked, part_payment) == 1:
            out = draw(spare, min(asked, int64(links.out[user])))
            inside = draw(spare - out, min(asked - out, int64(links.inside[user])))
            holders.spare[holder] = spare - out - inside
            links.out[user] -= out
            links.inside[user] -= inside
            links.paid_out[n] = out
            links.paid_inside[n] = inside
        n = int64(links.after[n])


@compiled
def live_ring(
    keys: Any, asking: int, span: Bounds, ring: int, use: int, law: Any, holders: Holders, links: Links
) -> None:
    """Let askers ask and holders pay on one thread until nobody of the ring asks any more; `span` is room for 0, 0."""
    asking = ask(0, asking, ring, use, law, holders, links)
    while asking > 0:
        span[1] = asking
        pay_claims(keys, span[0:1], span[1:2], 0, holders.row.size, use, law, holders, links)
        asking = ask(0, asking, ring, use, law, holders, links)


@inlined
def _take(p: Columns, first: int, last: int, law: Any, holders: Holders) -> None:
    """Leave in the accounts of the holders of some places what they have not paid."""
    reserve = int64(law.reserve)
    for place in range(first, last):
        p.account[holders.row[place]] = holders.spare[place] + reserve


@compiled
def pay_premiums(p: Columns, first: int, last: int, law: Any, holders: Holders) -> None:
    """Take from the accounts of the holders of some places what they paid of relatives' resident premiums."""
    _take(p, first, last, law, holders)


@compiled
def pay_care(p: Columns, first: int, last: int, law: Any, holders: Holders) -> None:
    """Take from the accounts of the holders of some places what they paid of relatives' bills for care."""
    _take(p, first, last, law, holders)


@compiled
def list_paid(links: Links) -> int:
    """List the links by which something was paid, in the room of queues, which are empty; return how many they are."""
    n = int64(0)
    for link in range(links.holder.size):
        links.after[n] = link
        n += int64(links.paid_out[link] + links.paid_inside[link] > 0)
    return n


@compiled
def book_premiums(p: Columns, paid: int, links: Links, sums: Sums) -> None:
    """Add the premiums that accounts paid to the sums: less cash."""
    for k in range(paid):
        n = int64(links.after[k])
        sums.money[p.insured[links.row[links.user[n]]], Money.RESIDENT_CASH] -= int64(links.paid_out[n])


@compiled
def book_care(p: Columns, paid: int, links: Links, sums: Sums) -> None:
    """Note the bills that relatives' accounts paid: users paid less in cash; sums by user."""
    for k in range(paid):
        n = int64(links.after[k])
        out = int64(links.paid_out[n])
        inside = int64(links.paid_inside[n])
        i = int64(links.row[links.user[n]])
        p.family_account[i] += out + inside
        p.self_pay[i] -= out + inside
        pool = int64(p.insured[i])
        status = status_of(int64(p.work[i]), int64(p.scheme[i]))
        sums.care[pool, status, Care.OUTPATIENT, CareItem.FAMILY_ACCOUNT] += out
        sums.care[pool, status, Care.INPATIENT, CareItem.FAMILY_ACCOUNT] += inside
        sums.care[pool, status, Care.OUTPATIENT, CareItem.SELF_PAY] -= out
        sums.care[pool, status, Care.INPATIENT, CareItem.SELF_PAY] -= inside


@compiled
def book_between_pools(p: Columns, kind: int, paid: int, holders: Holders, links: Links, sums: Sums) -> None:
    """Add what accounts paid to the sums by pool of the holder and of the user."""
    for k in range(paid):
        n = int64(links.after[k])
        pool = int64(p.insured[links.row[links.user[n]]])
        paid_here = int64(links.paid_out[n]) + int64(links.paid_inside[n])
        sums.pairs[kind, int64(holders.pool[links.holder[n]]), pool] += paid_here
