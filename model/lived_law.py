"""The law as people live it in one year: what pools, guides and growth since the last published year make of it.

Today's law comes out as it stands but for pensions, which grow at a rate of their own and not with wages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Aid, Scheme, Work
from model.new_money import new_money, with_new_money
from model.phases.behaviour import with_effort
from model.phases.ground import Ground
from model.phases.paying import AVERAGE_PENSION
from model.phases.tally import Tally
from model.places import Growth, Spread, places
from model.policy.record import copied
from model.scenario import FIRST_START

Value = Callable[[str, int], float]
"""A parameter's value in a year, by its path."""
CREDIT_BASE = "employee.retiree_credit_base"
FLOORED = (Aid.DESTITUTE, Aid.MINIMUM_LIVING)
"""Classes whose rate of assistance has a floor (国办发〔2021〕42号)."""


class LivedLaw:
    """The law as people live it, made anew only where the law in force or the pools' effort is another one."""

    def __init__(self) -> None:
        """Start before the first year."""
        self._law: Any = None
        self._effort: Any = None
        self._lived: Any = None

    def of(self, law: Any, effort: NDArray[np.float64], value: Value, last: int) -> Any:
        """Return the record of `law_of_people` under a law and an effort [pool, scheme], neither changed in place."""
        if law is not self._law or effort is not self._effort:
            self._law, self._effort = law, effort
            self._lived = law_of_people(law, effort[:, Scheme.EMPLOYEE], value, last)
        return self._lived

    def spend_new_money(self, value: Value, last: int, ground: Ground, tally: Tally) -> None:
        """Raise residents' outpatient benefits for the rest of the year by what new financing gives."""
        self._lived = with_new_money(self._lived, new_money(value, last, int(self._law[0].year)), ground, tally)


def law_of_people(law: Any, effort: NDArray[np.float64], value: Value, last: int) -> Any:
    """Return the record that people's phases read.

    Args:
        law: the law in force.
        effort: how far pools care to collect from employers, by pool [ratio].
        value: tells a parameter's value in a year.
        last: the last year with published use; what moves away from it moves from here.

    """
    rules, year = law[0], int(law[0].year)
    shift = float(rules.employee.employer_rate_guide) - value("employee.employer_rate_guide", last)
    pension = pension_factor(value, last, year)
    below = [kind for kind in FLOORED if rules.assistance.rate[kind] < rules.assistance.rate_floor]
    if shift == 0.0 and pension == 1.0 and not below:
        return with_effort(law, effort)
    lived = copied(law)
    felt = lived[0]
    felt.employee.employer_rate[:] = np.maximum(felt.employee.employer_rate + shift, 0.0)
    felt.work.income_level[Work.RETIRED] *= pension
    felt.employee.pension_share *= pension
    felt.assistance.rate[below] = rules.assistance.rate_floor
    lived.setflags(write=False)
    return with_effort(lived, effort)


def pension_factor(value: Value, last: int, year: int) -> float:
    """Return how far pensions have grown against wages since a year [ratio]."""
    factor = 1.0
    for now in range(last + 1, year + 1):
        factor *= (1.0 + value("work.pension_growth", now)) / (1.0 + value("work.wage_growth", now))
    return factor


def credit_pension(value: Value, year: int, spread: Spread, growth: Growth) -> NDArray[np.int64]:
    """Return by pool the average pension of which retirees' accounts are credited a share [pool; fen/year].

    It is that of the year in which the choice of the average pension came, and stays: a fixed amount. Where the own
    pension counts, nothing. Source: document 004, question 3.
    """
    if value(CREDIT_BASE, year) != AVERAGE_PENSION:
        return np.zeros_like(places(year, spread, growth).base_wage)
    first = year
    while first > FIRST_START and value(CREDIT_BASE, first - 1) == AVERAGE_PENSION:
        first -= 1
    share = value("employee.pension_share", first)
    return np.asarray(np.floor(places(first, spread, growth).base_wage * share + 0.5), np.int64)
