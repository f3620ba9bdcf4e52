"""A second process that compiles what a first run needs last, while the run compiles the rest on its way."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from experiments.run import Simulator, cpu_count

LINE = "import sys; from experiments.ahead import compile_here; compile_here(*sys.argv[1:])"
APART: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
"""What it says is nobody's business: whatever it fails at is compiled by the run."""
if sys.platform == "win32":
    APART["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    APART["start_new_session"] = True  # a terminal's Ctrl-C is for the run alone


@contextlib.contextmanager
def compiling_ahead(simulator: Simulator, new: bool) -> Iterator[None]:
    """Let another process compile what a new run here needs last, where nothing of this code is compiled yet."""
    if not (new and simulator.cold() and cpu_count() > 1):
        yield
        return
    warm: Any = simulator.warm
    with subprocess.Popen([sys.executable, "-c", LINE, warm.__module__, warm.__qualname__], **APART) as other:
        try:
            yield
        finally:
            other.kill()  # whatever it still compiles has been compiled here


def compile_here(module: str, function: str) -> None:
    """Do a simulator's compilation in this process, which ends with its standard input: with whoever started it."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    getattr(importlib.import_module(module), function)()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)
