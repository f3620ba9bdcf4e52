"""Fit the values of model/policy/calibration.yaml to the nation's published years 2019 to 2023, and to no later one.

Run `python -m experiments.calibrate`. A round lives the years once, compares and moves every value towards its target;
rounds are kept in a state file, so that an interrupted fit goes on where it stopped. The same call ends in the same
values. Nothing here reads a value of 2024 or later: `published(LAST)` leaves them out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.national import published, simulated
from model import PoolingModel, Scenario
from model.policy.files import ROOT
from model.policy.policy import load_policy
from model.scenario import Reform

FIRST, LAST = 2019, 2023
SPLIT_YEARS = (2020, 2021, 2022, 2023)  # years for which pool and accounts can be told apart
FILE = ROOT / "model" / "policy" / "calibration.yaml"
STATE = ROOT / "results" / "calibration" / "state.json"
STEP = 0.5  # largest move of a logarithm in a round
STEP_SHIFT = 1.5  # largest move of a shifted value in a round
HEAD = "# Calibrated values; written by"


@dataclass(frozen=True)
class Lever:
    """A calibrated parameter, the target that moves it, and the expected response of the target's logarithm."""

    path: str
    target: str
    response: float  # d log(target) by d log(value), or by d value for shifts
    shift: bool = False
    flow: bool = False  # moves a stock: the year's gap counts beyond last year's
    years: tuple[int, ...] = tuple(range(FIRST, LAST + 1))


LEVERS = (
    Lever("enrolment.intercept", "residents", 0.04, shift=True),
    Lever("work.entry_rate", "active", 1.9, shift=True, flow=True),
    Lever("employee.declared_share", "employee_income", 1.0),
    Lever("employee.employer_share_to_account", "account_income", 0.3),
    Lever("resident.extra_factor", "resident_income", 0.1),
    Lever("accounts.use_share", "account_spending", 0.7, years=SPLIT_YEARS),
    Lever("benefit.employee_in_list_share", "pool_spending", 1.0, years=SPLIT_YEARS),
    Lever("benefit.resident_in_list_share", "resident_spending", 1.1),
    Lever("employee.maternity_cost", "maternity", 1.0),
)

Values = dict[str, dict[int, Any]]


def start_values() -> Values:
    """Return the values of the law as it stands, by parameter and year."""
    law = load_policy()
    return {lever.path: {year: law.value(lever.path, year) for year in lever.years} for lever in LEVERS}


def live(values: Values, people: int, seed: int) -> dict[int, dict[str, float]]:
    """Live the years under these values and return the nation's totals by year."""
    dated = {path: {f"{year}-01-01": value for year, value in by_year.items()} for path, by_year in values.items()}
    scenario = Scenario(people=people, start=FIRST, end=LAST, reforms=(Reform("fit", changes=dated),))
    world = PoolingModel(scenario, rng=seed, threads=1)
    while world.year < LAST:
        world.step()
    return {year: simulated(world.record, year) for year in range(FIRST, LAST + 1)}


def moved(lever: Lever, value: Any, move: float) -> Any:
    """Return a value moved, within the parameter's bounds; several numbers keep their proportions."""
    low, high = load_policy().parameter(lever.path).bounds

    if isinstance(value, dict):
        return {key: float(f"{min(number * float(np.exp(move)), high):.6g}") for key, number in value.items()}
    new = value + move if lever.shift else value * float(np.exp(move))
    return float(f"{min(max(new, low), high):.6g}")


def improve(values: Values, totals: dict[str, dict[str, float]]) -> Values:
    """Return values moved towards the targets, by the expected responses."""
    goals = published(LAST)
    new: Values = {}
    for lever in LEVERS:
        new[lever.path] = dict(values[lever.path])
        before = 0.0
        for year in lever.years:
            goal = goals[lever.target].get(year)
            if goal is None:
                continue
            gap = float(np.log(goal / totals[str(year)][lever.target]))
            most = STEP_SHIFT if lever.shift else STEP
            move = (gap - before if lever.flow else gap) / lever.response
            new[lever.path][year] = moved(lever, values[lever.path][year], min(max(move, -most), most))
            before = gap
    return new


def errors(totals: dict[str, dict[str, float]]) -> dict[str, dict[int, float]]:
    """Return simulated over published less one, by target and year."""
    goals = published(LAST)
    return {
        lever.target: {
            y: totals[str(y)][lever.target] / goals[lever.target][y] - 1.0
            for y in lever.years
            if y in goals[lever.target]
        }
        for lever in LEVERS
    }


