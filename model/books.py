"""The parts of the ledger: a book for every ledger held, loans, parties in a row, and the tables' columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import LedgerError
from model.kinds import EMPLOYEE_POOL, KINDS, POOL_FUNDS, RESIDENT_POOL

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
Assess = Callable[[NDArray[Any], Whole, Whole], tuple[Any, Any]]
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


@dataclass(frozen=True, slots=True)
class Labels:
    """What never changes of ledgers held, a row for each book: fund, area, province, and whether it always appears."""

    funds: NDArray[Any]
    codes: Whole
    provinces: Whole
    pools: NDArray[np.bool_]

    @classmethod
    def of(cls, books: Collection[Book], province: Callable[[int], int]) -> Labels:
        """Read the columns from books; `province` gives the province of an area's code."""
        funds, codes = [book.fund for book in books], [book.code for book in books]
        pools = np.array([fund in POOL_FUNDS for fund in funds], np.bool_)
        provinces = np.array([province(code) for code in codes], np.int64)
        return cls(np.array(funds, dtype=object), np.array(codes, np.int64), provinces, pools)

    def take(self, rows: Whole) -> Labels:
        """Return the labels of some rows."""
        return Labels(self.funds[rows], self.codes[rows], self.provinces[rows], self.pools[rows])


@dataclass(frozen=True, slots=True)
class Held:
    """Ledgers held as columns, a row for each book [fen]."""

    names: list[str]
    labels: Labels
    opening: Whole
    received: Whole
    paid: Whole
    receivable: Whole
    payable: Whole
    income: Whole
    spending: Whole
    lent: Whole
    owed: Whole
    merged: NDArray[np.bool_]

    @classmethod
    def of(cls, books: Mapping[str, Book], labels: Labels) -> Held:
        """Read the columns from books by name, with their labels."""

        def column(field: str, kind: Any = np.int64) -> NDArray[Any]:
            return np.fromiter(map(attrgetter(field), books.values()), kind, len(books))

        money = {name: column(name) for name in HELD_FEN}
        return cls(list(books), labels, merged=column("merged", np.bool_), **money)

    @property
    def balance(self) -> Whole:
        """Money in the ledgers now [fen]."""
        return self.opening + self.received - self.paid

    def told(self) -> Held:
        """Return the rows of the funds table: ledgers that were not empty all year; pool funds always appear."""
        moved = (self.opening != 0) | (self.received != 0) | (self.paid != 0)
        rows = np.flatnonzero(moved | self.labels.pools)
        names = [self.names[row] for row in rows.tolist()]
        money = {name: getattr(self, name)[rows] for name in HELD_FEN}
        return Held(names, self.labels.take(rows), merged=self.merged[rows], **money)


HELD_FEN = ("opening", "received", "paid", "receivable", "payable", "income", "spending", "lent", "owed")
