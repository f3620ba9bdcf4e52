"""Own account, cash, and what relatives' accounts are asked for: who pays what the insurance leaves."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme
from agents.compiled import compiled_apart, inlined, int64
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Scratch, Sums
from model.phases.tally import CareItem
from model.rules.accounts import draw


@compiled_apart
def pay_rest(p: Columns, first: int, law: Any, scratch: Scratch, sums: Sums) -> None:
    """Pay what is left of every bill from the own account, then in cash; note what relatives are asked for.

    Accounts pay whatever is left, or only what is left inside the list, as the law says.
    """
    number = int64(0)
    for i in range(p.key.size):
        whole = int64(law.accounts.in_list_only == 0) | int64(p.scheme[i] == Scheme.NONE)
        scratch.listed_out[i] += whole * (scratch.rest_out[i] - scratch.listed_out[i])
        scratch.listed_in[i] += whole * (scratch.rest_in[i] - scratch.listed_in[i])
        scratch.chosen[number] = i
        number += int64((p.account[i] > 0) & (scratch.rest_out[i] + scratch.rest_in[i] > 0))
    for n in range(number):
        _own_account(p, int64(scratch.chosen[n]), law, scratch, sums)
    _ask_relatives(p, first, law, scratch)
    _cash(p, scratch, sums)


@inlined
def _ask_relatives(p: Columns, first: int, law: Any, scratch: Scratch) -> None:
    """Note what relatives' accounts are asked for of every bill of the insured."""
    shared = int64(law.accounts.scope > 0) * int64(law.accounts.pays_relatives_care == 1)
    part = law.accounts.family_use_share
    size = p.key.size
    outpatient, inpatient = scratch.need[0, first : first + size], scratch.need[1, first : first + size]
    for i in range(size):
        asks = shared * int64(p.scheme[i] != Scheme.NONE)
        outpatient[i] = asks * min(fen_share(scratch.rest_out[i], part), scratch.listed_out[i])
    for i in range(size):
        asks = shared * int64(p.scheme[i] != Scheme.NONE)
        inpatient[i] = asks * min(fen_share(scratch.rest_in[i], part), scratch.listed_in[i])


@inlined
def _add(p: Columns, i: int, item: int, out: int, inside: int, scratch: Scratch, sums: Sums) -> None:
    """Add a payment for outpatient and inpatient care to the sums."""
    pool = int64(p.insured[i])
    status = int64(scratch.status[i])
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
    _add(p, i, CareItem.OWN_ACCOUNT, out, inside, scratch, sums)


@inlined
def _cash(p: Columns, scratch: Scratch, sums: Sums) -> None:
    """Let everybody pay the rest in cash; what relatives' accounts pay of it comes back before the year ends."""
    for i in range(p.key.size):
        p.self_pay[i] = scratch.rest_out[i] + scratch.rest_in[i]
    for i in range(p.key.size):
        _add(p, i, CareItem.SELF_PAY, scratch.rest_out[i], scratch.rest_in[i], scratch, sums)
