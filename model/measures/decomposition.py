"""Theil indices split exactly by groups: between and within, in one step or nested.

Sources: Theil 1967; Shorrocks 1980.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.measures.common import Array, Codes, Fields, Values, coded, group_sums, labelled, mean, undefined
from model.measures.inequality import MEAN_NOT_POSITIVE, NEGATIVE, NO_WEIGHT, logarithm, times_logarithm

NO_INCOME: Final = "the group has no income"


@dataclass(frozen=True, slots=True, eq=False)
class TheilGroup(Fields):
    """One group: shares of population and income, and the indices inside it in nats."""

    pop_share: float
    income_share: float
    T: float
    L: float


@dataclass(frozen=True, slots=True, eq=False)
class TheilDecomposition(Fields):
    """Total, between and within parts of both indices, in nats, and the groups by label."""

    T: float
    T_between: float
    T_within: float
    L: float
    L_between: float
    L_within: float
    groups: Mapping[Any, TheilGroup]


@dataclass(frozen=True, slots=True, eq=False)
class TheilNested(Fields):
    """Total, between outer groups, between inner groups inside outer ones, inside cells; in nats."""

    T: float
    T_between_outer: float
    T_inner_within_outer: float
    T_within_cell: float
    L: float
    L_between_outer: float
    L_inner_within_outer: float
    L_within_cell: float


class _Groups(NamedTuple):
    """Relative means and shares of groups; `ratio` is the group's mean over the mean of all."""

    codes: Codes
    population: Array
    income: Array
    ratio: Array


def _grouped(z: Array, p: Array, codes: Codes) -> _Groups:
    """Return the groups of rows with relative incomes z and population shares p."""
    population = group_sums(codes, p)
    income = group_sums(codes, p * z)
    return _Groups(codes, population, income, income / population)


def _between(groups: _Groups) -> tuple[float, float]:
    """Return the parts of T and L that lie between the groups."""
    t = float(np.sum(groups.population * times_logarithm(groups.ratio)))
    return t, -float(np.sum(groups.population * logarithm(groups.ratio)))


def _inside(z: Array, p: Array, groups: _Groups) -> tuple[Array, Array]:
    """Return T and L inside every group; both undefined in a group without income."""
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = z / groups.ratio[groups.codes]
        share = p / groups.population[groups.codes]
        t = group_sums(groups.codes, share * times_logarithm(relative))
        return np.where(groups.ratio > 0, t, np.nan), -group_sums(groups.codes, share * np.log(relative))


def _within(groups: _Groups, t: Array, logs: Array) -> tuple[float, float]:
    """Return the parts of T and L inside the groups; a group without income adds 0 to T and makes L infinite."""
    earning = groups.ratio > 0
    inside = np.where(earning, logs, np.inf)
    return float(np.sum(groups.income[earning] * t[earning])), float(np.sum(groups.population * inside))


def _prepared(y: Array, w: Array) -> tuple[Array, Array, str]:
    """Return (relative incomes, population shares, "") or the reason why Theil indices have no value."""
    if not y.size:
        return y, w, NO_WEIGHT
    if y.min() < 0:
        return y, w, NEGATIVE
    mu = mean(y, w)
    return (y / mu, w / np.sum(w), "") if mu > 0 else (y, w, MEAN_NOT_POSITIVE)


def _totals(z: Array, p: Array) -> tuple[float, float]:
    """Return T and L of everybody."""
    return float(np.sum(p * times_logarithm(z))), -float(np.sum(p * logarithm(z)))


def theil_decomposition(y: Values, g: Values, w: Values | None = None) -> TheilDecomposition:
    """Split T (income-share weights) and L (population-share weights) by group, without residual.

    Bourguignon 1979; Shorrocks 1980. Empty groups do not appear; a group without income adds 0 to T.
    """
    w, y, (labels,) = labelled(w, y, g=g)
    z, p, reason = _prepared(y, w)
    if reason:
        return TheilDecomposition.void(reason, groups={})
    distinct, codes = coded(labels)
    groups = _grouped(z, p, codes)
    t, logs = _inside(z, p, groups)
    t_all, l_all = _totals(z, p)
    t_between, l_between = _between(groups)
    t_within, l_within = _within(groups, t, logs)
    return TheilDecomposition(
        T=t_all,
        T_between=t_between,
        T_within=t_within,
        L=l_all,
        L_between=l_between,
        L_within=l_within,
        groups=_by_label(distinct, groups, t, logs),
    )


def _by_label(distinct: npt.NDArray[Any], groups: _Groups, t: Array, logs: Array) -> dict[Any, TheilGroup]:
    """Return the table of groups."""
    table = {}
    rows = zip(distinct.tolist(), groups.population.tolist(), groups.income.tolist(), t.tolist(), logs.tolist())
    for label, population, income, t_inside, l_inside in rows:
        if income > 0:
            table[label] = TheilGroup(population, income, t_inside, l_inside)
        else:
            table[label] = TheilGroup.void(NO_INCOME, pop_share=population, income_share=income)
    return table


def theil_nested(y: Values, outer: Values, inner: Values, w: Values | None = None) -> TheilNested:
    """Split both indices into regions, schemes inside regions, and persons inside cells; the order matters."""
    w, y, (outer_labels, inner_labels) = labelled(w, y, outer=outer, inner=inner)
    z, p, reason = _prepared(y, w)
    if reason:
        return TheilNested.void(reason)
    _, outer_codes = coded(outer_labels)
    _, inner_codes = coded(inner_labels)
    _, cells = coded(outer_codes * (inner_codes.max() + 1) + inner_codes)
    regions, cell_groups = _grouped(z, p, outer_codes), _grouped(z, p, cells)
    t, l_ = _totals(z, p)
    t_outer, l_outer = _between(regions)
    t_cells, l_cells = _between(cell_groups)
    t_within, l_within = _within(cell_groups, *_inside(z, p, cell_groups))
    infinite = undefined("a cell has no income: the middle part of L is infinite less infinite")
    return TheilNested(
        T=t,
        T_between_outer=t_outer,
        T_inner_within_outer=t_cells - t_outer,
        T_within_cell=t_within,
        L=l_,
        L_between_outer=l_outer,
        L_inner_within_outer=l_cells - l_outer if np.isfinite(l_outer) else infinite,
        L_within_cell=l_within,
    )


def between_groups(population: npt.ArrayLike, income: npt.ArrayLike) -> float:
    """Return the part of Theil's T between groups, from populations and incomes; empty groups do not exist [nats]."""
    people, money = np.asarray(population, np.float64), np.asarray(income, np.float64)
    people, money = people[people > 0], money[people > 0]
    if money.sum() <= 0:
        return undefined(MEAN_NOT_POSITIVE)
    share = money / money.sum()
    return float(np.sum(share * np.log(np.where(share > 0, share / (people / people.sum()), 1.0))))
