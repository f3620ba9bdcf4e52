"""Whole numbers in ascending order: by dealing them out by their digits, several times faster than to compare many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled_apart

FEW = 2_000
"""Up to so many numbers it is hardly slower to compare them."""
DIGIT = 10
"""Bits of a digit at the most: the counts of its values, and the ends of what is dealt, then stay in fast caches."""
ONE = np.uint64(1)
WORD = 64
SIGN = np.int64(np.iinfo(np.int64).min)
"""The bit that tells numbers below zero: turned over in all numbers, it puts those first by their digits."""


@compiled_apart
def _deal(keys: NDArray[np.uint64], behind: int, counts: NDArray[np.uint64], dealt: NDArray[np.uint64]) -> None:
    """Bring keys into the order of a digit, with so many bits behind it; those with the same keep theirs.

    `counts` has a place for each of the digit's values, and comes as zeros. All is unsigned: no place is looked for
    from the end.
    """
    last, ones, start = np.uint64(behind), np.uint64(counts.size - 1), np.uint64(0)
    for i in range(keys.size):
        counts[(keys[i] >> last) & ones] += ONE
    for value in range(counts.size):
        count = counts[value]
        counts[value] = start
        start += count
    for i in range(keys.size):
        value = (keys[i] >> last) & ones
        place = counts[value]
        dealt[place] = keys[i]
        counts[value] = place + ONE


def ascending(keys: NDArray[np.int64], behind: int = 0, room: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return whole numbers in ascending order, in their own array or in the room; the other then holds anything.

    Those that differ in no more than their last bits, so many as are `behind`, come in ascending order already.
    """
    if len(keys) <= FEW or keys.dtype != np.int64:
        keys.sort()
        return keys
    low, high = int(keys.min()), int(keys.max())
    if low < 0 <= high:
        keys ^= SIGN
        bits = WORD - behind
    else:
        bits = (high ^ low).bit_length() - behind
    passes = max(-(-bits // DIGIT), 0)
    digit = -(-bits // max(passes, 1))
    dealt = np.empty_like(keys) if room is None else room
    for place in range(passes):
        counts = np.zeros(1 << digit, np.uint64)
        _deal(keys.view(np.uint64), behind + place * digit, counts, dealt.view(np.uint64))
        keys, dealt = dealt, keys
    if low < 0 <= high:
        keys ^= SIGN
    return keys
