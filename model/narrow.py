"""Whole numbers in few bits: a column's many small numbers side by side, then the few large ones in full.

Numbers are told from the column's least one on. A column of so many bits tells those below its escape, the largest
that the bits hold; in place of others stands the escape. The lowest bits of a plane's bytes hold the first stretch of
numbers, those above the next, so that packing and unpacking take many numbers at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
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
AT_ONCE = 1 << 12
"""Numbers among which escapes are listed before they are replaced."""


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
    def size(self) -> int:
        """Return the bytes of the column [bytes]."""
        return sum(planes_size(self.rows, bits) for _, bits in planes(self.bits)) + self.rare * self.whole


def planes(bits: int) -> Iterator[tuple[int, int]]:
    """Give the lowest bit and the bits of every plane: whole bytes, and what is left of a number of bits."""
    return ((shift, min(BITS, bits - shift)) for shift in range(0, bits, BITS))


def planes_size(rows: int, bits: int) -> int:
    """Return the bytes of a plane of so many bits [bytes]."""
    return -(-rows * bits // BITS)


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
    told, at = Told(name, column.dtype.str, len(values), least, bits, 0, whole, 0), 0
    some_rare = largest - least >> bits > 0
    cap = number(escape_of(bits) if some_rare else largest - least)
    for shift, width in planes(bits):
        size = planes_size(len(values), width)
        lay(values, number(least), cap, number(shift), width, out[at : at + size])
        at += size
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
    values, at = column.view(f"u{column.dtype.itemsize}"), 0
    number = values.dtype.type
    for shift, width in planes(told.bits):
        size = planes_size(len(values), width)
        pick(values, number(shift), width, content[at : at + size])
        at += size
    if told.rare:
        room = shelf.take(values.dtype, told.rare, "rare")
        for byte in range(told.whole):
            pick(room, number(BITS * byte), BITS, content[at : at + told.rare])
            at += told.rare
        replace_escapes(values, number(escape_of(told.bits)), room, np.empty(AT_ONCE, np.int32))
        shelf.lay_down(room, purpose="rare")
    if told.least:
        values += number(told.least)


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
def replace_escapes(values: Array, escape: int, rare: Array, room: Array) -> None:
    """Put the rare numbers in the places of escapes."""
    found = int64(0)
    for start in range(0, values.size, room.size):
        part = values[start : start + room.size]
        here = int64(0)
        for i in range(part.size):
            room[here] = i
            here += int64(part[i] == escape)
        for place in range(here):
            part[room[place]] = rare[found + place]
        found += here
