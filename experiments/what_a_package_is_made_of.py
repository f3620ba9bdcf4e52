"""What does each part of a package of reforms add? `python -m experiments.what_a_package_is_made_of`."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from experiments.command import without_options
from experiments.compare import compare
from experiments.outcomes import style
from experiments.package import split, summary
from experiments.run import cpu_count
from experiments.simulator import MODEL
from experiments.study import load_study


def main(
    folder: Path = Path("results/what_a_package_is_made_of"), people: int = 20_000, end: int = 2030
) -> pd.DataFrame:
    """Return the last year's parts of the contribution package's effect on the resident pool's reserves [bn yuan]."""
    study = load_study("contributions").model_copy(update={"people": people, "end": end})
    results = compare(MODEL, study, folder, range(2), cpu_count(), lambda done: print(done.key, done.status))
    parts = summary(split(results.outcomes, study))
    shown = parts[(parts["year"] == end) & (parts["unit"] == "resident_pool") & (parts["measure"] == "closing_fen")]
    yuan = shown[["mean", "low", "high"]] / style()["fen_per_bn_yuan"]
    table: pd.DataFrame = pd.concat([shown["part"], yuan], axis=1)
    return table


if __name__ == "__main__":
    sys.exit(without_options("what_a_package_is_made_of", __doc__, lambda: print(main().to_string(index=False))))
