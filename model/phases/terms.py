"""The law of the funds in one year, read once from the record in force as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Warning:
    """When a fund is short, low, normal or high [months], and how its future is foreseen."""

    short: float
    low: float
    normal: float
    high: float
    horizon: int
    income_growth: float
    spending_growth: float


@dataclass(frozen=True, slots=True)
class StepOne:
    """Loans between the two funds of one area [months, shares, years]."""

    on: int
    trigger: float
    target: float
    keep: float
    floor: float
    share: float
    interest: float
    repay_share: float
    term: int
    default: int


@dataclass(frozen=True, slots=True)
class StepTwo:
    """Adjustment inside a province [shares, months, years, switches]."""

    rate: float
    stop: float
    target: float
    short: int
    foreseen: int
    deficit: int
    foreseen_years: float
    base: float
    slope: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StepThree:
    """Adjustment in the nation [shares, switches]."""

    on: int
    rate: float
    retention: float
    share: float
    cross_scheme: int
    central: float


@dataclass(frozen=True, slots=True)
class LastResort:
    """What happens when all aid is used up [shares]."""

    backstop_limit: float
    benefit_floor: float


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How budgets follow income: coupling by scheme [share], bounds of the factor on the cost of care."""

    coupling: tuple[float, ...]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms of one year."""

    warning: Warning
    one: StepOne
    two: StepTwo
    three: StepThree
    last: LastResort
    behaviour: Behaviour
    order: int
    allow_cross_fund: int
    interest_rate: float
    critical_premium: int


def _read(kind: Any, group: Any, prefix: str = "") -> Any:
    """Fill a dataclass from the fields of one group of the record that carry a prefix."""
    return kind(**{f.name: plain(getattr(group, prefix + f.name)) for f in fields(kind)})


def plain(value: Any) -> Any:
    """Return a Python number for a scalar of the record."""
    return np.asarray(value).item()


def terms_of(law: Any) -> Terms:
    """Return the year's terms from the record in force."""
    return Terms(
        warning=_read(Warning, law.warning),
        one=_read(StepOne, law.steps, "step1_"),
        two=_read(StepTwo, law.steps, "step2_"),
        three=_read(StepThree, law.steps, "step3_"),
        last=_read(LastResort, law.treasury),
        order=plain(law.steps.order),
        allow_cross_fund=plain(law.pooling.allow_cross_fund),
        interest_rate=plain(law.pooling.interest_rate),
        critical_premium=plain(law.critical_illness.premium),
    )
