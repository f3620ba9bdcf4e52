from __future__ import annotations

import dataclasses
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments import cli
from experiments.run import Job, make_job, run_job
from experiments.store import Store, digest, is_alive, read_manifest, read_run
from model.errors import ResultsError
from tests.fake_world import SIMULATOR, FakeScenario, FakeWorld, reform


@pytest.fixture
def store(tmp_path: Path) -> Store:
    result = Store(tmp_path / "results", "run")
    result.claim()
    return result


def job_of(store: Store, scenario: FakeScenario | None = None, seed: int = 0, **options: bool) -> Job:
    return make_job(SIMULATOR, scenario or FakeScenario(), seed, store, **options)


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def visible(store: Store) -> set[str]:
    return {path.name for path in store.folder.iterdir()} - {"study.json"}


def test_a_run_is_one_folder_with_units_and_a_manifest(store: Store) -> None:
    job = job_of(store)
    assert run_job(SIMULATOR, job).status == "complete"
    assert visible(store) == {job.key}
    folder = store.place(job.key)
    assert {path.name for path in folder.iterdir()} == {
        *(f"{name}.parquet" for name in ("funds", "flows", "enrolment", "care", "measures")),
        "manifest.json",
    }
    schema = pq.read_schema(folder / "funds.parquet")
    assert json.loads(schema.metadata[b"units"])["opening_fen"] == "fen"
    assert schema.field("reserve_months").metadata == {b"unit": b"months of spending"}
    manifest = read_manifest(folder)
    wanted = {
        "scenario",
        "seed",
        "law_hash",
        "data_hash",
        "code_version",
        "commit",
        "versions",
        "platform",
        "times",
        "weight",
        "status",
    }
    assert wanted <= set(manifest)
    assert manifest["tables"]["funds"]["sha256"] == digest(read_run(folder)["funds"])


def test_a_complete_run_is_not_run_again(store: Store) -> None:
    job = job_of(store)
    run_job(SIMULATOR, job)
    before = (store.place(job.key) / "manifest.json").read_bytes()
    again = run_job(dataclasses.replace(SIMULATOR, build=lambda *_: 1 / 0), job)
    assert again.message == "already there"
    assert (store.place(job.key) / "manifest.json").read_bytes() == before


def test_people_are_added_to_a_run_that_lacks_them(store: Store) -> None:
    run_job(SIMULATOR, job_of(store))
    job = job_of(store, export_people=True)
    run_job(SIMULATOR, job)
    people = pd.read_parquet(store.place(job.key) / "people.parquet")
    assert list(people["year"]) == [2024, 2025, 2026]
    assert read_manifest(store.place(job.key))["tables"]["people"]["rows"] == 3
    assert visible(store) == {job.key}


def test_the_key_follows_everything_that_decides_the_result(store: Store) -> None:
    keys = {
        job_of(store).key,
        job_of(store, seed=1).key,
        job_of(store, FakeScenario(end=2027)).key,
        job_of(store, FakeScenario(reforms=(reform("a", aid=1),))).key,
        job_of(store, FakeScenario(reforms=(reform("a", aid=2),))).key,
        make_job(dataclasses.replace(SIMULATOR, code_version=lambda: "other"), FakeScenario(), 0, store).key,
        make_job(dataclasses.replace(SIMULATOR, data_hash=lambda: "other"), FakeScenario(), 0, store).key,
    }
    assert len(keys) == 7


def test_a_failed_run_is_kept_as_data(store: Store) -> None:
    job = job_of(store, FakeScenario(reforms=(reform("broken", crash=0),)))
    assert run_job(SIMULATOR, job).status == "failed"
    folder = store.place(job.key)
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]
    assert "money was lost" in read_manifest(folder)["traceback"]
    assert run_job(SIMULATOR, job).message == "already there"
    store.set_aside(job.key)
    assert store.status(job.key) == "absent"


def test_bad_input_leaves_nothing(store: Store) -> None:
    done = run_job(SIMULATOR, job_of(store, FakeScenario(reforms=(reform("bad", bad=1),))))
    assert done.bad_input
    assert visible(store) == set()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_nothing(
    store: Store, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: FakeWorld) -> None:
        raise error

    monkeypatch.setattr(FakeWorld, "step", interrupted)
    with pytest.raises(error):
        run_job(SIMULATOR, job_of(store))
    assert visible(store) == set()


def test_what_dead_processes_left_is_removed(store: Store) -> None:
    stale = store.folder / f".0123456789abcdef.partial-{dead_pid()}"
    stale.mkdir()
    (stale / "funds.partial").write_text("half", encoding="utf-8")
    mine = store.folder / f".fedcba9876543210.partial-{os.getppid()}"
    mine.mkdir()
    store.claim()
    assert not stale.exists()
    assert mine.exists()


