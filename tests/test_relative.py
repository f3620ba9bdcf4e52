"""Relative changes of a reform: they follow the law they are laid over; the shipped ones do what their titles say."""

from __future__ import annotations

import datetime
import pickle
from typing import Any

import pytest
import yaml

from experiments.explain import explain_reform
from experiments.sets import under
from model.errors import ReformError
from model.policy import load_policy
from model.policy.files import FOLDER, read_yaml
from model.policy.relative import is_relative
from model.scenario import REFORMS, Reform, Scenario, load_reform

LAW = load_policy()
YEARS = range(2024, 2051)
RATE, PERSON, EMPLOYEES = "benefit.resident_rate", "employee.person_rate", "benefit.employee_rate"


def changed(changes: dict[str, Any], name: str = "test") -> Any:
    """Return the law under a reform."""
    return LAW.with_reforms((Reform(name, changes=changes),))


def test_plus_and_times_change_every_number_of_a_value_and_follow_the_law() -> None:
    law = changed({RATE: {2027: {"plus": -0.02}}, "resident.individual": {2025: {"times": 2, "plus": 10}}})
    for key, number in LAW.value(RATE, 2030).items():
        assert law.value(RATE, 2030)[key] == number - 0.02
    assert law.value(RATE, 2026) == LAW.value(RATE, 2026)
    for year in YEARS:
        expected = LAW.value("resident.individual", year)
        assert law.value("resident.individual", year) == (expected * 2 + 10 if year >= 2025 else expected)


def test_keys_and_places_are_changed_by_themselves() -> None:
    law = changed(
        {RATE: {2027: {"plus": {"primary": 0.01}}}, "employee.employer_rate": {2027: {"plus": {440000: 0.01}}}}
    )
    assert law.value(RATE, 2027) == {**LAW.value(RATE, 2027), "primary": LAW.value(RATE, 2027)["primary"] + 0.01}
    before, now = (one.value("employee.employer_rate", 2027) for one in (LAW, law))
    assert now == {**before, 440000: before[440000] + 0.01}


def test_a_scalar_beside_keys_holds_for_all_others() -> None:
    law, before = changed({RATE: {2027: {"times": 1.1, "plus": {"tertiary": -0.1}}}}), LAW.value(RATE, 2027)
    assert law.value(RATE, 2027) == {
        "primary": before["primary"] * 1.1,
        "secondary": before["secondary"] * 1.1,
        "tertiary": before["tertiary"] * 1.1 - 0.1,
    }


def test_a_later_change_counts_from_the_law_and_a_number_ends_it() -> None:
    law = changed({PERSON: {2026: {"plus": 0.01}, 2028: {"plus": 0.02}, 2030: 0.05, 2032: {"plus": 0.01}}})
    told = [law.value(PERSON, year) for year in (2025, 2026, 2028, 2030, 2032)]
    assert told == pytest.approx([0.02, 0.03, 0.04, 0.05, 0.06])
    some = changed({RATE: {2027: {"plus": -0.02}, 2029: {"primary": 0.5}}})
    assert some.value(RATE, 2029)["primary"] == 0.5
    assert some.value(RATE, 2029)["tertiary"] == LAW.value(RATE, 2029)["tertiary"] - 0.02


def test_it_follows_growth_and_a_changed_rule() -> None:
    frozen = changed({"resident.subsidy": {2027: {"plus": 100}}, "resident.subsidy.after": {2030: "frozen"}})
    assert frozen.value("resident.subsidy", 2029) == LAW.value("resident.subsidy", 2029) + 100
    assert frozen.value("resident.subsidy", 2040) == LAW.value("resident.subsidy", 2029) + 100


def test_like_follows_what_the_same_reform_does_to_the_other() -> None:
    law = changed({RATE: {2027: {"like": EMPLOYEES, "plus": -0.05}}, EMPLOYEES: {2029: {"plus": -0.01}}})
    for year, cut in ((2027, 0.05), (2029, 0.06)):
        assert law.value(RATE, year) == pytest.approx({k: v - cut for k, v in LAW.value(EMPLOYEES, year).items()})
    both = Scenario(reforms=(load_reform("equal_rates"), Reform("cut", changes={EMPLOYEES: {2028: {"plus": -0.1}}})))
    assert both.law().value(RATE, 2028) == both.law().value(EMPLOYEES, 2028)


