"""Can the fit find what it is given? Data made by the model at known parameters, fitted from elsewhere, and a figure.

Run `python -m experiments.recovery`. The fake data come from another seed than the fit's worlds, so what is not found
again is what one sample cannot tell.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments import fit
from experiments.outcomes import style
from experiments.run import cpu_count
from experiments.workers import processes
from model.policy.files import ROOT

WORK = ROOT / "results" / "calibration"
LOW, HIGH = 0.3, 0.7  # shares of the prior ranges where the truth lies, in turn


@dataclass(frozen=True)
class Recovered:
    """True and found shares of the prior ranges, and the fit's own standard deviations, by parameter."""

    names: tuple[str, ...]
    truth: fit.Floats
    found: fit.Floats
    deviation: fit.Floats


def recover(plan: fit.Plan, fake_seed: int, pool: Any = None, rounds: int = 10) -> Recovered:
    """Make data at a truth that alternates in the prior ranges, fit them from the middle and return both."""
    truth = np.where(np.arange(len(plan.chosen)) % 2 == 0, LOW, HIGH)
    made = replace(plan, seeds=(fake_seed,))
    key = fit.key_of(truth)
    told = pool.submit(fit.evaluate, made, key).result() if pool else fit.evaluate(made, key)
    wanted = {(name, year): told[0][str(year)][name] for name, year in fit.goals(plan.chosen)}
    start = np.full(len(truth), 0.5)
    found = fit.descend(plan, start, wanted, pool, fit.Slope(), rounds=rounds, tell=lambda words: None)
    spread = np.linalg.pinv(found.jacobian.T @ found.jacobian)
    names = tuple(each.name for each in plan.chosen)
    return Recovered(names, truth, found.shares, np.sqrt(np.diag(spread)))


def draw(result: Recovered, path: Path) -> None:
    """Draw found against true shares of the prior ranges, with two standard deviations."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    look = style()["figures"]
    figure = Figure(figsize=(look["width"], look["tall_height"]), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.errorbar(
        result.found, result.names, xerr=fit.SIGMAS * result.deviation, fmt="o", color=look["colours"][1], label="found"
    )
    axes.plot(result.truth, result.names, "x", color=look["colours"][2], label="true")
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.set_title("Parameters found from data made by the model, as shares of their prior ranges", loc="left")
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=look["dpi"], metadata={"Software": None})


def main(arguments: Sequence[str] | None = None) -> int:
    """Recover all free parameters, print them and draw the figure."""
    parser = argparse.ArgumentParser(prog="python -m experiments.recovery", description=str(__doc__).splitlines()[0])
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 for one a processor")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of what was evaluated")
    parser.add_argument("--figure", type=Path, default=WORK / "recovery.png")
    given = parser.parse_args(arguments)
    plan = fit.Plan(given.people, (0,), given.work, fit.free())
    with processes(given.workers or cpu_count()) as pool:
        result = recover(plan, 1, pool)
    for name, true, found, deviation in zip(result.names, result.truth, result.found, result.deviation, strict=True):
        print(f"{name:24s} true {true:.2f} found {found:.2f} +- {fit.SIGMAS * deviation:.2f}")
    off = np.abs(result.found - result.truth)
    inside = int((off <= fit.SIGMAS * result.deviation).sum())
    print(f"{inside} of {len(off)} inside two standard deviations; median gap {np.median(off):.3f} of the prior range")
    draw(result, given.figure)
    print(f"wrote {given.figure}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
