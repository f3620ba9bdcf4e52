"""The parts of the ledger: columns of money by party, a view of one ledger held, loans, and the tables' columns."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled
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
Flags = NDArray[np.bool_]
Parties = Whole
"""Payers or payees in a row, by number."""
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


FORBIDDEN, NOT_WHOLE, OF_OTHERS, GONE = 1, 2, 3, 4
"""What may be wrong with one of many payments."""
FAULTS = {
    FORBIDDEN: "an open year, a kind of the list, two parties and whole fen, not below zero",
    NOT_WHOLE: "whole fen as 64-bit whole numbers",
    OF_OTHERS: "many payments to be billed by ledgers held, and posted from outside or by ledgers held alone",
    GONE: "parties that have not merged in an earlier year",
}


@compiled
def list_many(
    payers: Parties, payees: Parties, amounts: Whole, billed: bool, merged: Flags, held: Flags, room: Whole
) -> int:
    """Write payers, payees and amounts of payments that are not nothing; return how many, or less what is wrong.

    `billed` says whether the payers must be ledgers held, or must not be. The one that is wrong is then written first.
    """
    n = 0
    for i in range(amounts.size):
        a, b, amount = payers[i], payees[i], amounts[i]
        if amount != 0:
            fault = 0
            if amount < 0 or a == b:
                fault = FORBIDDEN
            elif held[a] != billed:
                fault = OF_OTHERS
            elif (merged[a] and not held[a]) or (merged[b] and not held[b]):
                fault = GONE
            at = 0 if fault else n
            room[0, at], room[1, at], room[2, at] = a, b, amount
            if fault:
                return -fault
            n += 1
    return n


@compiled
def add_many(parties: Parties, amounts: Whole, column: Whole, factor: int) -> None:
    """Add amounts, times a factor, to the parties' rows of a column [fen]."""
    for i in range(amounts.size):
        column[parties[i]] += factor * amounts[i]


@dataclass(slots=True, eq=False)
class Accounts:
    """What all parties have and moved in a year, by number [fen]; outside parties have nothing, theirs only count."""

    opening: Whole
    taken_over: Whole
    """What came by merging at the year's opening, less what went so."""
    received: Whole
    paid: Whole
    receivable: Whole
    payable: Whole
    income: Whole
    spending: Whole
    income_before: Whole
    spending_before: Whole
    lent: Whole
    owed: Whole
    merged: Flags
    held: Flags
    """Whether the party is a ledger held."""

    @classmethod
    def empty(cls) -> Accounts:
        """Return columns with room for one party."""
        return cls(*(np.zeros(1, np.bool_ if each.type == "Flags" else np.int64) for each in fields(cls)))

    def make_room(self, number: int) -> None:
        """Lengthen all columns until they reach a number."""
        while number >= len(self.held):
            for each in fields(self):
                column = getattr(self, each.name)
                setattr(self, each.name, np.concatenate([column, np.zeros_like(column)]))

    def column(self) -> Whole:
        """Return one more column, of zeros."""
        return np.zeros_like(self.opening)

    def brought(self, rows: Parties) -> Whole:
        """Return what some ledgers began the year with once those that merge had handed theirs over [fen]."""
        return self.opening[rows] + self.taken_over[rows]

    def take_over(self, giver: int, taker: int, amount: int) -> None:
        """Count what one ledger hands to another by merging to what the other began the year with [fen]."""
        self.taken_over[giver] -= amount
        self.taken_over[taker] += amount

    def balance(self, rows: Parties) -> Whole:
        """Return the money in some ledgers now [fen]."""
        return self.opening[rows] + self.received[rows] - self.paid[rows]

    def free(self, rows: Parties) -> Whole:
        """Return the money left in some ledgers once all bills are cleared; negative: what is missing [fen]."""
        return self.balance(rows) + self.receivable[rows] - self.payable[rows]

    def spare(self, rows: Parties) -> Whole:
        """Return the money some ledgers can give now without missing it for their bills [fen]."""
        return np.maximum(np.minimum(self.balance(rows), self.free(rows)), 0)

    def short_of(self, payers: Parties, amounts: Whole) -> tuple[int, int] | None:
        """Return the first ledger that lacks the money for what it pays in all, and what that is, or None [fen]."""
        due = self.column()
        add_many(payers, amounts, due, 1)
        short = payers[due[payers] > self.balance(payers)]
        return (int(short[0]), due.item(short[0])) if len(short) else None

    def listed(
        self, payers: Parties, payees: Parties, amounts: Whole, billed: bool
    ) -> tuple[int, tuple[Parties, Parties, Whole]]:
        """Return what is wrong with many payments, and with which; or 0 and those that are not nothing [fen]."""
        if amounts.dtype != np.int64:
            return NOT_WHOLE, (payers, payees, amounts)
        room = np.empty((3, len(amounts)), np.int64)
        n = list_many(payers, payees, np.ascontiguousarray(amounts), billed, self.merged, self.held, room)
        fault, n = (-n, 1) if n < 0 else (0, n)
        return fault, (room[0, :n], room[1, :n], room[2, :n])

    def turn(self) -> None:
        """Begin a new year: closings are openings, this year's sums are those before."""
        self.opening += self.received - self.paid
        self.income_before, self.spending_before = self.income, self.spending
        self.income, self.spending = np.zeros_like(self.income), np.zeros_like(self.spending)
        self.received[:] = self.paid[:] = self.taken_over[:] = 0


