"""Town or country, and where people are registered: migrants inside and between provinces (census 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Hukou
from model.data import by_pool, cached, province_codes, province_index, table
from model.synthesis.people import mover_ages, urban_share
from model.synthesis.tools import (
    KIND as KIND_TYPE,
)
from model.synthesis.tools import (
    Columns,
    Seed,
    by_age,
    choose,
    draws,
    fit,
    looked_up,
    mixed,
    starts_of,
    times,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BAND = 10  # years of age in a cell of neighbours
BANDS = 13
CHILD, ADULT, OLD = 10, 30, 65  # middles of the age groups of the weights
ALMOST_ALL = 0.95  # no age group of a pool is made of migrants alone
URBAN, BETWEEN, INSIDE, ORIGIN, KIND = range(5)  # streams of chance


def band_cell(home: NDArray[np.int32], age: NDArray[np.int16]) -> NDArray[np.int32]:
    """Return a number for each pool and ten-year age band [number of the cell]."""
    return home * BANDS + age // BAND


@cached
def origins_between() -> NDArray[np.float64]:
    """Return for each province of residence the shares of provinces of registration [31 destination, 31 origin]."""
    frame = table("migration_od_2020")
    place = {code: index for index, code in enumerate(province_codes())}
    shares = np.zeros((len(place), len(place)))
    persons = frame["registered_in_origin_2020_est_b_persons"]
    for origin, destination, value in zip(frame["origin_code"], frame["destination_code"], persons, strict=True):
        shares[place[destination], place[origin]] += value
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)


@cached
def rural_people() -> NDArray[np.float64]:
    """Return the census's rural persons of each pool, the weight with which a pool sends migrants [358]."""
    counts = by_pool("prefectures", ["pop_census2020_persons", "urban_persons"])
    return np.asarray(counts[:, 0] - counts[:, 1], dtype=np.float64)


@cached
def migrant_shares(outside: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of each pool's residents registered in another province and in another pool of the province.

    All persons outside their own pool add up to the assumption; those from another province are published.
    """
    columns = [
        "pop_census2020_persons",
        "in_migrants_other_province_persons",
        "hukou_other_county_same_province_persons",
    ]
    persons, between, inside = by_pool("prefectures", columns).T
    place = province_index()
    inside = np.where(np.bincount(place)[place] > 1, inside, 0.0)
    left = max(outside - between.sum(), 0.0)
    inside = inside * (left / inside.sum())
    return between / persons, np.minimum(inside, (persons - between) / 2) / persons


def sending(own: int, between: bool, place: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return cumulative shares of pools from which migrants to a pool come; `place` is the province of each pool.

    From other provinces by the matrix of provinces and rural people; else from the other pools of the province.
    """
    rural = rural_people()
    if between:
        inside = np.bincount(place, rural)
        weight = rural / inside[place] * origins_between()[place[own]][place]
    else:
        weight = np.where(place == place[own], rural, 0.0)
        weight[own] = 0.0
    ends = np.cumsum(weight)
    return np.asarray(ends / ends[-1], dtype=np.float64)


@cached
def _sending(own: int, between: bool) -> NDArray[np.float64]:
    """Remember `sending` for every pool."""
    return sending(own, between, province_index())


def _origin(
    home: NDArray[np.int32], rows: NDArray[np.int64], place: NDArray[np.float64], between: bool
) -> NDArray[np.int64]:
    """Return the pool of registration of migrants, given in the order of their homes, evenly over the origins."""
    ordinal, size = within(home[rows])
    quantile = (ordinal + place[home[rows]]) / np.maximum(size, 1)
    result = np.empty(len(rows), dtype=np.int64)
    pool, first = np.unique(home[rows], return_index=True)
    for own, start, end in zip(pool, first, np.append(first, len(rows))[1:], strict=True):
        ends = _sending(int(own), between)
        result[start:end] = np.searchsorted(ends, quantile[start:end], side="right")
    return np.minimum(result, len(place) - 1)


def settle(columns: Columns, seed: Seed, assumptions: Mapping[str, float]) -> None:
    """Add the columns urban, hukou and hukou_kind, and the band of neighbours, to rows with home, sex and age."""
    home, age = columns["home"], columns["age"]
    starts = starts_of(home, len(province_index()))
    people = np.diff(starts).astype(np.float64)
    movers = mover_ages(assumptions)
    points = [
        (CHILD, assumptions["synthesis.urban_weight_children"]),
        (ADULT, 1.0),
        (OLD, assumptions["synthesis.urban_weight_old"]),
    ]
    weight = looked_up(by_age(points, len(movers)), age)
    purpose = Purpose.SYNTHESIS_MIGRATION
    columns["band"] = cell = band_cell(home, age)
    rows = np.arange(len(home))
    chance = fit(weight, starts, people * urban_share())
    urban = np.zeros(len(home), KIND_TYPE)
    urban[choose(rows, chance, cell, seed, purpose, URBAN)] = 1
    between, inside = migrant_shares(assumptions["synthesis.outside_own_pool"])
    rural_weight = assumptions["synthesis.migrant_weight_rural_places"]
    weight = looked_up(times(movers, (rural_weight, 1.0)), age, urban)
    chance = fit(weight, starts, people * between, ALMOST_ALL)
    far = choose(rows, chance, cell, seed, purpose, BETWEEN)
    weight[far] = 0.0
    chance = fit(weight, starts, people * inside, ALMOST_ALL)
    near = choose(rows, chance, cell, seed, purpose, INSIDE)
    hukou = home.copy()
    place = draws(seed, purpose, ORIGIN, len(people))
    for moved, is_between in ((far, True), (near, False)):
        some = mixed(moved, home, seed, purpose, ORIGIN + 1)
        hukou[some] = _origin(home, some, place, is_between)
    columns["hukou"], columns["urban"] = hukou, urban
    columns["hukou_kind"] = _kind(columns, seed, assumptions)


def _kind(columns: Columns, seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int8]:
    """Return the kind of registration: most townspeople at home are urban, most migrants rural (assumptions)."""
    urban, moved = columns["urban"], columns["hukou"] != columns["home"]
    stayed, migrants = ("in_villages", "in_towns"), ("migrants", "migrants")
    shares = [[assumptions[f"synthesis.urban_hukou_{name}"] for name in names] for names in (stayed, migrants)]
    chance = looked_up(np.array(shares), moved, urban)
    purpose, rows = Purpose.SYNTHESIS_MIGRATION, np.arange(len(urban))
    kind = np.full(len(urban), int(Hukou.RURAL), KIND_TYPE)
    kind[choose(rows, chance, columns["band"], seed, purpose, KIND + 1)] = int(Hukou.URBAN)
    return kind
