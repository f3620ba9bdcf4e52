"""What is counted of people outside the year's phases: whole numbers that parts of a world add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Scheme, Status, Work
from agents.columns import Array, Table
from agents.compiled import compiled, int64
from model.data.apportion import largest_remainder
from model.phases.standing import status_of
from model.phases.tally import AGES, CHRONIC_LEVELS, EnrolmentItem, Head, Money, Tally

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
HEADS = [int(Head[status.name]) for status in Status]
"""The columns of heads in which each standing is counted."""
KINDS = (Status.ACTIVE, Status.RETIRED, Status.RESIDENT)
"""Standings of members, as their ages are counted."""


@compiled
def _standings(work: Array, scheme: Array, standing: Array) -> None:
    """Write everybody's standing as a member."""
    for row in range(work.size):
        standing[row] = status_of(int64(work[row]), int64(scheme[row]))


def _standing(people: Table) -> Whole:
    """Return everybody's standing as a member."""
    standing = np.empty(len(people), np.int64)
    _standings(people.work, people.scheme, standing)
    return standing


def heads(people: Table, pools: int) -> Whole:
    """Return heads by pool [persons], as a year's tally counts them."""
    kinds = len(Status)
    counts = np.zeros((pools, len(Head)), np.int64)
    cells = _standing(people) + people.insured.astype(np.int64) * kinds
    counts[:, HEADS] = np.bincount(cells, minlength=pools * kinds).reshape(pools, kinds)
    return counts


def profile(people: Table, death: Floats) -> Floats:
    """Return heads by standing, illness, age and expected death at rates by sex and age [persons]."""
    shape = len(Status), CHRONIC_LEVELS, AGES
    age = np.minimum(people.age, AGES - 1).astype(np.int64)
    cells = (_standing(people) * CHRONIC_LEVELS + people.chronic) * AGES + age
    dying = death.ravel()[people.sex * np.int64(death.shape[1]) + age]
    counts = [np.bincount(cells, weight, minlength=math.prod(shape)) for weight in (1.0 - dying, dying)]
    return np.stack([count.reshape(shape) for count in counts], axis=-1)


def held_by_employees(people: Table) -> int:
    """Return what members of the employee scheme hold in accounts [fen, simulated people]."""
    return int(people.account[people.scheme == Scheme.EMPLOYEE].sum())


def members_by_age(people: Table, pools: int) -> Whole:
    """Return members by standing, pool and age [persons]."""
    standing, age = _standing(people), np.minimum(people.age, AGES - 1)
    counts = np.zeros((len(KINDS), pools, AGES), np.int64)
    for place, status in enumerate(KINDS):
        chosen = standing == status
        cells = people.insured[chosen].astype(np.int64) * AGES + age[chosen]
        counts[place] = np.bincount(cells, minlength=pools * AGES).reshape(pools, AGES)
    return counts


READS = {
    heads: ("work", "scheme", "insured"),
    profile: ("work", "scheme", "chronic", "age", "sex"),
    held_by_employees: ("account", "scheme"),
    members_by_age: ("work", "scheme", "insured", "age"),
}
"""The columns of people from which each of these counts."""


def weighed_by_age(members: Whole, age_cost: Floats, weight: int) -> Floats:
    """Return members weighted by what care at their age costs in their standing [pool, scheme; fen]."""
    sums = np.zeros((members.shape[1], len(Scheme)))
    for status, counts in zip(KINDS, members, strict=True):
        scheme = Scheme.RESIDENT if status == Status.RESIDENT else Scheme.EMPLOYEE
        sums[:, scheme] += (counts * float(weight) * age_cost[status]).sum(axis=1)
    return sums


def add_duplicates(tally: Tally, law: Any, weight: int, subsidy: Whole) -> None:
    """Add memberships held twice: counted and, where the law says so, subsidised; they make no claims.

    Args:
        tally: the year's sums, written.
        law: the law of enrolment in force.
        weight: the people for whom each simulated one stands.
        subsidy: what centre, province and place add for a resident, by pool [pool, level; fen].

    """
    total = int(law.duplicates) // weight
    residents = tally.heads[:, Head.COVERED_RESIDENT]
    if total == 0 or residents.sum() == 0:
        return
    held = largest_remainder(total, residents)
    tally.heads[:, Head.DUPLICATES] += held
    tally.enrolment[:, Scheme.RESIDENT, Work.NOT_WORKING, EnrolmentItem.MEMBERS] += held
    if law.duplicate_subsidised:
        for level, money in enumerate((Money.SUBSIDY_CENTRE, Money.SUBSIDY_PROVINCE, Money.SUBSIDY_PREFECTURE)):
            tally.money[:, money] += held * subsidy[:, level]
