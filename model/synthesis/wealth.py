"""Rank in the income distribution, low-income classes and the relative size of individual accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.chance import Purpose
from agents.codes import Aid, Scheme, Work
from agents.compiled import compiled, compiled_apart, int64
from model.data import cached, province_codes, province_index, series, table
from model.demography import PERSONS
from model.synthesis.targets import at
from model.synthesis.tools import (
    HALF,
    KIND,
    ONE,
    PLACE,
    SHIFT,
    Columns,
    Seed,
    draws,
    draws_of,
    fit_all,
    looked_up,
    place_counts,
    stable_order,
    those,
    times,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

RANKS = 1 << 16
OWN, HOME = range(2)  # streams of chance
TINY = 1e-9
ACCOUNT = (
    "rank_slope", "empty_of_the_healthy", "empty_of_the_mildly_ill", "empty_of_the_severely_ill", "empty_odds",
    "of_the_mildly_ill", "of_the_severely_ill", "of_the_retired", "of_flexible_workers", "unevenness",
)  # fmt: skip
"""What the first accounts rest on (`synthesis.account_…`)."""
OLD, CHILD = 60, 16
INCOME_YEAR = 2023
MOST_AIDED = 0.8
UNIT = 10_000  # fen, the unit of relative account sizes


def scores(
    head: NDArray[np.int64], seed: Seed, assumptions: Mapping[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each row's latent prosperity, and the part it shares with its household."""
    share = assumptions["synthesis.rank_share_of_household"]
    own = draws(seed, Purpose.SYNTHESIS_INCOME, OWN, len(head))
    home = draws(seed, Purpose.SYNTHESIS_INCOME, HOME, len(head))[head]
    return share * home + (1 - share) * own, home


@cached
def poverty_by_pool() -> NDArray[np.float64]:
    """Return the weight with which rural people of each pool are poor: the inverse of the province's rural income."""
    frame = table("provinces_long")
    rows = frame[(frame["indicator"] == "disposable_income_per_capita_rural") & (frame["year"] == INCOME_YEAR)]
    income = {int(code): float(value) for code, value in zip(rows["province_code"], rows["value"], strict=True)}
    values = np.array([income[code] for code in province_codes()])
    return np.asarray((values.mean() / values)[province_index()], dtype=np.float64)


def aided_total(year: int) -> float:
    """Return people whose premium medical assistance pays, as published [persons]."""
    return at(series("assistance_subsidised_enrolment", "medical_assistance", unit="10k_persons"), year) * PERSONS


def aid(
    columns: Columns,
    head: NDArray[np.int64],
    collective: NDArray[np.bool_],
    home_score: NDArray[np.float64],
    weight: float,
    year: int,
    seed: Seed,
    assumptions: Mapping[str, float],
) -> NDArray[np.int8]:
    """Return the low-income class: the poorest households of residents, mostly in villages, poorest provinces first.

    The destitute are old people and children without family; then come the minimum living allowance and those
    monitored or helped otherwise, until the published number of subsidised members is reached.
    """
    resident = (columns["scheme"] == Scheme.RESIDENT) & (columns["work"] != Work.STUDENT) & ~collective
    stratum = columns["home"] * 2 + columns["urban"]
    rows = np.flatnonzero(resident)
    weights = times(poverty_by_pool(), (1.0, assumptions["synthesis.aid_weight_towns"]))
    risk = looked_up(weights, columns["home"][rows], columns["urban"][rows])
    total = aided_total(year) / weight
    chance = fit_all(risk, total, MOST_AIDED)
    strata = 2 * len(province_index())
    quota = np.bincount(stratum[rows], chance, minlength=strata).astype(np.float64)
    wanted = place_counts(quota, seed.rounded(total), seed.spread(HALF))
    age = columns["age"][rows]
    single = those(rows, (age >= OLD) | (age < CHILD))
    single = those(single, np.bincount(head, minlength=len(head))[head[single]] == 1)
    kind = np.full(len(stratum), int(Aid.NONE), KIND)
    destitute = _poorest(
        stratum, home_score, single, _part(wanted, total, assumptions["synthesis.destitute"] / weight, seed)
    )
    kind[destitute] = int(Aid.DESTITUTE)
    left = those(rows, kind[rows] == Aid.NONE)
    poorest = np.sort(_poorest(stratum, home_score, left, wanted - np.bincount(stratum[destitute], minlength=strata)))
    kind[poorest] = int(Aid.MONITORED)
    allowance = assumptions["synthesis.minimum_living"] / weight
    kind[_poorest(stratum, home_score, poorest, _part(wanted, total, allowance, seed))] = int(Aid.MINIMUM_LIVING)
    return kind


