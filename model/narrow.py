"""Whole numbers in few bits: a column's many small numbers side by side, then the few large ones in full.

Numbers are told from the column's least one on. A column of so many bits tells those below its escape, the largest
that the bits hold; in place of others stands the escape. Numbers lie group by group, so that they stay in the cache
while they are packed, and a group's bits in planes: the lowest bits of a plane's bytes hold the first stretch of
numbers, those above the next, so that many numbers are taken at once.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from agents.columns import Array
from agents.compiled import compiled_apart, inlined, int64
from model.shelf import Shelf

BITS = 8
"""Bits of a byte."""
WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 64)
"""Bits that a column may be told in."""
LOOKED_AT = 1 << 12
"""Numbers of a column that are looked at to choose its bits."""
TIME = 2
"""Bits that a rare number counts for more, as it takes longer."""
GROUP = 1 << 12
"""Numbers of a group."""


class Told(NamedTuple):
    """How a column lies in bytes."""

    name: str
    kind: str
    rows: int
    least: int
    bits: int
    rare: int
    """Numbers told in full."""
    whole: int
    """Bits of a number told in full."""
    check: int
    """CRC-32 of the bytes."""

    @property
    def sizes(self) -> tuple[int, int]:
        """Return the bytes of all numbers in few bits, and of the rare ones in full [bytes]."""
        return size_of(self.rows, self.bits), size_of(self.rare, self.whole)


def size_of(rows: int, bits: int) -> int:
    """Return the bytes of so many numbers in so many bits [bytes]."""
    groups, left = divmod(rows, GROUP)
    size, width = groups * GROUP * bits // BITS, BITS
    while bits:
        while width > bits:
            width //= 2
        size, bits = size - (-left * width // BITS), bits - width
    return size


def escape_of(bits: int) -> int:
    """Return the number that stands for one told in full [number]."""
    return (1 << bits) - 1


def bits_for(values: Array, least: int, largest: int) -> int:
    """Return in how many bits numbers take the least room, judged by some of them; in the most all fit [bits]."""
    enough = next(bits for bits in WIDTHS if largest - least < 1 << bits)
    some = values[:: max(len(values) // LOOKED_AT, 1)] - values.dtype.type(least)
    whole, costs = (largest - least).bit_length() + TIME, {enough: float(enough)}
    for bits in WIDTHS[: WIDTHS.index(enough)]:
        costs[bits] = bits + whole * float(np.mean(some >= escape_of(bits)))
    return min(costs, key=costs.__getitem__)


def narrowed(name: str, column: Array, out: Array, shelf: Shelf) -> Told:
    """Write a column of whole numbers, seldom large, into bytes from their first on, and return how it lies there.

    Negative numbers are large. `out` needs room for twice the column.
    """
    values = np.ascontiguousarray(column).view(f"u{column.dtype.itemsize}")
    number = values.dtype.type
    least, largest = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    bits, whole = bits_for(values, least, largest) if len(values) else 1, (largest - least).bit_length()
    told = Told(name, column.dtype.str, len(values), least, bits, 0, whole, 0)
    if whole > bits:
        room = shelf.take(values.dtype, len(values) + 1, "rare")
        rare = room[: list_rare(values, number(least), number(escape_of(bits)), room)]
        told = told._replace(rare=len(rare))
        narrow(rare, number(0), number(largest - least), whole, out[told.sizes[0] :])
        shelf.lay_down(room, purpose="rare")
    narrow(values, number(least), number(min(escape_of(bits), largest - least)), bits, out)
    return told._replace(check=zlib.crc32(out[: sum(told.sizes)].data))


def widened(told: Told, content: Array, column: Array, shelf: Shelf) -> None:
    """Write a column from its bytes.

    Errors: ValueError where the bytes are not those that were written.
    """
    if zlib.crc32(content.data) != told.check:
        raise ValueError(f"{told.name}: its bytes are others than were written for it")
    values, room = column.view(f"u{column.dtype.itemsize}"), np.empty(GROUP, np.int32)
    number = values.dtype.type
    rare = shelf.take(values.dtype, told.rare, "rare")
    widen(rare, number(0), number(0), told.whole, content[told.sizes[0] :], rare[:0], room)
    widen(values, number(told.least), number(escape_of(told.bits) if told.rare else 0), told.bits, content, rare, room)
    shelf.lay_down(rare, purpose="rare")


@inlined
def width_at(bits: int, shift: int) -> int:
    """Return the bits of the plane that begins at a bit: eight, or the most of 4, 2 and 1 that are left [bits]."""
    left = bits - shift
    return int64(8) if left >= 8 else int64(4) if left >= 4 else int64(2) if left >= 2 else int64(1)


@compiled_apart
def lay(values: Array, least: int, cap: int, shift: int, bits: int, plane: Array) -> None:
    """Write some bits of all numbers into a plane, from a bit on, after numbers above the cap are set to it."""
    kind = values.dtype.type
    mask = kind((1 << bits) - 1)
    for turn in range(BITS // bits):
        part = values[turn * plane.size : (turn + 1) * plane.size]
        place = kind(1 << (bits * turn))
        if turn == 0:
            for i in range(part.size):
                plane[i] = (min(kind(part[i] - least), cap) >> shift) & mask
        else:
            for i in range(part.size):
                plane[i] |= ((min(kind(part[i] - least), cap) >> shift) & mask) * place


@compiled_apart
def pick(values: Array, shift: int, bits: int, plane: Array) -> None:
    """Take some bits of all numbers out of a plane; those from bit 0 on begin the numbers anew."""
    kind = values.dtype.type
    mask = np.uint8((1 << bits) - 1)
    for turn in range(BITS // bits):
        part = values[turn * plane.size : (turn + 1) * plane.size]
        place = (bits * turn) & (BITS - 1)
        if shift == 0:
            for i in range(part.size):
                part[i] = (plane[i] >> place) & mask
        else:
            for i in range(part.size):
                part[i] |= kind((plane[i] >> place) & mask) << shift


@compiled_apart
def list_rare(values: Array, least: int, escape: int, rare: Array) -> int:
    """List the numbers that are not below the escape, from the least one on; return how many they are."""
    kind = values.dtype.type
    number = int64(0)
    for i in range(values.size):
        told = kind(values[i] - least)
        rare[number] = told
        number += int64(told >= escape)
    return number


@compiled_apart
def replace_escapes(group: Array, escape: int, rare: Array, found: int, room: Array) -> int:
    """Put the rare numbers, from a place on, where escapes stand; return the next place [row of rare numbers]."""
    number = int64(0)
    for i in range(group.size):
        room[number] = i
        number += int64(group[i] == escape)
    for place in range(number):
        group[room[place]] = rare[found + place]
    return found + number


@compiled_apart
def narrow(values: Array, least: int, cap: int, bits: int, out: Array) -> None:
    """Write all numbers in bits, those above the cap as the cap."""
    kind = values.dtype.type
    at = int64(0)
    for start in range(0, values.size, GROUP):
        group = values[start : start + GROUP]
        shift = int64(0)
        while shift < bits:
            width = width_at(bits, shift)
            size = -(-group.size * width // BITS)
            lay(group, least, cap, kind(shift), width, out[at : at + size])
            at += size
            shift += width


@compiled_apart
def widen(values: Array, least: int, escape: int, bits: int, content: Array, rare: Array, room: Array) -> None:
    """Write all numbers that are told in bits, and the rare ones where there are such."""
    kind = values.dtype.type
    at = int64(0)
    found = int64(0)
    for start in range(0, values.size, GROUP):
        group = values[start : start + GROUP]
        shift = int64(0)
        while shift < bits:
            width = width_at(bits, shift)
            size = -(-group.size * width // BITS)
            pick(group, kind(shift), width, content[at : at + size])
            at += size
            shift += width
        if rare.size > 0:
            found = replace_escapes(group, escape, rare, found, room)
        if least > 0:
            for i in range(group.size):
                group[i] += least
