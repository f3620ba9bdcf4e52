"""Validation: worlds lived through the published years and beyond, and the board drawn from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import board, provinces
from experiments.compare import RunsFailedError, do_runs
from experiments.gauges import gauges
from experiments.limits import counts
from experiments.options import check_outputs
from experiments.outcomes import style
from experiments.run import Done, Job, Simulator, make_job
from experiments.store import Store, read_manifest, read_run, write_text

STUDY = "validate"
HISTORY, EARLY, LATE, BLIND = "history", "early", "late", "blind"
YEARS = {HISTORY: (2019, 2024), EARLY: (2020, 2024), LATE: (2024, 2035), BLIND: (2019, 2021)}
"""First and last year of the four worlds: all published years, the contract's two that must agree, one without 2021."""
FILES = ("board.md", "board.csv", "board.png")
LEAST = 1_000
"""People below whom a world leaves schemes and provinces empty, so that nothing can be judged."""
Tables = Mapping[str, pd.DataFrame]


def jobs_of(simulator: Simulator, people: Any, seeds: Sequence[int], store: Store) -> dict[tuple[str, int], Job]:
    """Return the jobs of the four worlds, seed by seed."""
    from model import Scenario

    jobs: dict[tuple[str, int], Job] = {}
    for name, (start, end) in YEARS.items():
        reforms = (provinces.blind_reform(),) if name == BLIND else ()
        scenario = Scenario(people=people, start=start, end=end, reforms=reforms)
        jobs |= {(name, seed): make_job(simulator, scenario, seed, store) for seed in seeds}
    return jobs


def lived(
    simulator: Simulator, people: Any, seeds: Sequence[int], folder: Path, workers: int, tell: Callable[[Done], None]
) -> dict[str, list[Tables]]:
    """Live the worlds that are not there yet and return their tables, seed by seed.

    Errors: RunsFailedError where a run failed.
    """
    store = Store(folder, STUDY)
    jobs = jobs_of(simulator, people, seeds, store)
    store.claim()
    check_outputs(folder, FILES)
    try:
        do_runs(simulator, jobs, store, workers, tell, retry=True)
    finally:
        store.clean()
    result: dict[str, list[Tables]] = {name: [] for name in YEARS}
    for (name, seed), job in jobs.items():
        if read_manifest(store.place(job.key))["status"] != "complete":
            raise RunsFailedError(f"{store.place(job.key)}: the world {name} of seed {seed} failed; see manifest.json")
        result[name].append(read_run(store.place(job.key), untouched=True))
    return result


def make_board(worlds: Mapping[str, Sequence[Tables]]) -> list[board.Row]:
    """Return all rows, what is wrong first."""
    told = {name: _told(worlds[name], *YEARS[name]) for name in (HISTORY, EARLY, LATE)}
    last = board.LAST
    found = board.rows(told[HISTORY], history=True) + board.rows(told[LATE])
    found += board.judged(found) + board.judged(found, history=True)
    found += board.agreement(told[EARLY][last], told[LATE][last])
    found += provinces.board_rows(worlds[HISTORY], worlds[BLIND], told[HISTORY][provinces.BOUNDS_YEAR])
    return board.ordered(found)


def _told(worlds: Sequence[Tables], first: int, last: int) -> dict[int, list[dict[str, float]]]:
    return {year: [gauges(tables, year) for tables in worlds] for year in range(first, last + 1)}


def page(rows: Sequence[board.Row], people: Any, seeds: int) -> str:
    """Return the board as Markdown: the misses, then all that holds."""
    missed = [each for each in rows if not each["holds"]]
    (fitted, may), (unseen, other), (own, rest) = counts(rows)
    lines = ["# Simulated against published", ""]
    lines.append(
        f"{len(rows)} comparisons, {people} simulated people, {seeds} seed{'s' if seeds != 1 else ''}; "
        f"{len(missed)} miss their band. The mean over seeds is judged; low and high are its interval at 95 %, which "
        f"one seed has not. {fitted} of {may} values that may have moved a parameter hold, {unseen} of {other} "
        f"published ones that moved none, and {own} of {rest} of the model with itself or without an aim."
    )
    head = (
        "| target | year | published | simulated | low | high | error | band | sample | no growth | trend | known as |"
    )
    rule = "|---|---|--:|--:|--:|--:|--:|--:|---|--:|--:|---|"
    for title, chosen in (("What is wrong", missed), ("What holds", [each for each in rows if each["holds"]])):
        lines += ["", f"## {title} ({len(chosen)})", "", head, rule, *(_line(each) for each in chosen)]
    notes = (
        "",
        "Errors are shares of the published value, or points for rates. No growth and trend are the errors of two "
        "naive forecasts from 2023: the same value again, and the mean growth of up to four years before. Sample "
        "`in`: a parameter may have been moved by this value; `out`: none was.",
        "",
    )
    return "\n".join([*lines, *notes])


def _line(each: board.Row) -> str:
    scale = style()["per_cent"] if each["unit"] == "per cent" else 1

    def number(value: float | None, factor: float = 1.0) -> str:
        return "" if value is None else f"{value * factor:,.4g}"

    def share(value: float | None) -> str:
        points = " p" if each["kind"] == "points" else " %"
        return "" if value is None else f"{value * style()['per_cent']:+.1f}{points}"

    told = [number(each[key], scale) for key in ("published", "simulated", "low", "high")]
    told[1] = told[1] or "not simulated"
    errors = [share(each["error"]), share(each["band"]).lstrip("+"), each["sample"]]
    naives = [share(each[key]) for key in ("naive_growth", "naive_trend")]
    return (
        "| "
        + " | ".join([f"{each['name']} [{each['unit']}]", str(each["year"]), *told, *errors, *naives, each["mark"]])
        + " |"
    )


def write(rows: Sequence[board.Row], folder: Path, file: Path, people: Any, seeds: int) -> list[Path]:
    """Write the JSON, the page and the picture; return the files."""
    from experiments.board_figure import draw

    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(list(rows), indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "board.md", page(rows, people, seeds))
    write_text(folder / "board.csv", board.frame(rows).to_csv(index=False, lineterminator="\n"))
    picture = folder / "board.png"
    draw(rows, picture)
    return [file, folder / "board.md", folder / "board.csv", picture]
