"""Chance: known answers, uniform and independent draws, evenly spread founders, and nobody disturbed by others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from agents.chance import (
    BORN_LATER,
    ROUNDS,
    Purpose,
    draw_pairs,
    draw_words,
    four,
    philox,
    spread,
    spread_keys,
    spread_pair,
    uniform,
    unit,
    words,
)
from agents.codes import Sex
from agents.compiled import compiled
from model.phases.renewing import newborn_key
from model.pooling import PoolingModel
from tests.worlds import live, world_of

Floats = NDArray[np.float64]
FULL = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
PI_KEY = (0xA4093822, 0x299F31D0)
SEED, YEAR = 20240601, 2026
MANY = 20_000
YEARS = 4096
LIMIT = 4.5
"""Standard errors that a statistic of fixed draws may lie off; the draws never change, so neither does the answer."""


def philox_of(counter: tuple[int, ...], key: tuple[int, ...], rounds: int) -> tuple[Any, ...]:
    a, b, c, d, k, m = (np.uint64(word) for word in (*counter, *key))
    return philox(a, b, c, d, k, m, rounds)


# ---- known answers (Random123, kat_vectors) -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rounds", "counter", "key", "expected"),
    [
        (7, (0, 0, 0, 0), (0, 0), "5f6fb709 0d893f64 4f121f81 4f730a48"),
        (7, (FULL,) * 4, (FULL,) * 2, "5207ddc2 45165e59 4d8ee751 8c52f662"),
        (7, PI, PI_KEY, "4dfccaba 190a87f0 c47362ba b6b5242a"),
        (10, (0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (10, PI, PI_KEY, "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_philox_gives_the_known_answers(
    rounds: int, counter: tuple[int, ...], key: tuple[int, ...], expected: str
) -> None:
    found = philox_of(counter, key, rounds)
    assert " ".join(f"{int(word):08x}" for word in found) == expected


def test_draws_use_at_least_seven_rounds_and_the_whole_counter() -> None:
    assert ROUNDS >= 7
    key = (5 << 40) + 7
    found = words(SEED, Purpose.LIFE, YEAR, key)
    counter = (key & FULL, key >> 32, int(Purpose.LIFE), YEAR)
    assert found == philox_of(counter, (SEED & FULL, SEED >> 32), ROUNDS)


def test_purposes_keep_their_numbers() -> None:
    first = (Purpose.LIFE, Purpose.BIRTH, Purpose.WORK, Purpose.INCOME, Purpose.ENROLMENT, Purpose.OUTPATIENT)
    then = (Purpose.INPATIENT, Purpose.CHRONIC_CARE, Purpose.PLACE_OF_CARE, Purpose.ACCOUNT, Purpose.POOL_SHOCK)
    assert [int(purpose) for purpose in first + then] == list(range(1, 12))
    assert len({int(purpose) for purpose in Purpose}) == len(Purpose)


# ---- independent draws ----------------------------------------------------------------------------------------------
@compiled
def fill_uniform(seeds: Any, purposes: Any, years: Any, keys: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = uniform(seeds[i], purposes[i], years[i], keys[i])


@compiled
def fill_spread(purpose: int, years: Any, keys: Any, u: Any, v: Any) -> None:
    for i in range(u.size):
        u[i], v[i] = spread(SEED, purpose, years[i], keys[i])


def uniforms(*, seed: Any = SEED, purpose: Any = 1, year: Any = YEAR, key: Any = 0, size: int = MANY) -> Floats:
    """Return draws over any of their four names."""

    def many(part: Any, dtype: str) -> Any:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(part, dtype), size))

    out = np.empty(size)
    fill_uniform(many(seed, "u8"), many(purpose, "i8"), many(year, "i8"), many(key, "u8"), out)
    return out


def spreads(keys: Any, years: Any = YEAR, purpose: int = Purpose.INPATIENT) -> tuple[Floats, Floats]:
    """Return evenly spread pairs over keys and years."""
    keys, years = np.broadcast_arrays(np.asarray(keys, "u8"), np.asarray(years, "i8"))
    u, v = np.empty(keys.size), np.empty(keys.size)
    fill_spread(purpose, np.ascontiguousarray(years), np.ascontiguousarray(keys), u, v)
    return u, v


def assert_uniform(draws: Floats) -> None:
    assert draws.min() > 0
    assert draws.max() < 1
    assert stats.kstest(draws, "uniform").pvalue > 1e-5
    counts = np.histogram(draws, 64, (0, 1))[0]
    assert stats.chisquare(counts).pvalue > 1e-5


def assert_unrelated(one: Floats, two: Floats, cells: int = 8) -> None:
    assert abs(np.corrcoef(one, two)[0, 1]) < LIMIT / np.sqrt(one.size)
    counts = np.histogram2d(one, two, cells, ((0, 1), (0, 1)))[0]
    assert stats.chisquare(counts.ravel()).pvalue > 1e-5


PERSONS = np.arange(MANY)
SERIES: dict[str, Callable[[], Floats]] = {
    "persons": lambda: uniforms(key=PERSONS),
    "years": lambda: uniforms(year=1 + PERSONS),
    "purposes": lambda: uniforms(purpose=1 + PERSONS),
    "seeds": lambda: uniforms(seed=PERSONS),
    "born later": lambda: uniforms(key=PERSONS.astype("u8") | BORN_LATER),
}


@pytest.mark.parametrize("along", SERIES)
def test_uniform_along_every_name_and_independent_of_the_neighbour(along: str) -> None:
    draws = SERIES[along]()
    assert_uniform(draws)
    for lag in (1, 2, 16, 256):
        assert_unrelated(draws[lag:], draws[:-lag])


@pytest.mark.parametrize(
    "other",
    [{"seed": SEED + 1}, {"purpose": 2}, {"year": YEAR + 1}, {"key": PERSONS.astype("u8") | BORN_LATER}],
    ids=lambda names: next(iter(names)),
)
def test_the_same_persons_draw_anew_under_another_name(other: dict[str, Any]) -> None:
    assert_unrelated(uniforms(key=PERSONS), uniforms(**{"key": PERSONS} | other))


def test_four_draws_of_a_person_are_independent() -> None:
    draws = np.array([four(SEED, Purpose.WORK, YEAR, key) for key in range(MANY // 4)]).T
    for i, one in enumerate(draws):
        assert_uniform(one)
        for two in draws[:i]:
            assert_unrelated(one, two)


# ---- evenly spread draws of founders --------------------------------------------------------------------------------
@pytest.mark.parametrize("power", range(1, 13))
@pytest.mark.parametrize("place", [0, 1, 5, 1000])
def test_neighbours_share_out_the_unit_square(power: int, place: int) -> None:
    """Every aligned block of 2^m founders has one draw in each box of 2^-j by 2^-(m-j): a (0, m, 2)-net in base 2."""
    size = 1 << power
    u, v = spreads(np.arange(place * size, (place + 1) * size))
    for wide in range(power + 1):
        box = np.floor(u * (1 << wide)) * (1 << (power - wide)) + np.floor(v * (1 << (power - wide)))
        assert len(np.unique(box)) == size


def test_the_pair_by_keys_of_the_year_is_the_same() -> None:
    keys = spread_keys(SEED, Purpose.OUTPATIENT, YEAR)
    for key in (0, 1, 77, 123_456_789, 1_408_000_000):
        assert spread_pair(*keys, key) == spread(SEED, Purpose.OUTPATIENT, YEAR, key)


def test_draws_of_a_block_are_those_of_its_persons() -> None:
    """Phases draw for many at once: the same words and pairs as one by one, founders and newborns mixed."""
    keys = np.array([0, 1, 77, 1 << 31, (1 << 63) + 5, 600, (1 << 64) - 1, 5 << 40], np.uint64)
    drawn = np.zeros((4, keys.size), np.uint32)
    draw_words(SEED, Purpose.WORK, YEAR, keys, drawn)
    pairs = np.zeros((2, keys.size), np.uint32)
    draw_pairs(
        SEED, Purpose.INPATIENT, YEAR, np.array(spread_keys(SEED, Purpose.INPATIENT, YEAR), np.uint64), keys, pairs
    )
    for i, key in enumerate(keys):
        assert tuple(drawn[:, i].tolist()) == words(SEED, Purpose.WORK, YEAR, key)
        assert tuple(unit(word) for word in pairs[:, i]) == spread(SEED, Purpose.INPATIENT, YEAR, key)


@cache
def lifetimes(key: int, purpose: int = Purpose.INPATIENT) -> tuple[Floats, Floats]:
    return spreads(np.full(YEARS, key), np.arange(1, YEARS + 1), purpose)


@pytest.mark.parametrize("key", [0, 1, 3, 600, 65_535, 999_999_999])
def test_each_founder_draws_uniformly_and_anew_over_the_years(key: int) -> None:
    u, v = lifetimes(key)
    for draws in (u, v):
        assert_uniform(draws)
        assert_unrelated(draws[1:], draws[:-1])
    assert_unrelated(u, v)
    for draws in lifetimes(key, Purpose.OUTPATIENT):
        assert_unrelated(draws, u)
        assert_unrelated(draws, v)


@pytest.mark.parametrize(("key", "gap"), [(0, 4096), (5, 100_000), (77, 1 << 20), (600, 12_345), (3, 999_999_000)])
def test_founders_far_apart_do_not_know_each_other(key: int, gap: int) -> None:
    for one, two in zip(lifetimes(key), lifetimes(key + gap), strict=True):
        assert_unrelated(one, two, cells=4)


def test_founders_next_to_each_other_avoid_each_other() -> None:
    for one, two in zip(lifetimes(600), lifetimes(601), strict=True):
        assert ((one < 0.5) != (two < 0.5)).all()
        assert np.corrcoef(one, two)[0, 1] < -0.3


def test_the_mean_of_a_pool_is_nearly_exact() -> None:
    """600 founders: independent draws leave a standard error of 1.2 %, evenly spread ones a small part of it."""
    means = [spreads(np.arange(12_000, 12_600), year)[0].mean() for year in range(1, 201)]
    assert np.std(means) < 0.2 * np.sqrt(1 / 12 / 600)
    assert abs(np.mean(means) - 0.5) < 0.001


# ---- people born later ----------------------------------------------------------------------------------------------
def newborns(mothers: int = 2000) -> NDArray[np.uint64]:
    return np.array([newborn_key(np.uint64(mother), 0, YEAR) for mother in range(mothers)], dtype=np.uint64)


def test_newborns_have_keys_of_their_own() -> None:
    keys = newborns()
    assert (keys >= BORN_LATER).all()
    everyone = {int(key) for key in keys}
    for year in (YEAR + 1, YEAR + 2):
        everyone |= {int(newborn_key(np.uint64(mother), 0, year)) for mother in range(2000)}
    everyone |= {int(newborn_key(key, 0, YEAR + 25)) for key in keys}
    assert len(everyone) == 4 * 2000
    low = (keys & np.uint64(FULL)).astype(float) / 2**32
    assert stats.kstest(low, "uniform").pvalue > 1e-5


def test_newborns_draw_independently() -> None:
    keys = newborns()
    u, v = spreads(keys)
    assert_uniform(u)
    assert_uniform(v)
    assert_unrelated(u, v, cells=4)
    assert_unrelated(u[1:], u[:-1], cells=4)
    boxes = np.histogram2d(u[:1024], v[:1024], 32, ((0, 1), (0, 1)))[0]
    assert (boxes == 0).sum() > 300  # no net: about 1/e of the boxes stay empty
    assert_unrelated(u, spreads(np.arange(keys.size))[0], cells=4)


# ---- nobody else's draws --------------------------------------------------------------------------------------------
BY_CHANCE_ALONE = ("age", "sex", "chronic", "dying", "work", "rank", "income", "home", "hukou")
"""Columns that follow from a person's own draws and the nation's rates; costs follow prices of pools as well."""


def home_with_a_birth() -> tuple[int, int]:
    """Return a home that has a child in the first year of the shared world, and the mother's row before it."""
    world = world_of()
    keys = world.engine.people.key.copy()
    world.step()
    people = world.engine.people
    child = int(np.flatnonzero((people.age == 0) & (people.key >= BORN_LATER))[0])
    mother = int(np.flatnonzero(keys == people.key[people.mother[child]])[0])
    return int(world_of().engine.people.household[mother]), mother


