"""Floors of this machine: the least that memory, draws and tables take for a person and a year."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.chance import Purpose, draw_pairs, draw_words, spread_keys, unit
from agents.columns import Array
from agents.compiled import compiled
from agents.person import PERSON
from agents.tables import exponential_table, look_up
from experiments.bench.cost import NS, Cost

MEMORY, DRAWS, PAIRS, TABLE = "floor_memory", "floor_draws", "floor_pairs", "floor_table"
COPIED = 1 << 28
"""Bytes copied to find the bandwidth of memory: more than any cache holds."""
AT_ONCE = 4096
TIMES = 25
"""Repetitions, of which the fastest counts."""


class Floors(NamedTuple):
    """What the machine takes at least on a number of threads; the fastest of several tries."""

    bytes_per_ns: float
    """Bytes read and written by copying, all threads together [bytes/ns]."""
    words: float
    """Four independent words of one person [ns]."""
    pair: float
    """An evenly spread pair of one person [ns]."""
    table: float
    """One look into a quantile table [ns]."""
    threads: int


def floors(threads: int = 1) -> Floors:
    """Measure the floors; draws and tables of several threads are shared out."""
    keys, words = np.arange(AT_ONCE, dtype=np.uint64), np.empty((4, AT_ONCE), np.uint32)
    spread = np.array(spread_keys(0, int(Purpose.LIFE), 0), np.uint64)
    table, found = exponential_table(), np.empty(AT_ONCE)
    return Floors(
        bytes_per_ns=bandwidth(threads),
        words=fastest(lambda: draw_words(0, int(Purpose.WORK), 0, keys, words)) / AT_ONCE / threads,
        pair=fastest(lambda: draw_pairs(0, int(Purpose.LIFE), 0, spread, keys, words)) / AT_ONCE / threads,
        table=fastest(lambda: look_up_all(table, words[0], found)) / AT_ONCE / threads,
        threads=threads,
    )


@compiled
def look_up_all(table: NDArray[np.float64], words: NDArray[np.uint32], found: NDArray[np.float64]) -> None:
    """Look every word's quantile up."""
    for i in range(words.size):
        found[i] = look_up(table, unit(words[i]))


def bandwidth(threads: int) -> float:
    """Return how many bytes are read and written in a nanosecond when memory is copied [bytes/ns]."""
    old, new = (np.ones(COPIED // 8 // threads * threads) for _ in range(2))
    parts: list[tuple[Array, Array]] = list(zip(np.split(new, threads), np.split(old, threads)))
    with ThreadPoolExecutor(threads) as pool:
        spent = fastest(lambda: list(pool.map(lambda part: np.copyto(*part), parts)))
    return (old.nbytes + new.nbytes) / spent


def fastest(work: Callable[[], object]) -> float:
    """Return the shortest of several times that a piece of work takes, after a first [1e-9 seconds]."""
    work()
    spent = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begin)
    return min(spent) * NS


def row_bytes() -> float:
    """Return the bytes of a person's own columns, a home's left out [bytes]."""
    return float(sum(np.dtype(column.dtype).itemsize for column in PERSON.values()))


def lower(one: Floors, other: Floors) -> Floors:
    """Return the lower of two measurements of every floor: a busy machine only seems slower."""
    return Floors(
        bytes_per_ns=max(one.bytes_per_ns, other.bytes_per_ns),
        words=min(one.words, other.words),
        pair=min(one.pair, other.pair),
        table=min(one.table, other.table),
        threads=one.threads,
    )


def costs(people: int, threads: int = 1) -> list[Cost]:
    """Return the floors of a person-year: every column read and written once, four words, a pair, a look-up."""
    found, held = floors(threads), row_bytes()
    memory = 2 * held / found.bytes_per_ns
    rows = ((MEMORY, memory, held), (DRAWS, found.words, 0.0), (PAIRS, found.pair, 0.0), (TABLE, found.table, 0.0))
    return [Cost(name, people, threads, ns, size) for name, ns, size in rows]
