"""Where a world's people go: into memory or to the disk; what is refused, and what is told of worlds left over."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments import cli, nation
from experiments.run import Job, make_job
from experiments.simulator import MODEL
from experiments.store import Store
from model.errors import ScenarioError
from model.scenario import Scenario
from model.streaming import _taken, take_alone
from tests.worlds import START

PEOPLE = 6000


def asked(folder: Path, people: Any = "all", **options: Any) -> Job:
    return make_job(MODEL, Scenario(people, START, START + 6), 0, Store(folder, "run"), **options)


def test_everybody_goes_to_the_disk_with_the_numbers_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nation, "machine_bytes", lambda: 16 * nation.GIBI)
    monkeypatch.setattr(nation, "_room", lambda folder: 100 * nation.GIBI)
    said: list[str] = []
    job = nation.place_of(asked(tmp_path, threads=2), said.append)
    assert job.disk == tmp_path / f".world-{job.key}"
    assert re.match(r"people all: 1,4\d\d,\d{3},\d{3} people in 1,3\d\d parts need .* hours; yearly measures", said[0])
    assert nation.place_of(asked(tmp_path, 1_000_000), said.append).disk is None
    with pytest.raises(ScenarioError, match="--export-people: expected people who fit"):
        nation.place_of(asked(tmp_path, export_people=True), said.append)
    assert len(said) == 1


@pytest.mark.parametrize(("memory", "disk"), [(1, 100), (16, 20)])
def test_what_neither_memory_nor_disk_holds_is_refused(
    memory: int, disk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nation, "machine_bytes", lambda: memory * nation.GIBI)
    monkeypatch.setattr(nation, "_room", lambda folder: disk * nation.GIBI)
    assert cli.main(["run", "--people", "all", "--out", str(tmp_path / "out")]) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"found {memory}.0 GiB of memory and {disk}.0 GiB of disk" in told
    assert not (tmp_path / "out").exists()


def test_a_run_on_disk_is_stored_as_one_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["run", "--people", str(PEOPLE), "--end", str(START), "--threads", "1", "--out"]
    assert cli.main([*words, str(tmp_path / "memory")]) == cli.OK
    monkeypatch.setattr(nation, "IN_MEMORY", 1 << 40)
    assert cli.main([*words, str(tmp_path / "disk")]) == cli.OK
    stored = [{path.name: path.read_bytes() for path in folder.rglob("*.parquet")} for folder in tmp_path.iterdir()]
    assert len(stored[0]) == 5
    for name in ("funds", "flows", "enrolment", "care"):
        assert stored[0][f"{name}.parquet"] == stored[1][f"{name}.parquet"]
    assert not list(tmp_path.rglob(".world-*"))
    monkeypatch.setattr(nation, "machine_bytes", lambda: 1)
    assert cli.main([*words, str(tmp_path / "disk")]) == cli.OK  # what is there needs no room


def test_people_whom_an_interrupted_run_left_on_disk_are_told(tmp_path: Path) -> None:
    left = tmp_path / ".world-0123456789abcdef" / "2024"
    left.mkdir(parents=True)
    (left / "0.people").write_bytes(bytes(nation.GIBI // 5))
    job, said = asked(tmp_path, 20_000), list[str]()
    nation.world_folder(job).mkdir()  # this run's own
    nation.place_of(job, said.append)
    assert said == [f"{left.parent}: the people of an interrupted run, 0.2 GiB; remove it unless that run is to go on"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such hold there")
def test_people_of_a_run_that_goes_on_are_not_told_as_left(tmp_path: Path) -> None:
    other = tmp_path / ".world-0123456789abcdef"
    take_alone(other)
    (other / "0.people").write_bytes(bytes(8))
    assert nation.abandoned(asked(tmp_path, 20_000)) == []
    os.close(_taken.pop(other.absolute()))
    assert nation.abandoned(asked(tmp_path, 20_000)) == [(other, 8)]


def test_a_run_that_goes_on_beside_may_remove_its_years_while_they_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / ".world-0123456789abcdef" / "2024"
    left.mkdir(parents=True)
    (left / "0.people").write_bytes(bytes(8))
    is_file = Path.is_file

    def then_removed(path: Path) -> bool:
        found = is_file(path)
        path.unlink(missing_ok=True) if found else None
        return found

    monkeypatch.setattr(Path, "is_file", then_removed)
    assert nation.abandoned(asked(tmp_path, 20_000)) == [(left.parent, 0)]
