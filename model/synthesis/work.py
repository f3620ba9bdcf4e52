"""What people do: pupils, students, members of the employee scheme at work and retired, farmers, the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.chance import Purpose
from agents.codes import Hukou, Sex, Work
from model.rules.retirement import early_chance, reached_share, stopping_chance
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
from model.synthesis.tools import KIND, Columns, Seed, by_age, choose, fit, fit_all, looked_up, starts_of, times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SCHOOL, ADULT, GRADUATE, LAST_STUDENT = 6, 18, 22, 24
WORK_FROM, YOUNG_TO, MIDDLE, LATE_FROM = 16, 25, 40, 50
CAP = 0.97  # no group is wholly of one kind
MOST_PUBLIC = 0.8
STUDENT, ACTIVE, RETIRED, PUBLIC, IDLE, FLEXIBLE, FARMER, INFORMAL = range(8)  # streams of chance


class Labour:
    """The rows that still have no work, and how they are chosen."""

    def __init__(self, columns: Columns, people: NDArray[np.float64], weight: float, seed: Seed) -> None:
        """Start with children in school and everybody else not working."""
        self.columns, self.people, self.weight, self.seed = columns, people, weight, seed
        age, self.cell = columns["age"], columns["band"] * 2 + columns["sex"]
        self.starts = starts_of(columns["home"], len(people))
        self.work = np.full(len(age), int(Work.NOT_WORKING), KIND)
        self.work[age < ADULT] = int(Work.PUPIL)
        self.work[age < SCHOOL] = int(Work.CHILD)

    def take(
        self,
        rows: NDArray[np.int64],
        weight: NDArray[np.float64],
        target: NDArray[np.float64] | float,
        stream: int,
        cap: float = CAP,
    ) -> NDArray[np.int64]:
        """Choose among rows by weight; targets are persons by pool or in all, met in all in either case [rows]."""
        wanted = np.asarray(target, dtype=np.float64) / self.weight
        starts = np.searchsorted(rows, self.starts)
        chance = fit(weight, starts, wanted, cap) if wanted.ndim else weight
        chance = fit_all(chance, float(wanted.sum()), cap)
        return choose(rows, chance, self.cell, self.seed, Purpose.SYNTHESIS_WORK, stream)

    def free(self, age_from: int, age_to: int) -> NDArray[np.int64]:
        """Return the rows in an age range that have no work yet."""
        age = self.columns["age"]
        return np.flatnonzero((self.work == Work.NOT_WORKING) & (age >= age_from) & (age < age_to))

    def free_share(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return for each row which share of its age and sex is among the rows [share]."""
        cell = self.columns["age"].astype(np.int64) * len(Sex) + self.columns["sex"]
        share = np.bincount(cell[rows], minlength=cell.max() + 1) / np.maximum(np.bincount(cell), 1)
        return np.asarray(share[cell[rows]])

    def of(self, rows: NDArray[np.int64], name: str) -> NDArray[Any]:
        """Return a column of some rows [unit of the column]."""
        return self.columns[name][rows]


