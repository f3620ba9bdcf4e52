"""A province: it collects uploads from its prefectures' pools, watches them, and shares out the adjustment fund."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.institution import Institution


class Province(Institution):
    """The provincial agency with its adjustment funds, one for employees and one for residents."""

    def __init__(self, model: mesa.Model, code: int) -> None:
        """Place a province by its code."""
        super().__init__(model)
        self.code = code
        self.collected: dict[str, int] = {}
        self.granted: dict[str, int] = {}
        self.warned: dict[str, tuple[int, ...]] = {}

    def begin(self) -> None:
        """Forget last year's uploads and grants."""
        self.collected, self.granted, self.warned = {}, {}, {}

    def warn(self, fund: str, short: Sequence[int]) -> None:
        """Keep the codes of the pools that are short of reserve or in deficit."""
        self.warned[fund] = tuple(short)

    def collect(self, fund: str, amount: int) -> None:
        """Take note of an upload [fen]."""
        self.collected[fund] = self.collected.get(fund, 0) + amount

    def grant(self, fund: str, wanted: Sequence[int], available: int) -> int:
        """Decide how much to pay out in all: what is wanted, as far as the fund reaches [fen]."""
        total = min(sum(wanted), available)
        self.granted[fund] = self.granted.get(fund, 0) + total
        return total
