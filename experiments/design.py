"""The points of a sweep: parameters by path, within their declared bounds, chosen by a design."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.study import MOST_RUNS, Axis, Design, Study, StudyError

if TYPE_CHECKING:
    from model.policy.parameter import Parameter
    from model.policy.policy import Policy

Units = NDArray[np.float64]
SALIB = "the package SALib (install the extra: sensitivity)"


@dataclasses.dataclass(frozen=True)
class Range:
    """One axis of a design with its range in force."""

    path: str
    low: float
    high: float
    levels: int
    whole: bool
    since: int
    central: Any  # the law's own value, or 1 for a factor
    base: Any  # what a factor multiplies; None where the value itself is drawn

    def at(self, unit: float) -> float | int:
        """Return the value at a place between 0 and 1; whole numbers have equal shares of the way."""
        if not self.whole:
            return self.low + unit * (self.high - self.low)
        return min(int(self.low) + math.floor(unit * (self.high - self.low + 1)), int(self.high))

    def setting(self, number: float | int) -> Any:
        """Return what a reform writes for a drawn number."""
        if self.base is None:
            return number
        if isinstance(self.base, dict):
            return {key: value * number for key, value in self.base.items()}
        return self.base * number


@dataclasses.dataclass(frozen=True)
class Points:
    """A design worked out: its ranges, and one row of places between 0 and 1 for every point."""

    ranges: tuple[Range, ...]
    units: Units

    @property
    def frame(self) -> pd.DataFrame:
        """Return the parameters' values by point."""
        columns = {r.path: [r.at(u) for u in self.units[:, place]] for place, r in enumerate(self.ranges)}
        return pd.DataFrame(columns).rename_axis("point").reset_index()

    def reform(self, point: int) -> Any:
        """Return a point as a reform."""
        from model import Reform

        changes = {
            r.path: {datetime.date(r.since, 1, 1): r.setting(r.at(float(self.units[point, place])))}
            for place, r in enumerate(self.ranges)
        }
        return Reform(f"point_{point:05d}", changes=changes)


def ranges_of(study: Study) -> tuple[Range, ...]:
    """Return the ranges of a study's parameters; raise StudyError for what leaves the declared bounds."""
    from model.policy.loader import read_unread
    from model.policy.policy import load_policy

    if not study.parameters:
        raise StudyError(f"{study.name}: parameters: expected at least one to sweep")
    policy, unread = load_policy(), read_unread()
    for axis in study.parameters:
        if axis.path in unread:
            raise StudyError(f"{study.name}: parameters: {axis.path}: expected a parameter that some phase reads")
    return tuple(_range(study, axis, policy) for axis in study.parameters)


def _range(study: Study, axis: Axis, policy: Policy) -> Range:
    """Return one range: what the study gives, else an assumption's own low and high."""
    where = f"{study.name}: parameters: {axis.path}"
    parameter = policy.parameter(axis.path)
    since = study.start if axis.since is None else axis.since
    setting = policy.setting(axis.path, since)
    entry = policy.in_force(axis.path, since)
    low = axis.low if axis.low is not None else entry.low
    high = axis.high if axis.high is not None else entry.high
    if axis.factor and (axis.low is None or axis.high is None):
        raise StudyError(f"{where}: expected low and high of the factor")
    if not axis.factor and isinstance(setting, dict):
        raise StudyError(f"{where}: expected factor: true, as it has one value by {parameter.by}")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise StudyError(f"{where}: expected low and high; only assumptions have a range of their own")
    whole = parameter.measure.kind == "whole" and not axis.factor
    if whole and (low != int(low) or high != int(high)):
        raise StudyError(f"{where}: expected whole numbers [{parameter.unit}], got {low:g} to {high:g}")
    if not low < high:
        raise StudyError(f"{where}: expected low below high, got {low:g} to {high:g}")
    central, base = (1.0, setting) if axis.factor else (setting, None)
    found = Range(axis.path, low, high, axis.levels, whole, since, central, base)
    _within(parameter, found, where)
    return found


def _within(parameter: Parameter, found: Range, where: str) -> None:
    """Raise StudyError unless both ends of a range are values the parameter may have."""
    for end in (found.low, found.high):
        setting = found.setting(int(end) if found.whole else end)
        for number in setting.values() if isinstance(setting, dict) else [setting]:
            if not parameter.bounds[0] <= number <= parameter.bounds[1]:
                low, high = parameter.bounds
                raise StudyError(
                    f"{where}: expected values between {low:g} and {high:g} [{parameter.unit}], got {number:g}"
                )


def points_of(study: Study) -> Points:
    """Return the points of a study's design; raise StudyError where the design cannot be made."""
    ranges = ranges_of(study)
    return Points(ranges, choose(study.design, ranges, study.name))


def choose(design: Design, ranges: Sequence[Range], name: str = "design") -> Units:
    """Return the places of all points between 0 and 1, one row a point."""
    if design.kind == "factorial":
        places = [_levels(r) for r in ranges]
        if (count := math.prod(map(len, places))) > MOST_RUNS:
            raise StudyError(f"{name}: design factorial: expected at most {MOST_RUNS} points, got {count}")
        return np.array(list(itertools.product(*places)))
    if design.kind == "one_at_a_time":
        return _one_at_a_time(ranges)
    if design.kind in {"morris", "saltelli"}:
        return _by_salib(design, ranges, name)
    from scipy.stats import qmc

    if design.kind == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(len(ranges), rng=design.seed).random(design.points))
    _power_of_two(design, name)
    return np.asarray(qmc.Sobol(len(ranges), rng=design.seed).random(design.points))


def _levels(r: Range) -> list[float]:
    """Return evenly spaced places, ends included; a whole range shorter than its levels gives each value once."""
    count = min(r.levels, int(r.high - r.low) + 1) if r.whole else r.levels
    return [float(place) for place in np.linspace(0.0, 1.0, count)]


def _one_at_a_time(ranges: Sequence[Range]) -> Units:
    """Return the central point, then each parameter alone at its low and its high end."""
    centre = np.array([_place(r) for r in ranges])
    rows = [centre]
    for place in range(len(ranges)):
        alone = np.arange(len(ranges)) == place
        rows += [np.where(alone, end, centre) for end in (0.0, 1.0)]
    return np.array(rows)


def _place(r: Range) -> float:
    """Return the place of the central value in its range."""
    width = r.high - r.low + (1.0 if r.whole else 0.0)
    half = 0.5 if r.whole else 0.0
    return float(min(max((r.central + half - r.low) / width, 0.0), 1.0))


def _by_salib(design: Design, ranges: Sequence[Range], name: str) -> Units:
    problem = salib_problem([r.path for r in ranges])
    try:
        from SALib.sample import morris, sobol
    except ImportError:
        raise StudyError(f"{name}: design {design.kind}: expected {SALIB}") from None
    if design.kind == "morris":
        return np.asarray(morris.sample(problem, design.points, seed=design.seed))
    _power_of_two(design, name)
    return np.asarray(sobol.sample(problem, design.points, calc_second_order=False, seed=design.seed))


def salib_problem(paths: Sequence[str]) -> dict[str, Any]:
    """Return the problem as SALib names it, all parameters between 0 and 1."""
    return {"num_vars": len(paths), "names": list(paths), "bounds": [[0.0, 1.0]] * len(paths)}


def _power_of_two(design: Design, name: str) -> None:
    if design.points & (design.points - 1):
        raise StudyError(f"{name}: design {design.kind}: expected points a power of two, got {design.points}")
