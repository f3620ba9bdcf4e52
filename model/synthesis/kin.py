"""Kin across homes: people who do not live with their parents have living parents where they are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Sex
from agents.compiled import compiled
from model.synthesis.families import Families, apart_couples, set_fathers
from model.synthesis.marriage import NEVER
from model.synthesis.matching import (
    NONE,
    OLDEST_FATHER,
    OLDEST_MOTHER,
    YOUNGEST_FATHER,
    YOUNGEST_MOTHER,
    Providers,
    cells,
    parent_alive,
)
from model.synthesis.tools import choose, looked_up

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


def _providers(families: Families, rows: NDArray[np.int64], cell: NDArray[np.int32], stream: int) -> Providers:
    """Put some rows on a line on which others find them."""
    return Providers(rows, cell, families.age, families.seed, Purpose.SYNTHESIS_KIN, stream)


def _alive(families: Families, rows: NDArray[np.int64], sex: Sex, stream: int) -> NDArray[np.int64]:
    """Choose among rows those whose mother or father lives, as often as mortality leaves one [rows]."""
    alive = looked_up(parent_alive(int(sex)), families.age[rows])
    return choose(rows, alive, families.columns["hukou"], families.seed, Purpose.SYNTHESIS_KIN, stream)


def _mothers_away(families: Families) -> None:
    """Give children left behind a mother who is registered where they live and lives in another pool."""
    columns = families.columns
    women = (families.sex == Sex.FEMALE) & (families.status != NEVER) & (columns["hukou"] != columns["home"])
    rows = np.flatnonzero(women)
    providers = _providers(families, rows, cells(columns["hukou"], families.age), AWAY)
    children = np.flatnonzero(families.left_behind & (families.mother == NONE))
    families.mother[children] = providers.nearest(children, columns["home"], 1, (YOUNGEST_MOTHER, OLDEST_MOTHER))
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
    have = _alive(families, np.flatnonzero(families.mother == NONE), Sex.FEMALE, ALIVE)
    women = np.flatnonzero((families.sex == Sex.FEMALE) & (families.status != NEVER))
    for step, sex in enumerate((Sex.MALE, Sex.FEMALE)):
        providers = _providers(families, women, families.cell_at_home, MOTHERS + step)
        ego = have.compress(families.sex[have] == sex)
        families.mother[ego] = _parents(families, providers, ego, families.mother)


def _parents(
    families: Families, providers: Providers, ego: NDArray[np.int64], parent: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each row a parent where the person is registered, not the one of the spouse, or -1 [row]."""
    span = YOUNGEST_MOTHER, OLDEST_MOTHER
    return providers.nearest(ego, families.columns["hukou"], 1, span, families.spouse, parent)


def _widowers(families: Families) -> None:
    """Give people without living mother a father among men without wife, as often as mortality leaves one."""
    ego = np.flatnonzero((families.mother == NONE) & (families.father == NONE))
    ego = _alive(families, ego, Sex.MALE, FATHERS)
    men = (families.sex == Sex.MALE) & (families.status != NEVER) & (families.spouse == NONE)
    providers = _providers(families, np.flatnonzero(men), families.cell_at_home, FATHERS + 1)
    families.father[ego] = _parents(families, providers, ego, families.father)


@compiled
def _cut(parent: NDArray[np.int64], spouse: NDArray[np.int64], age: NDArray[np.int16], low: int, high: int) -> None:
    """Cut links to a parent who is the spouse or of an age that cannot be, then one of two to a couple's one parent."""
    for row in range(parent.size):
        if parent[row] >= 0:
            gap = np.int64(age[parent[row]]) - np.int64(age[row])
            if parent[row] == spouse[row] or gap < low or gap > high:
                parent[row] = NONE
    for row in range(parent.size):
        if parent[row] >= 0 and spouse[row] > row and parent[spouse[row]] == parent[row]:
            parent[row] = NONE


def _mend(families: Families) -> None:
    """Cut links that cannot be: a spouse as parent, and one parent of both spouses."""
    _cut(families.mother, families.spouse, families.age, YOUNGEST_MOTHER, OLDEST_FATHER)
    _cut(families.father, families.spouse, families.age, YOUNGEST_FATHER, OLDEST_FATHER)
