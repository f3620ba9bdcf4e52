"""Ctrl-C is told as an interruption and loses only the run in hand, whatever compiled code makes of it."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.ending import INTERRUPTED, NO, ended
from experiments.run import Done, make_job, run_job
from experiments.store import Store
from tests.fake_world import SIMULATOR, FakeScenario, FakeWorld


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """Tests in the background of a shell would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


class Turned(FakeWorld):
    def step(self) -> None:
        """As a reader of compiled code's arguments does, which takes every error for a wrong type."""
        super().step()
        try:
            interrupt()
        except KeyboardInterrupt:
            raise TypeError("can't unbox array from PyObject into native value") from None


class Lost(FakeWorld):
    def step(self) -> None:
        """As a function that C calls back, whose errors nobody hears."""
        super().step()
        with contextlib.suppress(KeyboardInterrupt):
            interrupt()


class Plain(FakeWorld):
    def step(self) -> None:
        super().step()
        interrupt()


@pytest.mark.parametrize("world", [Turned, Lost, Plain])
def test_an_interruption_is_no_failed_run(
    world: type[FakeWorld], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = dataclasses.replace(SIMULATOR, build=lambda scenario, seed, threads: world(scenario, seed))
    store = Store(tmp_path / "results", "run")
    store.claim()
    job = make_job(simulator, FakeScenario(), 0, store)
    done: list[Done] = []
    before = signal.getsignal(signal.SIGINT)
    assert ended(lambda: done.append(run_job(simulator, job)) or 0) == INTERRUPTED
    assert capsys.readouterr().err == "gongji: interrupted\n"
    assert not done
    assert store.status(job.key) == "absent"
    assert [path.name for path in store.folder.iterdir()] == ["study.json"]
    assert signal.getsignal(signal.SIGINT) is before
    assert run_job(SIMULATOR, job).status == "complete"


def test_an_error_after_an_interruption_is_the_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        with contextlib.suppress(KeyboardInterrupt):
            interrupt()
        raise SystemError("returned a result with an exception set")

    assert ended(work) == INTERRUPTED
    assert capsys.readouterr().err == "gongji: interrupted\n"


def test_an_interruption_of_another_command_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> int:
        raise KeyError("nobody")

    assert ended(lambda: interrupt() or 0) == INTERRUPTED
    assert ended(broken) == NO
    told = capsys.readouterr().err.splitlines()[-1]
    assert "a fault of the program" in told
    Path(told.split()[-1]).unlink()
