"""Double entry in whole fen: every fen that leaves one ledger enters another.

A payment from outside is posted at once. What a fund owes from its own money is billed, and all bills are cleared
together at one moment, after mutual aid, the treasury and arrears have filled what is missing. No balance is ever
negative, neither at a posting nor after a clearing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.errors import LedgerError
from model.kinds import EMPLOYEE_POOL, KINDS, NATIONAL, POOL_FUNDS, PROVINCIAL, RESIDENT_POOL, outside
from model.rules.funds import largest_remainder

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


Row = tuple[object, ...]
NO_RESERVE = (float("nan"), "merged")
LENDERS = (EMPLOYEE_POOL, RESIDENT_POOL)  # accounts and supplements never lend


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


class Ledger:
    """The ledgers held, the flows between them and the outside parties, and the debts."""

    def __init__(self, provinces: Mapping[int, int]) -> None:
        """Start with no ledgers; provinces gives the province code of every pool code."""
        self.provinces = dict(provinces)
        self.year: int | None = None
        self.books: dict[str, Book] = {}
        self.flows: dict[tuple[str, str, str], int] = {}
        self.loans: list[Loan] = []
        self.arrears: dict[tuple[str, str], int] = {}
        self._parties: dict[str, Book | None] = {}

    # ---- opening ------------------------------------------------------------------------------------------------
    def open_account(self, fund: str, code: int, amount: int = 0) -> str:
        """Open a ledger with a balance taken over from before the first year [fen]; raises IdentityError."""
        name = account(fund, code)
        if not (fund in POOL_FUNDS or fund.startswith((PROVINCIAL, NATIONAL))):
            raise IdentityError(f"{name}: {fund!r} is not a fund")
        if amount < 0:
            raise IdentityError(f"{name}: opening balance {amount} fen is negative")
        if name in self.books:
            raise IdentityError(f"{name}: opened twice")
        if amount and self.year is not None:
            raise IdentityError(f"{name}: opened with money in the middle of {self.year}")
        self.books[name] = Book(fund, int(code), opening=int(amount))
        return name

    def book(self, name: str) -> Book:
        """Return the book of a ledger held, opening it empty if it is new."""
        found = self.books.get(name)
        if found is None:
            fund, _, code = name.rpartition(":")
            if not code.isdigit():
                raise IdentityError(f"{name!r} is neither a ledger held nor an outside party")
            found = self.books[self.open_account(fund, int(code))]
        return found

    def held(self, name: str) -> Book | None:
        """Return the book of a ledger held, or nothing for an outside party; raises IdentityError for others."""
        found = None if outside(name) else self.book(name)
        self._parties[name] = found
        return found

    def open_year(self, year: int) -> None:
        """Begin a year: last closings become openings and merged ledgers disappear."""
        if self.year is not None:
            raise IdentityError(f"year {self.year} is still open")
        self.year = year

    # ---- money --------------------------------------------------------------------------------------------------
    def post(self, payer: str, payee: str, kind: str, amount: int) -> None:
        """Pay an amount now [fen]; raises IdentityError if the payer is a ledger held that does not have it."""
        if amount == 0:
            return
        source, target = self._between(payer, payee, kind, amount)
        if source is not None:
            if amount > source.opening + source.received - source.paid:
                raise IdentityError(f"{self.year} {payer} cannot pay {amount} fen ({kind}): it has {source.balance}")
            source.paid += amount
        self._count(payer, payee, kind, amount, source, target)
        if target is not None:
            target.received += amount

    def bill(self, payer: str, payee: str, kind: str, amount: int) -> None:
        """Note an amount that is due from a ledger held and will be paid at the next clearing [fen]."""
        if amount == 0:
            return
        source, target = self._between(payer, payee, kind, amount)
        if source is None:
            raise IdentityError(f"{payer} is outside: its payments are posted, not billed")
        self._count(payer, payee, kind, amount, source, target)
        source.payable += amount
        if target is not None:
            target.receivable += amount

    def clear(self) -> None:
        """Pay all bills at one moment; raises IdentityError if a ledger would end below zero."""
        for name, book in self.books.items():
            if book.free < 0:
                raise IdentityError(f"{self.year} {name} lacks {-book.free} fen for its bills")
            book.received += book.receivable
            book.paid += book.payable
            book.receivable = book.payable = 0

    def _between(self, payer: str, payee: str, kind: str, amount: int) -> tuple[Book | None, Book | None]:
        if amount < 0 or kind not in KINDS or payer == payee or self.year is None:
            raise IdentityError(
                f"{self.year} {payer} -> {payee} ({kind}) {amount} fen: expected an open year, a kind of the list, "
                "two parties and an amount that is not negative"
            )
        parties = self._parties
        source = parties[payer] if payer in parties else self.held(payer)
        target = parties[payee] if payee in parties else self.held(payee)
        return source, target

    def _count(self, payer: str, payee: str, kind: str, amount: int, source: Book | None, target: Book | None) -> None:
        key = (payer, payee, kind)
        self.flows[key] = self.flows.get(key, 0) + amount
        payer_income, payer_spending, payee_income = KINDS[kind]
        if source is not None:
            source.income += payer_income * amount
            source.spending += payer_spending * amount
        if target is not None:
            target.income += payee_income * amount

    # ---- debts --------------------------------------------------------------------------------------------------
    def lend(self, step: int, lender: str, borrower: str, amount: int, due: int) -> None:
        """Lend an amount between two ledgers held until the year due, in one of the steps of mutual aid [fen]."""
        if amount == 0:
            return
        if self.year is None or self.book(lender).fund not in LENDERS:
            raise IdentityError(f"{lender} must not lend")
        self.post(lender, borrower, f"step{step}_loan", amount)
        self.loans.append(Loan(step, lender, borrower, amount, self.year, due))
        self.book(lender).lent += amount
        self.book(borrower).owed += amount

    def repay(self, loan: Loan, amount: int, interest: int = 0) -> None:
        """Pay back part of a loan, and interest [fen]."""
        self.post(loan.borrower, loan.lender, f"step{loan.step}_interest", interest)
        self.post(loan.borrower, loan.lender, f"step{loan.step}_repay", amount)
        self.reduce(loan, amount)

    def reduce(self, loan: Loan, amount: int) -> None:
        """Lower what is left of a loan, after a repayment or to write it off [fen]."""
        if not 0 <= amount <= loan.outstanding:
            raise IdentityError(f"loan {loan.lender} -> {loan.borrower}: {amount} of {loan.outstanding} fen")
        loan.outstanding -= amount
        self.book(loan.lender).lent -= amount
        self.book(loan.borrower).owed -= amount

    def add_interest(self, loan: Loan, amount: int) -> None:
        """Add interest that was not paid to what is left of a loan [fen]."""
        loan.outstanding += amount
        self.book(loan.lender).lent += amount
        self.book(loan.borrower).owed += amount

    def owe_providers(self, provider: str, name: str, amount: int) -> None:
        """Let providers wait: they advance the money and the fund owes it [fen]."""
        if amount == 0:
            return
        self.post(provider, name, "arrears", amount)
        self.arrears[provider, name] = self.arrears.get((provider, name), 0) + amount
        self.book(name).owed += amount

    def pay_arrears(self, provider: str, name: str, amount: int) -> None:
        """Pay providers back what they advanced in earlier years [fen]."""
        left = self.arrears.get((provider, name), 0) - amount
        if left < 0:
            raise IdentityError(f"{name} pays {provider} {-left} fen more arrears than it owes")
        self.post(name, provider, "arrears_paid", amount)
        self.book(name).owed -= amount
        self.arrears[provider, name] = left
        if left == 0:
            del self.arrears[provider, name]

    # ---- pools that merge ---------------------------------------------------------------------------------------
    def merge(self, old: str, targets: Sequence[tuple[str, int]]) -> None:
        """Hand a ledger's money, debts and last year's sums over to others, in proportion to whole weights.

        The old ledger may be among its own targets and keep its part; otherwise it closes with this year.
        """
        before = self.book(old)
        names, weights = [name for name, _ in targets], [weight for _, weight in targets]
        weights = weights if sum(weights) else [1] * len(weights)
        heir = names[max(range(len(names)), key=lambda i: (weights[i], -i))]
        for name, amount in zip(names, largest_remainder(before.balance, weights)):
            if name != old:
                self.post(old, name, "merge", amount)
        if heir != old:
            self._hand_debts(old, heir)
        for field in ("income_before", "spending_before"):
            total = getattr(before, field)
            setattr(before, field, 0)
            for name, amount in zip(names, largest_remainder(max(0, total), weights)):
                setattr(self.book(name), field, getattr(self.book(name), field) + amount)
        before.merged = old not in names

    def _hand_debts(self, old: str, new: str) -> None:
        before, after = self.book(old), self.book(new)
        after.lent, before.lent = after.lent + before.lent, 0
        after.owed, before.owed = after.owed + before.owed, 0
        for loan in self.loans:
            loan.lender = new if loan.lender == old else loan.lender
            loan.borrower = new if loan.borrower == old else loan.borrower
            if loan.lender == loan.borrower:
                self.reduce(loan, loan.outstanding)
        for (provider, name), amount in list(self.arrears.items()):
            if name == old:
                del self.arrears[provider, name]
                self.arrears[provider, new] = self.arrears.get((provider, new), 0) + amount

    # ---- closing ------------------------------------------------------------------------------------------------
    def close_year(
        self, members: Mapping[str, int], assess: Callable[[str, int, int], tuple[float, str]]
    ) -> tuple[list[Row], list[Row]]:
        """Check the identities and return the rows of the year's funds and flows tables; raises IdentityError.

        members is by ledger name; assess gives months of reserve and status from fund, closing balance and spending.
        """
        self.check()
        year = self.year
        funds: list[Row] = [
            (
                year,
                self.province(book.code),
                book.code,
                book.fund,
                book.opening,
                book.received,
                book.paid,
                book.balance,
                members.get(name, 0),
                book.spending,
                book.income,
                book.lent,
                book.owed,
                *(NO_RESERVE if book.merged else assess(book.fund, book.balance, book.spending)),
            )
            for name, book in self.in_order()
        ]
        flows: list[Row] = [(year, *key, amount) for key, amount in sorted(self.flows.items())]
        self._turn()
        return funds, flows

    def in_order(self) -> Iterator[tuple[str, Book]]:
        """Yield the ledgers that were not empty all year, by fund and code; pool funds always appear."""
        for name, book in sorted(self.books.items(), key=lambda item: (item[1].fund, item[1].code)):
            if book.fund in POOL_FUNDS or book.opening or book.received or book.paid:
                yield name, book

    def province(self, code: int) -> int:
        """Return the province of an area's code: 0 for the nation."""
        return self.provinces.get(code, code)

    def check(self) -> None:
        """Assert the identities of the open year; raises IdentityError."""
        received = dict.fromkeys(self.books, 0)
        paid = dict.fromkeys(self.books, 0)
        for (payer, payee, _kind), amount in self.flows.items():
            if payer in paid:
                paid[payer] += amount
            if payee in received:
                received[payee] += amount
        for name, book in self.books.items():
            if book.payable or book.receivable:
                raise IdentityError(f"{self.year} {name}: bills of {book.payable} fen were not cleared")
            if book.received != received[name] or book.paid != paid[name]:
                raise IdentityError(f"{self.year} {name}: received or paid differ from the sums of its flows")
            if min(book.balance, book.lent, book.owed) < 0:
                raise IdentityError(f"{self.year} {name}: balance, loans or debts are negative")
            if book.merged and book.balance:
                raise IdentityError(f"{self.year} {name}: merged, but {book.balance} fen are left")
        lent = sum(book.lent for book in self.books.values())
        debts = sum(loan.outstanding for loan in self.loans) + sum(self.arrears.values())
        if lent != sum(loan.outstanding for loan in self.loans) or debts != sum(b.owed for b in self.books.values()):
            raise IdentityError(f"{self.year}: loans and debts do not agree")

    def _turn(self) -> None:
        self.books = {name: book for name, book in self.books.items() if not book.merged}
        for book in self.books.values():
            book.opening = book.balance
            book.income_before, book.spending_before = book.income, book.spending
            book.received = book.paid = book.income = book.spending = 0
        self.flows, self._parties = {}, {}
        self.loans = [loan for loan in self.loans if loan.outstanding]
        self.year = None
