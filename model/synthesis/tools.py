"""Low-noise choice: whole numbers by cumulative quotas, and persons taken systematically along an order.

Shares are turned into whole parts of 2**32 before they are added up, so sums are exact and the last bit of a fraction
decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agents.chance import Purpose, uniform
from agents.columns import Array
from agents.compiled import compiled, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

Columns = dict[str, Array]
"""Columns of people while they are made: places in four bytes, ages in two, kinds in one."""
PLACE, AGE, KIND = np.int32, np.int16, np.int8
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


@compiled
def _fill_of(
    seed: int, purpose: int, stream: int, first: int, rows: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    """Fill an array with the uniform numbers of some keys."""
    for i in range(rows.size):
        out[i] = uniform(seed, purpose, stream, first + rows[i])


def draws_of(seed: Seed, purpose: Purpose, stream: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the uniform numbers in (0, 1) of some of a part's rows."""
    out = np.empty(len(rows))
    _fill_of(seed.world, int(purpose), stream, seed.part << SHIFT, rows, out)
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
    both = key << bits
    both |= np.arange(len(key))
    both.sort()
    both &= (1 << bits) - 1
    return both


@compiled
def _cell_and_draw(cell: NDArray[np.int32], shuffle: NDArray[np.float64], bits: int, key: NDArray[np.int64]) -> None:
    """Write each row's cell, the first bits of its draw, and in the last bits the row itself."""
    for i in range(cell.size):
        key[i] = (np.int64(cell[i]) << DIGIT | np.int64(shuffle[i] * (1 << DIGIT))) << bits | i


def mixed(cell: NDArray[np.int32], shuffle: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of rows by cell, and by a draw inside a cell [rows]."""
    size, key = len(cell), np.empty(len(cell), np.int64)
    bits = size.bit_length()
    if size and int(cell.max()).bit_length() + DIGIT + bits > BITS:
        _cell_and_draw(cell, shuffle, 0, key)
        return np.argsort(key, kind="stable")
    _cell_and_draw(cell, shuffle, bits, key)
    key.sort()
    key &= (1 << bits) - 1
    return key


@compiled
def _take(chance: NDArray[np.float64], order: NDArray[np.int64], offset: float, chosen: NDArray[np.bool_]) -> None:
    """Mark the rows at which the running sum of chances passes a whole number."""
    total = np.int64(np.floor(offset * ONE))
    for i in range(order.size):
        row = order[i]
        before = total >> SHIFT
        total += np.int64(np.floor(min(max(chance[row], 0.0), 1.0) * ONE + 0.5))
        chosen[row] = (total >> SHIFT) > before


def choose(
    rows: NDArray[np.int64],
    chance: NDArray[np.float64],
    cell: NDArray[np.int32],
    seed: Seed,
    purpose: Purpose,
    stream: int,
) -> NDArray[np.int64]:
    """Choose among rows with the given chances, so that every stretch of a cell gets its share to within one [rows].

    Rows stand in the order of cells and, inside a cell, of a draw. Those without a chance change nothing.
    """
    some = np.flatnonzero(chance)
    if len(some) < len(rows):
        rows, chance, cell = rows[some], chance[some], cell[some]
    chosen = np.zeros(len(rows), dtype=np.bool_)
    order = mixed(cell, draws_of(seed, purpose, stream, rows))
    _take(chance, order, draw(seed, purpose, stream), chosen)
    return rows[chosen]


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


@compiled
def _runs(
    weight: NDArray[np.float64],
    group: NDArray[np.int32],
    some: NDArray[np.float64],
    groups: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> tuple[int, int]:
    """List the weights that are not zero, and the group and the first of each run of one group; return how many."""
    rows = runs = np.int64(0)
    for i in range(weight.size):
        if weight[i] != 0.0:
            if runs == 0 or groups[runs - 1] != group[i]:
                groups[runs] = group[i]
                starts[runs] = rows
                runs += 1
            some[rows] = weight[i]
            rows += 1
    starts[runs] = rows
    return int64(rows), int64(runs)


@compiled
def _scale(weight: NDArray[np.float64], group: NDArray[np.int32], factor: NDArray[np.float64], cap: float) -> None:
    """Turn weights into chances, in place."""
    for i in range(weight.size):
        weight[i] = min(factor[group[i]] * weight[i], cap)


def fit(
    weight: NDArray[np.float64], group: NDArray[np.int32], target: NDArray[np.float64], cap: float = 1.0
) -> NDArray[np.float64]:
    """Return chances in proportion to weights, none above a cap, that add up to a target in each group of rows."""
    factor, settled = np.ones(len(target)), np.zeros(len(target), dtype=np.bool_)
    some, groups, starts = np.empty(len(weight)), np.empty(len(weight), np.int64), np.empty(len(weight) + 1, np.int64)
    rows, runs = _runs(weight, group, some, groups, starts)
    told = some[:rows], groups[:runs], starts[: runs + 1], target.astype(np.float64)
    _fit(*told, cap, factor, np.zeros(len(target)), settled)
    chance = weight.copy()
    _scale(chance, group, factor, cap)
    return chance


def fit_all(weight: NDArray[np.float64], target: float, cap: float = 1.0) -> NDArray[np.float64]:
    """Return chances in proportion to weights, none above a cap, that add up to one target."""
    return fit(weight, np.zeros(len(weight), dtype=np.int32), np.array([target]), cap)


@compiled
def _within(group: NDArray[np.int32], place: NDArray[np.int64], size: NDArray[np.int64]) -> None:
    """Write each row's place in its run of one group, and the size of the run."""
    start = np.int64(0)
    for i in range(group.size):
        if group[i] != group[start]:
            start = np.int64(i)
        place[i] = i - start
    last = np.int64(0)
    for i in range(group.size - 1, -1, -1):
        if i == group.size - 1 or group[i] != group[i + 1]:
            last = place[i] + 1
        size[i] = last


def within(group: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for rows sorted by group each row's place in its group, and the size of its group."""
    place, size = np.empty(len(group), np.int64), np.empty(len(group), np.int64)
    _within(group, place, size)
    return place, size


def by_age(points: list[tuple[int, float]], ages: int) -> NDArray[np.float64]:
    """Return a curve by single age, linear between points and level outside [unit of the points]."""
    at = np.arange(ages, dtype=np.float64)
    return np.asarray(np.interp(at, [float(a) for a, _ in points], [v for _, v in points]), dtype=np.float64)
