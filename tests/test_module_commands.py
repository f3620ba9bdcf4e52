"""Modules that are asked by themselves say in one line, with exit code 2, what was wrong with what they were given."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from experiments import add_table, api, calibrate, command, eta, full, noise, recovery, what_many_runs_cost
from experiments.bench import profile
from experiments.ending import BAD_INPUT, INTERRUPTED, NO, OK
from experiments.store import read_manifest, read_table, write_table
from experiments.verify import run_folders
from model.books import IdentityError

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "experiments" / "shipped"
DAY = ("--date", "2026-01-31")
LONG = "x" * 300
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "experiments").rglob("*.py")
    if re.search(r"^if __name__ == ", path.read_text(encoding="utf-8"), re.MULTILINE)
)
"""All that can be asked as `python -m experiments...`."""


@pytest.fixture(autouse=True)
def _nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(*words: Any, **options: Any) -> Any:
        raise AssertionError("the work has begun")

    for module in (calibrate, eta, recovery):
        monkeypatch.setattr(module, "processes", begun)
    for name in ("PoolingModel", "on_disk"):
        monkeypatch.setattr(noise, name, begun)
    monkeypatch.setattr(full, "compare", begun)
    monkeypatch.setattr(profile, "profile", begun)
    monkeypatch.setattr(what_many_runs_cost, "tell", begun)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a copy of the shipped run."""
    (folder,) = run_folders(SHIPPED)
    return Path(shutil.copytree(folder, tmp_path / folder.name))


