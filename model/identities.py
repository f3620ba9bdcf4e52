"""The identities that stored tables must satisfy, checked on the tables alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from model.kinds import EMPLOYEE_ACCOUNTS, EMPLOYEE_POOL, KINDS, LARGE_SUM, RESIDENT_POOL, held_fund, outside

PAYERS = ("basic", "critical", "large_sum", "assistance", "own_account", "family_account", "self_pay")
CONTRIBUTION = "contribution"
SHOWN = 5
POOL_OF_SCHEME = {"employee": EMPLOYEE_POOL, "resident": RESIDENT_POOL}
Tables = Mapping[str, pd.DataFrame]


def check_identities(tables: Tables) -> list[str]:
    """Return what is wrong in a run's stored tables, one line each; empty if every fen is accounted for."""
    funds, flows = named(tables["funds"]), tables["flows"]
    wrong = [*check_names(funds, flows), *check_books(funds), *check_flows(funds, flows), *check_years(funds)]
    wrong += [*check_counts(funds, flows), *check_debts(funds, flows)]
    if "care" in tables:
        wrong += check_care(funds, flows, tables["care"])
    if "enrolment" in tables:
        wrong += check_members(funds, tables["enrolment"])
    if "people" in tables:
        wrong += check_people(flows, tables["people"])
    return wrong


def named(funds: pd.DataFrame) -> pd.DataFrame:
    """Return the funds table with the name each ledger has in flows."""
    return funds.assign(name=funds["fund"].astype(str) + ":" + funds["prefecture"].astype(str))


