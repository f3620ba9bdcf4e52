"""Oracle rows of enrolment and co-use in, expected fields out: a translation of words, the rules do the rest."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from agents.codes import Kin, Scheme
from model.policy import load_policy
from model.readings import readings_in_law
from model.rules import cap_bonus, may_share
from model.rules.codes import NO_CEILING, Area, CoUse, Tie, Use
from model.rules.enrolment import cap_reduction, continuity_steps, person_cap, repair_cost, waiting_parts
from model.rules.histories import Circumstances, Counters, check_incentive, counters
from model.rules.readings import choose
from model.rules.sharing import kin_by_law, may_pay_part, pays_from_account

T = TypeVar("T")
Row = Mapping[str, str]
Answer = dict[str, int | float | str | None]

# the numbers of 国办发〔2024〕38号, section two item three, that no column holds
START, ENTRY_YEARS, LEAST_STEP_FEN, MOST_LIMIT = 2025, 4, 100_000, 0.2
FEN = 100
IN_LAW = readings_in_law(load_policy(), START)
"""The readings that the law in force takes."""
WALLET = {"from 2025": (2025, 1), "from 2024": (2024, 1)}  # S4

WAIT_FIELDS = (
    "expected_gap_years",
    "expected_fixed",
    "expected_variable_before_repair",
    "expected_variable_after_repair",
    "expected_total_months",
    "expected_repair_cost",
)
CAP_FIELDS = (
    "expected_consecutive_years",
    "expected_continuity_steps",
    "expected_no_claim_steps",
    "expected_bonus",
    "expected_cap",
)
GROUPS = {
    "": Circumstances(),
    "none": Circumstances(),
    "newborn": Circumstances(newborn=True),
    "adult never enrolled before": Circumstances(never_enrolled=True),
    "born 2026, not enrolled then": Circumstances(never_enrolled=True, born=2026),
    "assisted person, group listed as special by the province": Circumstances(assisted=True, listed=True),
    "assisted person, group not listed by the province": Circumstances(assisted=True),
    "coverage year 2024": Circumstances(),
    "employee cover ended in 2027, joined the resident scheme within 3 months": Circumstances(switched_in_time=True),
}
NO_CEILING_WORDS = ("", "none", "no ceiling", "unlimited", "inf")

RELATIONS = {
    "holder": (Kin.SELF, Tie.PLAIN),
    "spouse": (Kin.SPOUSE, Tie.PLAIN),
    **dict.fromkeys(("parent", "father", "mother"), (Kin.PARENT, Tie.PLAIN)),
    **dict.fromkeys(("child", "son", "daughter"), (Kin.CHILD, Tie.PLAIN)),
    "adoptive parent": (Kin.PARENT, Tie.LAW_ONLY),
    "step-child without support relation": (Kin.CHILD, Tie.LIFE_ONLY),
    "sibling": (Kin.SIBLING, Tie.PLAIN),
    "half-sibling": (Kin.SIBLING, Tie.LAW_ONLY),
    **dict.fromkeys(("paternal grandparent", "maternal grandparent"), (Kin.GRANDPARENT, Tie.PLAIN)),
    **dict.fromkeys(("grandchild through son", "grandchild through daughter"), (Kin.GRANDCHILD, Tie.PLAIN)),
    "spouse's parent": (Kin.SPOUSE_PARENT, Tie.PLAIN),
    "spouse's parent via the spouse's own account": (Kin.PARENT, Tie.PLAIN),
    **dict.fromkeys(
        (
            "great-grandchild",
            "spouse's sibling",
            "child's spouse",
            "nephew or niece",
            "uncle or aunt",
            "cousin",
            "former spouse",
            "unmarried partner",
        ),
        (Kin.OTHER, Tie.PLAIN),
    ),
    "two users of one account": (Kin.SPOUSE, Tie.PLAIN),
}
HOLDER_ACCOUNT = {
    "employee with account": 1,
    "employee without account": 0,
    "retired employee with account": 1,
    "resident": 0,
    "spouse: employee with account": 1,
}
USER_COVER = {
    "self": Scheme.EMPLOYEE,
    "none": Scheme.NONE,
    "resident": Scheme.RESIDENT,
    "employee with account": Scheme.EMPLOYEE,
}
PURPOSES = {
    "hospital or clinic self-pay": Use.CARE,
    "pharmacy drugs": Use.DRUGS,
    "pharmacy devices or consumables": Use.DEVICES,
    "resident contribution": Use.CONTRIBUTION,
    "self-pay outside the insured list": Use.OUTSIDE_LIST,
    "pooled-fund part of the bill": Use.FUND_PART,
    "reimbursement at the holder's rate": Use.HOLDERS_RATE,
    "non-designated pharmacy": Use.OTHER_PHARMACY,
    "gym membership": Use.GYM,
}
RULES = {"2021": CoUse.FAMILY, "2024": CoUse.NEAR_RELATIVES}
REGISTERED = {"0": 0, "1": 1}
MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
WALLETS = {"": None, "both areas opened the wallet": 1, "area not yet opened": 0}


def word(row: Row, column: str, meanings: Mapping[str, T]) -> T:
    """Return what a word of the vocabulary means; raise ValueError naming the column and the word."""
    text = (row.get(column) or "").strip()
    if text not in meanings:
        raise ValueError(f"{column}: unknown value {text!r}")
    return meanings[text]


def number(row: Row, column: str) -> int:
    """Return a whole number of a column that may not be negative; an empty column is an error."""
    text = (row.get(column) or "").strip()
    if not re.fullmatch(r"\d+", text):
        raise ValueError(f"{column}: expected a whole number of at least 0, got {text!r}")
    return int(text)


def share(row: Row, column: str) -> float:
    """Return a share of a column; the rules check its bounds."""
    text = (row.get(column) or "").strip()
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{column}: expected a share, got {text!r}") from None


def fen(text: str, column: str) -> int:
    """Return yuan as whole fen; raise ValueError if it is no amount."""
    try:
        amount = Decimal(text.strip()) * FEN
    except InvalidOperation:
        raise ValueError(f"{column}: expected an amount in yuan, got {text!r}") from None
    if not amount.is_finite() or amount < 0 or amount != int(amount):
        raise ValueError(f"{column}: expected an amount in yuan and whole fen, got {text!r}")
    return int(amount)


def yuan(amount: int) -> int | float:
    """Return fen as yuan, whole where they are whole."""
    return amount // FEN if amount % FEN == 0 else amount / FEN


def history_of(row: Row, about: Circumstances, repaired: int, chosen: Mapping[str, str]) -> Counters:
    """Return the counters of a row's history."""
    return counters(row.get("history") or "", row.get("claim_history") or "", about, repaired, START, chosen)


