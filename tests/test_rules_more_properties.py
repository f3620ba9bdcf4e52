"""More properties of the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.codes import Kin, Scheme, Sex
from model.rules import accounts, behaviour, benefits, contributions, enrolment, funds, sharing, transfers
from model.rules.codes import Area, CoUse, Link, Standing, Tie, Use

money = st.integers(0, 10**10)
more = st.integers(0, 10**8)
held = st.integers(-(10**12), 10**12)
share = st.floats(0, 1)
ratio = st.floats(0, 5)
years = st.integers(0, 40)
months = st.floats(0, 36)
switch = st.integers(0, 1)


# ---- contributions and accounts -------------------------------------------------------------------------------------
@given(money, money, share, share)
def test_parts_of_a_contribution(own: int, extra: int, a: float, b: float) -> None:
    """Bounded by the whole, more of more, nothing of nothing, all of all."""
    low, high = min(a, b), max(a, b)
    for rule in (
        accounts.own_to_account,
        accounts.credit_retired,
        contributions.person_contribution,
        contributions.employer_contribution,
    ):
        assert 0 <= rule(own, low) <= rule(own, high) <= own
        assert rule(own + extra, low) >= rule(own, low)
        assert rule(0, high) == rule(own, 0.0) == 0
        assert rule(own, 1.0) == own


@given(st.lists(money, min_size=1, max_size=20), share)
def test_contributions_add_up_over_people(bases: list[int], rate: float) -> None:
    """Each is rounded to a fen, so the sum lies within half a fen a person of the rate of the sum."""
    each = sum(contributions.person_contribution(base, rate) for base in bases)
    assert abs(each - contributions.person_contribution(sum(bases), rate)) <= len(bases)


@given(money, st.floats(0, 3), share)
def test_flexible_workers(average: int, multiple: float, rate: float) -> None:
    paid = contributions.flexible_contribution(average, multiple, rate)
    assert 0 <= paid <= contributions.flexible_contribution(average, multiple, 1.0)
    assert contributions.flexible_contribution(average, multiple + 1, rate) >= paid
    assert contributions.flexible_contribution(average, 0.0, rate) == 0


@given(st.sampled_from(list(Link)), money, money, money, money, more, share, share)
def test_linked_contribution(
    mode: Link, flat: int, place: int, own: int, family: int, extra: int, rate: float, of_fifth: float
) -> None:
    def due(place: int, own: int, family: int) -> int:
        return contributions.linked_contribution(mode, flat, place, own, family, rate, of_fifth, 0.5, 3.0)

    paid = due(place, own, family)
    assert paid >= 0
    assert due(place + extra, own + extra, family + extra) >= paid, "who has more never pays less"
    if mode == Link.FLAT:
        assert paid == flat == due(0, 0, 0)
    if mode in {Link.OWN, Link.FIFTH, Link.FAMILY}:
        assert flat // 2 <= paid <= 3 * flat
    if mode == Link.GREATER:
        assert paid >= flat
    if mode == Link.PLACE:
        assert due(place, own + extra, family + extra) == paid, "only the place counts"


@given(st.integers(0, 65535), st.integers(1, 65535))
def test_fifths_are_five_and_in_order(rank: int, ranks: int) -> None:
    fifth = contributions.fifth_of(rank, ranks)
    assert 0 <= fifth <= contributions.fifth_of(rank + 1, ranks) <= 4
    assert contributions.fifth_of(0, ranks) == 0


@given(money, more, share, switch)
def test_income_counted(wage: int, extra: int, other: float, taxable: int) -> None:
    counted = contributions.income_counted(wage, other, taxable)
    assert wage <= counted <= 2 * wage
    assert contributions.income_counted(wage + extra, other, taxable) >= counted
    assert contributions.income_counted(0, other, taxable) == 0
    assert contributions.income_counted(wage, other, 0) == wage


@given(money, money, money, more, share, share)
def test_low_wage_help(paid: int, wage: int, average: int, extra: int, line: float, part: float) -> None:
    helped = contributions.low_wage_help(paid, wage, average, line, part)
    assert 0 <= helped <= paid
    assert contributions.low_wage_help(paid, wage + extra, average, line, part) <= helped
    assert contributions.low_wage_help(0, wage, average, line, part) == 0
    assert contributions.low_wage_help(paid, wage, average, line, 0.0) == 0


@given(st.sampled_from(list(Sex)), years, years)
def test_by_sex_gives_one_of_two(sex: Sex, men: int, women: int) -> None:
    assert contributions.by_sex(sex, men, women) == (women if sex == Sex.FEMALE else men)


# ---- benefits and enrolment -----------------------------------------------------------------------------------------
@given(money, money, share, money)
def test_benefits_above_a_deductible(cost: int, deductible: int, rate: float, room: int) -> None:
    paid = benefits.above_deductible(cost, deductible, rate, room)
    assert 0 <= paid <= min(room, max(cost - deductible, 0))
    assert benefits.above_deductible(deductible, deductible, rate, room) == 0


@given(money, money, money, money)
def test_brackets_add_up(amount: int, a: int, b: int, c: int) -> None:
    low, middle, high = sorted((a, b, c))
    whole = benefits.within(amount, low, high)
    assert 0 <= whole <= high - low
    assert whole == benefits.within(amount, low, middle) + benefits.within(amount, middle, high)


@given(money, share, money, share)
def test_maternity(base: int, leave: float, cost: int, rate: float) -> None:
    paid = benefits.maternity_benefit(base, leave, cost, rate)
    assert 0 <= paid <= base + cost
    assert benefits.maternity_benefit(0, leave, 0, rate) == 0


@given(years, money, money)
def test_repairs_cost_by_the_year(repaired: int, price: int, extra: int) -> None:
    cost = enrolment.repair_cost(repaired, price)
    assert cost == sum(enrolment.repair_cost(1, price) for _ in range(repaired))
    assert enrolment.repair_cost(repaired, price + extra) >= cost
    assert enrolment.repair_cost(0, price) == 0


@given(years, years, years, switch)
def test_years_after_a_gap(before: int, gap: int, repaired: int, restores: int) -> None:
    brought = enrolment.years_after_gap(before, gap, repaired, restores)
    assert 0 <= brought <= before + gap
    assert enrolment.years_after_gap(before, gap, repaired, 0) == 0
    assert enrolment.years_after_gap(before, gap, repaired + 1, restores) >= brought


@given(years, years, years, switch)
def test_steps_of_continuity(consecutive: int, entry: int, in_force: int, later: int) -> None:
    steps = enrolment.continuity_steps(consecutive, entry, in_force, later)
    assert 0 <= steps <= min(consecutive, in_force)
    assert steps <= enrolment.continuity_steps(consecutive + 1, entry, in_force, later) <= steps + 1
    assert enrolment.continuity_steps(entry, entry, in_force, later) == 0


@given(money, years, switch)
def test_cuts_of_the_ceiling(reduction: int, gap: int, per_year: int) -> None:
    cut = enrolment.cap_reduction(reduction, gap, per_year)
    assert 0 <= cut <= reduction * max(gap, 1)
    assert enrolment.cap_reduction(reduction, gap + 1, per_year) >= cut
    assert enrolment.cap_reduction(reduction, 0, per_year) == 0


@given(years, st.sampled_from(list(Standing)))
def test_a_missed_year_is_one_year(before: int, standing: Standing) -> None:
    after = enrolment.missed_years(before, int(standing))
    assert after == (before + 1 if standing == Standing.MISSED else 0)


# ---- sharing --------------------------------------------------------------------------------------------------------
@given(st.sampled_from(list(Kin)), st.sampled_from(list(Tie)), switch)
def test_kin_by_law_keeps_or_denies(kin: Kin, tie: Tie, civil: int) -> None:
    assert sharing.kin_by_law(int(kin), int(tie), civil) in {int(kin), int(Kin.OTHER)}
    assert sharing.kin_by_law(int(kin), int(Tie.PLAIN), civil) == kin


@given(st.integers(1, 5), st.integers(1, 5))
def test_where_a_relative_is_insured_is_mutual(a: int, b: int) -> None:
    there = sharing.area_between(a, b, a // 3, b // 3)
    assert there == sharing.area_between(b, a, b // 3, a // 3)
    assert (there == Area.SAME_POOL) == (a == b)


@given(st.sampled_from(list(Area)), st.sampled_from(list(Area)), switch)
def test_a_wider_reach_never_shuts_out(reach: Area, where: Area, wallets: int) -> None:
    inside = sharing.area_in_scope(int(reach), int(where), wallets)
    assert inside <= sharing.area_in_scope(int(Area.OTHER_PROVINCE), int(where), 1) == 1
    assert sharing.area_in_scope(int(reach), int(Area.SAME_POOL), wallets) == 1


@given(st.sampled_from(list(CoUse)), st.sampled_from(list(Use)), st.sampled_from([0, 1, 2]), switch, switch, switch)
def test_purposes(rule: CoUse, use: Use, scheme: int, before: int, early: int, outside: int) -> None:
    allowed = sharing.purpose_in_scope(int(rule), int(use), scheme, before, early, outside)
    assert allowed in {0, 1}
    if use in {Use.GYM, Use.FUND_PART, Use.OTHER_PHARMACY, Use.HOLDERS_RATE}:
        assert allowed == 0
    if scheme == Scheme.NONE and use != Use.CONTRIBUTION:
        assert allowed == 0


@given(st.sampled_from(list(Use)), money, money, switch)
def test_parts_of_a_due(use: Use, balance: int, due: int, part: int) -> None:
    allowed = sharing.may_pay_part(int(use), balance, due, part)
    paid = sharing.pays_from_account(allowed, balance, due)
    assert 0 <= paid <= min(balance, due)
    assert sharing.pays_from_account(0, balance, due) == 0
    assert sharing.may_pay_part(int(use), due, due, part) == 1


# ---- transfers ------------------------------------------------------------------------------------------------------
@given(ratio, ratio, ratio, share, share, share)
def test_need(income: float, price: float, old: float, a: float, b: float, c: float) -> None:
    need = transfers.need_index(income, price, old, a, b, c)
    assert need >= 0
    assert transfers.need_index(income + 1, price, old, a, b, c) <= need, "richer places need less"
    assert transfers.need_index(income, price, old + 1, a, b, c) >= need, "older places need more"
    assert transfers.need_index(1.0, 1.0, 1.0, a, b, c) == 1.0


@given(share, share, ratio, share, ratio, ratio, share)
def test_shares_of_a_grant(
    tier: float, by_need: float, need: float, scale: float, income: float, line: float, least: float
) -> None:
    granted = transfers.grant_share(tier, by_need, need, scale)
    assert 0 <= granted <= 1
    assert transfers.grant_share(tier, 0.0, need, scale) == tier
    assert transfers.grant_share(tier, by_need, need + 1, scale) >= granted
    raised = transfers.share_of_poor_place(granted, income, tier, line, 0.6, least)
    assert granted <= raised <= 1
    assert transfers.share_of_poor_place(granted, income, tier, line, 0.6, 0.0) == granted


# ---- funds ----------------------------------------------------------------------------------------------------------
@given(money, more, st.integers(1, 10**10))
def test_reserve_months_and_bands(balance: int, extra: int, spending: int) -> None:
    months_held = funds.reserve_months(balance, spending)
    assert months_held == pytest.approx(12 * balance / spending)
    assert funds.reserve_months(balance + extra, spending) >= months_held
    band = funds.reserve_band(months_held, 3.0, 6.0, 9.0, 15.0)
    assert 0 <= band <= funds.reserve_band(funds.reserve_months(balance + extra, spending), 3.0, 6.0, 9.0, 15.0) <= 4


@given(held, money, st.integers(1, 10**10), st.floats(-0.05, 0.1), st.floats(-0.05, 0.1), st.integers(0, 5))
def test_foresight(balance: int, income: int, spending: int, up: float, faster: float, ahead: int) -> None:
    seen = funds.foreseen_months(balance, income, spending, up, faster, ahead)
    assert funds.foreseen_months(balance + 10**9, income, spending, up, faster, ahead) > seen
    assert funds.foreseen_months(balance, income, spending, up, faster, 0) == pytest.approx(12 * balance / spending)
    assert funds.foreseen_months(balance, income, spending, up + 0.1, faster, ahead) >= seen


@given(st.integers(0, 10**14), st.integers(0, 10**14), held, money, months)
def test_loans_and_gaps(need: int, offer: int, position: int, spending: int, target: float) -> None:
    assert funds.step1_loan(need, offer) == min(need, offer)
    gap = funds.gap_to(position, spending, target)
    assert gap >= 0
    assert gap == 0 or position + gap == funds.months_worth(spending, target)
    assert funds.gap_to(position, spending, target + 1) >= gap


@given(held, money, money, st.floats(-10, 40), months, switch, switch, switch)
def test_triggers(
    position: int, income: int, spending: int, seen: float, line: float, short: int, foreseen: int, deficit: int
) -> None:
    asked = funds.step2_triggered(position, income, spending, seen, line, short, foreseen, deficit)
    assert funds.step2_triggered(position, income, spending, seen, line, 1, 1, 1) >= asked
    if position < 0:
        assert asked == 1
    else:
        assert funds.step2_triggered(position, income, spending, seen, line, 0, 0, 0) == 0


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_age_weights(active: int, retired: int, active_all: int, retired_all: int) -> None:
    index = funds.age_index(active, retired, active_all, retired_all)
    assert index >= 0
    assert funds.age_index(active, retired + 1, active_all, retired_all) > index
    assert funds.age_index(active_all, retired_all, active_all, retired_all) == 1.0
    assert funds.need_weight(active, retired, 1.0, 1.0) == active + retired
    assert funds.need_weight(active, retired, 1.0, 2.0) == active + 2 * retired
    assert funds.need_weight(active, retired, 0.0, 0.0) == 0


@given(st.integers(0, 10**14), st.integers(0, 10**13), months, share, share)
def test_excess(balance: int, spending: int, line: float, a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    part = funds.excess_part(balance, spending, line, high)
    assert 0 <= funds.excess_part(balance, spending, line, low) <= part <= balance
    assert balance - part >= min(balance, funds.months_worth(spending, line)), "what is not too many stays"
    assert funds.excess_part(balance, spending, line + 1, high) <= part


@given(share, st.integers(0, 10**8), st.integers(0, 10**5), share)
def test_pension_uploads(base: float, wage: int, heads: int, rate: float) -> None:
    asked = funds.pension_upload(base, wage, heads, rate)
    assert 0 <= asked <= wage * heads
    assert funds.pension_upload(base, wage, heads + 1, rate) >= asked
    assert funds.pension_upload(base, wage, heads, 0.0) == funds.pension_upload(base, wage, 0, rate) == 0


@given(money, held, share, money)
def test_old_bills(owed: int, free: int, part: float, arrears: int) -> None:
    paid = funds.arrears_payment(owed, free, part)
    assert 0 <= paid <= min(owed, max(free, 0))
    granted = funds.coverage_after(arrears, part)
    assert 0 <= granted <= 1
    assert funds.coverage_after(0, part) == 1.0


@given(st.floats(0.1, 3), money, money, st.floats(0.5, 1.5), share, st.floats(0, 0.2))
def test_budgets(before: float, income: int, spending: int, tie: float, strength: float, most: float) -> None:
    after = funds.budget_factor(before, income, spending, tie, strength, most)
    assert abs(after - before) <= before * most + 1e-12
    assert funds.budget_factor(before, income, spending, tie, 0.0, most) == before
    assert funds.budget_factor(before, income + 10**6, spending, tie, strength, most) >= after or income == 0


@given(st.floats(0, 2), st.floats(0, 2), st.integers(0, 30), st.integers(1, 20))
def test_phased(start: float, aim: float, since: int, ramp: int) -> None:
    factor = behaviour.phased(start, aim, since, ramp)
    assert min(start, aim) - 1e-12 <= factor <= max(start, aim) + 1e-12
    assert behaviour.phased(start, aim, 0, ramp) == start
    assert abs(behaviour.phased(start, aim, ramp + since, ramp) - aim) <= 1e-12


@given(st.floats(0, 0.9), st.floats(0, 0.9))
def test_effort_against_and_drift_against(now: float, before: float) -> None:
    effort, drift = behaviour.effort_against(now, before), behaviour.drift_against(now, before)
    assert effort <= 1.0 <= drift if now >= before else drift <= 1.0 <= effort
    assert behaviour.effort_against(now, now) == behaviour.drift_against(now, now) == 1.0


FEN = st.integers(0, 10**12)


@given(st.lists(st.tuples(FEN, st.integers(0, 10**6)), min_size=1, max_size=20), share)
def test_risk_transfers(pools: list[tuple[int, int]], part: float) -> None:
    risks, heads = [each[0] for each in pools], [each[1] for each in pools]
    moved = funds.risk_transfers(risks, heads, part)
    assert sum(moved) == 0
    assert funds.risk_transfers(risks, heads, 0.0) == [0] * len(pools)
    if sum(heads):
        mean = sum(risks) / sum(heads)
        assert all(each == 0 or (each > 0) == (risk > mean * count - 1) for each, (risk, count) in zip(moved, pools))


@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), FEN), min_size=1, max_size=6))
def test_level_months(places: list[tuple[int, int]]) -> None:
    positions, spending = [each[0] for each in places], [each[1] for each in places]
    level = funds.level_months(positions, spending)
    if sum(positions) > 0:
        assert sum(level) == sum(positions)
    else:
        assert level == [0] * len(places)
    if sum(positions) > 0 and sum(spending):
        assert min(level) >= 0


@given(st.lists(money, min_size=1, max_size=10), share)
def test_interest(balances: list[int], rate: float) -> None:
    each = sum(funds.interest_due(balance, rate) for balance in balances)
    assert abs(each - funds.interest_due(sum(balances), rate)) <= len(balances)
    assert funds.interest_due(0, rate) == funds.interest_due(balances[0], 0.0) == 0
    assert funds.interest_due(-balances[0], rate) <= 0 or balances[0] == 0


@given(st.lists(st.tuples(st.integers(0, 10**10), st.integers(1, 10**6)), min_size=1, max_size=8), share)
def test_shared_risks_sum_to_zero(pools: list[tuple[int, int]], part: float) -> None:
    risks, heads = [risk for risk, _ in pools], [count for _, count in pools]
    moved = funds.risk_transfers(risks, heads, part)
    assert sum(moved) == 0
    assert not any(funds.risk_transfers(risks, heads, 0.0))
    assert all(abs(one) <= sum(risks) for one in moved)


@given(st.lists(st.tuples(held, st.integers(1, 10**10)), min_size=1, max_size=8))
def test_level_months_keep_the_sum(pools: list[tuple[int, int]]) -> None:
    positions, spending = [position for position, _ in pools], [spent for _, spent in pools]
    level = funds.level_months(positions, spending)
    assert min(level) >= 0
    assert sum(level) == max(sum(positions), 0)


@given(st.floats(0.5, 1.5), st.floats(0.5, 1.5), st.integers(1, 20), st.integers(1, 10))
def test_moods_come_in_steps(start: float, aim: float, since: int, ramp: int) -> None:
    now = behaviour.phased(start, aim, since, ramp)
    assert min(start, aim) - 1e-12 <= now <= max(start, aim) + 1e-12
    assert behaviour.phased(start, aim, ramp, ramp) == pytest.approx(aim)


@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_what_was_there_before_counts_for_nothing(now: float, before: float) -> None:
    assert behaviour.effort_against(now, now) == behaviour.drift_against(now, now) == 1.0
    worse, better = max(now, before), min(now, before)
    assert behaviour.effort_against(worse, better) <= 1.0 <= behaviour.effort_against(better, worse)
    assert behaviour.drift_against(better, worse) <= 1.0 <= behaviour.drift_against(worse, better)


@given(st.sampled_from(list(Kin)), st.sampled_from(list(Area)))
def test_rings_go_outwards(kin: Kin, area: Area) -> None:
    inside, away = sharing.ring_of(int(kin), int(area), 0), sharing.ring_of(int(kin), int(area), 1)
    assert inside % 2 == 0
    assert away == inside + 1
    assert inside <= sharing.ring_of(int(kin), int(Area.OTHER_PROVINCE), 0)