def lines(what: str, rows: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    """Return a line for each of the first rows that break an identity, and how many more there are."""
    found = [f"{what}: " + " ".join(str(row[c]) for c in columns) for _, row in rows.head(SHOWN).iterrows()]
    return found + ([f"{what}: {len(rows) - SHOWN} more"] if len(rows) > SHOWN else [])


def check_names(funds: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Check that payers, payees and kinds are known and no row appears twice."""
    parties = pd.unique(pd.concat([flows["payer"], flows["payee"]]))
    wrong = [f"unknown party: {name}" for name in parties if not held_fund(str(name)) and not outside(str(name))]
    wrong += [f"unknown kind of flow: {kind}" for kind in flows["kind"].unique() if kind not in KINDS]
    twice = flows[flows.duplicated(["year", "payer", "payee", "kind"])]
    wrong += lines("flow appears twice", twice, ("year", "payer", "payee", "kind"))
    twice = funds[funds.duplicated(["year", "name"])]
    return wrong + lines("ledger appears twice", twice, ("year", "name"))


def check_books(funds: pd.DataFrame) -> list[str]:
    """Check that closing is opening plus received less paid, and nothing is negative."""
    change = funds["opening_fen"] + funds["received_fen"] - funds["paid_fen"]
    off = funds[change != funds["closing_fen"]]
    wrong = lines("closing differs from opening + received - paid", off, ("year", "name"))
    columns = ["opening_fen", "received_fen", "paid_fen", "closing_fen", "lent_fen", "owed_fen", "members"]
    return wrong + lines("negative", funds[(funds[columns] < 0).any(axis=1)], ("year", "name", "closing_fen"))


def sums(flows: pd.DataFrame, side: str) -> pd.Series:
    """Return the flows of every year and ledger held, on one side."""
    held = flows[np.array([bool(held_fund(str(name))) for name in flows[side]], dtype=bool)]
    return held.groupby(["year", side])["amount_fen"].sum().rename_axis(["year", "name"])


def compare(what: str, stored: pd.Series, expected: pd.Series) -> list[str]:
    """Return a line for each year and name where two sums differ; what is missing counts as zero."""
    both = pd.concat([stored.rename("stored"), expected.rename("expected")], axis=1)
    both = both.fillna(0).astype(np.int64).reset_index()
    wrong = both[both["stored"] != both["expected"]]
    return lines(what, wrong, tuple(both.columns))


def check_flows(funds: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Check that received and paid of every ledger and year equal the sums of its flows; no flow is negative."""
    keyed = funds.set_index(["year", "name"])
    wrong = lines("negative flow", flows[flows["amount_fen"] < 0], ("year", "payer", "payee", "kind", "amount_fen"))
    wrong += compare("received differs from flows", keyed["received_fen"], sums(flows, "payee"))
    return wrong + compare("paid differs from flows", keyed["paid_fen"], sums(flows, "payer"))


def check_years(funds: pd.DataFrame) -> list[str]:
    """Check that every opening is last year's closing, and zero where there was none."""
    first, last = funds["year"].min(), funds["year"].max()
    closing = funds.assign(year=funds["year"] + 1).set_index(["year", "name"])["closing_fen"]
    opening = funds[funds["year"] > first].set_index(["year", "name"])["opening_fen"]
    return compare("opening differs from last closing", opening, closing[closing.index.get_level_values(0) <= last])


def check_counts(funds: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Check that income and spending are what the kinds of a ledger's flows make of them."""
    keyed = funds.set_index(["year", "name"])
    known = flows[flows["kind"].isin(list(KINDS))]
    amount = known["amount_fen"]

    def counted(side: str, field: str) -> pd.Series:
        sign = known["kind"].map({kind: getattr(effect, field) for kind, effect in KINDS.items()})
        return sums(known.assign(amount_fen=amount * sign), side)

    income = counted("payee", "payee_income").add(counted("payer", "payer_income"), fill_value=0)
    wrong = compare("income differs from flows", keyed["income_fen"], income)
    return wrong + compare("spending differs from flows", keyed["spending_fen"], counted("payer", "payer_spending"))


def check_debts(funds: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Check that what funds owe is what funds lent and what providers still wait for."""
    totals = funds.groupby("year")[["lent_fen", "owed_fen"]].sum()
    kinds = flows.groupby(["year", "kind"])["amount_fen"].sum().unstack(fill_value=0)
    kinds = kinds.reindex(index=totals.index, columns=["arrears", "arrears_paid"], fill_value=0)
    waiting = (kinds["arrears"] - kinds["arrears_paid"]).cumsum()
    off = totals[totals["owed_fen"] - totals["lent_fen"] != waiting].reset_index()
    return lines("debts differ from loans and arrears", off, ("year", "lent_fen", "owed_fen"))


def check_care(funds: pd.DataFrame, flows: pd.DataFrame, care: pd.DataFrame) -> list[str]:
    """Check that every bill splits completely into its seven payers, and each payer's total is what it paid."""
    split = care[[f"{payer}_fen" for payer in PAYERS]].sum(axis=1)
    wrong = lines("cost is not the sum of its payers", care[split != care["cost_fen"]], ("year", "province", "status"))
    home = funds[funds["fund"] == EMPLOYEE_ACCOUNTS].drop_duplicates("prefecture").set_index("prefecture")["province"]
    paid = flows[flows["kind"].isin(PAYERS)]
    province = [int(home.get(int(str(name).rpartition(":")[2]), 0)) for name in paid["payee"]]
    stored = paid.assign(name=np.array(province, np.int64)).groupby(["kind", "year", "name"])["amount_fen"].sum()
    for payer in PAYERS:
        told = care.groupby(["year", "province"])[f"{payer}_fen"].sum().rename_axis(["year", "name"])
        known = payer in stored.index.get_level_values(0)
        wrong += compare(f"care and flows differ in {payer}", told, stored.loc[payer] if known else told * 0)
    return wrong


def check_members(funds: pd.DataFrame, enrolment: pd.DataFrame) -> list[str]:
    """Check that the members of the two schemes' funds are those of the enrolment table."""
    wrong = []
    for scheme, fund in POOL_OF_SCHEME.items():
        told = enrolment[enrolment["scheme"] == scheme].groupby("year")["members"].sum()
        kept = funds[funds["fund"] == fund].groupby("year")["members"].sum()
        wrong += compare(f"members differ between enrolment and {fund}", told, kept)
    return wrong


def check_people(flows: pd.DataFrame, people: pd.DataFrame) -> list[str]:
    """Check that people's own payers of care, contributions and maternity benefits, times the weight, are the flows.

    What own accounts pay for large-sum cover is no contribution of a person: it was one when it came into the account.
    """
    own_premium = (flows["kind"] == "premium_from_account") & flows["payee"].astype(str).str.startswith(LARGE_SUM + ":")
    kinds = flows["kind"].astype(str).replace(["contribution_person", "premium_from_account"], CONTRIBUTION)
    paid = flows[~own_premium].groupby([kinds.rename("kind"), "year"])["amount_fen"].sum()
    wrong = []
    for payer in (name for name in (*PAYERS, CONTRIBUTION, "maternity") if f"{name}_fen" in people):
        told = (people[f"{payer}_fen"].astype(np.int64) * people["weight"]).groupby(people["year"]).sum()
        known = payer in paid.index.get_level_values(0)
        wrong += compare(f"people and flows differ in {payer}", told, paid.loc[payer] if known else told * 0)
    return wrong
