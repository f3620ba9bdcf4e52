"""A sweep that is killed, or whose disk fills, goes on as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agents.chance import Purpose, uniform

ROOT = Path(__file__).resolve().parent.parent
SWEEP = """
import sys
from pathlib import Path
from experiments import cli
from experiments import sweep as sweeping
from tests import fake_world, test_sweep

def main():
    real = sweeping.sweep
    def fake(simulator, study, folder, seeds, *rest, **named):
        axes = [{**test_sweep.AXES[0], "levels": 6}]
        asked = test_sweep.swept_study("aid", axes=axes, design={"kind": "factorial"}, replications=2)
        return real(fake_world.SLOW, asked, folder, range(2), 2, lambda done: print(done.key, flush=True),
                    scenario_of=test_sweep.fake_scenario)
    sweeping.sweep = fake
    cli.load_study = None
    return cli.main(["sweep", sys.argv[2], "--out", sys.argv[1]])

if __name__ == "__main__":
    if len(sys.argv) > 3:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    sys.exit(main())
"""
ANY_STUDY = """
name: any
title: {en: Any, zh: 任意}
question: {en: What?, zh: 何？}
people: 1000
start: 2024
end: 2026
replications: 1
baseline: {name: today, label: {en: today, zh: 现行}}
parameters: [{path: steps.step1_share, low: 0.1, high: 0.9}]
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of Unix")


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "sweep.py").write_text(SWEEP, encoding="utf-8")
    (tmp_path / "any.yaml").write_text(ANY_STUDY, encoding="utf-8")
    return [sys.executable, str(tmp_path / "sweep.py")]


def begin(command: list[str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stored(folder: Path) -> dict[str, Any]:
    """Return everything under a folder, manifests without the times."""
    found: dict[str, Any] = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            found[str(path.relative_to(folder))] = path.read_bytes()
        elif path.is_file():
            manifest = json.loads(path.read_text(encoding="utf-8"))
            assert manifest.pop("times")
            found[str(path.relative_to(folder))] = manifest
    return found


def kill_and_resume(command: list[str], tmp_path: Path, kills: int) -> None:
    straight = begin(command, str(tmp_path / "straight"), str(tmp_path / "any.yaml"))
    start = time.monotonic()
    _, heard = straight.communicate(timeout=300)
    whole = time.monotonic() - start
    assert straight.returncode == 1, heard  # two points fail by design
    for kill in range(kills):
        child = begin(command, str(tmp_path / "killed"), str(tmp_path / "any.yaml"))
        time.sleep(whole * (0.3 + 0.7 * uniform(kill, int(Purpose.LIFE), kills, kill)))
        if kill % 2:
            child.kill()  # the workers must notice themselves
        else:
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate(timeout=60)
        for complete in (tmp_path / "killed").glob("*/funds.parquet"):
            assert {path.name for path in complete.parent.iterdir()} >= {"manifest.json", "outcomes.parquet"}
    last = begin(command, str(tmp_path / "killed"), str(tmp_path / "any.yaml"))
    last.communicate(timeout=300)
    assert last.returncode == 1
    one, two = stored(tmp_path / "straight"), stored(tmp_path / "killed")
    assert len(one) > 100
    assert one == two


def test_killed_and_resumed_is_uninterrupted(command: list[str], tmp_path: Path) -> None:
    kill_and_resume(command, tmp_path, 3)


@pytest.mark.slow
def test_killed_twenty_times(command: list[str], tmp_path: Path) -> None:
    kill_and_resume(command, tmp_path, 20)


def test_a_disk_that_fills_is_one_line_and_no_half_shard(command: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "full"
    full = begin(command, str(folder), str(tmp_path / "any.yaml"), "6000")
    _, heard = full.communicate(timeout=120)
    assert full.returncode == 1
    assert heard.count("\n") == 1, heard
    assert "File too large" in heard
    assert not folder.exists()
    again = begin(command, str(folder), str(tmp_path / "any.yaml"))
    again.communicate(timeout=120)
    assert len(list(folder.glob("*/funds.parquet"))) == 22
