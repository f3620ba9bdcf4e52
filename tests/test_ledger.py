"""The ledger: double entry, nobody pays what it lacks, pools that merge, and the identities of stored tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.codes import Care, Status
from model.identities import check_identities
from model.kinds import BY_CODE, EMPLOYEE_POOL, KINDS, RESIDENT_POOL
from model.ledger import FLOW_COLUMNS, FUND_COLUMNS, IdentityError, Ledger, account
from model.phases.areas import Areas, area_codes
from model.phases.tally import CareItem, Money, PairKind
from model.policy import load_policy
from model.record import frame_of
from tests.small_world import SmallWorld

POOL, OTHER = account(EMPLOYEE_POOL, 320100), account(RESIDENT_POOL, 320100)
OUTSIDE = ("employers:320100", "households:320100", "treasury:centre", "interest")


def opened(balance: int = 100) -> Ledger:
    ledger = Ledger({320100: 320000, 320200: 320000})
    ledger.open_account(EMPLOYEE_POOL, 320100, balance)
    ledger.open_account(RESIDENT_POOL, 320100)
    ledger.open_year(2024)
    return ledger


def assess(funds: Any, closing: Any, spending: Any) -> tuple[Any, list[str]]:
    return 12 * closing / np.maximum(spending, 1), [""] * len(funds)


def test_a_year_of_one_fund_by_hand() -> None:
    ledger = opened()
    ledger.post("employers:320100", POOL, "contribution_employer", 50)
    ledger.post("employers:320100", POOL, "contribution_employer", 25)
    ledger.bill(POOL, "providers:320100", "basic", 60)
    assert (ledger.book(POOL).balance, ledger.book(POOL).free, ledger.book(POOL).spare) == (175, 115, 115)
    ledger.clear()
    members = ledger.accounts.column()
    members[ledger.number(POOL)] = 7
    funds, flows = ledger.close_year(members, assess)
    row = frame_of(funds).iloc[0].tolist()
    assert row[:13] == [2024, 320000, 320100, EMPLOYEE_POOL, 100, 75, 60, 115, 7, 60, 75, 0, 0]
    assert row[13:] == [23.0, ""]
    assert frame_of(flows).to_numpy().tolist() == [
        [2024, POOL, "providers:320100", "basic", 60],
        [2024, "employers:320100", POOL, "contribution_employer", 75],
    ]
    assert tuple(flows) == FLOW_COLUMNS
    ledger.open_year(2025)
    assert (ledger.book(POOL).opening, ledger.book(POOL).income_before) == (115, 75)


def many(ledger: Ledger, payer: str, payee: str) -> tuple[Any, Any]:
    return ledger.parties([payer]), ledger.parties([payee])


def test_many_payments_that_are_refused_leave_no_trace() -> None:
    ledger = opened()
    outside = many(ledger, "employers:320100", POOL)
    inside = many(ledger, POOL, "providers:320100")
    whole, half = np.array([3], np.int64), np.array([0.5])
    with pytest.raises(IdentityError, match="billed by ledgers held"):
        ledger.bill_many(*outside, "contribution_employer", whole)
    with pytest.raises(IdentityError, match="posted from outside"):
        ledger.post_many(*inside, "basic", whole)
    for pay, parties, kind in (
        (ledger.bill_many, inside, "basic"),
        (ledger.post_many, outside, "contribution_employer"),
    ):
        with pytest.raises(IdentityError, match="whole fen"):
            pay(*parties, kind, half)
        with pytest.raises(IdentityError, match="whole fen"):
            pay(*parties, kind, whole.astype(np.float64))
    with pytest.raises(IdentityError, match="whole fen"):
        ledger.post("employers:320100", POOL, "contribution_employer", 0.5)  # type: ignore[arg-type]
    for amount in (0.5, 3.7, float("nan"), float("inf")):
        with pytest.raises(IdentityError, match="whole fen"):
            ledger.bill(POOL, "providers:320100", "basic", amount)  # type: ignore[arg-type]
    assert ledger.billed(*inside, ["basic"]).tolist() == [0]
    assert ledger.billed(inside[0][:0], inside[1][:0], ["basic"]).tolist() == []
    ledger.check()
    assert len(ledger.close_year(ledger.accounts.column(), assess)[1]["amount_fen"]) == 0


def test_many_ledgers_pay_at_once_what_they_have_and_no_more() -> None:
    ledger = opened()
    pays, other = ledger.parties([POOL, POOL]), ledger.parties([OTHER, OTHER])
    had, before = ledger.book(POOL).balance, ledger.book(OTHER).balance
    with pytest.raises(IdentityError, match=rf"^2024 {POOL} cannot pay {had + 1} fen \(step2_aid\): it has {had}$"):
        ledger.post_many(pays, other, "step2_aid", np.array([had, 1], np.int64), held=True)
    with pytest.raises(IdentityError, match=rf"^2024 {POOL} -> {OTHER} \(step2_aid\) -5 fen: .*not below zero"):
        ledger.post_many(pays, other, "step2_aid", np.array([had + 1, -5], np.int64), held=True)
    ledger.post_many(pays, other, "step2_aid", np.array([had - 1, 1], np.int64), held=True)
    assert (ledger.book(POOL).balance, ledger.book(OTHER).balance) == (0, before + had)
    ledger.check()


def test_nobody_is_billed_for_by_a_ledger_that_merged_in_an_earlier_year() -> None:
    ledger = opened()
    gone = ledger.parties([POOL])
    ledger.merge(POOL, [(OTHER, 1)])
    ledger.close_year(ledger.accounts.column(), assess)
    ledger.open_year(2025)
    for pay, payers, payees, kind in (
        (ledger.post_many, gone, ledger.parties([OTHER]), "merge"),
        (ledger.post_many, ledger.parties(["employers:320100"]), gone, "contribution_employer"),
    ):
        with pytest.raises(IdentityError, match="merged in an earlier year"):
            pay(payers, payees, kind, np.array([1], np.int64))


def test_nobody_outside_pays_or_receives_but_those_whom_users_rely_on() -> None:
    assert set(BY_CODE) == {"households", "employers", "treasury", "providers", "unemployment_fund"}


@pytest.mark.parametrize(
    ("payer", "payee", "kind", "amount"),
    [
        ("employers:320100", POOL, "contribution_employer", -1),
        ("employers:320100", POOL, "gift", 1),
        ("nobody:1", POOL, "subsidy", 1),
        (POOL, "somebody", "basic", 1),
        (POOL, POOL, "move", 1),
        (POOL, "providers:320100", "basic", 101),
        ("treasury:the centre", POOL, "subsidy", 1),
    ],
)
def test_refused_payments(payer: str, payee: str, kind: str, amount: int) -> None:
    with pytest.raises(IdentityError):
        opened().post(payer, payee, kind, amount)


def test_refused_bills_and_openings() -> None:
    ledger = opened()
    ledger.bill(POOL, "providers:320100", "basic", 101)
    with pytest.raises(IdentityError, match="lacks 1 fen"):
        ledger.clear()
    with pytest.raises(IdentityError, match="not cleared"):
        ledger.close_year(ledger.accounts.column(), assess)
    with pytest.raises(IdentityError, match="outside"):
        ledger.bill("employers:320100", POOL, "contribution_employer", 1)
    with pytest.raises(IdentityError, match="negative"):
        Ledger({}).open_account(EMPLOYEE_POOL, 1, -1)
    with pytest.raises(IdentityError, match="not a fund"):
        Ledger({}).open_account("purse", 1, 1)
    with pytest.raises(IdentityError, match="open year"):
        Ledger({}).post("interest", POOL, "interest", 1)
    with pytest.raises(IdentityError, match="must not lend"):
        ledger.lend(1, account("employee_accounts", 320100), POOL, 1, 2025)


def test_bills_that_pay_each_other_are_cleared_together() -> None:
    ledger = opened(0)
    accounts = account("employee_accounts", 320100)
    ledger.post("employers:320100", POOL, "contribution_employer", 10)
    ledger.bill(accounts, OTHER, "premium_from_account", 8)
    ledger.bill(POOL, accounts, "credit", 9)
    ledger.bill(OTHER, "providers:320100", "basic", 8)
    ledger.clear()
    assert [ledger.book(name).balance for name in (POOL, accounts, OTHER)] == [1, 1, 0]


def test_every_kind_of_the_contract_is_known() -> None:
    contract = (
        "contribution_person contribution_employer contribution_unemployment subsidy premium_help credit "
        "premium_critical interest basic critical large_sum assistance maternity own_account family_account self_pay "
        "premium_from_account inherit move merge step1_loan step1_repay step2_upload step2_aid step3_upload step3_aid "
        "backstop arrears arrears_paid"
    )
    assert set(contract.split()) <= set(KINDS)


def test_income_and_spending_as_the_bulletins_count_them() -> None:
    ledger = opened()
    accounts, critical = account("employee_accounts", 320100), account("critical_illness", 320100)
    ledger.post("employers:320100", POOL, "contribution_employer", 100)
    ledger.post("households:320100", OTHER, "contribution_person", 40)
    ledger.post("treasury:centre", OTHER, "subsidy", 60)
    ledger.post("treasury:centre", OTHER, "backstop", 5)
    for payer, payee, kind, amount in (
        (POOL, accounts, "credit", 30),
        (POOL, "providers:320100", "basic", 50),
        (POOL, "providers:320100", "maternity", 2),
        (accounts, "providers:320100", "own_account", 11),
        (accounts, OTHER, "premium_from_account", 4),
        (OTHER, critical, "premium_critical", 9),
        (OTHER, "providers:320100", "basic", 70),
        (critical, "providers:320100", "critical", 8),
    ):
        ledger.bill(payer, payee, kind, amount)
    ledger.clear()
    told = {name: (ledger.book(name).income, ledger.book(name).spending) for name in (POOL, accounts, OTHER, critical)}
    assert told == {POOL: (70, 52), accounts: (30, 15), OTHER: (104, 79), critical: (9, 8)}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 50)), max_size=40))
def test_money_is_conserved_whatever_is_tried(moves: list[tuple[int, int, int]]) -> None:
    names = (*OUTSIDE, POOL, OTHER, account(EMPLOYEE_POOL, 320200), account("provincial_adjustment", 320000))
    ledger = opened()
    inside = 100
    for a, b, amount in moves:
        try:
            ledger.post(names[a], names[b], "subsidy", amount)
        except IdentityError:
            continue
        inside += amount * ((a < 4) - (b < 4)) if amount else 0
    assert sum(book.balance for book in ledger.books.values()) == inside
    assert all(book.balance >= 0 for book in ledger.books.values())
    ledger.check()


def test_areas_by_level() -> None:
    codes = np.array([110000, 320100, 320200, 650100, 650200, 659000])
    provinces = np.array([110000, 320000, 320000, 650000, 650000, 650000])
    lists = codes.tolist(), provinces.tolist()
    assert area_codes(*lists, [0] * 6) == codes.tolist()
    assert area_codes(*lists, [1] * 6) == [110000, 320000, 320000, 650000, 650000, 659000]
    assert area_codes(*lists, [2] * 6) == [0] * 6
    areas = Areas.of_year(codes, provinces, np.zeros(6, int), np.array([0, 1, 1, 0, 0, 0]))
    groups = areas.linked
    assert ([320100, 320200], [320000]) in groups
    assert ([110000], [110000]) in groups
    assert len(groups) == 5
    assert areas.by_province(EMPLOYEE_POOL)[659000] == [659000]


def test_pools_that_merge_and_part_again() -> None:
    world = SmallWorld()
    world.endow(resident_pool=[10, 20, 5])
    world.set_year((0, 0), (100, 50))
    world.step()
    world.change(pooling__resident_level=[1, 1, 0])
    world.step()
    assert world.flow("merge") == {
        ("resident_pool:320100", "resident_pool:320000"): 60,
        ("resident_pool:320200", "resident_pool:320000"): 70,
    }
    rows = world.record.funds.query("year == 2025 and fund == 'resident_pool'").set_index("prefecture")
    assert rows.loc[320100, ["opening_fen", "paid_fen", "closing_fen", "status"]].tolist() == [60, 60, 0, "merged"]
    assert rows.loc[320000, ["opening_fen", "income_fen", "closing_fen"]].tolist() == [0, 200, 230]
    assert rows.loc[320000, "members"] == 400
    assert 320100 not in world.ledger.books
    world.change(pooling__resident_level=0)
    world.step()
    assert sum(world.flow("merge").values()) == 230
    assert world.closing(RESIDENT_POOL) == [155, 0, 165, 165]
    assert check_identities(world.record.tables) == []


def full_world(years: int = 3, weight: int = 7) -> SmallWorld:
    """Live a small world in which money of every kind flows."""
    world = SmallWorld(critical__premium=2, pooling__interest_rate=0.02, pooling__allow_cross_fund=1, steps__step1_on=1)
    world.change(steps__step2_on=1, steps__step3_on=1)
    world.weight = weight
    world.endow(employee_pool=[9000, 800, 300], resident_pool=[50, 300, 10], employee_accounts=[700] * 3)
    for _ in range(years):
        world.set_year([(900, 800), (700, 900), (800, 700)], [(500, 700), (600, 500), (300, 500)])
        money, care = world.tally.money, world.tally.care
        money[:, Money.PERSON_TO_ACCOUNT], money[:, Money.CREDIT], money[:, Money.RESIDENT_HELP] = 60, 20, 7
        money[:, Money.SUBSIDY_CENTRE], money[:, Money.MATERNITY], money[:, Money.INHERIT_CASH] = 90, 3, 2
        world.tally.pairs[PairKind.FAMILY_ACCOUNT, 0, 1] = world.tally.pairs[PairKind.MOVE, 0, 1] = 5
        world.tally.pairs[PairKind.PREMIUM, 1, 0] = world.tally.pairs[PairKind.INHERIT, 0, 0] = 4
        care[1, 1, 0, [CareItem.COST, CareItem.FAMILY_ACCOUNT]] += 5
        for item in (CareItem.CRITICAL, CareItem.ASSISTANCE, CareItem.OWN_ACCOUNT, CareItem.SELF_PAY):
            care[:, 3, 0, item] += 11
            care[:, 3, 0, CareItem.COST] += 11
        world.step()
    return world


def test_a_world_in_which_everything_flows_keeps_all_identities() -> None:
    world = full_world()
    assert check_identities(world.record.tables) == []
    assert world.record.flows["kind"].nunique() >= 20
    assert (world.record.funds["closing_fen"] >= 0).all()
    assert (world.record.flows["amount_fen"] > 0).all()
    assert tuple(world.record.funds.columns) == FUND_COLUMNS
    inside = world.record.funds.groupby("year")[["opening_fen", "closing_fen"]].sum()
    held = set(world.record.funds["fund"])
    flows = world.record.flows
    sign = flows["payee"].map(lambda n: n.split(":")[0] in held) * 1 - flows["payer"].map(
        lambda n: n.split(":")[0] in held
    )
    net = (flows["amount_fen"] * sign).groupby(flows["year"]).sum()
    assert (inside["closing_fen"] - inside["opening_fen"] == net).all()


@pytest.mark.parametrize("premium", [100, 10_000])
def test_the_premium_of_critical_illness_cover_is_settled_in_full(premium: int) -> None:
    """Whatever is paid at once, the cover costs the pool what it pays; a sweep is offered no range of it."""
    tables = []
    for paid in (0, premium):
        world = full_world()
        world.change(critical__premium=paid)
        world.tally.care[:, Status.RESIDENT, Care.INPATIENT, CareItem.CRITICAL] = 300
        for _ in range(2):
            world.step()
        tables.append(world.record.tables)
        assert sum(world.flow("premium_critical").values()) == sum(world.flow("critical").values()) > 0
    assert all(tables[0][name].equals(tables[1][name]) for name in ("funds", "flows"))
    assert all(entry.low == entry.high for entry in load_policy().entries("critical.premium"))


def test_weight_multiplies_money_and_counts() -> None:
    one, ten = full_world(1, weight=1), SmallWorld()
    ten.weight = 10
    ten.endow()
    ten.set_year((900, 100), (500, 100))
    ten.step()
    assert ten.closing(EMPLOYEE_POOL) == [8000] * 3
    assert ten.record.enrolment["members"].sum() == 10 * one.record.enrolment["members"].sum()
    assert ten.record.care["cost_fen"].sum() == 6000


BREAKS: list[tuple[str, str, str, Any]] = [
    ("funds", "closing_fen", "closing differs", 1),
    ("funds", "received_fen", "received differs", 1),
    ("funds", "income_fen", "income differs", 1),
    ("funds", "spending_fen", "spending differs", 1),
    ("funds", "owed_fen", "debts differ", 1),
    ("funds", "members", "members differ", 1),
    ("flows", "amount_fen", "differs from flows", 1),
    ("flows", "amount_fen", "negative", -(10**9)),
    ("care", "basic_fen", "cost is not the sum", 1),
    ("care", "visits", "", 0),
]


@pytest.mark.parametrize(("table", "column", "message", "change"), BREAKS)
def test_a_change_of_one_number_is_found(table: str, column: str, message: str, change: int) -> None:
    tables = dict(full_world(2).record.tables)
    frame: pd.DataFrame = tables[table].copy()
    row = frame.index[frame["fund"] == RESIDENT_POOL][0] if table == "funds" else frame.index[0]
    frame.loc[row, column] += change
    tables[table] = frame
    problems = check_identities(tables)
    assert any(message in problem for problem in problems) if message else problems == []


def test_lost_rows_and_years_are_found() -> None:
    tables = full_world(3).record.tables
    funds, flows = tables["funds"], tables["flows"]
    gap = funds[~((funds["year"] == 2025) & (funds["fund"] == EMPLOYEE_POOL))]
    assert any("opening differs" in p for p in check_identities(tables | {"funds": gap}))
    assert any("care and flows" in p for p in check_identities(tables | {"flows": flows[flows["kind"] != "self_pay"]}))
    twice = pd.concat([flows, flows.head(1)])
    assert any("twice" in p for p in check_identities(tables | {"flows": twice}))
