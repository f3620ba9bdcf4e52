"""Who belongs to whom: sorted matching of couples, and the nearest person of a wished age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.codes import Sex
from model.data import cached
from model.demography import CENSUS, birth_pattern, death_pattern
from model.synthesis.tools import mixed, stable_order, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE = -1
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


def line(
    stratum: NDArray[np.int64], age: NDArray[np.int64], draw: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return an order by stratum, age and draw, and in it places on a number line, evenly spread inside an age."""
    cell = stratum * SPAN + age
    order = mixed(cell, draw)
    cell = cell[order]
    ordinal, size = within(cell)
    return order, cell + (ordinal + 1 / 2) / np.maximum(size, 1)


class Providers:
    """People who can be somebody's parent or child, on a number line of stratum and age."""

    def __init__(
        self, rows: NDArray[np.int64], stratum: NDArray[np.int64], age: NDArray[np.int64], draw: NDArray[np.float64]
    ) -> None:
        """Sort the given rows; the arrays have one entry for each row of the population."""
        order, self.places = line(stratum[rows], age[rows], draw[rows])
        self.rows = rows[order]
        self.ages = age[self.rows]
        self.strata = stratum[self.rows]

    def nearest(
        self,
        stratum: NDArray[np.int64],
        wished: NDArray[np.int64],
        draw: NDArray[np.float64],
        low: NDArray[np.int64],
        high: NDArray[np.int64],
        refuse: NDArray[np.int64] | None = None,
    ) -> NDArray[np.int64]:
        """Return for each seeker the provider nearest to the wished age, inside low to high, or -1 [row]."""
        best = np.full(len(stratum), NONE, dtype=np.int64)
        if len(self.rows) == 0 or len(stratum) == 0:
            return best
        order, sorted_places = line(stratum, np.clip(wished, 0, SPAN // 2), draw)
        places = np.empty(len(stratum))
        places[order] = sorted_places
        position = np.searchsorted(self.places, places)
        distance = np.full(len(stratum), np.inf)
        for step in (-1, 0, -2, 1):
            index = np.clip(position + step, 0, len(self.rows) - 1)
            ok = (self.strata[index] == stratum) & (self.ages[index] >= low) & (self.ages[index] <= high)
            if refuse is not None:
                ok &= self.rows[index] != refuse
            away = np.where(ok, np.abs(self.places[index] - places), np.inf)
            closer = away < distance
            best[closer] = self.rows[index[closer]]
            distance[closer] = away[closer]
        return best


def pairs(
    men: NDArray[np.int64], women: NDArray[np.int64], stratum: NDArray[np.int64], place: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match men and women of each stratum in the order of place; of the larger side some are left, evenly spread."""
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    count = np.minimum(np.bincount(stratum[men], minlength=strata), np.bincount(stratum[women], minlength=strata))
    chosen = []
    for rows in (men, women):
        order = rows[np.lexsort((place[rows], stratum[rows]))]
        ordinal, size = within(stratum[order])
        wanted = count[stratum[order]]
        keep = (ordinal + 1) * wanted // np.maximum(size, 1) > ordinal * wanted // np.maximum(size, 1)
        chosen.append(order[keep])
    return chosen[0], chosen[1]


def first_claims(provider: NDArray[np.int64], most: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which claims on providers are among the first `most` of each provider; -1 claims nothing."""
    order = stable_order(provider + 1)
    ordinal, _ = within(provider[order])
    accepted = np.zeros(len(provider), dtype=np.bool_)
    accepted[order] = (ordinal < most[order]) & (provider[order] >= 0)
    return accepted
