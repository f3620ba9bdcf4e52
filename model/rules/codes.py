"""Words that only the rules need, as small integers: levies, uses of an account, areas, years of a history."""

from __future__ import annotations

from enum import IntEnum

NO_CEILING = -1  # a yearly ceiling below zero means that there is none


class Link(IntEnum):
    """What a resident's contribution is linked to, as the law numbers it."""

    FLAT = 0
    PLACE = 1
    GREATER = 2
    OWN = 3
    FIFTH = 4
    FAMILY = 5


class CoUse(IntEnum):
    """Which rule on family co-use is in force, named by its year."""

    FAMILY = 2021
    NEAR_RELATIVES = 2024


class Use(IntEnum):
    """What account money is asked to pay."""

    CARE = 0
    DRUGS = 1
    DEVICES = 2
    CONTRIBUTION = 3
    OUTSIDE_LIST = 4
    FUND_PART = 5
    HOLDERS_RATE = 6
    OTHER_PHARMACY = 7
    GYM = 8


class Area(IntEnum):
    """Where the user is insured, seen from the holder's pooling area."""

    SAME_POOL = 0
    SAME_PROVINCE = 1
    OTHER_PROVINCE = 2


class Away(IntEnum):
    """How somebody is treated outside the pool of insurance."""

    NOT = 0
    REGISTERED = 1
    REFERRED = 2
    UNREGISTERED = 3
    UNPAID = 4


class Ring(IntEnum):
    """Whose need an account meets first: a ring is paid when nobody of the ring before is left to pay."""

    FAMILY = 0
    NEAR_RELATIVES = 1
    PROVINCE = 2
    NATION = 3


class Tie(IntEnum):
    """Whether a relative by common speech is one in civil law, and by what."""

    PLAIN = 0
    LAW_ONLY = 1
    LIFE_ONLY = 2


class City(IntEnum):
    """Size class of a city by resident urban population."""

    SMALL = 0
    MEDIUM = 1
    LARGE = 2
    VERY_LARGE = 3
    SUPER_LARGE = 4


class Entrant(IntEnum):
    """In which capacity a person asks to join where the person lives."""

    EMPLOYED = 0
    FLEXIBLE = 1
    CHILD = 2
    ADULT = 3


class Standing(IntEnum):
    """How a year of a person's history was covered."""

    MISSED = 0
    IN_WINDOW = 1
    LATE = 2
    NEWBORN = 3
    EMPLOYEE = 4


class Claim(IntEnum):
    """What the fund paid for a resident in a year."""

    NONE = 0
    FUND = 1
    CRITICAL = 2
    BONUS = 3


class EmployeeYear(IntEnum):
    """What a year in the employee scheme does to the count of consecutive resident years."""

    RESTARTS = 0
    PAUSES = 1
    COUNTS = 2
