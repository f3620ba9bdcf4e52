"""The rules of the funds: worked cases to the fen, and properties that hold for all amounts."""

from __future__ import annotations

import importlib
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.compiled import ROOT
from model.rules import funds
from tests.test_rules_cases import arguments, load, value

FEWEST = 4
FILE = load("funds")
CASES = [
    pytest.param(entry["rule"], case, id=f"{entry['rule']}-{number}")
    for entry in FILE["rules"]
    for number, case in enumerate(entry["cases"])
]
FEN = st.integers(-(10**14), 10**14)
HELD = st.integers(0, 10**14)
SHARE = st.floats(0, 1)
MONTHS = st.floats(0, 36)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_worked_cases(name: str, case: dict[str, Any]) -> None:
    rule = getattr(importlib.import_module(FILE["module"]), name)
    for form in (rule, getattr(rule, "py_func", rule)):
        got, expected = form(**arguments(rule, case["inputs"])), value(case["expected"])
        if isinstance(expected, tuple):
            got = tuple(got)
        if isinstance(expected, float):
            assert got == pytest.approx(expected, rel=1e-12), case["because"]
        else:
            assert got == expected, case["because"]


def test_every_rule_has_its_cases() -> None:
    text = (ROOT / "model/rules/funds.py").read_text(encoding="utf-8")
    rules = [line.split("(")[0].removeprefix("def ") for line in text.splitlines() if re.match("def [a-z]", line)]
    counted = {entry["rule"]: len(entry["cases"]) for entry in FILE["rules"]}
    assert set(rules) - {"largest_remainder"} == set(counted)
    assert min(counted.values()) >= FEWEST


def test_months_without_spending_are_unknown() -> None:
    assert np.isnan(funds.reserve_months(5, 0))
    assert funds.reserve_band(funds.reserve_months(5, 0), 3.0, 6.0, 9.0, 15.0) == -1
    assert not funds.foreseen_months(5, 0, 0, 0.0, 0.0, 1) < 3


@given(HELD, st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_largest_remainder_gives_out_every_fen_and_no_more_than_one_off(total: int, weights: list[int]) -> None:
    if not sum(weights):
        with pytest.raises(ValueError, match="zero" if total else "negative"):
            funds.largest_remainder(total or -1, weights)
        return
    parts = funds.largest_remainder(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights):
        assert abs(part * sum(weights) - total * weight) < sum(weights)
    if total <= sum(weights):
        assert all(part <= weight for part, weight in zip(parts, weights))


def test_largest_remainder_by_hand() -> None:
    assert funds.largest_remainder(100, [1, 1, 1]) == [34, 33, 33]
    assert funds.largest_remainder(7, [50, 30, 20]) == [4, 2, 1]
    assert funds.largest_remainder(0, [0, 0]) == [0, 0]
    assert funds.largest_remainder(0, []) == []


@given(FEN, HELD, MONTHS, SHARE)
def test_nobody_offers_more_than_it_holds_above_what_it_keeps(
    position: int, spending: int, keep: float, share: float
) -> None:
    offer = funds.step1_offer(position, spending, keep, share)
    assert 0 <= offer <= max(0, position - funds.months_worth(spending, keep))
    assert funds.step1_offer(position, spending, keep, 0.0) == 0


@given(FEN, HELD, MONTHS, MONTHS)
def test_a_loan_never_lifts_the_borrower_above_its_target(
    position: int, spending: int, trigger: float, target: float
) -> None:
    need = funds.step1_needed(position, spending, 0.0, trigger, 0, target)
    assert need >= 0
    assert need == 0 or position + need == funds.months_worth(spending, target)


@given(HELD, HELD, HELD, FEN, MONTHS, SHARE)
def test_repayment_leaves_the_floor(
    debt: int, balance: int, spending: int, surplus: int, floor: float, share: float
) -> None:
    paid = funds.step1_repayment(debt, balance, spending, surplus, floor, share)
    assert 0 <= paid <= min(debt, balance)
    assert paid == 0 or balance - paid >= funds.months_worth(spending, floor)


@given(HELD, SHARE, HELD, HELD, st.floats(0, 12), HELD)
def test_uploads_are_what_a_pool_has(income: int, rate: float, adj: int, spent: int, stop: float, own: int) -> None:
    assert 0 <= funds.step2_upload(income, rate, adj, spent, stop, own) <= min(income + 1, own)
    assert funds.step2_upload(income, 0.0, adj, spent, stop, own) == 0
    assert 0 <= funds.step3_upload(income, rate, adj, spent, stop, 0, own) <= own


@given(HELD, HELD, SHARE, SHARE)
def test_aid_and_backstop_never_exceed_the_gap(gap: int, spending: int, retention: float, share: float) -> None:
    assert 0 <= funds.step3_aid(gap, spending, retention, share) <= gap
    assert 0 <= funds.backstop(gap, spending, share, retention) <= gap
    assert funds.step3_aid(gap, spending, retention, 0.0) == 0


@given(st.floats(0, 10), SHARE, SHARE, SHARE, SHARE)
def test_shares_of_a_gap_are_shares_and_rise_with_age(
    index: float, low: float, slope: float, high: float, bad: float
) -> None:
    share = funds.step2_share(index, low, slope, high, bad)
    assert 0 <= share <= high
    assert funds.step2_share(index + 1, low, slope, high, bad) >= share


@settings(max_examples=50)
@given(HELD, HELD, HELD, st.floats(-0.05, 0.1), st.floats(-0.05, 0.1))
def test_more_money_lasts_longer(balance: int, income: int, spending: int, up: float, faster: float) -> None:
    years = funds.years_left(balance, income, spending, up, faster, 50)
    assert 0 <= years <= 51
    assert funds.years_left(balance + spending, income, spending, up, faster, 50) >= years