class _Fen:
    """One number of a book: its column at its row [fen]."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, book: Book, owner: type) -> int:
        column: Whole = getattr(book.accounts, self.name)
        return column.item(book.number)

    def __set__(self, book: Book, amount: int) -> None:
        getattr(book.accounts, self.name)[book.number] = amount


class Book:
    """One ledger held, over one year: a view of its row in the columns [fen]."""

    opening, received, paid, receivable, payable = _Fen(), _Fen(), _Fen(), _Fen(), _Fen()
    income, spending, income_before, spending_before = _Fen(), _Fen(), _Fen(), _Fen()
    lent, owed = _Fen(), _Fen()

    def __init__(self, accounts: Accounts, number: int, fund: str, code: int) -> None:
        """View the row of a number as the ledger of a fund in an area."""
        self.accounts, self.number, self.fund, self.code = accounts, number, fund, code

    @property
    def merged(self) -> bool:
        """Whether the ledger has handed everything over and closes with this year."""
        return bool(self.accounts.merged[self.number])

    @property
    def balance(self) -> int:
        """Money in the ledger now [fen]."""
        of, row = self.accounts, self.number
        return of.opening.item(row) + of.received.item(row) - of.paid.item(row)

    @property
    def free(self) -> int:
        """Money left once all bills are cleared; negative: what is missing [fen]."""
        of, row = self.accounts, self.number
        return self.balance + of.receivable.item(row) - of.payable.item(row)

    @property
    def spare(self) -> int:
        """Money the ledger can give now without missing it for its bills [fen]."""
        return max(0, min(self.balance, self.free))


BOOK_FEN = tuple(name for name, value in vars(Book).items() if isinstance(value, _Fen))


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
class Labels:
    """What never changes of the ledgers held, by fund and area: their numbers, names, funds, areas and provinces."""

    numbers: Parties
    names: NDArray[Any]
    funds: NDArray[Any]
    codes: Whole
    provinces: Whole
    pools: Flags
    """Whether the funds table tells of the ledger even where it is empty all year."""

    @classmethod
    def of(cls, books: Collection[Book], province: Callable[[int], int]) -> Labels:
        """Put books in order; `province` gives the province of an area's code."""
        order = sorted(books, key=lambda book: (book.fund, book.code))
        funds, codes = [book.fund for book in order], [book.code for book in order]
        return cls(
            np.array([book.number for book in order], np.int64),
            np.array([account(*pair) for pair in zip(funds, codes)], dtype=object),
            np.array(funds, dtype=object),
            np.array(codes, np.int64),
            np.array([province(code) for code in codes], np.int64),
            np.array([fund in POOL_FUNDS for fund in funds], np.bool_),
        )

    def take(self, rows: Whole) -> Labels:
        """Return the labels of some rows."""
        return Labels(*(getattr(self, each.name)[rows] for each in fields(self)))
