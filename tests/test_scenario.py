"""Reforms and scenarios: frozen values that compose or say why not, and the words that explain them."""

from __future__ import annotations

import datetime
import pickle

import pytest
import yaml

from experiments import cli
from experiments.explain import explain_parameter, explain_reform
from model.errors import GongjiError, ReformError, ScenarioError
from model.identities import check_identities
from model.policy import load_policy
from model.scenario import REFORMS, Reform, Scenario, load_reform
from tests.worlds import START, world_of

NAMES = sorted(path.stem for path in REFORMS.glob("*.yaml"))
ONE = Reform("one", {"en": "One", "zh": "一"}, changes={"employee.person_rate": {2026: 0.03}})
TWO = Reform("two", {"en": "Two", "zh": "二"}, changes={"employee.retiree_rate": {2027: 0.02}})
CLASH = Reform("clash", changes={"employee.person_rate": {2030: 0.01}})


def test_reforms_compose() -> None:
    both = ONE | TWO
    assert both.name == "one+two"
    assert both.text("title", "zh") == "一; 二"
    assert set(both.changes) == {"employee.person_rate", "employee.retiree_rate"}
    assert both.changes["employee.person_rate"] == {datetime.date(2026, 1, 1): 0.03}


def test_reforms_that_change_one_parameter_say_so() -> None:
    with pytest.raises(ReformError, match=r"one and clash both change employee\.person_rate"):
        _ = ONE | CLASH
    with pytest.raises(ReformError, match=r"both change employee\.person_rate"):
        Scenario(reforms=(ONE, CLASH))


def test_reforms_are_frozen_and_travel_to_workers() -> None:
    with pytest.raises(TypeError):
        ONE.changes["x"] = {}  # type: ignore[index]
    with pytest.raises(AttributeError):
        ONE.name = "x"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(ONE)) == ONE
    case = Scenario(people=10, reforms=(ONE, TWO))
    assert pickle.loads(pickle.dumps(case)) == case
    assert hash(ONE) == hash(pickle.loads(pickle.dumps(ONE)))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"start": 2018}, "start: expected a year from 2019 to 2026, got 2018"),
        ({"start": 2027}, "start: expected a year from 2019 to 2026"),
        ({"start": 2024.0}, "start: expected a year"),
        ({"start": 2024, "end": 2023}, "end: expected a year not before the start 2024"),
        ({"end": 2051}, "end: expected a year to 2050"),
        ({"people": 0}, "people: expected a whole number of at least 1 or all"),
        ({"people": -5}, "people: expected"),
        ({"people": 1.5}, "people: expected"),
        ({"people": "many"}, "people: expected"),
        ({"reforms": ("step_1",)}, "reforms: expected reforms"),
    ],
)
def test_impossible_scenarios_are_refused(fields, words) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario(**fields)
    assert words in str(caught.value)


