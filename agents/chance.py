"""Chance: stateless draws keyed by seed, purpose, year and person.

The same person in the same year draws the same number for the same purpose, whatever else happens in the world, so two
scenarios differ only by what the policy changed. `uniform` and `four` are independent between persons (Philox4x32-7,
Salmon et al. 2011). `spread` gives pairs (u, v) that are uniform for each person and independent over years and
purposes, but evenly spread over neighbours: a Sobol sequence in two dimensions, scrambled as by Owen (1995) with a
keyed hash; the order is shuffled within blocks of neighbours every year. The founders' keys are consecutive numbers in
an order of likeness (pool, age, sex, health), so every pool and every age group in it gets its share of the lucky and
the unlucky, and a pool feels the variance of the members it represents, not that of the sample. People born later have
keys without order and draw independently.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled, inlined


class Purpose(IntEnum):
    """What a draw decides; append only, never renumber."""

    LIFE = 1
    BIRTH = 2
    WORK = 3
    INCOME = 4
    ENROLMENT = 5
    OUTPATIENT = 6
    INPATIENT = 7
    CHRONIC_CARE = 8
    PLACE_OF_CARE = 9
    ACCOUNT = 10
    POOL_SHOCK = 11
    POOL_CHANCE = 12
    FAMILY = 13
    NEWBORN_KEY = 14
    SCRAMBLE = 15
    BUDGET = 16
    FAMILY_LIFE = 17
    COUPLE = 18
    DESTINATION = 19
    RETURN = 20
    SYNTHESIS = 100
    SYNTHESIS_AGE = 101
    SYNTHESIS_FAMILY = 102
    SYNTHESIS_KIN = 103
    SYNTHESIS_MIGRATION = 104
    SYNTHESIS_WORK = 105
    SYNTHESIS_HEALTH = 106
    SYNTHESIS_INCOME = 107
    SYNTHESIS_SCHEME = 108
    SYNTHESIS_ACCOUNT = 109


LOW32 = np.uint64(0xFFFFFFFF)
SHIFT32 = np.uint64(32)
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
ROUNDS = 7
BORN_LATER = np.uint64(1 << 63)
TO_UNIT = 1.0 / 4294967296.0
HALF_STEP = 0.5


@inlined
def _round(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the counter after one round of Philox4x32 under a round key."""
    product_0 = MULTIPLIER_0 * c0
    product_1 = MULTIPLIER_1 * c2
    return (product_1 >> SHIFT32) ^ c1 ^ k0, product_1 & LOW32, (product_0 >> SHIFT32) ^ c3 ^ k1, product_0 & LOW32


@compiled
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64, rounds: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four 32-bit words of Philox4x32 for a 128-bit counter and a 64-bit key (Salmon et al. 2011)."""
    for _ in range(rounds):
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
        k0 = (k0 + WEYL_0) & LOW32
        k1 = (k1 + WEYL_1) & LOW32
    return c0, c1, c2, c3


@inlined
def words(seed: int, purpose: int, year: int, key: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return four independent 32-bit words for one seed, purpose, year and person key.

    The rounds of `philox` in a loop of fixed length, which unrolls and draws for several people at once.
    """
    person = np.uint64(key)
    world = np.uint64(seed)
    c0, c1 = person & LOW32, person >> SHIFT32
    c2, c3 = np.uint64(purpose) & LOW32, np.uint64(year) & LOW32
    k0, k1 = world & LOW32, world >> SHIFT32
    for _ in range(ROUNDS):
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
        k0 = (k0 + WEYL_0) & LOW32
        k1 = (k1 + WEYL_1) & LOW32
    return c0, c1, c2, c3


@compiled
def unit(word: np.uint32 | np.uint64) -> float:
    """Return the middle of a 32-bit word's step in (0, 1) [no unit]."""
    return (np.float64(word) + HALF_STEP) * TO_UNIT


@compiled
def uniform(seed: int, purpose: int, year: int, key: int) -> float:
    """Return one uniform number in (0, 1) for one seed, purpose, year and person key."""
    a, _, _, _ = words(seed, purpose, year, key)
    return unit(a)


@compiled
def four(seed: int, purpose: int, year: int, key: int) -> tuple[float, float, float, float]:
    """Return four independent uniform numbers in (0, 1) for one seed, purpose, year and person key."""
    a, b, c, d = words(seed, purpose, year, key)
    return unit(a), unit(b), unit(c), unit(d)


SHIFT_1 = np.uint32(1)
SHIFT_2 = np.uint32(2)
SHIFT_4 = np.uint32(4)
SHIFT_8 = np.uint32(8)
SHIFT_16 = np.uint32(16)
MASK_1 = np.uint32(0x55555555)
MASK_2 = np.uint32(0x33333333)
MASK_4 = np.uint32(0x0F0F0F0F)
MASK_8 = np.uint32(0x00FF00FF)
MASK_16 = np.uint32(0x0000FFFF)


