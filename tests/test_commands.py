from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments import cli, run
from experiments.run import Job, cpu_count, make_job, run_job
from experiments.store import Store, read_manifest, read_table, write_table
from experiments.verify import Answer, compare_table, verify
from model import Scenario
from model.books import IdentityError
from tests.fake_world import SIMULATOR, FakeScenario, reform
from tests.told import one_line

ROOT = Path(__file__).resolve().parent.parent


def call(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "experiments", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        timeout=300,
    )


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    store = Store(tmp_path / "results", "run")
    store.claim()
    job = make_job(SIMULATOR, FakeScenario(reforms=(reform("aid", aid=2),)), 3, store)
    run_job(SIMULATOR, job)
    return store.place(job.key)


def answers_of(folder: Path) -> tuple[bool, dict[str, Answer]]:
    told: list[Answer] = []
    good = verify(SIMULATOR, folder, 1, told.append)
    return good, {answer.what: answer for answer in told}


def test_verify_says_yes_to_what_was_run(stored: Path) -> None:
    good, answers = answers_of(stored)
    assert good
    assert set(answers) == {"funds", "flows", "enrolment", "care", "measures"}


def test_verify_says_no_with_the_number(stored: Path) -> None:
    funds = read_table(stored / "funds.parquet")
    funds.loc[3, "paid_fen"] += 1
    write_table(funds, stored / "funds.parquet")
    told: list[Answer] = []
    assert not verify(SIMULATOR, stored, 1, told.append)
    words = [answer.words for answer in told if not answer.holds]
    assert len(words) == 2
    assert "1 numbers differ, first: paid_fen of year 2024, " in words[0]
    assert "checksum" in words[1]


def test_verify_says_no_to_another_scenario(stored: Path) -> None:
    path = stored / "manifest.json"
    text = path.read_text(encoding="utf-8")
    assert '"2025-01-01": 2' in text
    path.write_text(text.replace('"2025-01-01": 2', '"2025-01-01": 1'), encoding="utf-8")
    good, answers = answers_of(stored)
    assert not good
    assert not answers["funds"].holds
    assert answers["care"].holds
    assert "law_hash" in answers["note"].words


def test_tables_are_compared_with_their_missing_numbers(stored: Path) -> None:
    funds = read_table(stored / "funds.parquet")
    with_nothing = funds.assign(reserve_months=float("nan"))
    assert compare_table("funds", with_nothing, with_nothing.copy()).holds
    assert not compare_table("funds", with_nothing, funds).holds
    assert not compare_table("funds", funds, funds.iloc[1:]).holds
    assert not compare_table("funds", funds, funds.drop(columns="members")).holds


