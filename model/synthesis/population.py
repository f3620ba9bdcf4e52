"""The first population: its columns, its one weight, and what would be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.codes import Scheme
from agents.columns import Table
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.check import check_people
from model.data import pools
from model.errors import DataError
from model.synthesis.tools import Columns, stable_order

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass
class Population:
    """People and households at the end of the year before `start`; each row stands for `weight` people."""

    start: int
    weight: int
    people: Table
    households: Table
    collective: NDArray[np.bool_]
    """Rows of people who live in collective quarters; their households are of one (used in tables and tests only)."""
    first: int = 0
    """The smallest key: 0, or that of a part of a world."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.people)

    @property
    def population(self) -> int:
        """Return the number of people the rows stand for."""
        return self.weight * len(self.people)


def tables(columns: Columns, first: NDArray[np.int64]) -> tuple[Table, Table]:
    """Store sorted columns in their declared types; `first` holds the first row of each household."""
    arrays = {name: columns[name].astype(PERSON[name].dtype, copy=False) for name in columns}
    people = Table(PERSON, len(columns["home"]), arrays)
    starts = first.astype(HOUSEHOLD["start"].dtype)
    homes = people.home[first].astype(HOUSEHOLD["home"].dtype)
    return people, Table(HOUSEHOLD, len(first), {"start": starts, "home": homes})


def check_population(population: Population) -> None:
    """Refuse a population with impossible kin, unsorted households, foreign types or impossible values.

    Errors: DataError naming the column and the first row that is wrong.
    """
    people = population.people
    check_people(people, population.households, len(pools()), population.start - 1, renewed=True)
    if population.weight < 1:
        raise DataError(f"weight {population.weight}: expected 1 or more")
    debt = (people.account > 0) & (people.scheme != Scheme.EMPLOYEE)
    if debt.any():
        row = int(np.flatnonzero(debt)[0])
        raise DataError(f"people.account: row {row} is {people.account[row]}: expected 0 outside the employee scheme")
    first, last = population.first, population.first + len(people) - 1
    if int(people.key.min()) < first or int(people.key.max()) > last:
        raise DataError(f"people.key: {people.key.max()}: expected each slot {first} to {last} once")
    if (np.diff(people.home) < 0).any():
        raise DataError("people.home: expected people in the order of their pools")


def held_by_pool(people: Table, count: int) -> NDArray[np.int64]:
    """Return what accounts hold by pool of insurance [count] [fen, simulated people]."""
    held = np.zeros(count, np.int64)
    np.add.at(held, people.insured, people.account)
    return held


def reachable(total_by_pool: NDArray[np.int64], held: NDArray[np.int64], weight: int) -> NDArray[np.int64]:
    """Return the totals by pool that accounts can reach [fen, simulated people].

    A total that no account can hold is left out. With a weight w the total reached is the largest multiple of w not
    above the one asked for, so it falls short by less than w fen: it, and not the published figure, is the ledger's
    opening. Errors: DataError for a total below 0.
    """
    wanted = np.asarray(total_by_pool, dtype=np.int64) // weight
    if (wanted < 0).any():
        raise DataError(f"accounts: pool {int(np.flatnonzero(wanted < 0)[0])}: expected a total of 0 or more")
    return np.where(held > 0, wanted, 0)


def scale_accounts(
    people: Table, wanted: NDArray[np.int64], held: NDArray[np.int64], before: NDArray[np.int64] | None = None
) -> None:
    """Scale the account balances to reachable totals by pool of insurance [fen, simulated people].

    Balances keep their proportions to all that is held and are rounded by carrying the remainder along the rows of a
    pool, after what people of earlier parts of the world hold `before`.
    """
    pool = people.insured.astype(np.int64)
    order = stable_order(pool)
    sizes = np.bincount(pool, minlength=len(wanted))
    start = 0
    for place, size in enumerate(sizes):
        rows = order[start : start + size]
        start += size
        if size == 0 or held[place] == 0:
            continue
        ends = np.cumsum(np.append(0 if before is None else before[place], people.account[rows]))
        people.account[rows] = np.diff(_carried(ends, int(held[place]), int(wanted[place])))


def _carried(ends: NDArray[np.int64], whole: int, total: int) -> NDArray[np.int64]:
    """Return cumulative sums scaled so that a whole becomes a total, rounded down; exact at the end."""
    scaled = np.floor(ends / float(whole) * total).astype(np.int64)
    scaled = np.minimum(np.maximum.accumulate(scaled), total)
    scaled[ends >= whole] = total
    return scaled