# All in 32 bits: a loop then handles eight people at once. Compiled sums and products are wider, so every step narrows.
@compiled
def reversed_bits(x: np.uint32) -> np.uint32:
    """Return a 32-bit word with its bits in the opposite order."""
    x = np.uint32(((x >> SHIFT_1) & MASK_1) | ((x & MASK_1) << SHIFT_1))
    x = np.uint32(((x >> SHIFT_2) & MASK_2) | ((x & MASK_2) << SHIFT_2))
    x = np.uint32(((x >> SHIFT_4) & MASK_4) | ((x & MASK_4) << SHIFT_4))
    x = np.uint32(((x >> SHIFT_8) & MASK_8) | ((x & MASK_8) << SHIFT_8))
    return np.uint32((x >> SHIFT_16) | (x << SHIFT_16))


@compiled
def second_dimension(x: np.uint32) -> np.uint32:
    """Return the index whose reversed bits are the second Sobol coordinate (Pascal's triangle modulo 2)."""
    x = np.uint32(x ^ ((x >> SHIFT_16) & MASK_16))
    x = np.uint32(x ^ ((x >> SHIFT_8) & MASK_8))
    x = np.uint32(x ^ ((x >> SHIFT_4) & MASK_4))
    x = np.uint32(x ^ ((x >> SHIFT_2) & MASK_2))
    return np.uint32(x ^ ((x >> SHIFT_1) & MASK_1))


HASH_1 = np.uint64(0x3D20ADEA)
HASH_2 = np.uint64(0x05526C56)
HASH_3 = np.uint64(0x53A22864)
ONE = np.uint32(1)


@compiled
def _product(x: np.uint32, y: np.uint64) -> np.uint32:
    """Return the low 32 bits of a product."""
    return np.uint32(np.uint64(x) * y)


@compiled
def scrambled(x: np.uint32, key: np.uint32) -> np.uint32:
    """Return an index whose every bit is flipped by a hash of the key and of the bits below it (a nested scramble)."""
    x = np.uint32(x ^ _product(x, HASH_1))
    x = np.uint32(np.uint64(x) + np.uint64(key))
    x = _product(x, np.uint64((key >> SHIFT_16) | ONE))
    x = np.uint32(x ^ _product(x, HASH_2))
    return np.uint32(x ^ _product(x, HASH_3))


@compiled
def spread_keys(seed: int, purpose: int, year: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four words that fix one year's evenly spread draws for a purpose."""
    return words(seed, Purpose.SCRAMBLE, year, purpose)


@compiled
def spread_words(
    shuffle: np.uint32, scramble_u: np.uint32, scramble_v: np.uint32, flip: np.uint32, reversed_key: np.uint32
) -> tuple[np.uint32, np.uint32]:
    """Return the words of a founder's pair for one year's `spread_keys`, given the key with its bits reversed.

    The order is moved within aligned blocks of 2, 4, 8 ... neighbours, then both coordinates are scrambled.
    """
    index = reversed_bits(scrambled(reversed_key, shuffle))
    u = reversed_bits(scrambled(index, scramble_u))
    v = reversed_bits(scrambled(second_dimension(index), scramble_v))
    return np.uint32(u ^ flip), np.uint32(v ^ reversed_bits(flip))


@compiled
def spread_pair(
    shuffle: np.uint64, scramble_u: np.uint64, scramble_v: np.uint64, flip: np.uint64, key: int
) -> tuple[float, float]:
    """Return a founder's pair of uniform numbers in (0, 1) for one year's `spread_keys`."""
    turned = reversed_bits(np.uint32(np.uint64(key) & LOW32))
    u, v = spread_words(np.uint32(shuffle), np.uint32(scramble_u), np.uint32(scramble_v), np.uint32(flip), turned)
    return unit(u), unit(v)


@compiled
def draw_words(seed: int, purpose: int, year: int, keys: NDArray[np.uint64], out: NDArray[np.uint32]) -> None:
    """Write the four words of every key for one purpose and year [4, key]; drawn together they cost a quarter."""
    for i in range(keys.size):
        a, b, c, d = words(seed, purpose, year, keys[i])
        out[0, i] = a
        out[1, i] = b
        out[2, i] = c
        out[3, i] = d


@compiled
def draw_pairs(
    seed: int, purpose: int, year: int, spread: NDArray[np.uint64], keys: NDArray[np.uint64], out: NDArray[np.uint32]
) -> None:
    """Write the words of every key's evenly spread pair [2, key], given the year's `spread_keys` for the purpose."""
    first, second = out[0], out[1]
    for i in range(keys.size):
        second[i] = reversed_bits(np.uint32(keys[i] & LOW32))
    shuffle, scramble_u = np.uint32(spread[0]), np.uint32(spread[1])
    scramble_v, flip = np.uint32(spread[2]), np.uint32(spread[3])
    for i in range(keys.size):
        first[i], second[i] = spread_words(shuffle, scramble_u, scramble_v, flip, second[i])
    for i in range(keys.size):
        if keys[i] >= BORN_LATER:
            first[i], second[i], _, _ = words(seed, purpose, year, keys[i])


@compiled
def spread(seed: int, purpose: int, year: int, key: int) -> tuple[float, float]:
    """Return a pair of uniform numbers in (0, 1), evenly spread over neighbouring keys of founders."""
    if np.uint64(key) >= BORN_LATER:
        a, b, _, _ = words(seed, purpose, year, key)
        return unit(a), unit(b)
    shuffle, scramble_u, scramble_v, flip = spread_keys(seed, purpose, year)
    return spread_pair(shuffle, scramble_u, scramble_v, flip, key)
