"""The law as data: every number has evidence, bad files are refused with file and line, records read alike."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.compiled import compiled
from model.errors import PolicyError, ReformError
from model.policy import law_record, load_policy
from model.policy import measured as measured_module
from model.policy.files import FOLDER, ROOT, read_yaml
from model.policy.loader import read_unread
from model.policy.record import describe, law_dtype
from model.policy.schema import MARKS, UNITS
from model.scenario import Reform

POOLS = pd.DataFrame({"code": [110000, 320100, 460100, 610100], "province": [110000, 320000, 460000, 610000]})
YEARS = range(2019, 2051)
EMPTY = Reform("empty")


@pytest.fixture(scope="module")
def policy():
    return load_policy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small law to spoil."""
    (tmp_path / "sources.yaml").write_text(
        "act-1: {issuer: a, number: b, title: c, date: 2020, read: d, mark: S3}\n", encoding="utf-8"
    )
    (tmp_path / "employee.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


GOOD = """\
person_rate:
  title: {en: Own rate, zh: 个人费率}
  unit: share of contribution base
  bounds: [0.0, 0.1]
  after: frozen
  values:
    2020-01-01: {value: 0.02, source: act-1, article: 二}
"""


def spoil(folder: Path, old: str, new: str, name: str = "employee") -> str:
    """Return the error of a law with one thing replaced."""
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(folder)
    return str(caught.value)


# ---- every parameter ------------------------------------------------------------------------------------------------
def test_every_parameter_has_evidence(policy) -> None:
    for path, parameter in policy.parameters.items():
        assert all(parameter.title), path
        assert parameter.unit in UNITS, path
        if parameter.measured:
            assert parameter.kind == "measured"
            continue
        assert parameter.entries, path
        for entry in parameter.entries:
            if entry.kind == "law":
                mark = policy.sources[entry.source]["mark"]
                assert mark.startswith(MARKS), path
                assert not mark.endswith("-"), path
                assert entry.article, path
            else:
                assert entry.why, path
                assert entry.kind in {"assumed", "assumed: calibrated"}, path


def test_assumed_values_lie_in_their_range(policy) -> None:
    for path, parameter in policy.parameters.items():
        for entry in parameter.entries:
            if entry.kind != "assumed" or entry.low is None:
                continue
            for key in entry.value if isinstance(entry.value, dict) else [None]:
                value, low, high = (v[key] if isinstance(v, dict) else v for v in (entry.value, entry.low, entry.high))
                assert low <= value <= high, f"{path} {entry.date} {key}"


def test_measured_numbers_come_from_the_tables(policy) -> None:
    for path, parameter in policy.parameters.items():
        if parameter.measured:
            years = [e.date.year for e in policy.entries(path) if e.date.year > 1900]
            assert years, path
            assert max(years) <= 2023, path
    table = measured_module.years_of("cost_per_admission", "employee")
    assert policy.value("care.employee_stay_cost", 2023) == pytest.approx(table[2023])


def test_known_values(policy) -> None:
    assert policy.value("employee.person_rate", 2024) == 0.02
    assert policy.value("resident.subsidy", 2024) == 670
    assert policy.value("resident.individual", 2023) == 380
    assert policy.value("waiting.in_force", 2024) == 0
    assert policy.value("waiting.in_force", 2025) == 1
    assert policy.value("accounts.scope", 2021) == 0  # dated 22 April 2021
    assert policy.value("accounts.scope", 2022) == 1
    assert policy.value("resident.central_share", 2024, pool=610100) == 0.8
    assert policy.value("resident.central_share", 2024, pool=440300) == 0.3
    assert policy.value("pooling.resident_level", 2024, province=460000) == 1
    assert policy.value("pooling.resident_level", 2024, province=320000) == 0


def test_no_law_before_the_first_value(policy) -> None:
    with pytest.raises(PolicyError, match=r"no law for employee.person_rate in 1998 \(first value 1998-12-14\)"):
        policy.value("employee.person_rate", 1998)


def test_a_value_that_ended_goes_on_by_its_rule(policy) -> None:
    last = policy.value("resident.subsidy", 2026)
    growth = policy.value("work.income_growth", 2027)
    assert policy.value("resident.subsidy", 2027) == pytest.approx(last * (1 + growth))
    assert policy.value("employee.person_rate", 2050) == 0.02


def test_unknown_path_names_near_ones(policy) -> None:
    with pytest.raises(PolicyError, match=r"employee\.person_rate"):
        policy.value("resident.person_rate", 2024)


def test_every_parameter_is_read_or_said_to_be_unread(policy) -> None:
    code = (f for folder in ("agents", "model", "experiments") for f in (ROOT / folder).rglob("*.py"))
    words = set(re.findall(r"\w+", "\n".join(f.read_text(encoding="utf-8") for f in code if f.parent != FOLDER)))
    words |= {f"{step}_{word}" for step in ("step1", "step2", "step3") for word in words}
    rates = {parameter.after.removeprefix("growth ") for parameter in policy.parameters.values()}
    unread = {p for p in policy.parameters if p.split(".")[1] not in words and p not in rates}
    unread = {p for p in unread if p.split(".")[0] not in {"places", "synthesis"}}  # read by group
    said = read_unread()
    assert said <= set(policy.parameters)
    assert unread <= said


# ---- refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("share of contribution base", "share of the moon", 3, "expected a unit of the list"),
        ("value: 0.02", "value: 0.2", 7, "expected a value between 0 and 0.1, got 0.2"),
        ("value: 0.02", "value: a lot", 7, "expected a number, got 'a lot'"),
        ("source: act-1", "source: act-2", 7, "expected a source of sources.yaml, got 'act-2'"),
        (", article: 二", "", 7, "expected the article of act-1"),
        ("source: act-1, ", "", 7, "expected a source of sources.yaml, got None"),
        ("source: act-1, article: 二", 'source: act-1, article: " "', 7, "expected the article of act-1"),
        ("value: 0.02", "value: 0.02, unit: yuan", 7, "expected article, note, source, value, got unit"),
        ("  after: frozen\n", "", 1, "expected after: frozen"),
        ("after: frozen", "after: someday", 5, "expected after: frozen"),
        ("  bounds: [0.0, 0.1]\n", "", 1, "expected bounds: [low, high]"),
        ("  title: {en: Own rate, zh: 个人费率}", "  title: Own rate", 2, "expected title: {en: ..., zh: ...}"),
        ("2020-01-01:", "soon:", 7, "expected a date"),
        ("value: 0.02", "value: {primary: 0.02}", 7, "expected one number for the nation"),
        ("unit: share", "colour: red\n  unit: share", 3, "got colour"),
        ("unit: share of contribution base", "unit: choice", 3, "expected options: {0: {en: ..., zh: ...}, ...}"),
        ("after: frozen", "after: frozen\n  options: {0: one, 1: two}", 6, "expected the meaning of an option as {en"),
    ],
)
def test_refused_with_file_line_and_parameter(folder, old, new, line, words) -> None:
    message = spoil(folder, old, new)
    assert f"employee.yaml:{line} employee.person_rate: " in message
    assert words in message
    assert "\n" not in message


