"""People packed for the disk: columns that last from year to year, each in as few bits as most of its numbers need.

What a year forgets is left out, kin are stored as distances, and homes as sizes. A digest comes first, so that no byte
that the disk has lost or changed, and no other part's people, are taken for those of the part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from agents.columns import Array, Table
from agents.compiled import compiled_apart, inlined, int64
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.narrow import Told, narrowed, widened
from model.renewal import YEARLY
from model.shelf import Shelf

NOTHING: Mapping[str, Array] = MappingProxyType({})
SIGN, WORD = 31, (1 << 32) - 1
PLACE = 8
"""Bytes that tell where the list of columns begins, which comes last; they come after the digest."""
DIGEST = 16
"""Bytes of the digest of the list, in which every column's bytes have a check of their own."""
OF_LIST = 1 << 10
"""Room for a line of the list, and for what planes are rounded up by [bytes]."""
KIN, FATHER = ("spouse", "mother"), "father"
PLACES = ("hukou", "insured")
OF_HOMES = ("household", "home")
"""Columns that people have from their home."""
LASTING = tuple(name for name in PERSON if name not in {*YEARLY, *OF_HOMES})
SIZES, HOMES = "sizes", "homes"
"""Columns of homes: how many live there, and how far the pool is from that of the home before."""
BYTES = "bytes"
FEW = 4
"""Rows of a home that are written at once."""


def packed(
    people: Table,
    households: Table,
    mark: str = "",
    names: Iterable[str] = (SIZES, HOMES, *LASTING),
    more: Mapping[str, Array] = NOTHING,
    shelf: Shelf | None = None,
) -> Array:
    """Return some columns of people and their homes, and others beside them, as bytes that a mark names [bytes].

    The bytes are an array of the shelf, for the purpose `BYTES`.
    """
    shelf = shelf or Shelf()
    rows, count = len(people), len(PERSON) + len(HOUSEHOLD) + len(more)
    content = shelf.take("u1", 2 * rows * people.bytes_per_row + count * OF_LIST, BYTES)
    told, at = [], DIGEST + PLACE
    for name in (*names, *more):
        column = more[name] if name in more else _stored(people, households, name, shelf)
        told.append(narrowed(name, column, content[at:], shelf))
        if name in {*KIN, FATHER, *PLACES}:
            shelf.lay_down(column)
        at += sum(told[-1].sizes)
    place, listed = at.to_bytes(PLACE, "little"), json.dumps(told).encode()
    start = _digest(place + listed, mark) + place
    content[: len(start)] = np.frombuffer(start, "u1")
    content[at : at + len(listed)] = np.frombuffer(listed, "u1")
    return content[: at + len(listed)]


def _digest(content: bytes, mark: str) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST, key=mark.encode()).digest()


class Packed:
    """Packed columns, unpacked where they are asked for.

    Errors: ValueError where bytes are not those that were packed under the mark.
    """

    def __init__(self, content: Array, mark: str = "") -> None:
        """Take bytes, and read which columns they hold."""
        start = content[: DIGEST + PLACE].tobytes()
        at = DIGEST + PLACE
        end = int.from_bytes(start[DIGEST:], "little")
        listed = content[end:].tobytes()
        if start[:DIGEST] != _digest(start[DIGEST:] + listed, mark):
            raise ValueError("its bytes are others than were written for it")
        self.content = content
        self.columns: dict[str, tuple[Told, Array]] = {}
        for line in json.loads(listed):
            told = Told(*line)
            size = sum(told.sizes)
            self.columns[told.name] = told, content[at : at + size]
            at += size

    def take(self, name: str, shelf: Shelf) -> Array:
        """Return a column in an array of a shelf [unit of the column]."""
        told, content = self.columns[name]
        values = shelf.take(told.kind, told.rows)
        widened(told, content, values, shelf)
        return values


