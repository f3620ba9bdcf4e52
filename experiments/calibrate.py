"""Fit the free parameters of free.yaml to the nation's published years 2019 to 2023, and to no later one.

Run `python -m experiments.calibrate --date DAY [--minutes M]`: from three starts on small worlds, then corrected by one
large world, frozen in model/policy/calibration.yaml, with parameter sets that match history as well beside it. What was
evaluated is kept; stopped by its time or by hand, the same line goes on from there and ends in the same values.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from experiments import board, fit
from experiments.command import Parser, day, in_one_line, some_minutes, whole
from experiments.options import MOST_WORKERS, check_file, check_folder
from experiments.plan import check_memory
from experiments.run import cpu_count
from experiments.store import write_json, write_text
from experiments.study import MOST_RUNS
from experiments.workers import processes
from model.policy.files import ROOT

FILE = ROOT / "model" / "policy" / "calibration.yaml"
SETS = ROOT / "model" / "policy" / "calibration_sets.json"
WORK = ROOT / "results" / "calibration"
STARTS = (0.5, 0.35, 0.65)
"""Where the starts lie in all prior ranges."""
HEAD = "# Calibrated values; written by"
WANTED = 32  # parameter sets beside the best
TRIED = 10  # times as many are lived at most


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, draw parameter sets, write; return 1 when the time was over first."""
    given = options(arguments)
    until = time.time() + 60 * given.minutes if given.minutes else float("inf")
    plan = fit.Plan(given.people, tuple(range(given.seeds)), given.work, fit.free(), until)
    try:
        with processes(given.workers or cpu_count()) as pool:
            found = whole_fit(plan, plan.fresh(given.large, tuple(range(given.large_seeds))), given.rounds, pool)
            sets = matching(plan, found, pool)
    except fit.OutOfTimeError:
        print("time is over; what was evaluated is kept: run the same line again", file=sys.stderr)
        return 1
    report(found)
    print(f"{len(sets)} parameter sets match history as well")
    if given.dry:
        return 0
    command = f"python -m experiments.calibrate --people {given.people} --seeds {given.seeds} --large {given.large}"
    command += f" --large-seeds {given.large_seeds}"
    facts = provenance(found, command, given.date)
    write(fit.law_of(found["best"].shares), head(found, facts))
    names = [each.name for each in plan.chosen]
    told = [{name: round(float(share), 6) for name, share in zip(names, one, strict=True)} for one in sets]
    write_json(SETS, {**facts, "shares_of_prior_ranges": told})
    print(f"wrote {FILE.name} and {SETS.name}")
    return 0


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command's options, checked."""
    parser = Parser(prog="python -m experiments.calibrate", description=str(__doc__).splitlines()[0])
    parser.add_argument("--people", type=whole(1), default=100_000, help="people of the small worlds")
    parser.add_argument("--large", type=whole(1), default=2_000_000, help="people of the world that corrects them")
    parser.add_argument("--seeds", type=whole(1, MOST_RUNS), default=1, help="seeds of the small worlds")
    parser.add_argument("--large-seeds", type=whole(1, MOST_RUNS), default=4, help="seeds of the large world")
    parser.add_argument("--rounds", type=whole(1, MOST_RUNS), default=30, help="most steps from a start")
    parser.add_argument("--minutes", type=some_minutes, default=0, help="stop after so long; 0 for no limit")
    parser.add_argument("--workers", type=whole(0, MOST_WORKERS), default=0, help="processes; 0 for one a processor")
    parser.add_argument("--date", type=day, required=True, help="day of the fit, for the file's head")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of what was evaluated")
    parser.add_argument("--dry", action="store_true", help="do not write calibration.yaml")
    given = parser.parse_args(arguments)
    check_folder("--work", given.work)
    for file in () if given.dry else (FILE, SETS):
        check_file("values", file)
    check_memory(max(given.people, given.large), given.workers or cpu_count())
    return given


def whole_fit(plan: fit.Plan, large: fit.Plan, rounds: int, pool: Any) -> dict[str, Any]:
    """Descend from every start, correct small worlds by a large one at the best, and descend once more from there."""
    wanted, number = fit.goals(plan.chosen), len(plan.chosen)
    starts, slope = [], fit.Slope()
    for place in STARTS:
        print(f"start at {place:.0%} of the prior ranges", flush=True)
        starts.append(fit.descend(plan, np.full(number, place), wanted, pool, slope, rounds=rounds))
    best = min(starts, key=lambda each: each.cost)
    bridge, slope = None, fit.Slope()  # on the way here the steps have worn the slope out: differences once more
    for _ in range(BRIDGES):
        if large.people <= plan.people:
            break
        bridge = fit.bridged(told(large, best, pool), told(plan, best, pool), wanted)
        print("corrected by the large world", flush=True)
        best = fit.descend(plan, best.shares, wanted, pool, slope, bridge, rounds)
    last = large if large.people > plan.people else plan
    residual = fit.residuals(told(last, best, pool), wanted)
    return {"best": best, "starts": starts, "bridge": bridge, "residual": residual, "wanted": wanted}


BRIDGES = 2
"""Times a large world corrects the small ones; the second time it stands at nearly the same place."""


def told(plan: fit.Plan, found: fit.Fit, pool: Any) -> list[fit.Told]:
    """Return what worlds say at a fit, from a worker process, where populations are kept."""
    result: list[fit.Told] = pool.submit(fit.evaluate, plan, fit.key_of(found.shares)).result()
    return result


