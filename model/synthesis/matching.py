"""Who belongs to whom: sorted matching of couples, and the nearest person of a wished age."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agents.chance import Purpose, uniform, unit
from agents.codes import Sex
from agents.compiled import compiled, compiled_apart, int64
from agents.sorting import ascending
from model.data import cached
from model.demography import CENSUS, birth_pattern, death_pattern
from model.synthesis.tools import BITS, DIGIT, HALF, ONE, PLACE, SHIFT, Seed, check_room, keyed

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE = -1
AROUND = (-1, 0, -2, 1)  # places around a seeker in the order in which they are tried
AGE_BITS = 8
GUIDE_BITS = 12  # of a draw, by which the years between mother and child are looked up
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


@cached
def mother_guide() -> NDArray[np.int64]:
    """Return at even steps from 0 to 1 the place in `mother_ages` from which on a search may begin [number]."""
    return np.searchsorted(mother_ages(), np.arange(1 << GUIDE_BITS) / (1 << GUIDE_BITS))


@cached
def parent_alive(sex: int) -> NDArray[np.float64]:
    """Return by a person's age the share whose mother or father lives, by the mortality of the census year [121]."""
    alive = np.cumprod(1 - death_pattern(CENSUS)[sex])
    ages = np.arange(len(alive))
    middle = YOUNGEST_MOTHER + int(np.searchsorted(mother_ages(), 0.5)) + (sex == Sex.MALE)
    return np.asarray(alive[np.minimum(ages + middle, len(alive) - 1)] / alive[middle], dtype=np.float64)


