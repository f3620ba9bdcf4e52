"""Direction, other things equal: what one changed rule may and may not move for anybody in its first year."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest

from agents.codes import Work
from model.scenario import Reform
from tests.test_world_identities import run
from tests.worlds import START, moved

FIRST = START + 1


@cache
def one_change(*changes: tuple[str, Any], year: int = FIRST) -> pd.DataFrame:
    """Return the people of the first year under changed values, by key."""
    reform = Reform("change", changes={path: {f"{year}-01-01": value} for path, value in changes})
    people = run(reform, last=year).people
    return people[people["year"] == year].set_index("key").sort_index()


CARE_ONLY = ("accounts.pays_premium", 0)
NARROW = (("accounts.scope", 1), ("accounts.area", 0), CARE_ONLY)
WIDE = (("accounts.scope", 2), ("accounts.area", 2), CARE_ONLY)


OFF = (("accounts.scope", 0), CARE_ONLY)
POOL = (("accounts.scope", 2), ("accounts.area", 0), CARE_ONLY)
PROVINCE = (("accounts.scope", 2), ("accounts.area", 1), CARE_ONLY)
NATION = (*WIDE, ("accounts.wallet_share", 1.0))
LINKED = ("accounts.wider_share", 1.0)


@pytest.mark.parametrize(
    ("narrower", "wider"),
    [(OFF, NARROW), (NARROW, POOL), (POOL, PROVINCE), (PROVINCE, WIDE), (WIDE, NATION), (NARROW, NATION)],
    ids=["none to 2021", "2021 to near relatives", "to the province", "to the wallet", "all wallets", "all at once"],
)
def test_wider_co_use_never_raises_cash_for_anybody(narrower: Any, wider: Any) -> None:
    """Check 47, in the first year: for nobody does cash rise, nor any balance; funds pay the same."""
    narrow, wide = one_change(*narrower, LINKED), one_change(*wider, LINKED)
    assert wide["family_account_fen"].sum() > narrow["family_account_fen"].sum() or wider == WIDE
    assert (wide["family_account_fen"] >= narrow["family_account_fen"]).all()
    for column in ("self_pay_fen", "account_fen"):
        assert (wide[column] <= narrow[column]).all(), column
    for payer in ("cost", "basic", "critical", "large_sum", "assistance", "own_account", "contribution"):
        assert (wide[f"{payer}_fen"] == narrow[f"{payer}_fen"]).all(), payer


@pytest.mark.parametrize("name", ["co_use_2021", "co_use_off"])
def test_the_reforms_of_co_use_raise_cash_or_leave_it(name: str) -> None:
    """The reforms as shipped against today's law, premiums apart on both sides: they empty accounts before illness."""
    care = Reform("care", changes={"accounts.pays_premium": {f"{FIRST}-01-01": 0}})
    changes = {path: dates for path, dates in moved(name, FIRST).changes.items() if path != "accounts.pays_premium"}
    today, other = run(care, last=FIRST).people, run(care | Reform("other", changes=changes), last=FIRST).people
    today, other = (people[people["year"] == FIRST].set_index("key").sort_index() for people in (today, other))
    assert (today["self_pay_fen"] <= other["self_pay_fen"]).all()
    assert (today["self_pay_fen"] < other["self_pay_fen"]).any()
    assert (today["account_fen"] <= other["account_fen"]).all()
    assert (today["basic_fen"] == other["basic_fen"]).all()


def test_no_co_use_no_family_account() -> None:
    off = one_change(("accounts.scope", 0), CARE_ONLY)
    assert (off["family_account_fen"] == 0).all()
    assert (off["self_pay_fen"] >= one_change(*NARROW)["self_pay_fen"]).all()


def test_a_longer_wait_never_raises_benefits() -> None:
    """Check 46, in the first year with lapses that count: enrolment does not look at the wait here."""
    blind = ("enrolment.coefficient_waiting", 0.0)
    short, long = (one_change(blind, ("waiting.fixed_months", months), year=FIRST + 1) for months in (3, 6))
    assert (long["waiting_months"] >= short["waiting_months"]).all()
    assert long["waiting_months"].sum() > short["waiting_months"].sum()
    for name in ("scheme", "contribution_fen", "cost_fen"):
        assert (long[name] == short[name]).all()
    for payer in ("basic", "critical"):
        assert (long[f"{payer}_fen"] <= short[f"{payer}_fen"]).all()


def test_a_higher_contribution_rate_raises_income_and_nothing_else() -> None:
    """Check 44, in the first year, where budgets do not follow the money; fuller accounts carry more to pharmacies."""
    apart = ("budget.employee_strength", 0.0)
    low, high = (one_change(("employee.person_rate", rate), apart) for rate in (0.02, 0.03))
    working = low["work"].isin([Work.ENTERPRISE.name.lower(), Work.PUBLIC.name.lower()])
    assert (high["contribution_fen"] >= low["contribution_fen"]).all()
    assert (high.loc[working, "contribution_fen"] > low.loc[working, "contribution_fen"]).all()
    assert (high["scheme"] == low["scheme"]).all()
    without = (high["account_fen"] + high["own_account_fen"]) == 0
    for name in ("cost_fen", "basic_fen", "critical_fen", "large_sum_fen"):
        assert (high.loc[without, name] == low.loc[without, name]).all()
        assert (high[name] >= low[name]).all()


def residents_of(year: int, *changes: tuple[str, Any]) -> int:
    """Return how many are residents by scheme in a year under values changed from the first year of the wait on."""
    reform = Reform("change", changes={path: {f"{FIRST}-01-01": value} for path, value in changes})
    people = run(reform, last=year).people
    return int(((people["year"] == year) & (people["scheme"] == "resident")).sum())


def test_a_longer_wait_keeps_people_in_where_the_insured_weigh_it() -> None:
    """Document 003 section two (3) means the wait for those who might lapse; without that it keeps the lapsed out."""
    threat, long = ("enrolment.coefficient_threat", 0.3), ("waiting.fixed_months", 12)
    assert residents_of(FIRST, threat, long) > residents_of(FIRST, threat)
    assert residents_of(FIRST + 2, long) <= residents_of(FIRST + 2)


def test_missed_years_are_counted_where_no_wait_follows_them() -> None:
    """Who lapsed is as hard to bring back without the waiting rule: `no_waiting` drops the wait, not the lapse."""
    off = ("waiting.in_force", 0)
    forgiven, held = (residents_of(FIRST + 3, off, ("enrolment.return_penalty", one)) for one in (0.0, -3.0))
    assert held < forgiven
