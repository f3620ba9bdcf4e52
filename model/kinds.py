"""Who may pay whom in what name: the funds, the outside parties, the kinds of flow and how each is counted."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

EMPLOYEE_POOL = "employee_pool"
RESIDENT_POOL = "resident_pool"
EMPLOYEE_ACCOUNTS = "employee_accounts"
CRITICAL_ILLNESS = "critical_illness"
LARGE_SUM = "large_sum"
MEDICAL_ASSISTANCE = "medical_assistance"
PROVINCIAL_ADJUSTMENT = "provincial_adjustment"
PROVINCIAL_RESIDENT_ADJUSTMENT = "provincial_resident_adjustment"
NATIONAL_ADJUSTMENT = "national_adjustment"
NATIONAL_RESIDENT_ADJUSTMENT = "national_resident_adjustment"

POOL_FUNDS = (EMPLOYEE_POOL, RESIDENT_POOL, EMPLOYEE_ACCOUNTS, CRITICAL_ILLNESS, LARGE_SUM, MEDICAL_ASSISTANCE)
PROVINCIAL, NATIONAL = "provincial_", "national_"

HOUSEHOLDS = "households"
EMPLOYERS = "employers"
TREASURY = "treasury"
PROVIDERS = "providers"
UNEMPLOYMENT_FUND = "unemployment_fund"
INTEREST = "interest"
CENTRE = "treasury:centre"
BY_CODE = (HOUSEHOLDS, EMPLOYERS, TREASURY, PROVIDERS, UNEMPLOYMENT_FUND)


class Effect(NamedTuple):
    """How a flow is counted in income and spending as the national bulletins count them: 1, 0 or -1."""

    payer_income: int = 0
    payer_spending: int = 0
    payee_income: int = 0


INCOME = Effect(payee_income=1)
BENEFIT = Effect(payer_spending=1)
BOTH = Effect(payer_spending=1, payee_income=1)
ALLOCATION = Effect(payer_income=-1, payee_income=1)
NEITHER = Effect()

KINDS: dict[str, Effect] = {
    "contribution_person": INCOME,
    "contribution_employer": INCOME,
    "contribution_unemployment": INCOME,
    "subsidy": INCOME,
    "interest": INCOME,
    "premium_help": BOTH,
    "premium_from_account": BOTH,
    "premium_critical": BOTH,
    "premium_large_sum": BOTH,  # our addition: an employee pool makes good a loss of its large-sum supplement
    "credit": ALLOCATION,
    "basic": BENEFIT,
    "maternity": BENEFIT,
    "epidemic": BENEFIT,  # our addition: vaccines that the pools paid for their members in 2021 and 2022
    "critical": BENEFIT,
    "large_sum": BENEFIT,
    "assistance": BENEFIT,
    "payment_reform": NEITHER,  # our addition: excess reserves that go into payment reform, no benefit
    "care_insurance": BENEFIT,  # our addition: premiums for long-term care, which families pay on outside
    "own_account": BENEFIT,
    "family_account": BENEFIT,
    "self_pay": NEITHER,
    "inherit": NEITHER,
    "move": NEITHER,
    "merge": NEITHER,
    "step1_loan": NEITHER,
    "step1_aid": NEITHER,  # our addition: step 1 as a grant
    "step1_repay": NEITHER,
    "step1_interest": NEITHER,  # our addition: interest on a loan between two funds
    "scheme_merge": NEITHER,  # our addition: the two funds of a place levelled where the law merges the schemes
    "step2_upload": NEITHER,
    "step2_aid": NEITHER,
    "step3_loan": NEITHER,  # our additions: reserves swapped between provinces
    "step3_repay": NEITHER,
    "step3_interest": NEITHER,
    "step3_upload": NEITHER,
    "step3_aid": NEITHER,
    "backstop": NEITHER,
    "arrears": NEITHER,
    "arrears_paid": NEITHER,
}


@cache
def outside(name: str) -> bool:
    """Say whether a name is an outside party of the flows table."""
    fund, _, code = name.rpartition(":")
    return name in {INTEREST, CENTRE} or (fund in BY_CODE and code.isdigit())


def held_fund(name: str) -> str:
    """Return the fund of a name in the flows table, or nothing for an outside party."""
    fund, _, _ = name.rpartition(":")
    return fund if fund in POOL_FUNDS or fund.startswith((PROVINCIAL, NATIONAL)) else ""