def unpacked(
    packs: Iterable[Packed], shelf: Shelf, names: Iterable[str] = PERSON
) -> tuple[Table, Table, dict[str, Array]]:
    """Return people, their homes and added columns from packs of the same people, in arrays of a shelf.

    Columns of people that are not named may hold anything.

    Errors: ValueError where bytes are not those that were packed.
    """
    wanted, found = {*names}, dict[str, Array]()
    for pack in packs:
        found |= {name: pack.take(name, shelf) for name in pack.columns if name in wanted or name not in PERSON}
    sizes, apart = found.pop(SIZES), found.pop(HOMES)
    others = {name: found.pop(name) for name in set(found) - set(PERSON)}
    rows = int(sizes.sum())
    for name in PERSON:
        if name not in found:
            found[name] = shelf.take(PERSON[name].dtype, rows)
            if name in wanted and name in YEARLY:
                found[name][:] = 0
    start, homes = (np.empty(len(sizes), HOUSEHOLD[name].dtype) for name in ("start", "home"))
    _move_in(sizes, apart, start, homes, found["household"], found["home"])
    _undo_distances(found, wanted)
    return Table(PERSON, rows, found), Table(HOUSEHOLD, len(homes), {"start": start, "home": homes}), others


def _stored(people: Table, households: Table, name: str, shelf: Shelf) -> Array:
    """Return what is stored of a column: of kin how far away they are, of places whether they are home."""
    if name == SIZES:
        return np.diff(households.start, append=np.int32(len(people)))
    if name == HOMES:
        return np.diff(households.home, prepend=households.home.dtype.type(0))
    values: Array = getattr(people, name)
    if name in PLACES:
        return np.bitwise_xor(values, people.home, out=shelf.take(values.dtype, len(values)))
    if name not in (*KIN, FATHER):
        return values
    apart = shelf.take(values.dtype, len(values))
    if name == FATHER:
        _part_fathers(values, people.mother, people.spouse, apart)
    else:
        _part(values, apart)
    return apart


@compiled_apart
def _move_in(sizes: Array, apart: Array, start: Array, homes: Array, household: Array, home: Array) -> None:
    """Write the first row and the pool of every home, and everybody's home and pool.

    As most homes are small, some rows are written at once, and those beyond the home again by the next.
    """
    row = int64(0)
    pool = int64(0)
    for place in range(sizes.size):
        pool += int64(apart[place])
        start[place] = row
        homes[place] = pool
        end = row + int64(sizes[place])
        if row <= household.size - FEW:
            for i in range(row, row + FEW):
                household[i] = place
                home[i] = pool
            row += FEW
        for i in range(row, end):
            household[i] = place
            home[i] = pool
        row = end


@inlined
def _husband(row: int, mother: Array, spouse: Array) -> int:
    """Return the mother's husband, -1 if there is none."""
    known = int64(mother[row])
    husband = int64(spouse[max(known, 0)])
    return husband if known >= 0 else int64(-1)


@inlined
def _distance(relative: int, row: int) -> int:
    """Return how far away a relative is: a small number whichever way; nobody is near himself, so 0 is free."""
    apart = int64(relative) - row
    return (apart << 1) ^ (apart >> SIGN)


@inlined
def _relative(told: int, row: int) -> int:
    """Return the relative at a distance."""
    positive = int64(told) & WORD
    return row + ((positive >> 1) ^ -(positive & 1))


@compiled_apart
def _part(kin: Array, out: Array) -> None:
    """Write how far away relatives are, 0 for none."""
    for row in range(kin.size):
        out[row] = _distance(kin[row], row) if kin[row] >= 0 else int64(0)


@compiled_apart
def _part_fathers(fathers: Array, mother: Array, spouse: Array, out: Array) -> None:
    """Write how far away fathers are, 0 for the mother's husband."""
    for row in range(fathers.size):
        known = int64(fathers[row]) == _husband(row, mother, spouse)
        out[row] = int64(0) if known else _distance(fathers[row], row)


@compiled_apart
def _meet(told: Array) -> None:
    """Turn distances back into rows, in place."""
    for row in range(told.size):
        relative = _relative(told[row], row)
        told[row] = relative if told[row] != 0 else int64(-1)


@compiled_apart
def _meet_fathers(told: Array, mother: Array, spouse: Array) -> None:
    """Turn distances of fathers back into rows, in place."""
    for row in range(told.size):
        relative, husband = _relative(told[row], row), _husband(row, mother, spouse)
        told[row] = relative if told[row] != 0 else husband


def _undo_distances(found: dict[str, Array], names: set[str]) -> None:
    """Turn distances back into rows and places, in place, of the columns named."""
    for name in PLACES:
        if name in names:
            found[name] ^= found["home"]
    for name in KIN:
        if name in names:
            _meet(found[name])
    if FATHER in names:
        _meet_fathers(found[FATHER], found["mother"], found["spouse"])
