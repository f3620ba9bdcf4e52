"""One year's people added up for measuring: incomes before and after, ranks, sums by cell, pool and income decile.

Unit of analysis: persons, each with the family's money per head. Everybody is ranked by income before payments, which
no insurance rule touches: the same in every scenario. Sums of reals are kept by fixed parts of the families and added
in their order, so any number of threads gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.person import columns_of
from model.engine import Engine
from model.measures import undefined
from model.measuring import kernels as k
from model.shelf import Shelf

PARTS = 16
PLACES = "places of families"
"""What the shelf keeps their rows for."""
AGE_STARTS = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)
"""First ages of the groups by which need and expected benefits differ."""
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
    place: Whole
    totals: Whole
    before: Floats
    after: Floats
    cells: Whole
    pools: Whole
    dots: Floats
    deciles: Floats
    earned: Floats
    theil: Floats
    logs: Floats
    cell_of: NDArray[np.int32]
    tax: Floats
    province: Whole
    cash: Floats

    @property
    def pools_by_province(self) -> Whole:
        """Persons by province and scheme."""
        people = np.zeros((int(self.province.max()) + 1, k.SCHEMES), np.int64)
        np.add.at(people, self.province, self.pools[:, :, :, k.PEOPLE].sum(axis=2))
        return people

    @property
    def people(self) -> int:
        """The number of persons."""
        return int(self.totals[0])

    @property
    def size(self) -> Whole:
        """Persons by family."""
        return np.asarray(self.place[:, k.SIZE])

    @cached_property
    def centred(self) -> Floats:
        """Twice the mid-rank by income less the number of persons, by family."""
        below = self.place[:, k.BELOW]
        return np.asarray(below + below + self.place[:, k.TIED] - self.people, dtype=np.float64)

    def sums(self, item: int) -> Floats:
        """Return a total by scheme [none, employee, resident]."""
        return np.asarray(self.deciles[:, :, item].sum(axis=0))

    def index(self, dot: float, total: float, reason: str, people: int | None = None) -> float:
        """Return a concentration index from its product with ranks."""
        heads = self.people if people is None else people
        return float(dot) / (heads * float(total)) if total > 0 else undefined(reason)


def each(engine: Engine, work: Callable[[int], None]) -> None:
    """Do the work of every part of the families, on the engine's threads where it has several."""
    engine.each(work, range(PARTS))


def cuts(engine: Engine) -> Whole:
    """Return the first family of every part."""
    return np.linspace(0, len(engine.bounds) - 1, PARTS + 1).astype(np.int64)


def sheet_of(engine: Engine, province: Whole, pools: int, bearing: Bearing, treasury: float) -> Sheet:
    """Add up the people of the year just lived; `treasury` is what the treasury paid, per simulated people [fen]."""
    people, bounds, ends = columns_of(engine.people), engine.bounds, cuts(engine)
    homes = len(bounds) - 1
    place = engine.shelf.take(np.int64, homes * k.PLACES, PLACES).reshape(homes, k.PLACES)
    before, after, cash = np.empty(homes), np.empty(homes), np.empty(homes)
    on_wage = bearing.employer_on_wage
    each(engine, lambda n: k.families(people, bounds, ends[n], ends[n + 1], on_wage, place, before, after, cash))
    per_head = before / place[:, k.SIZE]
    k.mid_ranks(np.argsort(per_head), per_head, place)
    totals = place[:, : k.RESIDENT + 1].sum(axis=0)
    cells = np.zeros((engine.threads, k.AGES * k.CELLS_OF_AGE, k.CELL_ITEMS), np.int64)
    by_pool = np.zeros((engine.threads, pools, k.SCHEMES, 2, k.ITEMS), np.int64)
    room = np.zeros((engine.threads, k.SCHEMES, k.ITEMS))
    dots = np.zeros((PARTS, 2, k.SCHEMES, k.ITEMS))
    deciles = np.zeros((PARTS, k.DECILES, k.SCHEMES, k.ITEMS))
    earned = np.zeros((PARTS, k.DECILES))
    theil = np.zeros((PARTS, int(province.max()) + 1, k.SCHEMES, 2))
    logs = np.zeros((PARTS, 4))
    cell_of = np.empty(len(engine.people), np.int32)

    def add(thread: int) -> None:
        for n in range(thread, PARTS, engine.threads):
            k.sums(
                people, bounds, ends[n], ends[n + 1], place, totals, before, province,
                cells[thread], by_pool[thread], room[thread], dots[n], deciles[n], earned[n], theil[n], logs[n],
                cell_of,
            )  # fmt: skip

    engine.each(add, range(engine.threads))
    tax = _taxes(before, place[:, k.SIZE], bearing, treasury)
    return Sheet(
        bearing, place, totals, before, after - tax, cells.sum(axis=0), by_pool.sum(axis=0), dots.sum(axis=0),
        deciles.sum(axis=0), earned.sum(axis=0), theil.sum(axis=0), logs.sum(axis=0), cell_of, tax, province, cash,
    )  # fmt: skip


