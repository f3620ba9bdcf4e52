"""A shelf of arrays that nobody uses just now: memory once taken serves again, in this year and in all later ones.

To give memory back and take it anew costs more than to work in it, the more so when several threads do.
"""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import Any

import numpy as np

from agents.columns import Array

SLACK = 256
"""A new array gets this part of its rows as room for later years."""
LARGER = 16
"""So many times that room an array may have over: a people that shrinks takes new memory every other year else."""


class Shelf:
    """Arrays by type and purpose, to be taken and laid down again."""

    def __init__(self) -> None:
        """Begin with nothing on the shelf."""
        self._left: dict[tuple[Any, str], list[Array]] = defaultdict(list)
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as a shelf with nothing on it."""
        return (Shelf, ())

    def take(self, kind: Any, rows: int, purpose: str = "column") -> Array:
        """Return an array that may hold anything: one from the shelf where it suits, else a new one."""
        with self._lock:
            left = self._left[np.dtype(kind), purpose]
            whole = left.pop() if left else np.empty(0, kind)
        return room_in(whole, rows)

    def lay_down(self, *arrays: Array, purpose: str = "column") -> None:
        """Put arrays back that nobody reads any more; empty ones are let go, for they would lie on top of others."""
        with self._lock:
            for array in arrays:
                if len(whole := whole_of(array)):
                    self._left[array.dtype, purpose].append(whole)


def room_in(whole: Array, rows: int) -> Array:
    """Return the first rows of an array where it suits, else of a new one with room for later years."""
    slack = rows // SLACK
    suits = rows <= len(whole) <= rows + LARGER * slack
    return (whole if suits else np.empty(rows + slack, whole.dtype))[:rows]


def whole_of(array: Array) -> Array:
    """Return the array whose first rows an array is: what it takes in memory."""
    base = array.base
    if not isinstance(base, np.ndarray) or base.ndim != 1 or base.dtype != array.dtype:
        return array
    return base if base.ctypes.data == array.ctypes.data else array
