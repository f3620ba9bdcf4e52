"""Double entry in whole fen: every fen that leaves one ledger enters another.

A payment from outside is posted at once. What a fund owes from its own money is billed, and all bills are cleared
together at one moment, after mutual aid, the treasury and arrears have filled what is missing. No balance is ever
negative, neither at a posting nor after a clearing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.books import (
    FLOW_COLUMNS,
    FUND_COLUMNS,
    KIND_ARRAY,
    KIND_IDS,
    LENDERS,
    MERGED,
    Assess,
    Book,
    Columns,
    Held,
    IdentityError,
    Labels,
    Loan,
    Parties,
    Whole,
    account,
)
from model.kinds import KINDS, NATIONAL, POOL_FUNDS, PROVINCIAL, Effect, outside
from model.rules.funds import largest_remainder


class Ledger:
    """The ledgers held, the flows between them and the outside parties, and the debts."""

    def __init__(self, provinces: Mapping[int, int]) -> None:
        """Start with no ledgers; provinces gives the province code of every pool code."""
        self.provinces = dict(provinces)
        self.year: int | None = None
        self.books: dict[str, Book] = {}
        self.loans: list[Loan] = []
        self.arrears: dict[tuple[str, str], int] = {}
        self._order: dict[str, Book] = {}
        self._labels = Labels.of((), self.province)
        self._ids: dict[str, int] = {}
        self._parties: dict[str, tuple[int, Book | None]] = {}
        self._single: dict[tuple[int, int, int], int] = {}
        self._many: list[tuple[Whole, Whole, int, Whole]] = []
        self._names: NDArray[Any] = np.empty(0, object)
        self._ranks: Whole = np.empty(0, np.int64)

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

    def party(self, name: str) -> tuple[int, Book | None]:
        """Return a party's number and its book, or nothing for an outside party; raises IdentityError for others."""
        found = self._parties.get(name)
        if found is None:
            book = None if outside(name) else self.book(name)
            found = self._parties[name] = (self._ids.setdefault(name, len(self._ids)), book)
        return found

    def parties(self, names: Iterable[str]) -> Parties:
        """Return parties in a row, for payments of many at once; valid until one of them merges."""
        found = [self.party(name) for name in names]
        return Parties(np.array([number for number, _ in found], np.int64), [book for _, book in found])

    def open_year(self, year: int) -> None:
        """Begin a year."""
        if self.year is not None:
            raise IdentityError(f"year {self.year} is still open")
        self.year = year

    # ---- money --------------------------------------------------------------------------------------------------
    def post(self, payer: str, payee: str, kind: str, amount: int) -> None:
        """Pay an amount now [fen]; raises IdentityError if the payer is a ledger held that does not have it."""
        if amount == 0:
            return
        (a, source), (b, target) = self.party(payer), self.party(payee)
        counts = self._allowed(kind, amount, a == b, payer, payee)
        if source is not None:
            if amount > source.balance:
                raise IdentityError(f"{self.year} {payer} cannot pay {amount} fen ({kind}): it has {source.balance}")
            source.paid += amount
            source.income += counts.payer_income * amount
            source.spending += counts.payer_spending * amount
        if target is not None:
            target.received += amount
            target.income += counts.payee_income * amount
        key = (a, b, KIND_IDS[kind])
        self._single[key] = self._single.get(key, 0) + amount

    def post_many(self, payers: Parties, payees: Parties, kind: str, amounts: Whole) -> None:
        """Pay many amounts from outside parties now [fen]."""
        if payers.books.count(None) != len(payers.books):
            raise IdentityError(f"{kind}: payments of ledgers held are billed, not posted, when they are many")
        flows = self._record(payers, payees, kind, amounts)
        income = KINDS[kind].payee_income
        for _, target, amount in flows:
            if target is not None:
                target.received += amount
                target.income += income * amount

    def bill(self, payer: str, payee: str, kind: str, amount: int) -> None:
        """Note an amount that is due from a ledger held and will be paid at the next clearing [fen]."""
        if amount:
            self.bill_many(self.parties([payer]), self.parties([payee]), kind, np.array([amount], np.int64))

    def bill_many(self, payers: Parties, payees: Parties, kind: str, amounts: Whole) -> None:
        """Note many amounts that are due from ledgers held and will be paid at the next clearing [fen]."""
        flows = self._record(payers, payees, kind, amounts)
        counts = KINDS[kind]
        for source, target, amount in flows:
            if source is None:
                raise IdentityError(f"{kind}: payments from outside are posted, not billed")
            source.payable += amount
            source.income += counts.payer_income * amount
            source.spending += counts.payer_spending * amount
            if target is not None:
                target.receivable += amount
                target.income += counts.payee_income * amount

    def clear(self) -> None:
        """Pay all bills at one moment; raises IdentityError if a ledger would end below zero."""
        for name, book in self.books.items():
            if book.receivable or book.payable:
                if book.free < 0:
                    raise IdentityError(f"{self.year} {name} lacks {-book.free} fen for its bills")
                book.received += book.receivable
                book.paid += book.payable
                book.receivable = book.payable = 0

    def billed(self, payer: str, kinds: Iterable[str]) -> dict[str, int]:
        """Return what a ledger was billed this year under some kinds, by payee [fen]."""
        number, wanted = self.party(payer)[0], {KIND_IDS[kind] for kind in kinds}
        names, found = self._name_array(), dict[str, int]()
        for payers, payees, kind, amounts in self._many:
            if kind in wanted:
                mine = payers == number
                for payee, amount in zip(payees[mine].tolist(), amounts[mine].tolist()):
                    found[names[payee]] = found.get(names[payee], 0) + amount
        return found

    def _allowed(self, kind: str, amount: int, same: bool, payer: object, payee: object) -> Effect:
        """Return how a kind counts; raises IdentityError for what can never be paid."""
        if amount < 0 or same or self.year is None or kind not in KINDS:
            raise IdentityError(
                f"{self.year} {payer} -> {payee} ({kind}) {amount} fen: expected an open year, a kind of the list, "
                "two parties and an amount that is not negative"
            )
        return KINDS[kind]

    def _record(
        self, payers: Parties, payees: Parties, kind: str, amounts: Whole
    ) -> Iterable[tuple[Book | None, Book | None, int]]:
        """Keep many flows, if allowed, and return of each the books of payer and payee, where held, and the amount."""
        rows = np.flatnonzero(amounts)
        if not len(rows):
            return ()
        a, b, paid = payers.ids[rows], payees.ids[rows], amounts[rows]
        self._allowed(kind, int(paid.min()), bool((a == b).any()), "many", "many")
        self._many.append((a, b, KIND_IDS[kind], paid))
        flows = zip(payers.books, payees.books, amounts.tolist())
        return flows if len(rows) == len(amounts) else [flow for flow in flows if flow[2]]

    # ---- debts --------------------------------------------------------------------------------------------------
    def lend(self, step: int, lender: str, borrower: str, amount: int, due: int) -> None:
        """Lend an amount between two ledgers held until the year due, in one of the steps of mutual aid [fen]."""
        if amount == 0:
            return
        if self.year is None or self.book(lender).fund not in LENDERS:
            raise IdentityError(f"{lender} must not lend")
        if lender == borrower or (self.book(lender).owed and self._owes(lender, borrower)):
            raise IdentityError(
                f"{self.year} {lender} -> {borrower}: a cycle of lenders, for the lender owes the borrower"
            )
        self.post(lender, borrower, f"step{step}_loan", amount)
        self.loans.append(Loan(step, lender, borrower, amount, self.year, due))
        self.book(lender).lent += amount
        self.book(borrower).owed += amount

    def indebted(self, name: str) -> bool:
        """Say whether a ledger has a loan to repay."""
        return self.book(name).owed > 0 and any(loan.borrower == name and loan.outstanding for loan in self.loans)

    def _owes(self, debtor: str, creditor: str) -> bool:
        """Say whether a ledger owes another, itself or through others in between."""
        seen, front = {debtor}, {debtor}
        while front:
            front = {loan.lender for loan in self.loans if loan.borrower in front and loan.outstanding} - seen
            seen |= front
        return creditor in seen

    def repay(self, loan: Loan, amount: int, interest: int = 0) -> None:
        """Pay back part of a loan, and interest [fen]."""
        self.post(loan.borrower, loan.lender, f"step{loan.step}_interest", interest)
        self.post(loan.borrower, loan.lender, f"step{loan.step}_repay", amount)
        self.reduce(loan, amount)

    def reduce(self, loan: Loan, amount: int) -> None:
        """Lower what is left of a loan, after a repayment or to write it off [fen]."""
        if not 0 <= amount <= loan.outstanding:
            raise IdentityError(f"loan {loan.lender} -> {loan.borrower}: {amount} of {loan.outstanding} fen")
        self._change(loan, -amount)

    def add_interest(self, loan: Loan, amount: int) -> None:
        """Add interest that was not paid to what is left of a loan [fen]."""
        self._change(loan, amount)

    def _change(self, loan: Loan, amount: int) -> None:
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
    def close_year(self, members: Mapping[str, int], assess: Assess) -> tuple[Columns, Columns]:
        """Check the identities and return the columns of the year's funds and flows tables; raises IdentityError.

        members is by ledger name; assess gives months of reserve and status from funds, closings and spendings.
        """
        payers, payees, kinds, amounts = self._summed()
        held = self._held()
        self._check(held, payers, payees, amounts)
        names = self._name_array()
        flows = dict(zip(FLOW_COLUMNS, (self.year, names[payers], names[payees], KIND_ARRAY[kinds], amounts)))
        held = held.told()
        closing = held.balance
        months, status = assess(held.labels.funds, closing, held.spending)
        values = (
            self.year,
            held.labels.provinces,
            held.labels.codes,
            held.labels.funds,
            held.opening,
            held.received,
            held.paid,
            closing,
            np.array([members.get(name, 0) for name in held.names], np.int64),
            held.spending,
            held.income,
            held.lent,
            held.owed,
            months,
            np.where(held.merged, MERGED, np.asarray(status, dtype=object)),
        )
        self._turn()
        return dict(zip(FUND_COLUMNS, values)), flows

    def _held(self) -> Held:
        """Return all ledgers as columns, by fund and code; they are put in order anew where they are other ledgers."""
        if self._order.keys() != self.books.keys():
            self._order = dict(sorted(self.books.items(), key=lambda item: (item[1].fund, item[1].code)))
            self._labels = Labels.of(self._order.values(), self.province)
        return Held.of({name: self.books[name] for name in self._order}, self._labels)

    def province(self, code: int) -> int:
        """Return the province of an area's code: 0 for the nation."""
        return self.provinces.get(code, code)

    def _name_array(self) -> NDArray[Any]:
        """Return the names of all parties by number; their ranks in order of name are kept beside."""
        if len(self._names) != len(self._ids):
            self._names = np.array(list(self._ids), dtype=object)
            self._ranks = np.empty(len(self._names), np.int64)
            self._ranks[np.argsort(self._names)] = np.arange(len(self._names))
        return self._names

    def _summed(self) -> tuple[Whole, Whole, Whole, Whole]:
        """Return the year's flows summed by payer, payee and kind, in order of name."""
        single = np.array([(*key, amount) for key, amount in self._single.items()], np.int64).reshape(-1, 4)
        many = [np.stack([a, b, np.full(len(a), kind), amounts], axis=1) for a, b, kind, amounts in self._many]
        flows = np.concatenate([single, *many])
        self._name_array()
        key = (self._ranks[flows[:, 0]] * len(self._ids) + self._ranks[flows[:, 1]]) * len(KINDS) + flows[:, 2]
        order = np.argsort(key, kind="stable")
        key, flows = key[order], flows[order]
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        sums = np.add.reduceat(flows[:, 3], starts) if len(starts) else flows[:, 3]
        return flows[starts, 0], flows[starts, 1], flows[starts, 2], sums

    def check(self) -> None:
        """Assert the identities of the open year; raises IdentityError."""
        payers, payees, _, amounts = self._summed()
        self._check(self._held(), payers, payees, amounts)

    def _check(self, held: Held, payers: Whole, payees: Whole, amounts: Whole) -> None:
        received, paid = np.zeros(len(self._ids) + 1, np.int64), np.zeros(len(self._ids) + 1, np.int64)
        np.add.at(received, payees, amounts)
        np.add.at(paid, payers, amounts)
        number = np.array([self._ids.get(name, -1) for name in held.names], np.int64)  # -1: no flow at all
        for wrong, what in (
            (held.payable + held.receivable != 0, "bills were not cleared"),
            ((held.received != received[number]) | (held.paid != paid[number]), "sums of flows are not what it moved"),
            (np.minimum(held.balance, np.minimum(held.lent, held.owed)) < 0, "balance, loans or debts are negative"),
            (held.merged & (held.balance != 0), "merged, but money is left"),
        ):
            if wrong.any():
                raise IdentityError(f"{self.year} {held.names[int(np.argmax(wrong))]}: {what}")
        lent, owed = int(held.lent.sum()), int(held.owed.sum())
        loans = sum(loan.outstanding for loan in self.loans)
        if lent != loans or owed != loans + sum(self.arrears.values()):
            raise IdentityError(f"{self.year}: loans and debts do not agree")

    def _turn(self) -> None:
        for name in [name for name, book in self.books.items() if book.merged]:
            del self.books[name]
            self._parties.pop(name, None)
        for book in self.books.values():
            book.opening += book.received - book.paid
            book.income_before, book.spending_before = book.income, book.spending
            book.received = book.paid = book.income = book.spending = 0
        self._single, self._many = {}, []
        self.loans = [loan for loan in self.loans if loan.outstanding]
        self.year = None


__all__ = ["FLOW_COLUMNS", "FUND_COLUMNS", "Book", "Columns", "IdentityError", "Ledger", "Loan", "Parties", "account"]