LEND = {"pooling.allow_cross_fund": {2026: 1}, "steps.step1_on": {2026: 1}}
ADJUST = {"steps.step2_on": {2028: 1}}
NATION = {"steps.step3_on": {2030: 1}}
REFUSED = [
    ({"steps.step1_on": {2026: 1}}, "steps.step1_on in 2026: expected 0 while pooling.allow_cross_fund is 0"),
    ({**LEND, "pooling.allow_cross_fund": {2026: 1, 2029: 0}}, "steps.step1_on in 2029: expected 0 while"),
    ({**NATION, "steps.step3_cross_scheme": {2030: 1}}, "steps.step3_cross_scheme in 2030: expected 0 while"),
    ({"pooling.schemes_merged": {2030: 1}}, "pooling.schemes_merged in 2030: expected 0 while"),
    (
        {**ADJUST, "steps.step2_s0": {2028: 0.0}, "steps.step2_s1": {2028: 0.0}},
        "steps.step2_s0 in 2028: expected a share",
    ),
    ({**ADJUST, "steps.step2_share": {2028: 0.0}}, "steps.step2_share in 2028: expected a share"),
    (
        {
            **ADJUST,
            "steps.step2_design": {2028: 1},
            "steps.step2_weight_active": {2028: 0.0},
            "steps.step2_weight_retired": {2028: 0.0},
        },
        "steps.step2_weight_active in 2028: expected a weight above 0",
    ),
    ({**NATION, "steps.step3_share": {2030: 0.0}}, "steps.step3_share in 2030: expected a share"),
    ({**LEND, "steps.step1_term": {2026: 0}}, "steps.step1_term: expected a value between 1 and 30, got 0 (years)"),
    (
        {**LEND, "steps.step1_keep_months": {2027: 2}},
        "steps.step1_keep_months in 2027: expected at least 3, or two funds",
    ),
    (
        {
            **NATION,
            "steps.step3_design": {2030: 2},
            "steps.step3_target_months": {2030: 20},
            "warning.months_excess": {2030: 2},
        },
        "warning.months_excess in 2030: expected at least 9",
    ),
    ({"warning.months_low": {2027: 2}}, "warning.months_low in 2027: expected at least 3"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_steps_that_contradict_the_law_or_themselves_are_refused(changes, words, tmp_path, capsys) -> None:
    """One line and code 2, from Python and from the command line."""
    with pytest.raises(GongjiError) as caught:
        Scenario(end=2031, reforms=(Reform("wrong", changes=changes),))
    assert words in str(caught.value)
    assert "wrong" in str(caught.value)
    assert caught.value.exit_code == 2
    file = tmp_path / "wrong.yaml"
    lines = {"name": "wrong", "title": "t", "question": "q", "source": "s", "changes": changes}
    file.write_text(yaml.safe_dump(lines), encoding="utf-8")
    assert cli.main(["run", str(file), "--people", "2000", "--end", "2031", "--out", str(tmp_path / "out")]) == 2
    heard = capsys.readouterr().err
    assert heard.count("\n") == 1
    assert words in heard


def test_the_same_settings_pass_where_the_step_is_off_or_the_law_allows_it() -> None:
    fine = {**LEND, **NATION, "steps.step3_cross_scheme": {2030: 1}}
    idle = {
        "steps.step1_keep_months": {2027: 2},
        "steps.step3_share": {2027: 0.0},
        "steps.step3_cross_scheme": {2027: 1},
    }
    one_way = {**LEND, "steps.step1_keep_months": {2027: 2}, "steps.step1_both_ways": {2027: 0}}
    for changes in (fine, idle, one_way):
        Scenario(end=2031, reforms=(Reform("right", changes=changes),))


def test_the_road_map_begins_in_2026_2028_and_2030() -> None:
    """Document 002: three steps one after another (分三步推进); the order is a choice of its own."""
    law = Scenario(end=2031, reforms=(load_reform("steps_1_2_3"),)).law()
    begun = {
        name: next(y for y in range(2024, 2032) if law.value(f"steps.{name}_on", y))
        for name in ("step1", "step2", "step3")
    }
    assert begun == {"step1": 2026, "step2": 2028, "step3": 2030}
    assert law.value("steps.order", 2031) == 12
    other = Scenario(end=2031, reforms=(load_reform("steps_2_1_3"),)).law()
    assert other.value("steps.order", 2031) == 21


def test_the_baseline_is_the_mix_of_today() -> None:
    """Eight provinces pool residents by 2023; unified and adjustment provinces as in institutions.md E5."""
    law = load_policy()
    levels = {scheme: law.value(f"pooling.{scheme}_level", 2025) for scheme in ("employee", "resident")}
    unified = {
        scheme: {code for code, level in places.items() if code != "default" and level}
        for scheme, places in levels.items()
    }
    assert unified["resident"] == {110000, 120000, 310000, 460000, 500000, 540000, 630000, 640000}
    assert unified["employee"] == {110000, 120000, 310000, 460000, 500000, 630000}
    today = law.value("steps.step2_today", 2025)
    assert {code for code, how in today.items() if code != "default" and how} == {350000, 510000, 610000, 640000}
    assert law.value("steps.step2_own_first", 2025, province=610000) == 1
    assert law.value("steps.step2_design", 2025, province=350000) == 1
    for path in ("step1_on", "step2_on", "step3_on"):
        assert law.value(f"steps.{path}", 2030) == 0


def test_everybody_is_all() -> None:
    assert Scenario(people="all") == Scenario(people=None)


def test_a_scenario_knows_an_impossible_reform_at_once() -> None:
    with pytest.raises(ReformError, match="expected the path of a parameter"):
        Scenario(reforms=(Reform("x", changes={"employee.nothing": {2026: 1}}),))


def test_titles_do_not_change_what_a_scenario_is() -> None:
    named = Reform("other name", changes={"employee.person_rate": {datetime.date(2026, 1, 1): 0.03}})
    assert Scenario(reforms=(named,)).canonical() == Scenario(reforms=(ONE,)).canonical()
    assert Scenario(reforms=(named,)).law().hash() == Scenario(reforms=(ONE,)).law().hash()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_reforms_load_and_explain(name) -> None:
    reform = load_reform(name)
    assert reform.name == name
    assert reform.text("question", "en")
    assert reform.text("source", "zh")
    for lang in ("en", "zh"):
        text = explain_reform(reform, lang)
        assert all(path in text for path in reform.changes)


def test_the_steps_build_on_each_other() -> None:
    one, two, three = (load_reform(name) for name in ("step_1", "steps_1_2", "steps_1_2_3"))
    assert set(one.changes) < set(two.changes) < set(three.changes)
    assert one.changes["pooling.allow_cross_fund"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "name: x\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.nothing: {2026-01-01: 1}\n",
            ":6 employee.nothing",
        ),
        (
            "name: x\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.person_rate:\n    2026-01-01: 7\n",
            ":7 employee.person_rate: expected a value between 0 and 0.1, got 7",
        ),
        (
            "name: x\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.person_rate:\n"
            "    2026-01-01: {value: 0.03, unit: yuan}\n",
            ":7 employee.person_rate: expected the unit share of contribution base, got yuan",
        ),
        (
            "name: x\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.person_rate:\n"
            "    2026-01-01: 0.03\n    2026-01-01: 0.04\n",
            ":8: expected 2026-01-01 once, got it twice",
        ),
        (
            "name: x\ntitle: t\nquestion: q\nsource: s\nchanges:\n  benefit.resident_rate:\n"
            "    2026-01-01: {primary: 0.9, top: 0.9}\n",
            ":7 benefit.resident_rate: expected one of primary, secondary, tertiary, got 'top'",
        ),
        ("name: x\ntitle: t\nquestion: q\nchanges: {}\n", "source: expected a text, got nothing"),
        ("name: x\ntitle: t\nquestion: q\nsource: s\ncolour: red\nchanges: {}\n", ":5 colour: expected"),
        ("name: x\ntitle: t\nquestion: q\nsource: s\nchanges: [1]\n", ":5 changes: expected {path: {date: value}}"),
    ],
)
def test_wrong_reform_files_are_refused(tmp_path, text, words) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReformError) as caught:
        load_reform(path)
    assert "wrong.yaml" in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_unknown_reform_lists_the_names() -> None:
    with pytest.raises(GongjiError, match="step_1"):
        load_reform("step_9")
    with pytest.raises(ReformError, match="expected a readable reform file"):
        load_reform("nowhere/step.yaml")


