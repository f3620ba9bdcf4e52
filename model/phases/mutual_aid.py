"""The three steps of mutual aid: loans between brother funds, adjustment in the province, adjustment in the nation."""

from __future__ import annotations

from collections.abc import Sequence

from agents.numeric import fen_share
from model.kinds import CENTRE, EMPLOYEE_POOL, RESIDENT_POOL, TREASURY
from model.ledger import Book, Loan, account
from model.phases.fund_world import FundWorld, books
from model.phases.money_in_funds import ADJUSTMENT
from model.rules import funds as rules
from model.rules.funds import largest_remainder

ROLL_OVER, TREASURY_PAYS, WRITTEN_OFF = 0, 1, 2
PROVINCE_FIRST = 21


# ---- loans of earlier years ---------------------------------------------------------------------------------------
def repay_loans(world: FundWorld) -> None:
    """Repay loans between brother funds from last year's surplus, oldest first; what is due and unpaid defaults."""
    for loan in sorted(world.ledger.loans, key=lambda item: (item.made, item.borrower, item.lender)):
        if loan.outstanding and not world.ledger.book(loan.borrower).merged:
            pay_loan_interest(world, loan)
            pay_back(world, loan)
            if world.year >= loan.due and loan.outstanding:
                default(world, loan)


def above_floor(world: FundWorld, book: Book) -> int:
    """Return what a borrower holds above the months of reserve that it may keep [fen]."""
    return max(0, book.spare - int(rules.months_worth(book.spending_before, world.terms.one.floor)))


def pay_loan_interest(world: FundWorld, loan: Loan) -> None:
    """Pay a year's interest on a loan, or add to the loan what the borrower cannot pay."""
    interest = int(rules.interest_due(loan.outstanding, world.terms.one.interest))
    paid = min(interest, above_floor(world, world.ledger.book(loan.borrower)))
    world.ledger.post(loan.borrower, loan.lender, "step1_interest", paid)
    world.ledger.add_interest(loan, interest - paid)


def pay_back(world: FundWorld, loan: Loan) -> None:
    """Repay a share of last year's surplus, or in the year due all that lies above the floor."""
    book, one = world.ledger.book(loan.borrower), world.terms.one
    surplus = book.income_before - book.spending_before
    amount = int(
        rules.step1_repayment(loan.outstanding, book.spare, book.spending_before, surplus, one.floor, one.repay_share)
    )
    if world.year >= loan.due:
        amount = min(loan.outstanding, above_floor(world, book))
    world.ledger.post(loan.borrower, loan.lender, "step1_repay", amount)
    world.ledger.reduce(loan, amount)


def default(world: FundWorld, loan: Loan) -> None:
    """Roll over a loan that was not repaid when due, let the treasury pay it, or write it off, as the law says."""
    one = world.terms.one
    if one.default == ROLL_OVER:
        loan.due = world.year + one.term
    elif one.default == TREASURY_PAYS:
        code = world.ledger.book(loan.borrower).code
        world.ledger.post(treasury(code), loan.borrower, "backstop", loan.outstanding)
        world.ledger.post(loan.borrower, loan.lender, "step1_repay", loan.outstanding)
        world.ledger.reduce(loan, loan.outstanding)
    else:
        world.ledger.reduce(loan, loan.outstanding)


def treasury(code: int) -> str:
    """Return the treasury that stands behind an area."""
    return account(TREASURY, code) if code else CENTRE


# ---- before the year's deficits are known -------------------------------------------------------------------------
def uploads(world: FundWorld) -> None:
    """Collect uploads to the provinces and to the nation from last year's income."""
    for fund in ADJUSTMENT:
        upload_to_provinces(world, fund)
    if world.terms.three.on and len(set(world.funds.areas.homes)) > 1:
        for fund in ADJUSTMENT:
            upload_to_nation(world, fund)


