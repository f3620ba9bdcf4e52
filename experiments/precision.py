"""How sure a result is: unpaired intervals, replications that a stated precision needs, cells too small to show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from experiments.outcomes import style

MOST = 1_000_000
"""Replications beyond which a precision counts as out of reach."""


def unpaired(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Return the difference of means of two sets of runs (columns) with Welch's interval; no common random numbers."""
    from scipy import stats

    counts = [frame.notna().sum(axis=1) for frame in (one, two)]
    parts = [frame.var(axis=1, ddof=1) / count for frame, count in zip((one, two), counts)]
    variance = parts[0] + parts[1]
    lost = parts[0] ** 2 / (counts[0] - 1) + parts[1] ** 2 / (counts[1] - 1)
    freedom = (variance**2 / lost.where(lost > 0)).fillna(1.0)
    mean, se = one.mean(axis=1) - two.mean(axis=1), np.sqrt(variance)
    reach = se * stats.t.ppf((1 + style()["confidence"]) / 2, freedom)
    return pd.DataFrame({"mean": mean, "se": se, "low": mean - reach, "high": mean + reach})


def replications_needed(se: float, replications: int, half_width: float) -> float:
    """Return how many replications bring the interval to a half-width; infinite: none can, NaN: no error is known."""
    from scipy import stats

    if replications < 1 or not se >= 0 or not half_width >= 0:
        return math.nan
    if se == 0:
        return replications
    if half_width == 0:
        return math.inf
    spread = se * math.sqrt(replications)
    low, high = 2, MOST

    def reach(count: int) -> float:
        return float(stats.t.ppf((1 + style()["confidence"]) / 2, count - 1)) * spread / math.sqrt(count)

    if reach(high) > half_width:
        return math.inf
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reach(middle) <= half_width else (middle + 1, high)
    return low


def with_needed(differences: pd.DataFrame) -> pd.DataFrame:
    """Return differences with the replications that bring the half-width to the stated share of the mean."""
    share = style()["precision"]
    needed = [
        replications_needed(se, count, share * abs(mean))
        for mean, se, count in zip(differences["mean"], differences["se"], differences["replications"])
    ]
    return differences.assign(**{f"replications_for_{round(share * 100)}_per_cent": needed})


def small_cells(outcomes: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Return (level, unit, scheme) of cells that rest on fewer simulated people than the stated bound in any run."""
    counts = outcomes[outcomes["measure"].str.startswith("simulated_members")]
    few = counts[counts["value"] < style()["small_cell"]]
    return {
        (str(level), str(unit), str(measure).removeprefix("simulated_members").lstrip("_"))
        for level, unit, measure in zip(few["level"], few["unit"], few["measure"])
    }


def is_small(small: set[tuple[str, str, str]], level: str, unit: str, measure: str) -> bool:
    """Say whether a measure of a unit rests on a small cell."""
    return any(level == at and unit == of and measure.endswith(scheme) for at, of, scheme in small)
