"""Which reform is best, how sure that is, which cannot be told apart, and which no other beats on every count."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.outcomes import style
from experiments.study import Outcome, Study

Floats = NDArray[np.float64]
COLUMNS = ["reform", "value", "rank", "rank_low", "rank_high", "best", "group", "replications"]
NAMES = ["level", "unit", "measure"]


def by_seed(outcomes: pd.DataFrame, outcome: Outcome, study: Study) -> pd.DataFrame:
    """Return the last year's outcome by seed (rows) and regime (columns); seeds that lack one are left out."""
    same = (outcomes["level"] == outcome.level) & (outcomes["unit"] == outcome.unit)
    rows = outcomes[same & (outcomes["measure"] == outcome.measure) & (outcomes["year"] == outcomes["year"].max())]
    present = [v.name for v in study.variants if v.name in set(outcomes["reform"])]
    wide: pd.DataFrame = rows.pivot(index="seed", columns="reform", values="value").reindex(columns=present)
    return wide.dropna()


@functools.cache
def _noise(dimensions: int) -> Floats:
    """Return evenly spread places between 0 and 1: the same at every call."""
    from scipy.stats import qmc

    exponent = int(style()["ranking_draws"]).bit_length() - 1
    return np.asarray(qmc.Sobol(dimensions, rng=0).random_base2(exponent))


def mean_draws(wide: pd.DataFrame) -> Floats:
    """Return draws of the regimes' true means given the seeds: multivariate t around the means, pairing kept.

    Regimes that agree seed by seed agree in every draw.
    """
    from scipy import stats

    values = wide.to_numpy(np.float64)
    seeds, regimes = values.shape
    if seeds < 2:
        return np.asarray(values.mean(axis=0, keepdims=True))
    distinct, place = np.unique(values, axis=1, return_inverse=True)
    centred = distinct - distinct.mean(axis=0)
    _, size, turn = np.linalg.svd(centred, full_matrices=False)
    half = (turn.T * size) / np.sqrt(seeds * (seeds - 1))
    noise = _noise(half.shape[1] + 1)
    free = seeds - 1
    tail = np.sqrt(free / stats.chi2.ppf(noise[:, -1], free))
    drawn = distinct.mean(axis=0) + (stats.norm.ppf(noise[:, :-1]) @ half.T) * tail[:, None]
    return np.asarray(drawn[:, np.reshape(place, regimes)])


def rank(wide: pd.DataFrame, better: str) -> pd.DataFrame:
    """Return value, rank with its interval, the chance of being best and the group of every regime, best first.

    Regimes that share a letter in `group` cannot be told apart: the interval of some paired difference holds zero, at
    the study's confidence for all pairs together (Bonferroni).
    """
    sign = -1.0 if better == "higher" else 1.0
    draws = sign * mean_draws(wide)
    below = (draws[:, :, None] > draws[:, None, :]).sum(axis=2)
    equal = (draws[:, :, None] == draws[:, None, :]).sum(axis=2)
    ranks = 1.0 + below + (equal - 1) / 2.0
    best = np.where(below == 0, 1.0 / np.where(below == 0, equal, 1), 0.0).mean(axis=0)
    tail = (1 - style()["confidence"]) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    if len(wide) < 2:
        best, low, high = (np.full(len(wide.columns), np.nan) for _ in range(3))
    mean = wide.mean(axis=0)
    found = pd.DataFrame(
        {
            "reform": list(wide.columns),
            "value": mean.to_numpy(),
            "rank": (sign * mean).rank(method="average").to_numpy(),
            "rank_low": low,
            "rank_high": high,
            "best": best,
            "replications": len(wide),
        }
    ).sort_values(["rank", "reform"], kind="stable", ignore_index=True)
    found["group"] = letters(wide, list(found["reform"]))
    return found[COLUMNS]


def told_apart(wide: pd.DataFrame, one: str, two: str, pairs: int) -> bool:
    """Return whether the paired difference of two regimes is clear of zero, with so many pairs looked at together."""
    from scipy import stats

    gap = (wide[one] - wide[two]).to_numpy(np.float64)
    if not gap.any() or len(gap) < 2:
        return False
    reach = (
        stats.t.ppf(1 - (1 - style()["confidence"]) / (2 * pairs), len(gap) - 1) * gap.std(ddof=1) / np.sqrt(len(gap))
    )
    return bool(abs(gap.mean()) > reach)


def letters(wide: pd.DataFrame, order: Sequence[str]) -> list[str]:
    """Return each regime's letters: neighbours in the order share one as long as all of them are alike in pairs."""
    pairs = max(len(order) * (len(order) - 1) // 2, 1)
    apart = {frozenset(pair): told_apart(wide, *pair, pairs) for pair in itertools.combinations(order, 2)}
    spans: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = first
        while last + 1 < len(order) and not any(
            apart[frozenset((order[last + 1], order[member]))] for member in range(first, last + 1)
        ):
            last += 1
        if not spans or last > spans[-1][1]:
            spans.append((first, last))
    return [
        "".join(chr(ord("a") + n) for n, (first, last) in enumerate(spans) if first <= place <= last)
        for place in range(len(order))
    ]


def rankings(outcomes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the ranking of the regimes by every outcome that says whether higher or lower is better."""
    parts = []
    for outcome in study.outcomes:
        wide = by_seed(outcomes, outcome, study)
        if outcome.better and len(wide):
            names = {"level": outcome.level, "unit": outcome.unit, "measure": outcome.measure}
            parts.append(rank(wide, outcome.better).assign(**names)[[*NAMES, *COLUMNS]])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*NAMES, *COLUMNS])


def pareto(outcomes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return each regime's value by every ranked outcome, and how sure it is that no other beats it on all."""
    asked = [outcome for outcome in study.outcomes if outcome.better]
    wides = [by_seed(outcomes, outcome, study) for outcome in asked]
    if not wides or any(not len(wide) for wide in wides):
        return pd.DataFrame(columns=["reform", "undominated", "chance"])
    signed = [wide * (-1.0 if outcome.better == "higher" else 1.0) for wide, outcome in zip(wides, asked)]
    names = list(signed[0].columns)
    together = pd.concat(signed, axis=1, keys=range(len(signed)), join="inner")
    draws = mean_draws(together).reshape(-1, len(signed), len(names))
    means = together.mean(axis=0).to_numpy().reshape(1, len(signed), len(names))
    chance = _undominated(draws).mean(axis=0) if len(together) > 1 else np.nan
    table = pd.DataFrame({"reform": names, "undominated": _undominated(means)[0], "chance": chance})
    for wide, outcome in zip(wides, asked):
        table[f"{outcome.unit} {outcome.measure}"] = wide.mean(axis=0).to_numpy()
    return table


def _undominated(values: Floats) -> NDArray[np.bool_]:
    """Return by draw and regime whether no other is at least as low on every outcome and lower on one."""
    one, two = values[:, :, :, None], values[:, :, None, :]
    beaten = np.asarray((two <= one).all(axis=1) & (two < one).any(axis=1), bool)
    return np.asarray(~beaten.any(axis=2))
