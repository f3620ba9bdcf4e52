"""The centre: the national agency that collects uploads from all pools and aids provinces whose own aid fell short."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.institution import Institution


class Centre(Institution):
    """The national agency with its adjustment funds, one for employees and one for residents."""

    def __init__(self, model: mesa.Model) -> None:
        """Place the centre; its area code is 0."""
        super().__init__(model)
        self.code = 0
        self.collected: dict[str, int] = {}
        self.granted: dict[str, int] = {}

    def begin(self) -> None:
        """Forget last year's uploads and grants."""
        self.collected, self.granted = {}, {}

    def collect(self, fund: str, amount: int) -> None:
        """Take note of an upload or a subsidy [fen]."""
        self.collected[fund] = self.collected.get(fund, 0) + amount

    def grant(self, fund: str, wanted: Sequence[int], available: int) -> int:
        """Decide how much to pay out in all: what is wanted, as far as the fund reaches [fen]."""
        total = min(sum(wanted), available)
        self.granted[fund] = self.granted.get(fund, 0) + total
        return total
