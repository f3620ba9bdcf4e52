"""Which parameters matter: Morris and Sobol indices through SALib, rank correlations, effects, and flipped rankings."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.design import Points, salib_problem
from experiments.outcomes import style
from experiments.study import Design, Outcome

COLUMNS = ["parameter", "index", "value", "low", "high"]
FAILED, STILL, FEW = "failed runs", "did not move", "too few points"
"""What stands for an index that cannot be said; its value is blank."""
Floats = NDArray[np.float64]


def analyse(points: Points, design: Design, values: pd.Series[float]) -> pd.DataFrame:
    """Return what each parameter does to one outcome, with intervals where the design gives them.

    Args:
        points: the design worked out.
        design: its kind decides the indices: morris (mu_star, mu, sigma), saltelli (S1, ST), factorial and
            one_at_a_time (effect of the highest against the lowest value), else partial rank correlations.
        values: the outcome by point; where one that is needed failed, where it is the same at all points, and where
            there are too few of them, the index says so and has no value.

    """
    y: Floats = np.asarray(values.reindex(range(len(points.units))), np.float64)
    paths = [r.path for r in points.ranges]
    rows: list[tuple[Any, ...]]
    some = np.isfinite(y)
    if some.sum() > 1 and np.ptp(y[some]) == 0:
        rows = _blank(paths, STILL)
    elif design.kind in {"morris", "saltelli"}:
        rows = _by_salib(points, design, y) if some.all() else _blank(paths, FAILED)
    elif design.kind in {"factorial", "one_at_a_time"}:
        rows = [(path, "effect", effect(points.units, y, i), np.nan, np.nan) for i, path in enumerate(paths)]
    else:
        rows = rank_correlations(points.frame[paths].to_numpy(np.float64)[some], y[some], paths)
    return pd.DataFrame(rows, columns=COLUMNS)


def _blank(paths: list[str], why: str) -> list[tuple[Any, ...]]:
    """Return a row without a value for every parameter, with the reason in place of the index."""
    return [(path, why, np.nan, np.nan, np.nan) for path in paths]


def least_points(parameters: int) -> int:
    """Return the fewest points from which partial rank correlations of so many parameters have intervals."""
    return parameters + 3


def _by_salib(points: Points, design: Design, y: Floats) -> list[tuple[Any, ...]]:
    """Return Morris or Sobol indices with their bootstrap intervals."""
    paths = [r.path for r in points.ranges]
    names = ("mu_star", "mu", "sigma") if design.kind == "morris" else ("S1", "ST")
    from SALib.analyze import morris, sobol

    problem, level = salib_problem(paths), style()["confidence"]
    if design.kind == "morris":
        found = morris.analyze(problem, points.units, y, conf_level=level, seed=design.seed)
    else:
        scaled = (y - y.mean()) / y.std()
        found = sobol.analyze(problem, scaled, calc_second_order=False, conf_level=level, seed=design.seed)
    rows = []
    for place, path in enumerate(paths):
        for name in names:
            value = float(found[name][place])
            reach = float(found[f"{name}_conf"][place]) if f"{name}_conf" in found else np.nan
            rows.append((path, name, value, value - reach, value + reach))
    return rows


def effect(units: Floats, y: Floats, column: int) -> float:
    """Return the mean outcome at a parameter's highest place less that at its lowest [unit of the outcome].

    Only points that agree in every other parameter are set against each other, so that nothing else moves between them
    where a point failed or the law's own value lies at an end of its range.
    """
    place, known = units[:, column], np.isfinite(y)
    top, bottom = (known & (place == end) for end in (place.max(), place.min()))
    chosen = np.flatnonzero(top | bottom)
    _, alike = np.unique(np.delete(units[chosen], column, axis=1), axis=0, return_inverse=True)
    table = pd.DataFrame({"alike": alike.ravel(), "top": top[chosen], "y": y[chosen]})
    means, none = table.groupby(["top", "alike"])["y"].mean(), pd.Series(dtype=float)
    return float((means.get(True, none) - means.get(False, none)).mean())


def rank_correlations(drawn: Floats, y: Floats, paths: list[str]) -> list[tuple[Any, ...]]:
    """Return partial rank correlations of the values lived, with intervals by Fisher's transformation."""
    from scipy import stats

    count, width = drawn.shape
    free = count - least_points(width) + 1
    if free <= 0:
        return _blank(paths, FEW)
    ranks = np.apply_along_axis(stats.rankdata, 0, drawn)
    target = stats.rankdata(y)
    reach = stats.norm.ppf((1 + style()["confidence"]) / 2) / np.sqrt(free)
    rows: list[tuple[Any, ...]] = []
    for place, path in enumerate(paths):
        if np.ptp(drawn[:, place]) == 0:
            rows += _blank([path], STILL)
            continue
        others = np.column_stack([np.ones(count), np.delete(ranks, place, axis=1)])
        left = [v - others @ np.linalg.lstsq(others, v, rcond=None)[0] for v in (ranks[:, place], target)]
        size = float(np.sqrt((left[0] ** 2).sum() * (left[1] ** 2).sum()))
        found = float((left[0] * left[1]).sum()) / size if size else 0.0
        z = np.arctanh(np.clip(found, -1 + np.finfo(float).eps, 1 - np.finfo(float).eps))
        rows.append((path, "prcc", found, float(np.tanh(z - reach)), float(np.tanh(z + reach))))
    return rows


def leaders(last: pd.DataFrame, outcome: Outcome) -> pd.Series[str]:
    """Return the best regime of every point by one outcome; equals are named together."""
    same = (last["level"] == outcome.level) & (last["unit"] == outcome.unit) & (last["measure"] == outcome.measure)
    wide = last[same].pivot(index="point", columns="reform", values="value").dropna()
    best = wide.max(axis=1) if outcome.better == "higher" else wide.min(axis=1)
    tied = wide.eq(best, axis=0)
    names = [" = ".join(str(name) for name, top in zip(wide.columns, row) if top) for row in tied.to_numpy()]
    return pd.Series(names, index=wide.index, dtype=object)


def flips(points: Points, last: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return for each parameter how often moving it alone changes which regime is best by one outcome."""
    best = leaders(last, outcome)
    pairs = np.zeros(len(points.ranges), np.int64)
    flipped = np.zeros(len(points.ranges), np.int64)
    found: list[set[str]] = [set() for _ in points.ranges]
    for one, two in itertools.combinations(best.index, 2):
        moved = np.flatnonzero(points.units[one] != points.units[two])
        if len(moved) == 1:
            pairs[moved[0]] += 1
            if best[one] != best[two]:
                flipped[moved[0]] += 1
                found[moved[0]] |= {best[one], best[two]}
    name = (outcome.level, outcome.unit, outcome.measure)
    between = ["; ".join(sorted(names)) for names in found]
    rows = [(*name, r.path, int(pairs[i]), int(flipped[i]), between[i]) for i, r in enumerate(points.ranges)]
    return pd.DataFrame(rows, columns=["level", "unit", "measure", "parameter", "pairs", "flipped", "between"])
