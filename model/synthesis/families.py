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
from agents.compiled import compiled
from model.data import province_index
from model.synthesis.homes import ADULT, quotas
from model.synthesis.marriage import MARRIED, NEVER
from model.synthesis.matching import (
    NONE,
    OLDEST_FATHER,
    OLDEST_MOTHER,
    YOUNGEST_FATHER,
    YOUNGEST_MOTHER,
    Providers,
    first_claims,
    gaps,
    pairs,
)
from model.synthesis.tools import HALF, PLACE, Columns, Seed, choose, draws, draws_of, mixed, place_counts, within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

COUPLES, LEFT, CHILDREN, GRANDPARENTS, RETURN, OTHERS = 20, 21, 22, 30, 40, 50  # streams of chance
JITTER = 6.0  # years over which the order of ages is shaken before couples are matched
SPAN_OF_LIFE = 200  # any age will do
MOST_CHILDREN = 4
TRIES = 4
MOST_AT_FIRST = (1, 1, 2, 4)  # children a home takes at each try, so that neighbours share them
OLD = 55
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
        self.stratum = columns["home"] * 2 + columns["urban"]
        self.rows = np.arange(size, dtype=np.int64)
        self.head = self.rows.copy()
        self.spouse, self.mother, self.father = (np.full(size, NONE, dtype=np.int64) for _ in range(3))
        self.left_behind = np.zeros(size, dtype=np.bool_)

    def draws(self, stream: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a uniform number of each of some rows."""
        return draws_of(self.seed, Purpose.SYNTHESIS_FAMILY, stream, rows)

    def all_draws(self, stream: int) -> NDArray[np.float64]:
        """Return one uniform number a row."""
        return draws(self.seed, Purpose.SYNTHESIS_FAMILY, stream, len(self.age))

    def homes(self) -> NDArray[np.int64]:
        """Return the number of homes of each pool."""
        return np.bincount(self.columns["home"][self.heads()], minlength=len(province_index()))

    def heads(self) -> NDArray[np.bool_]:
        """Say by row who is the head of a home [1 for heads]."""
        return np.equal(self.head, self.rows)

    def sizes(self) -> NDArray[np.int64]:
        """Return for each row how many belong to the home it heads."""
        return np.bincount(self.head, minlength=len(self.head))

    def resolve(self) -> None:
        """Point every row at the last head of its home."""
        _resolve(self.head)


@compiled
def _resolve(head: NDArray[np.int64]) -> None:
    """Follow every row's head to the last."""
    for row in range(head.size):
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
    _grandparents(families, target)
    _others(families, target)
    families.resolve()
    columns["urban"] = columns["urban"][families.head]
    return families


def home_target(columns: Columns, away: NDArray[np.bool_], seed: Seed) -> NDArray[np.int64]:
    """Return the number of homes of each pool: the census's households per resident, and one for each person away."""
    people = np.bincount(columns["home"], minlength=len(province_index()))
    homes = people * quotas()["households"]
    family = place_counts(homes, seed.rounded(float(homes.sum())), seed.spread(HALF))
    return family + np.bincount(columns["home"][away], minlength=len(people))


def _couples(families: Families) -> None:
    """Marry the married who are at home in the order of age: in town or village, then in the pool (to her place)."""
    free = (families.status == MARRIED) & ~families.apart
    men = np.flatnonzero(free & (families.sex == Sex.MALE))
    women = np.flatnonzero(free & (families.sex == Sex.FEMALE))
    place = families.age + families.all_draws(COUPLES) * JITTER
    for stratum in (families.stratum, families.columns["home"]):
        men, women = men[families.spouse[men] == NONE], women[families.spouse[women] == NONE]
        husbands, wives = _near(families, *pairs(men, women, stratum, place))
        families.spouse[husbands], families.spouse[wives] = wives, husbands
        families.head[husbands] = wives
        families.columns["urban"][husbands] = families.columns["urban"][wives]
    families.stratum = families.columns["home"] * 2 + families.columns["urban"]


def _near(
    families: Families, husbands: NDArray[np.int64], wives: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep the couples whose ages are not a generation apart."""
    near = np.abs(families.age[husbands] - families.age[wives]) < YOUNGEST_MOTHER
    return husbands[near], wives[near]


def apart_couples(families: Families) -> None:
    """Marry the married who have no spouse at home: first those registered in one pool, then all, by age."""
    place = families.age + families.all_draws(COUPLES + 1) * JITTER
    nowhere = np.zeros(len(place), dtype=PLACE)
    for stratum in (families.columns["hukou"], nowhere):
        free = (families.status == MARRIED) & (families.spouse == NONE)
        men = np.flatnonzero(free & (families.sex == Sex.MALE))
        women = np.flatnonzero(free & (families.sex == Sex.FEMALE))
        husbands, wives = _near(families, *pairs(men, women, stratum, place))
        families.spouse[husbands], families.spouse[wives] = wives, husbands


def _join_mothers(families: Families, seekers: NDArray[np.int64], stream: int) -> None:
    """Let people join the home of a woman of the age their mother may have; a home takes a few."""
    women = (families.sex == Sex.FEMALE) & (families.status != NEVER) & ~families.apart
    women = np.flatnonzero(women & families.heads())
    room = np.full(len(families.head), MOST_CHILDREN, dtype=np.int64)
    room -= np.bincount(families.mother[families.mother >= 0], minlength=len(room))
    for attempt in range(TRIES):
        hosts = women[room[women] > 0]
        providers = Providers(hosts, families.stratum, families.age, families.draws(stream + attempt, hosts))
        age, shuffle = families.age[seekers], families.draws(stream + attempt, seekers)
        wish = age + gaps(shuffle)
        low, high = age + YOUNGEST_MOTHER, age + OLDEST_MOTHER
        found = providers.nearest(families.stratum[seekers], wish, shuffle, low, high, seekers)
        accepted = first_claims(found, np.minimum(room[found], MOST_AT_FIRST[attempt]), len(room))
        children, mothers = seekers[accepted], found[accepted]
        families.mother[children], families.head[children] = mothers, mothers
        room -= np.bincount(mothers, minlength=len(room))
        seekers = seekers[~accepted]
        if len(seekers) == 0:
            return


def _children(families: Families) -> None:
    """Give children and unmarried grown-ups at home a mother, and some rural children a grandparent's home instead."""
    at_home = ~families.apart & (families.status == NEVER)
    child = at_home & (families.age < ADULT)
    local = families.columns["hukou"] == families.columns["home"]
    rural = np.flatnonzero(child & (families.columns["urban"] == 0) & local)
    share = np.full(len(rural), families.assumptions["synthesis.left_behind_share"])
    stratum = families.stratum[rural]
    families.left_behind[choose(rural, share, stratum, families.seed, Purpose.SYNTHESIS_FAMILY, LEFT)] = True
    _join_mothers(families, np.flatnonzero(child & ~families.left_behind), CHILDREN)
    _to_grandparents(families, np.flatnonzero(child & (families.mother == NONE)))
    _join_mothers(families, np.flatnonzero(at_home & (families.age >= ADULT)), CHILDREN + TRIES)


def _to_grandparents(families: Families, children: NDArray[np.int64]) -> None:
    """Let children without mother at home live with grandparents; their own mother lives elsewhere."""
    heads = families.heads() & ~families.apart
    rows = np.flatnonzero(heads & (families.status != NEVER) & (families.sex == Sex.FEMALE))
    providers = Providers(rows, families.stratum, families.age, families.draws(LEFT + 1, rows))
    age, shuffle = families.age[children], families.draws(LEFT + 1, children)
    wish = age + 2 * gaps(shuffle)
    found = providers.nearest(families.stratum[children], wish, shuffle, age + GRAND_LOW, age + GRAND_HIGH)
    some = found >= 0
    families.head[children[some]] = found[some]
    families.left_behind[children] = True


def _returned(families: Families) -> None:
    """Let grown-ups without spouse and children at home who are still young live with a mother."""
    sizes = families.sizes()
    single = (families.status != NEVER) & ~families.apart & (families.spouse == NONE) & (sizes == 1)
    single &= families.heads() & (families.age < OLD)
    _join_mothers(families, np.flatnonzero(single), RETURN)


def _grandparents(families: Families, target: NDArray[np.int64]) -> None:
    """Let the elderly join a married child: first those who would be left alone, then couples as the census asks."""
    lonely = (families.status != NEVER) & ~families.apart & (families.spouse == NONE)
    lonely &= families.heads() & (families.sizes() == 1)
    _join_children(families, np.flatnonzero(lonely & (families.age >= YOUNGEST_MOTHER * 2)), GRANDPARENTS)
    for attempt in range(2):
        surplus = np.maximum(families.homes() - target, 0)
        partner = families.spouse
        old = families.heads() & (families.sex == Sex.FEMALE) & ~families.apart & (families.age >= OLD)
        old = np.flatnonzero(old & (partner >= 0))
        old = old[families.age[partner[old]] >= OLD]
        seekers = _some(families, old, surplus, GRANDPARENTS + TRIES * (attempt + 1))
        _join_children(families, seekers, GRANDPARENTS + TRIES * (attempt + 1))


def _some(families: Families, rows: NDArray[np.int64], wanted: NDArray[np.int64], stream: int) -> NDArray[np.int64]:
    """Return as many of the rows of each pool as are wanted, by draw."""
    order = rows[mixed(families.columns["home"][rows], families.draws(stream, rows))]
    home = families.columns["home"][order]
    ordinal, _ = within(home)
    return np.sort(order[ordinal < wanted[home]])


def _hosts(families: Families, seekers: NDArray[np.int64], stream: int, parents: bool) -> NDArray[np.int64]:
    """Return the grown-up children who can take parents in: a husband, by assumption at times the wife [rows].

    With `parents` only those in whose home there is a child.
    """
    able = families.heads() & ~families.apart & (families.status != NEVER)
    if parents:
        with_child = np.zeros(len(able), np.bool_)
        with_child[families.head[families.age < ADULT]] = True
        able &= with_child
    able[seekers] = False
    heads = np.flatnonzero(able)
    partner, share = families.spouse[heads], families.assumptions["synthesis.with_husbands_parents"]
    husbands = (partner >= 0) & (families.draws(stream, heads) < share)
    egos = np.where(husbands, partner, heads)
    able[:] = False
    able[egos[(families.mother[egos] == NONE) & (families.father[egos] == NONE)]] = True
    return np.flatnonzero(able)


def _join_children(families: Families, seekers: NDArray[np.int64], stream: int) -> None:
    """Let heads join the home of a child of fitting age; a home takes one parent's home."""
    for attempt in range(TRIES):
        if len(seekers) == 0:
            return
        hosts = _hosts(families, seekers, stream + attempt, attempt < TRIES - 1)
        providers = Providers(hosts, families.stratum, families.age, families.draws(stream + attempt, hosts))
        age, shuffle = families.age[seekers], families.draws(stream + attempt, seekers)
        wish = age - gaps(shuffle)
        low, high = age - OLDEST_MOTHER, age - YOUNGEST_MOTHER
        found = providers.nearest(families.stratum[seekers], wish, shuffle, low, high)
        accepted = first_claims(found, np.ones(len(found), dtype=np.int64), len(families.head))
        parents, children = seekers[accepted], found[accepted]
        woman = families.sex[parents] == Sex.FEMALE
        families.mother[children[woman]] = parents[woman]
        families.father[children[~woman]] = parents[~woman]
        families.head[parents] = families.head[children]
        families.resolve()
        seekers = seekers[~accepted]


def _others(families: Families, target: NDArray[np.int64]) -> None:
    """Meet the number of homes: the rest of the single join other relatives, or unmarried grown-ups leave home."""
    home = families.columns["home"]
    single = families.heads() & (families.sizes() == 1) & ~families.apart
    child = single & (families.age < ADULT)
    surplus = np.maximum(families.homes() - target, 0)
    joining = _some(families, np.flatnonzero(single & ~child), surplus, OTHERS)
    joining = np.union1d(joining, np.flatnonzero(child))
    heads = families.heads() & ~families.apart & (families.age >= ADULT)
    heads[joining] = False
    hosts = np.flatnonzero(heads)
    providers = Providers(hosts, home, families.age, families.draws(OTHERS + 1, hosts))
    age, shuffle = families.age[joining], families.draws(OTHERS + 1, joining)
    found = providers.nearest(home[joining], age, shuffle, age * 0, age * 0 + SPAN_OF_LIFE)
    some = found >= 0
    families.head[joining[some]] = found[some]
    families.resolve()
    missing = np.maximum(target - families.homes(), 0)
    leaving = ~families.heads() & (families.status == NEVER) & (families.age >= ADULT)
    gone = _some(families, np.flatnonzero(leaving), missing, OTHERS + 2)
    families.head[gone] = gone


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
