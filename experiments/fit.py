"""The fit of the free parameters: what they do to the law, one evaluation, residuals in bands, least squares.

An evaluation lives 2019 to 2023 on fixed seeds and is kept on disk by everything that decides it, so an interrupted
fit goes on where it stopped. Nothing here reads a published value of 2024 or later.
"""

from __future__ import annotations

import copy
import functools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from experiments import board
from experiments.run import identify
from experiments.store import content_key, write_text
from model.errors import DataError

Floats = NDArray[np.float64]
Told = dict[str, dict[str, float]]
"""By year, what a world says; years as text, as JSON keeps them."""
FILE = Path(__file__).resolve().parent / "free.yaml"
FIRST, LAST = 2019, 2023
SIGMAS = 2.0  # a band, like a prior range's half, is two standard deviations
STEP = 0.05  # of a prior range, for differences


class OutOfTimeError(Exception):
    """The time given to a fit is over; what was evaluated is kept."""


@dataclass(frozen=True)
class Free:
    """A free parameter: the law it moves, by year, and its prior range."""

    name: str
    path: str
    years: Mapping[int, float]
    prior: tuple[float, float]
    base: Mapping[Any, float] = field(default_factory=dict)
    keys: tuple[Any, ...] = ()
    informs: tuple[str, ...] = ()

    def value(self, share: float) -> float:
        """Return the value at a share of the prior range."""
        low, high = self.prior
        return low + share * (high - low)


@functools.cache
def free() -> tuple[Free, ...]:
    """Return the free parameters of free.yaml.

    Errors: DataError for one that informs nothing or whose target the board does not know.
    """
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))["free"]
    result = []
    for name, spec in content.items():
        unknown = [each for each in spec["informs"] or [""] if each not in board.terms()["targets"]]
        if unknown:
            raise DataError(f"{FILE.name}: {name}: informs {unknown[0]!r}: expected a target of {board.FILE.name}")
        base = spec.get("base", {})
        keys = tuple(spec.get("keys", base))
        years = {int(year): float(weight) for year, weight in spec["years"].items()}
        prior = (float(spec["prior"][0]), float(spec["prior"][1]))
        result.append(Free(name, spec["path"], years, prior, base, keys, tuple(spec["informs"])))
    return tuple(result)


def law_of(shares: Sequence[float] | Floats, chosen: Sequence[Free] | None = None) -> dict[str, dict[int, Any]]:
    """Return the values of the law by path and year at shares of the prior ranges, within the law's bounds."""
    from model.policy.policy import load_policy

    sums: dict[str, dict[int, Any]] = {}
    for each, share in zip(chosen or free(), shares, strict=True):
        number = each.value(float(share))
        for year, weight in each.years.items():
            values = sums.setdefault(each.path, {})
            if each.base:
                values[year] = {
                    key: one * (number * weight if key in each.keys else 1.0) for key, one in each.base.items()
                }
            else:
                values[year] = values.get(year, 0.0) + weight * number
    result: dict[str, dict[int, Any]] = {}
    for path, values in sums.items():
        low, high = load_policy().parameter(path).bounds
        result[path] = {year: _within(value, low, high) for year, value in sorted(values.items())}
    return result


def _within(value: Any, low: float, high: float) -> Any:
    if isinstance(value, dict):
        return {key: _within(one, low, high) for key, one in value.items()}
    return float(f"{min(max(value, low), high):.6g}")


def reform_of(shares: Sequence[float] | Floats, name: str = "fit", chosen: Sequence[Free] | None = None) -> Any:
    """Return the reform that sets the law at shares of the prior ranges; what the law says of other years stays."""
    from model import Reform
    from model.policy.policy import load_policy

    changes: dict[str, dict[str, Any]] = {}
    for path, by_year in law_of(shares, chosen).items():
        entries = load_policy().parameter(path).entries
        others = {e.date.isoformat(): e.value for e in entries if e.date.year > min(by_year)}
        changes[path] = others | {f"{year}-01-01": value for year, value in by_year.items()}
    return Reform(name, changes=changes)


@dataclass(frozen=True)
class Plan:
    """How evaluations are made: world size, seeds, years, where they are kept, when to stop."""

    people: int
    seeds: tuple[int, ...]
    folder: Path
    chosen: tuple[Free, ...]
    until: float = float("inf")

    def fresh(self, people: int, seeds: tuple[int, ...]) -> Plan:
        """Return the plan for worlds of another size and other seeds."""
        return Plan(people, seeds, self.folder, self.chosen, self.until)


@functools.lru_cache(maxsize=4)
def first_people(people: int, seed: int) -> Any:
    """Return the first population, made once a process: no free parameter enters it."""
    from model.policy.policy import load_policy
    from model.synthesis import first_population, founding_values

    return first_population(people, FIRST, seed, founding_values(load_policy(), FIRST))


