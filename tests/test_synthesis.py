"""The first population: published totals, families that can be, the same bits every time."""

from __future__ import annotations

import hashlib
import shutil
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.codes import Aid, Scheme, Sex, Work
from model.data import folder, province_codes, province_index, table, use
from model.demography import national, total_population
from model.errors import DataError
from model.policy import load_policy
from model.synthesis import (
    Population,
    check_population,
    first_population,
    founding_values,
    held_by_pool,
    reachable,
    scale_accounts,
)
from model.synthesis.targets import employee_totals, members, resident_total, uninsured_total

LARGE, SMALL, START = 300_000, 20_000, 2024
MILLION = 1_000_000


@cache
def assumed() -> dict[str, float]:
    return founding_values(load_policy(), START)


@cache
def large() -> Population:
    return first_population(LARGE, START, 0, assumed())


@cache
def small() -> Population:
    return first_population(SMALL, START, 0, assumed())


def count(rows: np.ndarray, population: Population | None = None) -> float:
    return float(rows.sum()) * (population or large()).weight


def fingerprint(population: Population) -> str:
    digest = hashlib.sha256()
    for arrays in (population.people.arrays(), population.households.arrays()):
        for name in sorted(arrays):
            digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def sizes(population: Population) -> tuple[np.ndarray, np.ndarray]:
    start = population.households.start
    size = np.diff(np.append(start, len(population)))
    family = ~population.collective[start]
    return size[family], province_index()[population.households.home[family]]


def test_weight_times_rows_meets_the_population() -> None:
    for population in (large(), small()):
        assert abs(population.population - total_population(START - 1)) <= population.weight / 2 + 1


def test_age_and_sex() -> None:
    people = large().people
    assert count(people.age >= 60) == pytest.approx(national("population_60_plus")[2023] * 1e4, rel=0.005)
    assert count(people.age >= 65) == pytest.approx(national("population_65_plus")[2023] * 1e4, rel=0.006)
    assert (people.sex == Sex.MALE).mean() == pytest.approx(0.5108, abs=0.002)


@pytest.mark.parametrize("start", [2020, 2024, 2026])
def test_members_by_scheme_and_work(start: int) -> None:
    population = large() if start == START else first_population(50_000, start, 0, assumed())
    people, year = population.people, start - 1
    employee = people.scheme == Scheme.EMPLOYEE
    retired = people.work == Work.RETIRED
    assert not (retired & ~employee).any()
    wanted = employee_totals(year, assumed())
    found = {
        "active": employee & ~retired,
        "retired": retired,
        "public": people.work == Work.PUBLIC,
        "flexible": (people.work == Work.FLEXIBLE) & employee,
        "enterprise": people.work == Work.ENTERPRISE,
    }
    for name, rows in found.items():
        assert count(rows, population) == pytest.approx(wanted[name], rel=0.005)
    assert wanted["active"] == pytest.approx(members("active", year))
    residents = count(people.scheme == Scheme.RESIDENT, population)
    assert residents == pytest.approx(resident_total(year, assumed()), rel=0.005)
    assert count(people.scheme == Scheme.NONE, population) == pytest.approx(uninsured_total(year, assumed()), rel=0.005)


def test_provinces_have_their_people() -> None:
    frame = table("provinces_long")
    rows = frame[(frame["indicator"] == "population_year_end") & (frame["year"] == START - 1)]
    published = np.array([float(dict(zip(rows["province_code"], rows["value"]))[code]) for code in province_codes()])
    found = np.bincount(province_index()[large().people.home])
    assert found / found.sum() == pytest.approx(published / published.sum(), rel=0.005)


def test_households_by_province() -> None:
    size, province = sizes(large())
    frame = table("households")
    frame = frame[(frame["year"] == 2020) & frame["code"].isin(province_codes())].sort_values("code")
    mean = np.bincount(province, size) / np.bincount(province)
    alone = np.bincount(province, size == 1) / np.bincount(province)
    assert mean == pytest.approx(frame["mean_household_size_persons"].to_numpy(), rel=0.03)
    single = (frame["one_person_households"] / frame["family_households"]).to_numpy()
    assert np.abs(alone - single).max() < 0.04
    assert (size == 1).mean() == pytest.approx(125_490_007 / 494_157_423, abs=0.02)
    assert (size == 2).mean() == pytest.approx(0.299, abs=0.02)
    assert (size == 3).mean() == pytest.approx(0.206, abs=0.02)


def test_migrants() -> None:
    people = large().people
    place = province_index()
    away = people.home != people.hukou
    assert count(away) == pytest.approx(assumed()["synthesis.outside_own_pool"], rel=0.02)
    assert count(place[people.home] != place[people.hukou]) == pytest.approx(124_837_153, rel=0.02)
    assert people.urban.mean() == pytest.approx(899_991_162 / 1_409_778_724, abs=0.005)
    henan, guangdong = (province_codes().index(code) for code in (410000, 440000))
    left = np.bincount(place[people.hukou[away]], minlength=31) - np.bincount(place[people.home[away]], minlength=31)
    assert left[henan] > 0 > left[guangdong]


def test_health_and_aid() -> None:
    people = large().people
    surveyed = first_population(LARGE, 2019, 0, assumed()).people
    assert (surveyed.chronic[surveyed.age >= 15] > 0).mean() == pytest.approx(0.343, abs=0.003)
    assert (surveyed.chronic[surveyed.age >= 65] > 0).mean() == pytest.approx(0.623, abs=0.003)
    assert (people.chronic > 0).mean() > (surveyed.chronic > 0).mean(), "the same at every age, and more are old"
    assert count(people.aid != Aid.NONE) == pytest.approx(80_200_000, rel=0.005)
    poor = people.aid != Aid.NONE
    assert people.rank[poor].mean() < people.rank[~poor].mean() / 2
    assert (people.scheme[poor] == Scheme.RESIDENT).all()
    assert people.rank.mean() == pytest.approx(32_768, rel=0.01)