def enrolment_case(row: Row, readings: Mapping[str, object] | None = None) -> Answer:
    """Return the expected_* fields of one line of enrolment_cases.csv; raise ValueError if it contradicts itself."""
    about = word(row, "special_group", GROUPS)
    chosen = choose(readings, {"R11": "newborns only" if about.listed else "all assisted"}, IN_LAW)
    kinds = {"wait": waiting_case, "cap": cap_case}
    answer: Answer = dict.fromkeys(WAIT_FIELDS + CAP_FIELDS)
    answer.update(word(row, "kind", kinds)(row, about, chosen))
    return answer


def waiting_case(row: Row, about: Circumstances, chosen: Mapping[str, str]) -> Answer:
    """Return the fields of a line that asks for the months of waiting."""
    repaired = number(row, "repair_years_paid")
    person = history_of(row, about, repaired, chosen)
    fixed, before, after = waiting_parts(
        person.gap_years,
        person.late,
        person.exempt,
        repaired,
        number(row, "fixed_months"),
        number(row, "months_per_gap_year"),
        number(row, "long_gap_years"),
        number(row, "long_gap_min_total"),
        int(chosen["R1"] == "counts"),
        int(chosen["R10"] == "holds"),
    )
    cost = repair_cost(repaired, number(row, "personal_contribution")) if repaired else 0
    values = (person.gap_years, fixed, before, after, fixed + after, cost)
    return dict(zip(WAIT_FIELDS, (int(value) for value in values), strict=True))


def cap_case(row: Row, about: Circumstances, chosen: Mapping[str, str]) -> Answer:
    """Return the fields of a line that asks for the bonus on the ceiling."""
    repaired = number(row, "repair_years_paid")
    person = history_of(row, about, repaired, chosen)
    cap_text = (row.get("original_cap") or "").strip()
    cap = NO_CEILING if cap_text in NO_CEILING_WORDS else fen(cap_text, "original_cap")
    step, no_claim = (fen(row.get(column) or "", column) for column in ("step_continuity", "step_no_claim"))
    limit = share(row, "cumulative_limit_share")
    check_incentive(step, no_claim, limit, LEAST_STEP_FEN, MOST_LIMIT, chosen["R14"] == "accepted")
    continuity = continuity_steps(person.consecutive, ENTRY_YEARS, person.years_in_force, int(chosen["R12"] == "sixth"))
    bonus = cap_bonus(continuity, person.no_claim_steps, step, no_claim, limit, cap, int(chosen["R15"] == "yes"))
    reduction = 0 if chosen["R13"] == "none" else fen(row.get("reduction_after_break") or "0", "reduction_after_break")
    cut = cap_reduction(reduction, person.gap_years, int(chosen["R13"] == "per missed year"))
    after = person_cap(cap, bonus, cut)
    years_and_steps = (int(person.consecutive), int(continuity), int(person.no_claim_steps))
    answer: Answer = dict(zip(CAP_FIELDS, years_and_steps, strict=False))
    answer["expected_bonus"] = yuan(int(bonus))
    answer["expected_cap"] = (cap_text or None) if after < 0 else yuan(int(after))
    return answer


