"""A pool: the agency that keeps the funds of one area, watches their balance, asks for aid, offers it and reacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.institution import Institution

STATUS = ("short", "low", "normal", "high", "excess")
Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


class Standing(NamedTuple):
    """How one fund stands at the close of a year, before any aid [fen, months, years]."""

    year: int
    position: int
    income: int
    spending: int
    months: float
    band: int
    foreseen_months: float
    years_left: float

    @property
    def surplus(self) -> int:
        """Income less spending of the year [fen]."""
        return self.income - self.spending

    @property
    def missing(self) -> int:
        """What the fund lacks for this year's bills [fen]."""
        return max(0, -self.position)

    @property
    def weak(self) -> bool:
        """Whether the fund is short of reserves or in deficit."""
        return self.band == 0 or self.spending > self.income


class Pool(Institution):
    """The agency of one pool area: a prefecture, or a wider area once funds are pooled there.

    It holds what it knows about its funds and what aid it was given; money itself lies in the ledger.
    """

    def __init__(self, model: mesa.Model, code: int, province: int) -> None:
        """Place a pool of an area code in its province (0: the nation)."""
        super().__init__(model)
        self.code = code
        self.province = province
        self.standing: dict[str, Standing] = {}
        self.deficit_years: dict[str, int] = {}
        self.arrears: dict[str, int] = {}
        self.coverage: dict[str, float] = {}

    def watch(self, fund: str, standing: Standing) -> None:
        """Take note of how a fund stands and count its years in deficit one after another."""
        self.standing[fund] = standing
        in_deficit = standing.spending > standing.income
        self.deficit_years[fund] = self.deficit_years.get(fund, 0) + 1 if in_deficit else 0
        self.arrears[fund] = 0

    def forget(self, fund: str) -> None:
        """Drop a fund that this area no longer keeps."""
        for memory in (self.standing, self.deficit_years, self.arrears, self.coverage):
            memory.pop(fund, None)

    def status(self, fund: str) -> str:
        """Return the warning status of a fund, empty if unknown or without spending."""
        standing = self.standing.get(fund)
        return STATUS[standing.band] if standing is not None and standing.band >= 0 else ""

    def in_deficit(self, fund: str) -> bool:
        """Say whether a fund spent more than its income in the last closed year."""
        return self.deficit_years.get(fund, 0) > 0

    def runs_dry(self, fund: str) -> float:
        """Return the year in which a fund is foreseen to run dry, with a fraction."""
        standing = self.standing[fund]
        return standing.year + standing.years_left

    def ask(self, fund: str, need: int) -> int:
        """Ask for what a fund needs; a fund without spending asks for nothing [fen]."""
        standing = self.standing.get(fund)
        return need if standing is not None and standing.spending > 0 else 0

    def offer(self, fund: str, able: int) -> int:
        """Offer what the law lets a fund give, unless it is in want itself [fen]."""
        standing = self.standing.get(fund)
        return able if standing is not None and standing.position > 0 else 0

    def leave_unpaid(self, fund: str, amount: int) -> None:
        """Take note of bills that providers had to advance [fen]."""
        self.arrears[fund] = self.arrears.get(fund, 0) + amount

    def react(self, fund: str, coverage: float) -> float:
        """Grant next year the share of benefits that this year's bills allow; return it."""
        self.coverage[fund] = coverage
        return coverage

    def tempo(self, fund: str, cut: float, spend: float) -> float:
        """Choose a factor on spending: cut where short of reserves, spend where too much would have to be given."""
        status = self.status(fund)
        return 1.0 - cut if status == "short" else 1.0 + spend if status == "excess" else 1.0


@dataclass
class Experience:
    """What the agencies that keep one fund have seen of its growth, side by side in order of their areas' codes."""

    codes: Whole
    years: Whole
    """Years in which they saw it grow or shrink."""
    growth: Floats
    """Growth of income, summed over those years [share]."""
    pace: Floats
    """Growth of spending, summed over those years [share]."""
    income: Whole
    """Income of the last year seen [fen]."""
    spending: Whole
    """Spending of the last year seen [fen]."""

    @classmethod
    def none(cls, codes: Whole) -> Experience:
        """Return that of agencies which have seen nothing yet."""
        counts, shares = (np.zeros((3, len(codes)), kind) for kind in (np.int64, np.float64))
        return cls(codes, counts[0], shares[0], shares[1], counts[1], counts[2])

    def of_areas(self, codes: Whole) -> Experience:
        """Return that of the agencies of other areas; who did not keep the fund before has seen nothing."""
        after = Experience.none(codes)
        _, now, before = np.intersect1d(codes, self.codes, assume_unique=True, return_indices=True)
        for name in ("years", "growth", "pace", "income", "spending"):
            getattr(after, name)[now] = getattr(self, name)[before]
        return after

    def learn(self, income: Whole, spending: Whole) -> Floats:
        """Add a year's growth of income and spending to what was seen; return the mean of both, which is expected.

        The growth expected is by area [2]; none is where none was seen.
        """
        seen = (self.income > 0) & (self.spending > 0)
        self.years += seen
        for total, now, last in ((self.growth, income, self.income), (self.pace, spending, self.spending)):
            total += np.divide(now, last, out=np.ones_like(total), where=seen) - 1
        self.income, self.spending = income, spending
        return np.stack([self.growth, self.pace], axis=1) / np.maximum(self.years, 1)[:, None]
