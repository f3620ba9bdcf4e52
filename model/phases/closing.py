"""Close the year for people: bonuses on the critical-illness cap, inheritance, and the heads at year end."""

from __future__ import annotations

from typing import Any

from agents.codes import Scheme, Status
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Sums
from model.phases.joining import standing_of
from model.phases.standing import status_of
from model.phases.tally import EnrolmentItem, Head, Money, PairKind
from model.rules.enrolment import no_claim_steps

MOST = 255


@compiled
def count_bonuses(p: Columns, first: int, last: int, law: Any) -> None:
    """Add a step to the cap of critical-illness cover for a year without claims; clear the steps when one was used."""
    if law.waiting.in_force == 0:
        return
    for i in range(first, last):
        standing = standing_of(int64(p.scheme[i]), int64(p.age[i]))
        steps = no_claim_steps(int64(p.bonus_claims[i]), standing, int64(p.claimed[i]))
        p.bonus_claims[i] = min(steps, MOST)


@compiled
def leave_inheritance(p: Columns, bounds: Bounds, first_home: int, last_home: int, sums: Sums) -> None:
    """Pass the accounts of those who died to a spouse, child or parent at home with an account, else in cash."""
    for home in range(first_home, last_home):
        first = bounds[home]
        last = bounds[home + 1]
        for i in range(first, last):
            left = int64(p.account[i])
            if p.dying[i] == 0 or left == 0:
                continue
            p.account[i] = 0
            pool = int64(p.insured[i])
            heir = _heir(p, i, first, last)
            if heir < 0:
                sums.money[pool, Money.INHERIT_CASH] += left
            else:
                p.account[heir] += left
                sums.pairs[PairKind.INHERIT, pool, int64(p.insured[heir])] += left


@inlined
def _heir(p: Columns, i: int, first: int, last: int) -> int:
    """Return the first living spouse, else child or parent, at home in the employee scheme, or -1."""
    spouse = int64(p.spouse[i])
    if first <= spouse < last and p.dying[spouse] == 0 and p.scheme[spouse] == Scheme.EMPLOYEE:
        return spouse
    for j in range(first, last):
        close = p.mother[j] == i or p.father[j] == i or p.mother[i] == j or p.father[i] == j
        if close and p.dying[j] == 0 and p.scheme[j] == Scheme.EMPLOYEE:
            return j
    return int64(-1)


@compiled
def pay_maternity(p: Columns, first: int, last: int, law: Any, sums: Sums) -> None:
    """Pay care and allowance at the birth of every child of a woman insured as an employee."""
    for i in range(first, last):
        mother = int64(p.mother[i])
        if p.age[i] == 0 and mother >= 0 and p.scheme[mother] == Scheme.EMPLOYEE:
            sums.money[int64(p.insured[mother]), Money.MATERNITY] += law.employee.maternity_cost


@compiled
def count_heads(p: Columns, first: int, last: int, sums: Sums) -> None:
    """Count who lives at the end of the year by pool of insurance, scheme and work."""
    for i in range(first, last):
        if p.dying[i] == 1:
            continue
        pool = int64(p.insured[i])
        scheme = int64(p.scheme[i])
        work = int64(p.work[i])
        status = status_of(work, scheme)
        sums.enrolment[pool, scheme, work, EnrolmentItem.PEOPLE] += 1
        if status == Status.NONE:
            sums.heads[pool, Head.NONE] += 1
            continue
        sums.enrolment[pool, scheme, work, EnrolmentItem.MEMBERS] += 1
        if status == Status.ACTIVE:
            sums.heads[pool, Head.ACTIVE] += 1
        elif status == Status.RETIRED:
            sums.heads[pool, Head.RETIRED] += 1
        else:
            sums.heads[pool, Head.RESIDENT] += 1
