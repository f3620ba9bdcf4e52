"""What a world's DataCollector keeps: the year and what all ledgers of each fund hold."""

from __future__ import annotations

from typing import Any

from model.kinds import EMPLOYEE_ACCOUNTS, EMPLOYEE_POOL, RESIDENT_POOL

FUNDS = (EMPLOYEE_POOL, RESIDENT_POOL, EMPLOYEE_ACCOUNTS)


def _balance(fund: str) -> Any:
    def reporter(world: Any) -> int:
        return int(world.ledger.accounts.balance(world.ledger.of(fund)).sum())

    return reporter


REPORTERS: dict[str, Any] = {"year": "year"} | {f"{fund}_fen": _balance(fund) for fund in FUNDS}
