"""What a world's DataCollector keeps: the year and what all ledgers of each fund hold."""

from __future__ import annotations

from functools import partial
from typing import Any

from model.kinds import EMPLOYEE_ACCOUNTS, EMPLOYEE_POOL, RESIDENT_POOL

FUNDS = (EMPLOYEE_POOL, RESIDENT_POOL, EMPLOYEE_ACCOUNTS)


def _balance(world: Any, fund: str) -> int:
    return int(world.ledger.accounts.balance(world.ledger.of(fund)).sum())


REPORTERS: dict[str, Any] = {"year": "year"} | {f"{fund}_fen": partial(_balance, fund=fund) for fund in FUNDS}
