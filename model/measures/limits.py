"""Closed forms and exact recursions for limiting models, to hold simulations against.

Ruin theory: Asmussen & Albrecher 2010, Ruin Probabilities; pooled totals: Panjer 1981; layers: Klugman, Panjer,
Willmot 2012, Loss Models. Money in any one unit, time in years.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from model.measures.common import Array, Fields, Values, finite, number, numbers, same_length, undefined

HUGE = 1e200
"""Recursions are rescaled when they grow beyond this."""


def _loaded(u: float, theta: float) -> None:
    """Raise unless the opening reserve is not negative and the premium loading positive."""
    if number("u", u) < 0:
        raise ValueError("u must not be negative")
    if number("theta", theta) <= 0:
        raise ValueError("theta must be positive")


def ruin_exponential(u: float, theta: float, mean_claim: float) -> float:
    """Return the probability that a compound Poisson surplus with exponential claims ever falls below 0."""
    _loaded(u, theta)
    return math.exp(-theta * u / ((1 + theta) * mean_claim)) / (1 + theta)


def ruin_erlang2(u: float, theta: float, mean_claim: float) -> float:
    """Return the same probability for Erlang claims with two phases (phase-type formula of Asmussen & Albrecher)."""
    _loaded(u, theta)
    rate = 2 / mean_claim
    entry = np.full(2, 1 / (1 + theta) / 2)
    phases = np.array([[-rate, rate], [0.0, -rate]])
    leaving = np.array([0.0, rate])
    ladder = linalg.expm((phases + np.outer(leaving, entry)) * u)
    return float(np.sum(entry @ ladder))


def ruin_walk_infinite(u0: int, p: float) -> float:
    """Return the probability that a walk of +1 (probability p > 1/2) and -1 from u0 is ever below 0."""
    if not 1 < p + p <= 2:
        raise ValueError("p must lie above one half and not above 1")
    return float(((1 - p) / p) ** (u0 + 1))


def ruin_symmetric(n: int) -> float:
    """Return the probability of no ruin in n years from 0 with any continuous symmetric flow (Sparre Andersen)."""
    return float(math.comb(n + n, n) / 4**n)


def ruin_discrete(u0: float, values: Values, probabilities: Values, years: int) -> Array:
    """Return the probability of ruin by the end of each year with independent yearly net flows of a given law."""
    steps, chances = finite("values", numbers("values", values)), numbers("probabilities", probabilities)
    same_length("values", steps.size, probabilities=chances)
    balance, alive, ruined = np.array([number("u0", u0)]), np.ones(1), np.zeros(years)
    for year in range(years):
        reached = np.add.outer(balance, steps).ravel()
        weight = np.multiply.outer(alive, chances).ravel()
        standing = reached >= 0
        ruined[year] = np.sum(weight[~standing])
        balance, place = np.unique(reached[standing], return_inverse=True)
        alive = np.bincount(place, weights=weight[standing]).astype(np.float64)
    return np.cumsum(ruined)


def deficit_normal(mu: float, sigma: float) -> float:
    """Return the probability that a normal net flow is negative."""
    return float(special.ndtr(-mu / sigma))


@dataclass(frozen=True, slots=True, eq=False)
class PoolDeficit(Fields):
    """Probability that costs exceed premiums, and the relative standard deviation of cost per head."""

    p_deficit: float
    cv_per_capita: float


def pool_deficit_gamma(n: int, theta: float) -> PoolDeficit:
    """Return the risk of n members with independent exponential costs and premium loading theta."""
    return PoolDeficit(p_deficit=float(special.gammaincc(n, n * (1 + theta))), cv_per_capita=1 / math.sqrt(n))


@dataclass(frozen=True, slots=True, eq=False)
class PanjerTotal(Fields):
    """Probability that the total exceeds the threshold, its mean (money) and variance (squared money)."""

    p_exceed: float
    mean: float
    variance: float


def pool_deficit_panjer(n: int, intensity: float, sizes: Values, probabilities: Values, x: int) -> PanjerTotal:
    """Return P(total > x) of a compound Poisson total with whole claim sizes >= 1, by Panjer's recursion."""
    claims, chances = numbers("sizes", sizes), numbers("probabilities", probabilities)
    same_length("sizes", claims.size, probabilities=chances)
    if claims.size == 0 or claims.min() < 1 or np.any(np.mod(claims, 1)):
        raise ValueError("sizes must be whole numbers of at least 1")
    arrivals = n * intensity
    whole, share = claims.astype(np.int64), arrivals * claims * chances
    density, scale = np.zeros(x + 1), -arrivals
    density[0] = 1.0
    for total in range(1, x + 1):
        reachable = whole <= total
        density[total] = np.sum(share[reachable] * density[total - whole[reachable]]) / total
        if density[total] > HUGE:
            density, scale = density / HUGE, scale + math.log(HUGE)
    covered = math.exp(min(scale + math.log(float(np.sum(density))), 0.0))
    return PanjerTotal(
        p_exceed=1 - covered,
        mean=arrivals * float(np.sum(claims * chances)),
        variance=arrivals * float(np.sum(claims * claims * chances)),
    )


