"""Properties of the rules: bounded, monotone, zero at zero, parts that add up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.codes import Aid, Kin, Scheme
from model.rules import accounts, benefits, contributions, enrolment, sharing
from model.rules.codes import NO_CEILING, Area, Claim, CoUse, Standing, Use

settings.register_profile("rules", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("rules")

money = st.integers(0, 10**10)
more = st.integers(0, 10**8)
share = st.floats(0, 1)
cap = st.one_of(st.just(NO_CEILING), money)
years = st.integers(0, 40)
switch = st.integers(0, 1)
TERMS = {"fixed_months": 3, "months_per_gap_year": 1, "long_gap_years": 4, "long_gap_min_total": 6}


@given(money, more, money, share, money)
def test_basic_benefit(cost: int, extra: int, deductible: int, rate: float, room: int) -> None:
    paid = benefits.basic_inpatient(cost, deductible, rate, room)
    assert 0 <= paid <= min(cost, room)
    assert benefits.basic_inpatient(cost + extra, deductible, rate, room) >= paid
    assert benefits.basic_inpatient(cost, deductible + extra, rate, room) <= paid
    assert benefits.basic_inpatient(cost, deductible, rate, room + extra) >= paid
    assert benefits.basic_inpatient(0, deductible, rate, room) == 0
    assert benefits.basic_outpatient(cost, deductible, rate, room) == paid


@given(money, share, share)
def test_in_list(cost: int, a: float, b: float) -> None:
    assert 0 <= benefits.in_list(cost, min(a, b)) <= benefits.in_list(cost, max(a, b)) <= cost
    assert 0 <= benefits.in_list_away(cost, a) <= cost
    assert benefits.in_list_away(cost, 0.0) == cost


@given(money, st.integers(1, 9), share, share)
def test_deductibles(deductible: int, stay: int, second: float, later: float) -> None:
    assert 0 <= benefits.deductible_of_stay(deductible, stay, second, later) <= deductible
    assert benefits.deductible_left(deductible, 0) == deductible


@given(st.lists(money, max_size=5), money)
def test_a_yearly_deductible_is_used_once(bills: list[int], deductible: int) -> None:
    so_far, borne = 0, 0
    for bill in bills:
        borne += min(bill, benefits.deductible_left(deductible, so_far))
        so_far += bill
    assert borne == min(sum(bills), deductible)


@given(money, more, money, money, money, share, share, share, cap)
def test_critical_illness(
    cost: int, extra: int, threshold: int, e1: int, e2: int, r1: float, r2: float, r3: float, ceiling: int
) -> None:
    def pays(amount: int, line: int, top: int) -> int:
        return benefits.critical_illness(amount, line, min(e1, e2), max(e1, e2), r1, r2, r3, top)

    paid = pays(cost, threshold, ceiling)
    assert 0 <= paid <= max(cost - threshold, 0)
    assert ceiling < 0 or paid <= ceiling
    assert pays(cost + extra, threshold, ceiling) >= paid
    assert pays(cost, threshold, NO_CEILING) >= paid
    assert pays(threshold, threshold, ceiling) == 0


@given(money, more, money, share, cap)
def test_supplements(cost: int, extra: int, threshold: int, rate: float, ceiling: int) -> None:
    for pays in (
        lambda amount: benefits.large_sum(amount, rate, ceiling),
        lambda amount: benefits.assistance(amount, threshold, rate, ceiling),
    ):
        assert 0 <= pays(cost) <= (min(cost, ceiling) if ceiling >= 0 else cost)
        assert pays(cost + extra) >= pays(cost)
        assert pays(0) == 0


@given(money, money, money)
def test_split_in_two_adds_up(amount: int, a: int, b: int) -> None:
    first, second = benefits.split_in_two(amount, a, b)
    assert first + second == amount
    assert first >= 0
    assert second >= 0


@given(money, more, money, st.floats(0, 1), st.floats(1, 5))
def test_contribution_base(wage: int, extra: int, average: int, floor: float, top: float) -> None:
    base = contributions.contribution_base(wage, average, floor, top)
    assert contributions.contribution_base(0, average, floor, top) <= base
    assert base <= contributions.contribution_base(wage + extra, average, floor, top)
    assert base <= contributions.contribution_base(wage, average, floor, -1.0)
    assert contributions.person_contribution(base, floor) <= base
    assert contributions.employer_contribution(0, floor) == 0


@given(money, money, share, share)
def test_subsidy_adds_up(standard: int, extra: int, centre: float, province: float) -> None:
    parts = contributions.subsidy_split(standard, extra, centre, province)
    assert sum(parts) == standard + extra
    assert min(parts) >= 0
    assert parts[2] >= extra


@given(money, money, share)
def test_help_and_limits_of_a_contribution(due: int, flat: int, help_share: float) -> None:
    assert 0 <= contributions.premium_help(due, help_share) <= due
    assert min(flat // 2, due) <= contributions.kept_between(due, flat, 0.5, 3.0) <= 3 * flat


@given(years, years, years, years)
def test_more_years_never_stop_later(age: int, retirement: int, paid: int, least: int) -> None:
    now = contributions.may_stop_contributing(age, retirement, paid, least)
    assert contributions.may_stop_contributing(age + 1, retirement, paid + 1, least) >= now
    assert (contributions.missing_years_cost(100, 0.5, paid, least) == 0) == (paid >= least)


@given(st.integers(0, 12), st.integers(0, 6), st.integers(0, 3), st.integers(1, 6), st.integers(0, 12), switch, switch)
def test_every_repair_that_is_allowed_shortens_the_wait_and_no_further_one_does(
    gap: int, fixed: int, each: int, long_gap: int, least: int, first: int, holds: int
) -> None:
    most = enrolment.most_repairs(gap, fixed, each, long_gap, least, first, holds)

    def left(repaired: int) -> int:
        return int(enrolment.waiting_parts(gap, 0, 0, repaired, fixed, each, long_gap, least, first, holds)[2])

    assert all(left(n + 1) < left(n) for n in range(most))
    assert left(most + 1) == left(most)


@given(st.sampled_from(list(Aid)), st.integers(0, 100), switch, share, share, share)
def test_who_is_in_no_class_stays_out_and_who_is_destitute_stays_so(
    aid: Aid, age: int, alone: int, luck: float, enters: float, leaves: float
) -> None:
    after = enrolment.next_class(int(aid), age, alone, luck, enters, leaves)
    assert after in {int(aid), int(Aid.DESTITUTE), int(Aid.NONE)}
    assert after == aid or aid > Aid.DESTITUTE
    assert after == aid or after == Aid.NONE or (alone == 1 and age >= 60)
    assert enrolment.next_class(int(aid), age, alone, luck, 0.0, 0.0) == aid


@given(money, money, share, share)
def test_accounts(balance: int, need: int, rate: float, part: float) -> None:
    paid = accounts.draw(balance, need)
    assert 0 <= paid <= min(balance, need)
    assert accounts.draw(balance - paid, need - paid) == 0
    assert 0 <= accounts.account_interest(balance, rate) <= balance
    assert accounts.credit_active(balance, rate, need, 0.0) == contributions.person_contribution(balance, rate)
    assert accounts.credit_active(balance, rate, need, part) >= accounts.credit_active(balance, rate, need, 0.0)


@given(st.sampled_from(list(Kin)), st.sampled_from(list(CoUse)))
def test_the_rule_of_2024_only_adds_kin(kin: Kin, rule: CoUse) -> None:
    assert sharing.kin_in_scope(int(rule), int(kin)) <= sharing.kin_in_scope(int(CoUse.NEAR_RELATIVES), int(kin))
    assert sharing.kin_in_scope(0, int(kin)) == int(kin == Kin.SELF)


@given(
    st.sampled_from(list(Kin)),
    st.sampled_from([Scheme.NONE, Scheme.EMPLOYEE, Scheme.RESIDENT]),
    st.sampled_from(list(Use)),
    st.sampled_from(list(Area)),
    st.tuples(*[switch] * 6),
)
def test_every_permission_only_widens(kin: Kin, scheme: Scheme, purpose: Use, area: Area, on: tuple[int, ...]) -> None:
    account, registered, wallets, *readings = on
    case = (int(kin), account, int(scheme), registered, int(purpose), int(area))
    allowed = sharing.may_share(2024, *case, int(Area.SAME_PROVINCE), wallets, *readings)
    assert allowed in {0, 1}
    assert sharing.may_share(2024, *case, int(Area.OTHER_PROVINCE), 1, 1, 1, 1) >= allowed
    assert sharing.may_share(2021, *case, int(Area.SAME_POOL), wallets, *readings) <= allowed or readings[1] == 1


@given(years, switch, years, switch, switch, st.integers(0, 24))
def test_waiting(gap: int, late: int, repaired: int, first: int, holds: int, least: int) -> None:
    def wait(missed: int, paid: int, exempt: int = 0) -> int:
        terms = {**TERMS, "long_gap_min_total": least}
        return enrolment.waiting_period(missed, late, exempt, paid, *terms.values(), first, holds)

    assert wait(gap, repaired, exempt=1) == 0
    assert wait(gap, repaired + 1) <= wait(gap, repaired), "a repair never lengthens a wait"
    assert wait(gap + 1, repaired) >= wait(gap, repaired)
    assert wait(gap, repaired) >= (TERMS["fixed_months"] if late or gap else 0)
    fixed, before, after = enrolment.waiting_parts(gap, late, 0, repaired, *TERMS.values(), first, holds)
    assert fixed + after == enrolment.waiting_period(gap, late, 0, repaired, *TERMS.values(), first, holds)
    assert after <= before or gap >= TERMS["long_gap_years"]


@given(years, years, money, money, share, cap)
def test_bonus(steps: int, quiet: int, step: int, step_quiet: int, limit: float, ceiling: int) -> None:
    bonus = enrolment.cap_bonus(steps, quiet, step, step_quiet, limit, ceiling)
    assert 0 <= bonus <= max(ceiling, 0)
    assert enrolment.cap_bonus(steps + 1, quiet, step, step_quiet, limit, ceiling) >= bonus
    assert enrolment.cap_bonus(0, 0, step, step_quiet, limit, ceiling) == 0
    assert enrolment.person_cap(ceiling, bonus, 0) >= ceiling


@given(years, st.sampled_from(list(Standing)), st.sampled_from(list(Claim)))
def test_counters(before: int, standing: Standing, claim: Claim) -> None:
    assert 0 <= enrolment.consecutive_years(before, int(standing)) <= before + 1
    assert 0 <= enrolment.missed_years(before, int(standing)) <= before + 1
    assert 0 <= enrolment.no_claim_steps(before, int(standing), int(claim)) <= before + 1


@given(st.integers(0, 3), st.tuples(*[switch] * 7), st.integers(0, 4), st.integers(0, 6))
def test_opening_a_gate_never_shuts_anybody_out(entrant: int, on: tuple[int, ...], city: int, gate: int) -> None:
    opened = tuple(1 if place == gate else is_open for place, is_open in enumerate(on))
    local, permit, *gates = on
    local_after, permit_after, *gates_after = opened
    assert enrolment.hukou_admits(entrant, local_after, city, permit_after, *gates_after) >= enrolment.hukou_admits(
        entrant, local, city, permit, *gates
    )


@given(st.sampled_from(list(Kin)), st.sampled_from(list(Area)), switch)
def test_links_of_2021_need_no_wider_registration(kin: Kin, where: Area, wider: int) -> None:
    linked = sharing.link_registered(int(kin), int(where), wider)
    of_2021 = where == Area.SAME_POOL and sharing.kin_in_scope(int(CoUse.FAMILY), int(kin)) == 1
    assert linked == max(int(of_2021), wider)
    assert sharing.link_registered(int(kin), int(where), 1) == 1