def _taxes(before: Floats, size: Whole, bearing: Bearing, treasury: float) -> Floats:
    """Return what every family pays for the treasury's money: nothing, by income, or by consumption [fen]."""
    if bearing.treasury_by == 0:
        return np.zeros(1)
    base = np.maximum(before, 0.0)
    if bearing.treasury_by == TAX_BY_CONSUMPTION:
        base = size * (base / size) ** bearing.consumption_elasticity
    total = float(base.sum())
    return base * (treasury / total) if total > 0 else np.zeros(1)


TAX_BY_CONSUMPTION = 2


@dataclass(frozen=True)
class Ranking:
    """How a money per head is spread: products with ranks by itself, by income, by income then itself; the total."""

    own: float
    by_income: float
    nested: float
    total: float


def reranked(shelf: Shelf, per_head: Floats, place: Whole, people: int, total: float) -> Ranking:
    """Return the products with ranks of money per head, beside the total of the money."""
    rows = np.argsort(per_head)
    ranked = shelf.take(np.int64, place.size, PLACES).reshape(place.shape)
    np.take(place, rows, axis=0, out=ranked, mode="clip")
    out, passed = np.zeros(3), np.empty(len(rows), np.int64)
    k.reranked(per_head[rows], ranked, people, passed, out)
    shelf.lay_down(ranked.reshape(-1), purpose=PLACES)
    return Ranking(float(out[0]), float(out[1]), float(out[2]), total)


def expected(engine: Engine, sheet: Sheet) -> tuple[Floats, Floats]:
    """Return every family's expected benefit, and its income less contributions plus that benefit [fen].

    A person expects the mean benefit of the cell (age, sex, chronic illness, scheme, fifth of income), times the level
    of the own pool and scheme; small cells and small pools take the mean of wider ones.
    """
    people, bounds, ends = columns_of(engine.people), engine.bounds, cuts(engine)
    value = np.ascontiguousarray(cell_values(sheet.cells, sheet.bearing.cell_people).ravel())
    pools = len(sheet.pools)
    parts = np.zeros((PARTS, pools, k.SCHEMES))
    rows = bounds[ends]
    each(engine, lambda n: k.expected_by_pool(people, rows[n], rows[n + 1], sheet.cell_of, value, parts[n]))
    told = sheet.pools.sum(axis=2)
    factor = levels(
        told[:, :, k.BENEFIT], parts.sum(axis=0), told[:, :, k.PEOPLE], sheet.province, sheet.bearing.pool_people
    )
    homes = len(sheet.before)
    benefit, after = np.empty(homes), np.empty(homes)
    on_wage = sheet.bearing.employer_on_wage

    def add(n: int) -> None:
        k.expected_by_family(
            people, bounds, ends[n], ends[n + 1], on_wage, sheet.cell_of, value, factor, sheet.before, benefit, after
        )

    each(engine, add)
    return benefit, after - sheet.tax


def grouped_ages(cells: Whole) -> Whole:
    """Return cells as [age group, sex, illness, scheme, fifth, item]."""
    shape = (k.AGES, k.SEXES, k.ILLNESS, k.SCHEMES, k.FIFTHS, k.CELL_ITEMS)
    return np.add.reduceat(cells.reshape(shape), AGE_STARTS, axis=0)


WIDER = ((), (4,), (1, 4), (0, 1, 4), (0, 1, 2, 4), (0, 1, 2, 3, 4))
"""Axes of (age, sex, illness, scheme, fifth) over which the mean of a small cell is taken, until it is large enough."""


def cell_values(cells: Whole, fewest: int) -> Floats:
    """Return the mean benefit of every cell by single year of age [fen]."""
    told = grouped_ages(cells)
    people, benefit = told[..., k.PEOPLE], told[..., k.BENEFIT]
    value = np.zeros(people.shape)
    left = np.ones(people.shape, bool)
    for axes in WIDER:
        heads = people.sum(axis=axes, keepdims=True)
        mean = benefit.sum(axis=axes, keepdims=True) / np.maximum(heads, 1)
        good = left & (heads >= (fewest if len(axes) < len(WIDER[-1]) else 0))
        value = np.where(good, mean, value)
        left &= ~good
    return np.repeat(value, np.diff([*AGE_STARTS, k.AGES]), axis=0)


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