def worst(totals: dict[str, dict[str, float]]) -> float:
    """Return the largest relative error of all targets and years."""
    return max(abs(e) for by_year in errors(totals).values() for e in by_year.values())


def squared(totals: dict[str, dict[str, float]]) -> float:
    """Return the sum of squared relative errors: what tells rounds apart when a value stands at its bound."""
    return sum(e * e for by_year in errors(totals).values() for e in by_year.values())


def fit(people: int, seed: int, rounds: int, close: float, state: Path) -> list[dict[str, Any]]:
    """Live rounds until all targets are close or the rounds are over; each is written down before the next begins."""
    settings = {"people": people, "seed": seed, "levers": [(e.path, e.target, e.response) for e in LEVERS]}
    kept = json.loads(state.read_text(encoding="utf-8")) if state.is_file() else {}
    done: list[dict[str, Any]] = kept["rounds"] if kept.get("settings") == json.loads(json.dumps(settings)) else []
    values = start_values() if not done else improve(numbered(done[-1]["values"]), done[-1]["totals"])
    while len(done) < rounds and not (done and worst(done[-1]["totals"]) < close):
        totals = live(values, people, seed)
        done.append(json.loads(json.dumps({"values": values, "totals": totals})))
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps({"settings": settings, "rounds": done}), encoding="utf-8")
        print(f"round {len(done)}: largest error {worst(done[-1]['totals']):.2%}", flush=True)
        values = improve(values, done[-1]["totals"])
    return done


def numbered(values: dict[str, dict[str, Any]]) -> Values:
    """Return values with years as numbers again."""
    return {path: {int(year): value for year, value in by_year.items()} for path, by_year in values.items()}


def write(best: dict[str, Any], command: str, date: str, file: Path = FILE) -> None:
    """Write the values of a round into the file of the law, with how they were found."""
    text = file.read_text(encoding="utf-8")
    for path, by_year in best["values"].items():
        name = path.split(".")[1]
        lines = "".join(f"      {year}-01-01: {as_yaml(value)}\n" for year, value in by_year.items())
        block = re.compile(rf"(?<=^  {name}:\n)((?:    .*\n)*?    values:\n)(?:      .*\n)+", re.MULTILINE)
        found = block.findall(text)
        if len(found) != 1:
            raise ValueError(f"{file.name}: expected one block {name} with values, found {len(found)}")
        text = block.sub(found[0].replace("\\", "\\\\") + lines, text)
    body = re.sub(r"\A(?:#.*\n)+", "", text)
    file.write_text(provenance(best["totals"], command, date) + body, encoding="utf-8", newline="\n")


def as_yaml(value: Any) -> str:
    """Return a number, or numbers by key, as the law's files write them."""
    if isinstance(value, dict):
        return "{value: {" + ", ".join(f"{key}: {number:g}" for key, number in value.items()) + "}}"
    return f"{value:.6g}"


def provenance(totals: dict[str, dict[str, float]], command: str, date: str) -> str:
    """Return the comment that heads the file: command, date, targets and the errors that were left."""
    lines = [
        f"{HEAD} `{command}` on {date}.",
        f"Targets: the nation's published years {FIRST} to {LAST} (experiments/national.py); later years do not enter.",
        f"Simulated over published less one, {FIRST} to {LAST}, in per cent:",
    ]
    for target, by_year in errors(totals).items():
        lines.append(f"  {target}: " + ", ".join(f"{year} {100 * error:+.1f}" for year, error in by_year.items()))
    lines.append("Years after the last value follow `after`. Money in yuan.")
    return "".join(f"# {line}\n".replace("# #", "#") for line in lines)


def main(arguments: list[str] | None = None) -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--close", type=float, default=0.003, help="largest relative error that ends the fit")
    parser.add_argument("--date", required=True, help="day of the fit, for the file's head")
    parser.add_argument("--state", type=Path, default=STATE)
    parser.add_argument("--dry", action="store_true", help="do not write calibration.yaml")
    given = parser.parse_args(arguments)
    done = fit(given.people, given.seed, given.rounds, given.close, given.state)
    best = min(done, key=lambda each: squared(each["totals"]))
    for target, by_year in errors(best["totals"]).items():
        print(f"{target:20s}", " ".join(f"{year} {error:+.2%}" for year, error in by_year.items()))
    if not given.dry:
        command = f"python -m experiments.calibrate --people {given.people} --seed {given.seed} --date {given.date}"
        write(best, command, given.date)
        print(f"wrote {FILE.name} ({hashlib.sha256(FILE.read_bytes()).hexdigest()[:16]})")


if __name__ == "__main__":
    main()
