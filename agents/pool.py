"""A pool: the agency that keeps the funds of one area, watches their balance, asks for aid, offers it and reacts."""

from __future__ import annotations

from typing import NamedTuple

import mesa

from agents.institution import Institution

STATUS = ("short", "low", "normal", "high", "excess")


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
        self._growth: dict[str, tuple[int, float, float]] = {}

    def watch(self, fund: str, standing: Standing) -> None:
        """Take note of how a fund stands and count its years in deficit one after another."""
        self.standing[fund] = standing
        in_deficit = standing.spending > standing.income
        self.deficit_years[fund] = self.deficit_years.get(fund, 0) + 1 if in_deficit else 0
        self.arrears[fund] = 0

    def forget(self, fund: str) -> None:
        """Drop a fund that this area no longer keeps."""
        for memory in (self.standing, self.deficit_years, self.arrears, self.coverage, self._growth):
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

    def learn(self, fund: str, income: int, spending: int) -> tuple[float, float]:
        """Add this year's growth of a fund's income and spending to what the pool has seen; return the mean of both.

        The mean is what the pool expects of years to come.
        """
        years, growth, pace = self._growth.get(fund, (0, 0.0, 0.0))
        last = self.standing.get(fund)
        if last is not None and last.income > 0 and last.spending > 0:
            years, growth, pace = years + 1, growth + (income / last.income - 1), pace + (spending / last.spending - 1)
            self._growth[fund] = years, growth, pace
        return (growth / years, pace / years) if years else (0.0, 0.0)
