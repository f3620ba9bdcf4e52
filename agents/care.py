"""Falling ill and seeking care: how many visits and stays, and at which level of hospital."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.codes import Tier
from agents.compiled import compiled, int64
from agents.numeric import log
from agents.tables import BODY_END, BODY_SCALE, STEPS, TAIL_SCALE, look_up


@compiled
def events(exponential: NDArray[np.float64], u: float, scale: float, most: int) -> int:
    """Return a geometric count for a uniform number, at most a ceiling [events/year].

    `scale` is -1 / log(m / (1 + m)) for a mean of m events (0 for none): an exponential number divided into steps.
    """
    return min(int64(look_up(exponential, u) * scale), most)


def step_scale(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scale of `events` for mean numbers of events a year [no unit]."""
    scale = np.zeros(mean.size)
    _fill_scale(mean.ravel(), scale)
    return scale.reshape(mean.shape)


def without_events(exponential: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers below which `events` counts none, within a step or two of where the first begins [no unit]."""
    points = np.concatenate([np.arange(STEPS + 1) / BODY_SCALE, BODY_END + np.arange(STEPS + 1) / TAIL_SCALE])
    with np.errstate(divide="ignore"):
        first = np.searchsorted(exponential.ravel(), 1.0 / scale)
    return np.asarray(points[np.maximum(first - 2, 0)])


@compiled
def _fill_scale(mean: NDArray[np.float64], scale: NDArray[np.float64]) -> None:
    """Write the scale of every mean above zero."""
    for i in range(mean.size):
        m = mean[i]
        if m > 0.0:
            scale[i] = -1.0 / log(m / (1.0 + m))


@compiled
def hospital_tier(u: float, primary: float, secondary: float) -> int:
    """Return the level of the hospital for a uniform number and the cumulated shares of the lower levels."""
    if u < primary:
        return Tier.PRIMARY
    if u < secondary:
        return Tier.SECONDARY
    return Tier.TERTIARY


@compiled
def left_by_tier(u: float, tier: int, primary: float, secondary: float) -> float:
    """Return what is left of the number that chose the level of the hospital: uniform again, whatever the level."""
    if tier == Tier.PRIMARY:
        return u / primary
    if tier == Tier.SECONDARY:
        return (u - primary) / (secondary - primary)
    return (u - secondary) / (1.0 - secondary)