def assign(
    columns: Columns,
    collective: NDArray[np.bool_],
    people: NDArray[np.float64],
    weight: float,
    year: int,
    seed: Seed,
    assumptions: Mapping[str, float],
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return each row's work at the end of a year, and who belongs to the employee scheme."""
    labour = Labour(columns, people, weight, seed)
    _students(labour, collective, year, assumptions)
    totals = employee_totals(year, assumptions)
    _, retired = province_members(assumptions, people, year)
    employee = np.zeros(len(labour.work), np.bool_)
    employee[_active(labour, active_by_pool(assumptions, people, year), assumptions)] = True
    _kinds(labour, np.flatnonzero(employee), totals, assumptions)
    pensioner = _retired(labour, retired, assumptions)
    labour.work[pensioner] = Work.RETIRED
    _others(labour, np.flatnonzero(employee), year, assumptions)
    employee[pensioner] = True
    return labour.work, employee


def _students(labour: Labour, collective: NDArray[np.bool_], year: int, assumptions: Mapping[str, float]) -> None:
    """Make students of those of 18 and over who live in dormitories, and of others in towns."""
    points = [(ADULT, 1.0), (GRADUATE - 1, 1.0), (LAST_STUDENT, assumptions["synthesis.student_weight_at_24"])]
    rows = labour.free(ADULT, LAST_STUDENT + 1)
    villages, dormitories = (assumptions[f"synthesis.student_weight_{name}"] for name in ("villages", "dormitories"))
    weights = times(by_age(points, len(labour.people[0, 0])), (villages, 1.0), (1.0, dormitories))
    weight = looked_up(weights, labour.of(rows, "age"), labour.of(rows, "urban"), collective[rows])
    labour.work[labour.take(rows, weight, students(year), STUDENT)] = Work.STUDENT


def _member_weight(
    labour: Labour, rows: NDArray[np.int64], by_sex: list[NDArray[np.float64]], assumptions: Mapping[str, float]
) -> NDArray[np.float64]:
    """Return how likely age and sex, residence and registration make membership in the employee scheme."""
    villages, rural = (assumptions[f"synthesis.employee_weight_{name}"] for name in ("villages", "rural_hukou"))
    of_kinds = [rural if kind == Hukou.RURAL else 1.0 for kind in sorted(Hukou)]
    weights = np.outer([villages, 1.0], of_kinds)[..., None, None] * np.stack(by_sex)
    return looked_up(weights, *(labour.of(rows, name) for name in ("urban", "hukou_kind", "sex", "age")))


def _active(labour: Labour, active: NDArray[np.float64], assumptions: Mapping[str, float]) -> NDArray[np.int64]:
    """Choose the members at work, so many in each pool."""
    age = np.arange(len(labour.people[0, 0]))
    young = assumptions["synthesis.employee_weight_18_to_24"]
    late = assumptions["synthesis.employee_weight_over_50"]
    member = np.select([age < YOUNG_TO, age < LATE_FROM], [young, 1.0], late)
    by_sex = [member * (1 - _retired_share(sex, len(age), assumptions)) for sex in sorted(Sex)]
    rows = labour.free(ADULT, _end(by_sex))
    return labour.take(rows, _member_weight(labour, rows, by_sex, assumptions), active, ACTIVE)


def _retired_share(sex: Sex, ages: int, assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return which share of members of each age the law has let retire so far, early or by age [age]."""
    rules = {name.removeprefix("employee."): value for name, value in assumptions.items()}
    at_work, left = 1.0, np.empty(ages)
    for age in range(ages):
        if sex == Sex.FEMALE:
            middle, spread = rules["retirement_age_women"], rules["retirement_spread_women"]
            chance = stopping_chance(age, middle - spread, middle + spread)
        else:
            threshold = rules["retirement_age_men"]
            early = early_chance(age, threshold, rules["early_years_men"], rules["early_rate_men"])
            chance = max(stopping_chance(age, threshold, threshold), early)
        at_work *= 1 - chance
        left[age] = at_work
    return 1 - left


def _working_on(who: str, ages: int, assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return which share of farmers or informal workers of each age has not stopped work yet [age]."""
    middle, spread = assumptions[f"work.{who}_stop_age"], assumptions[f"work.{who}_stop_spread"]
    return 1 - np.array([reached_share(age, middle - spread, middle + spread) for age in range(ages)])


def _end(by_sex: list[NDArray[np.float64]]) -> int:
    """Return the age from which on nobody has weight."""
    return int(np.flatnonzero(np.sum(by_sex, axis=0))[-1]) + 1


def _retired(labour: Labour, province: NDArray[np.float64], assumptions: Mapping[str, float]) -> NDArray[np.int64]:
    """Choose the retired members: of every age as many as the law has let retire."""
    ages = len(labour.people[0, 0])
    by_sex = [_retired_share(sex, ages, assumptions) for sex in sorted(Sex)]
    rows = labour.free(int(np.flatnonzero(np.sum(by_sex, axis=0))[0]), ages)
    weight = _member_weight(labour, rows, by_sex, assumptions) / labour.free_share(rows)
    old = labour.people[:, :, RETIRED_FROM:].sum(axis=(1, 2)) * urban_share()
    return labour.take(rows, weight, among_pools(province, old), RETIRED)


def _kinds(
    labour: Labour, employee: NDArray[np.int64], totals: Mapping[str, float], assumptions: Mapping[str, float]
) -> None:
    """Divide the members at work into public, unemployed on benefit, flexible and enterprise."""
    share = employed_in(PUBLIC_SECTORS)
    public = among_pools(share * (totals["public"] / share.sum()), working_age(labour.people))
    labour.work[employee] = Work.ENTERPRISE
    rows = employee[labour.of(employee, "age") >= GRADUATE]
    local = labour.of(rows, "hukou") == labour.of(rows, "home")
    weight = looked_up(np.array([assumptions["synthesis.public_weight_migrants"], 1.0]), local)
    labour.work[labour.take(rows, weight, public, PUBLIC, MOST_PUBLIC)] = Work.PUBLIC
    rest = employee[labour.work[employee] == Work.ENTERPRISE]
    labour.work[labour.take(rest, np.ones(len(rest)), totals["unemployed"], IDLE)] = Work.UNEMPLOYED
    rest = rest[labour.work[rest] == Work.ENTERPRISE]
    older = labour.of(rest, "age") >= MIDDLE
    weight = looked_up(np.array([1.0, assumptions["synthesis.flexible_weight_over_40"]]), older)
    labour.work[labour.take(rest, weight, totals["flexible"], FLEXIBLE)] = Work.FLEXIBLE


def _others(labour: Labour, employee: NDArray[np.int64], year: int, assumptions: Mapping[str, float]) -> None:
    """Make farmers and people in informal work of the rest, until employment meets its published total."""
    ages = len(labour.people[0, 0])
    grown = labour.people[:, :, WORK_FROM:].sum(axis=(1, 2))
    employed = grown * (national_count("employed_total", year) / grown.sum())
    at_work = np.bincount(labour.of(employee, "home"), minlength=len(grown)) * float(labour.weight)
    curve = by_age([(WORKING[0], assumptions["synthesis.farmer_weight_young"]), (LATE_FROM, 1.0)], ages)
    curve *= _working_on("farmers", ages, assumptions)
    rows = labour.free(ADULT, _end([curve]))
    weights = times(curve, (1.0, assumptions["synthesis.farmer_weight_towns"]))
    weight = looked_up(weights, labour.of(rows, "age"), labour.of(rows, "urban"))
    farmers = labour.take(rows, weight, employed * agriculture_share(), FARMER)
    labour.work[farmers] = Work.FARMER
    left = np.maximum(employed * (1 - agriculture_share()) - at_work, 0.0)
    total = float(employed.sum() - at_work.sum() - len(farmers) * labour.weight)
    curve = _working_on("informal", ages, assumptions)
    rows = labour.free(ADULT, _end([curve]))
    weights = times(curve, (1.0, assumptions["synthesis.informal_weight_women"]))
    weight = looked_up(weights, labour.of(rows, "age"), labour.of(rows, "sex"))
    wanted = left * (max(total, 0.0) / max(float(left.sum()), 1.0))
    labour.work[labour.take(rows, weight, wanted, INFORMAL)] = Work.FLEXIBLE
