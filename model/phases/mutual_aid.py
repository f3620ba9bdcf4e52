"""The three steps of mutual aid: loans between brother funds, adjustment in the province, adjustment in the nation."""

from __future__ import annotations

from collections.abc import Sequence

from agents.numeric import fen_share
from model.kinds import CENTRE, EMPLOYEE_POOL, RESIDENT_POOL
from model.ledger import Book, account
from model.phases.fund_world import EX_ANTE, FundWorld, books
from model.phases.loans import Lending, lend
from model.phases.money_in_funds import ADJUSTMENT
from model.phases.terms import StepTwo
from model.rules import funds as rules
from model.rules.funds import largest_remainder

Ages = tuple[dict[int, int], dict[int, int]]  # active and retired members by area
PROVINCE_FIRST = 21
GAP_COVER, PENSION_RULE, RESERVE_SWAP = 0, 1, 2  # designs of step 3


# ---- before the year's deficits are known -------------------------------------------------------------------------
def uploads(world: FundWorld) -> None:
    """Collect uploads to the provinces and to the nation, and share out what is allocated by formula."""
    for fund in ADJUSTMENT:
        for home, codes in sharing_areas(world, fund).items():
            if world.terms.two.design == EX_ANTE:
                equalise(world, fund, home, codes)
            else:
                upload_to_province(world, fund, home, codes)
    if nation_shares(world):
        for fund in ADJUSTMENT:
            upload_to_nation(world, fund)


def sharing_areas(world: FundWorld, fund: str) -> dict[int, list[int]]:
    """Return the areas of a fund by province where step 2 is in force and there are several to share."""
    areas = world.funds.areas
    on = {home for home, switch in zip(areas.homes, world.terms.step2_on) if switch}
    return {home: codes for home, codes in areas.by_province(fund).items() if home in on and len(codes) > 1}


def nation_shares(world: FundWorld) -> bool:
    """Say whether step 3 is in force and there is more than one province."""
    return bool(world.terms.three.on) and len(set(world.funds.areas.homes)) > 1


def last_year(world: FundWorld, book: Book) -> tuple[int, int]:
    """Return last year's income and spending; in the first year of all, this year's income for both [fen]."""
    if world.funds.members:
        return book.income_before, book.spending_before
    return book.income, book.income


def upload_to_province(world: FundWorld, fund: str, home: int, codes: Sequence[int]) -> None:
    """Collect a rate of last year's income, until the province's fund covers enough months of all pools."""
    two, ledger, name = world.terms.two, world.ledger, account(ADJUSTMENT[fund][0], home)
    past = [last_year(world, ledger.book(account(fund, code))) for code in codes]
    balance, spending = ledger.book(name).balance, sum(spent for _, spent in past)
    for code, (income, _) in zip(codes, past):
        spare = ledger.book(account(fund, code)).spare
        amount = int(rules.step2_upload(income, two.upload_rate, balance, spending, two.stop_months, spare))
        pay_up(world, fund, code, name, amount)


def pay_up(world: FundWorld, fund: str, code: int, name: str, amount: int) -> None:
    """Post an upload from an area's fund to an adjustment fund and let its agency take note."""
    book = world.ledger.book(name)
    step, agency = ("step3_upload", world.institutions.centre) if book.code == 0 else ("step2_upload", None)
    world.ledger.post(account(fund, code), name, step, amount)
    (agency or world.institutions.provinces[book.code]).collect(fund, amount)


def equalise(world: FundWorld, fund: str, home: int, codes: Sequence[int]) -> None:
    """Pool a part of last year's income in the province and share it by weighted members (Fujian)."""
    two, ledger, name = world.terms.two, world.ledger, account(ADJUSTMENT[fund][0], home)
    weights = needs_of(world, fund, codes)
    if not sum(weights):
        return
    opening = ledger.book(name).balance
    for code in codes:
        book = ledger.book(account(fund, code))
        part = int(rules.step3_upload(last_year(world, book)[0], two.equalise_share, 0, 0, 0.0, 0, book.spare))
        pay_up(world, fund, code, name, part)
    collected = ledger.book(name).balance - opening
    total = world.institutions.provinces[home].grant(fund, [collected], collected)
    pay_aid(world, name, fund, codes, largest_remainder(total, weights), "step2_aid")


