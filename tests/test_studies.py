"""The shipped studies load, name what there is, and their sweeps stay inside declared bounds."""

from __future__ import annotations

import pytest

from experiments.branch import first_change
from experiments.compare import check_comparable
from experiments.design import points_of
from experiments.outcomes import outcomes
from experiments.package import package_variants
from experiments.study import STUDIES, load_study
from experiments.sweep import scenarios_of
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


@pytest.mark.parametrize("name", NAMES)
def test_its_outcomes_are_recorded(name: str) -> None:
    said = outcomes(lived().record.tables, lived().weight)
    there = set(zip(said["level"], said["unit"], said["measure"]))
    for outcome in load_study(name).outcomes:
        if outcome.level != "flow":  # a flow that did not run in these years is not there
            assert (outcome.level, outcome.unit, outcome.measure) in there, outcome
