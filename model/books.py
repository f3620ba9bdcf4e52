"""The parts of the ledger: a book for every ledger held, loans, parties in a row, and the tables' columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import LedgerError
from model.kinds import EMPLOYEE_POOL, KINDS, RESIDENT_POOL

FUND_COLUMNS = (
    "year",
    "province",
    "prefecture",
    "fund",
    "opening_fen",
    "received_fen",
    "paid_fen",
    "closing_fen",
    "members",
    "spending_fen",
    "income_fen",
    "lent_fen",
    "owed_fen",
    "reserve_months",
    "status",
)
FLOW_COLUMNS = ("year", "payer", "payee", "kind", "amount_fen")
Columns = dict[str, Any]
Whole = NDArray[np.int64]
Assess = Callable[[Sequence[str], Whole, Whole], tuple[Any, list[str]]]
MERGED = "merged"
LENDERS = (EMPLOYEE_POOL, RESIDENT_POOL)  # accounts and supplements never lend
KIND_NAMES = sorted(KINDS)
KIND_IDS = {kind: number for number, kind in enumerate(KIND_NAMES)}
KIND_ARRAY = np.array(KIND_NAMES, dtype=object)


class IdentityError(LedgerError):
    """An accounting identity does not hold: the results must not be used."""


def account(fund: str, code: int) -> str:
    """Return the name of a ledger held or of an outside party, as in the flows table."""
    return f"{fund}:{code}"


@dataclass(slots=True)
class Book:
    """One ledger held, over one year [fen]."""

    fund: str
    code: int
    opening: int = 0
    received: int = 0
    paid: int = 0
    receivable: int = 0
    payable: int = 0
    income: int = 0
    spending: int = 0
    income_before: int = 0
    spending_before: int = 0
    lent: int = 0
    owed: int = 0
    merged: bool = False

    @property
    def balance(self) -> int:
        """Money in the ledger now [fen]."""
        return self.opening + self.received - self.paid

    @property
    def free(self) -> int:
        """Money left once all bills are cleared; negative: what is missing [fen]."""
        return self.opening + self.received - self.paid + self.receivable - self.payable

    @property
    def spare(self) -> int:
        """Money the ledger can give now without missing it for its bills [fen]."""
        return max(0, min(self.balance, self.free))


@dataclass(slots=True)
class Loan:
    """One loan between two ledgers held [fen]."""

    step: int
    lender: str
    borrower: str
    outstanding: int
    made: int
    due: int


@dataclass(frozen=True, slots=True)
class Parties:
    """Payers or payees in a row, one for every pool: their numbers, and their books where they are ledgers held."""

    ids: Whole
    books: list[Book | None]

    def take(self, rows: Whole) -> Parties:
        """Return the parties of some rows."""
        return Parties(self.ids[rows], [self.books[row] for row in rows.tolist()])
