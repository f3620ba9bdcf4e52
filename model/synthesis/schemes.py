"""Who is insured in which scheme and where, and the years that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Scheme, Work
from model.synthesis.migration import band_cell
from model.synthesis.targets import uninsured_total
from model.synthesis.tools import AGE, KIND, Columns, Seed, choose, draws_of, fit_all

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
    age = columns["age"][rows]
    risk = np.where((age >= YOUNG) & (age <= MIDDLE), assumptions["synthesis.uninsured_weight_18_to_45"], 1.0)
    risk *= np.where(hukou[rows] != home[rows], assumptions["synthesis.uninsured_weight_migrants"], 1.0)
    student = columns["work"][rows] == Work.STUDENT
    risk *= np.where(student, assumptions["synthesis.uninsured_weight_students"], 1.0)
    chance = fit_all(risk, uninsured_total(year, assumptions) / weight, MOST_UNINSURED)
    scheme = np.where(employee, KIND(Scheme.EMPLOYEE), KIND(Scheme.RESIDENT))
    scheme[_taken(columns, rows, chance, seed, NOBODY)] = int(Scheme.NONE)
    columns["scheme"] = scheme
    rows = np.flatnonzero((scheme == Scheme.RESIDENT) & (hukou != home))
    student = columns["work"][rows] == Work.STUDENT
    share = np.where(
        student, assumptions["synthesis.student_insured_at_origin"], assumptions["synthesis.migrant_insured_at_origin"]
    )
    away = _taken(columns, rows, share, seed, PLACE)
    columns["insured"] = insured = home.copy()
    insured[away] = hukou[away]
    columns["account_kind"] = _account_kind(columns, seed, assumptions)
    _years(columns, year, seed, assumptions)


def _taken(
    columns: Columns, rows: NDArray[np.int64], chance: NDArray[np.float64], seed: Seed, stream: int
) -> NDArray[np.int64]:
    """Choose among rows with the given chances, evenly along pools and ages [rows]."""
    cell = band_cell(columns["home"][rows], columns["age"][rows])
    return choose(rows, chance, cell, seed, Purpose.SYNTHESIS_SCHEME, stream)


def _account_kind(columns: Columns, seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int8]:
    """Return 0 for members of the employee scheme in pooled-only cover, mostly flexible workers, else 1."""
    rows = np.flatnonzero(columns["scheme"] == Scheme.EMPLOYEE)
    flexible = columns["work"][rows] == Work.FLEXIBLE
    risk = np.where(flexible, assumptions["synthesis.pooled_only_weight_flexible"], 1.0)
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
    worked = np.maximum(np.floor(span), 1)
    retired = columns["work"][rows] == Work.RETIRED
    worked[retired] = np.maximum(worked[retired], assumptions["synthesis.years_of_the_retired"])
    columns["years"][rows] = np.minimum(worked, np.iinfo(np.uint8).max).astype(AGE)
    rows = np.flatnonzero(scheme == Scheme.RESIDENT)
    shuffle = draws_of(seed, Purpose.SYNTHESIS_SCHEME, RUN, rows)
    lapse = assumptions["synthesis.yearly_lapse"]
    kept = np.cumprod(np.full(year - UNIFIED_BEGINS, 1 - lapse))
    run = 1 + np.searchsorted(-kept, -shuffle)
    columns["continuous"][rows] = np.minimum(run, columns["age"][rows] + 1)
    rows = np.flatnonzero(scheme == Scheme.NONE)
    columns["lapsed"][rows] = np.minimum(max(0, year - LAPSES_COUNT + 1), columns["age"][rows])
