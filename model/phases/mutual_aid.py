"""The three steps of mutual aid after the close: between brother funds, in the province, in the nation."""

from __future__ import annotations

from collections.abc import Sequence

from agents.numeric import fen_share
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.ledger import account
from model.phases.equalising import GAP_COVER, RESERVE_SWAP, nation_shares, pay_aid, sharing_areas, uploads
from model.phases.fund_world import EX_ANTE, FundWorld, books
from model.phases.loans import LOAN, Lending, lend, level_schemes
from model.phases.money_in_funds import ADJUSTMENT
from model.phases.terms import StepTwo
from model.rules import funds as rules
from model.rules.funds import largest_remainder

Ages = tuple[dict[int, int], dict[int, int]]  # active and retired members by area
PROVINCE_FIRST = 21


def cascade(world: FundWorld) -> None:
    """Aid after the close, in the order the law gives: brother fund, province, nation, or province first.

    Where the law merges the schemes, the two funds of a place have been levelled before.
    """
    if world.terms.schemes_merged and world.terms.allow_cross_fund:
        for employees, residents in world.funds.areas.linked:
            level_schemes(world, (EMPLOYEE_POOL, employees), (RESIDENT_POOL, residents))
    province_first = world.terms.order == PROVINCE_FIRST
    for step in (step_two, step_one) if province_first else (step_one, step_two):
        step(world)
    step_three(world)


def step_one(world: FundWorld) -> None:
    """Let the brother funds of a place lend each other, where the law allows money to cross funds."""
    one = world.terms.one
    if not (one.on and world.terms.allow_cross_fund):
        return
    when = one.trigger_months, one.trigger_deficit, one.target_months
    terms = Lending(1, *when, one.keep_months, one.share, one.form)
    for employees, residents in world.funds.areas.linked:
        lend(world, terms, (EMPLOYEE_POOL, employees), (RESIDENT_POOL, residents))
        if one.both_ways:
            lend(world, terms, (RESIDENT_POOL, residents), (EMPLOYEE_POOL, employees))


def step_two(world: FundWorld) -> None:
    """Let the province pay a graded share of its pools' gaps from its adjustment fund."""
    two, homes = world.terms.two, world.funds.areas.homes
    designs, own_first = dict(zip(homes, two.design)), dict(zip(homes, two.own_first))
    for fund in ADJUSTMENT:
        ages = by_age(world, fund)
        for home, codes in sharing_areas(world, fund).items():
            if designs[home] == EX_ANTE:
                continue
            name = account(ADJUSTMENT[fund][0], home)
            shares = graded_shares(two, ages, codes)
            gaps = [gap_of(world, fund, code, bool(own_first[home])) for code in codes]
            wanted = [int(fen_share(gap, share)) for gap, share in zip(gaps, shares)]
            total = world.institutions.provinces[home].grant(fund, wanted, world.ledger.book(name).spare)
            pay_aid(world, name, fund, codes, largest_remainder(total, wanted), "step2_aid")


def gap_of(world: FundWorld, fund: str, code: int, own_first: bool) -> int:
    """Return what a pool asks its province for, if one of the law's triggers holds [fen].

    Where the own balance pays first (Shaanxi), only what is missing after it counts.
    """
    two, pool = world.terms.two, world.institutions.pool(code)
    book, ahead = books(world, fund)[code], pool.standing[fund].foreseen_months
    if own_first:
        return pool.ask(fund, int(rules.gap_to(book.free, book.spending, 0.0)))
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


def step_three(world: FundWorld) -> None:
    """Let the nation cover what provinces still lack, or rich provinces lend to poor ones, as the design says."""
    three, warning = world.terms.three, world.terms.warning
    if not nation_shares(world):
        return
    if three.design == GAP_COVER:
        cover_gaps(world)
    elif three.design == RESERVE_SWAP:
        when = warning.months_short, 0, three.target_months
        terms = Lending(3, *when, warning.months_excess, world.terms.one.share, LOAN)
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
        kept = [books(world, fund)[code] for code in codes]
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


__all__ = ["cascade", "step_one", "step_three", "step_two", "uploads"]
