"""Low-noise choice: whole numbers by cumulative quotas, and persons taken systematically along an order.

Shares are turned into whole parts of 2**32 before they are added up, so sums are exact and the last bit of a fraction
decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agents.chance import Purpose, uniform
from agents.columns import Array
from agents.compiled import compiled, compiled_apart, int64
from agents.sorting import ascending
from model.errors import DataError

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

    def told(self, purpose: Purpose, stream: int) -> tuple[int, int, int, int]:
        """Return what draws are made of: the world, the purpose, the stream and this part's first key."""
        return self.world, int(purpose), stream, self.part << SHIFT

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
    _fill(*seed.told(purpose, stream), out)
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
    _fill_of(*seed.told(purpose, stream), rows, out)
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


@compiled
def _by_key(key: NDArray[np.int64], bits: int) -> None:
    """Put each row behind its key."""
    for row in range(key.size):
        key[row] = key[row] << bits | row


def stable_order(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of rows by a key of 0 or more, rows of one key as they lie.

    Where both fit, key and row are sorted as one number, which takes a third of the time.
    """
    bits = len(key).bit_length()
    if len(key) == 0 or int(key.max()).bit_length() + bits > BITS:
        return np.argsort(key, kind="stable")
    both = key.copy()
    _by_key(both, bits)
    both = ascending(both, bits)
    both &= (1 << bits) - 1
    return both


@compiled_apart
def _keys(
    rows: NDArray[np.int64],
    cell: NDArray[np.int32],
    seed: int,
    purpose: int,
    stream: int,
    first: int,
    bits: int,
    key: NDArray[np.int64],
) -> int:
    """Write each row's cell, the first bits of its draw, and in the last bits its place; return the highest cell."""
    highest = int64(0)
    for i in range(rows.size):
        shuffle, there = uniform(seed, purpose, stream, first + rows[i]), int64(cell[rows[i]])
        key[i] = (there << DIGIT | int64(shuffle * (1 << DIGIT))) << bits | i
        highest = max(highest, there)
    return highest


def keyed(
    rows: NDArray[np.int64], cell: NDArray[np.int32], told: tuple[int, int, int, int]
) -> tuple[NDArray[np.int64], int]:
    """Return keys that sort rows by cell and draw, and the bits of a row's place, with which each ends.

    Errors: DataError where a key has no room for all three.
    """
    bits, key = len(rows).bit_length(), np.empty(len(rows), np.int64)
    check_room(_keys(rows, cell, *told, bits, key), bits)
    return key, bits


@compiled
def _with_chance(chance: NDArray[np.float64], key: NDArray[np.int64]) -> int:
    """Keep, in front, the keys of rows that have a chance, and return how many."""
    some = np.int64(0)
    for i in range(key.size):
        key[some] = key[i]
        some += chance[i] != 0.0
    return int64(some)


def check_room(highest: int, bits: int) -> None:
    """Refuse keys that have no room for a cell, a draw and a place of so many bits.

    Errors: DataError asking for smaller parts.
    """
    if int(highest).bit_length() + DIGIT + bits > BITS:
        raise DataError(f"people of a part: more than {1 << (bits - 1)}: expected fewer, in more parts")


def mixed(
    rows: NDArray[np.int64], cell: NDArray[np.int32], seed: Seed, purpose: Purpose, stream: int
) -> NDArray[np.int64]:
    """Return rows in the order of cells and, inside a cell, of a draw; `cell` is that of each row there is [row]."""
    key, bits = keyed(rows, cell, seed.told(purpose, stream))
    key = ascending(key, bits)
    key &= (1 << bits) - 1
    return rows[key]


@compiled
def _those(rows: NDArray[np.int64], chosen: NDArray[np.bool_], out: NDArray[np.int64]) -> int:
    """List the rows that are chosen, and return how many."""
    some = np.int64(0)
    for i in range(rows.size):
        out[some] = rows[i]
        some += chosen[i]
    return int64(some)


def those(rows: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rows that are chosen [row], in less time than numpy takes for it."""
    out = np.empty(len(rows), np.int64)
    return out[: _those(rows, chosen, out)].copy()


@compiled
def _take(
    chance: NDArray[np.float64], key: NDArray[np.int64], bits: int, offset: float, chosen: NDArray[np.bool_]
) -> None:
    """Mark the places at which the running sum of chances, in the order of keys, passes a whole number."""
    total, places = int64(np.floor(offset * ONE)), (int64(1) << bits) - 1
    for i in range(key.size):
        place = key[i] & places
        before = total >> SHIFT
        total += int64(np.floor(min(max(chance[place], 0.0), 1.0) * ONE + HALF))
        chosen[place] = (total >> SHIFT) > before


def choose(
    rows: NDArray[np.int64],
    chance: NDArray[np.float64],
    cell: NDArray[np.int32],
    seed: Seed,
    purpose: Purpose,
    stream: int,
) -> NDArray[np.int64]:
    """Choose among rows with the given chances, so that every stretch of a cell gets its share to within one [rows].

    Rows stand in the order of cells and, inside a cell, of a draw; `cell` has an entry for each row there is. Those
    without a chance change nothing.
    """
    key, bits = keyed(rows, cell, seed.told(purpose, stream))
    key = ascending(key[: _with_chance(chance, key)], bits)
    chosen = np.zeros(len(rows), np.bool_)
    _take(chance, key, bits, draw(seed, purpose, stream), chosen)
    return those(rows, chosen)


@compiled
def _fit(
    weight: NDArray[np.float64],
    starts: NDArray[np.int64],
    target: NDArray[np.float64],
    cap: float,
    factor: NDArray[np.float64],
    reached: NDArray[np.float64],
    settled: NDArray[np.bool_],
) -> None:
    """Find each group's factor; what a cap holds back is made up by the others of the group.

    `starts` are the first rows of the groups, and the end. A group whose factor comes back is settled.
    """
    last = np.inf
    for _ in range(FITS):
        away = 0.0
        for place in range(target.size):
            if not settled[place]:
                total = 0.0
                for row in range(starts[place], starts[place + 1]):
                    total += min(weight[row] * factor[place], cap)
                held, reached[place] = factor[place], total
                factor[place] = held * target[place] / total if total > 0.0 else 0.0
                settled[place] = factor[place] == held
            away += abs(target[place] - reached[place])
        if away < CLOSE or last - away < CLOSE:
            return
        last = away


@compiled_apart
def _scale(
    weight: NDArray[np.float64],
    starts: NDArray[np.int64],
    factor: NDArray[np.float64],
    cap: float,
    chance: NDArray[np.float64],
) -> None:
    """Write the chances of groups that begin at `starts`."""
    for place in range(factor.size):
        for row in range(starts[place], starts[place + 1]):
            chance[row] = min(weight[row] * factor[place], cap)


def fit(
    weight: NDArray[np.float64], starts: NDArray[np.int64], target: NDArray[np.float64], cap: float = 1.0
) -> NDArray[np.float64]:
    """Return chances in proportion to weights, none above a cap, that add up to a target in each group of rows.

    Groups lie together, in order; `starts` are their first rows, and the end.
    """
    factor, settled = np.ones(len(target)), np.zeros(len(target), dtype=np.bool_)
    _fit(weight, starts, target.astype(np.float64), cap, factor, np.zeros(len(target)), settled)
    chance = np.empty(len(weight))
    _scale(weight, starts, factor, cap, chance)
    return chance


def fit_all(weight: NDArray[np.float64], target: float, cap: float = 1.0) -> NDArray[np.float64]:
    """Return chances in proportion to weights, none above a cap, that add up to one target."""
    return fit(weight, np.array([0, len(weight)]), np.array([target]), cap)


def looked_up(values: NDArray[np.float64], *codes: Array) -> NDArray[np.float64]:
    """Return the value of each row in a table with one axis for each code [unit of the values]."""
    place = codes[0].astype(np.int64)
    for size, code in zip(values.shape[1:], codes[1:], strict=True):
        place *= size
        place += code
    return values.ravel().take(place)


def times(first: NDArray[np.float64], *others: tuple[float, float]) -> NDArray[np.float64]:
    """Return a table of weights: the first by its code, then one of two factors for each code that is 0 or 1."""
    result = first
    for pair in others:
        result = result[..., None] * np.array(pair)
    return result


def starts_of(group: NDArray[np.int32], groups: int) -> NDArray[np.int64]:
    """Return the first rows of groups, which lie together in order, and the end."""
    return np.searchsorted(group, np.arange(groups + 1, dtype=group.dtype))


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