def by_key(world: PoolingModel) -> dict[int, tuple[Any, ...]]:
    people = world.engine.people
    rows = zip(*(getattr(people, name).tolist() for name in BY_CHANCE_ALONE), strict=True)
    return dict(zip(people.key.tolist(), rows, strict=True))


def couples(world: PoolingModel) -> dict[int, int]:
    """Return everybody's husband or wife by key; -1 for none."""
    people = world.engine.people
    wed = np.where(people.spouse >= 0, people.key[people.spouse].astype(object), -1)
    return dict(zip(people.key.tolist(), wed.tolist(), strict=True))


def at_home_with(world: PoolingModel, keys: set[int]) -> set[int]:
    """Return who lives in the homes of these people."""
    people = world.engine.people
    homes = people.household[np.isin(people.key, np.array(sorted(keys), np.uint64))]
    return set(people.key[np.isin(people.household, homes)].tolist())


@pytest.mark.parametrize("change", ["no birth", "a death"])
def test_a_birth_or_a_death_in_one_family_changes_nobody_elses_draws(change: str) -> None:
    home, mother = home_with_a_birth()
    plain, other = world_of(end=2026), world_of(end=2026)
    family = set(other.engine.people.key[other.engine.people.household == home].tolist())
    if change == "no birth":
        other.engine.people.age[mother] = 60
    else:
        other.engine.people.dying[mother] = 1
    assert other.engine.people.sex[mother] == Sex.FEMALE
    family |= {int(newborn_key(np.uint64(key), 0, year)) for key in list(family) for year in range(2024, 2027)}
    for year in range(2024, 2027):
        live(plain, year)
        live(other, year)
        one, two = by_key(plain), by_key(other)
        wed, otherwise = couples(plain), couples(other)
        parted = {key for key in wed.keys() & otherwise.keys() if wed[key] != otherwise[key]}
        family |= at_home_with(plain, parted) | at_home_with(other, parted)  # a widower marries somebody else's match
        assert len(family) < len(one) // 20
        assert one.keys() - family == two.keys() - family
        assert len(one.keys() ^ two.keys()) >= 1
        assert [key for key in one.keys() - family if one[key] != two[key]] == []
