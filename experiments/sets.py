"""Parameter sets that match history as well as the best: laid under a study's scenarios, one a seed."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any

from experiments import calibrate, fit
from model.errors import DataError, ScenarioError
from model.policy.relative import LIKE, is_relative


@functools.cache
def shares() -> tuple[tuple[float, ...], ...]:
    """Return the stored sets as shares of the prior ranges; the first is the best.

    Errors: DataError where they are missing or are of other free parameters.
    """
    try:
        kept = json.loads(calibrate.SETS.read_text(encoding="utf-8"))["shares_of_prior_ranges"]
    except (OSError, ValueError, KeyError):
        raise DataError(
            f"{calibrate.SETS.name}: expected the sets that `python -m experiments.calibrate` writes"
        ) from None
    names = [each.name for each in fit.free()]
    for place, told in enumerate(kept):
        if set(told) != set(names):
            raise DataError(f"{calibrate.SETS.name}: set {place}: expected the parameters of {fit.FILE.name}: refit")
    return tuple(tuple(float(told[name]) for name in names) for told in kept)


def with_set(scenario: Any, seed: int, count: int) -> Any:
    """Return a scenario with the set of its seed laid under its reforms; a count of 0 leaves it as it is.

    Where a reform changes a calibrated parameter, the set holds until the reform begins, and goes on under a relative
    change (`plus` and the like), which is worked out against it.
    Errors: ScenarioError where more sets are asked for than are stored.
    """
    if count == 0:
        return scenario
    if count > len(shares()):
        raise ScenarioError(f"fitted_sets: {count}: expected 0 to {len(shares())}, the stored sets")
    own = fit.reform_of(shares()[seed % count], f"set_{seed % count}")
    reform = scenario.reform
    changes: dict[str, dict[Any, Any]] = {path: dict(values) for path, values in own.changes.items()}
    for path, values in reform.changes.items():
        changes[path] = under(changes.get(path, {}), values)
    laid = dataclasses.replace(reform, name=f"{reform.name}+{own.name}", changes=changes)
    return dataclasses.replace(scenario, reforms=(laid,))


def under(own: Mapping[Any, Any], values: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a reform's dated values of one parameter with a set's laid under them."""
    laid = dict(values)
    for date, value in own.items():
        now = values[max(earlier)] if (earlier := [each for each in values if each <= date]) else None
        if now is None:
            laid[date] = value
        elif is_relative(now) and not {"value", LIKE} & set(now):
            laid[date] = {**now, "value": value}
    return dict(sorted(laid.items()))
