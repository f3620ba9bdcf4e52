"""A real Dask scheduler with two worker processes on loopback, or none."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.compiled import CACHE
from experiments import cli
from experiments.compare import compare
from experiments.run import make_job
from experiments.simulator import MODEL
from experiments.store import Store, read_manifest
from experiments.study import Study, load_study
from experiments.workers import do_all
from model.errors import ScenarioError
from tests import fake_world
from tests.fake_world import SIMULATOR, FakeScenario

pytest.importorskip("distributed", reason="needs the extra: cluster")
ROOT = Path(__file__).resolve().parent.parent
NAMES = ("w-0", "w-1")


def other_code() -> str:
    """Return another version in the process that asks than in the workers."""
    return "asked" if os.environ.get("GONGJI_TEST_WORKER") is None else "another"


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    for name in NAMES:  # workers compile for themselves; here they are given what this process has compiled
        if CACHE.is_dir():
            shutil.copytree(CACHE, folder / "cache" / f"worker-{name}" / CACHE.name)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "GONGJI_CACHE": str(folder / "cache"),
        "GONGJI_TEST_WORKER": "1",
        "DASK_LOGGING__DISTRIBUTED": "error",
    }
    common = ["--scheduler-file", str(file)]
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *common]
    worker = ["worker", "--nworkers", "2", "--nthreads", "1", "--name", "w", "--no-dashboard", *common]
    worker += ["--local-directory", str(folder)]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for words in (scheduler, worker)
    ]
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    import json

    try:
        yield json.loads(file.read_text(encoding="utf-8"))["address"]
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def small_study() -> Study:
    study = load_study("three_steps")
    changes = {"people": 2000, "end": 2025, "replications": 2, "reforms": [study.reforms[0].model_dump()]}
    return Study.model_validate({**study.model_dump(), **changes})


def tables(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}
    return found | {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}


def test_a_study_on_two_workers_is_that_of_processes(dask: str, tmp_path: Path) -> None:
    study = small_study()
    compare(MODEL, study, tmp_path / "here", range(2), 1, lambda done: None)
    compare(MODEL, study, tmp_path / "dask", range(2), 1, lambda done: None, cluster=dask)
    here, there = tables(tmp_path / "here"), tables(tmp_path / "dask")
    assert len(here) > 20
    assert here == there
    assert not [path.name for path in (tmp_path / "dask").glob(".*")]


def test_a_failed_run_and_what_is_done_already(dask: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "results", "run")
    store.claim()
    broken = FakeScenario(reforms=(fake_world.reform("broken", crash=1),))
    jobs = [make_job(SIMULATOR, scenario, seed, store) for scenario in (FakeScenario(), broken) for seed in range(3)]
    done = do_all(SIMULATOR, jobs, 1, lambda result: None, dask)
    assert sorted(result.status for result in done) == ["complete"] * 5 + ["failed"]
    failed = next(result for result in done if result.status == "failed")
    assert "money was lost" in read_manifest(store.place(failed.key))["traceback"]
    again = do_all(SIMULATOR, jobs, 1, lambda result: None, dask)
    assert {result.message for result in again} == {"already there"}


def test_each_worker_compiles_into_its_own_folder(dask: str) -> None:
    from distributed import Client

    from experiments.cluster import cluster

    with cluster(dask, fake_world.code_version, ROOT):
        pass
    with Client(dask, timeout=10) as client:
        caches = client.run(lambda: os.environ["GONGJI_CACHE"])
    assert sorted(Path(cache).name for cache in caches.values()) == [f"worker-{name}" for name in NAMES]


def test_a_worker_with_other_code_is_refused(dask: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "results", "run")
    store.claim()
    simulator = dataclasses.replace(SIMULATOR, code_version=other_code)
    jobs = [make_job(simulator, FakeScenario(), 0, store)]
    with pytest.raises(ScenarioError, match=r"worker tcp://.*expected code asked, found another") as refused:
        do_all(simulator, jobs, 1, lambda result: None, dask)
    assert "\n" not in str(refused.value)
    assert not list(store.folder.glob("*/funds.parquet"))


def test_an_address_where_nobody_answers_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.monotonic()
    words = ["compare", "three_steps", "--people", "2000", "--end", "2024", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *words, "--cluster", f"tcp://127.0.0.1:{port}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == cli.BAD_INPUT, done.stderr
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert time.monotonic() - begin < 30
    assert not (tmp_path / "out").exists()
    assert cli.main([*words, "--cluster", "not an address"]) == cli.BAD_INPUT
