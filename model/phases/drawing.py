"""Own account, relatives' accounts, cash: who pays what the insurance leaves."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme
from agents.compiled import compiled, inlined, int64
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Bounds, Ground, Scratch, Sums
from model.phases.paying import may_use
from model.phases.standing import status_of
from model.phases.tally import CareItem, PairKind
from model.rules.accounts import draw


@compiled
def pay_rest(
    p: Columns, bounds: Bounds, first_home: int, last_home: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums
) -> None:
    """Pay what is left of every bill: from the own account, then relatives' accounts in the home, then in cash."""
    origin = bounds[first_home]
    for home in range(first_home, last_home):
        first = bounds[home]
        last = bounds[home + 1]
        holders = int64(0)
        for i in range(first, last):
            if int64(p.account[i]) > 0:
                _own_account(p, i, i - origin, law, scratch, sums)
                holders += int64(p.account[i] > law.accounts.reserve)
        for i in range(first, last):
            k = i - origin
            if scratch.rest_out[k] + scratch.rest_in[k] == 0:
                continue
            if holders > 0 and law.accounts.scope > 0 and p.scheme[i] != Scheme.NONE:
                _relatives(p, i, k, first, last, law, ground, scratch, sums)
            _cash(p, i, k, scratch, sums)


@inlined
def _add(p: Columns, i: int, item: int, out: int, inside: int, sums: Sums) -> None:
    """Add a payment for outpatient and inpatient care to the sums."""
    pool = int64(p.insured[i])
    status = status_of(int64(p.work[i]), int64(p.scheme[i]))
    sums.care[pool, status, Care.OUTPATIENT, item] += out
    sums.care[pool, status, Care.INPATIENT, item] += inside


@inlined
def _own_account(p: Columns, i: int, k: int, law: Any, scratch: Scratch, sums: Sums) -> None:
    """Draw on the person's own account, outpatient bills first."""
    out = draw(int64(p.account[i]), fen_share(scratch.rest_out[k], law.accounts.use_share))
    inside = draw(int64(p.account[i]) - out, fen_share(scratch.rest_in[k], law.accounts.use_share))
    if out + inside == 0:
        return
    p.account[i] -= out + inside
    p.own_account[i] = out + inside
    scratch.rest_out[k] -= out
    scratch.rest_in[k] -= inside
    _add(p, i, CareItem.OWN_ACCOUNT, out, inside, sums)


@inlined
def _relatives(
    p: Columns, i: int, k: int, first: int, last: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums
) -> None:
    """Draw on relatives' accounts in the home, in the order they lie there, above what holders keep for themselves."""
    user = int64(p.insured[i])
    want_out = min(fen_share(scratch.rest_out[k], law.accounts.family_use_share), scratch.rest_out[k])
    want_in = min(fen_share(scratch.rest_in[k], law.accounts.family_use_share), scratch.rest_in[k])
    for j in range(first, last):
        spare = int64(p.account[j]) - law.accounts.reserve
        if j == i or spare <= 0 or want_out + want_in == 0 or not may_use(p, j, i, law, ground):
            continue
        out = draw(spare, want_out)
        inside = draw(spare - out, want_in)
        want_out -= out
        want_in -= inside
        scratch.rest_out[k] -= out
        scratch.rest_in[k] -= inside
        p.account[j] -= out + inside
        p.family_account[i] += out + inside
        sums.pairs[PairKind.FAMILY_ACCOUNT, int64(p.insured[j]), user] += out + inside
        _add(p, i, CareItem.FAMILY_ACCOUNT, out, inside, sums)


@inlined
def _cash(p: Columns, i: int, k: int, scratch: Scratch, sums: Sums) -> None:
    """Let the person pay the rest in cash."""
    out = scratch.rest_out[k]
    inside = scratch.rest_in[k]
    p.self_pay[i] = out + inside
    _add(p, i, CareItem.SELF_PAY, out, inside, sums)