def refused(module: ModuleType, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert module.main(words) == BAD_INPUT
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.startswith("gongji: ")
    assert heard.err.count("\n") == 1
    assert expected in heard.err


@pytest.mark.parametrize(
    ("module", "words", "expected"),
    [
        (noise, ["0", "--against", "nowhere"], "people: expected a whole number from 1, got 0"),
        (noise, ["-5", "--against", "nowhere"], "people: expected a whole number from 1, got -5"),
        (noise, ["--", "-5"], "people: expected a whole number from 1, got -5"),
        (noise, ["2e3"], "people: expected a whole number from 1, got 2e3"),
        (noise, ["10000000000000"], "people 10000000000000: expected at most"),
        (noise, ["2000", "--seeds", "0"], "--seeds: expected a whole number from 2 to 1000000, got 0"),
        (noise, ["2000", "--seeds", "1"], "--seeds: expected a whole number from 2 to 1000000, got 1"),
        (noise, ["2000", "--money", "--disk", "README.md"], "--disk README.md: expected a folder, found a file"),
        (noise, ["2000", "--money", "--disk", "README.md/a"], "--disk README.md/a: expected a folder that can be made"),
        (noise, ["2000", "--disk", "people"], "--disk people: expected it with --money"),
        (noise, ["2000", "--against", "nowhere", "--money"], "--against nowhere: expected it alone, got --money"),
        (noise, ["2000", "--against", "nowhere", "--seeds", "2"], "--against nowhere: expected it alone, got --seeds"),
        (noise, ["2000", "--against", "nowhere"], "nowhere: expected the folder of one run"),
        (noise, ["2000", "--agianst", "nowhere"], "--agianst"),
        (recovery, ["--people", "-5"], "--people: expected a whole number from 1, got -5"),
        (recovery, ["--people", "10000000000000"], "people 10000000000000: expected at most"),
        (recovery, ["--workers", "-1"], "--workers: expected a whole number from 0 to 1024, got -1"),
        (recovery, ["--work", "README.md"], "--work README.md: expected a folder, found a file"),
        (recovery, ["--kept", "README.md/found.json"], "--kept README.md/found.json: expected a place"),
        (recovery, ["--kept", "found.png"], "--kept: expected a file ending in .json, got found.png"),
        (calibrate, ["--date", "nonsense"], "--date: expected a day as 2026-01-31, got nonsense"),
        (calibrate, ["--date", "20260131"], "--date: expected a day as 2026-01-31, got 20260131"),
        (calibrate, [], "--date"),
        (calibrate, [*DAY, "--minutes", "-1"], "--minutes: expected a number from 0, got -1"),
        (calibrate, [*DAY, "--minutes", "nan"], "--minutes: expected a number from 0, got nan"),
        (calibrate, [*DAY, "--large", "0"], "--large: expected a whole number from 1, got 0"),
        (calibrate, [*DAY, "--work", "README.md"], "--work README.md: expected a folder, found a file"),
        (eta, ["--people", "0"], "--people: expected a whole number from 1000, got 0"),
        (full, ["three_steps_full", "--workers", "-1"], "--workers: expected a whole number from 0 to 1024, got -1"),
        (full, ["three_steps_full", "--cases", "no_such"], "--cases no_such: expected some of"),
        (full, ["no_such_study"], "no_such_study"),
        (full, ["three_steps_full", "--people", "99999999999999"], "people 99999999999999: expected at most"),
        (full, ["three_steps_full", "--workers", "99999999999"], "--workers: expected a whole number from 0 to 1024"),
        (full, ["three_steps_full", "--replications", "9" * 14], f"--replications {'9' * 14}: expected"),
        (full, ["three_steps_full", "--cases"], "--cases: expected at least one argument"),
        (eta, ["--workers", "9999999999", "--people", "1"], "--workers: expected a whole number from 0 to 1024"),
        (eta, ["--people", "99999999999999"], "people 99999999999999: expected at most"),
        (eta, ["--seeds", "9999999999999"], "--seeds: expected a whole number from 1 to 1000000"),
        (calibrate, [*DAY, "--workers", "1025"], "--workers: expected a whole number from 0 to 1024, got 1025"),
        (calibrate, [*DAY, "--seeds", "1000001"], "--seeds: expected a whole number from 1 to 1000000"),
        (calibrate, [*DAY, "--large-seeds", "1000001"], "--large-seeds: expected a whole number from 1 to 1000000"),
        (calibrate, [*DAY, "--rounds", "1000001"], "--rounds: expected a whole number from 1 to 1000000"),
        (recovery, ["--workers", "1025"], "--workers: expected a whole number from 0 to 1024, got 1025"),
        (recovery, ["--rounds", "1000001"], "--rounds: expected a whole number from 1 to 1000000"),
        (noise, ["2000", "--seeds", "1000001"], "--seeds: expected a whole number from 2 to 1000000"),
        (noise, ["2000", "--money", "--disk", LONG], "--disk: expected names short enough for this machine's files"),
        (recovery, ["--kept", f"{LONG}.json"], "--kept: expected names short enough for this machine's files"),
        (noise, ["2000", "--against", LONG], "short enough for this machine's files"),
        (add_table, [], "file"),
        (add_table, ["nowhere.csv"], "nowhere.csv: expected a readable CSV table"),
        (add_table, [f"{LONG}.csv"], "expected a readable CSV table"),
        (api, ["README.md"], "DIR README.md: expected a folder, found a file"),
        (api, [LONG], "DIR: expected names short enough for this machine's files"),
        (what_many_runs_cost, ["--runs", "0"], "--runs: expected a whole number from 1 to 1000000, got 0"),
        (what_many_runs_cost, ["--bare", "0"], "--bare: expected a whole number from 1 to 1000000, got 0"),
        (what_many_runs_cost, ["--years", "28"], "--years: expected a whole number from 1 to 27, got 28"),
        (what_many_runs_cost, ["--processes", "0"], "--processes: expected a whole number from 1 to 1024, got 0"),
        (what_many_runs_cost, ["--people", "99999999999999"], "people 99999999999999: expected at most"),
        (what_many_runs_cost, ["--out", "README.md"], "--out README.md: expected a folder, found a file"),
        (profile, ["--people", "0"], "--people: expected a whole number from 1, got 0"),
        (profile, ["--people", "99999999999999"], "people 99999999999999: expected at most"),
        (profile, ["--threads", "1025"], "--threads: expected a whole number from 1 to 1024, got 1025"),
        (profile, ["--years", "26"], "--years: expected a whole number from 1 to 25, got 26"),
        (profile, ["--write", "README.md/a.md"], "--write README.md/a.md: expected a place"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    module: ModuleType, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(module, words, expected, capsys)


def test_a_command_is_not_missed() -> None:
    assert {"experiments.ship", "experiments.readme", "experiments.bench.profile", "experiments.__main__"} < {*MODULES}


def files() -> dict[Path, tuple[int, int]]:
    """Return what a command could spoil in the project, with its size and time."""
    inside = (path for name in ("experiments", "model", "results/api") for path in (ROOT / name).rglob("*"))
    kept = [path for path in (*ROOT.glob("*.md"), *inside) if path.is_file() and "__pycache__" not in path.parts]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in kept}


@pytest.mark.filterwarnings("ignore:'experiments.* found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("word", ["--no-such-option", "no_such_word"])
def test_an_unknown_word_is_refused_and_nothing_is_done(
    name: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second word stands for one too many where the first may be any, as of a file or folder."""
    before = files()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, word, word])
    with pytest.raises(SystemExit) as end:
        runpy.run_module(name, run_name="__main__")
    heard = capsys.readouterr()
    assert end.value.code == BAD_INPUT
    assert heard.out == ""
    (line,) = heard.err.splitlines()
    assert line.startswith("gongji: ")
    assert word in line or "required" in line
    assert files() == before
    assert list(tmp_path.iterdir()) == []


def cut(name: str) -> Callable[[Path], None]:
    """Return what breaks a file of a run off in its middle."""

    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


def told(**changes: Any) -> Callable[[Path], None]:
    """Return what changes entries of a run's manifest; those without a value are left out."""

    def spoil(folder: Path) -> None:
        content = {**read_manifest(folder), **changes}
        kept = {name: value for name, value in content.items() if value is not None}
        (folder / "manifest.json").write_text(json.dumps(kept), encoding="utf-8")

    return spoil


def without_end(folder: Path) -> None:
    (folder / "manifest.json").write_text("[" * 200_000, encoding="utf-8")


def scenario(**changes: Any) -> Callable[[Path], None]:
    """Return what changes entries of the scenario in a run's manifest."""
    return lambda folder: told(scenario={**read_manifest(folder)["scenario"], **changes})(folder)


def reform(**changes: Any) -> Callable[[Path], None]:
    """Return what changes entries of the first reform in a run's manifest."""

    def spoil(folder: Path) -> None:
        (first,) = read_manifest(folder)["scenario"]["reforms"]
        scenario(reforms=[{**first, **changes}])(folder)

    return spoil


def without_members(folder: Path) -> None:
    file = folder / "funds.parquet"
    write_table(read_table(file).drop(columns="members"), file)


def with_words_for_members(folder: Path) -> None:
    file = folder / "funds.parquet"
    write_table(read_table(file).astype({"members": str}), file)


def without_the_first_year(folder: Path) -> None:
    file = folder / "funds.parquet"
    write_table(read_table(file).query("year > 2024"), file)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda folder: shutil.rmtree(folder), "expected the folder of one run, with its manifest.json"),
        (lambda folder: (folder / "manifest.json").unlink(), "expected the folder of one run, with its manifest.json"),
        (cut("manifest.json"), "manifest.json: expected a manifest.json written by gongji"),
        (cut("funds.parquet"), "funds.parquet: expected a readable Parquet table"),
        (lambda folder: (folder / "funds.parquet").unlink(), "funds.parquet: expected a readable Parquet table"),
        (told(scenario=None), "manifest.json: scenario: expected fields of a scenario"),
        (told(scenario={}), "manifest.json: scenario: expected fields of a scenario"),
        (scenario(peeple=5), "manifest.json: scenario: expected one that can be lived"),
        (scenario(name=["today"]), "manifest.json: scenario: expected fields of a scenario"),
        (scenario(name=5), "manifest.json: scenario: expected fields of a scenario"),
        (scenario(people="many"), "manifest.json: scenario: expected fields of a scenario"),
        (scenario(end="2025"), "manifest.json: scenario: expected fields of a scenario"),
        (reform(name=["a"]), "manifest.json: scenario: expected fields of a scenario"),
        (reform(title=5), "manifest.json: scenario: expected fields of a scenario"),
        (reform(source={"en": 5}), "manifest.json: scenario: expected fields of a scenario"),
        (without_end, "manifest.json: expected a manifest.json written by gongji"),
        (told(seed=None), "manifest.json: seed: expected a whole number from 0 to "),
        (told(status="failed"), "manifest.json: status: expected complete, got failed"),
        (without_members, "funds.parquet: expected the column members, numbers"),
        (with_words_for_members, "funds.parquet: expected the column members, numbers"),
        (without_the_first_year, "funds.parquet: expected pools with members in 2024, the first year"),
    ],
)
def test_noise_is_not_held_to_a_broken_run(
    spoil: Callable[[Path], None], expected: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(run)
    refused(noise, ["2000", "--against", str(run)], expected, capsys)


def test_noise_is_not_held_to_a_study_or_a_file(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(noise, ["2000", "--against", str(run.parent)], "expected the folder of one run", capsys)
    refused(noise, ["2000", "--against", str(run / "funds.parquet")], "expected the folder of one run", capsys)


def test_noise_says_what_differs_from_a_stored_run(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(noise, "against", lambda told, people: (str(people), "1 %", "2 %", "3 %", "4 %"))
    told(code_version="other", law_hash="other")(run)
    assert noise.main(["2000", "--against", str(run)]) == OK
    heard = capsys.readouterr()
    assert "| 2000 | 1 % |" in heard.out
    (line,) = heard.err.splitlines()
    assert line.startswith(f"note: {run}: made with another law_hash, ")
    assert "code_version" in line


def test_an_interruption_is_one_line_and_130(capsys: pytest.CaptureFixture[str]) -> None:
    @command.in_one_line
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert interrupted() == INTERRUPTED
    assert capsys.readouterr().err == "gongji: interrupted\n"


@pytest.mark.parametrize("error", [IdentityError("2027 a fund cannot pay 5 fen"), KeyError("nobody")])
def test_a_fault_of_the_program_keeps_its_traceback(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    @command.in_one_line
    def broken() -> int:
        raise error

    assert broken() == NO
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gongji: a fault of the program, not of its input: ")
    kept = Path(line.split()[-1])
    assert "Traceback" in kept.read_text(encoding="utf-8")
    kept.unlink()


def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    @command.in_one_line
    def full_disk() -> int:
        raise OSError(28, "No space left on device")

    assert full_disk() == NO
    assert capsys.readouterr().err == "gongji: OSError: [Errno 28] No space left on device\n"


def test_what_was_found_is_kept_in_a_folder_that_is_made(tmp_path: Path) -> None:
    recovery.write(recovery.read(), 10, tmp_path / "new" / "found.json")
    assert recovery.read(tmp_path / "new" / "found.json").names == recovery.read().names