@compiled_apart
def _wishes(
    seekers: NDArray[np.int64],
    stratum: NDArray[np.int32],
    age: NDArray[np.int16],
    generations: int,
    births: NDArray[np.float64],
    guide: NDArray[np.int64],
    seed: int,
    purpose: int,
    stream: int,
    first: int,
    bits: int,
    key: NDArray[np.int64],
) -> int:
    """Write as a key each seeker's stratum and wished age, the first bits of its draw, and its place.

    A generation is the years between mother and child: `births` are the cumulative shares of `mother_ages`, `guide`
    their places at even steps. Returns the highest cell.
    """
    highest = int64(0)
    for i in range(seekers.size):
        key[i] = int64(uniform(seed, purpose, stream, first + seekers[i]) * ONE)
    for i in range(seekers.size):
        row, shuffle = seekers[i], unit(np.uint64(key[i]))
        years = int64(guide[key[i] >> (SHIFT - GUIDE_BITS)])
        while births[years] < shuffle:
            years += 1
        wish = min(max(int64(age[row]) + generations * (YOUNGEST_MOTHER + years), 0), SPAN // 2)
        cell = int64(stratum[row]) * SPAN + wish
        key[i] = (cell << DIGIT | key[i] >> (SHIFT - DIGIT)) << bits | i
        highest = max(highest, cell)
    return highest


@compiled
def _spread(key: NDArray[np.int64], behind: int, places: NDArray[np.float64]) -> None:
    """Write places on a number line for sorted keys: evenly spread inside a cell, which has `behind` bits after it."""
    place = 0.0
    for i in range(key.size):
        place = place + 1.0 if i > 0 and key[i] >> behind == key[i - 1] >> behind else 0.0
        places[i] = place
    size = 0.0
    for i in range(key.size - 1, -1, -1):
        cell = key[i] >> behind
        size = size if i + 1 < key.size and key[i + 1] >> behind == cell else places[i] + 1.0
        places[i] = np.float64(cell) + (places[i] + HALF) / size


def cells(stratum: NDArray[np.int32], age: NDArray[np.int16]) -> NDArray[np.int32]:
    """Return stratum and age as one number: where rows stand on a number line [number of the cell]."""
    return np.asarray(stratum * PLACE(SPAN) + age, dtype=PLACE)


NOBODY: NDArray[np.int64] = np.empty(0, np.int64)


class Line(NamedTuple):
    """Rows in the order of sorted keys, each a cell, a draw and a place among the rows, and where they stand."""

    rows: NDArray[np.int64]
    key: NDArray[np.int64]
    bits: int
    places: NDArray[np.float64]


def line(rows: NDArray[np.int64], key: NDArray[np.int64], bits: int) -> Line:
    """Return rows on a number line of their keys' cells; the array of keys may hold anything afterwards."""
    key = ascending(key, bits)
    places = np.empty(len(key))
    _spread(key, bits + DIGIT, places)
    return Line(rows, key, bits, places)


@compiled
def _nearest(
    rows: NDArray[np.int64],
    cells: NDArray[np.int64],
    bits: int,
    places: NDArray[np.float64],
    seekers: NDArray[np.int64],
    wishes: NDArray[np.int64],
    seeker_bits: int,
    wished: NDArray[np.float64],
    stratum: NDArray[np.int32],
    age: NDArray[np.int16],
    low: int,
    high: int,
    spouse: NDArray[np.int64],
    parent: NDArray[np.int64],
    best: NDArray[np.int64],
) -> None:
    """Walk along seekers and providers at once; of the four around a seeker the nearest that suits is found.

    Where spouses are told, nobody is given the parent of their spouse.
    """
    position, last = int64(0), int64(rows.size - 1)
    ranks, seeker_ranks = (int64(1) << bits) - 1, (int64(1) << seeker_bits) - 1
    for place in range(wishes.size):
        seeker, x, found, least = wishes[place] & seeker_ranks, wished[place], int64(NONE), np.inf
        row = seekers[seeker]
        refused = parent[spouse[row]] if spouse.size > 0 and spouse[row] >= 0 else int64(NONE)
        while position <= last and places[position] < x:
            position += 1
        first, years = int64(stratum[row]) * SPAN, int64(age[row])
        lowest, highest = max(first + years + low, first), first + years + high
        for step in AROUND:
            index = int64(min(max(int64(position + step), 0), last))
            away = abs(places[index] - x)
            if away < least and lowest <= cells[index] >> (bits + DIGIT) <= highest:
                provider = rows[cells[index] & ranks]
                if provider != refused:
                    found, least = provider, away
        best[seeker] = found


class Providers:
    """People who can be somebody's parent or child, on a number line of stratum and age."""

    def __init__(
        self,
        rows: NDArray[np.int64],
        cell: NDArray[np.int32],
        age: NDArray[np.int16],
        seed: Seed,
        purpose: Purpose,
        stream: int,
    ) -> None:
        """Sort the given rows; age, and the cell of stratum and age, have an entry for each row there is."""
        self.age, self.told = age, seed.told(purpose, stream)
        self.line = line(rows, *keyed(rows, cell, self.told))

    def nearest(
        self,
        seekers: NDArray[np.int64],
        stratum: NDArray[np.int32],
        generations: int,
        span: tuple[int, int],
        spouse: NDArray[np.int64] = NOBODY,
        parent: NDArray[np.int64] = NOBODY,
    ) -> NDArray[np.int64]:
        """Return for each seeker the provider nearest to the wished age, or -1 [row].

        The wished age is so many generations from the seeker's; who suits is inside a span of years from the seeker,
        and not the parent of the seeker's spouse, where these are told.
        """
        best = np.full(len(seekers), NONE, dtype=np.int64)
        if len(self.line.rows) == 0 or len(seekers) == 0:
            return best
        bits, key = len(seekers).bit_length(), np.empty(len(seekers), np.int64)
        births = mother_ages(), mother_guide()
        check_room(_wishes(seekers, stratum, self.age, generations, *births, *self.told, bits, key), bits)
        _nearest(*self.line, *line(seekers, key, bits), stratum, self.age, *span, spouse, parent, best)
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
    key = ascending(key, bits)
    order = key & ((1 << bits) - 1)
    _settle(key, bits, place, order)
    return order


def pairs(
    men: NDArray[np.int64],
    women: NDArray[np.int64],
    stratum: NDArray[np.int32],
    men_places: NDArray[np.float64],
    women_places: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match men and women of each stratum in the order of place; of the larger side some are left, evenly spread."""
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    count = np.minimum(np.bincount(stratum[men], minlength=strata), np.bincount(stratum[women], minlength=strata))
    chosen = []
    for rows, places in ((men, men_places), (women, women_places)):
        order = rows[_in_line(stratum[rows], places)]
        keep = np.empty(len(order), np.int64)
        chosen.append(keep[: _evenly(stratum[order], order, count, keep)])
    return chosen[0], chosen[1]
