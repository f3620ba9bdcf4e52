"""The shipped studies load, name what there is, and their sweeps stay inside declared bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from experiments.branch import first_change
from experiments.compare import check_comparable
from experiments.design import points_of
from experiments.outcomes import outcomes
from experiments.package import package_variants
from experiments.study import STUDIES, StudyError, load_study
from experiments.sweep import scenarios_of
from model.scenario import REFORMS
from tests.worlds import lived

NAMES = sorted(path.stem for path in STUDIES.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_study_can_be_run(name: str) -> None:
    study = load_study(name)
    assert study.name == name
    check_comparable(study)
    scenario_of = scenarios_of(study.model_copy(update={"reforms": (*study.reforms, *package_variants(study))}))
    base = scenario_of(study.baseline, None)
    for variant in (*study.reforms, *package_variants(study)):
        first = first_change(scenario_of(variant, None), base)
        assert study.branch is None or first is None or first > study.branch
    if study.parameters:
        points = points_of(
            study.model_copy(update={"design": study.design.model_copy(update={"kind": "one_at_a_time"})})
        )
        for point in range(len(points.units)):
            for variant in study.variants:
                scenario_of(variant, points.reform(point))


ZERO = {
    ("flow", "step1_loan", "amount_fen"): "only reforms switch step 1 on",
    ("flow", "step3_upload", "amount_fen"): "only reforms switch step 3 on",
    ("flow", "step3_aid", "amount_fen"): "only reforms switch step 3 on",
}
"""Outcomes of the studies that are nothing in all years of today's law, and why."""


@pytest.mark.parametrize("name", NAMES)
def test_its_outcomes_are_recorded_and_not_always_zero(name: str) -> None:
    """A level, unit and measure that belong together say something; lapses of the uninsured are zero in every year."""
    said = outcomes(lived().record.tables, lived().weight)
    moved = said[said["value"].notna() & (said["value"] != 0)]
    there = set(zip(moved["level"], moved["unit"], moved["measure"]))
    asked = {(outcome.level, outcome.unit, outcome.measure) for outcome in load_study(name).outcomes}
    assert asked - there == asked & set(ZERO)


def test_a_reforms_file_is_found_beside_the_study_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then where one works; where it is in neither, both folders are named."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    reform = (REFORMS / "step_1.yaml").read_text(encoding="utf-8")
    plain = load_study("three_steps").model_dump(mode="json", by_alias=True)
    laid = [{"name": "mine", "label": {"en": "x", "zh": "x"}, "reforms": ["mine.yaml", "step_1"]}]
    (there / "study.yaml").write_text(yaml.safe_dump(plain | {"reforms": laid}), encoding="utf-8")
    monkeypatch.chdir(here)
    with pytest.raises(StudyError, match=r"reforms\.0\.reforms: .* found no mine\.yaml") as caught:
        load_study("../there/study.yaml")
    assert {here.as_posix(), there.as_posix()} <= set(str(caught.value).replace(",", " ").split())
    (here / "mine.yaml").write_text(reform, encoding="utf-8")
    assert load_study("../there/study.yaml").reforms[0].reforms == ("mine.yaml", "step_1")
    (there / "mine.yaml").write_text(reform, encoding="utf-8")
    assert load_study("../there/study.yaml").reforms[0].reforms == ("../there/mine.yaml", "step_1")
    assert load_study(str(there / "study.yaml")).reforms[0].reforms[0] == (there / "mine.yaml").as_posix()
