"""How use of care answers: to the share paid by oneself, to income, and to who bears what a budget does not cover."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Scheme, Status
from agents.numeric import exp, log
from model.phases.tally import CHRONIC_LEVELS

Floats = NDArray[np.float64]
MIDDLES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Middles of the fifths of the income distribution."""
LEAST = 0.01
"""Least share paid by oneself that a response reckons with."""


def paid_shares(law: Any) -> tuple[Floats, Floats]:
    """Return the share of the cost of visits and of stays that the scheme's rates pay, by standing [status].

    Rates and the list count, deductibles and ceilings do not.
    """
    benefit, care = law.benefit, law.care
    out, inside = np.zeros(len(Status)), np.zeros(len(Status))
    for status, scheme, extra_out, extra_in in (
        (Status.ACTIVE, Scheme.EMPLOYEE, 0.0, 0.0),
        (Status.RETIRED, Scheme.EMPLOYEE, benefit.retiree_outpatient_bonus, benefit.retiree_bonus),
        (Status.RESIDENT, Scheme.RESIDENT, 0.0, 0.0),
    ):
        if scheme == Scheme.EMPLOYEE:
            visits, stays = care.visit_tier_share_employee, care.stay_tier_share_employee
            visit_rate, stay_rate = benefit.employee_outpatient_rate, benefit.employee_rate
            listed, on = benefit.employee_in_list_share, float(benefit.employee_outpatient_on)
        else:
            visits, stays = care.visit_tier_share_resident, care.stay_tier_share_resident
            visit_rate, stay_rate = benefit.resident_outpatient_rate, benefit.resident_rate
            listed, on = benefit.resident_in_list_share, 1.0
        paid = np.minimum(np.asarray(visit_rate) + extra_out, 1.0) * on * benefit.outpatient_in_list_share[scheme]
        out[status] = weighted(paid, visits, care.visit_tier_cost)
        inside[status] = weighted(
            np.minimum(np.asarray(stay_rate) + extra_in, 1.0) * listed, stays, care.stay_tier_cost
        )
    return out, inside


def weighted(values: Any, shares: Any, costs: Any) -> float:
    """Return the mean of values by level of hospital, weighted by what is spent there [unit of the values]."""
    weights = np.asarray(shares, np.float64) * np.asarray(costs, np.float64)
    return float((np.asarray(values, np.float64) * weights).sum() / weights.sum())


def price_response(law: Any, before: Any) -> tuple[Floats, Floats]:
    """Return the factors on visits and on stays by standing, where the law asks for more or less than another did.

    Source: institutions A7, C6 and F (price elasticities; stays avoided with outpatient cover).
    """
    care = law.care
    (out, inside), (out_before, inside_before) = paid_shares(law), paid_shares(before)
    visits = elastic(1.0 - out, 1.0 - out_before, float(care.price_elasticity_outpatient))
    stays = elastic(1.0 - inside, 1.0 - inside_before, float(care.price_elasticity_inpatient))
    return visits, stays * (1.0 + float(care.outpatient_substitutes) * (out - out_before))


def elastic(now: Floats, before: Floats, elasticity: float) -> Floats:
    """Return the factor on use by the share paid by oneself now and before, at a constant elasticity."""
    pairs = zip(np.maximum(now, LEAST).tolist(), np.maximum(before, LEAST).tolist(), strict=True)
    return np.array([exp(elasticity * log(one / other)) for one, other in pairs])


def use_by_fifth(shape: Floats, elasticity: float) -> Floats:
    """Return what care costs by fifth of income against the mean, at an elasticity; incomes by rank as in `shape`."""
    curve = np.asarray(shape, np.float64).mean(axis=0)
    points = np.arange(len(curve)) / (len(curve) - 1)
    incomes = np.interp(MIDDLES, points, curve)
    factors = np.array([exp(elasticity * log(max(float(income), LEAST))) for income in incomes])
    return np.asarray(factors / factors.mean())


def deaths(law: Any, table: Floats, shares: Floats) -> Floats:
    """Return the probability of dying by sex, chronic illness and age, so that deaths meet the table [sex, age].

    The mean over the ill is by the shares with no, mild and severe illness [chronic, age].
    """
    risk = np.asarray(law.care.chronic_mortality_risk, np.float64)
    mean = risk @ shares
    by_level = np.stack([table * (risk[level] / mean) for level in range(CHRONIC_LEVELS)], axis=1)
    return np.ascontiguousarray(np.minimum(by_level, 1.0))


def kept_by_hospitals(shock: Floats, law: Any, like: Floats) -> Floats:
    """Return the factor on what payers pay where hospitals keep a part of what differs from the budget [pool, scheme].

    Surplus and overspend alike; residents' part has so many times employees' odds. Source: institutions F1-F3;
    document 002 section 4.01 (residents' risk of overrun).
    """
    share, odds = float(law.budget.overspend_share), float(law.care.drg_odds_resident)
    factor = np.ones_like(like)
    if share > 0.0:
        residents = odds * share / (1.0 - share + odds * share)
        for scheme, part in ((Scheme.EMPLOYEE, share), (Scheme.RESIDENT, residents)):
            factor[:, scheme] = (1.0 + (shock - 1.0) * (1.0 - part)) / shock
    return factor