def upload_to_provinces(world: FundWorld, fund: str) -> None:
    """Collect a rate of last year's income in provinces of several pools, until their fund covers enough months."""
    two, ledger = world.terms.two, world.ledger
    for home, codes in sharing_areas(world, fund).items():
        name = account(ADJUSTMENT[fund][0], home)
        kept = [ledger.book(account(fund, code)) for code in codes]
        spending = sum(book.spending_before for book in kept)
        balance = ledger.book(name).balance
        for code, book in zip(codes, kept):
            amount = int(rules.step2_upload(book.income_before, two.rate, balance, spending, two.stop, book.spare))
            ledger.post(account(fund, code), name, "step2_upload", amount)
            world.institutions.provinces[home].collect(fund, amount)


def sharing_areas(world: FundWorld, fund: str) -> dict[int, list[int]]:
    """Return the areas of a fund by province where step 2 is in force and there are several to share."""
    state = world.funds
    on = {home for home, switch in zip(state.areas.homes, state.step2_on) if switch}
    return {home: codes for home, codes in state.areas.by_province(fund).items() if home in on and len(codes) > 1}


def upload_to_nation(world: FundWorld, fund: str) -> None:
    """Collect a rate of last year's income from every area, and add the central budget's part."""
    three, ledger, name = world.terms.three, world.ledger, account(ADJUSTMENT[fund][1], 0)
    total = 0
    for code, book in books(world, fund).items():
        if code:
            amount = int(rules.step3_upload(book.income_before, three.rate, book.spare))
            ledger.post(account(fund, code), name, "step3_upload", amount)
            total += amount
    budget = int(fen_share(total, three.central))
    ledger.post(CENTRE, name, "subsidy", budget)
    world.institutions.centre.collect(fund, total + budget)


# ---- after the close ----------------------------------------------------------------------------------------------
def cascade(world: FundWorld) -> None:
    """Aid after the close, in the order the law gives: brother fund, province, nation, or province first."""
    province_first = world.terms.order == PROVINCE_FIRST
    for step in (step_two, step_one) if province_first else (step_one, step_two):
        step(world)
    step_three(world)


def step_one(world: FundWorld) -> None:
    """Let the brother funds of a place lend each other, where the law allows money to cross funds."""
    if not (world.terms.one.on and world.terms.allow_cross_fund):
        return
    for employees, residents in world.funds.areas.linked():
        lend(world, (EMPLOYEE_POOL, employees), (RESIDENT_POOL, residents))
        lend(world, (RESIDENT_POOL, residents), (EMPLOYEE_POOL, employees))


def lend(world: FundWorld, givers: tuple[str, Sequence[int]], takers: tuple[str, Sequence[int]]) -> None:
    """Lend what is needed and offered, offers and needs each met in proportion."""
    one, ledger = world.terms.one, world.ledger
    asked, offered = [], []
    for code in takers[1]:
        book = ledger.book(account(takers[0], code))
        need = int(rules.step1_needed(book.free, book.spending, one.trigger, one.target))
        asked.append(world.institutions.pool(code).ask(takers[0], need))
    if not any(asked):
        return
    for code in givers[1]:
        book = ledger.book(account(givers[0], code))
        able = int(rules.step1_offer(book.free, book.spending, one.keep, one.share))
        offered.append(min(book.spare, world.institutions.pool(code).offer(givers[0], able)))
    total = min(sum(asked), sum(offered))
    needs, offers = largest_remainder(total, asked), largest_remainder(total, offered)
    for i, j, amount in matched(offers, needs):
        lender, borrower = account(givers[0], givers[1][i]), account(takers[0], takers[1][j])
        ledger.lend(lender, borrower, "step1_loan", amount, world.year + one.term)


def matched(offers: list[int], needs: list[int]) -> list[tuple[int, int, int]]:
    """Pair offers and needs of the same total in order: (offer, need, amount)."""
    pairs, i, j, left, open_ = [], 0, 0, [*offers], [*needs]
    while i < len(left) and j < len(open_):
        amount = min(left[i], open_[j])
        if amount:
            pairs.append((i, j, amount))
        left[i] -= amount
        open_[j] -= amount
        i, j = (i + 1, j) if left[i] == 0 else (i, j + 1)
    return pairs


