"""How many live alone, in collective quarters and in families, by pool (census 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from model.data import by_pool, cached, province_index
from model.demography import AGES
from model.synthesis.marriage import DIVORCED, MARRIED, NEVER, WIDOWED
from model.synthesis.tools import Columns, Seed, by_age, choose, fit, looked_up, starts_of, times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ADULT = 18
COLLECTIVE, ALONE = 10, 11  # streams of chance
MOST_COLLECTIVE = 0.9
DORM_AGES = (15, 17, 18, 22, 24, 35, 36)


@cached
def quotas() -> dict[str, NDArray[np.float64]]:
    """Return by pool, per resident of the census: collective persons, one-person households, family households."""
    names = ["family_households", "family_household_persons", "one_person_households"]
    households, persons, single = by_pool("prefecture_households", names).T
    residents = by_pool("prefectures", ["pop_census2020_persons"])[:, 0]
    place = province_index()
    empty = households == 0
    for values in (households, persons, single):
        mean = np.bincount(place, values) / np.bincount(place, np.where(empty, 0.0, residents))
        values[empty] = mean[place[empty]] * residents[empty]
    return {
        "collective": 1 - persons / residents,
        "alone": single / residents,
        "households": households / residents,
    }


def collective(
    columns: Columns, status: NDArray[np.int8], seed: Seed, assumptions: Mapping[str, float]
) -> NDArray[np.bool_]:
    """Choose the people in collective quarters: students and workers in dormitories, homes for the aged."""
    student = assumptions["synthesis.collective_weight_students"]
    worker = assumptions["synthesis.collective_weight_young_workers"]
    heights = (student / 2, student / 2, student, student, worker, worker, 1.0)
    rows = np.flatnonzero(columns["age"] >= DORM_AGES[0])
    married, migrant = (assumptions[f"synthesis.collective_weight_{name}"] for name in ("married", "migrants"))
    curve = by_age(list(zip(DORM_AGES, heights, strict=True)), AGES)
    codes = columns["age"], status == MARRIED, columns["hukou"] != columns["home"]
    weight = looked_up(times(curve, (1.0, married), (1.0, migrant)), *(code[rows] for code in codes))
    return _quota(columns, rows, weight, "collective", COLLECTIVE, seed)


def alone(
    columns: Columns,
    status: NDArray[np.int8],
    away: NDArray[np.bool_],
    seed: Seed,
    assumptions: Mapping[str, float],
) -> NDArray[np.bool_]:
    """Choose the people who live alone among the grown-up who are not in collective quarters."""
    by_status = np.zeros(WIDOWED + 1)
    by_status[NEVER] = assumptions["synthesis.alone_weight_never_married"]
    by_status[DIVORCED] = assumptions["synthesis.alone_weight_divorced"]
    by_status[WIDOWED] = assumptions["synthesis.alone_weight_widowed"]
    by_status[MARRIED] = 1.0
    rows = np.flatnonzero((columns["age"] >= ADULT) & ~away)
    apart = (columns["hukou"] != columns["home"]) & (status == MARRIED)
    migrants = assumptions["synthesis.alone_weight_migrants"]
    weight = looked_up(times(by_status, (1.0, migrants)), status[rows], apart[rows])
    return _quota(columns, rows, weight, "alone", ALONE, seed)


def _quota(
    columns: Columns, rows: NDArray[np.int64], weight: NDArray[np.float64], quota: str, stream: int, seed: Seed
) -> NDArray[np.bool_]:
    """Choose rows by weight until each pool has its quota."""
    starts = starts_of(columns["home"], len(province_index()))
    chance = fit(weight, np.searchsorted(rows, starts), np.diff(starts) * quotas()[quota], MOST_COLLECTIVE)
    chosen = np.zeros(len(columns["home"]), np.bool_)
    chosen[choose(rows, chance, columns["band"], seed, Purpose.SYNTHESIS_FAMILY, stream)] = True
    return chosen
