"""What the people of a year add up to, by pool: whole fen and heads of simulated people, before the weight.

Pools see people only through these sums. They are int64, so any number of threads and any order give the same bits.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from agents.codes import Care, Scheme, Status, Tier, Work


class Money(IntEnum):
    """Money that one pool's people pay or are credited in a year [fen]."""

    PERSON_TO_ACCOUNT = 0
    PERSON_TO_POOL = 1
    EMPLOYER = 2
    UNEMPLOYMENT = 3
    CREDIT = 4
    RESIDENT_CASH = 5
    RESIDENT_HELP = 6
    LARGE_SUM_PREMIUM = 7
    ACCOUNT_INTEREST = 8
    MATERNITY = 9
    INHERIT_CASH = 10
    SUBSIDY_CENTRE = 11
    SUBSIDY_PROVINCE = 12
    SUBSIDY_PREFECTURE = 13
    LARGE_SUM_FROM_ACCOUNT = 14
    EMPLOYEE_HELP = 15
    CARE_INSURANCE = 16


class Head(IntEnum):
    """Persons insured in a pool at the end of the year."""

    NONE = 0
    ACTIVE = 1
    RETIRED = 2
    RESIDENT = 3
    SUBSIDISED = 4
    DUPLICATES = 5
    COVERED_ACTIVE = 6
    COVERED_RETIRED = 7
    COVERED_RESIDENT = 8


class CareItem(IntEnum):
    """Visits, cost [fen] and who pays it [fen], by pool of insurance, status and kind of care."""

    VISITS = 0
    COST = 1
    BASIC = 2
    CRITICAL = 3
    LARGE_SUM = 4
    ASSISTANCE = 5
    OWN_ACCOUNT = 6
    FAMILY_ACCOUNT = 7
    SELF_PAY = 8
    AWAY_COST = 9
    """Cost outside the pool of insurance."""
    VISIT_COST = 10
    """Cost of visits or stays alone, without pharmacies and treatment of chronic illness."""


class PairKind(IntEnum):
    """Money that passes from an account held in one pool to somebody insured in another [fen]."""

    FAMILY_ACCOUNT = 0
    PREMIUM = 1
    INHERIT = 2
    MOVE = 3


class ListedItem(IntEnum):
    """Cost of stays inside the insurance's list and the basic benefit paid for them [fen]."""

    COST = 0
    BASIC = 1


class EnrolmentItem(IntEnum):
    """Counts of people by pool of insurance, scheme and work at the end of the year."""

    PEOPLE = 0
    MEMBERS = 1
    ENTERED = 2
    LAPSED = 3
    RETURNED = 4
    WAITING = 5


CHRONIC_LEVELS = 3


class Need(IntEnum):
    """What a pool's members need: as drawn, as expected at their standing and age, and of their illnesses too."""

    DRAWN_VISITS = 0
    DRAWN_TREATMENT = 1
    DRAWN_STAYS = 2
    VISITS = 3
    TREATMENT = 4
    STAYS = 5
    MORBIDITY = 6
    BIRTHS = 7
    """Maternity benefit to be expected of women insured as employees."""
    DRAWN_BEYOND = 8
    """Of the stays drawn, what lies beyond a large cost (`care.large_stay`)."""


CARES = 3
"""Kinds of care whose cost is weighed: visits, treatment of chronic illness out of hospital, stays."""
AGES = 101

Int64Array = NDArray[np.int64]
SUMS = ("money", "heads", "care", "pairs", "enrolment", "profile", "need", "listed")


@dataclass(frozen=True)
class Tally:
    """The sums of one year (or of one thread's share of it)."""

    money: Int64Array
    heads: Int64Array
    care: Int64Array
    pairs: Int64Array
    enrolment: Int64Array
    profile: Int64Array
    """Heads by status, chronic illness, age and whether they die this year."""
    need: Int64Array
    """Cost of care by pool of insurance, scheme and `Need`, at prices of 1 [fen]."""
    listed: Int64Array
    """Cost of stays inside the list and what basic cover paid of it, by scheme and level of hospital [fen]."""

    @classmethod
    def empty(cls, pools: int) -> Tally:
        """Return sums of zero for a number of pools."""
        return cls(
            money=np.zeros((pools, len(Money)), np.int64),
            heads=np.zeros((pools, len(Head)), np.int64),
            care=np.zeros((pools, len(Status), len(Care), len(CareItem)), np.int64),
            pairs=np.zeros((len(PairKind), pools, pools), np.int64),
            enrolment=np.zeros((pools, len(Scheme), len(Work), len(EnrolmentItem)), np.int64),
            profile=np.zeros((len(Status), CHRONIC_LEVELS, AGES, 2), np.int64),
            need=np.zeros((pools, len(Scheme), len(Need)), np.int64),
            listed=np.zeros((len(Scheme), len(Tier), len(ListedItem)), np.int64),
        )

    def add(self, other: Tally, names: Collection[str] = SUMS) -> None:
        """Add another tally's sums of some names, in place."""
        for name in names:
            mine: Int64Array = getattr(self, name)
            mine += getattr(other, name)

    def clear(self, names: Collection[str] = SUMS) -> None:
        """Set the sums of some names to zero, in place."""
        for name in names:
            getattr(self, name)[...] = 0

    @property
    def moves(self) -> Int64Array:
        """Balances of accounts that move with their owners [from pool, to pool; fen]."""
        return np.asarray(self.pairs[PairKind.MOVE])

    def arrays(self) -> tuple[Int64Array, ...]:
        """Return all sums."""
        return tuple(getattr(self, name) for name in SUMS)
