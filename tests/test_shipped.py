"""The run shipped with the code: every Python that runs the tests makes its numbers again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from experiments import cli
from experiments.ship import FOLDER
from experiments.store import read_manifest
from experiments.verify import run_folders


def test_verify_says_yes_to_the_shipped_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(FOLDER)]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "yes"
    assert sum(line.startswith("  yes ") for line in told) >= 4


def test_verify_says_no_with_the_number_after_one_parameter_is_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = run_folders(FOLDER)
    copy = Path(shutil.copytree(folder, tmp_path / folder.name))
    path = copy / "manifest.json"
    text = path.read_text(encoding="utf-8")
    assert '"2024-01-01": 410' in text
    path.write_text(text.replace('"2024-01-01": 410', '"2024-01-01": 411'), encoding="utf-8")
    assert cli.main(["verify", str(copy)]) == 1
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "no"
    (line,) = [line for line in told.splitlines() if line.startswith("  no  funds: ")]
    assert "of year 2025" in line  # the first year in which the changed premium is in force
    stored, now = (int(line.split(": ")[-1].split()[place]) for place in (0, 2))
    assert stored != now


def test_the_shipped_run_holds_the_tables_that_are_the_same_everywhere() -> None:
    (folder,) = run_folders(FOLDER)
    kept = read_manifest(folder)
    assert set(kept["tables"]) == {"funds", "flows", "enrolment", "care"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1_000_000
