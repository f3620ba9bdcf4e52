"""Set budgets: collect first, then spend accordingly (以收定支, 国发〔1998〕44号; institutions.md E1, F1).

A pool plans this year's spending from this year's income and lets the cost of care follow, within limits. The nation's
plan is a share of its income, or what care costs while its use is published; pools share it by income and by need, and
some always spend more of what their province has.
What employees' plan moves in the nation goes into what is paid of visits: the reform of 2021 exchanges credits to
accounts for outpatient benefits (document 004, question 3).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.chance import Purpose, uniform
from agents.compiled import compiled, float64, int64
from agents.numeric import exp, log, normal_quantile
from agents.units import MONTHS
from model.data import series
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.phases.fund_world import SCHEME, FundWorld, held
from model.rules.funds import budget_factor

Floats = NDArray[np.float64]
BASE = 2023  # the last year whose published spending and cost may be used
SPENDING = {EMPLOYEE_POOL: ("employee_pooled", "employee"), RESIDENT_POOL: ("resident", "resident")}
WORDS = ("coupling", "strength", "tie", "spread", "kept", "largest", "short")
TINY = float(np.finfo(np.float64).tiny)


class BudgetWorld(FundWorld, Protocol):
    """What the budget needs of the world beside its funds."""

    def need(self) -> tuple[Floats, Floats]:
        """Return the year's expected cost of care at national and at local prices [pool, scheme; fen]."""
        ...

    def measured_use(self) -> bool:
        """Say whether the year's use of care is published, so that only its spread over pools is planned."""
        ...


def set_budgets(world: BudgetWorld) -> None:
    """Set the year's factor on the cost of care of every pool and scheme from its income."""
    funds = world.funds
    national, local = world.need()
    before = funds.need if funds.need is not None else np.zeros_like(local)
    first = funds.need is None
    for fund, scheme in SCHEME.items():
        own, last = local[:, scheme], before[:, scheme] * funds.drift_before[:, scheme]
        factor = plan(world, fund, own, last, funds.budget[:, scheme], first)
        planned = total(own * factor)
        if planned > 0 and (first or world.measured_use()):
            factor = factor * (total(national[:, scheme]) / planned)
        cost = total(own * (factor if first else funds.budget[:, scheme]))
        if first and not world.measured_use():
            factor = follow_income(world, fund, factor, cost)
        moved = total(own * factor) / cost if cost > 0 else 0.0
        if fund == EMPLOYEE_POOL and moved > 0 and not world.measured_use():
            if moved < 1.0 and ample(world, fund):
                factor, moved = factor / moved, 1.0
            factor = into_benefits(world, factor, moved)
        funds.budget[:, scheme] = factor
    funds.need = local


def plan(world: BudgetWorld, fund: str, need: Floats, last: Floats, before: Floats, first: bool) -> Floats:
    """Return the factor of every pool: at first its share of the nation's plan, later drawn to its own plan."""
    codes, place = world.funds.areas.places(fund)
    rows, accounts = held(world, fund), world.ledger.accounts
    income = accounts.income[rows].astype(np.float64)
    needs, lasts = (np.bincount(place, w, len(codes)).astype(np.float64) for w in (need, last))
    law = terms(world, fund)
    gaps, province = law["spread"] * gaps_of(tuple(codes), fund), world.funds.areas.provinces(fund)
    if first:
        level = shares(income, needs, law["tie"], gaps, province, np.zeros(len(codes), np.bool_)) * total(needs)
        planned = (needs > 0) & (level > 0)  # nobody pays in: care costs what it costs
        return np.asarray(np.where(planned, level / np.maximum(needs, 1.0), 1.0)[place])
    short = MONTHS * accounts.brought(rows) < law["short"] * accounts.spending_before[rows]
    result = of_areas(before, need, needs, place)
    spent = accounts.spending_before[rows].astype(np.float64)
    expected = spent * np.divide(needs, lasts, out=np.zeros_like(needs), where=lasts > 0)
    whole = total(expected) if world.measured_use() else law["coupling"] * total(income)
    target = shares(income, needs, law["tie"], gaps * law["kept"], province, short) * whole
    draw_all(result, target, expected, law["strength"], law["largest"])
    return result[place]


def of_areas(factors: Floats, need: Floats, needs: Floats, place: NDArray[np.int64]) -> Floats:
    """Return the factor of every area: that of its pools; where pools that share money anew differ, their mean.

    Args:
        factors: by pool [ratio].
        need: expected cost of care by pool, which weighs its factor [fen].
        needs: the same by area [fen].
        place: place of every pool's area.

    """
    result, least, most = np.ones(len(needs)), np.full(len(needs), np.inf), np.zeros(len(needs))
    result[place] = factors
    np.minimum.at(least, place, factors)
    np.maximum.at(most, place, factors)
    mixed = (least < most) & (needs > 0)
    np.divide(np.bincount(place, need * factors, len(needs)), needs, out=result, where=mixed)
    return result


def follow_income(world: BudgetWorld, fund: str, factor: Floats, cost: float) -> Floats:
    """Draw all pools to the nation's plan in a first year without published use, from the last published spending."""
    scheme, whole = SPENDING[fund]
    paid = series("fund_expenditure", scheme)[BASE] / series("medical_cost_in_institutions", whole)[BASE]
    law = terms(world, fund)
    income = total(world.ledger.accounts.income[held(world, fund)].astype(np.float64))
    return factor * drawn(1.0, law["coupling"] * income, paid * cost, law)