def needs_of(world: FundWorld, fund: str, codes: Sequence[int]) -> list[int]:
    """Return the weight of each area's members at the last year's end; retired ones count for several."""
    state, areas = world.funds, world.funds.areas
    if not state.members:
        return [0] * len(codes)
    if fund == RESIDENT_POOL:
        members = areas.summed(fund, state.members[fund])
        return [members[code] for code in codes]
    active, retired = areas.summed(fund, state.active), areas.summed(fund, state.retired)
    return [int(rules.need_weight(active[c], retired[c], world.terms.two.weight_retired)) for c in codes]


def upload_to_nation(world: FundWorld, fund: str) -> None:
    """Collect the nation's uploads from every area, add the central budget's part, and pay out what the rule shares."""
    three, name = world.terms.three, account(ADJUSTMENT[fund][1], 0)
    if three.design == RESERVE_SWAP:
        return
    past = {code: last_year(world, book) for code, book in books(world, fund).items() if code}
    amounts = pension_uploads(world, fund, past) if three.design == PENSION_RULE else rate_uploads(world, fund, past)
    for code, amount in amounts.items():
        pay_up(world, fund, code, name, amount)
    budget = int(fen_share(sum(income for income, _ in past.values()), three.central_budget))
    world.ledger.post(CENTRE, name, "subsidy", budget)
    if three.design == PENSION_RULE:
        weights, balance = needs_of(world, fund, list(past)), world.ledger.book(name).balance
        total = world.institutions.centre.grant(fund, [balance], balance if sum(weights) else 0)
        pay_aid(world, name, fund, list(past), largest_remainder(total, weights), "step3_aid")


def rate_uploads(world: FundWorld, fund: str, past: dict[int, tuple[int, int]]) -> dict[int, int]:
    """Return uploads at a rate of last year's income and of employee reserves beyond the months that are too many."""
    three, excess_months = world.terms.three, world.terms.warning.months_excess
    national = world.ledger.book(account(ADJUSTMENT[fund][1], 0)).balance
    spending, amounts = sum(spent for _, spent in past.values()), dict[int, int]()
    for code, (income, spent) in past.items():
        book = world.ledger.book(account(fund, code))
        rate = three.excess_rate if fund == EMPLOYEE_POOL else 0.0
        excess = int(rules.excess_part(book.opening, spent, excess_months, rate))
        terms = (three.upload_rate, national, spending, three.stop_months, excess, book.spare)
        amounts[code] = int(rules.step3_upload(income, *terms))
    return amounts


def pension_uploads(world: FundWorld, fund: str, past: dict[int, tuple[int, int]]) -> dict[int, int]:
    """Return uploads by the pension rule of 2018: from average wages and heads, not from what was collected.

    Residents have no wage: theirs are a rate of last year's income.
    """
    three, areas, state = world.terms.three, world.funds.areas, world.funds
    asked = {code: int(fen_share(income, three.upload_rate)) for code, (income, _) in past.items()}
    if fund == EMPLOYEE_POOL and state.active:
        terms = (three.base_share, three.upload_rate)
        wages = [int(wage) for wage in world.places.wage]
        due = [int(rules.pension_upload(terms[0], wage, n, terms[1])) for wage, n in zip(wages, state.active)]
        asked = {code: amount for code, amount in areas.summed(fund, due).items() if code in past}
    return {code: min(amount, world.ledger.book(account(fund, code)).spare) for code, amount in asked.items()}


# ---- after the close ----------------------------------------------------------------------------------------------
def cascade(world: FundWorld) -> None:
    """Aid after the close, in the order the law gives: brother fund, province, nation, or province first."""
    province_first = world.terms.order == PROVINCE_FIRST
    for step in (step_two, step_one) if province_first else (step_one, step_two):
        step(world)
    step_three(world)


def step_one(world: FundWorld) -> None:
    """Let the brother funds of a place lend each other, where the law allows money to cross funds."""
    one = world.terms.one
    if not (one.on and world.terms.allow_cross_fund):
        return
    terms = Lending(1, one.trigger_months, one.trigger_deficit, one.target_months, one.keep_months, one.share)
    for employees, residents in world.funds.areas.linked:
        lend(world, terms, (EMPLOYEE_POOL, employees), (RESIDENT_POOL, residents))
        if one.both_ways:
            lend(world, terms, (RESIDENT_POOL, residents), (EMPLOYEE_POOL, employees))


