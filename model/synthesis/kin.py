"""Kin across homes: people who do not live with their parents have living parents where they are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Sex
from model.synthesis.families import Families, apart_couples, set_fathers
from model.synthesis.marriage import NEVER
from model.synthesis.matching import (
    NONE,
    OLDEST_FATHER,
    OLDEST_MOTHER,
    YOUNGEST_FATHER,
    YOUNGEST_MOTHER,
    Providers,
    gaps,
    parent_alive,
)
from model.synthesis.tools import draw, draws, mixed, take

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIVE, MOTHERS, FATHERS, AWAY = 0, 1, 10, 20  # streams of chance


def connect(families: Families) -> None:
    """Give spouses who live apart, mothers and fathers who live elsewhere; then mend what cannot be."""
    apart_couples(families)
    set_fathers(families)
    _mothers_away(families)
    _mothers(families)
    set_fathers(families)
    _widowers(families)
    _mend(families)


def _shuffle(families: Families, stream: int) -> NDArray[np.float64]:
    """Return one uniform number a row for the purpose of kin."""
    return draws(families.seed, Purpose.SYNTHESIS_KIN, stream, len(families.age))


def _mothers_away(families: Families) -> None:
    """Give children left behind a mother who is registered where they live and lives in another pool."""
    columns = families.columns
    women = (families.sex == Sex.FEMALE) & (families.status != NEVER) & (columns["hukou"] != columns["home"])
    shuffle = _shuffle(families, AWAY)
    providers = Providers(np.flatnonzero(women), columns["hukou"], families.age, shuffle)
    children = np.flatnonzero(families.left_behind & (families.mother == NONE))
    age = families.age[children]
    wish = age + gaps(shuffle[children])
    families.mother[children] = providers.nearest(
        columns["home"][children], wish, shuffle[children], age + YOUNGEST_MOTHER, age + OLDEST_MOTHER
    )
    _grandmothers(families, children)


def _grandmothers(families: Families, children: NDArray[np.int64]) -> None:
    """Make the woman with whom a child left behind lives the mother of its father, or else of its mother."""
    children = children[families.mother[children] >= 0]
    for husbands in (True, False):
        mother, grandmother = families.mother[children], families.head[children]
        ego = families.spouse[mother] if husbands else mother
        able = (ego >= 0) & (families.mother[np.maximum(ego, 0)] == NONE) & (families.sex[grandmother] == Sex.FEMALE)
        gap = families.age[grandmother] - families.age[np.maximum(ego, 0)]
        able &= (gap >= YOUNGEST_MOTHER) & (gap <= OLDEST_MOTHER) & ~_sister(families, ego, grandmother)
        egos, first = np.unique(ego[able], return_index=True)
        families.mother[egos] = grandmother[able][first]
        children = children[~np.isin(mother, mother[able])]


def _sister(families: Families, ego: NDArray[np.int64], mother: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say whether a mother is already the mother of ego's spouse."""
    partner = families.spouse[np.maximum(ego, 0)]
    return np.asarray((partner >= 0) & (families.mother[np.maximum(partner, 0)] == mother), dtype=np.bool_)


def _mothers(families: Families) -> None:
    """Give people of any age who do not live with a mother a living one, as often as mortality leaves one."""
    columns = families.columns
    alive = parent_alive(int(Sex.FEMALE))[families.age]
    missing = families.mother == NONE
    order = mixed(columns["hukou"], _shuffle(families, ALIVE))
    have = take(np.where(missing, alive, 0.0), order, draw(families.seed, Purpose.SYNTHESIS_KIN, ALIVE))
    women = np.flatnonzero((families.sex == Sex.FEMALE) & (families.status != NEVER))
    for step, sex in enumerate((Sex.MALE, Sex.FEMALE)):
        shuffle = _shuffle(families, MOTHERS + step)
        providers = Providers(women, columns["home"], families.age, shuffle)
        ego = np.flatnonzero(have & (families.sex == sex))
        age = families.age[ego]
        partner = families.spouse[ego]
        refuse = np.where(partner >= 0, families.mother[np.maximum(partner, 0)], NONE)
        families.mother[ego] = providers.nearest(
            columns["hukou"][ego],
            age + gaps(shuffle[ego]),
            shuffle[ego],
            age + YOUNGEST_MOTHER,
            age + OLDEST_MOTHER,
            refuse,
        )


def _widowers(families: Families) -> None:
    """Give people without living mother a father among men without wife, as often as mortality leaves one."""
    columns = families.columns
    alive = parent_alive(int(Sex.MALE))[families.age]
    ego = (families.mother == NONE) & (families.father == NONE)
    order = mixed(columns["hukou"], _shuffle(families, FATHERS))
    have = take(np.where(ego, alive, 0.0), order, draw(families.seed, Purpose.SYNTHESIS_KIN, FATHERS))
    men = (families.sex == Sex.MALE) & (families.status != NEVER) & (families.spouse == NONE)
    shuffle = _shuffle(families, FATHERS + 1)
    providers = Providers(np.flatnonzero(men), columns["home"], families.age, shuffle)
    rows = np.flatnonzero(have)
    age = families.age[rows]
    partner = families.spouse[rows]
    refuse = np.where(partner >= 0, families.father[np.maximum(partner, 0)], NONE)
    families.father[rows] = providers.nearest(
        columns["hukou"][rows],
        age + gaps(shuffle[rows]),
        shuffle[rows],
        age + YOUNGEST_MOTHER,
        age + OLDEST_MOTHER,
        refuse,
    )


def _mend(families: Families) -> None:
    """Cut links that cannot be: a spouse as parent, and one parent of both spouses."""
    rows = np.arange(len(families.age))
    for parent, low, high in (
        (families.mother, YOUNGEST_MOTHER, OLDEST_FATHER),
        (families.father, YOUNGEST_FATHER, OLDEST_FATHER),
    ):
        gap = families.age[np.maximum(parent, 0)] - families.age
        wrong = (parent >= 0) & ((parent == families.spouse) | (gap < low) | (gap > high))
        parent[wrong] = NONE
        partner = families.spouse
        shared = (parent >= 0) & (partner > rows) & (parent[np.maximum(partner, 0)] == parent)
        parent[shared] = NONE
