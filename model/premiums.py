"""What residents are asked for beside the year before: growth of the flat amount, and links to incomes that change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.units import FEN_PER_YUAN
from model.phases.dues import PAID_AHEAD

TERMS = ("link_mode", "link_rate", "link_floor", "link_cap")
Setting = Callable[[str, int], Any]


def flat_amount(law: Any) -> float:
    """Return the flat amount that counts for the year [fen]."""
    rules = law.resident
    return float(rules.individual_next if rules.cash_year == PAID_AHEAD else rules.individual)


def link_terms(setting: Setting, year: int) -> NDArray[np.float64]:
    """Return how a year's law links premiums to incomes: mode, rate, least, most, rates by fifth [choice, shares]."""
    brackets = setting("resident.link_brackets", year)
    rates = brackets.values() if isinstance(brackets, Mapping) else [brackets] * FIFTHS
    return np.array([*(setting(f"resident.{name}", year) for name in TERMS), *rates], np.float64)


def asked_before(setting: Setting, law: Any, year: int) -> dict[str, Any]:
    """Return the ground's numbers on the year before: growth of the flat amount, the link, whether that changes.

    `setting` gives a value of the law by path and year; a contribution is read from the notice of a year before.
    """
    notice = year - 1 if law.resident.cash_year == PAID_AHEAD else year - 2
    before = link_terms(setting, year - 1)
    return {
        "premium_growth": flat_amount(law) / (float(setting("resident.individual", notice)) * FEN_PER_YUAN) - 1.0,
        "link_before": before,
        "link_changed": np.int64((before != link_terms(setting, year)).any()),
    }


FIFTHS = 5
