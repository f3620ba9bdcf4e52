"""What people do: pupils, students, members of the employee scheme at work and retired, farmers, the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Hukou, Sex, Work
from model.synthesis.migration import band_cell
from model.synthesis.people import urban_share
from model.synthesis.targets import (
    PUBLIC_SECTORS,
    RETIRED_FROM,
    WORKING,
    active_by_pool,
    agriculture_share,
    among_pools,
    employed_in,
    employee_totals,
    national_count,
    province_members,
    students,
    working_age,
)
from model.synthesis.tools import Seed, by_age, draw, draws, fit, fit_all, mixed, take

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SCHOOL, ADULT, GRADUATE, LAST_STUDENT = 6, 18, 22, 24
PENSION_WOMEN, PENSION_WOMEN_CADRES = 50, 55
WORK_FROM, YOUNG_TO, MIDDLE = 16, 25, 40
FARMERS_AGE, FARMERS_STOP, INFORMAL_STOP = 68, 80, 70  # ages at which farmers and informal workers stop
CAP = 0.97  # no group is wholly of one kind
MOST_PUBLIC = 0.8
STUDENT, ACTIVE, RETIRED, PUBLIC, IDLE, FLEXIBLE, FARMER, INFORMAL = range(8)  # streams of chance


class Labour:
    """The rows that still have no work, and how they are chosen."""

    def __init__(
        self, columns: dict[str, NDArray[np.int64]], people: NDArray[np.float64], weight: float, seed: Seed
    ) -> None:
        """Start with children in school and everybody else not working."""
        self.columns, self.people, self.weight, self.seed = columns, people, weight, seed
        age = columns["age"]
        self.work = np.select(
            [age < SCHOOL, age < ADULT], [int(Work.CHILD), int(Work.PUPIL)], int(Work.NOT_WORKING)
        ).astype(np.int64)
        self.cell = band_cell(columns["home"], age) * 2 + columns["sex"]

    def take(
        self, weight: NDArray[np.float64], target: NDArray[np.float64] | float, stream: int, cap: float = CAP
    ) -> NDArray[np.bool_]:
        """Choose persons by weight; targets are persons by pool or in all, met in all in either case."""
        wanted = np.asarray(target, dtype=np.float64) / self.weight
        chance = fit(weight, self.columns["home"], wanted, cap) if wanted.ndim else weight
        chance = fit_all(chance, float(wanted.sum()), cap)
        shuffle = draws(self.seed, Purpose.SYNTHESIS_WORK, stream, len(weight))
        return take(chance, mixed(self.cell, shuffle), draw(self.seed, Purpose.SYNTHESIS_WORK, stream))

    def free(self, age_from: int, age_to: int) -> NDArray[np.float64]:
        """Return 1.0 for rows in an age range that have no work yet, else 0.0."""
        age = self.columns["age"]
        idle = self.work == Work.NOT_WORKING
        return np.asarray(np.where(idle & (age >= age_from) & (age < age_to), 1.0, 0.0), dtype=np.float64)


def assign(
    columns: dict[str, NDArray[np.int64]],
    collective: NDArray[np.bool_],
    people: NDArray[np.float64],
    weight: float,
    year: int,
    seed: Seed,
    assumptions: Mapping[str, float],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return each row's work at the end of a year, and who belongs to the employee scheme."""
    labour = Labour(columns, people, weight, seed)
    _students(labour, collective, year, assumptions)
    totals = employee_totals(year, assumptions)
    _, retired = province_members(assumptions, people, year)
    employee = _active(labour, active_by_pool(assumptions, people, year), assumptions)
    _kinds(labour, employee, totals, assumptions)
    pensioner = _retired(labour, retired, assumptions)
    labour.work[pensioner] = Work.RETIRED
    _others(labour, employee, year, assumptions)
    return labour.work, employee | pensioner


def _students(labour: Labour, collective: NDArray[np.bool_], year: int, assumptions: Mapping[str, float]) -> None:
    """Make students of those of 18 and over who live in dormitories, and of others in towns."""
    age = labour.columns["age"]
    points = [(ADULT, 1.0), (GRADUATE - 1, 1.0), (LAST_STUDENT, assumptions["synthesis.student_weight_at_24"])]
    weight = labour.free(ADULT, LAST_STUDENT + 1) * by_age(points, len(labour.people[0, 0]))[age]
    weight = weight * np.where(labour.columns["urban"] == 1, 1.0, assumptions["synthesis.student_weight_villages"])
    weight = weight * np.where(collective, assumptions["synthesis.student_weight_dormitories"], 1.0)
    labour.work[labour.take(weight, students(year), STUDENT)] = Work.STUDENT


