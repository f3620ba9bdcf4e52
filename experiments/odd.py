"""The tables of model/ODD.md, printed from the code; `python -m experiments.readme` puts them into the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from agents.chance import Purpose
from agents.columns import Column
from model import kinds
from model.data import catalogue
from model.kinds import KINDS, Effect
from model.phases.areas import EMPLOYEE_LIKE, RESIDENT_LIKE
from model.policy.loader import read_unread
from model.policy.policy import load_policy

ROOT = Path(__file__).resolve().parent.parent
POOLS = (kinds.EMPLOYEE_POOL, kinds.RESIDENT_POOL)
PROVINCIAL = (kinds.PROVINCIAL_ADJUSTMENT, kinds.PROVINCIAL_RESIDENT_ADJUSTMENT)
NATIONAL = (kinds.NATIONAL_ADJUSTMENT, kinds.NATIONAL_RESIDENT_ADJUSTMENT)
ACCOUNTS, ASSISTANCE = (kinds.EMPLOYEE_ACCOUNTS,), (kinds.MEDICAL_ASSISTANCE,)
CRITICAL, LARGE_SUM = (kinds.CRITICAL_ILLNESS,), (kinds.LARGE_SUM,)
EMPLOYEE, RESIDENT = POOLS[:1], POOLS[1:]
HOUSEHOLDS, TREASURY, PROVIDERS = (kinds.HOUSEHOLDS,), (kinds.TREASURY,), (kinds.PROVIDERS,)
ALL_FUNDS = (*kinds.POOL_FUNDS, *PROVINCIAL)
SHORT = {ALL_FUNDS: "any fund", POOLS: "both pools", PROVINCIAL: "provincial funds", NATIONAL: "national funds"}
COUNTED = {"payee_income": "payee's income", "payer_income": "payer's income", "payer_spending": "payer's spending"}

LEDGERS = {
    kinds.EMPLOYEE_POOL: "pooled fund of the employee scheme, maternity included",
    kinds.RESIDENT_POOL: "fund of the resident scheme",
    kinds.EMPLOYEE_ACCOUNTS: "individual accounts together; equal to the people's balances times the weight",
    kinds.CRITICAL_ILLNESS: "residents' critical-illness cover, fed from the resident pool",
    kinds.LARGE_SUM: "employees' large-sum cover, fed by premiums",
    kinds.MEDICAL_ASSISTANCE: "help with premiums and bills for the low-income classes",
    kinds.PROVINCIAL_ADJUSTMENT: "step 2 for employees",
    kinds.PROVINCIAL_RESIDENT_ADJUSTMENT: "step 2 for residents",
    kinds.NATIONAL_ADJUSTMENT: "step 3 for employees",
    kinds.NATIONAL_RESIDENT_ADJUSTMENT: "step 3 for residents",
}
PARTIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "contribution_person": (HOUSEHOLDS, (*POOLS, *ACCOUNTS, *LARGE_SUM)),
    "contribution_employer": ((kinds.EMPLOYERS,), EMPLOYEE),
    "contribution_unemployment": ((kinds.UNEMPLOYMENT_FUND,), EMPLOYEE),
    "subsidy": (TREASURY, (*POOLS, *ASSISTANCE, *NATIONAL)),
    "interest": ((kinds.INTEREST,), (*POOLS, *ACCOUNTS, *PROVINCIAL, *NATIONAL)),
    "premium_help": (ASSISTANCE, RESIDENT),
    "premium_from_account": (ACCOUNTS, (*RESIDENT, *LARGE_SUM)),
    "premium_critical": (RESIDENT, CRITICAL),
    "premium_large_sum": (EMPLOYEE, LARGE_SUM),
    "credit": (EMPLOYEE, ACCOUNTS),
    "basic": (POOLS, PROVIDERS),
    "maternity": (EMPLOYEE, PROVIDERS),
    "epidemic": (POOLS, PROVIDERS),
    "critical": (CRITICAL, PROVIDERS),
    "large_sum": (LARGE_SUM, PROVIDERS),
    "assistance": (ASSISTANCE, PROVIDERS),
    "payment_reform": (EMPLOYEE, PROVIDERS),
    "care_insurance": (ACCOUNTS, HOUSEHOLDS),
    "own_account": (ACCOUNTS, PROVIDERS),
    "family_account": (ACCOUNTS, PROVIDERS),
    "self_pay": (HOUSEHOLDS, PROVIDERS),
    "inherit": (ACCOUNTS, (*ACCOUNTS, *HOUSEHOLDS)),
    "move": (ACCOUNTS, ACCOUNTS),
    "merge": (ALL_FUNDS, ALL_FUNDS),
    "step1_loan": (POOLS, POOLS),
    "step1_aid": (POOLS, POOLS),
    "step1_repay": (POOLS, POOLS),
    "step1_interest": (POOLS, POOLS),
    "scheme_merge": (POOLS, POOLS),
    "step2_upload": (POOLS, PROVINCIAL),
    "step2_aid": (PROVINCIAL, POOLS),
    "step3_loan": (POOLS, POOLS),
    "step3_repay": (POOLS, POOLS),
    "step3_interest": (POOLS, POOLS),
    "step3_upload": (POOLS, NATIONAL),
    "step3_aid": (NATIONAL, POOLS),
    "backstop": (TREASURY, POOLS),
    "arrears": (PROVIDERS, POOLS),
    "arrears_paid": (POOLS, PROVIDERS),
}
DECIDES = {
    Purpose.LIFE: "who dies in the year, who falls chronically ill or gets worse (**evenly spread**)",
    Purpose.BIRTH: "who has a child (**evenly spread**)",
    Purpose.FAMILY_LIFE: "who looks for a partner of what age, goes away, comes back or sets up a home",
    Purpose.COUPLE: "whether a couple parts, where a new one lives (key of both)",
    Purpose.DESTINATION: "where somebody goes who goes away",
    Purpose.RETURN: "whether somebody who enters comes late, in which month, and pays for missed years",
    Purpose.WORK: "school, jobs, and whether a flexible worker joins the employee scheme",
    Purpose.ENROLMENT: (
        "a member's own choice and place of insurance; whom assistance helps outside its classes; "
        "a pool's mobilisation (once, for every seed)"
    ),
    Purpose.OUTPATIENT: "number and cost of visits, cost of chronic treatment (**evenly spread**)",
    Purpose.INPATIENT: "number, level, place and cost of hospital stays (**evenly spread**)",
    Purpose.PLACE_OF_CARE: "level of hospital of visits; who gives up a stay; how visits away are paid for",
    Purpose.ACCOUNT: "whether and when a holder of an account registers relatives; wallet; premiums (once in a life)",
    Purpose.POOL_SHOCK: "the year's shock of a pool, of its province and of the nation",
    Purpose.POOL_CHANCE: "chance among a pool's true members",
    Purpose.FAMILY: "a family's common number in enrolment",
    Purpose.NEWBORN_KEY: "a newborn's key (the same for every seed) and sex",
    Purpose.SCRAMBLE: "the words that scramble a year's evenly spread draws",
    Purpose.BUDGET: "how far a pool's plan of spending lies from its income (once, for every seed)",
    Purpose.SYNTHESIS_AGE: "rounding of people by pool, sex and age",
    Purpose.SYNTHESIS_FAMILY: "marital status, collective quarters, living alone, couples, homes",
    Purpose.SYNTHESIS_KIN: "living parents and spouses elsewhere",
    Purpose.SYNTHESIS_MIGRATION: "town or village, place and kind of registration",
    Purpose.SYNTHESIS_WORK: "students, members at work and retired, farmers",
    Purpose.SYNTHESIS_HEALTH: "chronic illness",
    Purpose.SYNTHESIS_INCOME: "place in the income distribution",
    Purpose.SYNTHESIS_ACCOUNT: "how much of an account is used up",
    Purpose.SYNTHESIS_SCHEME: "who is uninsured, where residents are insured, years, pooled-only cover",
}


def markdown(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def columns(declared: Mapping[str, Column]) -> str:
    """Return declared columns with type, unit and meaning."""
    rows = ((f"`{name}`", each.dtype, each.unit, each.meaning) for name, each in declared.items())
    return markdown(("column", "type", "unit", "meaning"), rows)


def kept_by(fund: str) -> str:
    """Return which area keeps a fund."""
    if fund in PROVINCIAL:
        return "province"
    if fund in NATIONAL:
        return "nation"
    levels = ((EMPLOYEE_LIKE, "`pooling.employee_level`"), (RESIDENT_LIKE, "`pooling.resident_level`"))
    return next((level for funds, level in levels if fund in funds), "prefecture")


def ledgers() -> str:
    """Return the ledgers held, and the parties outside."""
    rows = ((f"`{fund}`", kept_by(fund), meaning) for fund, meaning in LEDGERS.items())
    outside = ", ".join(f"`{name}`" for name in (*kinds.BY_CODE, kinds.INTEREST))
    return markdown(("ledger", "kept by", "holds"), rows) + f"\nOutside, without a balance: {outside}.\n"


def named(parties: tuple[str, ...]) -> str:
    """Return the names of funds and outside parties, the funds of one kind under one name."""
    text = ", ".join(parties)
    for several, name in SHORT.items():
        text = text.replace(", ".join(several), name)
    return text


def counted(effect: Effect) -> str:
    """Return in words how a flow counts in income and spending."""
    signs = effect._asdict()
    said = [f"{'+' if signs[name] > 0 else '−'} {words}" for name, words in COUNTED.items() if signs[name]]
    return ", ".join(said) or "neither"


def flows() -> str:
    """Return the kinds of flow: who pays whom, and how it is counted; kinds alike in a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for kind, effect in KINDS.items():
        alike.setdefault((*map(named, PARTIES[kind]), counted(effect)), []).append(f"`{kind}`")
    rows = ((", ".join(names), *said) for said, names in alike.items())
    return markdown(("kind", "from", "to", "counts as"), rows)


