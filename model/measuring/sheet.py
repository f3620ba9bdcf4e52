"""One year's people added up for measuring: incomes before and after, ranks, sums by cell, pool and income decile.

Unit of analysis: persons, each with the family's money per head. Everybody is ranked by income before payments, which
no insurance rule touches: the same in every scenario. Sums of reals are kept by fixed parts of the families and added
in their order, so any number of threads gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.codes import Scheme
from agents.columns import Table
from agents.person import columns_of
from model.engine import Engine
from model.measures import undefined
from model.measuring import kernels as k
from model.measuring.order import MEMBERS, Order

PARTS = 16
AGE_STARTS = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)
"""First ages of the groups by which need and expected benefits differ."""
GROUP_OF_AGE = np.searchsorted(AGE_STARTS, np.arange(k.AGES), side="right") - 1
CELLS = (len(AGE_STARTS), k.SEXES, k.ILLNESS, k.SCHEMES, k.FIFTHS)
"""Cells of age group, sex, illness, scheme and fifth of income."""
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Bearing:
    """Who bears what people do not pay themselves.

    Args:
        employer_on_wage: 1 where employers' contributions fall on wages, 0 where on firms.
        treasury_by: 0 the treasury's money is nobody's, 1 taxes by income, 2 taxes by consumption.
        consumption_elasticity: rise of consumption with income [log points per log point].
        cell_people: fewest simulated people of a cell with an expected benefit of its own.
        pool_people: fewest simulated members of a pool with a level of its own.
        subsistence_share: poverty line and subsistence as a share of mean income per head.

    """

    employer_on_wage: int
    treasury_by: int
    consumption_elasticity: float
    cell_people: int
    pool_people: int
    subsistence_share: float


@dataclass
class Sheet:
    """Sums of a year's people; money in fen of simulated people, before the weight."""

    bearing: Bearing
    order: Order
    heads: Whole
    before: Floats
    after: Floats
    cash: Floats
    size: Floats
    cells: Whole
    ages: Whole
    pools: Whole
    dots: Floats
    deciles: Floats
    earned: Floats
    theil: Floats
    logs: Floats
    cell_of: NDArray[np.int16]
    centred: Floats
    tax: Floats
    province: Whole

    @property
    def pools_by_province(self) -> Whole:
        """Persons by province and scheme."""
        people = np.zeros((int(self.province.max()) + 1, k.SCHEMES), np.int64)
        np.add.at(people, self.province, self.pools[:, :, :, k.PEOPLE].sum(axis=2))
        return people

    @property
    def people(self) -> int:
        """The number of persons."""
        return int(self.heads[0])

    @property
    def totals(self) -> Whole:
        """Persons: all, employees, residents."""
        return self.heads[: k.WITHOUT]

    @property
    def without_income(self) -> int:
        """The number of persons in families without income."""
        return int(self.heads[k.WITHOUT])

    @cached_property
    def income(self) -> float:
        """What all families earn before payments [fen]."""
        return float(self.before.sum())

    @cached_property
    def income_ranked(self) -> float:
        """The product of incomes with ranks by them [fen × persons]."""
        return float(np.sum(self.before * self.centred))

    def sums(self, item: int) -> Floats:
        """Return a total by scheme [none, employee, resident]."""
        return np.asarray(self.deciles[:, :, item].sum(axis=0))

    def index(self, dot: float, total: float, reason: str, people: int | None = None) -> float:
        """Return a concentration index from its product with ranks."""
        heads = self.people if people is None else people
        return float(dot) / (heads * float(total)) if total > 0 else undefined(reason)


def cuts(engine: Engine) -> Whole:
    """Return the first family of every part."""
    return np.linspace(0, len(engine.bounds) - 1, PARTS + 1).astype(np.int64)


def maternity_of(people: Table, cost: int) -> Whole:
    """Return what every woman was paid at births of the year, of which each costs so much [fen] (`pay_maternity`)."""
    mothers = people.mother[np.flatnonzero((people.age == 0) & (people.mother >= 0))]
    paid = np.zeros(len(people), np.int64)
    np.add.at(paid, mothers[people.scheme[mothers] == Scheme.EMPLOYEE], cost)
    return paid


