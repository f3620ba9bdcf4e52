"""Quantile tables: a distribution as numbers to look up, the same on every machine, with a fine upper tail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agents.codes import Status
from agents.compiled import choose, compiled, float64, inlined
from agents.numeric import exp, log, normal_quantile

HALF = 0.5
STEPS = 1024
TAIL = 64
"""The upper 1/64 of the distribution has a table of its own, as fine as the rest."""

BODY_END = 1.0 - 1.0 / TAIL
BODY_SCALE = STEPS / BODY_END
TAIL_SCALE = np.float64(STEPS * TAIL)


def raw_table(quantile: Callable[[float], float]) -> NDArray[np.float64]:
    """Return a table (2, STEPS + 1) of a quantile function, for `look_up`."""
    table = np.empty((2, STEPS + 1))
    for i in range(STEPS + 1):
        table[0, i] = quantile(max(i, HALF) / BODY_SCALE)
        table[1, i] = quantile(BODY_END + min(i, STEPS - HALF) / TAIL_SCALE)
    return table


def quantile_table(quantile: Callable[[float], float]) -> NDArray[np.float64]:
    """Return the table of a quantile function scaled so that its mean under `look_up` is 1."""
    table = raw_table(quantile)
    middles = (table[:, 1:] + table[:, :-1]) * HALF
    return np.asarray(table / (middles[0].sum() / BODY_SCALE + middles[1].sum() / TAIL_SCALE))


def lognormal_table(sigma: float) -> NDArray[np.float64]:
    """Return the quantile table of a lognormal with mean 1 and a standard deviation of the logarithm of sigma."""
    return quantile_table(lambda p: exp(sigma * normal_quantile(p)))


def exponential_table() -> NDArray[np.float64]:
    """Return the quantile table of the exponential distribution with mean 1."""
    return quantile_table(lambda p: -log(1.0 - p))


def logistic_table() -> NDArray[np.float64]:
    """Return the log odds of probabilities, as a table for `log_odds`."""
    return raw_table(lambda p: log(p / (1.0 - p)))


@compiled
def look_up(table: NDArray[np.float64], p: float) -> float:
    """Return the quantile of p in [0, 1), linear between the points of a table of `quantile_table`."""
    row = np.int64(0)
    x = p * BODY_SCALE
    if p >= BODY_END:
        row = np.int64(1)
        x = (p - BODY_END) * TAIL_SCALE
    i = np.int64(x)
    if i > STEPS - 1:
        i = np.int64(STEPS - 1)
    fraction = x - np.float64(i)
    return float64(table[row, i] + (table[row, i + 1] - table[row, i]) * fraction)


@compiled
def log_odds(table: NDArray[np.float64], p: float) -> float:
    """Return the log odds of a probability from `logistic_table`; both tails are fine."""
    odds = look_up(table, max(p, 1.0 - p))
    return odds if p >= HALF else -odds


@inlined
def by_level(table: NDArray[np.float64], level: int) -> float:
    """Return the number of the first, second or third level: chosen from three, not looked up person by person."""
    low, middle, high = table[0], table[1], table[2]
    return float64(choose(level == 0, low, choose(level == 1, middle, high)))


@inlined
def by_standing(table: NDArray[np.float64], standing: int) -> float:
    """Return the number of one of the four standings in the scheme: chosen from four, as `by_level` from three."""
    none, active, retired, resident = table[0], table[1], table[2], table[3]
    members = choose(standing == Status.ACTIVE, active, retired)
    return float64(choose(standing == Status.NONE, none, choose(standing == Status.RESIDENT, resident, members)))
