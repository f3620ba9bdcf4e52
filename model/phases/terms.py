"""The law of the funds in one year, read once from the record in force as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL

BOTH, EMPLOYEES_ONLY, RESIDENTS_ONLY = 1, 2, 3  # for whom a province adjusts today


@dataclass(frozen=True, slots=True)
class Warning:
    """When a fund is short, low, normal or high [months], and how far pools look ahead [years]."""

    months_short: float
    months_low: float
    months_high: float
    months_excess: float
    projected_years: int


@dataclass(frozen=True, slots=True)
class StepOne:
    """Loans between the two funds of one area [months, shares, years, switches]."""

    on: int
    both_ways: int
    trigger_months: float
    trigger_deficit: int
    target_months: float
    keep_months: float
    share: float
    interest: float
    term: int
    repay_share: float
    repay_floor: float
    default: int
    form: int


@dataclass(frozen=True, slots=True)
class StepTwo:
    """Adjustment inside a province [shares, months, switches]."""

    design: list[int]  # by pool
    own_first: list[int]  # by pool
    upload_rate: float
    stop_months: float
    s0: float
    s1: float
    share: float
    managerial_share: float
    trigger_short: int
    trigger_foreseen: int
    trigger_deficit: int
    target_months: float
    weights: int
    weight_active: float
    weight_retired: float
    equalise_share: float


@dataclass(frozen=True, slots=True)
class StepThree:
    """Adjustment in the nation [shares, months, switches]."""

    on: int
    design: int
    upload_rate: float
    excess_rate: float
    stop_months: float
    base_share: float
    central_budget: float
    share: float
    deductible: float
    target_months: float
    cross_scheme: int
    equalise_share: float


@dataclass(frozen=True, slots=True)
class LastResort:
    """What happens when all aid is used up [switch, shares]."""

    last_resort: int
    backstop_share: float
    backstop_limit: float
    arrears_repay_share: float
    cut_after_arrears: float


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms of one year."""

    warning: Warning
    one: StepOne
    two: StepTwo
    three: StepThree
    last: LastResort
    step2_on: dict[str, list[int]]  # by fund and pool
    order: int
    allow_cross_fund: int
    schemes_merged: int
    interest_rate: float
    critical_premium: int
    epidemic_cost: int


def plain(value: Any) -> Any:
    """Return a Python number for a scalar of the record, a list of numbers for an array."""
    return np.asarray(value).tolist()


def _read(kind: Any, group: Any, prefix: str = "") -> Any:
    """Fill a dataclass from the fields of one group of the record that carry a prefix."""
    return kind(**{f.name: plain(getattr(group, prefix + f.name)) for f in fields(kind)})


def terms_of(law: Any) -> Terms:
    """Return the year's terms from the record in force; step 2 is on by its switch or where it is the rule today."""
    today, on = np.asarray(law.steps.step2_today), plain(law.steps.step2_on)
    return Terms(
        warning=_read(Warning, law.warning),
        one=_read(StepOne, law.steps, "step1_"),
        two=_read(StepTwo, law.steps, "step2_"),
        three=_read(StepThree, law.steps, "step3_"),
        last=_read(LastResort, law.treasury),
        step2_on={
            fund: np.maximum(np.isin(today, (BOTH, alone)), on).astype(np.int64).tolist()
            for fund, alone in ((EMPLOYEE_POOL, EMPLOYEES_ONLY), (RESIDENT_POOL, RESIDENTS_ONLY))
        },
        order=plain(law.steps.order),
        allow_cross_fund=plain(law.pooling.allow_cross_fund),
        schemes_merged=plain(law.pooling.schemes_merged),
        interest_rate=plain(law.pooling.interest_rate),
        critical_premium=plain(law.critical.premium),
        epidemic_cost=plain(law.treasury.epidemic_cost),
    )
