"""Marital status by pool, sex and single age: the national pattern by age fitted to each pool's census totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from model.data import by_pool, cached, province_index, table
from model.demography import AGES, CENSUS, SEXES, death_pattern
from model.synthesis.people import carried, mover_weights
from model.synthesis.tools import KIND, Columns, Seed, choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NEVER, MARRIED, DIVORCED, WIDOWED = range(4)
IN_TURN = (MARRIED, WIDOWED, DIVORCED)
NAMES = ("never_married", "married", "divorced", "widowed")
ADULT = 15  # the census asks from 15
OLD = 65  # the table's last group
GROUP = 5
BOTH = 2
ROUNDS = 25
TINY = 1e-9


@cached
def national_shares() -> NDArray[np.float64]:
    """Return national shares of the four statuses by sex and single age [2, 121, 4] (2020, derived from 2010)."""
    frame = table("marital_status")
    frame = frame[(frame["year"] == CENSUS) & (frame["area"] == "national")]
    ages = np.arange(AGES, dtype=np.float64)
    shares = np.zeros((len(SEXES), AGES, len(NAMES)))
    for position, sex in enumerate(SEXES):
        rows = frame[frame["sex"] == sex]
        groups = {
            (str(age), str(status)): float(share)
            for age, status, share in zip(
                rows["age_group"], rows["indicator"], rows["share_of_age_group_percent"], strict=True
            )
        }
        starts = list(range(ADULT, OLD, GROUP))
        for status, name in enumerate(NAMES):
            points = [groups[f"{start}-{start + GROUP - 1}", name] for start in starts]
            middles = [start + GROUP / BOTH for start in starts]
            shares[position, :, status] = np.interp(ages, middles, points)
            shares[position, OLD:, status] = groups["65_plus", name]
        _widow_tilt(shares[position], 1 - position)
    shares[:, :ADULT] = 0.0
    shares[:, :ADULT, NEVER] = 1.0
    return np.asarray(shares / shares.sum(axis=2, keepdims=True), dtype=np.float64)


def _widow_tilt(shares: NDArray[np.float64], other: int) -> None:
    """Let widowhood above 65 rise with the chance that a spouse of the same age has died."""
    survive = np.cumprod(1 - death_pattern(CENSUS)[other])
    lost = 1 - survive / survive[ADULT]
    start = shares[OLD - GROUP // BOTH, WIDOWED]
    odds = lost / np.maximum(1 - lost, TINY)
    level = start / (shares[OLD, MARRIED] + start) if start > 0 else TINY
    factor = odds[OLD:] / odds[OLD - GROUP // BOTH]
    widowed = level / (1 - level) * factor
    share = widowed / (1 + widowed)
    both = shares[OLD, MARRIED] + shares[OLD, WIDOWED]
    shares[OLD:, WIDOWED] = both * share
    shares[OLD:, MARRIED] = both * (1 - share)


@cached
def _pool_totals() -> NDArray[np.float64]:
    """Return shares of the four statuses among those of 15 and over by pool and sex [358, 2, 4] (census 2020)."""
    place = province_index()
    totals = np.zeros((len(place), len(SEXES), len(NAMES)))
    for position, sex in enumerate(SEXES):
        counts = by_pool("prefecture_households", [f"longform_{name}_{sex}" for name in NAMES])
        province = np.stack([np.bincount(place, counts[:, status]) for status in range(len(NAMES))], axis=1)
        empty = counts.sum(axis=1) == 0
        counts[empty] = province[place[empty]]
        totals[:, position] = counts / counts.sum(axis=1, keepdims=True)
    return totals


def _fitted(
    table_: NDArray[np.float64], wanted: NDArray[np.float64], adults: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a table [pool, sex, age, status] fitted in turns to totals by status and by age.

    It lies by status and age meanwhile: sums then add whole rows.
    """
    parts = np.ascontiguousarray(np.moveaxis(table_, (3, 2), (0, 1)))
    ages = np.ascontiguousarray(np.moveaxis(adults, 2, 0))
    for _ in range(ROUNDS):
        for part, total in zip(parts, wanted, strict=True):
            part *= total / np.maximum(part.sum(axis=0), TINY)
        have = parts[0].copy()
        for part in parts[1:]:
            have += part
        parts *= ages / np.maximum(have, TINY)
    return np.ascontiguousarray(np.moveaxis(parts, (0, 1), (3, 2)))


def shares(people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shares of the statuses by pool, sex and age [358, 2, 121, 4] for people [358, 2, 121].

    The pattern by age is fitted to each pool's totals (iterative proportional fitting).
    """
    adults = people.copy()
    adults[..., :ADULT] = 0.0
    wanted = np.moveaxis(_pool_totals() * adults.sum(axis=2, keepdims=True), 2, 0)
    table_ = _fitted(national_shares()[None] * adults[..., None], wanted, adults)
    result = np.broadcast_to(national_shares()[None], table_.shape).copy()
    filled = table_.sum(axis=3) > TINY
    result[filled] = table_[filled] / table_[filled].sum(axis=1, keepdims=True)
    return result


@cached
def _chances(year: int, weights: tuple[float, ...]) -> NDArray[np.float64]:
    """Return chances of those not chosen yet, of each status in turn by pool, sex and age [3, 358 * 2 * 121]."""
    share = shares(carried(year, weights)).reshape(-1, len(NAMES))
    left = np.ones(len(share))
    chances = np.empty((len(IN_TURN), len(share)))
    for place, value in enumerate(IN_TURN):
        chances[place] = share[:, value] / np.maximum(left, TINY)
        left = left - share[:, value]
    chances.setflags(write=False)
    return chances


def status(columns: Columns, year: int, seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int8]:
    """Return each row's marital status: the pool's shares, evenly along ages."""
    home, sex, age = columns["home"], columns["sex"], columns["age"]
    result = np.full(len(home), NEVER, dtype=KIND)
    place = (home * len(SEXES) + sex) * AGES + age
    cell = columns["band"] * len(SEXES) + sex
    for stream, chance in enumerate(_chances(year, mover_weights(assumptions))):
        rows = np.flatnonzero((result == NEVER) & (age >= ADULT))
        chosen = choose(rows, chance[place[rows]], cell, seed, Purpose.SYNTHESIS_FAMILY, stream)
        result[chosen] = IN_TURN[stream]
    return result