def _part(wanted: NDArray[Any], total: float, part: float, seed: Seed) -> NDArray[np.int64]:
    """Return a part of a total, divided as the total is."""
    return place_counts(wanted.astype(np.float64), seed.rounded(min(part, total)), seed.spread(HALF))


def _poorest(
    stratum: NDArray[np.int32], score: NDArray[np.float64], rows: NDArray[np.int64], wanted: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Choose among rows those with the lowest scores of each stratum, as many as wanted [rows]."""
    group = stratum[rows]
    key = np.empty(len(rows), np.int64)
    _score_keys(group, score[rows], key)
    order = stable_order(key)
    group = group[order]
    ordinal, _ = within(group)
    return rows[order[ordinal < wanted[group]]]


def ranks(columns: Columns, score: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return evenly spread places 0 to 65535 in the income distribution of province, town and work [1/65536].

    The low-income classes stand at the bottom of their group.
    """
    kinds = len(Work)
    group = (province_index().astype(PLACE)[columns["home"]] * 2 + columns["urban"]) * kinds + columns["work"]
    key, result = np.empty(len(group), np.int64), np.empty(len(group), PLACE)
    _rank_keys(group, columns["aid"], score, key)
    _rank(stable_order(key), group, result)
    return result


@compiled_apart
def _score_keys(group: NDArray[np.int32], score: NDArray[np.float64], key: NDArray[np.int64]) -> None:
    """Write group and score as one number."""
    for i in range(group.size):
        key[i] = int64(group[i]) << SHIFT | int64(score[i] * (ONE >> 1))


@compiled_apart
def _rank_keys(
    group: NDArray[np.int32], aided: NDArray[np.int8], score: NDArray[np.float64], key: NDArray[np.int64]
) -> None:
    """Write group and score as one number, the low-income classes first."""
    for row in range(group.size):
        place = score[row] if aided[row] != Aid.NONE else 1.0 + score[row]
        key[row] = int64(group[row]) << SHIFT | int64(place / 2 * ONE)


@compiled
def _rank(order: NDArray[np.int64], group: NDArray[np.int32], rank: NDArray[np.int32]) -> None:
    """Write evenly spread ranks for rows in the order of groups and, inside them, of prosperity."""
    start = int64(0)
    for end in range(1, order.size + 1):
        if end == order.size or group[order[end]] != group[order[start]]:
            size = end - start
            for i in range(start, end):
                rank[order[i]] = (2 * (i - start) + 1) * RANKS // (2 * size)
            start = int64(end)


def accounts(columns: Columns, seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int64]:
    """Return the relative size of accounts [fen before scaling]: rises with rank and with years, smaller for the ill.

    Some are used up, more often those of the ill, the retired and flexible workers. Among others alike it is uneven: a
    uniform number to a power, its mean 1.
    """
    rows = np.flatnonzero((columns["scheme"] == Scheme.EMPLOYEE) & (columns["account_kind"] == 1))
    work, ill = columns["work"][rows], columns["chronic"][rows]
    retired, flexible = work == Work.RETIRED, work == Work.FLEXIBLE
    at = {name: assumptions[f"synthesis.account_{name}"] for name in ACCOUNT}
    wage = np.exp(at["rank_slope"] * columns["rank"][rows] / RANKS)
    saved = np.sqrt(columns["years"][rows].astype(np.float64))
    sick = looked_up(np.array([1.0, at["of_the_mildly_ill"], at["of_the_severely_ill"]]), ill)
    kept = times(np.ones(1), (1.0, at["of_the_retired"]), (1.0, at["of_flexible_workers"]))
    size = wage * saved * sick * looked_up(kept, np.zeros_like(work), retired, flexible)
    chance = np.array([at[f"empty_of_the_{name}"] for name in ("healthy", "mildly_ill", "severely_ill")])
    more = np.array([1.0, at["empty_odds"]])
    empty = looked_up(chance[:, None] * more / (1.0 + chance[:, None] * (more - 1.0)), ill, retired | flexible)
    left = np.maximum(draws_of(seed, Purpose.SYNTHESIS_ACCOUNT, OWN, rows) - empty, 0.0) / np.maximum(1.0 - empty, TINY)
    power = int(at["unevenness"])
    size *= np.prod([left] * power, axis=0) * (power + 1) * UNIT
    size[left == 0.0] = 0.0
    result = np.zeros(len(columns["rank"]), np.int64)
    result[rows] = np.maximum(np.floor(size), 1)
    return result
