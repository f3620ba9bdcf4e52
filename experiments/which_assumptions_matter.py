"""Which assumptions decide how many residents stay insured? `python -m experiments.which_assumptions_matter`.

A script for people who prefer Python to YAML: the study is changed in place and swept with the functions of the verbs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from experiments.command import without_options
from experiments.run import cpu_count
from experiments.simulator import MODEL
from experiments.study import load_study
from experiments.sweep import sweep, with_design


def main(
    folder: Path = Path("results/which_assumptions_matter"), people: int = 20_000, end: int = 2030
) -> pd.DataFrame:
    """Return the effect of each assumption, moved alone from its low to its high, on members of the resident pool."""
    study = with_design(load_study("enrolment_incentives"), "one_at_a_time")
    study = study.model_copy(update={"people": people, "end": end, "reforms": (), "package": ()})
    sweep(MODEL, study, folder, range(1), cpu_count(), lambda done: print(done.key, done.status))
    found = pd.read_csv(folder / "sensitivity.csv", encoding="utf-8")
    return found[(found["measure"] == "members") & (found["what"] == "level")][["parameter", "value"]]


if __name__ == "__main__":
    sys.exit(without_options("which_assumptions_matter", __doc__, lambda: print(main().to_string(index=False))))
