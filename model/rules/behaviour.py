"""Arithmetic of how pools react: what is lost or spent more where others bear the deficit, and how fast it comes.

Source: document 002, which names lost effort and looser control as the cost of wider pools; their size is assumed.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled


@compiled
def phased(start: float, aim: float, years: int, ramp: int) -> float:
    """Return a factor on its way from where it was to its aim, in equal steps over so many years."""
    return start + (aim - start) * min(1.0, np.float64(years) / np.float64(ramp))


@compiled
def effort_against(now: float, before: float) -> float:
    """Return the factor on what is collected when a loss of effort replaces an earlier one, which the data show."""
    return (1.0 - now) / (1.0 - before)


@compiled
def drift_against(now: float, before: float) -> float:
    """Return the factor on spending when a drift replaces an earlier one, which the data show."""
    return (1.0 + now) / (1.0 + before)