def evaluate(plan: Plan, shares: tuple[float, ...]) -> list[Told]:
    """Return what worlds of every seed say of 2019 to 2023, from disk where they have been lived."""
    return [_one(plan, shares, seed) for seed in plan.seeds]


def _one(plan: Plan, shares: tuple[float, ...], seed: int) -> Told:
    from experiments.simulator import MODEL
    from model import Scenario

    scenario = Scenario(people=plan.people, start=FIRST, end=LAST, reforms=(reform_of(shares, chosen=plan.chosen),))
    file = plan.folder / f"{content_key(identify(MODEL, scenario, seed))}.json"
    if file.is_file():
        kept: Told = json.loads(file.read_text(encoding="utf-8"))
        return kept
    if time.time() > plan.until:
        raise OutOfTimeError
    told = lived(scenario, seed)
    plan.folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(told))
    return told


def lived(scenario: Any, seed: int, part: int | None = None) -> Told:
    """Live a scenario and return what it says by year; people of a world in one piece are made once and copied.

    Args:
        scenario: the case.
        seed: of the world.
        part: most people in a part of the world [persons]; None for the model's own.

    """
    from experiments.gauges import gauges
    from model import PoolingModel
    from model.parts import PART
    from model.reporting import count_measures

    class World(PoolingModel):
        """A world whose first people, if in one piece, are copied and not made again."""

        def _first_people(self, part: int = 0) -> Any:
            if self.parts > 1:  # a large world is lived once or twice: its people are not kept
                return super()._first_people(part)
            return copy.deepcopy(first_people(scenario.people, seed))

    world = World(scenario, rng=seed, measure=False, part=part or PART)
    while world.year < scenario.end:
        world.step()
        world.record.add_measures(count_measures(world))
    return {str(year): gauges(world.record.tables, year) for year in range(scenario.start, scenario.end + 1)}


def goals(chosen: Sequence[Free]) -> dict[tuple[str, int], float]:
    """Return the published values of the targets that free parameters inform, to 2023, by target and year."""
    wanted = {target for each in chosen for target in _informs(each)}
    return {
        (name, year): value
        for name in sorted(wanted)
        for year, value in sorted(board.all_published()[name].items())
        if FIRST <= year <= LAST and board.sample_of(board.terms()["targets"][name], year) == "in"
    }


def _informs(each: Free) -> set[str]:
    """Return the targets that inform a parameter; those paid inside the list come with their levels of hospital."""
    return {
        target
        for informing in each.informs
        for target in board.terms()["targets"]
        if target == informing or (informing.startswith("in_list_") and target.startswith(f"{informing}_"))
    }


def residuals(
    told: Sequence[Told], wanted: Mapping[tuple[str, int], float], bridge: Mapping[tuple[str, int], float] | None = None
) -> Floats:
    """Return errors of the mean over seeds in half bands, times the root of the weight.

    `bridge` is what a large world says over what this size says (a difference for rates): it corrects small worlds.
    """
    result = []
    for (name, year), value in wanted.items():
        target = board.of_class(board.terms()["targets"][name])
        mean = float(np.mean([one[str(year)][name] for one in told]))
        if bridge is not None:
            mean = mean + bridge[name, year] if target["kind"] == "points" else mean * bridge[name, year]
        weight = target["weight"] * board.terms()["weight_of"][board.mark_of(target, year)]
        error = board.error_of(target["kind"], mean, value)
        result.append(np.sqrt(weight) * SIGMAS * error / (board.band_of(target, year) or 1.0))
    return np.array(result)


def bridged(
    large: Sequence[Told], small: Sequence[Told], wanted: Mapping[tuple[str, int], float]
) -> dict[tuple[str, int], float]:
    """Return what brings small worlds to what a large one says at the same parameters."""
    result = {}
    for name, year in wanted:
        target = board.of_class(board.terms()["targets"][name])
        one, two = (float(np.mean([each[str(year)][name] for each in told])) for told in (large, small))
        result[name, year] = one - two if target["kind"] == "points" else one / two
    return result


@dataclass
class Fit:
    """A start brought to an end: where, how well, and the slope of the residuals there."""

    shares: Floats
    cost: float
    jacobian: Floats
    converged: bool
    evaluations: int


def priors(shares: Floats) -> Floats:
    """Return how far shares lie from the middle of the prior ranges, in standard deviations."""
    return np.asarray((shares - 0.5) * 2 * SIGMAS)


