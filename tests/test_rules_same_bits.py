"""Every rule gives the same answer compiled and interpreted, on edge values."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("accounts", "benefits", "contributions", "enrolment", "sharing", "transfers")
WHOLE = (0, 1, -1, 2, 3, 4, 5, 8, 99, 100_001, 123_456_789, 2021, 2024, 10**9)
REAL = (0.0, 1.0, 0.5, 0.02, 0.6, 1e-9, 0.07, 3.0, -1.0, 1 / 3)
TRIALS = 150


def plain(result: object) -> object:
    if isinstance(result, tuple):
        return [plain(part) for part in result]
    return float(result).hex() if isinstance(result, float) else int(result)  # type: ignore[call-overload]


def answers() -> dict[str, list[object]]:
    """Return the answers of every rule on the same mixed edge values."""
    found: dict[str, list[object]] = {}
    for name in MODULES:
        module = importlib.import_module(f"model.rules.{name}")
        for word, rule in list(vars(module).items()):
            function = getattr(rule, "py_func", rule)
            if not inspect.isfunction(function) or function.__module__ != module.__name__:
                continue
            kinds = [p.annotation for p in inspect.signature(function).parameters.values()]
            found[f"{name}.{word}"] = [plain(rule(*edge_values(kinds, trial))) for trial in range(TRIALS)]
    return found


def edge_values(kinds: list[str], trial: int) -> list[float]:
    """Return one argument for each kind, another mixture for every trial."""
    values: list[float] = []
    for place, kind in enumerate(kinds):
        choices: tuple[float, ...] = REAL if kind == "float" else WHOLE
        values.append(choices[(trial * (2 * place + 1) + trial // len(choices) + place) % len(choices)])
    return values


def test_compiled_and_interpreted_agree() -> None:
    script = "import json; from tests.test_rules_same_bits import answers; print(json.dumps(answers()))"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    interpreted = json.loads(run.stdout)
    compiled = json.loads(json.dumps(answers()))
    assert interpreted.keys() == compiled.keys()
    for rule, expected in compiled.items():
        assert interpreted[rule] == expected, rule
