"""Low-noise choice: whole numbers by cumulative quotas, and persons taken systematically along an order.

Shares are turned into whole parts of 2**32 before they are added up, so sums are exact and the last bit of a fraction
decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents.chance import Purpose, uniform
from agents.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONE = 1 << 32
SHIFT = 32
DIGIT = 16
HALF = 0.5
BITS = 63
FITS = 40  # rounds of proportional fitting at the most
CLOSE = 0.5  # rows by which all targets together may be missed, or come nearer in a round


class Seed(NamedTuple):
    """The seed of a world, and which of its parts draws: people made apart from each other, one world together."""

    world: int
    part: int = 0
    parts: int = 1

    def spread(self, offset: float) -> float:
        """Return an offset in (0, 1) for this part such that the parts' roundings add up to the whole's [no unit]."""
        return (offset + self.part) / self.parts

    def rounded(self, total: float) -> int:
        """Return a part's total as a whole number such that the parts' numbers add up to the whole's [people]."""
        return round(total + self.spread(HALF) - HALF)


@compiled
def _fill(seed: int, purpose: int, stream: int, first: int, out: NDArray[np.float64]) -> None:
    """Fill an array with the uniform numbers of neighbouring keys."""
    for key in range(out.size):
        out[key] = uniform(seed, purpose, stream, first + key)


def draws(seed: Seed, purpose: Purpose, stream: int, size: int) -> NDArray[np.float64]:
    """Return uniform numbers in (0, 1) for a part's rows 0 to size - 1; a stream is one use of a purpose."""
    out = np.empty(size)
    _fill(seed.world, int(purpose), stream, seed.part << SHIFT, out)
    return out


def draw(seed: Seed, purpose: Purpose, stream: int) -> float:
    """Return the offset in (0, 1) at which a part begins to choose or to round [no unit]."""
    return seed.spread(float(draws(Seed(seed.world), purpose, stream, 1)[0]))


def place_counts(quota: NDArray[np.float64], total: int, offset: float) -> NDArray[np.int64]:
    """Round quotas to whole numbers that add up to a total, carrying the remainder from cell to cell [people].

    Where no cell has a quota, as in a part of a few people, nobody is placed.
    """
    if total == 0 or not quota.any():
        return np.zeros(quota.shape, np.int64)
    scale = total / float(quota.sum())
    parts = np.rint(quota.ravel() * (scale * ONE)).astype(np.int64)
    ends = (np.cumsum(parts) + int(offset * ONE)) >> SHIFT
    ends[-1] = total
    ends = np.minimum(ends, total)
    return np.asarray(np.diff(ends, prepend=0).reshape(quota.shape), dtype=np.int64)


def stable_order(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of rows by a key of 0 or more, rows of one key as they lie.

    Where both fit, key and row are sorted as one number, which takes a third of the time.
    """
    bits = len(key).bit_length()
    if len(key) == 0 or int(key.max()).bit_length() + bits > BITS:
        return np.argsort(key, kind="stable")
    both = (key << bits) | np.arange(len(key))
    both.sort()
    both &= (1 << bits) - 1
    return both


def mixed(cell: NDArray[Any], shuffle: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of rows by cell, and by a draw inside a cell [rows]."""
    key = cell.astype(np.int64) << DIGIT
    key |= (shuffle * (1 << DIGIT)).astype(np.int64)
    return stable_order(key)


@compiled
def _take(chance: NDArray[np.float64], order: NDArray[np.int64], offset: float, chosen: NDArray[np.bool_]) -> None:
    """Mark the rows at which the running sum of chances passes a whole number."""
    total = np.int64(np.floor(offset * ONE))
    for i in range(order.size):
        row = order[i]
        before = total >> SHIFT
        total += np.int64(np.floor(min(max(chance[row], 0.0), 1.0) * ONE + 0.5))
        chosen[row] = (total >> SHIFT) > before


def take(chance: NDArray[np.float64], order: NDArray[np.int64], offset: float) -> NDArray[np.bool_]:
    """Choose rows with the given chances, evenly along an order, so that every stretch gets its share to within one."""
    chosen = np.zeros(len(chance), dtype=np.bool_)
    _take(chance, order, offset, chosen)
    return chosen


@compiled
def _fit(
    weight: NDArray[np.float64],
    group: NDArray[np.int64],
    starts: NDArray[np.int64],
    target: NDArray[np.float64],
    cap: float,
    factor: NDArray[np.float64],
    reached: NDArray[np.float64],
    settled: NDArray[np.bool_],
) -> None:
    """Find each group's factor; what a cap holds back is made up by the others of the group.

    `starts` are the first rows of runs of one group, and the end. A group whose factor comes back is settled.
    """
    last = np.inf
    for _ in range(FITS):
        away = 0.0
        for place in range(target.size):
            if not settled[place]:
                reached[place] = 0.0
        for run in range(starts.size - 1):
            place = group[run]
            if not settled[place]:
                total = reached[place]
                for row in range(starts[run], starts[run + 1]):
                    total += min(weight[row] * factor[place], cap)
                reached[place] = total
        for place in range(target.size):
            held = factor[place]
            factor[place] = held * target[place] / reached[place] if reached[place] > 0.0 else 0.0
            settled[place] = factor[place] == held
            away += abs(target[place] - reached[place])
        if away < CLOSE or last - away < CLOSE:
            return
        last = away


def fit(
    weight: NDArray[np.float64], group: NDArray[Any], target: NDArray[np.float64], cap: float = 1.0
) -> NDArray[np.float64]:
    """Return chances in proportion to weights, none above a cap, that add up to a target in each group of rows."""
    factor, some = np.ones(len(target)), np.flatnonzero(weight)
    groups = group[some]
    starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]])[: len(groups)])
    ends = np.append(starts, len(some))
    settled = np.zeros(len(target), dtype=np.bool_)
    told = weight[some].astype(np.float64), groups[starts].astype(np.int64), ends, target.astype(np.float64)
    _fit(*told, cap, factor, np.zeros(len(target)), settled)
    chance = factor[group]
    chance *= weight
    return np.asarray(np.minimum(chance, cap, out=chance), dtype=np.float64)


def fit_all(weight: NDArray[np.float64], target: float, cap: float = 1.0) -> NDArray[np.float64]:
    """Return chances in proportion to weights, none above a cap, that add up to one target."""
    return fit(weight, np.zeros(len(weight), dtype=np.int8), np.array([target]), cap)


def within(group: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for rows sorted by group each row's place in its group, and the size of its group."""
    if len(group) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    size = np.diff(np.concatenate([first, [len(group)]]))
    return np.arange(len(group)) - np.repeat(first, size), np.repeat(size, size)


def by_age(points: list[tuple[int, float]], ages: int) -> NDArray[np.float64]:
    """Return a curve by single age, linear between points and level outside [unit of the points]."""
    at = np.arange(ages, dtype=np.float64)
    return np.asarray(np.interp(at, [float(a) for a, _ in points], [v for _, v in points]), dtype=np.float64)
