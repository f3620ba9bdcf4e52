"""Elderly people who live with a grown-up child: heads of homes join the home of a child, with their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.codes import Sex
from agents.compiled import compiled, int64
from model.synthesis.matching import NONE, OLDEST_MOTHER, YOUNGEST_MOTHER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.synthesis.families import Families

GRANDPARENTS = 30  # stream of chance
TRIES = 4
OLD = 55


def join(families: Families, target: NDArray[np.int64]) -> None:
    """Let the elderly join a married child: first those who would be left alone, then couples as the census asks."""
    lonely = families.with_family & families.leads & (families.spouse == NONE) & (families.sizes() == 1)
    _join_children(families, np.flatnonzero(lonely & (families.age >= YOUNGEST_MOTHER * 2)), GRANDPARENTS)
    for attempt in range(2):
        surplus = np.maximum(families.homes() - target, 0)
        old = families.leads & (families.sex == Sex.FEMALE) & ~families.apart & (families.age >= OLD)
        old = np.flatnonzero(old & (families.spouse >= 0))
        old = old[families.age[families.spouse[old]] >= OLD]
        seekers = families.some(old, surplus, GRANDPARENTS + TRIES * (attempt + 1))
        _join_children(families, seekers, GRANDPARENTS + TRIES * (attempt + 1))


@compiled
def _take_in(
    heads: NDArray[np.int64],
    spouse: NDArray[np.int64],
    no_parent: NDArray[np.bool_],
    shuffle: NDArray[np.float64],
    husbands: float,
    able: NDArray[np.bool_],
) -> None:
    """Mark the heads, or of a share of couples the husbands, who have no parent yet."""
    for i in range(heads.size):
        row, partner = heads[i], spouse[heads[i]]
        if partner >= 0 and shuffle[i] < husbands:
            row = partner
        able[row] = no_parent[row]


def _hosts(families: Families, seekers: NDArray[np.int64], stream: int, parents: bool) -> NDArray[np.int64]:
    """Return the grown-up children who can take parents in: a husband, by assumption at times the wife [rows].

    With `parents` only those in whose home there is a child.
    """
    able = families.leads & families.with_family
    if parents:
        with_child = np.zeros(len(able), np.bool_)
        with_child[families.head[families.minors]] = True
        able &= with_child
    able[seekers] = False
    heads = np.flatnonzero(able)
    able[:] = False
    share = families.assumptions["synthesis.with_husbands_parents"]
    _take_in(heads, families.spouse, families.no_parent, families.draws(stream, heads), share, able)
    return np.flatnonzero(able)


@compiled
def _host(
    seekers: NDArray[np.int64],
    found: NDArray[np.int64],
    female: NDArray[np.bool_],
    mother: NDArray[np.int64],
    father: NDArray[np.int64],
    head: NDArray[np.int64],
    leads: NDArray[np.bool_],
    no_parent: NDArray[np.bool_],
) -> int:
    """Let the first seeker who found a child join it as its parent; the others are kept, in front, and counted."""
    left = np.int64(0)
    for i in range(seekers.size):
        row, child = seekers[i], found[i]
        if child >= 0 and no_parent[child]:
            if female[row]:
                mother[child] = row
            else:
                father[child] = row
            head[row], leads[row], no_parent[child] = head[child], False, False
        else:
            seekers[left] = row
            left += 1
    return int64(left)


def _join_children(families: Families, seekers: NDArray[np.int64], stream: int) -> None:
    """Let heads join the home of a child of fitting age; a home takes one parent's home."""
    female = families.sex == Sex.FEMALE
    for attempt in range(TRIES):
        if len(seekers) == 0:
            return
        hosts = _hosts(families, seekers, stream + attempt, attempt < TRIES - 1)
        providers = families.providers(hosts, families.cell, stream + attempt)
        found = providers.nearest(seekers, families.stratum, -1, (-OLDEST_MOTHER, -YOUNGEST_MOTHER))
        kin = families.mother, families.father, families.head, families.leads, families.no_parent
        seekers = seekers[: _host(seekers, found, female, *kin)]
        families.resolve(families.minors)
