"""Loans between funds: lending what is needed and offered, repaying from surplus, and what happens on default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.kinds import CENTRE, TREASURY
from model.ledger import Book, Loan, account
from model.phases.fund_world import FundWorld, books
from model.rules import funds as rules
from model.rules.funds import largest_remainder

ROLL_OVER, TREASURY_PAYS, WRITTEN_OFF = 0, 1, 2
LOAN, GRANT = 0, 1
Side = tuple[str, Sequence[int]]  # a fund and the codes of its areas


@dataclass(frozen=True, slots=True)
class Lending:
    """On what terms funds lend in one step of mutual aid [months, share]."""

    step: int
    trigger_months: float
    when_foreseen: int
    target_months: float
    keep_months: float
    share: float
    form: int


def treasury(code: int) -> str:
    """Return the treasury that stands behind an area."""
    return account(TREASURY, code) if code else CENTRE


def repay_loans(world: FundWorld) -> None:
    """Repay loans from last year's surplus, oldest first; what is due and not repaid defaults."""
    for loan in sorted(world.ledger.loans, key=lambda item: (item.made, item.borrower, item.lender)):
        if loan.outstanding:
            pay_interest(world, loan)
            pay_back(world, loan)
            if world.year >= loan.due and loan.outstanding:
                default(world, loan)


def above_floor(world: FundWorld, book: Book) -> int:
    """Return what a borrower holds above the months of reserve that it may keep [fen]."""
    return max(0, book.spare - int(rules.months_worth(book.spending_before, world.terms.one.repay_floor)))


def pay_interest(world: FundWorld, loan: Loan) -> None:
    """Pay a year's interest on a loan, or add to the loan what the borrower cannot pay."""
    interest = int(rules.interest_due(loan.outstanding, world.terms.one.interest))
    if interest == 0:
        return
    paid = min(interest, above_floor(world, world.ledger.book(loan.borrower)))
    world.ledger.repay(loan, 0, interest=paid)
    world.ledger.add_interest(loan, interest - paid)


def pay_back(world: FundWorld, loan: Loan) -> None:
    """Repay a share of last year's surplus, or in the year due all that lies above the floor."""
    book, one = world.ledger.book(loan.borrower), world.terms.one
    surplus = book.income_before - book.spending_before
    terms = (book.spare, book.spending_before, surplus, one.repay_floor, one.repay_share)
    amount = int(rules.step1_repayment(loan.outstanding, *terms))
    if world.year >= loan.due:
        amount = min(loan.outstanding, above_floor(world, book))
    world.ledger.repay(loan, amount)


def default(world: FundWorld, loan: Loan) -> None:
    """Roll over a loan that was not repaid when due, let the treasury pay it, or write it off, as the law says."""
    one = world.terms.one
    if one.default == ROLL_OVER:
        loan.due = world.year + one.term
    elif one.default == TREASURY_PAYS:
        code = world.ledger.book(loan.borrower).code
        world.ledger.post(treasury(code), loan.borrower, "backstop", loan.outstanding)
        world.ledger.repay(loan, loan.outstanding)
    else:
        world.ledger.reduce(loan, loan.outstanding)


def lend(world: FundWorld, terms: Lending, givers: Side, takers: Side) -> None:
    """Lend, or give, what is needed and offered; where both sides are several, each in proportion to need and offer."""
    asked = [needed(world, terms, takers[0], code) for code in takers[1]]
    if not any(asked):
        return
    offered = [offer(world, terms, givers[0], code) for code in givers[1]]
    total = int(rules.step1_loan(sum(asked), sum(offered)))
    for i, j, amount in matched(largest_remainder(total, offered), largest_remainder(total, asked)):
        lender, borrower = account(givers[0], givers[1][i]), account(takers[0], takers[1][j])
        if terms.form == GRANT:
            world.ledger.post(lender, borrower, f"step{terms.step}_aid", amount)
        else:
            world.ledger.lend(terms.step, lender, borrower, amount, world.year + world.terms.one.term)


def needed(world: FundWorld, terms: Lending, fund: str, code: int) -> int:
    """Return what a pool asks to borrow for a fund [fen]."""
    pool, book = world.institutions.pool(code), books(world, fund)[code]
    ahead = pool.standing[fund].foreseen_months
    when = (terms.trigger_months, terms.when_foreseen, terms.target_months)
    return pool.ask(fund, int(rules.step1_needed(book.free, book.spending, ahead, *when)))


def offer(world: FundWorld, terms: Lending, fund: str, code: int) -> int:
    """Return what a pool offers to lend from a fund; a fund that owes a loan repays before it lends [fen]."""
    if world.ledger.indebted(account(fund, code)):
        return 0
    pool, book = world.institutions.pool(code), books(world, fund)[code]
    able = int(rules.step1_offer(book.free, book.spending, terms.keep_months, terms.share))
    return min(book.spare, pool.offer(fund, able))


def matched(offers: Sequence[int], needs: Sequence[int]) -> list[tuple[int, int, int]]:
    """Pair offers and needs of the same total in their order: (offer, need, amount)."""
    pairs, i, j, left, open_ = [], 0, 0, [*offers], [*needs]
    while i < len(left) and j < len(open_):
        amount = min(left[i], open_[j])
        if amount:
            pairs.append((i, j, amount))
        left[i] -= amount
        open_[j] -= amount
        i, j = (i + 1, j) if left[i] == 0 else (i, j + 1)
    return pairs


def level_schemes(world: FundWorld, *sides: Side) -> None:
    """Move money between the two funds of a place until both cover as many months, as one merged fund would.

    Where they lack money together, what there is goes to those who lack it, in proportion.
    """
    names = [account(fund, code) for fund, codes in sides for code in codes]
    kept = [world.ledger.book(name) for name in names]
    targets = rules.level_months([book.free for book in kept], [book.spending for book in kept])
    gives = [min(book.spare, max(0, book.free - target)) for book, target in zip(kept, targets)]
    takes = [max(0, target - book.free) for book, target in zip(kept, targets)]
    total = min(sum(gives), sum(takes))
    for i, j, amount in matched(largest_remainder(total, gives), largest_remainder(total, takes)):
        world.ledger.post(names[i], names[j], "scheme_merge", amount)
