"""The first population: its columns, its one weight, and what would be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.codes import Scheme
from agents.columns import Array, Table
from agents.compiled import compiled, int64
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.check import check_people
from model.data import pools
from model.errors import DataError
from model.synthesis.tools import Columns

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
    if (people.home[1:] < people.home[:-1]).any():
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
    end = np.zeros(len(wanted), np.int64) if before is None else before.copy()
    _scale(people.insured, people.account, held, wanted, end, np.zeros(len(wanted), np.int64))


@compiled
def _scale(
    pool: Array,
    account: NDArray[np.int64],
    held: NDArray[np.int64],
    wanted: NDArray[np.int64],
    end: NDArray[np.int64],
    given: NDArray[np.int64],
) -> None:
    """Scale accounts in place; `end` is what is held by pool so far, `given`, which comes as zeros, its scaled sum."""
    for place in range(held.size):
        if held[place] > 0:
            given[place] = _carried(end[place], held[place], wanted[place], 0)
    for row in range(account.size):
        place = pool[row]
        if held[place] > 0:
            end[place] += account[row]
            scaled = _carried(end[place], held[place], wanted[place], given[place])
            account[row] = scaled - given[place]
            given[place] = scaled


@compiled
def _carried(end: int, whole: int, total: int, least: int) -> int:
    """Return a running sum scaled so that a whole becomes a total, rounded down, and never falling."""
    if end >= whole:
        return int64(total)
    scaled = int64(np.floor(np.float64(end) / np.float64(whole) * np.float64(total)))
    return int64(min(max(scaled, least), total))
