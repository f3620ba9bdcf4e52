"""Families in the order of a money per head: their places among all people, and sums of money times rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents import sorting
from agents.compiled import compiled, float64, int64
from model.shelf import Shelf

Whole = Any
Real = Any
SIZE, EMPLOYEE, RESIDENT = range(3)
MEMBERS = 3
"""Whom a family counts: people, of them employees and residents."""
BELOW, TIED = range(2)
TWICE = 1
PLACES = 4
"""A family's place: people below and tied; twice the mid-rank of its employees among employees and of its residents
among residents."""
WEIGHT, UNDER, LEVEL, HEAD = range(PLACES)
"""The same in the order of families: their people, people below and tied, and the first of the tied."""
STEPS = "places of families"
"""What the shelf keeps such rows for."""
LINES = "order of families"
"""What it keeps arrays with a number for each family for."""
SIGNLESS: Final = np.iinfo(np.int64).max
"""All bits of a real number but its sign."""


@compiled
def pack(bits: Whole, marks: int, packed: Whole) -> None:
    """Write whole numbers that stand in the order of reals, given as bits, but for their last bits: those tell rows."""
    for row in range(bits.shape[0]):
        key = int64(bits[row])
        if key < 0:
            key ^= SIGNLESS
        packed[row] = (key | marks) - marks + row


@compiled
def unpack(packed: Whole, marks: int, values: Real, rows: Whole, ordered: Real) -> None:
    """Write the rows and their values in ascending order, given packed ones in almost that order."""
    for at in range(packed.shape[0]):
        row = int64(packed[at]) & marks
        value = values[row]
        place = at
        while place > 0 and ordered[place - 1] > value:
            ordered[place] = ordered[place - 1]
            rows[place] = rows[place - 1]
            place -= 1
        ordered[place] = value
        rows[place] = row


@compiled
def mid_ranks(rows: Whole, values: Real, members: Whole, rank: Whole, steps: Whole, ranked: Whole) -> None:
    """Write families' places by a variable, all in its ascending order, and where in that order each row stands."""
    size, start = values.shape[0], 0
    under, under_e, under_r = int64(0), int64(0), int64(0)
    while start < size:
        end = start
        tied, tied_e, tied_r = int64(0), int64(0), int64(0)
        while end < size and values[end] == values[start]:
            weight = int64(members[end, SIZE])
            ranked[end, WEIGHT] = weight
            tied += weight
            tied_e += int64(members[end, EMPLOYEE])
            tied_r += int64(members[end, RESIDENT])
            end += 1
        for at in range(start, end):
            steps[at, BELOW] = under
            steps[at, TIED] = tied
            steps[at, TWICE + EMPLOYEE] = under_e + under_e + tied_e
            steps[at, TWICE + RESIDENT] = under_r + under_r + tied_r
            ranked[at, UNDER] = under
            ranked[at, LEVEL] = tied
            ranked[at, HEAD] = start
        under, under_e, under_r = under + tied, under_e + tied_e, under_r + tied_r
        start = end
    for at in range(size):
        rank[rows[at]] = at


@compiled
def times_ranks(values: Real, ranked: Whole, total: int, passed: Whole, out: Real) -> None:
    """Write three sums of money times centred rank: by its own order; by income; by income, then itself among the tied.

    Ranks of families with the same money are added up as whole numbers: the order among them changes nothing.

    Args:
        values: money per head of families, ascending.
        ranked: [order, place] their people and places by income, in the same order.
        total: persons.
        passed: [family] room for the weight already passed among families tied by income.
        out: the three sums, twice the covariance with rank times persons squared.

    """
    size, start = values.shape[0], 0
    under = int64(0)
    own, by_income, nested = 0.0, 0.0, 0.0
    for at in range(size):
        passed[at] = 0
    while start < size:
        end, tied, ranks, inside = start, int64(0), int64(0), int64(0)
        value = values[start]
        while end < size and values[end] == value:
            weight, below, head = ranked[end, WEIGHT], ranked[end, UNDER], ranked[end, HEAD]
            tied += weight
            before = passed[head]
            passed[head] = before + weight
            ranks += weight * (below + below + ranked[end, LEVEL] - total)
            inside += weight * (below + below + before + before + weight - total)
            end += 1
        own += value * float64(tied * (under + under + tied - total))
        by_income += value * float64(ranks)
        nested += value * float64(inside)
        under += tied
        start = end
    out[0] = own
    out[1] = by_income
    out[2] = nested


def ascending(values: NDArray[np.float64], shelf: Shelf) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows of numbers in ascending order, and the numbers in that order, in arrays from a shelf.

    One whole number tells a value's first bits and its row: to sort those is several times faster than to sort rows.
    """
    packed, room, rows = (shelf.take(np.int64, len(values), LINES) for _ in range(3))
    ordered, bits = shelf.take(np.float64, len(values), LINES), len(values).bit_length()
    marks = (1 << bits) - 1
    pack(np.ascontiguousarray(values).view(np.int64), marks, packed)
    unpack(sorting.ascending(packed, bits, room), marks, values, rows, ordered)
    shelf.lay_down(packed, room, purpose=LINES)
    return rows, ordered


@dataclass(frozen=True)
class Order:
    """Families by income per head: their rows in ascending order, and their places among all people."""

    rows: NDArray[np.int64]
    place: NDArray[np.int64]
    ranked: NDArray[np.int64]
    shelf: Shelf

    @classmethod
    def by(cls, values: NDArray[np.float64], members: NDArray[np.int32], shelf: Shelf) -> Order:
        """Order families by a money per head."""
        rows, ordered = ascending(values, shelf)
        steps, place, ranked = (shelf.take(np.int64, len(values) * PLACES, STEPS).reshape(-1, PLACES) for _ in range(3))
        rank = shelf.take(np.int64, len(rows), LINES)
        mid_ranks(rows, ordered, np.take(members, rows, axis=0), rank, steps, ranked)
        np.take(steps, rank, axis=0, out=place, mode="clip")
        shelf.lay_down(steps.reshape(-1), purpose=STEPS)
        shelf.lay_down(ordered, rank, purpose=LINES)
        return cls(rows, place, ranked, shelf)

    def lay_down(self) -> None:
        """Put the rows and places back on the shelf."""
        self.shelf.lay_down(self.rows, purpose=LINES)
        self.shelf.lay_down(self.place.reshape(-1), self.ranked.reshape(-1), purpose=STEPS)


@dataclass(frozen=True)
class Ranking:
    """How a money per head is spread: products with ranks by itself, by income, by income then itself; the total."""

    own: float
    by_income: float
    nested: float
    total: float


def reranked(order: Order, per_head: NDArray[np.float64], people: int, total: float) -> Ranking:
    """Return the products with ranks of families' money per head, beside the total of the money."""
    shelf = order.shelf
    rows, ordered = ascending(per_head[order.rows], shelf)  # income's order is almost theirs: neighbours stay near
    out, passed = np.zeros(3), shelf.take(np.int64, len(rows), LINES)
    ranked = shelf.take(np.int64, order.ranked.size, STEPS).reshape(-1, PLACES)
    np.take(order.ranked, rows, axis=0, out=ranked, mode="clip")
    times_ranks(ordered, ranked, people, passed, out)
    shelf.lay_down(ranked.reshape(-1), purpose=STEPS)
    shelf.lay_down(rows, ordered, passed, purpose=LINES)
    return Ranking(float(out[0]), float(out[1]), float(out[2]), total)