def _member_weight(labour: Labour, assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return how likely residence and registration make membership in the employee scheme."""
    columns = labour.columns
    weight = np.where(columns["urban"] == 1, 1.0, assumptions["synthesis.employee_weight_villages"])
    rural = columns["hukou_kind"] == Hukou.RURAL
    return weight * np.where(rural, assumptions["synthesis.employee_weight_rural_hukou"], 1.0)


def _active(labour: Labour, active: NDArray[np.float64], assumptions: Mapping[str, float]) -> NDArray[np.bool_]:
    """Choose the members at work, so many in each pool."""
    age, sex = labour.columns["age"], labour.columns["sex"]
    young = assumptions["synthesis.employee_weight_18_to_24"]
    late = assumptions["synthesis.employee_weight_over_50"]
    men = np.select([age < YOUNG_TO, age < PENSION_WOMEN, age < RETIRED_FROM], [young, 1.0, late], 0.0)
    women = np.select([age < YOUNG_TO, age < PENSION_WOMEN, age < PENSION_WOMEN_CADRES], [young, 1.0, late / 2], 0.0)
    weight = labour.free(ADULT, RETIRED_FROM) * np.where(sex == Sex.MALE, men, women)
    weight = weight * _member_weight(labour, assumptions)
    return labour.take(weight, active, ACTIVE)


def _retired(labour: Labour, province: NDArray[np.float64], assumptions: Mapping[str, float]) -> NDArray[np.bool_]:
    """Choose the retired members: few men from 55, all from 60, women from 50 and more of them from 55."""
    age, sex = labour.columns["age"], labour.columns["sex"]
    early = assumptions["synthesis.retired_weight_women_50_to_54"]
    women = np.select([age < PENSION_WOMEN, age < PENSION_WOMEN_CADRES], [0.0, early], 1.0)
    few = assumptions["synthesis.retired_weight_men_55_to_59"]
    men = np.select([age < PENSION_WOMEN_CADRES, age < RETIRED_FROM], [0.0, few], 1.0)
    weight = labour.free(PENSION_WOMEN, len(labour.people[0, 0])) * np.where(sex == Sex.MALE, men, women)
    weight = weight * _member_weight(labour, assumptions)
    old = labour.people[:, :, RETIRED_FROM:].sum(axis=(1, 2)) * urban_share()
    return labour.take(weight, among_pools(province, old), RETIRED)


def _kinds(
    labour: Labour, employee: NDArray[np.bool_], totals: Mapping[str, float], assumptions: Mapping[str, float]
) -> None:
    """Divide the members at work into public, unemployed on benefit, flexible and enterprise."""
    columns = labour.columns
    share = employed_in(PUBLIC_SECTORS)
    public = among_pools(share * (totals["public"] / share.sum()), working_age(labour.people))
    rest = np.where(employee, 1.0, 0.0)
    adult = np.where(columns["age"] >= GRADUATE, 1.0, 0.0)
    local = np.where(columns["hukou"] == columns["home"], 1.0, assumptions["synthesis.public_weight_migrants"])
    chosen = labour.take(rest * adult * local, public, PUBLIC, MOST_PUBLIC)
    labour.work[employee] = Work.ENTERPRISE
    labour.work[chosen] = Work.PUBLIC
    rest = np.where(employee & ~chosen, 1.0, 0.0)
    idle = labour.take(rest, totals["unemployed"], IDLE)
    labour.work[idle] = Work.UNEMPLOYED
    rest = np.where(idle, 0.0, rest) * np.where(
        columns["age"] >= MIDDLE, assumptions["synthesis.flexible_weight_over_40"], 1.0
    )
    labour.work[labour.take(rest, totals["flexible"], FLEXIBLE)] = Work.FLEXIBLE


def _others(labour: Labour, employee: NDArray[np.bool_], year: int, assumptions: Mapping[str, float]) -> None:
    """Make farmers and people in informal work of the rest, until employment meets its published total."""
    columns = labour.columns
    age = columns["age"]
    grown = labour.people[:, :, WORK_FROM:].sum(axis=(1, 2))
    employed = grown * (national_count("employed_total", year) / grown.sum())
    home = columns["home"]
    at_work = np.bincount(home[employee], minlength=len(grown)) * float(labour.weight)
    points = [
        (WORKING[0], assumptions["synthesis.farmer_weight_young"]),
        (PENSION_WOMEN, 1.0),
        (FARMERS_AGE, 1.0),
        (FARMERS_STOP, 0.0),
    ]
    weight = labour.free(ADULT, FARMERS_STOP) * by_age(points, len(labour.people[0, 0]))[age]
    weight = weight * np.where(columns["urban"] == 0, 1.0, assumptions["synthesis.farmer_weight_towns"])
    farmers = labour.take(weight, employed * agriculture_share(), FARMER)
    labour.work[farmers] = Work.FARMER
    left = np.maximum(employed * (1 - agriculture_share()) - at_work, 0.0)
    total = float(employed.sum() - at_work.sum() - farmers.sum() * labour.weight)
    weight = (
        labour.free(ADULT, INFORMAL_STOP)
        * by_age([(RETIRED_FROM, 1.0), (INFORMAL_STOP, 0.0)], len(labour.people[0, 0]))[age]
    )
    weight = weight * np.where(columns["sex"] == Sex.FEMALE, assumptions["synthesis.informal_weight_women"], 1.0)
    informal = labour.take(weight, left * (max(total, 0.0) / max(float(left.sum()), 1.0)), INFORMAL)
    labour.work[informal] = Work.FLEXIBLE