def test_sets_of_parameters_lie_under_it() -> None:
    day = datetime.date
    own = {day(2019, 1, 1): 0.05, day(2023, 1, 1): 0.06}
    laid = under(own, {day(2021, 1, 1): {"plus": 0.01}})
    law = changed({PERSON: laid})
    assert [law.value(PERSON, year) for year in (2020, 2021, 2023)] == pytest.approx([0.05, 0.06, 0.07])
    assert under(own, {day(2021, 1, 1): 0.01}) == {day(2019, 1, 1): 0.05, day(2021, 1, 1): 0.01}
    assert under(own, {}) == own


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({PERSON: {2027: {"plus": 0.5}}}, "person_rate: expected a value between 0 and 0.1, got 0.52 in 2027"),
        ({PERSON: {2027: {"plus": "much"}}}, "expected plus: a number, got 'much'"),
        ({PERSON: {2027: {"plus": {"primary": 1}}}}, "expected one number for the nation, got 'primary'"),
        ({PERSON: {2027: {"plus": 0.01, "minus": 1}}}, "expected like, plus, takes_up, times, value"),
        ({PERSON: {2027: {"plus": 0.01, "unit": "yuan"}}}, "expected the unit share of contribution base, got yuan"),
        ({PERSON: {2027: {"value": 0.5, "plus": 0.01}}}, "expected a value between 0 and 0.1, got 0.5"),
        ({PERSON: {2027: {"like": RATE}}}, f"got {RATE} in share of cost"),
        ({PERSON: {2027: {"like": "employee.nothing"}}}, "expected the path of a parameter, got employee.nothing"),
        ({PERSON: {2027: {"like": 3}}}, "expected like: the path of a parameter, got 3"),
        ({PERSON: {2027: {"like": PERSON}}}, f"expected no circle, got {PERSON} → {PERSON}"),
        ({RATE: {2027: {"like": EMPLOYEES}}, EMPLOYEES: {2027: {"takes_up": RATE}}}, "expected no circle"),
        ({RATE: {2027: {"plus": {"top": 0.1}}}}, "expected one of primary, secondary, tertiary, got 'top'"),
        ({RATE: {2027: {"value": 0.5, "like": EMPLOYEES}}}, "expected value or like, got both"),
        ({"steps.step1_on": {2027: {"plus": 1}}}, "expected a value or like for a switch, got plus"),
        ({"steps.step1_term": {2027: {"times": 1.1}}}, "expected a whole number"),
        ({"employee.person_rate": {2027: {"takes_up": "employee.employer_rate"}}}, "expected a parameter by nation"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_parameter(tmp_path: Any, changes: Any, words: str) -> None:
    with pytest.raises(ReformError) as caught:
        changed(changes)
    assert words in str(caught.value)
    file = tmp_path / "wrong.yaml"
    dated = {path: {datetime.date(y, 1, 1): value for y, value in values.items()} for path, values in changes.items()}
    file.write_text(yaml.safe_dump({"name": "n", "title": "t", "question": "q", "source": "s", "changes": dated}))
    with pytest.raises(ReformError) as caught:
        load_reform(file)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{file.as_posix()}:")
    assert "\n" not in str(caught.value)


def test_a_relative_reform_is_told_from_others_and_travels() -> None:
    one, two = (Reform("x", changes={PERSON: {2027: {"plus": plus}}}) for plus in (0.01, 0.02))
    assert one.canonical() != two.canonical()
    assert len({Scenario(reforms=(each,)).law().hash() for each in (one, two)} | {LAW.hash()}) == 3
    assert pickle.loads(pickle.dumps(one)) == one
    assert one.canonical() == {PERSON: {"2027-01-01": {"plus": 0.01}}}
    with pytest.raises(ReformError, match="both change"):
        LAW.with_reforms((one,)).with_reforms((Reform("y", changes={PERSON: {2030: 0.05}}),))


def test_explain_says_it_in_numbers() -> None:
    text = explain_reform(load_reform("frozen_subsidy"))
    subsidy, own = (LAW.value(path, 2027) for path in ("resident.subsidy", "resident.individual"))
    assert f"2027: {own:.6g} → {own + subsidy - LAW.value('resident.subsidy', 2026):.6g}" in text
    assert "乘以 2" in explain_reform(Reform("x", changes={PERSON: {2027: {"times": 2}}}), "zh")


def test_a_point_moves_from_employers_to_employees_and_the_sum_stays() -> None:
    law, path = Scenario(reforms=(load_reform("person_pays_more"),)).law(), "employee.employer_rate"
    for place, rate in LAW.value(path, 2027).items():
        assert law.value(path, 2027)[place] == pytest.approx(rate - 0.01, abs=1e-12)
        assert law.value(path, 2027)[place] + law.value(PERSON, 2027) == pytest.approx(rate + LAW.value(PERSON, 2027))


def test_moderate_benefits_are_two_points_less_at_every_level() -> None:
    law = Scenario(reforms=(load_reform("moderate_benefits"),)).law()
    for path in (RATE, EMPLOYEES):
        assert law.value(path, 2027) == pytest.approx({k: v - 0.02 for k, v in LAW.value(path, 2027).items()})
        assert law.value(path, 2026) == LAW.value(path, 2026)


@pytest.mark.parametrize("name", ["equal_rates", "family_scheme", "one_scheme_in_parts"])
def test_equal_rates_are_equal(name: str) -> None:
    law = Scenario(reforms=(load_reform(name),)).law()
    for kind in ("rate", "cap"):
        assert law.value(f"benefit.resident_{kind}", 2030) == law.value(f"benefit.employee_{kind}", 2030)
        assert law.value(f"benefit.employee_{kind}", 2030) == LAW.value(f"benefit.employee_{kind}", 2030)


def test_residents_pay_the_growth_of_a_frozen_subsidy() -> None:
    law = Scenario(end=2050, reforms=(load_reform("frozen_subsidy"),)).law()
    for year in range(2026, 2051):
        assert law.value("resident.subsidy", year) == (now := LAW.value("resident.subsidy", min(year, 2026)))
        sums = (one.value("resident.individual", year) + one.value("resident.subsidy", year) for one in (law, LAW))
        assert next(sums) == pytest.approx(next(sums)), now


CALIBRATED = {f"{group}.{name}" for group, some in read_yaml(FOLDER / "calibration.yaml").items() for name in some}
ABSOLUTE = {
    ("outpatient_reform_undone", "benefit.employee_outpatient_on"): "nobody pools: zero whatever was fitted",
    ("outpatient_reform_undone", "employee.employer_share_to_account"): "the fitted share of before the reform, 2019",
    ("outpatient_reform_undone", "employee.retiree_credit_rate"): "the rate of before the reform, which is not fitted",
}
"""Numbers that shipped reforms give for calibrated parameters, and why they do not go stale."""


def test_no_shipped_reform_writes_a_number_over_a_calibrated_one() -> None:
    """Such a number would go stale with the next calibration."""
    found = {
        (file.stem, path)
        for file in REFORMS.glob("*.yaml")
        for path, values in load_reform(file.stem).changes.items()
        if path in CALIBRATED and not all(is_relative(value) for value in values.values())
    }
    assert found == set(ABSOLUTE)


def test_the_credits_of_before_the_reform_are_still_those_fitted() -> None:
    undone = load_reform("outpatient_reform_undone").changes
    share, rate = (
        next(iter(undone[f"employee.{name}"].values())) for name in ("employer_share_to_account", "retiree_credit_rate")
    )
    assert share == pytest.approx(LAW.value("employee.employer_share_to_account", 2019), abs=0.005)
    assert rate == pytest.approx(LAW.value("employee.retiree_credit_rate", 2021), abs=0.005)