def test_help_answers_in_under_a_second() -> None:
    call("--help")
    begin = time.perf_counter()
    done = call("--help")
    assert time.perf_counter() - begin < 1
    assert done.returncode == 0
    assert {"run", "compare", "verify", "explain"} <= set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "--people", "0"], "--people 0"),
        (["run", "--people", "many"], "--people many"),
        (["run", "--seed", "-1"], "--seed -1"),
        (["run", "--seed", "x"], "--seed"),
        (["run", "--threads", "-2"], "--threads -2"),
        (["run", "--start", "2018"], "2018"),
        (["run", "--end", "2051"], "2051"),
        (["run", "no_such_reform"], "no_such_reform"),
        (["run", "step_1", "steps_1_2"], "pooling.allow_cross_fund"),
        (["explain", "employee.no_such_parameter"], "employee.no_such_parameter"),
        (["explain", "employee.person_rate", "1990"], "1990"),
        (["explain", "step_1", "--lang", "fr"], "--lang fr"),
        (["compare", "no_such_study"], "no_such_study"),
        (["compare", "three_steps", "--replications", "0"], "--replications"),
        (["compare", "three_steps", "--end", "2000"], "2000"),
        (["verify", "no_such_folder"], "no_such_folder"),
        ([], "--help"),
        (["help"], "--help"),
        (["dance"], "dance"),
        (["complare", "three_steps"], "Did you mean 'compare'"),
        (["run", "--poeple", "2000"], "--people"),
        (["run", "--people"], "requires an argument"),
        (["run", "--people", "1.5"], "--people 1.5: expected a whole number"),
        (["run", "--people", "200,000"], "--people 200,000"),
        (["run", "--start", "abc"], "--start abc: expected a whole number"),
        (["run", "--seed=1.5"], "--seed 1.5: expected a whole number"),
        (["run", "--start", "2026", "--end", "2025"], "2025"),
        (["run", "Step_1"], "nearest: step_1"),
        (["run", "step_1.yaml"], "is named step_1"),
        (["run", "nowhere/my.yaml"], "nowhere/my.yaml"),
        (["run", "step_1", "--out", "README.md"], "README.md: expected a results folder, found a file"),
        (["explain", "person_rate"], "employee.person_rate"),
        (["explain", "employee"], "employee.person_rate"),
        (["explain", "a" * 5000], "short enough"),
        (["explain", "employee.person_rate", "3000"], "2050"),
        (["explain", "employee.person_rate", "2026.5"], "expected a whole number"),
        (["explain", "empty", "2026"], "before a year"),
        (["compare", "three-steps"], "three_steps"),
        (["compare", "three_steps", "--replications", "-1"], "--replications -1: expected"),
        (["compare", "three_steps", "--workers", "-1"], "--workers -1"),
        (["sweep", "contributions", "--design", "mcmc"], "--design mcmc"),
        (["validate", "--replications", "0"], "--replications 0"),
        (["validate", "--people", "999"], "--people 999: expected at least 1,000"),
        (["verify"], "DIR"),
        (["verify", "README.md"], "README.md"),
        (["life", "--year", "1999"], "--year 1999: expected a year from 2024 to 2050"),
        (["paper", "nowhere"], "nowhere"),
        (["bench", "--people", "0"], "--people 0"),
        (["bench", "--json", "README.md/bench.json"], "--json README.md/bench.json: expected a place"),
        (["validate", "--json", "README.md/board.json"], "--json README.md/board.json: expected a place"),
        (["life", "--figure", "README.md/life.png"], "--figure README.md/life.png: expected a place"),
        (["run", "--seed", "9223372036854775808"], "--seed 9223372036854775808: expected a whole number from 0"),
        (["compare", "three_steps", "--seed", "9223372036854775808"], "--seed 9223372036854775808"),
        (["life", "--seed", "9223372036854775808"], "--seed 9223372036854775808"),
        (["validate", "--people", "10000000000000"], "people 10000000000000: expected at most"),
        (["life", "--people", "10000000000000"], "people 10000000000000: expected at most"),
        (["bench", "--people", "10000000000000"], "people 10000000000000: expected at most"),
        (["run", "--no-such-option"], "--no-such-option"),
        (["compare", "three_steps", "--people", "all", "--plan"], "only `run` lives everybody"),
        (["sweep", "three_steps", "--people", "all"], "only `run` lives everybody"),
        (["sweep", "contributions", "--design", "mcmc"], "--design mcmc: expected 'factorial'"),
        (["explain", ""], "gongji: expected the name of a reform or the path of a parameter, got nothing"),
        (["explain", "employee.person_rate", "--", "-5"], "employee.person_rate -5: expected a year"),
        (["explain", "employee.person_rate", "0"], "employee.person_rate 0: expected a year"),
        (["compare", "three_steps", "--replications", "9" * 23], f"--replications {'9' * 23}: expected less than or"),
        (["validate", "--replications", "9" * 23], f"--replications {'9' * 23}: expected 1 to 1000000"),
        (["sweep", "contributions", "--seed", "9223372036854775807", "--replications", "2"], "expected at most"),
    ],
)
def test_bad_input_is_one_line_and_code_2(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    one_line(words, expected, capsys)


REFORM = "name: mine\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.person_rate: {2026-01-01: 0.03}\n"


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("person_rate", "persn_rate", "mine.yaml:6 employee.persn_rate: expected the path of a parameter"),
        ("0.03", "3", "expected a value between 0 and 0.1, got 3"),
        ("0.03", "3%", "expected a number, got '3%'"),
        ("2026-01-01", "2026-13-01", "mine.yaml:6: expected a day of the calendar"),
        ("title: t", "title: t: u", "mine.yaml:2: expected YAML"),
        ("title", "tittle", "mine.yaml:2 tittle: expected changes, name, question, source, title"),
        ("question: q\n", "", "mine.yaml:1 question: expected a text"),
        ("{2026-01-01: 0.03}", "0.03", "expected {date: value}, got 0.03"),
        ("0.03", "!!float abc", "mine.yaml:6: expected a value of the kind float, got abc"),
        ("title: t", "title: !law t", "mine.yaml:2: expected plain values, got the tag !law"),
        ("title: t", "title: [t]", "mine.yaml:2 title: expected a text, got ['t']"),
        ("title: t", "title: {en: 5}", "mine.yaml:2 title: expected a text, got {'en': 5}"),
        ("employee.person_rate:", "? [a]\n  :", "mine.yaml:6: expected a text or a number as a key, got a list"),
        ("  employee.person_rate: {2026-01-01: 0.03}\n", "", "mine.yaml:5 changes: expected {path: {date: value}}"),
        ("changes:\n  employee.person_rate: {2026-01-01: 0.03}\n", "", "changes: expected {path: {date: value}}"),
    ],
)
def test_a_mistyped_reform_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str, expected: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(REFORM, encoding="utf-8")
    assert cli.main(["explain", str(path)]) == 0
    assert right in REFORM
    path.write_text(REFORM.replace(right, wrong), encoding="utf-8")
    for verb in (["explain"], ["run", "--people", "2000"]):
        assert cli.main([*verb, str(path)]) == 2
        heard = capsys.readouterr().err
        assert heard.count("\n") == 1
        assert expected in heard