def matching(plan: fit.Plan, found: Mapping[str, Any], pool: Any) -> list[fit.Floats]:
    """Return the best shares and others that match history as well, each lived, not only emulated."""
    best, wanted, bridge = found["best"], found["wanted"], found["bridge"]
    here = fit.residuals(told(plan, best, pool), wanted, bridge)
    places = fit.draws(best, here, len(wanted), TRIED * WANTED)
    good: list[fit.Floats] = []
    for first in range(0, len(places), WANTED):
        some = places[first : first + WANTED]
        lived = pool.map(fit.evaluate, [plan] * len(some), [fit.key_of(place) for place in some])
        for place, worlds in zip(some, lived, strict=True):
            if fit.matches(fit.residuals(worlds, wanted, bridge), here, len(wanted)):
                good.append(place)
        if len(good) >= WANTED:
            break
    return [best.shares, *good[:WANTED]]


def report(found: Mapping[str, Any]) -> None:
    """Print the starts, and every target's error at the best in bands, worst first."""
    for place, one in zip(STARTS, found["starts"], strict=True):
        ended = "converged" if one.converged else "did not converge"
        print(f"start at {place:.0%}: loss {one.cost:.1f}, {one.evaluations} evaluations, {ended}")
    ranked = sorted(zip(found["wanted"], found["residual"], strict=True), key=lambda pair: -abs(pair[1]))
    for (name, year), value in ranked:
        print(f"  {name} {year}: {value / fit.SIGMAS:+.2f} weighted bands")


def provenance(found: Mapping[str, Any], command: str, date: str) -> dict[str, Any]:
    """Return how the values were found: command, day, code, data, law of the free parameters, targets, starts."""
    from experiments.simulator import code_version, data_hash

    def digest(content: Any) -> str:
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    judged = {key: board.terms()[key] for key in ("fitted", "epidemic", "weight_of", "classes", "targets")}
    parameters = yaml.safe_load(fit.FILE.read_text(encoding="utf-8"))
    return {
        "command": command,
        "date": date,
        "code_version": code_version(),
        "data_hash": data_hash(),
        "free_parameters": digest(parameters),
        "targets": digest(judged),
        "starts": [{"loss": round(one.cost, 3), "converged": bool(one.converged)} for one in found["starts"]],
    }


def head(found: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the comment that heads calibration.yaml."""
    losses = ", ".join(
        f"{one['loss']:.1f}{'' if one['converged'] else ' (did not converge)'}" for one in facts["starts"]
    )
    lines = [
        f"{HEAD} `{facts['command']}` on {facts['date']}.",
        f"Code {facts['code_version'][:12]}, data {facts['data_hash'][:12]}, "
        f"free parameters {facts['free_parameters'][:12]}, targets {facts['targets'][:12]}.",
        "Targets: published years 2019 to 2023 (experiments/board.yaml, sample in); later years do not enter.",
        f"Loss from the starts: {losses}. Weighted errors in bands at the end, worst first:",
    ]
    ranked = sorted(zip(found["wanted"], found["residual"], strict=True), key=lambda pair: -abs(pair[1]))
    lines += [f"  {name} {year}: {value / fit.SIGMAS:+.2f}" for (name, year), value in ranked[:SHOWN]]
    lines.append("Years after the last value follow `after`. Money in yuan.")
    return "".join(f"# {line}\n".replace("# #", "#") for line in lines)


SHOWN = 12
"""Targets named in the head of calibration.yaml."""


def write(law: Mapping[str, Mapping[int, Any]], heading: str, file: Path = FILE) -> None:
    """Write values by path and year into the file of the law, under a new heading; other dates stay.

    Errors: ValueError where the file has not exactly one block of a parameter.
    """
    text = file.read_text(encoding="utf-8")
    for path, by_year in law.items():
        group, name = path.split(".")
        block = re.compile(
            rf"(^{group}:\n(?:(?:  .*)?\n)*?  {name}:\n(?:    .*\n)*?    values:\n)((?:      .*\n)+)", re.MULTILINE
        )
        found = block.findall(text)
        if len(found) != 1:
            raise ValueError(f"{file.name}: expected one block {path} with values, found {len(found)}")
        old = dict(line.strip().split(": ", 1) for line in found[0][1].splitlines())
        merged = old | {f"{year}-01-01": as_yaml(value) for year, value in by_year.items()}
        lines = "".join(f"      {date}: {value}\n" for date, value in sorted(merged.items()))
        start, end = block.search(text).span(2)  # type: ignore[union-attr]
        text = text[:start] + lines + text[end:]
    body = re.sub(r"\A(?:#.*\n)+", "", text)
    write_text(file, heading + body)


def as_yaml(value: Any) -> str:
    """Return a number, or numbers by key, as the law's files write them."""
    if isinstance(value, dict):
        return "{value: {" + ", ".join(f"{key}: {number:g}" for key, number in value.items()) + "}}"
    return f"{value:.6g}"


def data_note() -> str | None:
    """Return a warning where the tables are not those of the fit, or nothing."""
    from experiments.simulator import data_hash

    if not SETS.is_file():
        return "calibration.yaml: no record of its fit (calibration_sets.json) was found"
    kept = json.loads(SETS.read_text(encoding="utf-8"))["data_hash"]
    if kept == data_hash():
        return None
    return (
        f"the tables changed since the fit (data {data_hash()[:12]}, fitted on {kept[:12]}): refit, or read with care"
    )


if __name__ == "__main__":
    sys.exit(main())
