"""The first population: its columns, its one weight, and what would be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.codes import Scheme, Sex
from agents.columns import Table
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.data import pools
from model.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

CLOSEST_MOTHER = 12  # years between a mother and her child at the least
OLDEST = 120


@dataclass
class Population:
    """People and households at the end of the year before `start`; each row stands for `weight` people."""

    start: int
    weight: int
    people: Table
    households: Table
    collective: NDArray[np.bool_]
    """Rows of people who live in collective quarters; their households are of one (used in tables and tests only)."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.people)

    @property
    def population(self) -> int:
        """Return the number of people the rows stand for."""
        return self.weight * len(self.people)


def tables(columns: dict[str, NDArray[np.int64]], first: NDArray[np.int64]) -> tuple[Table, Table]:
    """Store sorted columns in their declared types; `first` holds the first row of each household."""
    arrays = {name: columns[name].astype(PERSON[name].dtype) for name in columns}
    people = Table(PERSON, len(columns["home"]), arrays)
    starts = first.astype(HOUSEHOLD["start"].dtype)
    homes = people.home[first].astype(HOUSEHOLD["home"].dtype)
    return people, Table(HOUSEHOLD, len(first), {"start": starts, "home": homes})


def check_population(population: Population) -> None:
    """Refuse a population with impossible kin, unsorted households, foreign types or impossible values.

    Errors: DataError naming the column and the first row that is wrong.
    """
    people = population.people
    for name, column in PERSON.items():
        if getattr(people, name).dtype != np.dtype(column.dtype):
            raise DataError(f"people.{name}: {getattr(people, name).dtype}: expected {column.dtype}")
    if population.weight < 1:
        raise DataError(f"weight {population.weight}: expected 1 or more")
    for name, wrong, expected in _wrong(population):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(f"people.{name}: row {row} is {getattr(people, name)[row]}: expected {expected}")
    _check_households(population)


def _wrong(population: Population) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """Give each column that can be wrong, its wrong rows and what was expected."""
    people = population.people
    size = len(people)
    for name in ("home", "hukou", "insured"):
        values = getattr(people, name)
        yield name, (values < 0) | (values >= len(pools())), f"a pool 0 to {len(pools()) - 1}"
    yield "age", people.age > OLDEST, f"at most {OLDEST}"
    yield "account", people.account < 0, "0 or more"
    yield "scheme", people.scheme > max(Scheme), "a scheme"
    yield "account", (people.account > 0) & (people.scheme != Scheme.EMPLOYEE), "0 outside the employee scheme"
    yield "insured", (people.scheme == Scheme.NONE) & (people.insured != people.home), "home where uninsured"
    rows = np.arange(size)
    for name in ("spouse", "mother", "father"):
        values = getattr(people, name)
        yield name, (values < -1) | (values >= size) | (values == rows), "another row or -1"
    age = people.age.astype(np.int64)
    some = people.spouse >= 0
    other = np.maximum(people.spouse, 0)
    yield "spouse", some & (people.spouse[other] != rows), "the same couple on both sides"
    yield "spouse", some & (people.sex[other] == people.sex), "husband and wife"
    for name, sex in (("mother", Sex.FEMALE), ("father", Sex.MALE)):
        parent = getattr(people, name)
        there = np.maximum(parent, 0)
        yield name, (parent >= 0) & (people.sex[there] != sex), f"{sex.en}"
        yield name, (parent >= 0) & (age[there] - age < CLOSEST_MOTHER), f"{CLOSEST_MOTHER} years older or more"
        yield name, some & (parent >= 0) & (parent == people.spouse), "somebody else than the spouse"
    yield "key", np.bincount(people.key.astype(np.int64), minlength=size)[rows] != 1, "each slot once"


def _check_households(population: Population) -> None:
    """Refuse households that do not lie together in the order of their pools."""
    people, households = population.people, population.households
    start = households.start.astype(np.int64)
    if len(start) == 0 or start[0] != 0 or (np.diff(start) <= 0).any():
        raise DataError("households.start: expected 0 first, then rising rows")
    sizes = np.diff(np.concatenate([start, [len(people)]]))
    if not np.array_equal(people.household, np.repeat(np.arange(len(start)), sizes)):
        raise DataError("people.household: expected members of a household to lie together")
    if (np.diff(people.home) < 0).any():
        raise DataError("people.home: expected people in the order of their pools")
    if not np.array_equal(people.home, households.home[people.household]):
        raise DataError("households.home: expected the pool of every member")


def scale_accounts(population: Population, total_by_pool: NDArray[np.int64]) -> NDArray[np.int64]:
    """Scale the account balances to a total by pool of insurance [fen, real people]; return the totals reached.

    Balances keep their proportions and are rounded by carrying the remainder along the rows of a pool. A total that
    no account can hold is left out. With a weight w the total reached is the largest multiple of w not above the one
    asked for, so it falls short by less than w fen: it, and not the published figure, is the ledger's opening.
    """
    people = population.people
    wanted = np.asarray(total_by_pool, dtype=np.int64) // population.weight
    if (wanted < 0).any():
        raise DataError(f"accounts: pool {int(np.flatnonzero(wanted < 0)[0])}: expected a total of 0 or more")
    pool = people.insured.astype(np.int64)
    order = np.argsort(pool, kind="stable")
    sizes = np.bincount(pool, minlength=len(wanted))
    start = 0
    for place, size in enumerate(sizes):
        rows = order[start : start + size]
        start += size
        ends = np.cumsum(people.account[rows])
        if size == 0 or ends[-1] == 0:
            wanted[place] = 0
            continue
        reached = _carried(ends, int(wanted[place]))
        people.account[rows] = np.diff(reached, prepend=0)
    return wanted * population.weight


def _carried(ends: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Return cumulative sums scaled to a total, rounded down; exact at the end."""
    scaled = np.floor(ends / float(ends[-1]) * total).astype(np.int64)
    scaled = np.minimum(np.maximum.accumulate(scaled), total)
    scaled[-1] = total
    return scaled
