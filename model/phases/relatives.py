"""Relatives' accounts: users ask, holders pay, pass after pass; the holder alone writes the account.

In every ring a user asks one holder at a time for what is left of the need; every holder pays those who ask in the
order of their keys. Between asking and paying all threads wait for each other, so the result knows no thread.
"""

from __future__ import annotations

from typing import Any

from agents.codes import Care
from agents.columns import Array
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from agents.sharing import asked_before, asked_for
from model.phases.ground import Bounds, Sums
from model.phases.holding import Holders
from model.phases.links import Links
from model.phases.standing import status_of
from model.phases.tally import CareItem, Money
from model.rules.accounts import draw
from model.rules.codes import Use
from model.rules.sharing import may_pay_part


@inlined
def _still_open(first: int, last: int, anew: bool, use: int, part_payment: int, holders: Holders, links: Links) -> int:
    """Keep those of the open links [first:last], or of all, whose user needs more and whose holder has money.

    They are listed from `first` on; returns where the list ends.
    """
    end = int64(first)
    for at in range(first, last):
        n = int64(at) if anew else int64(links.open[at])
        user = int64(links.user[n])
        left = int64(links.out[user]) + int64(links.inside[user])
        spare = int64(holders.spare[links.holder[n]])
        links.open[end] = n
        end += int64((left > 0) & (spare > 0) & (may_pay_part(use, spare, left, part_payment) == 1))
    return end


@compiled
def ask(first: int, last: int, anew: bool, use: int, law: Any, holders: Holders, links: Links) -> tuple[int, int]:
    """Let users choose the next holder among the open links [first:last] of a ring, or, if anew, among all of these.

    Claims and the links that stay open are listed from `first` on; returns where both end.
    """
    last = _still_open(first, last, anew, use, 1 - law.reading_s6, holders, links)
    whole = use == Use.CONTRIBUTION and law.reading_s6 == 1
    claims = int64(first)
    left_open = int64(first)
    at = int64(first)
    while at < last:
        best = int64(links.open[at])
        user = links.user[best]
        holder = int64(links.holder[best])
        together = int64(holders.spare[holder])
        at += 1
        while at < last and links.user[links.open[at]] == user:
            n = int64(links.open[at])
            other = int64(links.holder[n])
            together += int64(holders.spare[other])
            if asked_before(
                law.order, int64(holders.turn[other]), int64(holders.spare[other]), holders.key[other],
                int64(holders.turn[holder]), int64(holders.spare[holder]), holders.key[holder],
            ):  # fmt: skip
                n, best = best, n
                holder = other
            links.open[left_open] = n
            left_open += 1
            at += 1
        left = int64(links.out[user]) + int64(links.inside[user])
        links.asked[best] = left if whole else asked_for(law.order, left, int64(holders.spare[holder]), together)
        links.claims[claims] = best
        claims += 1
    return claims, left_open


@compiled
def gather(starts: Bounds, ends: Bounds, links: Links) -> int:
    """Bring the open links of all ranges together, to where the first begins; return where they end [row]."""
    end = int64(starts[0])
    for part in range(starts.size):
        for at in range(starts[part], ends[part]):
            links.open[end] = links.open[at]
            end += 1
    return end


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


@inlined
def _own_claims(starts: Bounds, ends: Bounds, first: int, last: int, links: Links, own: Array) -> int:
    """List the claims on the holders of some places; return how many they are."""
    number = int64(0)
    for part in range(starts.size):
        for c in range(starts[part], ends[part]):
            n = int64(links.claims[c])
            holder = int64(links.holder[n])
            own[number] = n
            number += int64((first <= holder) & (holder < last))
    return number


@inlined
def _pay_in_full(number: int, holders: Holders, links: Links, own: Array) -> int:
    """Pay the claims on holders who have enough for all who ask them; keep the others and return how many they are."""
    for k in range(number):
        holders.spare[links.holder[own[k]]] -= int64(links.asked[own[k]])
    short = int64(0)
    for k in range(number):
        n = int64(own[k])
        user = int64(links.user[n])
        lacks = int64(holders.spare[links.holder[n]] < 0)
        paid = int64(links.asked[n]) * (1 - lacks)
        out = min(paid, int64(links.out[user]))
        links.out[user] -= out
        links.inside[user] -= paid - out
        links.paid[n] = paid
        own[short] = n
        short += lacks
    for k in range(short):
        holders.spare[links.holder[own[k]]] += int64(links.asked[own[k]])
    return short