class Slope:
    """The slope of the residuals by the shares: differences once, then kept up by the steps that are taken.

    Broyden's update costs no evaluation; a new start goes on with the slope of the last.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.matrix: Floats | None = None
        self.place: Floats | None = None
        self.value: Floats | None = None

    def moved(self, place: Floats, value: Floats) -> Floats:
        """Return the slope at a place one step further."""
        assert self.matrix is not None
        if self.place is not None and self.value is not None:
            step = place - self.place
            length = float(step @ step)
            if length > 0:
                gap = value - self.value - self.matrix @ step
                self.matrix = self.matrix + np.outer(gap, step) / length
        self.place, self.value = place.copy(), value.copy()
        return self.matrix


def descend(
    plan: Plan,
    start: Floats,
    wanted: Mapping[tuple[str, int], float],
    pool: Executor | None,
    slope: Slope,
    bridge: Mapping[tuple[str, int], float] | None = None,
    rounds: int = 12,
    tell: Callable[[str], None] = print,
) -> Fit:
    """Return the least-squares fit from a start (scipy's trust region, soft-L1 loss, bounds of the prior ranges).

    Soft L1 keeps one target that cannot be met from pulling all others; the prior counts as one residual a parameter.
    """
    from scipy.optimize import least_squares

    seen = 0

    def ask(places: Sequence[Floats]) -> list[Floats]:
        nonlocal seen
        seen += len(places)
        keys = [key_of(place) for place in places]
        found = list(pool.map(evaluate, [plan] * len(keys), keys)) if pool else [evaluate(plan, key) for key in keys]
        return [
            np.concatenate([residuals(told, wanted, bridge), priors(place)])
            for told, place in zip(found, places, strict=True)
        ]

    def at(place: Floats) -> Floats:
        found = ask([place])[0]
        tell(f"  evaluation {seen}: {0.5 * float(np.sum(found * found)):.1f} half squares")
        return found

    def slope_at(place: Floats) -> Floats:
        here = ask([place])[0]
        if slope.matrix is None:
            steps = [STEP if share + STEP <= 1 else -STEP for share in place]
            moved = ask([place + step * unit for step, unit in zip(steps, np.eye(len(place)), strict=True)])
            slope.matrix = np.stack([(one - here) / step for one, step in zip(moved, steps, strict=True)], axis=1)
        return slope.moved(place, here)

    slope.place = slope.value = None
    ends = (np.zeros(len(start)), np.ones(len(start)))
    inside = np.clip(start, *MARGIN)
    found = least_squares(
        at, inside, jac=slope_at, bounds=ends, loss="soft_l1", f_scale=SIGMAS, max_nfev=rounds, ftol=ENOUGH, xtol=ENOUGH
    )
    assert slope.matrix is not None
    return Fit(np.asarray(found.x), float(found.cost), slope.matrix, found.status > 0, seen)


MARGIN = (0.02, 0.98)
"""Shares of the prior ranges between which a start may lie."""
ENOUGH = 1e-3
"""Relative change of loss or shares at which a descent ends."""


def key_of(shares: Floats) -> tuple[float, ...]:
    """Return shares as an evaluation is asked for: rounded, and hashable."""
    return tuple(round(float(share), 6) for share in shares)


def matches(found: Floats, best: Floats, count: int) -> bool:
    """Say whether residuals match history as well as the best: no target leaves its weighted band that the best holds.

    A weighted band is a band over the root of the weight: narrower for surplus rates, up to 1.8 bands for recalled and
    derived figures. A target that the best misses may be missed by a quarter more. `count` is the number of targets
    before the priors.
    """
    limit = np.maximum(SIGMAS, 1.25 * np.abs(best[:count]))
    return bool((np.abs(found[:count]) <= limit).all())


def draws(fit: Fit, residual: Floats, count: int, wanted: int) -> list[Floats]:
    """Return places that a linear emulator of the residuals says match history, wide ones first.

    The emulator is the fit's slope; places are Sobol points under its normal approximation of the posterior, drawn in
    until they match.
    """
    from scipy.stats import norm, qmc

    number = len(fit.shares)
    spread = np.linalg.pinv(fit.jacobian.T @ fit.jacobian)
    root = np.linalg.cholesky(spread + np.finfo(float).eps * np.trace(spread) * np.eye(number))
    even = qmc.Sobol(number, scramble=False).random_base2(EMULATED)
    points = norm.ppf(even[2:])  # the first two are the corner and the middle
    kept: list[Floats] = []
    for scale in WIDTHS:
        for point in points:
            place = np.clip(fit.shares + scale * (root @ point), 0.0, 1.0)
            if matches(residual + fit.jacobian[:count] @ (place - fit.shares), residual, count):
                kept.append(place)
                if len(kept) == wanted:
                    return kept
    return kept


EMULATED = 11
"""Points tried on the emulator at each width, as a power of two."""
WIDTHS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1)
"""Widths of the draws, in standard deviations of the posterior."""
