"""Dues: what residents are asked to pay for the year before any help, the same to families who decide and who pay."""

from __future__ import annotations

from typing import Any

from agents.compiled import inlined, int64
from agents.person import Columns
from model.phases.ground import Bounds, Ground, Scratch
from model.rules.codes import Link
from model.rules.contributions import fifth_of, linked_contribution

RANKS = 65536
PAID_AHEAD = 1
"""The choice of `resident.cash_year` by which what is paid this year for the next counts."""


@inlined
def flat_due(rules: Any) -> int:
    """Return the flat amount of the year [fen]."""
    return int64(rules.individual_next if rules.cash_year == PAID_AHEAD else rules.individual)


@inlined
def due_of(p: Columns, i: int, bounds: Bounds, first_home: int, rules: Any, ground: Ground, scratch: Scratch) -> int:
    """Return what a resident is asked to pay [fen]: the flat amount, or a sum linked to incomes.

    The family's income stands in the scratch; that of the place is last year's, and one for all of a pool.
    """
    flat = flat_due(rules)
    due = flat
    if rules.link_mode != Link.FLAT:
        home = int64(p.household[i])
        family = int64(scratch.earned[home - first_home]) // (bounds[home + 1] - bounds[home])
        bracket = rules.link_brackets[fifth_of(int64(p.rank[i]), RANKS)]
        place = int64(ground.living[int64(p.insured[i])])
        due = linked_contribution(
            rules.link_mode, flat, place, int64(p.income[i]), family, rules.link_rate, bracket, rules.link_floor,
            rules.link_cap,
        )  # fmt: skip
    return due