@compiled
def pay_claims(
    keys: Any, starts: Bounds, ends: Bounds, first: int, last: int, use: int, law: Any, holders: Holders, links: Links,
    own: Array,
) -> None:  # fmt: skip
    """Let the holders of some places pay the claims of a pass, each in the order of the users' keys.

    `keys` are everybody's; `own` is room for claims.
    """
    number = _own_claims(starts, ends, first, last, links, own)
    short = _pay_in_full(number, holders, links, own)
    for k in range(short):
        _queue(own[k], keys, holders, links)
    for k in range(short):
        _pay_queue(int64(links.holder[own[k]]), use, 1 - law.reading_s6, holders, links)


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
            links.paid[n] = out + inside
        n = int64(links.after[n])


@compiled
def live_ring(
    keys: Any, span: Bounds, anew: bool, use: int, law: Any, holders: Holders, links: Links, own: Array
) -> None:
    """Let users ask and holders pay on one thread until no link is open any more.

    `span` [2] is where the open links, or if anew all those of the ring, begin and end; `own` is room for claims.
    """
    first = int64(span[0])
    claims, left_open = ask(first, span[1], anew, use, law, holders, links)
    while claims > first:
        span[1] = claims
        pay_claims(keys, span[0:1], span[1:2], 0, holders.row.size, use, law, holders, links, own)
        claims, left_open = ask(first, left_open, False, use, law, holders, links)


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


@inlined
def _helped(need: Any, links: Links) -> int:
    """List the users for whom something was paid, in the room of queues, which are empty; return how many they are."""
    helped = int64(0)
    for user in range(links.row.size):
        i = int64(links.row[user])
        links.after[helped] = user
        helped += int64((need[0, i] != links.out[user]) | (need[1, i] != links.inside[user]))
    return helped


@compiled
def book_premiums(p: Columns, need: Any, links: Links, sums: Sums) -> None:
    """Add the premiums that accounts paid to the sums: less cash."""
    for k in range(_helped(need, links)):
        user = int64(links.after[k])
        i = int64(links.row[user])
        sums.money[p.insured[i], Money.RESIDENT_CASH] -= int64(need[0, i]) - int64(links.out[user])


@compiled
def book_care(p: Columns, need: Any, links: Links, sums: Sums) -> None:
    """Note the bills that relatives' accounts paid: users paid less in cash; sums by user."""
    for k in range(_helped(need, links)):
        user = int64(links.after[k])
        i = int64(links.row[user])
        out = int64(need[0, i]) - int64(links.out[user])
        inside = int64(need[1, i]) - int64(links.inside[user])
        p.family_account[i] += out + inside
        p.self_pay[i] -= out + inside
        pool = int64(p.insured[i])
        status = status_of(int64(p.work[i]), int64(p.scheme[i]))
        sums.care[pool, status, Care.OUTPATIENT, CareItem.FAMILY_ACCOUNT] += out
        sums.care[pool, status, Care.INPATIENT, CareItem.FAMILY_ACCOUNT] += inside
        sums.care[pool, status, Care.OUTPATIENT, CareItem.SELF_PAY] -= out
        sums.care[pool, status, Care.INPATIENT, CareItem.SELF_PAY] -= inside


@compiled
def book_between_pools(p: Columns, kind: int, holders: Holders, links: Links, sums: Sums) -> None:
    """Add what accounts paid to the sums by pool of the holder and of the user."""
    paid = int64(0)
    for n in range(links.holder.size):
        links.claims[paid] = n
        paid += int64(links.paid[n] > 0)
    for k in range(paid):
        n = int64(links.claims[k])
        pool = int64(p.insured[links.row[links.user[n]]])
        sums.pairs[kind, int64(holders.pool[links.holder[n]]), pool] += int64(links.paid[n])
