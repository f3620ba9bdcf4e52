"""What a study would be refused for, or warned of, is said before any world is lived."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments import compare, plan
from experiments.branch import late_reforms, tell_late
from experiments.outcomes import outcomes
from experiments.recorded import check_known, known
from experiments.run import Done
from experiments.study import Study, StudyError, load_study
from tests.fake_world import SIMULATOR
from tests.test_report import compared, scenario_of, study_of
from tests.told import one_line
from tests.worlds import lived

REFORM: dict[str, Any] = {
    "name": "combo",
    "title": "Combo",
    "question": "What?",
    "source": "a test",
    "changes": {"employee.person_rate": {"2026-01-01": 0.03}},
}


def files(folder: Path, changes: Any = None, **study: Any) -> Path:
    """Write a reform and a study of it, and return the study's path."""
    reform = REFORM if changes is None else REFORM | {"changes": changes}
    (folder / "combo.yaml").write_text(yaml.safe_dump(reform), encoding="utf-8")
    given = {
        "name": "mine",
        "title": {"en": "Mine", "zh": "我的"},
        "question": {"en": "What?", "zh": "何？"},
        "people": 2000,
        "start": 2024,
        "end": 2028,
        "replications": 1,
        "baseline": {"name": "today", "label": {"en": "today", "zh": "现行"}},
        "reforms": [{"name": "combo", "label": {"en": "combo", "zh": "组合"}, "reforms": ["combo.yaml"]}],
        "outcomes": [{"level": "nation", "unit": "china", "measure": "gini_income", "label": {"en": "G", "zh": "基"}}],
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(given | study), encoding="utf-8")
    return path


@pytest.fixture
def no_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no world be lived."""
    for module, name in ((compare, "run_all"), (plan, "_probe")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("a world was lived"))


def test_all_that_runs_record_is_known() -> None:
    """A failure says to run `python -m experiments.recorded`."""
    said, there = outcomes(lived().record.tables, lived().weight), known()
    for level, rows in said.groupby("level"):
        assert set(rows["measure"]) <= set(there[str(level)]["measures"])
        assert set(rows["unit"].astype(str)) <= set(there[str(level)]["units"])


@pytest.mark.parametrize("name", ["three_steps", "co_use", "contributions", "enrolment_incentives", "pooling_levels"])
def test_shipped_studies_ask_for_what_is_known(name: str) -> None:
    check_known(load_study(name))


@pytest.mark.parametrize("verb", ["compare", "sweep"])
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"unit": "chinna"}, "expected a unit that runs record at level nation, got chinna (nearest: china)"),
        ({"measure": "gini_incom"}, "a measure that runs record at level nation, got gini_incom (nearest: gini_income"),
        ({"level": "natoin"}, "expected a level that runs record, got natoin (nearest: nation"),
    ],
)  # fmt: skip
def test_a_mistyped_outcome_is_refused_before_any_work(
    verb: str,
    changed: dict[str, str],
    expected: str,
    tmp_path: Path,
    no_worlds: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = {"level": "nation", "unit": "china", "measure": "gini_income", "label": {"en": "G", "zh": "基"}} | changed
    path = files(tmp_path, outcomes=[outcome])
    one_line([verb, str(path), "--out", str(tmp_path / "out")], expected, capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [["--plan"], []])
@pytest.mark.parametrize(
    ("verb", "study", "expected"),
    [
        (
            "sweep",
            {"parameters": [{"path": "employee.person_rate", "low": 0.01, "high": 0.02}]},
            "parameters: employee.person_rate is changed by reform combo",
        ),
        ("compare", {"branch": 2026}, "branch 2026: expected no change of the law before 2027, found one in 2026"),
    ],
)
def test_a_plan_accepts_only_what_the_command_does(
    verb: str,
    study: dict[str, Any],
    more: list[str],
    expected: str,
    tmp_path: Path,
    no_worlds: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = files(tmp_path, **study)
    one_line([verb, str(path), "--out", str(tmp_path / "out"), *more], expected, capsys)


def test_a_reform_that_begins_after_the_end_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = {"employee.person_rate": {"2031-01-01": 0.03}}
    study = load_study(str(files(tmp_path, late)))
    assert late_reforms(study, lambda variant: compare.make_scenario(study, variant)) == [("combo", "combo", 2031)]
    tell_late(study, lambda variant: compare.make_scenario(study, variant))
    told = capsys.readouterr().out
    early = load_study(str(files(tmp_path)))
    assert late_reforms(early, lambda variant: compare.make_scenario(early, variant)) == []
    assert told == "warning: combo: reform combo begins in 2031, after the last year 2028: it changes nothing here\n"


def test_the_report_says_that_a_reform_begins_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "late_reforms", lambda *_: [("aid", "aid", 2031)])
    compared(study_of("aid"), tmp_path / "fake", seeds=1)
    told = (tmp_path / "fake" / "report.md").read_text(encoding="utf-8")
    assert "aid: reform aid begins in 2031, after 2026: it changes nothing here." in told
    assert "改革aid始于2031年" in told


def test_runs_to_come_are_counted_once_a_law(tmp_path: Path) -> None:
    """Two regimes of one law are lived once; what is expected is what is told."""
    expected: list[int] = []
    told: list[Done] = []
    plain = study_of("aid").model_dump()
    twice = [{**plain["reforms"][0], "name": name} for name in ("aid", "again")]
    study = Study.model_validate(plain | {"reforms": twice})
    compare.compare(
        SIMULATOR, study, tmp_path / "fake", range(2), 1, told.append, False, scenario_of, expect=expected.append
    )
    assert sum(expected) == len(told) == 4


def test_an_unknown_unit_of_the_precision_is_named() -> None:
    study = load_study("three_steps").model_dump()
    asked = {"level": "fund", "unit": "employe_pool", "measure": "closing_fen", "half_width": 1.0, "at_most": 9}
    with pytest.raises(StudyError, match=r"precision: expected a unit .* got employe_pool"):
        check_known(Study.model_validate(study | {"precision": asked}))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"end": 2051}, "end: expected a year from 2024 to 2050, got 2051"),
        ({"start": 2018}, "start: expected a year from 2019 to 2026, got 2018"),
        ({"name": "Mine!"}, "name: expected a name of small letters, digits and _, beginning with a letter"),
        ({"package": ["a", "b", "c", "d", "e", "f", "g"]}, "package: expected at most 6 items"),
        (
            {"baseline": {"name": "today", "label": {"en": "t", "zh": "t"}, "reforms": ["step_11"]}},
            "baseline.reforms: reform step_11: expected a name in experiments/reforms (nearest: step_1",
        ),
    ],
)
def test_what_is_wrong_in_a_study_is_said_with_file_and_line(
    changed: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(str(files(tmp_path, **changed)))
    assert re.search(r"mine\.yaml:\d+ ", str(caught.value))
    assert expected in str(caught.value)