def limited_expectation(law: str, parameters: Mapping[str, float], limit: float) -> float:
    """Return E[min(X, limit)] for an exponential, lognormal or gamma law; the limit may be infinite [unit of X]."""
    if law == "exponential":
        mean = parameters["mean"]
        return -mean * math.expm1(-limit / mean)
    if limit == 0:
        return 0.0
    if law == "lognormal":
        m, s = parameters["meanlog"], parameters["sdlog"]
        below, partial = (math.log(limit) - m) / s, math.exp(m + s * s / 2)
        rest = 0.0 if math.isinf(limit) else limit * float(special.ndtr(-below))
        return partial * float(special.ndtr(below - s)) + rest
    if law == "gamma":
        shape, scale = parameters["shape"], parameters["scale"]
        rest = 0.0 if math.isinf(limit) else limit * float(special.gammaincc(shape, limit / scale))
        return shape * scale * float(special.gammainc(shape + 1, limit / scale)) + rest
    raise ValueError(f"law must be exponential, lognormal or gamma, it is {law}")


@dataclass(frozen=True, slots=True, eq=False)
class Layer(Fields):
    """Expected payment of the scheme and of the patient, per claim."""

    expected_payment: float
    expected_self_payment: float


def layer_expectation(
    law: str, parameters: Mapping[str, float], deductible: float, rate: float, ceiling: float | None
) -> Layer:
    """Return E[min(rate (X - deductible)+, ceiling)] and the rest of E[X]; a ceiling of None is none."""
    top = math.inf if ceiling is None else deductible + ceiling / rate
    inside = limited_expectation(law, parameters, top) - limited_expectation(law, parameters, deductible)
    everything = limited_expectation(law, parameters, math.inf)
    return Layer(expected_payment=rate * inside, expected_self_payment=everything - rate * inside)


@dataclass(frozen=True, slots=True, eq=False)
class Projection(Fields):
    """Year-end balances, and the first years (from 1; NaN: none) with a deficit and with a negative balance."""

    balance: Array
    first_deficit_year: float
    first_negative_year: float


def _first(hit: Array) -> float:
    """Return the number of the first year that holds, from 1."""
    return float(np.argmax(hit)) + 1 if np.any(hit) else undefined("in no year")


def projection(
    opening: float, interest: float, income: float, growth: float, spending: float, spending_growth: float, years: int
) -> Projection:
    """Return a deterministic fund: interest on the opening balance, income and spending growing at fixed rates."""
    time = np.arange(years)
    received, paid = income * np.power(1 + growth, time), spending * np.power(1 + spending_growth, time)
    balance, now = np.empty(years), opening
    for year, flow in enumerate(received - paid):
        now = now * (1 + interest) + flow
        balance[year] = now
    return Projection(
        balance=balance,
        first_deficit_year=_first(np.asarray(received < paid)),
        first_negative_year=_first(np.asarray(balance < 0)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class FullPooling(Fields):
    """Uniform rate on income, and what each province receives net."""

    tau: float
    net_receipt: Array


def full_pooling(members: Values, cost: Values, income: Values) -> FullPooling:
    """Return the uniform contribution rate that pays for everybody, and the net receipts; cost, income per head."""
    people, costs, incomes = numbers("members", members), numbers("cost", cost), numbers("income", income)
    same_length("members", people.size, cost=costs, income=incomes)
    tau = float(np.sum(people * costs) / np.sum(people * incomes))
    return FullPooling(tau=tau, net_receipt=people * (costs - tau * incomes))


def adjustment_fund(income: Values, expenditure: Values, members: Values, alpha: float, mode: str) -> Array:
    """Return net transfers of a fund of alpha times income, paid out by `head` or by `shortfall` [unit of income].

    Without any shortfall the fund goes back in proportion to what was paid in.
    """
    incomes, costs, people = numbers("income", income), numbers("expenditure", expenditure), numbers("members", members)
    same_length("income", incomes.size, expenditure=costs, members=people)
    if mode not in {"head", "shortfall"}:
        raise ValueError(f"mode must be head or shortfall, it is {mode}")
    paid_in = alpha * incomes
    key = people if mode == "head" else np.maximum(costs - incomes, 0)
    if not np.any(key > 0):
        key = paid_in
    return np.asarray(np.sum(paid_in) * key / np.sum(key) - paid_in)


@dataclass(frozen=True, slots=True, eq=False)
class EnrolmentChain(Fields):
    """Stationary shares of all persons, and the mean gap in years."""

    coverage: float
    share_k_consecutive: float
    mean_gap: float


def enrolment_chain(stay: float, come_back: float, k: int) -> EnrolmentChain:
    """Return coverage, the share in at least the k-th consecutive year, and the mean gap of a two-state chain."""
    coverage = come_back / (come_back + 1 - stay)
    return EnrolmentChain(coverage=coverage, share_k_consecutive=coverage * stay ** (k - 1), mean_gap=1 / come_back)


@dataclass(frozen=True, slots=True, eq=False)
class PoissonGamma(Fields):
    """Credibility factor and posterior mean of claims per member-year."""

    Z: float
    premium: float


def poisson_gamma(alpha: float, beta: float, n: float, s: float) -> PoissonGamma:
    """Return the exact posterior mean after s claims in n member-years under a Gamma(alpha, rate beta) prior."""
    return PoissonGamma(Z=n / (n + beta), premium=(alpha + s) / (beta + n))