def drawn_in(purpose: Purpose) -> str:
    """Return the files that draw for a purpose, empty for none."""
    wanted = re.compile(rf"\bPurpose\.{purpose.name}\b")
    files = [path for folder in ("agents", "model") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [path for path in files if wanted.search(path.read_text(encoding="utf-8"))]
    return ", ".join(path.relative_to(ROOT).with_suffix("").as_posix() for path in found)


def chance() -> str:
    """Return what is left to chance: every purpose, what it decides and where."""
    rows = ((int(each), each.name, DECIDES[each], drawn_in(each)) for each in Purpose if each in DECIDES)
    idle = ", ".join(each.name for each in Purpose if each not in DECIDES)
    return markdown(("no.", "purpose", "decides", "drawn in"), rows) + f"\nDeclared but not drawn yet: {idle}.\n"


def parameters() -> str:
    """Return how many parameters there are of each kind, and which were calibrated against what."""
    law = load_policy().parameters
    number = Counter(each.kind for each in law.values())
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(number.items()))
    fitted = [f"`{path}` ({'; '.join(each.targets)})" for path, each in law.items() if each.targets]
    left = len(read_unread())
    return f"{len(law)} parameters: {told}; {left} are not read yet.\n\nCalibrated: {', '.join(fitted)}.\n"


def unread() -> str:
    """Return the parameters that no phase reads, by group."""
    parts = [path.split(".") for path in sorted(read_unread())]
    groups = groupby(parts, key=lambda part: part[0])
    if not parts:
        return "None.\n"
    return "; ".join(f"`{group}`: {', '.join(name for _, name in names)}" for group, names in groups) + ".\n"


def data() -> str:
    """Return the tables that the model reads."""
    found = (f"`{each['file']}` ({each['title']['en']})" for each in catalogue().values())
    return "; ".join(found) + ".\n"