def area_of(row: Row, rule: int, since: tuple[int, int]) -> tuple[int, int, int]:
    """Return the area, the widest area within reach at that date and 1 if the wallets needed there are open."""
    text = (row.get("area") or "").strip()
    within = Area.SAME_PROVINCE if rule >= CoUse.NEAR_RELATIVES else Area.SAME_POOL
    inside = {"same pooling area": Area.SAME_POOL, "same province, other pooling area": Area.SAME_PROVINCE}
    if text in inside:
        return int(inside[text]), int(within), 0
    match = re.fullmatch(r"other province[\s,(]+(?:([A-Z][a-z]+) )?(\d{4})(?:, ([a-z ]+))?\)?", text)
    if not match or (match[1] and match[1] not in MONTHS) or (match[3] or "") not in WALLETS:
        raise ValueError(f"area: unknown value {text!r}")
    date = (int(match[2]), MONTHS.get(match[1] or "January", 1))
    wallets = WALLETS[match[3] or ""]
    if wallets is None and date >= WALLET["from 2025"]:
        raise ValueError(f"area: {text!r} does not say whether the wallet is open")
    reach = Area.OTHER_PROVINCE if rule >= CoUse.NEAR_RELATIVES and date >= since else within
    return int(Area.OTHER_PROVINCE), int(reach), 1 if wallets is None else wallets


def users_of(row: Row) -> list[int]:
    """Return the cover of every user of the account, one or two."""
    covers = [word({"user_cover": text}, "user_cover", USER_COVER) for text in (row.get("user_cover") or "").split(";")]
    two = (row.get("relation") or "").strip() == "two users of one account"
    if len(covers) > (2 if two else 1):
        raise ValueError(f"user_cover: unknown value {row.get('user_cover')!r}")
    return [int(cover) for cover in covers]


def couse_case(row: Row, readings: Mapping[str, object] | None = None) -> Answer:
    """Return the expected_* fields of one line of couse_cases.csv; raise ValueError if it holds an unknown word."""
    chosen = choose(readings, law=IN_LAW)
    rule, purpose = word(row, "rule", RULES), word(row, "purpose", PURPOSES)
    kin, tie = word(row, "relation", RELATIONS)
    kin_counts = kin_by_law(int(kin), int(tie), int(chosen["S5"] == "civil law"))
    account, registered = word(row, "holder_cover", HOLDER_ACCOUNT), word(row, "registered", REGISTERED)
    area, reach, wallets = area_of(row, rule, WALLET[chosen["S4"]])
    switches = [int(chosen[name] == "yes") for name in ("S1", "S2", "S3")]
    allowed = [
        may_share(int(rule), kin_counts, account, cover, registered, int(purpose), area, reach, wallets, *switches)
        for cover in users_of(row)
    ]
    return payments(row, allowed, int(purpose), int(chosen["S6"] == "yes"))


def payments(row: Row, allowed: list[int], purpose: int, part: int) -> Answer:
    """Return what is allowed and, where the line has amounts, who pays what; bills are paid in the order given."""
    balance_text, due_text = ((row.get(column) or "").strip() for column in ("balance_before", "amount_due"))
    dues = [fen(text, "amount_due") for text in due_text.split(";")] if due_text else []
    if len(dues) != len(allowed):  # one bill for all, or none
        allowed = [min(allowed)]
    answer: Answer = {"expected_allowed": int(max(allowed))}
    paid_fields = ("expected_paid_from_account", "expected_balance_after", "expected_user_cash")
    answer.update(dict.fromkeys(paid_fields))
    if not balance_text or not dues:
        return answer
    if len(dues) != len(allowed):
        raise ValueError(f"amount_due: expected one amount or one for each user, got {due_text!r}")
    start = left = fen(balance_text, "balance_before")
    possible = []
    for may, due in zip(allowed, dues, strict=True):
        possible.append(min(may, may_pay_part(purpose, left, due, part)))
        left -= pays_from_account(possible[-1], left, due)
    answer["expected_allowed"] = int(max(possible))
    values = (start - left, left, sum(dues) - (start - left))
    answer.update({field: yuan(int(value)) for field, value in zip(paid_fields, values, strict=True)})
    return answer
