"""The list of what the source documents say and where it is represented: complete, true, printed from one file."""

from __future__ import annotations

import pytest

from experiments import coverage
from model.errors import PolicyError


def test_every_feature_stands_somewhere_or_is_left_out_with_a_reason() -> None:
    features = coverage.features()
    assert len(features) == 182
    core = {number: spec for number, spec in features.items() if spec["priority"] in {"P1", "P2"}}
    assert all(spec.get("by") or spec.get("out") for spec in core.values())
    assert all(spec.get("by") for spec in core.values() if spec["priority"] == "P1"), "nothing of the core is left out"


def test_every_reference_names_something() -> None:
    assert coverage.wrong_references() == []


def test_what_no_phase_reads_is_not_passed_off_as_represented() -> None:
    assert coverage.unsaid() == []


def test_the_page_is_the_file() -> None:
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page(), "run python -m experiments.readme"


def test_a_wrong_file_is_refused(tmp_path, monkeypatch) -> None:
    path = tmp_path / "coverage.yaml"
    path.write_text("21: {doc: a, priority: P1, what: b, by: [rule nothing]}\n", encoding="utf-8")
    monkeypatch.setattr(coverage, "FILE", path)
    with pytest.raises(PolicyError, match="every number from 1 to 182"):
        coverage.features()
    rows = (f"{n}: {{doc: a, priority: P1, what: b, by: [rule nothing]}}" for n in range(1, 183))
    path.write_text("\n".join(rows), encoding="utf-8")
    assert coverage.wrong_references()[0] == "1: rule nothing"
