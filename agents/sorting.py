"""Whole numbers in ascending order: by counting their digits, several times faster than to compare so many numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled, compiled_apart, int64

FEW = 2_000
"""Up to so many numbers it is as fast to compare them."""
DIGIT = 11
"""Bits of a digit at the most: the counts of a pass then stay in a processor's first cache."""


@compiled
def _count(keys: NDArray[np.int64], behind: int, digit: int, counts: NDArray[np.int64]) -> None:
    """Count keys by each of their digits, the last first; `counts` come as zeros."""
    ones = (int64(1) << digit) - 1
    for i in range(keys.size):
        key = keys[i] >> behind
        for place in range(counts.shape[0]):
            counts[place, key & ones] += 1
            key >>= digit


@compiled_apart
def _deal(keys: NDArray[np.int64], behind: int, counts: NDArray[np.int64], dealt: NDArray[np.int64]) -> None:
    """Bring keys into the order of one digit, those with the same in the order in which they come."""
    ones, start = int64(counts.size - 1), int64(0)
    for value in range(counts.size):
        count = counts[value]
        counts[value] = start
        start += count
    for i in range(keys.size):
        key = keys[i]
        value = (key >> behind) & ones
        dealt[counts[value]] = key
        counts[value] += 1


def ascending(keys: NDArray[np.int64], behind: int = 0, room: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return whole numbers in ascending order, in their own array or in the room; the other then holds anything.

    Those that differ in no more than their last bits, so many as are `behind`, come in ascending order already.
    """
    if len(keys) <= FEW or keys.min() < 0:
        keys.sort()
        return keys
    bits = int(keys.max() ^ keys.min()).bit_length() - behind
    if bits <= 0:
        return keys
    passes = -(-bits // DIGIT)
    digit = -(-bits // passes)
    counts, dealt = np.zeros((passes, 1 << digit), np.int64), np.empty_like(keys) if room is None else room
    _count(keys, behind, digit, counts)
    for place in range(passes):
        _deal(keys, behind + place * digit, counts[place], dealt)
        keys, dealt = dealt, keys
    return keys
