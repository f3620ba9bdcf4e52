"""Leave an inheritance: accounts of the dead go to relatives wherever they live, else to the family in cash.

The first heir with an account of the own takes it: the spouse, the child with the lowest key, the mother, the father.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.codes import Scheme
from agents.compiled import compiled, inlined, int64
from agents.numeric import fen_share
from agents.person import Columns
from model.phases.ground import Bounds
from model.phases.tally import Money, PairKind

SEEKS = 2
"""Stands in the column of deaths while the heirs of an estate are sought among all people."""


@inlined
def can_inherit(p: Columns, i: int) -> bool:
    """Say whether a relative's row holds somebody who lives and has an account."""
    return bool(i >= 0 and p.dying[i] == 0 and p.scheme[i] == Scheme.EMPLOYEE)


@compiled
def list_estates(p: Columns, first: int, last: int, rows: Bounds) -> int:
    """List those who died with money in their account, mark those without a spouse to inherit; return how many."""
    dead = int64(0)
    for i in range(first, last):
        rows[dead] = i
        dead += int64(p.dying[i] == 1)
    n = int64(0)
    for i in rows[:dead]:
        if p.account[i] > 0:
            if not can_inherit(p, int64(p.spouse[i])):
                p.dying[i] = SEEKS
            rows[n] = i
            n += 1
    return n


@compiled
def list_children(p: Columns, first: int, last: int, rows: Bounds, parents: Bounds, children: Bounds) -> int:
    """List children with an account of those whose estate seeks an heir; return how many pairs there are.

    `rows` is room for some people at once, `parents` and `children` for two pairs of everybody and one more.
    """
    n = int64(0)
    for start in range(first, last, rows.size):
        holders = int64(0)
        for i in range(start, min(start + rows.size, last)):
            rows[holders] = i
            holders += int64(p.scheme[i] == Scheme.EMPLOYEE) & int64(p.dying[i] == 0)
        for k in range(holders):
            i = rows[k]
            for parent in (int64(p.mother[i]), int64(p.father[i])):
                parents[n] = parent
                children[n] = i
                n += int64(parent >= 0) & int64(p.dying[max(parent, 0)] == SEEKS)
    return n


@compiled
def leave_inheritance(
    p: Columns, rows: Bounds, parents: Bounds, children: Bounds, law: Any, pairs: Any, money: Any
) -> None:
    """Pass on the accounts of the dead: the share that heirs take over to their accounts, the rest in cash.

    `rows` are the dead, `parents` those of them with children to inherit, ascending, with one child each.
    """
    for i in rows:
        heir = int64(-1)
        if p.dying[i] == SEEKS:
            at = np.searchsorted(parents, i)
            if at < parents.size and parents[at] == i:
                heir = children[at]
            elif can_inherit(p, int64(p.mother[i])):
                heir = int64(p.mother[i])
            elif can_inherit(p, int64(p.father[i])):
                heir = int64(p.father[i])
        else:
            heir = int64(p.spouse[i])
        p.dying[i] = 1
        pool = int64(p.insured[i])
        left = int64(p.account[i])
        p.account[i] = 0
        if heir >= 0:
            kept = fen_share(left, law.accounts.inherit_to_accounts)
            p.account[heir] += kept
            pairs[PairKind.INHERIT, pool, int64(p.insured[heir])] += kept
            left -= kept
        money[pool, Money.INHERIT_CASH] += left


def first_children(p: Columns, parents: Bounds, children: Bounds) -> tuple[Bounds, Bounds]:
    """Return each parent once, ascending, with the child of the lowest key."""
    order = np.lexsort((p.key[children], parents))
    parents, at = np.unique(parents[order], return_index=True)
    return parents, children[order][at]
