"""What users hand in wrongly is told in one line, with exit code 2, before any work is done for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from experiments import calibrate, cli, compare, eta, full, options, ship, sweep, validate
from experiments.ending import BAD_INPUT
from experiments.run import make_job, run_job
from experiments.store import Store
from experiments.verify import run_folders
from model.errors import PolicyError, ResultsError, ScenarioError
from model.policy import files
from model.policy.files import DEEPEST, LARGEST, read_yaml
from tests.fake_world import SIMULATOR, FakeScenario
from tests.test_report import scenario_of, study_of
from tests.told import one_line

REFORM = "name: mine\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.person_rate: {2026-01-01: 0.03}\n"
HEAD = REFORM.partition("changes")[0]
TOO_DEEP = f"at most {DEEPEST} levels of lists and mappings inside each other"
TOO_MUCH = f"at most {LARGEST:,} values, aliases written out"
ALIASES = "".join(f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 10))
CHAIN = "".join(f"x{i}: &x{i} [*x{i - 1}]\n" for i in range(1, 5000))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 100_000, f":1: expected {TOO_DEEP}"),
        (f"{HEAD}changes: {'[' * 30_000}{']' * 30_000}\n", f":5: expected {TOO_DEEP}"),
        (f"{HEAD}changes: {'{a: ' * 20_000}", TOO_DEEP),
        ("- " * 30_000, TOO_DEEP),
        ("\n".join(f"{' ' * depth}a:" for depth in range(5000)), f":{DEEPEST + 1}: expected {TOO_DEEP}"),
        (f"{HEAD}x0: &x0 [1]\n{CHAIN}changes: *x4999\n", TOO_DEEP),
        (f"{HEAD}x0: &x0 [1, 1, 1]\n{ALIASES}changes: *x9\n", TOO_MUCH),
        (REFORM.replace("title: t", "title: t\0"), ":2: expected text without control characters, got #x0000"),
        (REFORM.replace("source: s", 'source: "\a"'), ":4: expected text without control characters, got #x0007"),
        (f"{REFORM}---\n{REFORM}", ":7: expected one document, got another"),
        (
            REFORM.replace("0.03", "0.03, 2026: 0.02"),
            ":6 employee.person_rate: expected one value on each date, got two on 2026-01-01",
        ),
    ],
)
def test_what_no_file_of_ours_needs_is_refused(
    text: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    one_line(["explain", str(path)], f"mine.yaml{expected}" if expected[0] == ":" else expected, capsys)


def test_depth_and_aliases_within_bounds_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"a: &a {'[' * (DEEPEST - 2)}1{']' * (DEEPEST - 2)}\nb: [*a]\n", encoding="utf-8")
    content = read_yaml(path)
    assert content["b"] == [content["a"]]
    monkeypatch.setattr(files, "LARGEST", 2 * (DEEPEST - 1) + 4)
    assert read_yaml(path) == content
    monkeypatch.setattr(files, "LARGEST", 2 * (DEEPEST - 1) + 3)
    with pytest.raises(PolicyError, match="aliases written out"):
        read_yaml(path)


def no_work(*words: Any, **options: Any) -> Any:
    raise AssertionError("the work has begun")


@pytest.mark.parametrize(
    ("words", "module", "runs"),
    [
        (["compare", "three_steps", "--people", "2000"], compare, "run_all"),
        (["sweep", "contributions", "--design", "one_at_a_time", "--people", "2000"], sweep, "run_all"),
        (["validate", "--people", "2000"], validate, "do_runs"),
    ],
)
def test_what_is_in_the_way_at_the_end_is_told_at_the_start(
    words: list[str],
    module: Any,
    runs: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, runs, no_work)
    (tmp_path / "taken").touch()
    one_line([*words, "--out", str(tmp_path / "taken")], "taken: expected a", capsys)
    one_line([*words, "--out", str(tmp_path / "taken" / "new")], "expected a folder that can be made", capsys)
    for name in module.FILES:
        folder = tmp_path / name
        with pytest.raises(AssertionError):  # the folder is the study's now
            cli.app([*words, "--out", str(folder)], standalone_mode=False)
        (folder / name).mkdir()
        one_line([*words, "--out", str(folder)], f"--out {folder / name}: expected a file, found a folder", capsys)


FIXED: list[tuple[ModuleType, list[str], str]] = [
    (full, ["three_steps_full", "--people", "2000"], "summary"),
    (eta, ["--people", "2000"], "study"),
    (calibrate, ["--date", "2026-01-31"], "values"),
]


@pytest.mark.parametrize(("module", "words", "what"), FIXED)
def test_a_project_that_cannot_be_written_is_told_at_the_start(
    module: Any,
    words: list[str],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Such as one installed by somebody else."""
    ours = Path(full.__file__).resolve().parents[1]
    takes: Callable[[Path], bool] = options._takes_files
    monkeypatch.setattr(options, "_takes_files", lambda folder: not folder.is_relative_to(ours) and takes(folder))
    for name in ("compare", "processes"):
        monkeypatch.setattr(module, name, no_work, raising=False)
    place = "--out" if module is full else "--work"
    more = [place, str(tmp_path)] if module is not eta else []
    assert module.main([*words, *more]) == BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gongji: {what} {ours}")
    assert line.endswith("expected a place where a file can be written")