def sheet_of(
    engine: Engine,
    province: Whole,
    pools: int,
    bearing: Bearing,
    treasury: float,
    maternity: Whole,
    used: NDArray[np.uint8],
) -> Sheet:
    """Add up the people of the year just lived.

    `treasury` is what the treasury paid, per simulated people, `maternity` what every woman was paid at births [fen],
    `used` 1 for everybody who used care.
    """
    people, bounds, ends, threads = columns_of(engine.people), engine.bounds, cuts(engine), engine.threads
    homes = len(bounds) - 1
    members = np.empty((homes, MEMBERS), np.int32)
    before, after, cash, size, centred = (np.empty(homes) for _ in range(5))
    heads = np.zeros((threads, k.WITHOUT + 1), np.int64)
    on_wage = bearing.employer_on_wage

    def meet(thread: int) -> None:
        k.families(people, bounds, ends, thread, threads, on_wage, members, before, after, cash, size, heads[thread])

    engine.each(meet, range(threads))
    order = Order.by(before / size, members, engine.shelf)
    cells = np.zeros((threads, *CELLS, k.CELL_ITEMS), np.int64)
    ages = np.zeros((threads, k.AGES, k.SCHEMES, k.PAID_ITEMS), np.int64)
    by_pool = np.zeros((threads, pools, k.SCHEMES, 2, k.PAID_ITEMS), np.int64)
    room = np.zeros((threads, k.SCHEMES, k.ITEMS))
    dots = np.zeros((PARTS, 2, k.SCHEMES, k.ITEMS))
    deciles = np.zeros((PARTS, k.DECILES, k.SCHEMES, k.ITEMS))
    earned = np.zeros((PARTS, k.DECILES))
    theil = np.zeros((PARTS, int(province.max()) + 1, k.SCHEMES, 2))
    logs = np.zeros((PARTS, 4))
    cell_of = np.empty(len(engine.people), np.int16)
    everybody = heads.sum(axis=0)

    def add(thread: int) -> None:
        flat = cells[thread].reshape(-1, k.CELL_ITEMS)
        k.sums(
            people, bounds, ends, thread, threads, order.place, size, everybody, before, province, GROUP_OF_AGE,
            maternity, used, flat, ages[thread], by_pool[thread], room[thread], dots, deciles, earned, theil, logs,
            cell_of, centred,
        )  # fmt: skip

    engine.each(add, range(threads))
    tax = _taxes(before, size, bearing, treasury)
    return Sheet(
        bearing, order, everybody, before, after - tax if tax.any() else after, cash, size, cells.sum(axis=0),
        ages.sum(axis=0), by_pool.sum(axis=0), dots.sum(axis=0), deciles.sum(axis=0), earned.sum(axis=0),
        theil.sum(axis=0), logs.sum(axis=0), cell_of, centred, tax, province,
    )  # fmt: skip


def _taxes(before: Floats, size: Floats, bearing: Bearing, treasury: float) -> Floats:
    """Return what every family pays for the treasury's money: nothing, by income, or by consumption [fen]."""
    if bearing.treasury_by == 0:
        return np.zeros(1)
    base = np.maximum(before, 0.0)
    if bearing.treasury_by == TAX_BY_CONSUMPTION:
        base = size * (base / size) ** bearing.consumption_elasticity
    total = float(base.sum())
    return base * (treasury / total) if total > 0 else np.zeros(1)


TAX_BY_CONSUMPTION = 2


def expected(engine: Engine, sheet: Sheet) -> tuple[Floats, Floats]:
    """Return every family's expected benefit, and its income less contributions plus that benefit [fen].

    A person expects the mean benefit of the cell (age, sex, chronic illness, scheme, fifth of income), times the level
    of the own pool and scheme; small cells and small pools take the mean of wider ones.
    """
    people, bounds, ends, threads = columns_of(engine.people), engine.bounds, cuts(engine), engine.threads
    value = cell_values(sheet.cells, sheet.bearing.cell_people).ravel()
    parts = np.zeros((PARTS, len(sheet.pools), k.SCHEMES))
    rows = bounds[ends]

    def foresee(thread: int) -> None:
        k.expected_by_pool(people, rows, thread, threads, sheet.cell_of, value, parts)

    engine.each(foresee, range(threads))
    told = sheet.pools.sum(axis=2)
    factor = levels(
        told[:, :, k.BENEFIT], parts.sum(axis=0), told[:, :, k.PEOPLE], sheet.province, sheet.bearing.pool_people
    )
    homes = len(sheet.before)
    benefit, after = np.empty(homes), np.empty(homes)
    on_wage = sheet.bearing.employer_on_wage

    def add(thread: int) -> None:
        k.expected_by_family(
            people, bounds, ends, thread, threads, on_wage, sheet.cell_of, value, factor, sheet.before, benefit, after
        )

    engine.each(add, range(threads))
    return benefit, after - sheet.tax if sheet.tax.any() else after


WIDER = ((), (4,), (1, 4), (0, 1, 4), (0, 1, 2, 4), (0, 1, 2, 3, 4))
"""Axes of (age, sex, illness, scheme, fifth) over which the mean of a small cell is taken, until it is large enough."""


def cell_values(told: Whole, fewest: int) -> Floats:
    """Return the mean benefit of every cell [fen]."""
    people, benefit = told[..., k.PEOPLE], told[..., k.BENEFIT]
    value = np.zeros(people.shape)
    left = np.ones(people.shape, bool)
    for axes in WIDER:
        heads = people.sum(axis=axes, keepdims=True)
        mean = benefit.sum(axis=axes, keepdims=True) / np.maximum(heads, 1)
        good = left & (heads >= (fewest if len(axes) < len(WIDER[-1]) else 0))
        value = np.where(good, mean, value)
        left &= ~good
    return value


def levels(benefit: Whole, foreseen: Floats, people: Whole, province: Whole, fewest: int) -> Floats:
    """Return benefits over expected benefits by pool and scheme; small pools share their province's or the nation's.

    Within each such group the expected benefits add up to the benefits paid.
    """
    result = np.ones(foreseen.shape)
    for scheme in range(foreseen.shape[1]):
        heads, group = people[:, scheme], np.arange(len(province))
        small = heads < fewest
        group[small] = len(province) + province[small]
        rest = np.bincount(group, weights=heads)
        group[rest[group] < fewest] = len(province) + int(province.max()) + 1
        paid, told = np.bincount(group, benefit[:, scheme]), np.bincount(group, foreseen[:, scheme])
        ratio = np.divide(paid, told, out=np.zeros_like(told), where=told > 0)
        result[:, scheme] = ratio[group]
    return result