@pytest.mark.parametrize("people", [1, 2, 5, 40, 500, 5_000, SMALL])
def test_families_are_possible_at_any_size(people: int) -> None:
    check_population(first_population(people, START, 3, assumed()))


def test_kin() -> None:
    people = large().people
    rows = np.arange(len(people))
    age = people.age.astype(int)
    mother = people.mother >= 0
    gap = age[people.mother[mother]] - age[mother]
    assert gap.min() >= 18
    assert 26 < gap.mean() < 30
    assert mother[age < 6].mean() > 0.98
    spouse = people.spouse >= 0
    assert (people.spouse[people.spouse[spouse]] == rows[spouse]).all()
    assert (people.mother[spouse] != people.mother[people.spouse[spouse]])[people.mother[spouse] >= 0].all()
    assert age[spouse].min() >= 15
    assert spouse[(people.sex == Sex.FEMALE) & (age >= 15)].mean() == pytest.approx(0.735, abs=0.02)
    apart = people.household[people.spouse[spouse]] != people.household[spouse]
    assert apart.mean() < 0.15
    elsewhere = people.household[people.mother[mother]] != people.household[mother]
    assert elsewhere.mean() > 0.4
    assert (people.home[people.mother[mother]] != people.home[mother])[elsewhere].mean() > 0.1


def test_nobody_is_married_to_a_parent_or_a_child() -> None:
    people = large().people
    for link in (people.mother, people.father):
        assert not ((link >= 0) & (link == people.spouse)).any()
    father = people.father >= 0
    assert (people.sex[people.father[father]] == Sex.MALE).all()


def test_keys_are_slots_in_the_order_of_likeness() -> None:
    people = large().people
    order = np.argsort(people.key)
    assert np.array_equal(people.key[order], np.arange(len(people), dtype=np.uint64))
    home, age, sex = (column[order].astype(int) for column in (people.home, people.age, people.sex))
    assert (np.diff(home) >= 0).all()
    assert (np.diff(age)[np.diff(home) == 0] >= 0).all()
    assert (np.diff(sex)[(np.diff(home) == 0) & (np.diff(age) == 0)] >= 0).all()


def test_uninsured_and_members_have_what_belongs_to_them() -> None:
    people = large().people
    member = people.scheme == Scheme.EMPLOYEE
    assert (people.years[member] >= 1).all()
    assert (people.years[~member] == 0).all()
    assert (people.account[member & (people.account_kind == 1)] > 0).all()
    assert (people.account[~member] == 0).all()
    assert (people.insured[member] == people.home[member]).all()
    pooled = member & (people.account_kind == 0)
    assert pooled.sum() / member.sum() == pytest.approx(assumed()["synthesis.pooled_only_share"], rel=0.01)


def test_scaled_accounts_are_exact_by_pool() -> None:
    population = first_population(SMALL, START, 0, assumed())
    people = population.people
    holders = np.bincount(people.insured, people.account, minlength=358) > 0
    wanted = np.where(holders, 123_456_789_012_345, 0).astype(np.int64)
    held = held_by_pool(people, 358)
    opening = reachable(wanted, held, population.weight)
    scale_accounts(people, opening, held)
    sums = np.zeros(358, dtype=np.int64)
    np.add.at(sums, people.insured, people.account)
    assert np.array_equal(sums, opening)
    assert ((wanted - opening * population.weight)[holders] < population.weight).all()
    assert (people.account >= 0).all()


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    again = first_population(SMALL, START, 0, assumed())
    assert fingerprint(again) == fingerprint(small())
    assert fingerprint(first_population(SMALL, START, 1, assumed())) != fingerprint(small())


def test_the_order_of_rows_in_the_tables_does_not_matter(tmp_path: Path) -> None:
    place = tmp_path / "data"
    shutil.copytree(folder(), place)
    for path in place.glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        path.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    with use(place):
        assert fingerprint(first_population(SMALL, START, 0, assumed())) == fingerprint(small())


def test_a_wrong_population_is_refused_in_one_line() -> None:
    population = first_population(1_000, START, 0, assumed())
    people = population.people
    child = int(np.flatnonzero(people.mother >= 0)[0])
    people.age[people.mother[child]] = people.age[child]
    with pytest.raises(DataError, match=r"people.mother: row \d+ .*expected 12 years older"):
        check_population(population)
    population = first_population(1_000, START, 0, assumed())
    population.people.account[5] = -1
    with pytest.raises(DataError, match=r"people\.account: row 5 is -1"):
        check_population(population)
    population = first_population(1_000, START, 0, assumed())
    population.people.home[0] = 999
    with pytest.raises(DataError, match=r"people\.home"):
        check_population(population)


@pytest.mark.parametrize("start", [2018, 2027])
def test_a_start_without_tables_is_refused(start: int) -> None:
    with pytest.raises(DataError, match="expected 2019 to 2026"):
        first_population(1_000, start, 0, assumed())


def test_twenty_thousand_take_seconds() -> None:
    small()
    began = time.perf_counter()
    first_population(SMALL, START, 5, assumed())
    assert time.perf_counter() - began < 8


def test_a_home_lies_in_one_place_and_holds_a_grown_up() -> None:
    people, start = large().people, large().households.start
    assert np.array_equal(people.urban, people.urban[start[people.household]])
    assert (people.age[start] >= 15).all()
    assert (np.maximum.reduceat(people.age, start)[~large().collective[start]] >= 18).all()
