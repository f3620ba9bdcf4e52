"""Every fen and everybody accounted for, in worlds under several laws: a few lines of pandas on what is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.codes import Aid
from model.pooling import PoolingModel
from model.record import check_identities
from model.scenario import Reform
from tests.worlds import ALL_STEPS, START, moved, world_of

PAYERS = ("basic", "critical", "large_sum", "assistance", "own_account", "family_account", "self_pay")
LAWS: dict[str, tuple[tuple[str, int], ...]] = {
    "today": (),
    "steps": ((ALL_STEPS, START + 1),),
    "nation": (("national_pooling", START + 1),),
    "province": (("provincial_pooling", START + 1), ("co_use_2021", START + 1)),
}
LAST = START + 2
HELD = re.compile(
    r"(employee_pool|resident_pool|employee_accounts|critical_illness|large_sum|medical_assistance|"
    r"provincial_\w+|national_\w+):\d+"
)
OUTSIDE = re.compile(r"(households|employers|providers|unemployment_fund):\d{6}|treasury:(centre|\d{6})|interest")
KINDS = (
    "contribution_person contribution_employer contribution_unemployment subsidy premium_help credit premium_critical "
    "interest basic critical large_sum assistance maternity own_account family_account self_pay premium_from_account "
    "inherit move merge step1_loan step1_repay step2_upload step2_aid step3_upload step3_aid backstop arrears "
    "arrears_paid"
)
ADDED = {"epidemic", "care_insurance", "premium_large_sum", "step1_interest"}
ADDED |= {"step3_loan", "step3_repay", "step3_interest"}
INCOME = ("contribution_person", "contribution_employer", "contribution_unemployment", "subsidy", "interest")
FROM_ACCOUNTS = ("own_account", "family_account", "premium_from_account", "care_insurance")
YEARS = range(START, LAST + 1)


@dataclass(frozen=True)
class Told:
    """A world lived, and its people of every year."""

    world: PoolingModel
    people: pd.DataFrame
    subsidy: dict[int, dict[int, int]]
    law: dict[int, Any]
    base_wage: dict[int, Any]

    @property
    def funds(self) -> pd.DataFrame:
        funds = self.world.record.funds
        return funds.assign(name=funds["fund"] + ":" + funds["prefecture"].astype(str))

    @property
    def flows(self) -> pd.DataFrame:
        return self.world.record.flows

    def flown(self, *kinds: str) -> pd.Series:
        """Return the flows of some kinds by year [fen]."""
        some = self.flows[self.flows["kind"].isin(kinds)]
        return some.groupby("year")["amount_fen"].sum().reindex(YEARS, fill_value=0)

    def summed(self, values: pd.Series) -> pd.Series:
        """Return a column of people times the weight by year [fen]."""
        return (values.astype(np.int64) * self.people["weight"]).groupby(self.people["year"]).sum()


def run(*reforms: Reform, last: int = LAST) -> Told:
    """Live a world year by year and keep its people."""
    world = world_of(end=last, reforms=reforms)
    people, subsidy, law, wage = [], {}, {}, {}
    codes = world.pools["code"].tolist()
    while world.year < last:
        world.step()
        living = world.engine.people.dying == 0
        people.append(world.people_frame().assign(alive=living, free=world.engine.people.aid == Aid.DESTITUTE))
        subsidy[world.year] = dict(zip(codes, world.ground.subsidy.sum(axis=1).astype(np.int64).tolist(), strict=True))
        law[world.year] = world.law[0]
        wage[world.year] = dict(zip(codes, np.asarray(world.ground.base_wage).tolist(), strict=True))
    return Told(world, pd.concat(people, ignore_index=True), subsidy, law, wage)


@cache
def told(law: str) -> Told:
    return run(*(moved(name, year) for name, year in LAWS[law]))


@pytest.fixture(params=LAWS, scope="module")
def seen(request: pytest.FixtureRequest) -> Told:
    return told(request.param)


def rounded(x: Any) -> Any:
    return np.floor(x + 0.5)


def equal(one: pd.Series, other: pd.Series) -> None:
    both = pd.concat([one.rename("one"), other.rename("other")], axis=1).fillna(0).astype(np.int64)
    wrong = both[both["one"] != both["other"]]
    assert wrong.empty, wrong.head()


# ---- money ----------------------------------------------------------------------------------------------------------
def test_parties_and_kinds_are_those_of_the_contract(seen: Told) -> None:
    flows = seen.flows
    assert set(flows["kind"]) <= set(KINDS.split()) | ADDED
    for name in pd.unique(pd.concat([flows["payer"], flows["payee"]])):
        assert HELD.fullmatch(name) or OUTSIDE.fullmatch(name), name
    assert not flows.duplicated(["year", "payer", "payee", "kind"]).any()
    assert (flows["payer"] != flows["payee"]).all()
    assert (flows["amount_fen"] > 0).all()
    assert set(flows["year"]) == set(YEARS)


@pytest.mark.parametrize(("side", "column"), [("payee", "received_fen"), ("payer", "paid_fen")])
def test_funds_are_their_flows(seen: Told, side: str, column: str) -> None:
    flows = seen.flows
    held = flows[flows[side].str.fullmatch(HELD)].groupby(["year", side])["amount_fen"].sum()
    equal(seen.funds.set_index(["year", "name"])[column], held.rename_axis(["year", "name"]))


def test_closing_is_opening_and_what_came_less_what_went(seen: Told) -> None:
    funds = seen.funds
    assert (funds["opening_fen"] + funds["received_fen"] - funds["paid_fen"] == funds["closing_fen"]).all()
    assert (funds[["opening_fen", "received_fen", "paid_fen", "closing_fen", "members"]] >= 0).all(axis=None)
    assert not funds.duplicated(["year", "name"]).any()
    closing = funds.set_index(["year", "name"])["closing_fen"].unstack(fill_value=0)
    opening = funds.set_index(["year", "name"])["opening_fen"].unstack(fill_value=0)
    for year in YEARS[1:]:
        assert (opening.loc[year] == closing.loc[year - 1]).all()


def test_the_whole_system_changes_by_what_crosses_its_border(seen: Told) -> None:
    flows = seen.flows
    held_payer, held_payee = (flows[side].str.fullmatch(HELD) for side in ("payer", "payee"))
    came = flows[~held_payer & held_payee].groupby("year")["amount_fen"].sum()
    went = flows[held_payer & ~held_payee].groupby("year")["amount_fen"].sum()
    sums = seen.funds.groupby("year")[["opening_fen", "closing_fen"]].sum()
    equal(sums["closing_fen"] - sums["opening_fen"], came - went)


def test_mutual_aid_creates_no_money(seen: Told) -> None:
    """Uploads and aid pass between ledgers held; what is lent and not repaid is what is owed beyond arrears."""
    flows = seen.flows
    aid = flows[flows["kind"].str.startswith(("step1_", "step2_", "step3_", "merge"))]
    assert aid["payer"].str.fullmatch(HELD).all()
    assert aid["payee"].str.fullmatch(HELD).all()
    debts = seen.funds.groupby("year")[["lent_fen", "owed_fen"]].sum()
    lent = (seen.flown("step1_loan", "step3_loan") - seen.flown("step1_repay", "step3_repay")).cumsum()
    waiting = (seen.flown("arrears") - seen.flown("arrears_paid")).cumsum()
    assert (debts["lent_fen"] >= lent).all(), "interest that is not paid adds to a loan"
    equal(debts["owed_fen"] - debts["lent_fen"], waiting)


def test_income_and_spending_are_the_bulletins(seen: Told) -> None:
    """The employee pool: contributions and interest less credits; benefits with maternity. No aid in either."""
    flows, funds = seen.flows, seen.funds
    for fund, incomes, allocated, benefits in (
        ("employee_pool", INCOME, ("credit",), ("basic", "maternity", "premium_large_sum")),
        ("resident_pool", (*INCOME, "premium_help", "premium_from_account"), (), ("basic", "premium_critical")),
        ("employee_accounts", (*INCOME, "credit"), (), FROM_ACCOUNTS),
    ):
        into = flows[flows["payee"].str.startswith(f"{fund}:")]
        out = flows[flows["payer"].str.startswith(f"{fund}:")]
        came = into[into["kind"].isin(incomes)].groupby("year")["amount_fen"].sum()
        less = out[out["kind"].isin(allocated)].groupby("year")["amount_fen"].sum().reindex(YEARS, fill_value=0)
        paid = out[out["kind"].isin(benefits)].groupby("year")["amount_fen"].sum()
        sums = funds[funds["fund"] == fund].groupby("year")[["income_fen", "spending_fen"]].sum()
        equal(sums["income_fen"], came - less)
        equal(sums["spending_fen"], paid)


def test_months_of_reserve_follow_from_the_same_row(seen: Told) -> None:
    funds = seen.funds[seen.funds["spending_fen"] > 0]
    months = 12.0 * funds["closing_fen"] / funds["spending_fen"]
    assert np.allclose(funds["reserve_months"], months, rtol=1e-12)
    pools = funds[funds["fund"].isin(["employee_pool", "resident_pool"]) & (funds["status"] != "merged")]
    bands = pd.cut(pools["reserve_months"], [-np.inf, 3, 6, 9, 15, np.inf], labels=False)
    edges = pools["reserve_months"].isin([3.0, 6.0, 9.0, 15.0])
    order = ["short", "low", "normal", "high", "excess"]
    assert (pools["status"] == bands.map(dict(enumerate(order))))[~edges].all()


# ---- people and flows -----------------------------------------------------------------------------------------------
def test_a_bill_is_split_completely_for_everybody(seen: Told) -> None:
    people = seen.people
    assert (people[[f"{payer}_fen" for payer in PAYERS]].sum(axis=1) == people["cost_fen"]).all()
    amounts = [name for name in people.columns if name.endswith("_fen")]
    assert (people[amounts] >= 0).all(axis=None)


@pytest.mark.parametrize("payer", PAYERS)
def test_people_times_weight_are_the_flows_of_each_payer(seen: Told, payer: str) -> None:
    equal(seen.summed(seen.people[f"{payer}_fen"]), seen.flown(payer))


def test_people_times_weight_are_the_contributions(seen: Told) -> None:
    people = seen.people
    unemployed = people["work"] == "unemployed"
    own = (seen.flows["kind"] == "premium_from_account") & seen.flows["payee"].str.startswith("large_sum:")
    from_own = seen.flows[own].groupby("year")["amount_fen"].sum().reindex(YEARS, fill_value=0)
    paid = seen.flown("contribution_person", "premium_from_account") - from_own
    equal(seen.summed(people["contribution_fen"]), paid)
    equal(seen.summed(people["employer_fen"].where(~unemployed, 0)), seen.flown("contribution_employer"))
    equal(seen.summed(people["employer_fen"].where(unemployed, 0)), seen.flown("contribution_unemployment"))


def test_people_and_duplicates_are_the_subsidies(seen: Told) -> None:
    flows, enrolment = seen.flows, seen.world.record.enrolment
    paid = flows[(flows["kind"] == "subsidy") & flows["payee"].str.startswith("resident_pool:")]
    twice = enrolment[enrolment["duplicates"] > 0]
    per_head = [seen.subsidy[y][p] for y, p in zip(twice["year"], twice["prefecture"], strict=True)]
    extra = (twice["duplicates"] * per_head).groupby(twice["year"]).sum().reindex(YEARS, fill_value=0)
    if not seen.law[START].enrolment.duplicate_subsidised:
        extra = extra * 0
    equal(seen.summed(seen.people["subsidy_fen"]) + extra, paid.groupby("year")["amount_fen"].sum())


def test_help_with_premiums_is_what_residents_do_not_pay(seen: Told) -> None:
    people = seen.people
    residents = (people["scheme"] == "resident") & (people["age"] > 0)
    due = people["year"].map({year: int(law.resident.individual) for year, law in seen.law.items()})
    free = people["free"].astype(int)
    repaired = np.ceil(people["contribution_fen"] / due).astype(int) - 1 + free  # missed years paid for, without help
    rest = ((1 + repaired) * due - people["contribution_fen"]).where(residents, 0)
    newborn_free = all(int(law.resident.newborn_free) for law in seen.law.values())
    infants = (people["scheme"] == "resident") & (people["age"] == 0)
    if not newborn_free:
        rest += (due - people["contribution_fen"]).where(infants, 0)
    equal(seen.summed(rest), seen.flown("premium_help"))


def test_accounts_are_their_ledger(seen: Told) -> None:
    people = seen.people
    held = (people["account_fen"] * people["weight"]).groupby([people["year"], people["prefecture"]]).sum()
    ledger = seen.funds[seen.funds["fund"] == "employee_accounts"].set_index(["year", "prefecture"])["closing_fen"]
    equal(held, ledger)


def test_care_is_its_people(seen: Told) -> None:
    by = ["year", "province", "scheme"]
    columns = ["cost_fen", *(f"{payer}_fen" for payer in PAYERS)]
    people = seen.people[by].join(seen.people[columns].mul(seen.people["weight"], axis=0))
    care = seen.world.record.care
    for column in columns:
        equal(people.groupby(by)[column].sum(), care.groupby(by)[column].sum())
    statuses = {"active": "employee", "retired": "employee", "resident": "resident", "none": "none"}
    assert (care["status"].map(statuses) == care["scheme"]).all()


def test_who_is_not_insured_gets_and_pays_nothing(seen: Told) -> None:
    nobody = seen.people[seen.people["scheme"] == "none"]
    assert len(nobody)
    names = ("contribution", "employer", "subsidy", "basic", "critical", "large_sum", "assistance", "family_account")
    assert (nobody[[f"{name}_fen" for name in names]] == 0).all(axis=None)


def test_nothing_is_paid_while_waiting_all_year(seen: Told) -> None:
    people = seen.people
    assert people["waiting_months"].between(0, 12).all()
    waiting = people[people["waiting_months"] > 0]
    residents = waiting["scheme"] == "resident"
    assert (waiting.loc[~residents, "work"] == "flexible").all(), "who comes to the employee scheme after a gap"
    assert (waiting.loc[residents, "critical_fen"] == 0).all()
    assert (waiting.loc[waiting["waiting_months"] == 12, "basic_fen"] == 0).all()


# ---- counts ---------------------------------------------------------------------------------------------------------
def test_members_of_funds_are_members_of_schemes(seen: Told) -> None:
    enrolment, funds = seen.world.record.enrolment, seen.funds
    for scheme, names in (
        ("employee", ("employee_pool", "employee_accounts", "large_sum")),
        ("resident", ("resident_pool", "critical_illness")),
    ):
        members = enrolment[enrolment["scheme"] == scheme].groupby("year")["members"].sum()
        for fund in names:
            equal(members, funds[funds["fund"] == fund].groupby("year")["members"].sum())


def test_members_by_pool_under_todays_law() -> None:
    seen = told("today")
    enrolment, funds = seen.world.record.enrolment, seen.funds
    for scheme, fund in (("employee", "employee_accounts"), ("resident", "medical_assistance")):
        by = ["year", "prefecture"]
        members = enrolment[enrolment["scheme"].isin([scheme, "employee"])].groupby(by)["members"].sum()
        equal(members, funds[funds["fund"] == fund].groupby(by)["members"].sum())


def test_everybody_alive_is_enrolled_once(seen: Told) -> None:
    people, enrolment = seen.people, seen.world.record.enrolment
    assert not people.duplicated(["year", "key"]).any()
    alive = people[people["alive"]]
    by = ["year", "prefecture", "scheme", "work"]
    equal(alive.groupby(by)["weight"].sum(), enrolment.set_index(by)["people"])
    equal(alive.groupby("year")["weight"].sum(), enrolment.groupby("year")["people"].sum())
    insured = enrolment[enrolment["scheme"] != "none"]
    assert (insured["members"] - insured["duplicates"] == insured["people"]).all()
    assert (enrolment.loc[enrolment["scheme"] == "none", "members"] == 0).all()
    waiting = people[people["waiting_months"] > 0].groupby("year")["weight"].sum()
    equal(enrolment.groupby("year")["waiting"].sum(), waiting)


def test_population_moves_by_births_and_deaths() -> None:
    people = told("today").people
    for year in YEARS[1:]:
        before, now = people[people["year"] == year - 1], people[people["year"] == year]
        stayed = set(before.loc[before["alive"], "key"])
        assert stayed <= set(now["key"])
        assert (now.loc[~now["key"].isin(stayed), "age"] == 0).all()


def test_contributions_are_the_rule_applied_to_the_income() -> None:
    """Check 10: recompute from exported incomes, the floor, the cap and the rate."""
    seen = told("today")
    for year in YEARS:
        law = seen.law[year].employee
        people = seen.people[(seen.people["year"] == year) & seen.people["work"].isin(["enterprise", "public"])]
        wage = people["prefecture"].map(seen.base_wage[year]).to_numpy(np.float64)
        base = rounded(people["income_fen"].to_numpy(np.float64) * float(law.declared_share))
        floor, cap = rounded(wage * float(law.base_floor)), rounded(wage * float(law.base_cap))
        own = rounded(np.clip(base, floor, cap) * float(law.person_rate))
        assert len(people) > 100
        premium = people["contribution_fen"] - own.astype(np.int64)  # unless the own account pays it
        assert premium.isin([0, int(seen.law[year].large_sum.premium)]).all()
        assert (premium == 0).any() == bool(seen.law[year].large_sum.from_account)


# ---- the model's own check ------------------------------------------------------------------------------------------
def tables(seen: Told) -> dict[str, pd.DataFrame]:
    return dict(seen.world.record.tables) | {"people": seen.people.drop(columns="alive")}


def test_the_models_own_check_finds_nothing(seen: Told) -> None:
    assert check_identities(tables(seen)) == []


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("funds", f"{name}_fen") for name in ("opening", "received", "paid", "closing")),
        *(("funds", f"{name}_fen") for name in ("income", "spending", "owed")),
        ("funds", "members"),
        ("flows", "amount_fen"),
        ("enrolment", "members"),
        *(("care", f"{payer}_fen") for payer in ("cost", "basic", "self_pay")),
        *(("people", f"{payer}_fen") for payer in ("basic", "family_account", "self_pay")),
    ],
)
def test_the_models_own_check_finds_one_wrong_number(table: str, column: str) -> None:
    stored = tables(told("steps"))
    wrong = stored[table].copy()
    some = wrong["fund"] == "employee_pool" if table == "funds" else wrong[column] >= 0
    rows = wrong.index[some & (wrong[column] > 0)]
    wrong.loc[rows[len(rows) // 2] if len(rows) else wrong.index[some][0], column] += 1
    assert check_identities(stored | {table: wrong}) != []
