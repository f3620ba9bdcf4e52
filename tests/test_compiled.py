"""The one place where code is compiled: what it leaves of the process, what it leaves out, and who compiles ahead."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.compiler_lock import global_compiler_lock

from agents import compiled as compilation
from agents.columns import Array
from agents.compiled import RARELY, ROOT, _Collecting, compiled, phase
from experiments import ahead, cli, simulator
from tests.fake_world import SIMULATOR

NOTE = "GONGJI_TEST_NOTE"


def test_the_collector_looks_rarely_only_while_code_is_compiled() -> None:
    before = gc.get_threshold()
    with global_compiler_lock:
        with global_compiler_lock:
            assert gc.get_threshold() == RARELY
        assert gc.get_threshold() == RARELY
    assert gc.get_threshold() == before != RARELY


@phase
def grow_older(age: Array) -> None:
    for i in range(age.size):
        age[i] += 1


@compiled
def driver(age: Array) -> None:
    grow_older(age)


def test_a_phase_is_called_by_compiled_code_only() -> None:
    age = np.zeros(3, np.int64)
    driver(age)
    assert age.tolist() == [1, 1, 1]
    with pytest.raises(TypeError, match="grow_older: expected a call from compiled code"):
        grow_older(age)


def test_a_collector_that_is_put_off_stays_so_and_one_may_begin_to_listen_late() -> None:
    before = gc.get_threshold()
    listener = _Collecting()
    listener.on_end(None)
    assert gc.get_threshold() == before
    try:
        gc.set_threshold(0)
        with global_compiler_lock:
            assert gc.get_threshold()[0] == 0
        assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


def test_nothing_is_cold_that_is_not_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "CACHE", tmp_path)
    monkeypatch.setattr(compilation, "INTERPRETED", False)
    assert simulator.cold()
    monkeypatch.setattr(compilation, "INTERPRETED", True)
    assert not simulator.cold()


@pytest.mark.parametrize(("is_cold", "here"), [(True, True), (True, False), (False, True)])
def test_who_waits_for_compilation_is_told(
    is_cold: bool, here: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "model_simulator", lambda: replace(SIMULATOR, cold=lambda: is_cold))
    cli.Progress(1, "year", here).close()
    assert ("compiling first" in capsys.readouterr().out) == (is_cold and here)


def leave_a_note() -> None:
    Path(os.environ[NOTE]).touch()
    time.sleep(600)


def cold() -> bool:
    return True


@pytest.mark.parametrize(("new", "processors", "helps"), [(True, 2, True), (False, 2, False), (True, 1, False)])
def test_another_process_compiles_ahead_of_a_new_run_and_ends_with_it(
    new: bool, processors: int, helps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, begun = tmp_path / "note", list[subprocess.Popen[bytes]]()
    begin = subprocess.Popen

    def watched(*words: Any, **options: Any) -> subprocess.Popen[bytes]:
        begun.append(begin(*words, **options))
        return begun[-1]

    monkeypatch.setenv(NOTE, str(note))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(ahead, "cpu_count", lambda: processors)
    monkeypatch.setattr(subprocess, "Popen", watched)
    with ahead.compiling_ahead(replace(SIMULATOR, cold=cold, warm=leave_a_note), new):
        assert len(begun) == helps
        until = time.monotonic() + 120
        while helps and not note.exists() and time.monotonic() < until:
            time.sleep(0.1)
    assert note.exists() == helps
    assert all(process.returncode for process in begun)


def test_who_compiles_ahead_ends_with_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note"
    monkeypatch.setenv(NOTE, str(note))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    line = [sys.executable, "-c", ahead.LINE, "tests.test_compiled", "leave_a_note"]
    with subprocess.Popen(line, **ahead.APART) as process:
        while not note.exists() and process.poll() is None:
            time.sleep(0.1)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 1