def step_two(world: FundWorld) -> None:
    """Let the province pay a graded share of its pools' gaps from its adjustment fund."""
    for fund in ADJUSTMENT:
        for home, codes in sharing_areas(world, fund).items():
            name = account(ADJUSTMENT[fund][0], home)
            shares = graded_shares(world, fund, codes)
            wanted = [int(fen_share(gap_of(world, fund, code), share)) for code, share in zip(codes, shares)]
            available = world.ledger.book(name).spare
            total = world.institutions.provinces[home].grant(fund, wanted, available)
            pay_aid(world, name, fund, codes, largest_remainder(total, wanted), "step2_aid")


def gap_of(world: FundWorld, fund: str, code: int) -> int:
    """Return what a pool asks its province for: its gap after own balance, if one of the law's triggers holds [fen]."""
    two, pool = world.terms.two, world.institutions.pool(code)
    book, standing = world.ledger.book(account(fund, code)), pool.standing[fund]
    wanted = rules.step2_triggered(
        book.free,
        book.income,
        book.spending,
        world.terms.warning.short,
        standing.years_left,
        two.foreseen_years,
        two.short,
        two.foreseen,
        two.deficit,
    )
    return pool.ask(fund, int(rules.step2_gap(book.free, book.spending, two.target)) * int(wanted))


def graded_shares(world: FundWorld, fund: str, codes: Sequence[int]) -> list[float]:
    """Return the province's share of each pool's gap: the older the pool, the more; residents all alike."""
    two, areas = world.terms.two, world.funds.areas
    old = fund == EMPLOYEE_POOL and world.funds.active
    active = areas.summed(fund, world.funds.active) if old else dict.fromkeys(codes, 0)
    retired = areas.summed(fund, world.funds.retired) if old else dict.fromkeys(codes, 0)
    everyone = sum(active[code] for code in codes), sum(retired[code] for code in codes)
    return [
        float(rules.step2_share(active[code], retired[code], *everyone, two.base, two.slope, two.low, two.high))
        for code in codes
    ]


def pay_aid(world: FundWorld, payer: str, fund: str, codes: Sequence[int], amounts: Sequence[int], kind: str) -> None:
    """Pay aid from an adjustment fund to the funds of areas."""
    for code, amount in zip(codes, amounts):
        world.ledger.post(payer, account(fund, code), kind, amount)


def step_three(world: FundWorld) -> None:
    """Let the nation pay a share of what provinces still lack beyond their own retention, across schemes if allowed."""
    three = world.terms.three
    if not three.on or len(set(world.funds.areas.homes)) < 2:
        return
    wants = {fund: national_wants(world, fund) for fund in ADJUSTMENT}
    for fund, wanted in wants.items():
        wants[fund] = grant_national(world, fund, fund, wanted)
    if three.cross_scheme and world.terms.allow_cross_fund:
        for payer, fund in ((EMPLOYEE_POOL, RESIDENT_POOL), (RESIDENT_POOL, EMPLOYEE_POOL)):
            wants[fund] = grant_national(world, payer, fund, wants[fund])


def national_wants(world: FundWorld, fund: str) -> dict[int, int]:
    """Return the nation's aid by area: a province's aid shared by the gaps of its areas [fen]."""
    three, wants = world.terms.three, dict[int, int]()
    for codes in world.funds.areas.by_province(fund).values():
        kept = [world.ledger.book(account(fund, code)) for code in codes]
        gaps = [max(0, -book.free) for book in kept]
        aid = rules.step3_aid(sum(gaps), sum(book.spending for book in kept), three.retention, three.share)
        wants.update(zip(codes, largest_remainder(int(aid), gaps)))
    return wants


def grant_national(world: FundWorld, payer: str, fund: str, wanted: dict[int, int]) -> dict[int, int]:
    """Pay wanted aid as far as one of the two national funds reaches; return what stays wanted [fen]."""
    name = account(ADJUSTMENT[payer][1], 0)
    codes, amounts = list(wanted), list(wanted.values())
    total = world.institutions.centre.grant(fund, amounts, world.ledger.book(name).spare)
    paid = largest_remainder(total, amounts)
    pay_aid(world, name, fund, codes, paid, "step3_aid")
    return {code: amount - part for code, amount, part in zip(codes, amounts, paid)}