def ample(world: BudgetWorld, fund: str) -> bool:
    """Say whether a fund's pools began the year with reserves beyond the line of excess, so that nothing is cut.

    Months of last year's spending, the nation's pools together (人社部发〔2009〕67号); a run's first year knows none.
    """
    rows, accounts = held(world, fund), world.ledger.accounts
    spent = sum(accounts.spending_before[rows].tolist())
    line = float(world.in_force.warning.months_excess)
    return bool(MONTHS * sum(accounts.brought(rows).tolist()) > line * spent > 0)


def into_benefits(world: BudgetWorld, factor: Floats, moved: float) -> Floats:
    """Let what is paid of employees' visits bear what the plan moves, and return the factor left on the cost of care.

    Benefits widen until the lowest rate of the law would pay visits in full; what the plan moves beyond goes into cost.

    Args:
        world: the world, whose benefits widen or narrow.
        factor: by pool, what the plan would make of the cost of care [ratio].
        moved: the nation's cost after the plan over that before [ratio].

    """
    law, before = world.in_force, world.funds.widened
    part = float(law.budget.employee_visits_part)
    turned = exp(float(law.budget.employee_into_benefits) * log(moved))
    wished = before * max(1.0 + (turned - 1.0) / part, 0.0)
    widest = 1.0 / max(float(min(law.benefit.employee_outpatient_rate)), TINY)
    world.funds.widened = min(wished, widest)
    if wished > widest:
        turned = 1.0 + part * (widest / before - 1.0)
    return factor / turned


def drawn(before: float, target: float, expected: float, law: dict[str, float]) -> float:
    """Return a factor drawn to what is planned over what is expected."""
    factor = np.array([before])
    draw_all(factor, np.array([target]), np.array([expected]), law["strength"], law["largest"])
    return float(factor[0])


@compiled
def draw_all(factors: Floats, targets: Floats, expected: Floats, strength: float, largest: float) -> None:
    """Draw the factor of every area to what is planned over what is expected, where both are known."""
    for i in range(len(factors)):
        if targets[i] > 0.0 and expected[i] > 0.0:
            plan_of, need_of = int64(targets[i]), int64(expected[i])
            factors[i] = budget_factor(float64(factors[i]), plan_of, need_of, 1.0, strength, largest)


def shares(
    income: Floats, need: Floats, tie: float, gaps: Floats, province: NDArray[np.int64], short: NDArray[np.bool_]
) -> Floats:
    """Return how areas share the nation's plan: by income as far as they are tied to it, else by need; adds up to 1.

    Gaps divide the plan of a province among its areas and leave its sum: what provinces spend is told by their tables.
    An area short of reserves gets no more than without gaps; what it leaves goes to the others of its province.
    """
    even, apart = np.empty(len(income)), np.empty(len(income))
    weigh_all(even, income, need, tie, np.zeros(len(income)))
    weigh_all(apart, income, need, tie, gaps)
    apart *= _ratio(even, apart, province)
    parts = np.where(short, np.minimum(apart, even), apart)
    others = np.where(short, 0.0, apart)
    parts += others * _ratio(apart - parts, others, province)
    return np.asarray(parts / max(total(parts), TINY))


def _ratio(over: Floats, under: Floats, province: NDArray[np.int64]) -> Floats:
    """Return the ratio of two sums over every area's province, nothing where the second is nothing [area; ratio]."""
    above, below = np.bincount(province, over), np.bincount(province, under)
    return np.asarray(np.divide(above, below, out=np.zeros_like(above), where=below > 0)[province])


@compiled
def weigh_all(parts: Floats, income: Floats, need: Floats, tie: float, gaps: Floats) -> None:
    """Write what areas weigh in the nation's plan, 1 for the heaviest and 0 without income or need."""
    top = -np.inf
    for i in range(len(parts)):
        parts[i] = -np.inf
        if income[i] > 0.0 and need[i] > 0.0:
            parts[i] = tie * log(float64(income[i])) + (1.0 - tie) * log(float64(need[i])) + gaps[i]
        top = max(top, parts[i])
    for i in range(len(parts)):
        parts[i] = exp(parts[i] - top) if parts[i] > -np.inf else 0.0


def gap(code: int, fund: str) -> float:
    """Return an area's draw, for ever the same; differences inside a province set plans apart [standard deviations]."""
    return float(normal_quantile(uniform(0, int(Purpose.BUDGET), int(SCHEME[fund]), code)))


@lru_cache(maxsize=8)
def gaps_of(codes: tuple[int, ...], fund: str) -> Floats:
    """Return the gaps of areas in a row [standard deviations]."""
    found = np.array([gap(code, fund) for code in codes])
    found.setflags(write=False)
    return found


def terms(world: Any, fund: str) -> dict[str, float]:
    """Return the budget's terms of a fund from the law in force."""
    law, budget = world.in_force, world.in_force.budget
    if fund == EMPLOYEE_POOL:
        own = (budget.employee_coupling, budget.employee_strength, budget.employee_tie, budget.employee_spread)
    else:
        own = (budget.resident_coupling, budget.resident_strength, budget.resident_tie, budget.resident_spread)
    values = (*own, budget.spread_kept, budget.largest_change, law.warning.months_short)
    return {word: float(value) for word, value in zip(WORDS, values, strict=True)}


def total(values: Floats) -> float:
    """Return a sum that no order changes [unit of the column]."""
    return math.fsum(values.tolist())
