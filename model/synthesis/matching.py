"""Who belongs to whom: sorted matching of couples, and the nearest person of a wished age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.codes import Sex
from agents.compiled import compiled, int64
from model.data import cached
from model.demography import CENSUS, birth_pattern, death_pattern
from model.synthesis.tools import BITS, HALF, mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE = -1
AROUND = (-1, 0, -2, 1)  # places around a seeker in the order in which they are tried
AGE_BITS = 8
SPAN = 512  # room for ages inside a stratum's stretch of the number line
YOUNGEST_MOTHER = 18  # years between mother and child, as the brief of the synthesis asks
OLDEST_MOTHER = 45
YOUNGEST_FATHER = 16
OLDEST_FATHER = 65


@cached
def mother_ages() -> NDArray[np.float64]:
    """Return cumulative shares of births by the mother's age, 18 to 45 (WPP 2024)."""
    births = birth_pattern(CENSUS)[YOUNGEST_MOTHER : OLDEST_MOTHER + 1]
    ends = np.cumsum(births)
    return np.asarray(ends / ends[-1], dtype=np.float64)


def gaps(draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return years between mother and child for uniform numbers."""
    return np.asarray(YOUNGEST_MOTHER + np.searchsorted(mother_ages(), draw), dtype=np.int64)


@cached
def parent_alive(sex: int) -> NDArray[np.float64]:
    """Return by a person's age the share whose mother or father lives, by the mortality of the census year [121]."""
    alive = np.cumprod(1 - death_pattern(CENSUS)[sex])
    ages = np.arange(len(alive))
    middle = YOUNGEST_MOTHER + int(np.searchsorted(mother_ages(), 0.5)) + (sex == Sex.MALE)
    return np.asarray(alive[np.minimum(ages + middle, len(alive) - 1)] / alive[middle], dtype=np.float64)


@compiled
def _places(
    cell: NDArray[np.int32], order: NDArray[np.int64], cells: NDArray[np.int32], out: NDArray[np.float64]
) -> None:
    """Write the cells in their order, and places evenly spread inside each."""
    start = np.int64(0)
    for i in range(order.size + 1):
        if i < order.size:
            cells[i] = cell[order[i]]
        if i == order.size or cells[i] != cells[start]:
            size = np.float64(i - start)
            for j in range(start, i):
                out[j] = np.float64(cells[j]) + (np.float64(j - start) + HALF) / size
            start = np.int64(i)


def line(
    stratum: NDArray[np.int32], age: NDArray[Any], draw: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return an order by stratum, age and draw, its cells, and places on a number line, evenly spread inside an age."""
    cell = stratum * SPAN + age.astype(np.int32)
    order, cells, places = mixed(cell, draw), np.empty_like(cell), np.empty(len(cell))
    _places(cell, order, cells, places)
    return order, cells, places


@compiled
def _nearest(
    rows: NDArray[np.int64],
    cells: NDArray[np.int32],
    places: NDArray[np.float64],
    order: NDArray[np.int64],
    wished: NDArray[np.float64],
    stratum: NDArray[np.int32],
    low: NDArray[np.int16],
    high: NDArray[np.int16],
    refuse: NDArray[np.int64],
    best: NDArray[np.int64],
) -> None:
    """Walk along seekers and providers at once; of the four around a seeker the nearest that suits is found."""
    position, last = np.int64(0), np.int64(rows.size - 1)
    for place in range(order.size):
        seeker, x, found, least = order[place], wished[place], np.int64(NONE), np.inf
        while position <= last and places[position] < x:
            position += 1
        first = np.int64(stratum[seeker]) * SPAN
        lowest, highest = max(first + np.int64(low[seeker]), first), first + np.int64(high[seeker])
        for step in AROUND:
            index = int64(min(max(int64(position + step), 0), last))
            away = abs(places[index] - x)
            if away < least and lowest <= cells[index] <= highest and rows[index] != refuse[seeker]:
                found, least = rows[index], away
        best[seeker] = found


class Providers:
    """People who can be somebody's parent or child, on a number line of stratum and age."""

    def __init__(
        self, rows: NDArray[np.int64], stratum: NDArray[np.int32], age: NDArray[np.int16], draw: NDArray[np.float64]
    ) -> None:
        """Sort the given rows; stratum and age have an entry for each row there is, draws one for each given."""
        order, self.cells, self.places = line(stratum[rows], age[rows], draw)
        self.rows = rows[order]

    def nearest(
        self,
        stratum: NDArray[np.int32],
        wished: NDArray[Any],
        draw: NDArray[np.float64],
        low: NDArray[np.int16],
        high: NDArray[np.int16],
        refuse: NDArray[np.int64] | None = None,
    ) -> NDArray[np.int64]:
        """Return for each seeker the provider nearest to the wished age, inside low to high, or -1 [row]."""
        best = np.full(len(stratum), NONE, dtype=np.int64)
        if len(self.rows) == 0 or len(stratum) == 0:
            return best
        order, _, places = line(stratum, np.clip(wished, 0, SPAN // 2), draw)
        nobody = best.copy() if refuse is None else refuse
        _nearest(self.rows, self.cells, self.places, order, places, stratum, low, high, nobody, best)
        return best


@compiled
def _evenly(
    stratum: NDArray[np.int32], rows: NDArray[np.int64], wanted: NDArray[np.int64], keep: NDArray[np.int64]
) -> int:
    """Keep of the sorted rows of each stratum so many as are wanted, evenly spread, and return how many."""
    start = kept = np.int64(0)
    for end in range(1, rows.size + 1):
        if end == rows.size or stratum[end] != stratum[start]:
            count, size = wanted[stratum[start]], end - start
            share = np.int64(0)
            for i in range(start, end):
                share += count
                if share >= size:
                    share -= size
                    keep[kept] = rows[i]
                    kept += 1
            start = np.int64(end)
    return int64(kept)


@compiled
def _settle(key: NDArray[np.int64], bits: int, place: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
    """Put rows whose coarse keys are the same into the order of their places."""
    for i in range(1, rows.size):
        row, j = rows[i], np.int64(i)
        while j > 0 and key[j - 1] >> bits == key[i] >> bits and place[rows[j - 1]] > place[row]:
            rows[j] = rows[j - 1]
            j -= 1
        rows[j] = row


def _in_line(stratum: NDArray[np.int32], place: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of rows by stratum, and by a place of 0 or more inside it, rows of one place as they lie."""
    bits = len(stratum).bit_length()
    most = (int(stratum.max(initial=0)) + 1) * (1 << AGE_BITS)
    fine = BITS - bits - most.bit_length()
    if fine < 0 or float(place.max(initial=0.0)) >= 1 << AGE_BITS:
        return np.lexsort((place, stratum))
    key = (place * (1 << fine)).astype(np.int64)
    key |= stratum.astype(np.int64) << (AGE_BITS + fine)
    key <<= bits
    key |= np.arange(len(key))
    key.sort()
    order = key & ((1 << bits) - 1)
    _settle(key, bits, place, order)
    return order


def pairs(
    men: NDArray[np.int64], women: NDArray[np.int64], stratum: NDArray[np.int32], place: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match men and women of each stratum in the order of place; of the larger side some are left, evenly spread."""
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    count = np.minimum(np.bincount(stratum[men], minlength=strata), np.bincount(stratum[women], minlength=strata))
    chosen = []
    for rows in (men, women):
        order = rows[_in_line(stratum[rows], place[rows])]
        keep = np.empty(len(order), np.int64)
        chosen.append(keep[: _evenly(stratum[order], order, count, keep)])
    return chosen[0], chosen[1]


@compiled
def _accept(
    provider: NDArray[np.int64], most: NDArray[np.int64], claims: NDArray[np.int16], accepted: NDArray[np.bool_]
) -> None:
    """Count the claims on each provider, and accept the first."""
    for i in range(provider.size):
        if provider[i] >= 0:
            accepted[i] = claims[provider[i]] < most[i]
            claims[provider[i]] += accepted[i]


def first_claims(provider: NDArray[np.int64], most: NDArray[np.int64], rows: int) -> NDArray[np.bool_]:
    """Say which claims on providers among so many rows are the first `most` of each; -1 claims nothing."""
    accepted = np.zeros(len(provider), dtype=np.bool_)
    _accept(provider, most, np.zeros(rows, np.int16), accepted)
    return accepted
