"""Town or country, and where people are registered: migrants inside and between provinces (census 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Hukou
from model.data import by_pool, cached, province_codes, province_index, table
from model.synthesis.people import mover_ages, urban_share
from model.synthesis.tools import Seed, by_age, draw, draws, fit, mixed, take, within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BAND = 10  # years of age in a cell of neighbours
BANDS = 13
CHILD, ADULT, OLD = 10, 30, 65  # middles of the age groups of the weights
ALMOST_ALL = 0.95  # no age group of a pool is made of migrants alone
URBAN, BETWEEN, INSIDE, ORIGIN, KIND = range(5)  # streams of chance


def band_cell(home: NDArray[np.int64], age: NDArray[np.int64]) -> NDArray[np.int64]:
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


def _origin(
    home: NDArray[np.int64], rows: NDArray[np.int64], place: NDArray[np.float64], between: bool
) -> NDArray[np.int64]:
    """Return the pool of registration of migrants, given in the order of their homes, evenly over the origins."""
    ordinal, size = within(home[rows])
    quantile = (ordinal + place[home[rows]]) / np.maximum(size, 1)
    province = province_index()
    result = np.empty(len(rows), dtype=np.int64)
    pool, first = np.unique(home[rows], return_index=True)
    for own, start, end in zip(pool, first, np.append(first, len(rows))[1:], strict=True):
        ends = sending(int(own), between, province)
        result[start:end] = np.searchsorted(ends, quantile[start:end], side="right")
    return np.minimum(result, len(province) - 1)


def settle(columns: dict[str, NDArray[np.int64]], seed: Seed, assumptions: Mapping[str, float]) -> None:
    """Add the columns urban, hukou and hukou_kind to rows with home, sex and age."""
    home, age = columns["home"], columns["age"]
    people = np.bincount(home, minlength=len(province_index())).astype(np.float64)
    ages = len(mover_ages(assumptions))
    points = [
        (CHILD, assumptions["synthesis.urban_weight_children"]),
        (ADULT, 1.0),
        (OLD, assumptions["synthesis.urban_weight_old"]),
    ]
    weight = by_age(points, ages)[age]
    purpose = Purpose.SYNTHESIS_MIGRATION
    shuffle = draws(seed, purpose, URBAN, len(home))
    chance = fit(weight, home, people * urban_share())
    urban = take(chance, mixed(band_cell(home, age), shuffle), draw(seed, purpose, URBAN))
    between, inside = migrant_shares(assumptions["synthesis.outside_own_pool"])
    rural_weight = assumptions["synthesis.migrant_weight_rural_places"]
    weight = mover_ages(assumptions)[age] * np.where(urban, 1.0, rural_weight)
    order = mixed(band_cell(home, age), draws(seed, purpose, BETWEEN, len(home)))
    chance = fit(weight, home, people * between, ALMOST_ALL)
    far = take(chance, order, draw(seed, purpose, BETWEEN))
    chance = fit(np.where(far, 0.0, weight), home, people * inside, ALMOST_ALL)
    order = mixed(band_cell(home, age), draws(seed, purpose, INSIDE, len(home)))
    near = take(chance, order, draw(seed, purpose, INSIDE))
    columns["hukou"] = home.copy()
    place = draws(seed, purpose, ORIGIN, len(people))
    for moved, is_between in ((far, True), (near, False)):
        rows = mixed(home, draws(seed, purpose, ORIGIN + 1, len(home)))
        rows = rows[moved[rows]]
        columns["hukou"][rows] = _origin(home, rows, place, is_between)
    columns["urban"] = urban.astype(np.int64)
    columns["hukou_kind"] = _kind(columns, seed, assumptions)


def _kind(columns: dict[str, NDArray[np.int64]], seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int64]:
    """Return the kind of registration: most townspeople at home are urban, most migrants rural (assumptions)."""
    home, age, urban = columns["home"], columns["age"], columns["urban"] == 1
    moved = columns["hukou"] != home
    chance = np.where(
        moved,
        assumptions["synthesis.urban_hukou_migrants"],
        np.where(
            urban, assumptions["synthesis.urban_hukou_in_towns"], assumptions["synthesis.urban_hukou_in_villages"]
        ),
    )
    purpose = Purpose.SYNTHESIS_MIGRATION
    order = mixed(band_cell(home, age), draws(seed, purpose, KIND + 1, len(home)))
    chosen = take(chance, order, draw(seed, purpose, KIND + 1))
    return np.where(chosen, int(Hukou.URBAN), int(Hukou.RURAL)).astype(np.int64)
