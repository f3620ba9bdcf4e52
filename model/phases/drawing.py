"""Own account, cash, and what relatives' accounts are asked for: who pays what the insurance leaves."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme
from agents.compiled import compiled_apart, inlined, int64
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Scratch, Sums
from model.phases.standing import status_of
from model.phases.tally import CareItem
from model.rules.accounts import draw


@compiled_apart
def pay_rest(p: Columns, first: int, law: Any, scratch: Scratch, sums: Sums) -> None:
    """Pay what is left of every bill from the own account, then in cash; note what relatives are asked for.

    Accounts pay whatever is left, or only what is left inside the list, as the law says.
    """
    shared = law.accounts.scope > 0 and law.accounts.pays_relatives_care == 1
    for i in range(p.key.size):
        scratch.need[0, first + i] = 0
        scratch.need[1, first + i] = 0
        if scratch.rest_out[i] + scratch.rest_in[i] == 0:
            continue
        if law.accounts.in_list_only == 0 or p.scheme[i] == Scheme.NONE:
            scratch.listed_out[i] = scratch.rest_out[i]
            scratch.listed_in[i] = scratch.rest_in[i]
        if p.account[i] > 0:
            _own_account(p, i, law, scratch, sums)
        if shared and p.scheme[i] != Scheme.NONE:
            part = law.accounts.family_use_share
            scratch.need[0, first + i] = min(fen_share(scratch.rest_out[i], part), scratch.listed_out[i])
            scratch.need[1, first + i] = min(fen_share(scratch.rest_in[i], part), scratch.listed_in[i])
        _cash(p, i, scratch, sums)


@inlined
def _add(p: Columns, i: int, item: int, out: int, inside: int, sums: Sums) -> None:
    """Add a payment for outpatient and inpatient care to the sums."""
    pool = int64(p.insured[i])
    status = status_of(int64(p.work[i]), int64(p.scheme[i]))
    sums.care[pool, status, Care.OUTPATIENT, item] += out
    sums.care[pool, status, Care.INPATIENT, item] += inside


@inlined
def _own_account(p: Columns, i: int, law: Any, scratch: Scratch, sums: Sums) -> None:
    """Draw on the person's own account, outpatient bills first."""
    part = law.accounts.use_share
    out = draw(int64(p.account[i]), min(fen_share(scratch.rest_out[i], part), scratch.listed_out[i]))
    inside = draw(int64(p.account[i]) - out, min(fen_share(scratch.rest_in[i], part), scratch.listed_in[i]))
    if out + inside == 0:
        return
    p.account[i] -= out + inside
    p.own_account[i] = out + inside
    scratch.rest_out[i] -= out
    scratch.rest_in[i] -= inside
    scratch.listed_out[i] -= out
    scratch.listed_in[i] -= inside
    _add(p, i, CareItem.OWN_ACCOUNT, out, inside, sums)


@inlined
def _cash(p: Columns, i: int, scratch: Scratch, sums: Sums) -> None:
    """Let the person pay the rest in cash; what relatives' accounts pay of it comes back before the year ends."""
    out = scratch.rest_out[i]
    inside = scratch.rest_in[i]
    p.self_pay[i] = out + inside
    _add(p, i, CareItem.SELF_PAY, out, inside, sums)
