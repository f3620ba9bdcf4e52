"""A real Dask scheduler with two worker processes on loopback, or none."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from agents.compiled import CACHE
from experiments import cli, nation
from experiments.cluster import client_of, is_address
from experiments.cluster_world import Clustered
from experiments.compare import compare
from experiments.run import make_job
from experiments.simulator import MODEL
from experiments.store import Store, read_manifest, read_table
from experiments.study import Study, load_study
from experiments.workers import do_all
from model import parts
from model.errors import ScenarioError
from model.on_disk import on_disk
from model.pooling import PoolingModel
from model.scenario import Scenario
from tests import fake_world
from tests.fake_world import SIMULATOR, FakeScenario
from tests.worlds import frame_hash, live, table_hash

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


@pytest.mark.parametrize("address", ["not an address", "nonsense", "127.0.0.1", "tcp://:8786", "http://x:1", "x:65536"])
def test_what_is_no_address_is_one_line_before_a_client_is_made(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client made with what is no address complains with a traceback when it is collected."""
    monkeypatch.setattr("distributed.Client", lambda *words, **options: 1 / 0)
    words = ["run", "--people", "2000", "--end", "2024", "--out", str(tmp_path / "out"), "--cluster", address]
    assert cli.main(words) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert told == f"gongji: --cluster {address}: expected HOST:PORT of a Dask scheduler, as tcp://127.0.0.1:8786\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "address",
    [
        "box1:8786",
        "tcp://127.0.0.1:1",
        "tls://node-7.cluster:65535",
        "tcp://[::1]:8786",
        "ws://box1:8786",
        "wss://box1:8786",
        "ucx://127.0.0.1:8786",
        "ucxx://box1:1",
    ],
)
def test_addresses(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ucxx://127.0.0.1:1", "expected a scheme that Dask speaks on this machine, got ucxx ("),
        ("tls://127.0.0.1:1", "expected certificates in Dask's configuration, distributed.comm.tls"),
    ],
)
def test_a_scheme_that_dask_cannot_speak_here_is_one_line(
    address: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What speaks ucxx:// is no part of Dask itself; a client made for what cannot be spoken complains once more."""
    if "ucxx" in address and importlib.util.find_spec("distributed_ucxx"):
        pytest.skip("here Dask speaks ucxx")
    monkeypatch.setattr("distributed.Client", lambda *words, **options: 1 / 0)
    words = ["run", "--people", "2000", "--end", "2024", "--out", str(tmp_path / "out"), "--cluster", address]
    assert cli.main(words) == cli.BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gongji: --cluster {address}: {expected}")
    assert not (tmp_path / "out").exists()


# ---- one large world ------------------------------------------------------------------------------------------------
PEOPLE, SMALL, LAST = 6000, 1000, 2025
CASE = Scenario(PEOPLE, 2024, LAST)


@cache
def alone() -> dict[str, str]:
    """Return the hashes of a world of six parts lived by this process in memory."""
    return table_hash(live(PoolingModel(CASE, part=SMALL)))


def on_workers(client: Any, folder: Path) -> Any:
    return on_disk(folder, CASE, part=SMALL, kind=partial(Clustered, client))


def test_a_world_on_two_workers_is_that_of_one_process(dask: str, tmp_path: Path) -> None:
    with client_of(dask, MODEL.code_version, tmp_path) as client:
        world = live(on_workers(client, tmp_path / "world"))
        assert len(client.nthreads()) == 2
    assert table_hash(world) == alone()
    assert len(world.engine) == len(live(PoolingModel(CASE, part=SMALL)).engine)
    assert [path.name for path in (tmp_path / "world").iterdir()] == [str(LAST)]
    assert all(0 < sent < 1 << 21 and 0 < back < 1 << 20 for sent, back in world.engine.sent)


def test_a_lost_worker_changes_nothing(dask: str, tmp_path: Path) -> None:
    with client_of(dask, MODEL.code_version, tmp_path) as client:
        world = on_workers(client, tmp_path / "world")
        lost = client.run(os.getpid)
        done = threading.Event()

        def kill() -> None:
            victim = next(iter(lost.values()))
            while not done.wait(0.3) and not list((tmp_path / "world").glob(".draft*/*")):
                pass
            os.kill(victim, signal.SIGKILL)  # while the year's last third is written

        killer = threading.Thread(target=kill)
        killer.start()
        live(world)
        done.set()
        killer.join()
        assert client.run(os.getpid) != lost
    assert table_hash(world) == alone()


def test_an_interrupted_world_goes_on_elsewhere(dask: str, tmp_path: Path) -> None:
    """What workers began one process takes up, and the other way round."""
    with client_of(dask, MODEL.code_version, tmp_path) as client:
        live(on_workers(client, tmp_path / "one"), 2024)
        live(on_disk(tmp_path / "other", CASE, part=SMALL), 2024)
        there = on_workers(client, tmp_path / "other")
        assert there.year == 2024
        assert table_hash(live(there)) == alone()
    assert table_hash(live(on_disk(tmp_path / "one", CASE, part=SMALL))) == alone()


def test_run_lives_a_large_world_on_the_cluster(dask: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", SMALL)
    words = ["run", "--people", str(PEOPLE), "--end", str(LAST), "--out", str(tmp_path / "out"), "--cluster", dask]
    assert cli.main(words) == cli.OK
    (stored,) = tmp_path.rglob("funds.parquet")
    told = {name: frame_hash(read_table(stored.with_name(f"{name}.parquet"))) for name in ("funds", "care")}
    assert told == {name: alone()[name] for name in told}
    assert not list(tmp_path.rglob(".world-*"))


def test_workers_without_room_are_refused(
    dask: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--people", "all", "--out", str(tmp_path / "out"), "--cluster", dask]
    monkeypatch.setattr(nation, "_room", lambda folder: nation.GIBI)
    assert cli.main(words) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "GiB of memory on each worker and 42." in told
    assert not (tmp_path / "out").exists()
