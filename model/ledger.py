"""Double entry in whole fen: every fen that leaves one ledger enters another.

A payment from outside is posted at once. What a fund owes from its own money is billed, and all bills are cleared
together at one moment, after mutual aid, the treasury and arrears have filled what is missing. No balance is ever
negative, neither at a posting nor after a clearing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from model.books import (
    FAULTS,
    FLOW_COLUMNS,
    FORBIDDEN,
    FUND_COLUMNS,
    LENDERS,
    MERGED,
    Accounts,
    Assess,
    Book,
    Columns,
    IdentityError,
    Labels,
    Loan,
    Parties,
    Whole,
    account,
    add_many,
)
from model.flows import Flows
from model.kinds import KINDS, NATIONAL, NEITHER, POOL_FUNDS, PROVINCIAL, Effect, outside
from model.rules.funds import largest_remainder


class Ledger:
    """The ledgers held, the flows between them and the outside parties, and the debts."""

    def __init__(self, provinces: Mapping[int, int]) -> None:
        """Start with no ledgers; provinces gives the province code of every pool code."""
        self.provinces = dict(provinces)
        self.year: int | None = None
        self.accounts = Accounts.empty()
        self.books: dict[str, Book] = {}
        self.loans: list[Loan] = []
        self.arrears: dict[tuple[str, str], int] = {}
        self._flows = Flows()
        self._numbers: dict[str, int] = {}
        self._labels: Labels | None = None

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
        number = self._enter(name)
        self.books[name] = Book(self.accounts, number, fund, int(code))
        self.accounts.held[number], self.accounts.opening[number] = True, int(amount)
        self._labels = None
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

    def of(self, fund: str) -> Parties:
        """Return all ledgers of a fund in a row, in order of area code; those that merge this year are among them."""
        held = self._held()
        first, last = (np.searchsorted(held.funds, fund, side) for side in ("left", "right"))
        return held.numbers[first:last]

    def number(self, name: str) -> int:
        """Return a party's number [code]; raises IdentityError for a name that is neither a ledger held nor outside."""
        found = self._numbers.get(name)
        if found is None:
            found = self._enter(name) if outside(name) else self.book(name).number
        return found

    def _enter(self, name: str) -> int:
        """Give a new party a number and a row in the columns."""
        number = self._numbers[name] = self._flows.enter(name)
        self.accounts.make_room(number)
        return number

    def parties(self, names: Iterable[str]) -> Parties:
        """Return parties in a row, for payments of many at once; valid until one of them merges."""
        return np.array([self.number(name) for name in names], np.int64)

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
        a, b = self.number(payer), self.number(payee)
        counts = self._allowed(kind, amount, a == b, payer, payee)
        accounts = self.accounts
        if accounts.held[a] and amount > self.books[payer].balance:
            raise self._short(a, amount, kind)
        accounts.paid[a] += amount
        accounts.received[b] += amount
        if counts != NEITHER:
            accounts.income[a] += counts.payer_income * amount
            accounts.spending[a] += counts.payer_spending * amount
            accounts.income[b] += counts.payee_income * amount
        self._flows.note(a, b, kind, amount)

    def post_many(self, payers: Parties, payees: Parties, kind: str, amounts: Whole, *, held: bool = False) -> None:
        """Pay many amounts now, all from outside parties or all from ledgers held; raises IdentityError [fen]."""
        listed = self._listed(payers, payees, kind, amounts, held)
        if held and (short := self.accounts.short_of(listed[0], listed[2])):
            raise self._short(*short, kind)
        self._record(*listed, kind, (self.accounts.paid, self.accounts.received))

    def bill(self, payer: str, payee: str, kind: str, amount: int) -> None:
        """Note an amount that is due from a ledger held and will be paid at the next clearing [fen]."""
        if amount:
            self._allowed(kind, amount, payer == payee, payer, payee)
            self.bill_many(self.parties([payer]), self.parties([payee]), kind, np.array([amount], np.int64))

    def bill_many(self, payers: Parties, payees: Parties, kind: str, amounts: Whole) -> None:
        """Note many amounts that are due from ledgers held and will be paid at the next clearing [fen]."""
        listed = self._listed(payers, payees, kind, amounts, True)
        self._record(*listed, kind, (self.accounts.payable, self.accounts.receivable))

    def clear(self) -> None:
        """Pay all bills at one moment; raises IdentityError if a ledger would end below zero."""
        accounts = self.accounts
        held = np.flatnonzero(accounts.held & (accounts.receivable + accounts.payable > 0))
        free = accounts.free(held)
        if (free < 0).any():
            first = int(np.argmax(free < 0))
            name = self._flows.parties[held[first]]
            raise IdentityError(f"{self.year} {name} lacks {-free[first]} fen for its bills")
        accounts.received += accounts.receivable
        accounts.paid += accounts.payable
        accounts.receivable[:] = accounts.payable[:] = 0

    def billed(self, payers: Parties, payees: Parties, kinds: Iterable[str]) -> Whole:
        """Return what every payer in a row was billed this year by the payee beside it, under some kinds [fen]."""
        return self._flows.billed(payers, payees, kinds)

    def _allowed(self, kind: str, amount: int, same: bool, payer: object, payee: object) -> Effect:
        """Return how a kind counts; raises IdentityError for what can never be paid."""
        if not (amount >= 0 and amount % 1 == 0) or same or self.year is None or kind not in KINDS:
            raise self._refused(FORBIDDEN, kind, amount, payer, payee)
        return KINDS[kind]

    def _refused(self, fault: int, kind: str, amount: int, payer: object, payee: object) -> IdentityError:
        return IdentityError(f"{self.year} {payer} -> {payee} ({kind}) {amount} fen: expected {FAULTS[fault]}")

    def _short(self, number: int, amount: int, kind: str) -> IdentityError:
        name = self._flows.parties[number]
        return IdentityError(f"{self.year} {name} cannot pay {amount} fen ({kind}): it has {self.books[name].balance}")

    def _listed(
        self, payers: Parties, payees: Parties, kind: str, amounts: Whole, held: bool
    ) -> tuple[Parties, Parties, Whole]:
        """Return the payments that are not nothing; raises IdentityError where one can never be made [fen]."""
        fault, found = self.accounts.listed(payers, payees, amounts, held)
        if len(found[2]) and (fault or self.year is None or kind not in KINDS):
            payer, payee, amount = (column[0].item() for column in found)
            names = self._flows.parties[payer], self._flows.parties[payee]
            raise self._refused(fault or FORBIDDEN, kind, amount, *names)
        return found

    def _record(
        self, payers: Parties, payees: Parties, amounts: Whole, kind: str, columns: tuple[Whole, Whole]
    ) -> None:
        """Keep many flows and add them to a column of payers and one of payees, to income and spending."""
        if not len(amounts):
            return
        counts = KINDS[kind]
        self._flows.note_many(payers, payees, amounts, kind)
        for column, parties, factor in (
            (columns[0], payers, 1),
            (columns[1], payees, 1),
            (self.accounts.income, payers, counts.payer_income),
            (self.accounts.spending, payers, counts.payer_spending),
            (self.accounts.income, payees, counts.payee_income),
        ):
            if factor:
                add_many(parties, amounts, column, factor)

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
        if amount:
            loan.outstanding += amount
            self.accounts.lent[self.number(loan.lender)] += amount
            self.accounts.owed[self.number(loan.borrower)] += amount

    def owe_providers(self, provider: str, name: str, amount: int) -> None:
        """Let providers wait: they advance the money and the fund owes it [fen]."""
        if amount == 0:
            return
        self.post(provider, name, "arrears", amount)
        self.arrears[provider, name] = self.arrears.get((provider, name), 0) + amount
        self.accounts.owed[self.number(name)] += amount

    def pay_arrears(self, provider: str, name: str, amount: int) -> None:
        """Pay providers back what they advanced in earlier years [fen]."""
        left = self.arrears.get((provider, name), 0) - amount
        if left < 0:
            raise IdentityError(f"{name} pays {provider} {-left} fen more arrears than it owes")
        self.post(name, provider, "arrears_paid", amount)
        self.accounts.owed[self.number(name)] -= amount
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
                self.accounts.take_over(before.number, self.number(name), amount)
        if heir != old:
            self._hand_debts(old, heir)
        for field in ("income_before", "spending_before"):
            total = getattr(before, field)
            setattr(before, field, 0)
            for name, amount in zip(names, largest_remainder(max(0, total), weights)):
                setattr(self.book(name), field, getattr(self.book(name), field) + amount)
        self.accounts.merged[before.number] = old not in names

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
    def close_year(self, members: Whole, assess: Assess) -> tuple[Columns, Columns]:
        """Check the identities and return the columns of the year's funds and flows tables; raises IdentityError.

        members is by number of the ledger; assess gives months of reserve and status by fund, closing and spending.
        """
        payers, payees, kinds, amounts = self._flows.summed()
        self._check(payers, payees, amounts)
        flows = dict(zip(FLOW_COLUMNS, (self.year, *self._flows.words(payers, payees, kinds), amounts)))
        accounts, held = self.accounts, self._in_table()
        rows = held.numbers
        closing, spending = accounts.balance(rows), accounts.spending[rows]
        months, status = assess(held.funds, closing, spending)
        values = (
            self.year, held.provinces, held.codes, held.funds, accounts.opening[rows], accounts.received[rows],
            accounts.paid[rows], closing, members[rows], spending, accounts.income[rows], accounts.lent[rows],
            accounts.owed[rows], months, np.where(accounts.merged[rows], MERGED, np.asarray(status, dtype=object)),
        )  # fmt: skip
        self._turn()
        return dict(zip(FUND_COLUMNS, values)), flows

    def _held(self) -> Labels:
        """Return the labels of all ledgers, in order of fund and code."""
        if self._labels is None:
            self._labels = Labels.of(self.books.values(), self.province)
        return self._labels

    def _in_table(self) -> Labels:
        """Return the labels of the funds table's rows: ledgers that were not empty all year, and all pool funds."""
        held, accounts = self._held(), self.accounts
        moved = (accounts.opening != 0) | (accounts.received != 0) | (accounts.paid != 0)
        return held.take(np.flatnonzero(moved[held.numbers] | held.pools))

    def province(self, code: int) -> int:
        """Return the province of an area's code: 0 for the nation."""
        return self.provinces.get(code, code)

    def check(self) -> None:
        """Assert the identities of the open year; raises IdentityError."""
        payers, payees, _, amounts = self._flows.summed()
        self._check(payers, payees, amounts)

    def _check(self, payers: Parties, payees: Parties, amounts: Whole) -> None:
        """Assert the identities against the year's flows."""
        accounts, held = self.accounts, self._held()
        rows, balance = held.numbers, accounts.balance(held.numbers)
        lent, owed, flowed = accounts.lent[rows], accounts.owed[rows], np.zeros((2, len(accounts.held)), np.int64)
        add_many(payees, amounts, flowed[0], 1)
        add_many(payers, amounts, flowed[1], 1)
        moved = np.stack([accounts.received[rows], accounts.paid[rows]])
        for wrong, what in (
            (accounts.payable[rows] + accounts.receivable[rows] != 0, "bills were not cleared"),
            ((moved != flowed[:, rows]).any(axis=0), "sums of flows are not what it moved"),
            (np.minimum(balance, np.minimum(lent, owed)) < 0, "balance, loans or debts are negative"),
            (accounts.merged[rows] & (balance != 0), "merged, but money is left"),
        ):
            if wrong.any():
                raise IdentityError(f"{self.year} {held.names[int(np.argmax(wrong))]}: {what}")
        loans = sum(loan.outstanding for loan in self.loans)
        if lent.sum() != loans or owed.sum() != loans + sum(self.arrears.values()):
            raise IdentityError(f"{self.year}: loans and debts do not agree")

    def _turn(self) -> None:
        """End the year: ledgers that merged close, closings become openings."""
        accounts = self.accounts
        for number in np.flatnonzero(accounts.held & accounts.merged).tolist():
            name = self._flows.parties[number]
            del self.books[name], self._numbers[name]
            self._labels = None
        accounts.held &= ~accounts.merged
        accounts.turn()
        self._flows.forget()
        self.loans = [loan for loan in self.loans if loan.outstanding]
        self.year = None


__all__ = [
    "FLOW_COLUMNS",
    "FUND_COLUMNS",
    "Book",
    "Columns",
    "IdentityError",
    "Ledger",
    "Loan",
    "Parties",
    "Whole",
    "account",
]
