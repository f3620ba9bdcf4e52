"""People packed for the disk: columns that last from year to year, bytes of a kind side by side, compressed.

What a year forgets is left out, kin are stored as distances, and homes as sizes. A digest comes first, so that no byte
that the disk has lost or changed, and no other part's people, are taken for those of the part.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa

from agents.columns import Array, Table
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.renewal import YEARLY
from model.shelf import Shelf

CODEC, LEVEL = "zstd", 1
HEAD = 8
"""Bytes of the length of the list of columns, which comes after the digest."""
DIGEST = 16
"""Bytes of the digest."""
NEAR = ("spouse", "mother", "father")
PLACES = ("hukou", "insured")
LASTING = tuple(name for name in PERSON if name not in {*YEARLY, "household"})


def packed(people: Table, households: Table, mark: str = "") -> bytes:
    """Return people and their homes as bytes that a mark names; the columns of the year are left out."""
    sizes = np.diff(households.start, append=np.int32(len(people)))
    columns: dict[str, Array] = {"sizes": sizes, "homes": households.home}
    columns |= {name: _distance(people, name) for name in LASTING}
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
    view, found = memoryview(content)[DIGEST:], {}
    if content[:DIGEST] != _digest(view, mark):
        raise ValueError("its bytes are others than were written for it")
    codec, at = pa.Codec(CODEC), HEAD + int.from_bytes(view[:HEAD], "little")
    for name, kind, rows, size in json.loads(bytes(view[HEAD:at])):
        dtype = np.dtype(kind)
        plain = codec.decompress(view[at : at + size], decompressed_size=rows * dtype.itemsize)
        found[name] = values = shelf.take(dtype, rows)
        values.view("u1").reshape(rows, dtype.itemsize)[:] = np.frombuffer(plain, "u1").reshape(dtype.itemsize, rows).T
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
    return Table(PERSON, rows, found), Table(HOUSEHOLD, len(sizes), {"start": start, "home": homes})


def _shuffled(values: Array) -> Any:
    """Return the bytes of an array, all first bytes before all second ones."""
    return np.ascontiguousarray(np.ascontiguousarray(values).view("u1").reshape(len(values), values.itemsize).T)


def _distance(people: Table, name: str) -> Array:
    """Return what is stored of a column: of kin how far away they are, of places whether they are home."""
    values: Array = getattr(people, name)
    if name in PLACES:
        return np.asarray(values ^ people.home)
    if name not in NEAR:
        return values
    apart = values - np.arange(len(values), dtype=values.dtype)
    zigzag = (apart << 1) ^ (apart >> 31)  # small numbers whichever way; nobody is near himself, so 0 is free
    zigzag[values == _expected(people.mother, people.spouse, name)] = 0
    return np.asarray(zigzag)


def _expected(mother: Array, spouse: Array, name: str) -> Array | int:
    """Return the relative who needs no number: none, and of a father the mother's husband."""
    if name != "father":
        return -1
    return np.where(mother >= 0, spouse[np.maximum(mother, 0)], -1)


def _undo_distances(found: dict[str, Array]) -> None:
    """Turn distances back into rows and places, in place."""
    for name in PLACES:
        found[name] ^= found["home"]
    for name in NEAR:
        stored = found[name]
        none = stored == 0
        apart = (stored >> 1) & np.int32(np.iinfo(np.int32).max)
        apart ^= -(stored & 1)
        apart += np.arange(len(stored), dtype=stored.dtype)
        stored[:] = np.where(none, _expected(found["mother"], found["spouse"], name), apart)
