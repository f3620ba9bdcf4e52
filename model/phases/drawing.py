"""Own account, cash, and what relatives' accounts are asked for: who pays what the insurance leaves."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Scheme
from agents.compiled import inlined, int64, phase
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Scratch, Sums, list_marked
from model.phases.tally import CareItem
from model.rules.accounts import draw

KINDS, ITEMS = len(Care), len(CareItem)


@phase
def pay_rest(p: Columns, first: int, law: Any, scratch: Scratch, sums: Sums) -> None:
    """Pay what is left of every bill from the own account, then in cash; note what relatives are asked for.

    Accounts pay whatever is left, or only what is left inside the list, as the law says.
    """
    _draw_own(p, law, scratch)
    cares = sums.care.reshape(-1, KINDS, ITEMS)
    for n in range(list_marked(p.own_account, scratch.chosen)):
        i = int64(scratch.chosen[n])
        care = cares[scratch.row[i]]
        care[Care.OUTPATIENT, CareItem.OWN_ACCOUNT] += scratch.paid_out[i]
        care[Care.INPATIENT, CareItem.OWN_ACCOUNT] += scratch.paid_in[i]
    _pay_or_ask(p, first, law, scratch)
    for i in range(p.key.size):
        care = cares[scratch.row[i]]
        care[Care.OUTPATIENT, CareItem.SELF_PAY] += scratch.rest_out[i]
        care[Care.INPATIENT, CareItem.SELF_PAY] += scratch.rest_in[i]


@inlined
def _draw_own(p: Columns, law: Any, scratch: Scratch) -> None:
    """Draw on everybody's own account, outpatient bills first, and note what it paid."""
    part = law.accounts.use_share
    anything = int64(law.accounts.in_list_only == 0)
    for i in range(p.key.size):
        whole = anything | int64(p.scheme[i] == Scheme.NONE)
        listed_out = scratch.listed_out[i] + whole * (scratch.rest_out[i] - scratch.listed_out[i])
        listed_in = scratch.listed_in[i] + whole * (scratch.rest_in[i] - scratch.listed_in[i])
        balance = int64(p.account[i])
        out = draw(balance, min(fen_share(scratch.rest_out[i], part), listed_out))
        inside = draw(balance - out, min(fen_share(scratch.rest_in[i], part), listed_in))
        p.account[i] = balance - out - inside
        p.own_account[i] = out + inside
        scratch.paid_out[i] = out
        scratch.paid_in[i] = inside
        scratch.rest_out[i] -= out
        scratch.rest_in[i] -= inside
        scratch.listed_out[i] = listed_out - out
        scratch.listed_in[i] = listed_in - inside


@inlined
def _pay_or_ask(p: Columns, first: int, law: Any, scratch: Scratch) -> None:
    """Let everybody pay the rest in cash, and note what relatives' accounts are asked for of bills of the insured.

    What relatives pay of it comes back before the year ends.
    """
    shared = int64(law.accounts.scope > 0) * int64(law.accounts.pays_relatives_care == 1)
    part = law.accounts.family_use_share
    size = p.key.size
    outpatient, inpatient = scratch.need[0, first : first + size], scratch.need[1, first : first + size]
    for i in range(size):
        asks = shared * int64(p.scheme[i] != Scheme.NONE)
        outpatient[i] = asks * min(fen_share(scratch.rest_out[i], part), scratch.listed_out[i])
        inpatient[i] = asks * min(fen_share(scratch.rest_in[i], part), scratch.listed_in[i])
        p.self_pay[i] = scratch.rest_out[i] + scratch.rest_in[i]
