"""Home families: couples, their children, and grandparents who live with them; nobody's age or sex is changed.

Families are built inside a pool's town or country people. Every home ends with one head, the row that names the
household: a couple's wife or a person without spouse. Children and grown-up children without family of their own join
the woman nearest to the age their mother would have; elderly people join the home of a child until the pool has the
census's number of households.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Sex
from agents.compiled import compiled, int64
from model.data import province_index
from model.synthesis import elders
from model.synthesis.homes import ADULT, quotas
from model.synthesis.marriage import MARRIED, NEVER
from model.synthesis.matching import (
    NONE,
    OLDEST_FATHER,
    OLDEST_MOTHER,
    YOUNGEST_FATHER,
    YOUNGEST_MOTHER,
    Providers,
    cells,
    pairs,
)
from model.synthesis.tools import (
    HALF,
    PLACE,
    Columns,
    Seed,
    choose,
    draws_of,
    mixed,
    place_counts,
    starts_of,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

COUPLES, LEFT, CHILDREN, RETURN, OTHERS = 20, 21, 22, 40, 50  # streams of chance, as in `elders`
JITTER = 6.0  # years over which the order of ages is shaken before couples are matched
SPAN_OF_LIFE = 200  # any age will do
MOST_CHILDREN = 4
TRIES = 4
MOST_AT_FIRST = (1, 1, 2, 4)  # children a home takes at each try, so that neighbours share them
GRAND_LOW, GRAND_HIGH = 40, 78  # years between a grandparent and a child


class Families:
    """The homes being built: heads, spouses and parents by row."""

    def __init__(
        self,
        columns: Columns,
        status: NDArray[np.int8],
        apart: NDArray[np.bool_],
        seed: Seed,
        assumptions: Mapping[str, float],
    ) -> None:
        """Start with everybody as the head of a home of one; `apart` live alone or in collective quarters."""
        size = len(status)
        self.columns, self.status, self.apart, self.seed, self.assumptions = columns, status, apart, seed, assumptions
        self.age, self.sex = columns["age"], columns["sex"]
        self.note_strata()
        self.cell_at_home = cells(columns["home"], self.age)
        self.minors = np.flatnonzero(self.age < ADULT)
        self.with_family = (status != NEVER) & ~apart
        self.head, self.leads = np.arange(size, dtype=np.int64), np.ones(size, dtype=np.bool_)
        self.spouse, self.mother, self.father = (np.full(size, NONE, dtype=np.int64) for _ in range(3))
        self.no_parent = np.ones(size, dtype=np.bool_)
        self.room = np.full(size, MOST_CHILDREN, dtype=np.int8)
        self.left_behind = np.zeros(size, dtype=np.bool_)

    def note_strata(self) -> None:
        """Note each row's stratum, the town or country people of a pool, and its cell of stratum and age."""
        self.stratum = self.columns["home"] * 2 + self.columns["urban"]
        self.cell = cells(self.stratum, self.age)

    def draws(self, stream: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a uniform number of each of some rows."""
        return draws_of(self.seed, Purpose.SYNTHESIS_FAMILY, stream, rows)

    def homes(self) -> NDArray[np.int64]:
        """Return the number of homes of each pool."""
        return np.bincount(self.columns["home"].compress(self.leads), minlength=len(province_index()))

    def sizes(self) -> NDArray[np.int64]:
        """Return for each row how many belong to the home it heads."""
        return np.bincount(self.head, minlength=len(self.head))

    def join(self, rows: NDArray[np.int64], heads: NDArray[np.int64]) -> None:
        """Let heads of homes join the homes of other heads, with their own."""
        self.head[rows], self.leads[rows] = heads, False

    def providers(self, rows: NDArray[np.int64], cell: NDArray[np.int32], stream: int) -> Providers:
        """Put some rows on a line on which others find them."""
        return Providers(rows, cell, self.age, self.seed, Purpose.SYNTHESIS_FAMILY, stream)

    def some(self, rows: NDArray[np.int64], wanted: NDArray[np.int64], stream: int) -> NDArray[np.int64]:
        """Return as many of the rows of each pool as are wanted, by draw."""
        order = mixed(rows, self.columns["home"], self.seed, Purpose.SYNTHESIS_FAMILY, stream)
        home = self.columns["home"][order]
        ordinal, _ = within(home)
        return np.sort(order[ordinal < wanted[home]])

    def resolve(self, rows: NDArray[np.int64]) -> None:
        """Point rows at the last head of their home."""
        _resolve(self.head, rows)


@compiled
def _resolve(head: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    """Follow the heads of rows to the last."""
    for row in rows:
        last = head[row]
        while head[last] != last:
            last = head[last]
        head[row] = last


def build(
    columns: Columns,
    status: NDArray[np.int8],
    apart: NDArray[np.bool_],
    target: NDArray[np.int64],
    seed: Seed,
    assumptions: Mapping[str, float],
) -> Families:
    """Return the home families; `target` is the number of homes of each pool, homes of one included."""
    families = Families(columns, status, apart, seed, assumptions)
    _couples(families)
    _children(families)
    _returned(families)
    elders.join(families, target)
    _others(families, target)
    columns["urban"] = columns["urban"][families.head]
    return families


def home_target(columns: Columns, away: NDArray[np.bool_], seed: Seed) -> NDArray[np.int64]:
    """Return the number of homes of each pool: the census's households per resident, and one for each person away."""
    people = np.diff(starts_of(columns["home"], len(province_index())))
    homes = people * quotas()["households"]
    family = place_counts(homes, seed.rounded(float(homes.sum())), seed.spread(HALF))
    return family + np.bincount(columns["home"].compress(away), minlength=len(people))


def _couples(families: Families) -> None:
    """Marry the married who are at home in the order of age: in town or village, then in the pool (to her place)."""
    free = (families.status == MARRIED) & ~families.apart
    men = np.flatnonzero(free & (families.sex == Sex.MALE))
    women = np.flatnonzero(free & (families.sex == Sex.FEMALE))
    for stratum in (families.stratum, families.columns["home"]):
        men, women = men[families.spouse[men] == NONE], women[families.spouse[women] == NONE]
        husbands, wives = _near(families, men, women, stratum, COUPLES)
        families.spouse[husbands], families.spouse[wives] = wives, husbands
        families.join(husbands, wives)
        families.columns["urban"][husbands] = families.columns["urban"][wives]
    families.note_strata()


def _near(
    families: Families, men: NDArray[np.int64], women: NDArray[np.int64], stratum: NDArray[np.int32], stream: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match men and women in the order of ages, somewhat shaken; who are not a generation apart are couples."""
    places = (families.age[rows] + families.draws(stream, rows) * JITTER for rows in (men, women))
    husbands, wives = pairs(men, women, stratum, *places)
    near = np.abs(families.age[husbands] - families.age[wives]) < YOUNGEST_MOTHER
    return husbands[near], wives[near]


def apart_couples(families: Families) -> None:
    """Marry the married who have no spouse at home: first those registered in one pool, then all, by age."""
    nowhere = np.zeros(len(families.age), dtype=PLACE)
    for stratum in (families.columns["hukou"], nowhere):
        free = (families.status == MARRIED) & (families.spouse == NONE)
        men = np.flatnonzero(free & (families.sex == Sex.MALE))
        women = np.flatnonzero(free & (families.sex == Sex.FEMALE))
        husbands, wives = _near(families, men, women, stratum, COUPLES + 1)
        families.spouse[husbands], families.spouse[wives] = wives, husbands


@compiled
def _join(
    seekers: NDArray[np.int64],
    found: NDArray[np.int64],
    most: int,
    room: NDArray[np.int8],
    given: NDArray[np.int8],
    mother: NDArray[np.int64],
    head: NDArray[np.int64],
    no_parent: NDArray[np.bool_],
) -> int:
    """Let seekers join the mother found, the first of each, at most so many and while there is room.

    The others are kept, in front, and counted.
    """
    left = np.int64(0)
    for i in range(seekers.size):
        row, host = seekers[i], found[i]
        if host >= 0 and given[host] < most and room[host] > 0:
            given[host] += 1
            room[host] -= 1
            mother[row] = head[row] = host
            no_parent[row] = False
        else:
            seekers[left] = row
            left += 1
    return int64(left)


def _join_mothers(families: Families, seekers: NDArray[np.int64], stream: int) -> None:
    """Let people join the home of a woman of the age their mother may have; a home takes a few."""
    women = np.flatnonzero((families.sex == Sex.FEMALE) & families.with_family & families.leads)
    families.leads[seekers] = False
    for attempt, most in enumerate(MOST_AT_FIRST):
        hosts = women.compress(families.room[women] > 0)
        providers = families.providers(hosts, families.cell, stream + attempt)
        found = providers.nearest(seekers, families.stratum, 1, (YOUNGEST_MOTHER, OLDEST_MOTHER))
        room, given = families.room, np.zeros_like(families.room)
        kin = families.mother, families.head, families.no_parent
        seekers = seekers[: _join(seekers, found, most, room, given, *kin)]
        if len(seekers) == 0:
            return
    families.leads[seekers] = True


def _children(families: Families) -> None:
    """Give children and unmarried grown-ups at home a mother, and some rural children a grandparent's home instead."""
    at_home = ~families.apart & (families.status == NEVER)
    child = at_home & (families.age < ADULT)
    local = families.columns["hukou"] == families.columns["home"]
    rural = np.flatnonzero(child & (families.columns["urban"] == 0) & local)
    share = np.full(len(rural), families.assumptions["synthesis.left_behind_share"])
    stream = families.seed, Purpose.SYNTHESIS_FAMILY, LEFT
    families.left_behind[choose(rural, share, families.stratum, *stream)] = True
    _join_mothers(families, np.flatnonzero(child & ~families.left_behind), CHILDREN)
    _to_grandparents(families, np.flatnonzero(child & (families.mother == NONE)))
    _join_mothers(families, np.flatnonzero(at_home & (families.age >= ADULT)), CHILDREN + TRIES)


def _to_grandparents(families: Families, children: NDArray[np.int64]) -> None:
    """Let children without mother at home live with grandparents; their own mother lives elsewhere."""
    rows = np.flatnonzero(families.leads & families.with_family & (families.sex == Sex.FEMALE))
    providers = families.providers(rows, families.cell, LEFT + 1)
    found = providers.nearest(children, families.stratum, 2, (GRAND_LOW, GRAND_HIGH))
    some = np.flatnonzero(found >= 0)
    families.join(children[some], found[some])
    families.left_behind[children] = True


def _returned(families: Families) -> None:
    """Let grown-ups without spouse and children at home who are still young live with a mother."""
    single = families.with_family & families.leads & (families.age < elders.OLD)
    single &= (families.spouse == NONE) & (families.sizes() == 1)
    _join_mothers(families, np.flatnonzero(single), RETURN)


def _others(families: Families, target: NDArray[np.int64]) -> None:
    """Meet the number of homes: the rest of the single join other relatives, or unmarried grown-ups leave home."""
    everybody = np.arange(len(families.age))
    families.resolve(everybody)
    home = families.columns["home"]
    single = families.leads & (families.sizes() == 1) & ~families.apart
    child = single & (families.age < ADULT)
    surplus = np.maximum(families.homes() - target, 0)
    joining = families.some(np.flatnonzero(single & ~child), surplus, OTHERS)
    joining = np.union1d(joining, np.flatnonzero(child))
    heads = families.leads & ~families.apart & (families.age >= ADULT)
    heads[joining] = False
    providers = families.providers(np.flatnonzero(heads), families.cell_at_home, OTHERS + 1)
    found = providers.nearest(joining, home, 0, (-SPAN_OF_LIFE, SPAN_OF_LIFE))
    some = np.flatnonzero(found >= 0)
    families.join(joining[some], found[some])
    missing = np.maximum(target - families.homes(), 0)
    leaving = ~families.leads & (families.status == NEVER) & (families.age >= ADULT)
    gone = families.some(np.flatnonzero(leaving), missing, OTHERS + 2)
    families.head[gone], families.leads[gone] = gone, True


@compiled
def _set_other(
    parent: NDArray[np.int64],
    other: NDArray[np.int64],
    spouse: NDArray[np.int64],
    age: NDArray[np.int16],
    low: int,
    high: int,
) -> None:
    """Make a parent's spouse the other parent where there is none and the ages suit."""
    for child in range(parent.size):
        if parent[child] >= 0 and other[child] == NONE:
            partner = spouse[parent[child]]
            if partner >= 0 and partner != spouse[child] and low <= age[partner] - age[child] <= high:
                other[child] = partner


def set_fathers(families: Families) -> None:
    """Make the mother's husband the father, where his age allows, and the father's wife the mother."""
    for parent, other, low, high in (
        (families.mother, families.father, YOUNGEST_FATHER, OLDEST_FATHER),
        (families.father, families.mother, YOUNGEST_MOTHER, OLDEST_MOTHER + YOUNGEST_MOTHER // 2),
    ):
        _set_other(parent, other, families.spouse, families.age, low, high)
