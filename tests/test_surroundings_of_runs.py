"""What surrounds a run may be odd: a cache that cannot be written, closed streams, old locales, YAML's rarer forms."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from agents import compiled as compilation
from agents.compiled import CODE_VERSION, ROOT, CacheError, cache_folder
from experiments.compare import make_scenario
from experiments.ending import BAD_INPUT, ended
from experiments.study import StudyError, load_study
from model.checkpoint import Resumed, save
from model.errors import ResultsError, ScenarioError
from model.policy.files import read_yaml
from model.pooling import PoolingModel
from tests.told import one_line
from tests.worlds import world_of

LINE = [sys.executable, "-m", "experiments", "explain", "employee.person_rate"]
STUDY = """name: mine
title: {en: t, zh: t}
question: {en: q, zh: q}
people: 1500
start: 2024
end: 2025
replications: 1
baseline: {name: today, label: {en: a, zh: a}}
reforms:
  - {name: other, label: {en: b, zh: b}, reforms: [step_1]}
"""


def surrounded(words: list[str], **more: Any) -> subprocess.CompletedProcess[bytes]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.run(words, cwd=ROOT, check=False, **streams)


def test_a_cache_that_cannot_be_written_is_told_and_nothing_is_compiled_beside_the_source(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    begun = {**os.environ, "GONGJI_CACHE": str(file)}
    done = surrounded([*LINE[:3], "run", "--people", "100", "--out", str(tmp_path / "out")], env=begun)
    assert done.returncode == BAD_INPUT
    assert done.stderr.decode().splitlines() == [
        f"gongji: GONGJI_CACHE {file}: expected a folder that can be made and written"
    ]
    assert not (tmp_path / "out").exists()


def test_the_usual_cache_of_another_user_is_left_to_him(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "INTERPRETED", False)
    monkeypatch.setattr(compilation.tempfile, "tempdir", str(tmp_path))
    for asked in ("", None):
        if asked is None:
            monkeypatch.delenv("GONGJI_CACHE")
        else:
            monkeypatch.setenv("GONGJI_CACHE", asked)
        assert cache_folder() == tmp_path / "gongji-cache" / CODE_VERSION[:16]
    monkeypatch.setattr(compilation, "takes_files", lambda folder: folder.parent.name != "gongji-cache")
    assert cache_folder().parent.name.startswith("gongji-cache-")
    monkeypatch.setattr(compilation, "takes_files", lambda folder: False)
    with pytest.raises(CacheError, match="expected a folder that can be made and written"):
        cache_folder()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_command_ends_well_where_a_stream_is_closed(closed: str) -> None:
    done = surrounded(["sh", "-c", f'"$@" {closed}', "sh", *LINE])
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


def test_what_is_said_to_closed_streams_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert ended(lambda: 0 if sys.stderr.isatty() else 3) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only there names are bytes of any encoding")
def test_tables_are_kept_under_chinese_names_in_an_old_locale(tmp_path: Path) -> None:
    line = (
        "import sys, pathlib, pandas as pd; from experiments.store import read_table, write_table; "
        "path = pathlib.Path(sys.argv[1]) / 'x.parquet'; "
        "write_table(pd.DataFrame({'year': [2024]}), path); print(read_table(path).year[0])"
    )
    folder = tmp_path / "结果"
    folder.mkdir()
    old = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = surrounded([sys.executable, "-c", line, str(folder)], env=old)
    assert (done.returncode, done.stdout.strip()) == (0, b"2024"), done.stderr.decode()
    assert pd.read_parquet(folder / "x.parquet").year.tolist() == [2024]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {<<: {x: 1, y: 2}, x: 3}", {"a": {"x": 3, "y": 2}}),
        ("b: &b {x: 1}\na: {<<: *b, x: 3}\nc: *b", {"b": {"x": 1}, "a": {"x": 3}, "c": {"x": 1}}),
        ("a: {<<: [{x: 1}, {x: 2}], y: 3}", {"a": {"x": 1, "y": 3}}),
    ],
)
def test_what_is_merged_in_may_be_overridden(text: str, expected: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_yaml(path) == expected


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("2027: 0.03, 0x7EB: 0.04", ":6: expected 0x7EB once, got it twice"),
        ("2027: 0.03, 2_027: 0.04", ":6: expected 2_027 once, got it twice"),
        ("<<: {2026: 0.01}, 2027: 0.03, 2027: 0.04", ":6: expected 2027 once, got it twice"),
        ("<<: 5", ":6: expected a mapping or list of mappings for merging, but found scalar"),
    ],
)
def test_a_date_written_twice_in_two_ways_is_refused(
    dates: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    head = "name: mine\ntitle: t\nquestion: q\nsource: s\nchanges:\n"
    path.write_text(f"{head}  employee.person_rate: {{{dates}}}\n", encoding="utf-8")
    one_line(["explain", str(path)], f"mine.yaml{expected}", capsys)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("people: 1500", "people: yes", ":4 people: expected a whole number, got true"),
        ("replications: 1", "replications: on", ":7 replications: expected a whole number, got true"),
        ("[step_1]", "step_1", ":9 reforms.0.reforms: expected a list"),
        ("people: 1500", "people: many", ":4 people: expected a whole number"),
        ("name: other", "name: [1]", ":9 reforms.0.name: expected a text"),
    ],
)
def test_what_a_study_must_hold_is_told_in_plain_words(old: str, new: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY.replace(old, new), encoding="utf-8")
    with pytest.raises(StudyError) as found:
        load_study(str(path))
    assert expected in str(found.value)


def test_the_study_and_the_regime_of_an_impossible_case_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    case = "cases: [{name: low, label: {en: l, zh: l}, changes: {employee.nothing: 1}}]\n"
    path.write_text(STUDY + case, encoding="utf-8")
    study = load_study(str(path))
    with pytest.raises(StudyError, match=r"mine: low__today: low employee\.nothing: expected the path of a parameter"):
        make_scenario(study, study.lived[2])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"rng": 2**63}, "seed: expected a whole number of at least 0"),
        ({"threads": 0}, "threads: expected a whole number of at least 1"),
        ({"threads": None}, "threads: expected a whole number of at least 1"),
        ({"block": 0}, "block: expected a whole number of at least 1"),
        ({"part": 1.5}, "part: expected a whole number of at least 1"),
        ({"case": "none"}, "case: expected a Scenario, got 'none'"),
    ],
)
def test_a_world_says_what_it_cannot_be_made_of(words: dict[str, Any], expected: str) -> None:
    with pytest.raises(ScenarioError, match=expected):
        PoolingModel(**words)


def test_an_empty_column_of_a_checkpoint_is_told_as_one(tmp_path: Path) -> None:
    world = world_of()
    save(world, str(tmp_path / "kept"))
    assert Resumed(str(tmp_path / "kept"), world.case).year == world.year
    (tmp_path / "kept" / "people.age.npy").write_bytes(b"")
    with pytest.raises(ResultsError, match="kept: expected a checkpoint of a world"):
        Resumed(tmp_path / "kept", world.case)


def test_a_script_that_begins_its_work_when_imported_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom experiments.run import make_job\n"
        "from experiments.store import Store\nfrom experiments.workers import do_all\n"
        "from tests.fake_world import SIMULATOR, FakeScenario\n"
        f"jobs = [make_job(SIMULATOR, FakeScenario(), seed, Store(Path({str(tmp_path)!r}), 's')) for seed in (0, 1)]\n"
        "do_all(SIMULATOR, jobs, 2, print)\n",
        encoding="utf-8",
    )
    done = surrounded([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 1
    assert b'a script that does not begin its work below `if __name__ == "__main__":`' in done.stderr
