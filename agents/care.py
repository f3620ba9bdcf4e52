"""Falling ill and seeking care: how many visits and stays, and at which level of hospital."""

from __future__ import annotations

import numpy as np

from agents.codes import Tier
from agents.compiled import compiled
from agents.numeric import log


@compiled
def events(u: float, mean: float, most: int) -> int:
    """Return a geometric count with the given mean for a uniform number u, at most a ceiling [events/year]."""
    if mean <= 0.0:
        return np.int64(0)
    none = 1.0 / (1.0 + mean)
    if u < none:
        return np.int64(0)
    count = np.floor(log(1.0 - u) / log(mean * none))
    return min(np.int64(count), most)


@compiled
def place_above_threshold(u: float, mean: float) -> float:
    """Return where u lies among those who have at least one event, in [0, 1)."""
    none = 1.0 / (1.0 + mean)
    return (u - none) / (1.0 - none)


@compiled
def hospital_tier(u: float, primary: float, secondary: float) -> int:
    """Return the level of the hospital for a uniform number and the cumulated shares of the lower levels."""
    if u < primary:
        return Tier.PRIMARY
    if u < secondary:
        return Tier.SECONDARY
    return Tier.TERTIARY
