"""Who is insured in which scheme and where, and the years that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Scheme, Work
from model.synthesis.targets import uninsured_total
from model.synthesis.tools import AGE, KIND, Columns, Seed, choose, draws_of, fit_all, looked_up, times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NOBODY, PLACE, YEARS, RUN, POOLED = range(5)  # streams of chance
MOST_UNINSURED = 0.9
SCHEME_BEGINS = 1998  # 国发〔1998〕44号: the employee scheme
UNIFIED_BEGINS = 2016  # 国发〔2016〕3号: the unified resident scheme
LAPSES_COUNT = 2025  # 国办发〔2024〕38号: years without cover count from 2025
YOUNG, MIDDLE = 18, 45


def insure(
    columns: Columns,
    employee: NDArray[np.bool_],
    weight: float,
    year: int,
    seed: Seed,
    assumptions: Mapping[str, float],
) -> None:
    """Add scheme, insured, account_kind, years, continuous and lapsed at the end of a year."""
    home, hukou = columns["home"], columns["hukou"]
    rows = np.flatnonzero(~employee)
    age, moved, student = columns["age"], hukou != home, columns["work"] == Work.STUDENT
    young, migrants, students = (
        assumptions[f"synthesis.uninsured_weight_{name}"] for name in ("18_to_45", "migrants", "students")
    )
    weights = times(np.array([1.0, young]), (1.0, migrants), (1.0, students))
    codes = (age >= YOUNG) & (age <= MIDDLE), moved, student
    risk = looked_up(weights, *(code[rows] for code in codes))
    chance = fit_all(risk, uninsured_total(year, assumptions) / weight, MOST_UNINSURED)
    scheme = np.where(employee, KIND(Scheme.EMPLOYEE), KIND(Scheme.RESIDENT))
    scheme[_taken(columns, rows, chance, seed, NOBODY)] = int(Scheme.NONE)
    columns["scheme"] = scheme
    rows = np.flatnonzero((scheme == Scheme.RESIDENT) & moved)
    shares = [assumptions[f"synthesis.{name}_insured_at_origin"] for name in ("migrant", "student")]
    share = looked_up(np.array(shares), student[rows])
    away = _taken(columns, rows, share, seed, PLACE)
    columns["insured"] = insured = home.copy()
    insured[away] = hukou[away]
    columns["account_kind"] = _account_kind(columns, seed, assumptions)
    _years(columns, year, seed, assumptions)


def _taken(
    columns: Columns, rows: NDArray[np.int64], chance: NDArray[np.float64], seed: Seed, stream: int
) -> NDArray[np.int64]:
    """Choose among rows with the given chances, evenly along pools and ages [rows]."""
    return choose(rows, chance, columns["band"], seed, Purpose.SYNTHESIS_SCHEME, stream)


def _account_kind(columns: Columns, seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int8]:
    """Return 0 for members of the employee scheme in pooled-only cover, mostly flexible workers, else 1."""
    rows = np.flatnonzero(columns["scheme"] == Scheme.EMPLOYEE)
    flexible = columns["work"][rows] == Work.FLEXIBLE
    shares = [assumptions[f"employee.pooled_only_{name}"] for name in ("others", "flexible")]
    risk = looked_up(np.array(shares), flexible)
    chance = fit_all(risk, assumptions["synthesis.pooled_only_share"] * float(len(rows)))
    kind = np.ones(len(columns["scheme"]), KIND)
    kind[_taken(columns, rows, chance, seed, POOLED)] = 0
    return kind


def _years(columns: Columns, year: int, seed: Seed, assumptions: Mapping[str, float]) -> None:
    """Add contribution years of members, consecutive years of residents and missed years of the uninsured."""
    scheme = columns["scheme"]
    for name in ("years", "continuous", "lapsed"):
        columns[name] = np.zeros(len(scheme), AGE)
    rows = np.flatnonzero(scheme == Scheme.EMPLOYEE)
    entry = assumptions["synthesis.entry_age"]
    shuffle = draws_of(seed, Purpose.SYNTHESIS_SCHEME, YEARS, rows)
    low = assumptions["synthesis.contribution_density_low"]
    span = np.maximum(columns["age"][rows] - entry, 0.0) * (low + (1 - low) * shuffle)
    least = np.array([1.0, max(assumptions["synthesis.years_of_the_retired"], 1.0)])
    worked = np.maximum(np.floor(span), looked_up(least, columns["work"][rows] == Work.RETIRED))
    columns["years"][rows] = np.minimum(worked, np.iinfo(np.uint8).max).astype(AGE)
    rows = np.flatnonzero(scheme == Scheme.RESIDENT)
    shuffle = draws_of(seed, Purpose.SYNTHESIS_SCHEME, RUN, rows)
    lapse = assumptions["synthesis.yearly_lapse"]
    kept = np.cumprod(np.full(year - UNIFIED_BEGINS, 1 - lapse))
    run = np.ones(len(rows), AGE)
    for share in kept:
        run += shuffle < share
    columns["continuous"][rows] = np.minimum(run, columns["age"][rows] + 1)
    rows = np.flatnonzero(scheme == Scheme.NONE)
    columns["lapsed"][rows] = np.minimum(max(0, year - LAPSES_COUNT + 1), columns["age"][rows])