def step_two(world: FundWorld) -> None:
    """Let the province pay a graded share of its pools' gaps from its adjustment fund."""
    if world.terms.two.design == EX_ANTE:
        return
    for fund in ADJUSTMENT:
        ages = by_age(world, fund)
        for home, codes in sharing_areas(world, fund).items():
            name = account(ADJUSTMENT[fund][0], home)
            shares = graded_shares(world.terms.two, ages, codes)
            wanted = [int(fen_share(gap_of(world, fund, code), share)) for code, share in zip(codes, shares)]
            total = world.institutions.provinces[home].grant(fund, wanted, world.ledger.book(name).spare)
            pay_aid(world, name, fund, codes, largest_remainder(total, wanted), "step2_aid")


def gap_of(world: FundWorld, fund: str, code: int) -> int:
    """Return what a pool asks its province for: its gap after own balance, if one of the law's triggers holds [fen]."""
    two, pool = world.terms.two, world.institutions.pool(code)
    book, ahead = world.ledger.book(account(fund, code)), pool.standing[fund].foreseen_months
    when = (world.terms.warning.months_short, two.trigger_short, two.trigger_foreseen, two.trigger_deficit)
    if not rules.step2_triggered(book.free, book.income, book.spending, ahead, *when):
        return 0
    return pool.ask(fund, int(rules.gap_to(book.free, book.spending, two.target_months)))


def by_age(world: FundWorld, fund: str) -> Ages:
    """Return active and retired members by area at the last year's end; residents are not told apart."""
    state, areas = world.funds, world.funds.areas
    if fund != EMPLOYEE_POOL or not state.active:
        return {}, {}
    return areas.summed(fund, state.active), areas.summed(fund, state.retired)


def graded_shares(two: StepTwo, ages: Ages, codes: Sequence[int]) -> list[float]:
    """Return the province's share of each pool's gap: the older the pool, the more; residents all alike."""
    active, retired = ([counts.get(code, 0) for code in codes] for counts in ages)
    everyone = sum(active), sum(retired)
    indices = [float(rules.age_index(young, old, *everyone)) for young, old in zip(active, retired)]
    terms = (two.s0, two.s1, two.share, two.managerial_share)
    return [float(rules.step2_share(index, *terms)) for index in indices]


def pay_aid(world: FundWorld, payer: str, fund: str, codes: Sequence[int], amounts: Sequence[int], kind: str) -> None:
    """Pay aid from an adjustment fund to the funds of areas."""
    for code, amount in zip(codes, amounts):
        world.ledger.post(payer, account(fund, code), kind, amount)


def step_three(world: FundWorld) -> None:
    """Let the nation cover what provinces still lack, or rich provinces lend to poor ones, as the design says."""
    three, warning = world.terms.three, world.terms.warning
    if not nation_shares(world):
        return
    if three.design == GAP_COVER:
        cover_gaps(world)
    elif three.design == RESERVE_SWAP:
        terms = Lending(3, warning.months_short, 0, three.target_months, warning.months_excess, world.terms.one.share)
        for fund in ADJUSTMENT:
            codes = [code for code in books(world, fund) if code]
            lend(world, terms, (fund, codes), (fund, codes))


def cover_gaps(world: FundWorld) -> None:
    """Pay a share of what provinces still lack beyond their own part, across schemes if the law allows it."""
    wants = {fund: national_wants(world, fund) for fund in ADJUSTMENT}
    for fund, wanted in wants.items():
        wants[fund] = grant_national(world, fund, fund, wanted)
    if world.terms.three.cross_scheme and world.terms.allow_cross_fund:
        for payer, fund in ((EMPLOYEE_POOL, RESIDENT_POOL), (RESIDENT_POOL, EMPLOYEE_POOL)):
            wants[fund] = grant_national(world, payer, fund, wants[fund])


def national_wants(world: FundWorld, fund: str) -> dict[int, int]:
    """Return the nation's aid by area: a province's aid shared by the gaps of its areas [fen]."""
    three, wants = world.terms.three, dict[int, int]()
    for codes in world.funds.areas.by_province(fund).values():
        kept = [world.ledger.book(account(fund, code)) for code in codes]
        gaps = [int(rules.gap_to(book.free, book.spending, three.target_months)) for book in kept]
        aid = rules.step3_aid(sum(gaps), sum(book.spending for book in kept), three.deductible, three.share)
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
