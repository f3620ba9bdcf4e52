"""The oracle lines of enrolment and co-use: default readings, other readings, vocabulary, errors."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from model.rules.readings import READINGS, choose, option
from tests.oracles import rule_cases
from tests.oracles.rule_cases import couse_case, enrolment_case

VISIBLE = Path(__file__).parent / "oracles"
FOLDER = Path(os.environ.get("GONGJI_ORACLES", VISIBLE))
ANSWERS = {"enrolment_cases": enrolment_case, "couse_cases": couse_case}
TOLD = {"wait": "expected_total_months", "cap": "expected_bonus", None: "expected_allowed"}
WAIT = {
    "kind": "wait",
    "special_group": "none",
    "repair_years_paid": "0",
    "personal_contribution": "400",
    "fixed_months": "3",
    "months_per_gap_year": "1",
    "long_gap_years": "4",
    "long_gap_min_total": "6",
}
CAP = {
    "kind": "cap",
    "special_group": "",
    "repair_years_paid": "0",
    "original_cap": "200000",
    "step_continuity": "1000",
    "step_no_claim": "1000",
    "cumulative_limit_share": "0.2",
    "reduction_after_break": "0",
}
USE = {
    "rule": "2024",
    "relation": "child",
    "holder_cover": "employee with account",
    "user_cover": "resident",
    "registered": "1",
    "purpose": "hospital or clinic self-pay",
    "area": "same pooling area",
}


def rows(folder: Path, name: str) -> list[Any]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [pytest.param(name, row, id=row["case_id"]) for row in csv.DictReader(file)]


LINES = [line for name in ANSWERS for line in rows(FOLDER, name)]
OURS = [line for name in ANSWERS for line in rows(VISIBLE, name)]


def differing(row: dict[str, str], answer: dict[str, Any]) -> set[str]:
    expected = {field: text for field, text in row.items() if field.startswith("expected_") and text}
    return {field for field, text in expected.items() if answer[field] is None or float(text) != float(answer[field])}


@pytest.mark.parametrize(("name", "row"), LINES)
def test_line(name: str, row: dict[str, str]) -> None:
    if row.get("status") == "error":
        with pytest.raises(ValueError, match=r"\w"):
            ANSWERS[name](row)
        return
    if not differing(row, ANSWERS[name](row)):
        return
    assert row["certainty"].startswith("open")
    assert str(ANSWERS[name](row)[TOLD[row.get("kind")]]) in row["other_reading"].split(";")


@pytest.mark.parametrize(("name", "row"), [line for line in OURS if line.values[1]["certainty"] != "text"])
def test_other_reading_is_reached(name: str, row: dict[str, str]) -> None:
    reading = row["certainty"].split()[-1]
    told = TOLD[row.get("kind")]
    reached = {str(ANSWERS[name](row, {reading: o})[told]) for o in READINGS[reading].options}
    assert set(row["other_reading"].split(";")) <= reached


@pytest.mark.parametrize(("name", "row"), [line for line in OURS if line.values[1]["certainty"] == "text"])
def test_text_does_not_depend_on_a_reading(name: str, row: dict[str, str]) -> None:
    if row.get("status") == "error":
        pytest.skip("an error has no answer")
    told = TOLD[row.get("kind")]
    for reading in READINGS:
        assert ANSWERS[name](row, {reading: "other"})[told] == ANSWERS[name](row)[told], reading


def wait(history: str, readings: dict[str, object] | None = None, **columns: str) -> Any:
    return enrolment_case({**WAIT, "history": history, **columns}, readings)["expected_total_months"]


def cap(history: str, claims: str = "", readings: dict[str, object] | None = None, **columns: str) -> Any:
    return enrolment_case({**CAP, "history": history, "claim_history": claims, **columns}, readings)


def use(readings: dict[str, object] | None = None, **columns: str) -> Any:
    return couse_case({**USE, **columns}, readings)


@pytest.mark.parametrize(
    ("history", "group", "default", "reading", "others"),
    [
        ("2022W 2023- 2024- 2025- 2026W", "none", 4, "R3", {4, 6}),
        ("2023W 2024- 2025W", "none", 0, "R3", {0, 3, 4}),
        ("2027O", "adult never enrolled before", 3, "R4", {3, 5}),
        ("2026- 2027W", "born 2026, not enrolled then", 0, "R4", {0, 3, 4}),
        ("2027W", "born 2026, not enrolled then", 0, "R4", {0, 3, 4}),
        ("2026E 2027O", "employee cover ended in 2027, joined the resident scheme within 3 months", 3, "R5", {0, 3}),
        ("2025W 2026- 2027- 2028W", "assisted person, group listed as special by the province", 0, "R11", {0, 5}),
        ("2023- 2024O", "coverage year 2024", 0, "R3", {0}),
        ("2026N 2027O", "newborn", 3, "R11", {3}),
        ("2026O", "newborn", 0, "R11", {0}),
    ],
)
def test_waiting_beyond_the_visible_lines(
    history: str, group: str, default: int, reading: str, others: set[int]
) -> None:
    assert wait(history, special_group=group) == default
    options = ["default", "other", *READINGS[reading].options]
    assert {wait(history, {reading: o}, special_group=group) for o in options} == others


def test_a_local_minimum_holds_and_repair_never_lengthens() -> None:
    history = "2025W 2026- 2027- 2028- 2029- 2030W"
    repaired = [wait(history, repair_years_paid=str(n), long_gap_min_total="8") for n in range(5)]
    assert repaired == [8] * 5
    other = [wait(history, {"R10": "other"}, repair_years_paid=str(n), long_gap_min_total="8") for n in range(5)]
    assert other == [7] * 5


def test_continuity() -> None:
    late = cap("2025W 2026O 2027W 2028W 2029W")
    assert (late["expected_consecutive_years"], late["expected_bonus"]) == (5, 1000)
    assert cap("2025W 2026O 2027W 2028W 2029W", readings={"R6": "other"})["expected_bonus"] == 0
    early = "2021W 2022W 2023W 2024W 2025W"
    assert cap(early)["expected_bonus"] == 1000
    assert cap(early, readings={"R9": "other"})["expected_consecutive_years"] == 1
    assert cap("2019W 2020W " + early, readings={"R9": "count for entry only"})["expected_continuity_steps"] == 1
    gap = "2025W 2026W 2027W 2028W 2029W 2030- 2031W"
    assert cap(gap, repair_years_paid="1")["expected_consecutive_years"] == 1
    assert cap(gap, repair_years_paid="1", readings={"R7": True})["expected_consecutive_years"] == 7
    moved = "2025W 2026W 2027E 2028W 2029W"
    assert cap(moved)["expected_consecutive_years"] == 2
    assert cap(moved, readings={"R5": "other"})["expected_consecutive_years"] == 5


def test_steps_caps_and_breaks() -> None:
    broken = "2025W 2026W 2027- 2028W"
    assert cap(broken, "2025Z 2026Z")["expected_no_claim_steps"] == 2
    assert cap(broken, "2025Z 2026Z", {"R8": False})["expected_no_claim_steps"] == 0
    assert cap(broken, "2025Z 2026R", reduction_after_break="3000")["expected_cap"] == 198000
    assert cap("2025W 2026W", "2025Z", original_cap="")["expected_bonus"] == 0
    assert cap("2025W 2026W", "2025Z", {"R15": "yes"}, original_cap="")["expected_bonus"] == 1000
    with pytest.raises(ValueError, match="step_no_claim"):
        cap("2025W 2026W", "2025Z", step_no_claim="500")
    assert cap("2025W 2026W", "2025Z", {"R14": "accepted"}, step_no_claim="500")["expected_bonus"] == 500
    with pytest.raises(ValueError, match="cumulative_limit_share"):
        cap("2025W 2026W", "2025Z", cumulative_limit_share="0.3")


KIN_2021 = {"holder", "spouse", "parent", "father", "mother", "child", "son", "daughter", "adoptive parent"}
KIN_2021 |= {"spouse's parent via the spouse's own account", "two users of one account"}
KIN_2024 = KIN_2021 | {"sibling", "half-sibling", "paternal grandparent", "maternal grandparent"}
KIN_2024 |= {"grandchild through son", "grandchild through daughter"}


@pytest.mark.parametrize("relation", rule_cases.RELATIONS)
def test_every_relation(relation: str) -> None:
    assert use(relation=relation)["expected_allowed"] == int(relation in KIN_2024)
    assert use(relation=relation, rule="2021")["expected_allowed"] == int(relation in KIN_2021)


def test_purposes_covers_and_areas() -> None:
    allowed = {"hospital or clinic self-pay", "pharmacy drugs", "pharmacy devices or consumables"}
    allowed |= {"resident contribution"}
    for purpose in rule_cases.PURPOSES:
        assert use(purpose=purpose)["expected_allowed"] == int(purpose in allowed), purpose
    assert use(purpose="self-pay outside the insured list", readings={"S3": "yes"})["expected_allowed"] == 1
    assert use(purpose="resident contribution", rule="2021", readings={"S2": "no"})["expected_allowed"] == 0
    accounts = {cover: use(holder_cover=cover)["expected_allowed"] for cover in rule_cases.HOLDER_ACCOUNT}
    assert {cover for cover, may in accounts.items() if not may} == {"employee without account", "resident"}
    assert use(relation="step-child without support relation", readings={"S5": "other"})["expected_allowed"] == 1
    areas = {
        "same province, other pooling area": (1, 1),
        "other province, September 2024": (0, 1),
        "other province, 2025, both areas opened the wallet": (1, 1),
        "other province, 2025, area not yet opened": (0, 0),
    }
    for area, (default, other) in areas.items():
        assert use(area=area)["expected_allowed"] == default, area
        assert use(area=area, readings={"S4": "other"})["expected_allowed"] == other, area


def test_payments() -> None:
    part = {"purpose": "resident contribution", "balance_before": "150.5", "amount_due": "400"}
    assert use(**part)["expected_user_cash"] == 249.5
    assert use(**part, readings={"S6": "no"})["expected_paid_from_account"] == 0
    two = {"relation": "two users of one account", "balance_before": "500", "amount_due": "300; 500"}
    assert use(**two, user_cover="resident; resident")["expected_user_cash"] == 300
    assert use(**two, user_cover="none; resident")["expected_paid_from_account"] == 500
    assert use(**two, user_cover="resident; none")["expected_paid_from_account"] == 300


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"relation": "godfather"}, "godfather"),
        ({"holder_cover": "rich"}, "rich"),
        ({"user_cover": "resident; resident"}, "resident; resident"),
        ({"user_cover": "abroad"}, "abroad"),
        ({"purpose": "cinema"}, "cinema"),
        ({"area": "the moon"}, "the moon"),
        ({"area": "other province, 2025"}, "other province, 2025"),
        ({"area": "other province, Maytember 2024"}, "Maytember"),
        ({"registered": "yes"}, "yes"),
        ({"rule": "2019"}, "2019"),
        ({"balance_before": "1", "amount_due": "-1"}, "-1"),
        ({"balance_before": "1", "amount_due": "1;2"}, "1;2"),
    ],
)
def test_unknown_words_of_a_use_are_refused(columns: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        use(**columns)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"history": "2025W 2026X"}, "2026X"),
        ({"history": "2025W 2027W"}, "consecutive"),
        ({"history": "2026W 2025W"}, "2025W"),
        ({"history": ""}, "history"),
        ({"history": "2025W 2026-"}, "not enrolled"),
        ({"special_group": "astronaut"}, "astronaut"),
        ({"kind": "hope"}, "hope"),
        ({"fixed_months": ""}, "fixed_months"),
        ({"repair_years_paid": "-1"}, "repair_years_paid"),
        ({"claim_history": "2025Q"}, "2025Q"),
    ],
)
def test_unknown_words_of_a_history_are_refused(columns: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        enrolment_case({**WAIT, "history": "2025W 2026W", **columns})


def test_readings() -> None:
    assert option("R1", True) == option("R1", 0) == option("R1", "default") == "counts"
    assert option("R1", False) == option("R1", 1) == option("R1", "other") == "free"
    assert option("S3", True) == "yes"
    assert choose({"R5": "off"})["R5 switch"] == "off"
    assert choose({"R5": "other"})["R5 switch"] == "off"
    with pytest.raises(ValueError, match="R99"):
        choose({"R99": 1})
    with pytest.raises(ValueError, match="perhaps"):
        choose({"R1": "perhaps"})
