"""A small run shipped with the code, which `verify` makes again anywhere; `python -m experiments.ship` ships it.

Ship it anew when a change is meant to change results; `verify experiments/shipped` says no until then.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from experiments.command import without_options
from experiments.options import check_folder
from experiments.run import make_job, run_job
from experiments.simulator import MODEL
from experiments.store import Store
from model.errors import ResultsError

FOLDER = Path(__file__).resolve().parent / "shipped"
REFORM = FOLDER / "premium_of_2025.yaml"
SAME_EVERYWHERE = ("funds", "flows", "enrolment", "care")
"""The tables that are the same to the last bit on every machine."""
PEOPLE, START, END, SEED = 500, 2024, 2025, 0


def ship() -> Path:
    """Live the shipped run, put it in the place of the old one, and return where it lies."""
    from model import Scenario, load_reform

    check_folder("shipped", FOLDER)
    scenario = Scenario(people=PEOPLE, start=START, end=END, reforms=(load_reform(REFORM),))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / FOLDER.name, FOLDER.name)
        store.claim()
        job = make_job(MODEL, scenario, SEED, store, tables=SAME_EVERYWHERE)
        done = run_job(MODEL, job)
        if done.status != "complete":
            raise ResultsError(f"{FOLDER.name}: the run failed, the old one stays: {done.message}")
        for path in FOLDER.iterdir():
            if path != REFORM:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(store.folder, FOLDER, dirs_exist_ok=True)
    return FOLDER / done.key


if __name__ == "__main__":
    sys.exit(without_options("ship", __doc__, lambda: print(f"wrote {ship()}")))
