"""The one place where code is compiled: what it leaves of the process, what it leaves out, and who compiles ahead."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numba.core.compiler_lock import global_compiler_lock

from agents.columns import Array
from agents.compiled import RARELY, compiled, phase
from experiments import workers
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


def leave_a_note() -> None:
    Path(os.environ[NOTE]).touch()
    time.sleep(600)


def cold() -> bool:
    return True


@pytest.mark.parametrize(("new", "processors", "helps"), [(True, 2, True), (False, 2, False), (True, 1, False)])
def test_another_process_compiles_ahead_of_a_new_run_and_ends_with_it(
    new: bool, processors: int, helps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "note"
    monkeypatch.setenv(NOTE, str(note))
    monkeypatch.setattr(workers, "cpu_count", lambda: processors)
    with workers.compiling_ahead(replace(SIMULATOR, cold=cold, warm=leave_a_note), new):
        assert len(multiprocessing.active_children()) == helps
        until = time.monotonic() + 120
        while helps and not note.exists() and time.monotonic() < until:
            time.sleep(0.1)
    assert note.exists() == helps
    assert not multiprocessing.active_children()
