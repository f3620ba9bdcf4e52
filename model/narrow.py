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
from agents.compiled import compiled_apart, int64
from model.shelf import Shelf

BITS = 8
"""Bits of a byte."""
WIDTHS = (1, 2, 4, 8, 12, 16, 20, 24, 32, 64)
"""Bits that a column may be told in."""
LOOKED_AT = 1 << 12
"""Numbers of a column that are looked at to choose its bits."""
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
    """Bytes of a number told in full."""
    check: int
    """CRC-32 of the bytes."""

    @property
    def in_bits(self) -> int:
        """Return the bytes of all numbers in bits [bytes]."""
        groups, left = divmod(self.rows, GROUP)
        return groups * group_size(GROUP, self.bits) + group_size(left, self.bits)

    @property
    def size(self) -> int:
        """Return the bytes of the column [bytes]."""
        return self.in_bits + self.rare * self.whole


def group_size(rows: int, bits: int) -> int:
    """Return the bytes of a group: planes of whole bytes, and one of what is left of a number of bits [bytes]."""
    return rows * (bits // BITS) - (-rows * (bits % BITS) // BITS)


def escape_of(bits: int) -> int:
    """Return the number that stands for one told in full [number]."""
    return (1 << bits) - 1


def bits_for(values: Array, least: int, largest: int, whole: int) -> int:
    """Return in how many bits numbers take the fewest bytes, judged by some of them; all fit where they may [bits]."""
    enough = next(bits for bits in WIDTHS if largest - least < 1 << bits)
    some = values[:: max(len(values) // LOOKED_AT, 1)] - values.dtype.type(least)
    costs = {enough: enough / BITS}
    for bits in WIDTHS[: WIDTHS.index(enough)]:
        costs[bits] = bits / BITS + whole * float(np.mean(some >= escape_of(bits)))
    return min(costs, key=costs.__getitem__)


def narrowed(name: str, column: Array, out: Array, shelf: Shelf) -> Told:
    """Write a column of whole numbers, seldom large, into bytes from their first on, and return how it lies there.

    Negative numbers are large. `out` needs room for twice the column.
    """
    values = np.ascontiguousarray(column).view(f"u{column.dtype.itemsize}")
    number = values.dtype.type
    least, largest = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    whole = max(-(-(largest - least).bit_length() // BITS), 1)
    bits = bits_for(values, least, largest, whole) if len(values) else 1
    told = Told(name, column.dtype.str, len(values), least, bits, 0, whole, 0)
    some_rare = (largest - least) >> bits > 0
    cap = number(escape_of(bits) if some_rare else largest - least)
    narrow(values, number(least), cap, bits, out)
    at = told.in_bits
    if some_rare:
        room = shelf.take(values.dtype, len(values) + 1, "rare")
        rare = room[: list_rare(values, number(least), cap, room)]
        for byte in range(whole):
            lay(rare, number(0), number(largest - least), number(BITS * byte), BITS, out[at : at + len(rare)])
            at += len(rare)
        shelf.lay_down(room, purpose="rare")
        told = told._replace(rare=len(rare))
    return told._replace(check=zlib.crc32(out[:at].data))


def widened(told: Told, content: Array, column: Array, shelf: Shelf) -> None:
    """Write a column from its bytes.

    Errors: ValueError where the bytes are not those that were written.
    """
    if zlib.crc32(content.data) != told.check:
        raise ValueError(f"{told.name}: its bytes are others than were written for it")
    values, at = column.view(f"u{column.dtype.itemsize}"), told.in_bits
    number = values.dtype.type
    rare = shelf.take(values.dtype, told.rare, "rare")
    for byte in range(told.whole if told.rare else 0):
        pick(rare, number(BITS * byte), BITS, content[at : at + told.rare])
        at += told.rare
    escape = number(escape_of(told.bits) if told.rare else 0)
    widen(values, number(told.least), escape, told.bits, content, rare, np.empty(GROUP, np.int32))
    shelf.lay_down(rare, purpose="rare")


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
        for shift in range(0, bits, BITS):
            width = min(BITS, bits - shift)
            size = -(-group.size * width // BITS)
            lay(group, least, cap, kind(shift), width, out[at : at + size])
            at += size


@compiled_apart
def widen(values: Array, least: int, escape: int, bits: int, content: Array, rare: Array, room: Array) -> None:
    """Write all numbers that are told in bits, and the rare ones where there are such."""
    kind = values.dtype.type
    at = int64(0)
    found = int64(0)
    for start in range(0, values.size, GROUP):
        group = values[start : start + GROUP]
        for shift in range(0, bits, BITS):
            width = min(BITS, bits - shift)
            size = -(-group.size * width // BITS)
            pick(group, kind(shift), width, content[at : at + size])
            at += size
        if rare.size > 0:
            found = replace_escapes(group, escape, rare, found, room)
        if least > 0:
            for i in range(group.size):
                group[i] += least
