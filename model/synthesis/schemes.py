"""Who is insured in which scheme and where, and the years that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from agents.codes import Scheme, Work
from model.synthesis.migration import band_cell
from model.synthesis.targets import uninsured_total
from model.synthesis.tools import Seed, draw, draws, fit_all, mixed, take

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
    columns: dict[str, NDArray[np.int64]],
    employee: NDArray[np.bool_],
    weight: float,
    year: int,
    seed: Seed,
    assumptions: Mapping[str, float],
) -> None:
    """Add scheme, insured, account_kind, years, continuous and lapsed at the end of a year."""
    home, age, hukou = columns["home"], columns["age"], columns["hukou"]
    moved = hukou != home
    risk = np.where((age >= YOUNG) & (age <= MIDDLE), assumptions["synthesis.uninsured_weight_18_to_45"], 1.0)
    risk = risk * np.where(moved, assumptions["synthesis.uninsured_weight_migrants"], 1.0)
    risk = risk * np.where(columns["work"] == Work.STUDENT, assumptions["synthesis.uninsured_weight_students"], 1.0)
    target = uninsured_total(year, assumptions) / weight
    chance = fit_all(np.where(employee, 0.0, risk), target, MOST_UNINSURED)
    nobody = _taken(columns, chance, seed, NOBODY)
    scheme = np.where(employee, int(Scheme.EMPLOYEE), int(Scheme.RESIDENT))
    columns["scheme"] = np.where(nobody, int(Scheme.NONE), scheme).astype(np.int64)
    resident = columns["scheme"] == Scheme.RESIDENT
    share = np.where(
        columns["work"] == Work.STUDENT,
        assumptions["synthesis.student_insured_at_origin"],
        assumptions["synthesis.migrant_insured_at_origin"],
    )
    away = _taken(columns, np.where(resident & moved, share, 0.0), seed, PLACE)
    columns["insured"] = np.where(away, hukou, home)
    columns["account_kind"] = _account_kind(columns, seed, assumptions)
    _years(columns, year, seed, assumptions)


def _taken(
    columns: dict[str, NDArray[np.int64]], chance: NDArray[np.float64], seed: Seed, stream: int
) -> NDArray[np.bool_]:
    """Choose rows with the given chances, evenly along pools and ages."""
    cell = band_cell(columns["home"], columns["age"])
    order = mixed(cell, draws(seed, Purpose.SYNTHESIS_SCHEME, stream, len(chance)))
    return take(chance, order, draw(seed, Purpose.SYNTHESIS_SCHEME, stream))


def _account_kind(
    columns: dict[str, NDArray[np.int64]], seed: Seed, assumptions: Mapping[str, float]
) -> NDArray[np.int64]:
    """Return 0 for members of the employee scheme in pooled-only cover, mostly flexible workers, else 1."""
    member = columns["scheme"] == Scheme.EMPLOYEE
    flexible = columns["work"] == Work.FLEXIBLE
    risk = np.where(flexible, assumptions["synthesis.pooled_only_weight_flexible"], 1.0)
    target = assumptions["synthesis.pooled_only_share"] * float(member.sum())
    chance = fit_all(np.where(member, risk, 0.0), target)
    return np.where(_taken(columns, chance, seed, POOLED), 0, 1).astype(np.int64)


def _years(columns: dict[str, NDArray[np.int64]], year: int, seed: Seed, assumptions: Mapping[str, float]) -> None:
    """Add contribution years of members, consecutive years of residents and missed years of the uninsured."""
    age, scheme = columns["age"], columns["scheme"]
    member, resident = scheme == Scheme.EMPLOYEE, scheme == Scheme.RESIDENT
    entry = assumptions["synthesis.entry_age"]
    shuffle = draws(seed, Purpose.SYNTHESIS_SCHEME, YEARS, len(age))
    low = assumptions["synthesis.contribution_density_low"]
    span = np.maximum(age - entry, 0.0) * (low + (1 - low) * shuffle)
    worked = np.maximum(np.floor(span), 1)
    retired = columns["work"] == Work.RETIRED
    worked = np.where(retired, np.maximum(worked, assumptions["synthesis.years_of_the_retired"]), worked)
    columns["years"] = np.where(member, np.minimum(worked, np.iinfo(np.uint8).max), 0).astype(np.int64)
    shuffle = draws(seed, Purpose.SYNTHESIS_SCHEME, RUN, len(age))
    lapse = assumptions["synthesis.yearly_lapse"]
    kept = np.cumprod(np.full(year - UNIFIED_BEGINS, 1 - lapse))
    run = 1 + np.searchsorted(-kept, -shuffle)
    columns["continuous"] = np.where(resident, np.minimum(run, age + 1), 0).astype(np.int64)
    missed = max(0, year - LAPSES_COUNT + 1)
    columns["lapsed"] = np.where(scheme == Scheme.NONE, np.minimum(missed, age), 0).astype(np.int64)
