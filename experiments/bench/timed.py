"""The engine's drivers with a clock after every phase: the same code, written out again with a line between."""

from __future__ import annotations

import ast
import ctypes
import inspect
import textwrap
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import NumbaWarning
from numpy.typing import NDArray

from agents.compiled import CACHE, compiled, int64
from model.phases import drivers

SECOND = 1_000_000_000
SPENT, CELL, TICK = "spent", "cell", "tick"
CLOCK = getattr(time, "CLOCK_THREAD_CPUTIME_ID", None)
"""The clock of a thread's own time on the processor; not on Windows."""


read_clock: Any = None
if CLOCK is not None:
    read_clock = ctypes.CDLL(None).clock_gettime
    read_clock.argtypes, read_clock.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_int


@compiled
def tick(cell: NDArray[np.int64]) -> int:
    """Write the thread's time on the processor into a cell of two numbers and return it [1e-9 seconds]."""
    read_clock(CLOCK, cell.ctypes)
    return int64(cell[0]) * SECOND + int64(cell[1])


class Timed:
    """A driver that adds up, phase by phase, how long its threads worked."""

    def __init__(self, stage: str) -> None:
        """Write the driver of a stage with a clock after every phase and compile it."""
        tree, self.phases = with_clock(stage)
        place = CACHE / f"timed_{stage}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(ast.unparse(tree) + "\n", encoding="utf-8")
        room = {**vars(drivers), TICK: tick}
        exec(compile(tree, str(place), "exec"), room)  # the engine's own driver, no input
        self.driver: Callable[..., None] = room[stage]
        self.spent = np.zeros(len(self.phases), np.int64)
        """[phase] time on the processor, all threads together [ns]."""
        self.lock = threading.Lock()

    def __call__(self, *arguments: Any) -> None:
        """Live the stage as the driver does, and add to the times."""
        spent, cell = np.zeros(len(self.phases), np.int64), np.zeros(2, np.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaWarning)  # a clock's address is no thing to keep in a cache
            self.driver(*arguments, spent, cell)
        with self.lock:
            self.spent += spent

    def clear(self) -> None:
        """Forget the times."""
        self.spent[:] = 0


def with_clock(stage: str) -> tuple[ast.Module, list[str]]:
    """Return a stage's driver with a clock before its first and after every phase of a block, and the phases' names."""
    driver = getattr(drivers, stage)
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(driver, "py_func", driver))))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args.args += [ast.arg(SPENT), ast.arg(CELL)]
    for part in (*function.args.args, function):
        setattr(part, "annotation" if isinstance(part, ast.arg) else "returns", None)
    (loop,) = (node for node in function.body if isinstance(node, ast.For))
    names: list[str] = []
    lines: list[ast.stmt] = []
    for line in loop.body:
        if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call):
            if not names:
                lines += ast.parse(f"then = {TICK}({CELL})").body
            lines.append(line)
            lines += ast.parse(f"now = {TICK}({CELL})\n{SPENT}[{len(names)}] += now - then\nthen = now").body
            names.append(ast.unparse(line.value.func))
        else:
            lines.append(line)
    loop.body = lines
    return ast.fix_missing_locations(tree), names
