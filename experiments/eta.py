"""Refit what the coupling of budgets to income moves: `python -m experiments.eta`.

Document 002 offers budgets tied to income as the reason why spending rises with income over provinces (K1, K2). Prices
that rise with income work alike. For each coupling the share of provinces' gaps in spending that is price is
therefore fitted anew to the two slopes of 2023, and written into the cases of the studies that carry the coupling.
National totals of 2019 to 2023 hold the measured use of care whatever the coupling, so the central fit stands for them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from experiments import board, fit
from experiments.command import Parser, in_one_line, whole
from experiments.options import MOST_WORKERS, check_file
from experiments.plan import check_memory
from experiments.run import cpu_count
from experiments.store import write_text
from experiments.study import MOST_RUNS, STUDIES
from experiments.validate import LEAST
from experiments.workers import processes

YEAR = 2023  # the year of the slopes
PRICE = "places.price_shrink"
TARGETS = ("resident_slope", "employee_slope")
COUPLINGS = {"eta_0": 0.0, "eta_half": 0.5, "eta_1": 1.0}
STUDY_FILES = ("three_steps_full", "pooling_levels")
PLACES = 11  # of the prior range, evenly spaced
Slopes = tuple[float, ...]


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Fit every coupling, print slopes, write the studies; return the exit code."""
    parser = Parser(prog="python -m experiments.eta", description=str(__doc__).splitlines()[0])
    parser.add_argument("--people", type=whole(LEAST), default=400_000)
    parser.add_argument("--seeds", type=whole(1, MOST_RUNS), default=4)
    parser.add_argument("--workers", type=whole(0, MOST_WORKERS), default=0, help="processes; 0 for one a processor")
    parser.add_argument("--dry", action="store_true", help="do not write the studies")
    given = parser.parse_args(arguments)
    workers = given.workers or cpu_count()
    for name in () if given.dry else STUDY_FILES:
        check_file("study", STUDIES / f"{name}.yaml")
    check_memory(given.people, workers)
    fitted = {}
    with processes(workers) as pool:
        for case, eta in COUPLINGS.items():
            asked = [(eta, price, given.people, given.seeds) for price in prices()]
            found = dict(zip(prices(), pool.map(slopes_at, asked), strict=True))
            fitted[case] = best_price(found)
            near = min(found, key=lambda price: abs(price - fitted[case]))
            told = ", ".join(f"{name} {value:.3f}" for name, value in zip(TARGETS, found[near], strict=True))
            print(f"{case}: {PRICE} {fitted[case]:.2f}; near it (at {near:.2f}): {told}", flush=True)
    if not given.dry:
        for name in STUDY_FILES:
            write(name, fitted)
    return 0


def prices() -> list[float]:
    """Return the prices' shares that are tried: evenly over the parameter's prior range."""
    from model.policy import load_policy

    entry = load_policy().in_force(PRICE, YEAR)
    low, high = float(entry.low), float(entry.high)
    return [low + (high - low) * place / (PLACES - 1) for place in range(PLACES)]


def slopes_at(asked: tuple[float, float, int, int]) -> Slopes:
    """Return the slopes of 2023 at a coupling and a share of price, means over seeds."""
    from experiments.gauges import gauges
    from model import PoolingModel, Reform, Scenario

    eta, price, people, seeds = asked
    tied = {f"budget.{scheme}_{word}": eta for scheme in ("employee", "resident") for word in ("tie", "strength")}
    law = Reform("coupled", changes={path: {fit.FIRST: value} for path, value in {**tied, PRICE: price}.items()})
    scenario = Scenario(people=people, start=fit.FIRST, end=YEAR, reforms=(law,))
    told = []
    for seed in range(seeds):
        world = PoolingModel(scenario, rng=seed, measure=False)
        while world.year < YEAR:
            world.step()
        told.append(gauges(world.record.tables, YEAR))
    return tuple(sum(one[name] for one in told) / seeds for name in TARGETS)


def misfit(slopes: Slopes) -> float:
    """Return the sum of squared errors of the slopes, a number of half bands of the board, squared."""
    errors = []
    for name, slope in zip(TARGETS, slopes, strict=True):
        target = board.terms()["targets"][name]
        low, high = target["between"][YEAR]
        errors.append((slope - target["value"][YEAR]) / ((high - low) / 2))
    return float(sum(error * error for error in errors))


def best_price(found: dict[float, Slopes]) -> float:
    """Return the share of price with the least misfit of a parabola through all that were tried, to two digits."""
    import numpy as np

    tried = np.array(list(found))
    curve = np.polyfit(tried, [misfit(slopes) for slopes in found.values()], 2)
    ends = float(tried.min()), float(tried.max())
    inside = -curve[1] / (2 * curve[0]) if curve[0] > 0 else min(ends, key=lambda end: float(np.polyval(curve, end)))
    return round(float(np.clip(inside, *ends)), 2)


def write(name: str, fitted: dict[str, float]) -> None:
    """Write the fitted shares of price into the cases of a study.

    Errors: ValueError where the file has not exactly one such case.
    """
    file = STUDIES / f"{name}.yaml"
    text = file.read_text(encoding="utf-8")
    for case, price in fitted.items():
        block = re.compile(rf"(  - name: {case}\n(?:    .*\n)*?    changes: \{{.*{re.escape(PRICE)}: )[0-9.]+(.*\}}\n)")
        text, count = block.subn(rf"\g<1>{price:g}\g<2>", text)
        if count != 1:
            raise ValueError(f"{file.name}: expected one case {case} that changes {PRICE}, found {count}")
    write_text(file, text)


if __name__ == "__main__":
    sys.exit(main())
