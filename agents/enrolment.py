"""How a family decides on the resident scheme: what speaks for it, and who decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled, float64
from agents.tables import log_odds


@compiled
def family_leaning(
    premium_share: float,
    log_income: float,
    chronic: bool,
    growth: float,
    peers: float,
    effort: float,
    by_income: float,
    by_premium: float,
    by_chronic: float,
    by_growth: float,
    by_peers: float,
    by_effort: float,
) -> float:
    """Return what speaks for insurance in a family [log odds].

    The logarithm of income against the place's mean, premiums over the family's income, chronic illness at home, growth
    of the premium, how many around are insured, and how hard the village mobilises.
    """
    leaning = by_income * log_income
    leaning = leaning + by_premium * min(premium_share, 1.0)
    if chronic:
        leaning = leaning + by_chronic
    return leaning + by_growth * growth + by_peers * peers + by_effort * effort


def member_leanings(benefit: NDArray[np.float64], by_benefit: float, by_age: float) -> NDArray[np.float64]:
    """Return what speaks for insuring a member beside the family's leaning [chronic, age; log odds].

    `benefit` is the benefit to expect over the premium; age counts above forty, by the decade.
    """
    decades = np.maximum(np.arange(benefit.shape[1]) - FORTY, 0.0) / TEN
    return np.asarray(by_benefit * benefit + by_age * decades)


@compiled
def return_leaning(lapsed: int, wait: int, by_lapse: float, by_wait: float) -> float:
    """Return what speaks for coming back after missed years [years] in view of the wait that follows [months]."""
    return by_lapse * float64(lapsed) - by_wait * float64(wait)


LEAST = 0.01
FORTY = 40.0
TEN = 10.0


@compiled
def joins(odds: NDArray[np.float64], u: float, leaning: float) -> bool:
    """Say whether somebody joins, for a uniform number, a leaning in log odds and the table of log odds."""
    return log_odds(odds, u) < leaning