def test_every_parameter_is_explained_in_both_languages() -> None:
    policy = load_policy()
    for path, parameter in policy.parameters.items():
        for lang, title in zip(("en", "zh"), parameter.title, strict=True):
            text = explain_parameter(path, 2026, lang)
            assert title in text
            assert text.startswith(f"{path} 2026")


def test_an_explanation_names_act_article_and_reform() -> None:
    text = explain_parameter("waiting.fixed_months", 2026)
    assert "value: 3" in text
    assert "国办发〔2024〕38号" in text
    assert "二(三)" in text
    assert "law [S3]" in text
    changed = explain_parameter("employee.person_rate", 2026, reforms=(ONE,))
    assert "value: 0.03" in changed
    assert "set by reform: one" in changed


YEARS = {f"employee.minimum_years_{sex}": {"2026-01-01": years} for sex, years in (("men", 30), ("women", 25))}


def test_a_reform_without_effect_says_so_until_the_law_gives_it_one() -> None:
    """Minimum years of contribution ask for nothing while whoever lacks some retires at once."""
    said = {"en": "changes nothing while: employee.grace_years = 0", "zh": "改变它不产生影响: employee.grace_years = 0"}
    paid_on = {"employee.grace_years": {"2026-01-01": 5}}
    for lang, text in said.items():
        assert explain_reform(Reform("years", changes=YEARS), lang).count(text) == len(YEARS)
        assert text not in explain_reform(Reform("years", changes=YEARS | paid_on), lang)
        assert text in explain_parameter("employee.minimum_years_men", 2026, lang)
        assert text not in explain_parameter("employee.minimum_years_men", 2026, lang, (Reform("on", changes=paid_on),))


@pytest.mark.parametrize("date", ["1990-01-01", "1997-12-31", "2051-01-01"])
@pytest.mark.parametrize("path", ["employee.person_rate", "resident.individual.after"])
def test_a_reform_in_no_year_of_the_model_is_refused(date: str, path: str) -> None:
    value = "frozen" if path.endswith(".after") else 0.02
    with pytest.raises(ReformError, match=f"{date}: expected a date from 1998 to 2050"):
        Scenario(reforms=(Reform("early", changes={path: {date: value}}),))


def test_a_world_ends_with_its_scenario() -> None:
    world = world_of(people=1000, end=START)
    assert world.running
    world.step()
    assert not world.running
    with pytest.raises(ScenarioError, match=f"the scenario's end {START}"):
        world.step()
    assert world.year == START


@pytest.mark.parametrize("start", [2019, 2024, 2026])
@pytest.mark.parametrize("people", [3, 20])
def test_a_handful_of_people_can_be_lived(people: int, start: int) -> None:
    world = world_of(people=people, start=start, end=start + 3)
    while world.running:
        world.step()
    assert check_identities(world.record.tables) == []
    assert (world.record.funds["spending_fen"] >= 0).all()
