"""The money of one family and of one pool, year by year, against spreadsheets worked by hand, to the fen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from agents.codes import Care, Status, Tier
from model.identities import check_identities
from model.phases.tally import CareItem, Head, Money
from tests.little_world import fen, live_family, sheet, worked
from tests.small_world import SmallWorld

PRIMARY, SECONDARY, TERTIARY = Tier.PRIMARY, Tier.SECONDARY, Tier.TERTIARY
INCOMES = {
    2024: {"Wei": 90_000, "Min": 60_000, "Fang": 48_000},
    2025: {"Wei": 400_000, "Min": 60_000, "Fang": 48_000},
    2026: {"Wei": 30_000, "Min": 60_000, "Fang": 50_000},
}
BILLS = {
    2024: {
        "Fang": (3_000, 0, 0, SECONDARY, 0, PRIMARY),
        "Guo": (0, 0, 100_000, PRIMARY, 1, TERTIARY),
        "Na": (500, 0, 0, PRIMARY, 0, PRIMARY),
    },
    2025: {"Wei": (2_000, 0, 20_000, TERTIARY, 1, TERTIARY), "Na": (300, 0, 8_000, PRIMARY, 1, SECONDARY)},
    2026: {
        "Min": (0, 0, 250_000, PRIMARY, 1, TERTIARY),
        "Fang": (0, 6_000, 30_000, PRIMARY, 2, TERTIARY),
        "Guo": (1_000, 0, 0, PRIMARY, 0, PRIMARY),
    },
}
ACCOUNTS = {"Wei": 4_000, "Min": 500, "Fang": 1_000}
FAMILY = sheet("one_family.csv")


@pytest.fixture(scope="module")
def family():
    return live_family(INCOMES, BILLS, ACCOUNTS)


@pytest.mark.parametrize("row", FAMILY, ids=lambda row: f"{row['year']}-{row['who']}-{row['item']}")
def test_the_family_agrees_with_the_sheet(family, row: dict[str, str]) -> None:
    by_hand = fen(Decimal(row["yuan"]))
    assert fen(worked(row["arithmetic"])) == by_hand, "the sheet's own arithmetic"
    assert family[int(row["year"]), row["who"], row["item"]] == by_hand, row["why"]


def test_the_sheet_leaves_no_bill_and_no_account_out(family) -> None:
    """Every sum above zero that a bill or a contribution leaves stands in the sheet, and each bill is paid in full."""
    told = {(int(row["year"]), row["who"], row["item"]) for row in FAMILY}
    known = {"income", "cost"}
    payers = ("basic", "supplement", "assistance", "own_account", "family_account", "self_pay")
    missing = {key for key, amount in family.items() if amount and key not in told and key[2] not in known}
    assert missing <= {(2026, name, "contribution") for name in ("Min", "Fang", "Guo", "Na")} | {
        (2025, name, "contribution") for name in ("Min", "Fang")
    } | {(2025, "Na", "matched"), (2026, "Na", "matched")}, "repeats of the year before"
    for year, bills in BILLS.items():
        for who, bill in bills.items():
            assert sum(family[year, who, payer] for payer in payers) == sum(bill[:3]) * 100


# ---- one pool -------------------------------------------------------------------------------------------------------
POOL = sheet("one_pool.csv")
FUNDS = ("employee_pool", "resident_pool", "employee_accounts", "critical_illness", "medical_assistance")
COLUMNS = {
    "opening": "opening_fen", "closing": "closing_fen", "income": "income_fen", "spending": "spending_fen",
    "owed": "owed_fen",
}  # fmt: skip
SUMS = {  # what the people of the pool add up to in a year [yuan]
    2024: {
        "employer": 1_600_000,
        "to_account": 400_000,
        "cash": 361_000,
        "help": 19_000,
        "subsidy": (402_000, 134_000, 164_000),
        "active": 900_000,
        "retired": 500_000,
        "resident": 1_150_000,
        "critical": 60_000,
        "own": 250_000,
        "interest": 3_000,
    },
    2025: {
        "employer": 1_700_000,
        "to_account": 425_000,
        "cash": 380_000,
        "help": 20_000,
        "subsidy": (420_000, 140_000, 170_000),
        "active": 800_000,
        "retired": 500_000,
        "resident": 1_000_000,
        "critical": 95_000,
        "own": 300_000,
        "interest": 5_130,
    },
    2026: {
        "employer": 1_700_000,
        "to_account": 425_000,
        "cash": 380_000,
        "help": 20_000,
        "subsidy": (434_000, 144_000, 176_000),
        "active": 1_000_000,
        "retired": "650000.55",
        "resident": 1_140_000,
        "critical": 30_000,
        "own": "700000.01",
        "interest": "7031.30",
    },
}


def set_sums(world: SmallWorld, sums: dict[str, Any]) -> None:
    """Put a year's sums into the tally of the pool [fen]."""
    tally = world.tally
    tally.clear()
    money = {
        Money.EMPLOYER: "employer", Money.PERSON_TO_ACCOUNT: "to_account", Money.RESIDENT_CASH: "cash",
        Money.RESIDENT_HELP: "help", Money.ACCOUNT_INTEREST: "interest",
    }  # fmt: skip
    for column, name in money.items():
        tally.money[0, column] = fen(Decimal(sums[name]))
    tally.money[0, Money.CREDIT] = fen(Decimal(60_000))
    for level, amount in enumerate(sums["subsidy"]):
        tally.money[0, Money.SUBSIDY_CENTRE + level] = fen(Decimal(amount))
    for status, item, name in (
        (Status.ACTIVE, CareItem.BASIC, "active"),
        (Status.RETIRED, CareItem.BASIC, "retired"),
        (Status.RESIDENT, CareItem.BASIC, "resident"),
        (Status.RESIDENT, CareItem.CRITICAL, "critical"),
        (Status.ACTIVE, CareItem.OWN_ACCOUNT, "own"),
    ):
        tally.care[0, status, Care.INPATIENT, item] = fen(Decimal(sums[name]))
    tally.care[0, Status.RESIDENT, Care.INPATIENT, CareItem.ASSISTANCE] = fen(Decimal(12_000))
    tally.care[:, :, :, CareItem.COST] = tally.care[:, :, :, CareItem.BASIC :].sum(axis=3)
    tally.heads[0, Head.COVERED_RESIDENT] = 1_000


