"""Dues: what residents are asked to pay for the year before any help, the same to families who decide and who pay."""

from __future__ import annotations

from typing import Any

from agents.compiled import float64, inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground, Scratch
from model.rules.contributions import fifth_of, linked_contribution

RANKS = 65536
PAID_AHEAD = 1
"""The choice of `resident.cash_year` by which what is paid this year for the next counts."""
MODE, RATE, LEAST, MOST, FIRST_FIFTH = range(5)
"""Terms of a link as the ground holds those of the year before."""


@inlined
def flat_due(rules: Any) -> int:
    """Return the flat amount of the year [fen]."""
    return int64(rules.individual_next if rules.cash_year == PAID_AHEAD else rules.individual)


@inlined
def goes_free(p: Columns, i: int, rules: Any) -> bool:
    """Say whether somebody is born this year and asked for nothing."""
    return bool((p.age[i] == 0) & (rules.newborn_free == 1))


@inlined
def due_of(p: Columns, i: int, bounds: Bounds, first_home: int, rules: Any, ground: Ground, scratch: Scratch) -> int:
    """Return what somebody is asked as a resident [fen]: nothing, the flat amount, or a sum linked to incomes."""
    fifth = fifth_of(int64(p.rank[i]), RANKS)
    terms = int64(rules.link_mode), rules.link_rate, rules.link_floor, rules.link_cap, rules.link_brackets[fifth]
    due = _linked(p, i, bounds, first_home, flat_due(rules), terms, ground, scratch)
    return int64(0) if goes_free(p, i, rules) else due


@inlined
def due_before(
    p: Columns, i: int, bounds: Bounds, first_home: int, rules: Any, ground: Ground, scratch: Scratch
) -> int:
    """Return what last year's link would ask of somebody this year, from this year's flat amount and incomes [fen]."""
    before = ground.link_before
    fifth = fifth_of(int64(p.rank[i]), RANKS)
    terms = int64(before[MODE]), before[RATE], before[LEAST], before[MOST], before[FIRST_FIFTH + fifth]
    due = _linked(p, i, bounds, first_home, flat_due(rules), terms, ground, scratch)
    return int64(0) if goes_free(p, i, rules) else due


@inlined
def _linked(
    p: Columns, i: int, bounds: Bounds, first_home: int, flat: int, terms: Any, ground: Ground, scratch: Scratch
) -> int:
    """Return a resident's sum by a mode, a rate, the least, the most, and the rate of the own fifth [fen].

    The family's income stands in the scratch; that of the place is last year's, and one for all of a pool.
    """
    home = int64(p.household[i])
    family = int64(scratch.earned[home - first_home]) // (bounds[home + 1] - bounds[home])
    place = int64(ground.living[int64(p.insured[i])])
    mode, rate, least, most, bracket = terms
    words = float64(rate), float64(bracket), float64(least), float64(most)
    return linked_contribution(mode, flat, place, int64(p.income[i]), family, *words)