def test_two_values_on_one_date_are_refused(folder) -> None:
    again = GOOD.splitlines()[-1]
    message = spoil(folder, again, again + "\n" + again)
    assert "employee.yaml:8" in message
    assert "2020-01-01" in message


def test_a_day_that_no_calendar_has_is_refused(folder) -> None:
    message = spoil(folder, "2020-01-01", "2020-13-01")
    assert "expected a day of the calendar, got 2020-13-01" in message
    assert re.search(r"employee\.yaml:\d+", message)


def test_a_mistyped_path_gets_the_nearest_names(policy) -> None:
    with pytest.raises(PolicyError, match=r"nearest: employee\.person_rate"):
        policy.parameter("employee.person_rat")


def test_two_values_on_one_date_by_year_and_date(folder) -> None:
    again = GOOD.splitlines()[-1]
    assert "expected one value on 2020-01-01, got two" in spoil(
        folder, again, again + "\n" + again.replace("2020-01-01", "2020")
    )


def test_a_weak_source_is_no_law(folder) -> None:
    assert "sources.yaml:1 act-1: expected mark S0..S4 or V" in spoil(folder, "mark: S3", "mark: V-", "sources")
    assert "got 'R': not law" in spoil(folder, "mark: V-", "mark: R", "sources")


def test_an_assumption_needs_reason_and_range(folder) -> None:
    text = "employee:\n  guess:\n    title: {en: a, zh: b}\n    unit: share\n    bounds: [0, 1]\n    value: 0.5\n"
    path = folder / "assumptions.yaml"
    path.write_text(text + "    low: 0.1\n    high: 0.9\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"assumptions.yaml:2 employee.guess: expected why"):
        load_policy(folder)
    from model.policy.loader import read_folder

    read_folder.cache_clear()
    path.write_text(text + "    why: because\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"employee.guess: expected low: and high:"):
        load_policy(folder)


def test_the_loader_is_strict_about_unreadable_files(tmp_path) -> None:
    with pytest.raises(PolicyError, match="expected a readable file"):
        read_yaml(tmp_path / "nothing.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1, 2", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"bad.yaml:\d+: expected"):
        read_yaml(tmp_path / "bad.yaml")


# ---- the record -----------------------------------------------------------------------------------------------------
@compiled
def read_some(law, pool):
    """Return a number made of all kinds of fields."""
    return (
        law.employee.person_rate
        + law.employee.employer_rate[pool]
        + law.benefit.employee_rate[2]
        + law.resident.individual
        + law.year
        + law.pooling.resident_level[pool]
    )


def test_the_record_reads_the_same_compiled_and_interpreted(policy) -> None:
    for year in (2019, 2024, 2050):
        law = law_record(policy, year, POOLS)[0]
        plain = getattr(read_some, "py_func", read_some)
        for pool in range(len(POOLS)):
            assert read_some(law, pool) == plain(law, pool)


def test_the_record_is_read_only_and_of_one_type(policy) -> None:
    first, last = law_record(policy, 2019, POOLS), law_record(policy, 2050, POOLS)
    assert first.shape == (1,)
    assert first.dtype == last.dtype == law_dtype(policy, len(POOLS))
    with pytest.raises(ValueError, match="read-only"):
        first[0]["year"] = 1


def test_money_is_fen_and_notices_pay_for_the_next_year(policy) -> None:
    law = law_record(policy, 2024, POOLS)[0]
    assert law.resident.subsidy == 67_000
    assert law.resident.individual == 38_000  # notice of 2023
    assert law.resident.individual_next == 40_000
    assert isinstance(law.resident.subsidy, np.int64)
    assert isinstance(law.employee.person_rate, np.float64)


def test_places_and_keys_become_arrays(policy) -> None:
    law = law_record(policy, 2024, POOLS)[0]
    assert law.pooling.resident_level.tolist() == [1, 0, 1, 0]
    assert law.resident.central_share.tolist() == [0.1, 0.3, 0.6, 0.8]
    assert law.benefit.employee_rate.shape == (3,)
    assert law.assistance.help_share[1] == 1.0


def test_every_year_to_2050_has_a_law(policy) -> None:
    for year in YEARS:
        law_record(policy, year, POOLS)


def test_describe_lists_every_field(policy) -> None:
    lines = describe(policy, len(POOLS))
    for path in policy.parameters:
        assert f"law.{path} " in lines


# ---- reforms --------------------------------------------------------------------------------------------------------
def same(one, two) -> bool:
    return one.tobytes() == two.tobytes()


def test_an_empty_reform_changes_nothing(policy) -> None:
    reformed = policy.with_reforms((EMPTY,))
    assert reformed.hash() == policy.hash()
    assert all(same(law_record(policy, y, POOLS), law_record(reformed, y, POOLS)) for y in (2019, 2024, 2035))


def test_before_a_reform_every_year_is_identical(policy) -> None:
    reform = Reform(
        "late",
        changes={
            "resident.individual": {2030: 900},
            "resident.individual.after": {2032: "frozen"},
            "pooling.employee_level": {2030: {320000: 1}},
            "work.income_growth": {2030: 0.1},
            "benefit.employee_rate": {2030: {"primary": 0.95}},
        },
    )
    reformed = policy.with_reforms((reform,))
    assert reformed.hash() != policy.hash()
    for year in range(2019, 2030):
        assert same(law_record(policy, year, POOLS), law_record(reformed, year, POOLS)), year
    assert not same(law_record(policy, 2030, POOLS), law_record(reformed, 2030, POOLS))
    law = law_record(reformed, 2031, POOLS)[0]
    assert law.resident.individual == 90_000
    assert law.pooling.employee_level.tolist() == [1, 1, 1, 0]
    others = law_record(policy, 2031, POOLS)[0].benefit.employee_rate.tolist()[1:]
    assert law.benefit.employee_rate.tolist() == [0.95, *others]
    assert reformed.value("resident.individual", 2031) == pytest.approx(900 * 1.1)
    assert reformed.value("resident.individual", 2040) == pytest.approx(900 * 1.1)


def test_a_reform_outlasts_values_announced_later(policy) -> None:
    reformed = policy.with_reforms((Reform("x", changes={"employee.retirement_age_men": {2026: 65.0}}),))
    assert reformed.value("employee.retirement_age_men", 2030) == 65.0
    assert reformed.value("employee.retirement_age_men", 2025) == policy.value("employee.retirement_age_men", 2025)


def test_a_policy_never_changes(policy) -> None:
    before = policy.hash()
    policy.with_reforms((Reform("x", changes={"employee.person_rate": {2026: 0.03}}),))
    assert policy.hash() == before
    with pytest.raises(AttributeError):
        policy.parameters = {}


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        ("employee.nothing", {2026: 1}, "expected the path of a parameter"),
        ("employee.person_rate", {2026: 0.5}, "expected a value between 0 and 0.1"),
        ("employee.person_rate", {2026: "high"}, "expected a number"),
        ("employee.person_rate", {"x": 0.02}, "expected a date"),
        (
            "employee.person_rate",
            {2026: {"value": 0.02, "unit": "yuan"}},
            "expected the unit share of contribution base",
        ),
        ("employee.person_rate", {2026: {"primary": 0.02}}, "expected one number for the nation"),
        ("steps.step1_on", {2026: 0.5}, "expected a whole number"),
        ("steps.step1_on", {2026: True}, "expected a number"),
        ("benefit.employee_rate", {2026: {"top": 0.9}}, "expected one of primary, secondary, tertiary"),
        ("pooling.employee_level", {2026: {320100: 1}}, "expected default or a province code"),
        ("resident.individual.after", {2026: "growth nowhere.rate"}, "expected the path of a growth rate"),
        ("resident.individual.after", {2026: "doubling"}, "expected after: frozen"),
    ],
)
def test_a_reform_that_does_not_fit_is_refused(policy, path, values, words) -> None:
    with pytest.raises(ReformError) as caught:
        policy.with_reforms((Reform("wrong", changes={path: values}),))
    assert words in str(caught.value)
    assert "wrong" in str(caught.value)


def test_two_reforms_of_one_parameter_in_turn_are_refused(policy) -> None:
    one = Reform("one", changes={"employee.person_rate": {2026: 0.03}})
    two = Reform("two", changes={"employee.person_rate": {2028: 0.04}})
    with pytest.raises(ReformError, match=r"one, two both change employee.person_rate"):
        policy.with_reforms((one,)).with_reforms((two,))


def test_the_shipped_folder_loads_from_anywhere(tmp_path, policy) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "law", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    assert load_policy(copy).hash() == policy.hash()


def test_dates_are_dates(policy) -> None:
    for parameter in policy.parameters.values():
        assert all(isinstance(e.date, datetime.date) for e in parameter.entries)


def test_assumptions_lie_in_one_short_file_a_group() -> None:
    """assumed/GROUP.yaml, or GROUP_part.yaml where a group is long."""
    files = sorted((FOLDER / "assumed").glob("*.yaml"))
    assert files
    for file in files:
        groups = list(read_yaml(file))
        assert len(groups) == 1, file.name
        assert file.stem == groups[0] or file.stem.startswith(f"{groups[0]}_"), file.name
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file.name