@pytest.fixture(scope="module")
def pool() -> SmallWorld:
    law = {
        "pooling__interest_rate": 0.02, "critical__premium": 9_000, "treasury__backstop_share": 0.6,
        "treasury__backstop_limit": 0.05, "treasury__arrears_repay_share": 0.8,
    }  # fmt: skip
    world = SmallWorld((320100,), (320000,), **law)
    world.endow(
        employee_pool=[fen(Decimal(10**6))], resident_pool=[fen(Decimal(10**5))], employee_accounts=[30_000_000]
    )
    for year, sums in SUMS.items():
        set_sums(world, sums)
        world.step()
        assert world.year == year
    assert check_identities(world.record.tables) == []
    return world


@pytest.mark.parametrize("row", POOL, ids=lambda row: f"{row['year']}-{row['fund']}-{row['item']}")
def test_the_pool_agrees_with_the_sheet(pool: SmallWorld, row: dict[str, str]) -> None:
    year, fund, item = int(row["year"]), row["fund"], row["item"]
    by_hand = fen(Decimal(row["yuan"]))
    assert fen(worked(row["arithmetic"])) == by_hand, "the sheet's own arithmetic"
    funds, flows = pool.record.funds, pool.record.flows
    held = funds[(funds["year"] == year) & (funds["fund"] == fund)].iloc[0]
    if item == "months":
        assert held["reserve_months"] == pytest.approx(float(worked(row["arithmetic"])))
    elif item in COLUMNS:
        assert held[COLUMNS[item]] == by_hand, row["why"]
    else:
        ends = (flows["payer"] == f"{fund}:320100") | (flows["payee"] == f"{fund}:320100")
        found = flows[(flows["year"] == year) & (flows["kind"] == item) & ends]
        assert found["amount_fen"].sum() == by_hand, row["why"]


def test_arithmetic_is_nothing_but_arithmetic() -> None:
    assert worked("(1 + 2) * 0.1 - min(4, 5) / 2") == Decimal("-1.7")
    assert fen(Decimal("0.005")) == 1
    for text in ("__import__('os')", "a + 1", "2 ** 3", "[1]"):
        with pytest.raises(ValueError, match="expected numbers"):
            worked(text)