def test_a_run_that_lacked_only_its_last_rename_is_finished(store: Store) -> None:
    job = job_of(store)
    run_job(SIMULATOR, job)
    folder = store.place(job.key)
    (folder / "funds.parquet").rename(folder / "funds.partial")
    assert store.status(job.key) == "absent"
    store.claim()
    assert store.status(job.key) == "complete"


def test_processes_alive_and_dead() -> None:
    assert is_alive(os.getppid())
    assert not is_alive(dead_pid())


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(ResultsError, match="something else"):
        Store(tmp_path, "run").claim()
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ResultsError, match="expected a folder that can be made"):
        Store(tmp_path / "file" / "below", "run").claim()


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def full(path: Path, text: str, **words: str) -> int:
        write(path, text[:3], **words)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ResultsError, match="made and written, got No space left"):
        Store(tmp_path / "new" / "deep", "a study").claim()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_study_or_project_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="expected results of other, found those of run"):
        Store(store.folder, "other").claim()
    (store.folder / "study.json").write_text('{"project": "else"}', encoding="utf-8")
    with pytest.raises(ResultsError, match="something else"):
        store.claim()
    taken = tmp_path / "file"
    taken.write_text("", encoding="utf-8")
    with pytest.raises(ResultsError, match="found a file"):
        Store(taken, "run").claim()


def test_a_key_folder_without_a_manifest_is_refused(store: Store) -> None:
    job = job_of(store)
    store.place(job.key).mkdir()
    (store.place(job.key) / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"manifest\.json"):
        run_job(SIMULATOR, job)


def spoiled(store: Store, content: dict[str, Any]) -> tuple[Job, Path]:
    """Return a job whose run is there, with entries of its manifest changed."""
    job = job_of(store)
    run_job(SIMULATOR, job)
    path = store.place(job.key) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **content}), encoding="utf-8")
    return job, path


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("tables", {"x": 1}, "{'x': 1}"),
        ("tables", [1, 2], "[1, 2]"),
        ("tables", {}, "{}"),
        ("tables", {"funds": 3}, "{'funds': 3}"),
        ("tables", {"care": {}}, "{'care': {}}"),
        ("tables", {"funds": {"sha256": []}}, "{'funds': {'sha256': []}}"),
        ("scenario", "x", "'x'"),
        ("scenario", None, "None"),
        ("scenario", {}, "{}"),
        ("scenario", {"reforms": "x"}, "{'reforms': 'x'}"),
        ("scenario", {"reforms": [{"name": "x"}]}, "{'reforms': [{'name': 'x'}]}"),
        ("seed", "abc", "'abc'"),
        ("seed", -1, "-1"),
        ("seed", True, "True"),
        ("seed", 2**63, "9223372036854775808"),
        ("status", "half", "'half'"),
        ("status", ["complete"], "['complete']"),
        ("weight", None, "None"),
        ("key", 5, "5"),
        ("study", 5, "5"),
    ],
)
def test_a_manifest_of_another_shape_is_refused_by_name(
    store: Store, capsys: pytest.CaptureFixture[str], name: str, value: Any, found: str
) -> None:
    _, path = spoiled(store, {name: value})
    for words in ([], ["--identities"]):
        assert cli.main(["verify", str(path.parent), *words]) == cli.BAD_INPUT
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"gongji: {path}: {name}: expected ")
        assert line.endswith(f", got {found}")


@pytest.mark.parametrize("name", ["tables", "scenario", "seed", "status", "key", "study", "weight"])
def test_a_manifest_without_an_entry_is_refused_by_name(store: Store, name: str) -> None:
    job, path = spoiled(store, {})
    content = json.loads(path.read_text(encoding="utf-8"))
    del content[name]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ResultsError, match=rf"manifest\.json: {name}: expected .*, got nothing"):
        read_manifest(store.place(job.key))


def test_a_scenario_that_cannot_be_lived_is_refused(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    _, path = spoiled(store, {"scenario": {"people": 5, "start": 2024, "end": 2026, "peeple": 5}})
    assert cli.main(["verify", str(path.parent)]) == cli.BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gongji: {path}: scenario: expected one that can be lived (")


@pytest.mark.parametrize("broken", ["manifest", "funds"])
def test_no_world_is_lived_for_a_broken_folder(store: Store, broken: str) -> None:
    """What no run can take the place of is told before any year, not after all of them."""
    job, path = spoiled(store, {})
    if broken == "manifest":
        path.write_text('{"project": "gongji"}', encoding="utf-8")
    else:
        (path.parent / "funds.parquet").unlink()
    never = dataclasses.replace(SIMULATOR, build=lambda *_: 1 / 0)
    with pytest.raises(
        ResultsError, match=r"manifest\.json: status: expected" if broken == "manifest" else "is missing"
    ):
        run_job(never, job)


def test_a_reform_file_may_lie_beside_its_results(tmp_path: Path) -> None:
    (tmp_path / "my_reform.yaml").write_text("name: my_reform", encoding="utf-8")
    Store(tmp_path, "run").claim()
