"""Deterministic synthetic population for the large oracle cases.

Integer arithmetic only, so every platform and every NumPy version gives the
same rows.  Usage:  cols = population(seed, n)  -> dict of int64 arrays
"""

import hashlib
import sys

import numpy as np

GAMMA = 0x9E3779B97F4A7C15
COLUMN_STEP = 0xD1B54A32D192ED03
MASK = (1 << 64) - 1


def _stream(seed, column, n):
    """n values of the splitmix64 sequence whose start depends on the column."""
    start = (seed + column * COLUMN_STEP) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(start) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def population(seed, n):
    a = (_stream(seed, 0, n) % np.uint64(1_000_000)).astype(np.int64)
    income = 3000 + a // 20 + 12_000_000_000 // (1_000_400 - a)
    income = income // 100 * 100  # creates exact equals
    u = _stream(seed, 1, n)
    weight = 1 + (u % np.uint64(20)).astype(np.int64)
    weight[u % np.uint64(997) == 0] = 0  # a few empty rows
    u = _stream(seed, 2, n)
    region = (u % np.uint64(31)).astype(np.int64)
    employee = ((u >> np.uint64(32)) % np.uint64(10) < 3).astype(np.int64)
    contribution = np.where(employee == 1, np.clip(income, 36_000, 180_000) * 8 // 100, 400)
    u = _stream(seed, 3, n)
    k = (u % np.uint64(100)).astype(np.int64)
    v = (u >> np.uint64(20)).astype(np.int64)
    cost = np.where(k < 35, 0, np.where(k < 90, v % 3000, np.where(k < 99, 3000 + v % 60_000, 60_000 + v % 900_000)))
    benefit = np.where(employee == 1, cost * 80 // 100, np.maximum(cost - 500, 0) * 55 // 100)
    return {
        "income": income,
        "weight": weight,
        "region": region,
        "employee": employee,
        "contribution": contribution,
        "cost": cost,
        "benefit": benefit,
        "oop": cost - benefit,
    }


def digest(cols):
    """SHA-256 over the columns in the order above, little-endian int64."""
    h = hashlib.sha256()
    for name in ("income", "weight", "region", "employee", "contribution", "cost", "benefit", "oop"):
        h.update(np.ascontiguousarray(cols[name], dtype="<i8").tobytes())
    return h.hexdigest()


if __name__ == "__main__":
    seed, n = int(sys.argv[1]), int(sys.argv[2])
    c = population(seed, n)
    print(digest(c))
    print({k: int(v.sum()) for k, v in c.items()})