def test_a_run_by_command_is_as_large_as_one_by_name() -> None:
    assert int(cli.PEOPLE) == Scenario().people


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("gongji ")


def test_verify_of_a_folder_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}', encoding="utf-8")
    assert cli.main(["verify", str(tmp_path)]) == 2
    assert "something else" in capsys.readouterr().err


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*words: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "app", full)
    assert cli.main([]) == 1
    assert "No space left" in capsys.readouterr().err


@pytest.mark.parametrize("error", [IdentityError("2027 a fund cannot pay 5 fen"), KeyError("nobody")])
def test_a_fault_of_the_program_is_one_line_and_1(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*words: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", broken)
    assert cli.main([]) == 1
    heard = capsys.readouterr().err
    assert heard.count("\n") == 1
    assert str(error) in heard
    kept = Path(heard.split()[-1])
    assert "Traceback" in kept.read_text(encoding="utf-8")
    kept.unlink()


def test_an_interruption_is_one_line_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*words: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    assert cli.main([]) == 130
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder here that only claims to be writable")
def test_a_folder_that_only_claims_to_be_writable_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("bench", "validate"):
        assert cli.main([verb, "--json", "/proc/board.json"]) == 2
        assert "--json /proc/board.json: expected a place where a file can be written" in capsys.readouterr().err


def test_an_interrupted_world_on_disk_is_said_to_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(simulator: object, job: Job, *words: object) -> None:
        (job.folder / f".world-{job.key}").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_job", interrupted)
    assert cli.main(["run", "--people", "100", "--out", str(tmp_path / "out")]) == 130
    (heard,) = capsys.readouterr().err.splitlines()
    assert "keeps the people; the same line goes on from the last closed year" in heard
    assert "nothing half-written" not in heard


def test_threads_are_at_most_one_a_processor(tmp_path: Path) -> None:
    done = call("run", "--people", "300", "--end", "2024", "--threads", "2000", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    (manifest,) = (read_manifest(path) for path in (tmp_path / "out").iterdir() if path.is_dir())
    assert manifest["times"]["threads"] == cpu_count()


def test_a_real_run_is_lived_kept_and_verified(tmp_path: Path) -> None:
    words = ["run", "empty", "--people", "2000", "--end", "2025", "--out", str(tmp_path / "out"), "--export-people"]
    done = call(*words)
    assert done.returncode == 0, done.stderr
    assert "year 2 of 2: 2025" in done.stdout
    (folder,) = [path.parent for path in tmp_path.glob("out/*/funds.parquet")]
    assert str(folder) in done.stdout
    assert "already there" in call(*words).stdout
    for extra in ([], ["--identities"]):
        checked = call("verify", str(folder), *extra)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert checked.stdout.splitlines()[-1] == "yes"
    for number in range(58, 63):
        assert f"  yes check {number}: " in checked.stdout
    assert "measures recomputed from exported people agree" in checked.stdout


def test_plan_starts_nothing(tmp_path: Path) -> None:
    done = call("compare", "three_steps", "--people", "2000", "--end", "2025", "--plan", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "runs: 15 on" in done.stdout
    assert not (tmp_path / "out").exists()


SLOW_STUDY = """
import sys, time
from pathlib import Path
from experiments import cli, run
from tests import fake_world, test_report
from experiments import compare as comparing

def main():
    real = comparing.compare
    def slow(simulator, study, folder, *rest, **named):
        return real(fake_world.SLOW, test_report.study_of("null", "aid"), folder, range(5), int(sys.argv[2]),
                    lambda done: print("done", flush=True), False, test_report.scenario_of)
    comparing.compare = slow
    return cli.main(["compare", "three_steps", "--out", sys.argv[1]])

if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
@pytest.mark.parametrize(("how", "workers"), [(signal.SIGINT, 2), (signal.SIGKILL, 2)])
def test_a_study_can_be_stopped_and_goes_on(tmp_path: Path, how: signal.Signals, workers: int) -> None:
    script = tmp_path / "slow.py"
    script.write_text(SLOW_STUDY, encoding="utf-8")
    folder = tmp_path / "fake"
    command = [sys.executable, str(script), str(folder), str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    assert child.stdout is not None
    child.stdout.readline()
    if how == signal.SIGINT:
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
    else:
        child.kill()
    _, heard = child.communicate(timeout=60)
    if how == signal.SIGINT:
        assert child.returncode == 130
        assert heard.splitlines()[-1].startswith("gongji: interrupted")
        assert not list(folder.glob(".*"))
    kept = {path.parent.name for path in folder.glob("*/funds.parquet")}
    assert kept
    again = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 0, again.stderr
    assert kept <= {path.parent.name for path in folder.glob("*/funds.parquet")}
    assert not list(folder.glob(".*"))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a POSIX shell")
@pytest.mark.parametrize("line", [["experiments", "explain", "none"], ["experiments.noise", "--help"]])
def test_who_is_not_read_to_the_end_ends_quietly(line: list[str]) -> None:
    quiet = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-m", *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=quiet
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(120) == 1
