"""What every world must be: possible families, one scheme each, whole accounts, known places.

Every world is held to it at birth; a debug run (`PoolingModel(check=True)`) after renewing and at the end of each year.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agents.career import in_employee_work
from agents.codes import Scheme, Sex, Work
from agents.columns import Array, Table
from agents.compiled import compiled, int64
from agents.person import PERSON
from agents.sorting import ascending
from model.errors import DataError

CLOSEST_MOTHER = 12  # years between a parent and a child at the least
OLDEST = 120
PLACES = ("home", "hukou", "insured")
Wrong = tuple[str, NDArray[np.bool_], str]
KIN = (
    *((name, "another row or -1") for name in ("spouse", "mother", "father")),
    ("spouse", "the same couple on both sides"),
    ("spouse", "husband and wife"),
    *(
        (name, expected)
        for name, sex in (("mother", Sex.FEMALE), ("father", Sex.MALE))
        for expected in (sex.en, f"{CLOSEST_MOTHER} years older or more", "somebody else than the spouse")
    ),
)
"""What relatives must be, in the order in which it is looked for."""


def check_people(people: Table, households: Table, pools: int, year: int, *, renewed: bool = False) -> None:
    """Refuse people with impossible kin, two spouses, twin keys, a debt in an account, or a home that is nowhere.

    Args:
        people: the table of people.
        households: the table of homes.
        pools: the number of pools; places are 0 to pools - 1.
        year: named in the error.
        renewed: the year has just begun, so that everybody in the table lives.

    Errors: DataError naming the year, the column, the first row that is wrong and what was expected.

    """
    for name, column in PERSON.items():
        if getattr(people, name).dtype != np.dtype(column.dtype):
            raise DataError(f"people.{name}: {getattr(people, name).dtype} in {year}: expected {column.dtype}")
    for part in (_places(people, pools), _kin(people), _membership(people), _life(people, renewed)):
        for name, wrong, expected in part:
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                value = getattr(people, name)[row]
                raise DataError(f"people.{name}: row {row} is {value} in {year}: expected {expected}")
    _check_homes(people, households, year)


def _places(people: Table, pools: int) -> Iterator[Wrong]:
    """Give the rows that live, are registered or are insured in a place that is none."""
    for name in PLACES:
        values = getattr(people, name)
        yield name, (values < 0) | (values >= pools), f"a pool 0 to {pools - 1}"


@compiled
def _of_parent(
    row: int, parent: int, is_mother: bool, spouse: Array, age: Array, female: NDArray[np.bool_], first: int
) -> int:
    """Return what is wrong with a parent, numbered from a first number on, or 0."""
    if parent < 0:
        return 0
    if female[parent] != is_mother:
        return first
    if int64(age[parent]) - int64(age[row]) < CLOSEST_MOTHER:
        return first + 1
    return first + 2 if parent == spouse[row] else 0


@compiled
def _wrong_kin(
    spouse: Array, mother: Array, father: Array, age: Array, female: NDArray[np.bool_], wrong: NDArray[np.uint8]
) -> None:
    """Write what is wrong with each row's relatives: the place in the list `KIN`, from 1 on, or 0."""
    size = spouse.size
    for row in range(size):
        number, partner = 0, int64(spouse[row])
        if not -1 <= partner < size or partner == row:
            number = 1
        elif not -1 <= mother[row] < size or mother[row] == row:
            number = 2
        elif not -1 <= father[row] < size or father[row] == row:
            number = 3
        elif partner >= 0 and spouse[partner] != row:
            number = 4
        elif partner >= 0 and female[partner] == female[row]:
            number = 5
        else:
            number = _of_parent(row, int64(mother[row]), True, spouse, age, female, 6)
            if number == 0:
                number = _of_parent(row, int64(father[row]), False, spouse, age, female, 9)
        wrong[row] = number


def _kin(people: Table) -> Iterator[Wrong]:
    """Give the rows whose relatives cannot be."""
    wrong = np.zeros(len(people), np.uint8)
    kin = people.spouse, people.mother, people.father
    _wrong_kin(*kin, people.age, people.sex == Sex.FEMALE, wrong)
    if wrong.any():
        for number, (name, expected) in enumerate(KIN, 1):
            yield name, wrong == number, expected


def _membership(people: Table) -> Iterator[Wrong]:
    """Give the rows with no or two schemes, or an account in debt."""
    employed = np.isin(people.work, [work for work in Work if in_employee_work(int(work))])
    yield "work", people.work > max(Work), "a kind of work"
    yield "scheme", people.scheme > max(Scheme), "a scheme"
    yield "scheme", employed & (people.scheme != Scheme.EMPLOYEE), "the employee scheme with work that brings it"
    yield "insured", (people.scheme == Scheme.NONE) & (people.insured != people.home), "home where uninsured"
    yield "account", people.account < 0, "0 or more"


def _life(people: Table, renewed: bool) -> Iterator[Wrong]:
    """Give the rows that are too old, that are there twice, or that have left."""
    yield "age", people.age > OLDEST, f"at most {OLDEST}"
    keys = ascending(people.key.astype(np.int64))
    if (keys[1:] == keys[:-1]).any():
        twice = np.ones(len(people), np.bool_)
        twice[np.unique(people.key, return_index=True)[1]] = False
        yield "key", twice, "each key once"
    yield "dying", people.dying > 1, "0 or 1"
    if renewed:
        yield "dying", people.dying != 0, "the living only"
    yield "account", (people.dying == 1) & (people.account != 0), "0 where the owner died"


def _check_homes(people: Table, households: Table, year: int) -> None:
    """Refuse homes whose members do not lie together or live in different pools."""
    start = households.start.astype(np.int64)
    if len(start) == 0 or start[0] != 0 or (np.diff(start) <= 0).any() or start[-1] >= len(people):
        raise DataError(f"households.start in {year}: expected 0 first, then rising rows")
    sizes = np.diff(np.concatenate([start, [len(people)]]))
    if not np.array_equal(people.household, np.repeat(np.arange(len(start)), sizes)):
        raise DataError(f"people.household in {year}: expected members of a household to lie together")
    if not np.array_equal(people.home, households.home[people.household]):
        raise DataError(f"households.home in {year}: expected the pool of every member")
