"""People packed for the disk: columns that last from year to year, bytes of a kind side by side, compressed.

What a year forgets is left out, kin are stored as distances, and homes as sizes. A digest comes first, so that no byte
that the disk has lost or changed, and no other part's people, are taken for those of the part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agents.columns import Array, Table
from agents.compiled import compiled, compiled_apart, inlined, int64
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.renewal import YEARLY
from model.shelf import Shelf

NOTHING: Mapping[str, Array] = MappingProxyType({})
CODEC, LEVEL = "zstd", 1
BLOCK = 4096
BITS = 8
SIGN, WORD = 31, (1 << 32) - 1
HEAD = 8
"""Bytes of the length of the list of columns, which comes after the digest."""
DIGEST = 16
"""Bytes of the digest."""
NEAR = ("spouse", "mother", "father")
PLACES = ("hukou", "insured")
LASTING = tuple(name for name in PERSON if name not in {*YEARLY, "household"})


def packed(people: Table, households: Table, mark: str = "", more: Mapping[str, Array] = NOTHING) -> bytes:
    """Return people and their homes as bytes that a mark names.

    The columns of the year are left out; other columns may be added.
    """
    sizes = np.diff(households.start, append=np.int32(len(people)))
    columns: dict[str, Array] = {"sizes": sizes, "homes": households.home}
    columns |= {name: _distance(people, name) for name in LASTING}
    columns |= more
    codec = pa.Codec(CODEC, compression_level=LEVEL)
    told, blobs = [], []
    for name, values in columns.items():
        plain = _shuffled(values)
        blob = codec.compress(plain, asbytes=True)
        told.append([name, values.dtype.str, len(values), len(blob)])
        blobs.append(blob)
    head = json.dumps(told).encode()
    content = b"".join([len(head).to_bytes(HEAD, "little"), head, *blobs])
    return _digest(content, mark) + content


def _digest(content: bytes | memoryview, mark: str) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST, key=mark.encode()).digest()


def unpacked(content: bytes, shelf: Shelf, mark: str = "") -> tuple[Table, Table]:
    """Return people and homes from bytes of a mark, in arrays of a shelf.

    Errors: ValueError where the bytes are not those that were packed under the mark.
    """
    people, homes, _ = unpacked_with(content, shelf, mark)
    return people, homes


def unpacked_with(content: bytes, shelf: Shelf, mark: str = "") -> tuple[Table, Table, dict[str, Array]]:
    """Return people, homes and added columns from bytes of a mark, in arrays of a shelf [unit of the columns].

    Errors: ValueError where the bytes are not those that were packed under the mark.
    """
    view, found = memoryview(content)[DIGEST:], {}
    if content[:DIGEST] != _digest(view, mark):
        raise ValueError("its bytes are others than were written for it")
    codec, at = pa.Codec(CODEC), HEAD + int.from_bytes(view[:HEAD], "little")
    for name, kind, rows, size in json.loads(bytes(view[HEAD:at])):
        dtype = np.dtype(kind)
        plain = codec.decompress(view[at : at + size], decompressed_size=rows * dtype.itemsize)
        found[name] = values = shelf.take(dtype, rows)
        _unshuffle(np.frombuffer(plain, "u1"), values)
        at += size
    sizes, homes = found.pop("sizes"), found.pop("homes")
    rows = len(found["key"])
    for name in YEARLY:
        found[name] = shelf.take(PERSON[name].dtype, rows)
        found[name][:] = 0
    _undo_distances(found)
    found["household"] = household = shelf.take(PERSON["household"].dtype, rows)
    household[:] = np.repeat(np.arange(len(sizes), dtype=household.dtype), sizes)
    start = np.cumsum(sizes, dtype=HOUSEHOLD["start"].dtype) - sizes
    others = {name: found.pop(name) for name in set(found) - set(PERSON)}
    return Table(PERSON, rows, found), Table(HOUSEHOLD, len(sizes), {"start": start, "home": homes}), others


@compiled_apart
def _spread(values: Array, planes: Array) -> None:
    """Write the first bytes of all numbers, then all second bytes, and so on, a block of numbers at a time."""
    for start in range(0, values.size, BLOCK):
        part = values[start : start + BLOCK]
        for byte in range(planes.shape[0]):
            plane, shift = planes[byte, start : start + BLOCK], values.dtype.type(BITS * byte)
            for i in range(part.size):
                plane[i] = part[i] >> shift


@compiled_apart
def _gather(planes: Array, values: Array) -> None:
    """Put numbers together of their bytes: what `_spread` undone is."""
    for start in range(0, values.size, BLOCK):
        part = values[start : start + BLOCK]
        part[:] = 0
        for byte in range(planes.shape[0]):
            plane, shift = planes[byte, start : start + BLOCK], values.dtype.type(BITS * byte)
            for i in range(part.size):
                part[i] |= values.dtype.type(plane[i]) << shift


def _shuffled(values: Array) -> Array:
    """Return the bytes of an array, all first bytes before all second ones."""
    width = values.dtype.itemsize
    if width == 1:
        return np.ascontiguousarray(values).view("u1")
    planes = np.empty((width, len(values)), "u1")
    _spread(np.ascontiguousarray(values).view(f"u{width}"), planes)
    return planes


def _unshuffle(plain: Array, values: Array) -> None:
    """Write an array given its bytes as they come from `_shuffled`."""
    width = values.dtype.itemsize
    if width == 1:
        values.view("u1")[:] = plain
    else:
        _gather(plain.reshape(width, len(values)), values.view(f"u{width}"))


def _distance(people: Table, name: str) -> Array:
    """Return what is stored of a column: of kin how far away they are, of places whether they are home."""
    values: Array = getattr(people, name)
    if name in PLACES:
        return np.asarray(values ^ people.home)
    if name not in NEAR:
        return values
    apart = np.empty_like(values)
    _part(values, people.mother, people.spouse, name == "father", apart)
    return apart


@inlined
def _expected(row: int, mother: NDArray[np.int32], spouse: NDArray[np.int32], is_father: bool) -> int:
    """Return the relative who needs no number: none, and of a father the mother's husband."""
    return int64(spouse[mother[row]]) if is_father and mother[row] >= 0 else int64(-1)


@compiled
def _part(
    values: NDArray[np.int32],
    mother: NDArray[np.int32],
    spouse: NDArray[np.int32],
    is_father: bool,
    out: NDArray[np.int32],
) -> None:
    """Write how far away relatives are: small numbers whichever way; nobody is near himself, so 0 is free."""
    for row in range(values.size):
        apart = int64(values[row]) - row
        known = int64(values[row]) == _expected(row, mother, spouse, is_father)
        out[row] = 0 if known else (apart << 1) ^ (apart >> SIGN)


@compiled
def _meet(stored: NDArray[np.int32], mother: NDArray[np.int32], spouse: NDArray[np.int32], is_father: bool) -> None:
    """Turn distances back into rows, in place."""
    for row in range(stored.size):
        told = int64(stored[row]) & WORD
        apart = (told >> 1) ^ -(told & 1)
        stored[row] = row + apart if told != 0 else _expected(row, mother, spouse, is_father)


def _undo_distances(found: dict[str, Array]) -> None:
    """Turn distances back into rows and places, in place."""
    for name in PLACES:
        found[name] ^= found["home"]
    for name in NEAR:
        _meet(found[name], found["mother"], found["spouse"], name == "father")
