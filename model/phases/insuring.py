"""Change the pool of insurance: an individual account moves with its owner."""

from __future__ import annotations

from agents.compiled import inlined, int64
from agents.person import Columns
from model.phases.ground import Sums
from model.phases.tally import PairKind


@inlined
def insure_at(p: Columns, i: int, pool: int, sums: Sums) -> None:
    """Set a person's pool of insurance and record the account's balance that moves with it."""
    before = int64(p.insured[i])
    if pool == before:
        return
    balance = int64(p.account[i])
    if balance > 0:
        sums.pairs[PairKind.MOVE, before, pool] += balance
    p.insured[i] = pool
