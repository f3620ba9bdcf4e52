"""Close the year for people: bonuses on the critical-illness cap, maternity, and the heads at year end."""

from __future__ import annotations

from typing import Any

from agents.codes import Scheme, Sex, Work
from agents.compiled import float64, inlined, int64, phase
from agents.person import Columns, part_of
from model.phases.ground import Ground, Scratch, Sums, list_marked
from model.phases.joining import standing_of
from model.phases.standing import STATUSES, status_of
from model.phases.tally import AGES, EnrolmentItem, Head, Money, Need
from model.rules.enrolment import no_claim_steps

MOST = 255
HEADS = int(Head.NONE)
"""Heads at the end of the year stand in the order of `Status`."""
SCHEMES, WORKS, ITEMS = len(Scheme), len(Work), len(EnrolmentItem)


@phase
def count_bonuses(p: Columns, law: Any) -> None:
    """Add a step to the cap of critical-illness cover for a year without claims; clear the steps when one was used."""
    if law.waiting.in_force == 0:
        return
    lost = law.waiting.reading_r8
    for i in range(p.key.size):
        standing = standing_of(int64(p.scheme[i]), int64(p.age[i]))
        steps = no_claim_steps(int64(p.bonus_claims[i]), standing, int64(p.claimed[i]), lost)
        p.bonus_claims[i] = min(steps, MOST)


@phase
def pay_maternity(p: Columns, first: int, last: int, law: Any, ground: Ground, scratch: Scratch, sums: Sums) -> None:
    """Pay care and allowance at the birth of every child of a woman insured as an employee, and add what to expect."""
    cost = float64(law.employee.maternity_cost)
    people = part_of(p, first, last)
    for i in range(last - first):
        woman = (people.sex[i] == Sex.FEMALE) & (people.scheme[i] == Scheme.EMPLOYEE)
        fertile = ground.fertility[min(int64(people.age[i]), AGES - 1)] > 0.0
        scratch.marked[i] = int64((people.age[i] == 0) | (woman & fertile))
    for n in range(list_marked(scratch.marked[: last - first], scratch.chosen)):
        i = first + int64(scratch.chosen[n])
        mother = int64(p.mother[i])
        if p.age[i] == 0 and mother >= 0 and p.scheme[mother] == Scheme.EMPLOYEE:
            sums.money[int64(p.insured[mother]), Money.MATERNITY] += law.employee.maternity_cost
        if p.sex[i] == Sex.FEMALE and p.scheme[i] == Scheme.EMPLOYEE:
            hoped = int64(cost * ground.fertility[min(int64(p.age[i]), AGES - 1)] * ground.birth_level[p.home[i]])
            sums.need[int64(p.insured[i]), int64(Scheme.EMPLOYEE), Need.BIRTHS] += hoped


@phase
def count_heads(p: Columns, scratch: Scratch, sums: Sums) -> None:
    """Count who lives at the end of the year by pool of insurance, scheme and work."""
    for i in range(p.key.size):
        scratch.row[i] = (int64(p.insured[i]) * SCHEMES + int64(p.scheme[i])) * WORKS + int64(p.work[i])
    rows = sums.enrolment.reshape(-1, ITEMS)
    for i in range(p.key.size):
        alive = int64(p.dying[i] == 0)
        counts = rows[scratch.row[i]]
        counts[EnrolmentItem.PEOPLE] += alive
        counts[EnrolmentItem.MEMBERS] += alive * int64(p.scheme[i] != Scheme.NONE)


@inlined
def add_heads(sums: Sums) -> None:
    """Write the heads of every pool by standing, added up from the people counted by scheme and work.

    It replaces what it finds: only `count_heads` counts people, and both tables are emptied together.
    """
    for pool in range(sums.heads.shape[0]):
        for status in range(STATUSES):
            sums.heads[pool, HEADS + status] = 0
        for scheme in range(SCHEMES):
            for work in range(WORKS):
                people = sums.enrolment[pool, scheme, work, EnrolmentItem.PEOPLE]
                sums.heads[pool, HEADS + status_of(work, scheme)] += people
