"""Puts the first population together, in the order of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.columns import Array
from agents.compiled import compiled, compiled_apart, int64
from agents.person import PERSON
from model.synthesis import families, health, homes, kin, marriage, migration, schemes, wealth, work
from model.synthesis.matching import NONE
from model.synthesis.people import check_start, rows, size_and_weight, stock
from model.synthesis.population import Population, check_population, tables
from model.synthesis.tools import Columns, Seed, stable_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

AGE_BITS, SEX_BITS, CHRONIC_BITS, RANK_BITS = 7, 1, 2, 16
LINKS = ("spouse", "mother", "father")


def world_size(people: int | None, start: int, assumptions: Mapping[str, float]) -> tuple[int, int]:
    """Return the rows and the integer weight of a world that starts with about so many people (None: everybody)."""
    check_start(start)
    return size_and_weight(people, float(stock(start - 1, assumptions).sum()))


def first_population(
    people: int | None, start: int, seed: int, assumptions: Mapping[str, float], part: int = 0, parts: int = 1
) -> Population:
    """Return the population at the end of the year before `start`, about `people` rows (None: everybody).

    The number of rows is rounded so that one integer weight times rows meets the national population: weight =
    round(population / people), rows = round(population / weight). `assumptions` holds values by path
    (`synthesis.…`). Chance comes from the seed alone; the order of rows in the tables does not matter.
    Of a world in K parts one is made: it has every K-th row of each pool, sex and age, and keys and kin of its own.
    Errors: DataError for a start outside 2019 to 2026 or a table that is wrong.
    """
    check_start(start)
    year = start - 1
    counts = stock(year, assumptions)
    size, weight = size_and_weight(people, float(counts.sum()))
    chance = Seed(seed, part, parts)
    columns = rows(counts, size, chance)
    share = weight * size / len(columns["home"])
    migration.settle(columns, chance, assumptions)
    status = marriage.status(columns, year, chance, assumptions)
    collective = homes.collective(columns, status, chance, assumptions)
    apart = collective | homes.alone(columns, status, collective, chance, assumptions)
    target = families.home_target(columns, collective, chance)
    family = families.build(columns, status, apart, target, chance, assumptions)
    kin.connect(family)
    columns |= {"spouse": family.spouse, "mother": family.mother, "father": family.father}
    columns["work"], employee = work.assign(columns, collective, counts, share, year, chance, assumptions)
    schemes.insure(columns, employee, share, year, chance, assumptions)
    columns["chronic"] = health.chronic(columns, chance, assumptions)
    score, home_score = wealth.scores(family.head, chance, assumptions)
    columns["aid"] = wealth.aid(columns, family.head, collective, home_score, share, year, chance, assumptions)
    columns["rank"] = wealth.ranks(columns, score)
    columns["account"] = wealth.accounts(columns, chance, assumptions)
    first = part << (-(-size // parts) - 1).bit_length()  # aligned, so that the evenly spread draws stay even
    columns["key"] = first + slots(columns)
    return _sorted(columns, family.head, collective, start, weight, first)


def slots(columns: Columns) -> NDArray[np.int64]:
    """Return each row's permanent number: its place in the order of home pool, age, sex, chronic illness and rank."""
    key, result = np.empty(len(columns["home"]), np.int64), np.empty(len(columns["home"]), np.int64)
    _likeness(columns["home"], columns["age"], columns["sex"], columns["chronic"], columns["rank"], key)
    result[stable_order(key)] = np.arange(len(key))
    return result


@compiled_apart
def _likeness(home: Array, age: Array, sex: Array, chronic: Array, rank: Array, key: NDArray[np.int64]) -> None:
    """Write home pool, age, sex, chronic illness and rank as one number."""
    for row in range(home.size):
        person = (int64(home[row]) << AGE_BITS | int64(age[row])) << SEX_BITS | int64(sex[row])
        key[row] = (person << CHRONIC_BITS | int64(chronic[row])) << RANK_BITS | int64(rank[row])


@compiled
def _by_home(
    head: NDArray[np.int64],
    age: NDArray[np.int16],
    ends: NDArray[np.int64],
    order: NDArray[np.int64],
    household: NDArray[np.int32],
    firsts: NDArray[np.int64],
) -> int:
    """Write the order of rows by head, oldest first, each one's home and the homes' first places; return how many.

    `ends` comes as zeros, `order` full of NONE.
    """
    for row in range(head.size):
        ends[head[row]] += 1
    start = homes = int64(0)
    for row in range(head.size):
        if ends[row] > 0:
            firsts[homes] = start
            household[start : start + ends[row]] = homes
            homes += 1
        start += ends[row]
        ends[row] = start - ends[row]
    for row in range(head.size):
        there = ends[head[row]]
        while there > 0:
            other = order[there - 1]
            if other == NONE or head[other] != head[row] or age[other] >= age[row]:
                break
            order[there] = other
            there -= 1
        order[there] = row
        ends[head[row]] += 1
    return int64(homes)


@compiled_apart
def _point(link: NDArray[np.int64], order: NDArray[np.int64], place: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    """Write the new rows to which links point, in the new order of rows."""
    for row in range(order.size):
        there = link[order[row]]
        out[row] = place[there] if there >= 0 else NONE


def _sorted(
    columns: Columns,
    head: NDArray[np.int64],
    collective: NDArray[np.bool_],
    start: int,
    weight: int,
    first: int,
) -> Population:
    """Bring rows into the order of pools and households, oldest first, and point links at their new rows."""
    size = len(head)
    order, household, firsts = np.full(size, NONE, np.int64), np.empty(size, np.int32), np.empty(size, np.int64)
    homes = _by_home(head, columns["age"], np.zeros(size, np.int64), order, household, firsts)
    place = np.empty(size, dtype=np.int32)
    place[order] = np.arange(size, dtype=np.int32)
    told: Columns = {"household": household}
    for name in LINKS:
        told[name] = np.empty(size, np.int32)
        _point(columns[name], order, place, told[name])
    for name in (PERSON.keys() & columns.keys()) - set(LINKS):
        told[name] = columns[name].astype(PERSON[name].dtype)[order]
    persons, households = tables(told, firsts[:homes])
    population = Population(start, weight, persons, households, collective[order], first)
    check_population(population)
    return population
