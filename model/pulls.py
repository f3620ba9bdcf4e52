"""What draws people to a province: a pull for each, with which provinces grow as published, births and deaths apart."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from model.data import by_pool, cached, cached_few, province_codes, province_index
from model.demography import total_population
from model.errors import DataError
from model.synthesis.migration import migrant_shares, sending
from model.synthesis.people import natural_change, province_totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 200
"""Rounds in which every province's pull is set to the others'; they no longer move after these."""
CLOSE = 1e-6
"""Part of all flows by which a province's net moves may be missed."""


@cached
def census_people() -> Floats:
    """Return the people of the census of 2020 by pool [358; persons]."""
    return by_pool("prefectures", ["pop_census2020_persons"])[:, 0]


@cached_few
def migrants(outside: float) -> Floats:
    """Return the census's people by pool of registration and of living, outside their own pool [358, 358; people].

    Between provinces by migration_od_2020.csv, inside them by the pools' published numbers of incomers.
    """
    persons = census_people()
    between, inside = migrant_shares(outside)
    place = province_index()
    alone = np.bincount(place)[place] == 1
    result = np.zeros((len(place), len(place)))
    for own in range(len(place)):
        result[:, own] = np.diff(sending(own, True, place), prepend=0.0) * (persons[own] * between[own])
        if not alone[own]:
            result[:, own] += np.diff(sending(own, False, place), prepend=0.0) * (persons[own] * inside[own])
    return result


@cached_few
def migrants_between(outside: float) -> Floats:
    """Return the census's people by province of registration and of living, outside their own province [31, 31]."""
    place, size = province_index(), len(province_codes())
    result = np.zeros((size, size))
    np.add.at(result, (place[:, None], place[None, :]), migrants(outside))
    np.fill_diagonal(result, 0.0)
    return result


def net_moves(year: int, movers: tuple[float, ...]) -> Floats:
    """Return who came less who went in a year: what a province grew by beyond births and deaths [31; people].

    The published year-end populations, with the nation's total as the model carries it; moves add up to none.
    """
    before, after = (province_totals(y) * (total_population(y) / province_totals(y).sum()) for y in (year - 1, year))
    moves = after - before - natural_change(year, movers)
    return np.asarray(moves - before * (moves.sum() / before.sum()))


@cached_few
def pulls(
    first: int, last: int, outside: float, movers: tuple[float, ...], going: float, returning: float
) -> tuple[float, ...]:
    """Return each province's pull, 1 = their mean; moves follow the ratio of two, so that net moves are as published.

    Args:
        first: first of the years whose net moves are followed, in the mean.
        last: last of these years; if it is before the first, all pulls are one.
        outside: the census's people outside their own pool [people].
        movers: how likely people of each age are to move (model.synthesis.people.mover_weights).
        going: people who go to another province in a year, over the census's migrants there, at equal pulls [share].
        returning: migrants who go back to their province in a year, whatever its pull [share].

    """
    stock, years = migrants_between(outside), range(first, last + 1)
    if not years or not going * stock.sum() > 0.0:
        return (1.0,) * len(stock)
    wanted = np.sum([net_moves(year, movers) for year in years], axis=0) / len(years)
    back = returning * (stock.sum(axis=1) - stock.sum(axis=0))
    return tuple(balanced(going * stock, wanted - back).tolist())


def balanced(flows: Floats, net: Floats) -> Floats:
    """Return the pulls, their mean one, at which flows times the ratio of two pulls come to net inflows [no unit].

    `flows` are those at equal pulls [from, to], `net` what comes less what goes; both in the same unit. Province by
    province the pull solves a quadratic equation, given the others'.

    Errors: DataError if no pulls do so, as where nobody leaves a province that shrinks.
    """
    pull = np.ones(len(flows))
    for _ in range(ROUNDS):
        for own in range(len(flows)):
            comes = float((flows[:, own] / pull).sum())
            goes = float((flows[own] * pull).sum())
            if comes > 0.0 and goes > 0.0:
                wanted = float(net[own])
                root = sqrt(wanted * wanted + 4.0 * comes * goes)
                pull[own] = (wanted + root) / (2.0 * comes) if wanted > 0.0 else 2.0 * goes / (root - wanted)
        pull /= pull.mean()
    found = flows * (pull / pull[:, None])
    off = found.sum(axis=0) - found.sum(axis=1) - net
    if not np.abs(off).max() <= CLOSE * flows.sum():
        raise DataError(
            "population_year_end: expected provinces that grow or shrink by moves that migrants' numbers allow"
        )
    return pull