def test_full_finds_at_the_start_what_takes_no_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(full, "compare", no_work)
    (tmp_path / "taken").touch()
    assert full.main(["three_steps_full", "--people", "2000", "--out", str(tmp_path / "taken")]) == BAD_INPUT
    assert "--out" in (heard := capsys.readouterr().err)
    assert heard.endswith("taken: expected a folder, found a file\n")


def test_ship_finds_at_the_start_that_nothing_can_be_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "_takes_files", lambda folder: False)
    monkeypatch.setattr(ship, "run_job", no_work)
    with pytest.raises(ScenarioError, match="expected a folder that can be made and written"):
        ship.ship()


STUDY = """
name: any
title: {en: t, zh: t}
question: {en: q, zh: q}
people: 1000
start: 2024
end: 2025
replications: 1
baseline: {name: today, label: {en: today, zh: today}}
outcomes: [{level: nation, unit: china, measure: gini_income, label: {en: gini, zh: gini}}]
parameters:
  - {path: steps.step1_share, low: 0.1, high: 0.9}
  - {path: steps.step2_share, low: 0.1, high: 0.9}
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("levels: 1000000000", "levels: expected less than or equal to 1000000"),
        ("levels: 1000000", "any: design factorial: expected at most 1000000 points, got 2000000"),
        ("from: -5", "expected greater than or equal to 1"),
        ("from: 10000", "expected less than or equal to 9999"),
    ],
)
def test_a_design_without_end_or_outside_the_calendar_is_refused(
    more: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(STUDY.replace("0.9}", f"0.9, {more}}}", 1), encoding="utf-8")
    one_line(["sweep", str(path), "--design", "factorial", "--plan"], expected, capsys)


@pytest.mark.parametrize("people", ["1500000000", "9" * 23])
def test_more_people_than_the_nation_has_are_refused(
    people: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--people", people, "--out", str(tmp_path / "out")]
    one_line(words, f"people {people}: expected at most the nation's 14", capsys)
    assert not (tmp_path / "out").exists()


def test_a_run_without_its_manifest_is_no_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = run_folders(ship.FOLDER)
    for name in ("one", "two"):
        shutil.copytree(run, tmp_path / name)
    (tmp_path / "two" / "manifest.json").unlink()
    one_line(["verify", "--identities", str(tmp_path)], "two: expected a manifest.json beside its tables", capsys)


@pytest.mark.parametrize("text", ["[]", '{"definition": {}, "runs": []}', '{"definition": 1}', "[" * 100_000])
def test_a_study_told_wrongly_makes_no_paper(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.json").write_text(text, encoding="utf-8")
    one_line(["paper", str(tmp_path)], "study.json: expected the folder of a finished compare", capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]


def test_a_lost_table_comes_back_with_the_same_line(tmp_path: Path) -> None:
    store = Store(tmp_path / "results", "run")
    store.claim()
    job = make_job(SIMULATOR, FakeScenario(), 0, store, export_people=True)
    assert run_job(SIMULATOR, job).status == "complete"
    before = {path.name: path.read_bytes() for path in store.place(job.key).glob("*.parquet")}
    for name in ("flows", "people"):
        (store.place(job.key) / f"{name}.parquet").unlink()
        assert run_job(SIMULATOR, job).message == ""
        assert {path.name: path.read_bytes() for path in store.place(job.key).glob("*.parquet")} == before
    assert run_job(SIMULATOR, job).message == "already there"


def test_a_changed_table_is_not_compared(tmp_path: Path) -> None:
    study = study_of("null", "aid")
    words: tuple[Any, ...] = (SIMULATOR, study, tmp_path / "fake", range(1), 1, lambda done: None, False, scenario_of)
    runs = compare.compare(*words).facts["runs"]
    place = tmp_path / "fake" / sorted(runs.values())[0]
    shutil.copy(place / "care.parquet", place / "flows.parquet")
    kept = {path: path.read_bytes() for path in (tmp_path / "fake").rglob("*") if path.is_file()}
    with pytest.raises(ResultsError, match=r"flows\.parquet: expected the table of its manifest; it was changed"):
        compare.compare(*words)
    assert kept == {path: path.read_bytes() for path in (tmp_path / "fake").rglob("*") if path.is_file()}
    (place / "flows.parquet").unlink()
    assert compare.compare(*words).facts["runs"] == runs
