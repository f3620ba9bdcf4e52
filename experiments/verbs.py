"""The verbs of many runs and of one family: sweep, life, paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli import LAST, RESULTS, START, Progress, app, model_simulator
from experiments.ending import NO, OK, complain
from experiments.options import (
    Cluster,
    FirstSeed,
    Force,
    LastYear,
    Number,
    Out,
    Plan,
    Replications,
    StudyName,
    Workers,
    check,
    check_file,
    check_folder,
    check_seed,
    people_of,
    study_asked,
)

FAMILY_PEOPLE, FAMILY_END = "20000", 2030


@app.command()
def sweep(
    study: StudyName,
    design: Annotated[
        str | None, typer.Option(help="factorial, one_at_a_time, latin_hypercube, sobol, morris or saltelli")
    ] = None,
    people: Number = None,
    replications: Replications = None,
    seed: FirstSeed = 0,
    end: LastYear = None,
    workers: Workers = 0,
    out: Out = None,
    plan: Plan = False,
    force: Force = False,
    cluster: Cluster = None,
) -> int:
    """Do a study's design over its declared parameters; the same line goes on where it stopped."""
    from experiments import sweep as sweeping
    from experiments.branch import tell_late
    from experiments.plan import check_memory, plan_study

    asked = study_asked(study, people, replications, end, seed, workers, design)
    changed, seeds, processes = asked.study, asked.seeds, asked.processes
    if cluster is None:
        check_memory(changed.people, processes)
    folder = out or RESULTS / f"{changed.name}_{changed.design.kind}"
    plain = sweeping.scenarios_of(changed)
    tell_late(changed, lambda variant: plain(variant, None))
    if plan:
        jobs = sweeping.planned(model_simulator(), changed, seeds, folder)
        print(plan_study(model_simulator(), changed, jobs.values(), processes))
        return OK
    bar = Progress(0, "run", here=cluster is None)
    try:
        swept = sweeping.sweep(
            model_simulator(), changed, folder, seeds, processes, bar.done, force, cluster, expect=bar.expect
        )
    finally:
        bar.close()
    for row in swept.failed:
        complain(f"point {row['point']} {row['reform']} seed {row['seed']} failed: {row['error']}", NO)
    for line in swept.unsaid:
        print(line)
    others = [name for name in sweeping.WRITTEN if (folder / name).is_file()]
    print(f"wrote {folder / 'outcomes.parquet'}, {', '.join(others)}")
    return NO if swept.failed else OK


@app.command()
def paper(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of a finished compare")],
    check_only: Annotated[bool, typer.Option("--check", help="only say whether the kit there is up to date")] = False,
) -> int:
    """Make a paper kit from stored results: tables, figures, numbers.tex, methods, ODD."""
    from experiments.paper import KIT, check_kit, write_kit

    if check_only:
        print(f"yes: {check_kit(model_simulator(), folder)} files are what the results say")
        return OK
    check_folder("DIR", folder / KIT)
    print(f"wrote {write_kit(model_simulator(), folder)}")
    return OK


@app.command()
def life(
    reforms: Annotated[list[str] | None, typer.Argument(metavar="[REFORM]...", help="names or YAML files")] = None,
    seed: Annotated[int, typer.Option(help="seed of all chance")] = 0,
    household: Annotated[int, typer.Option(help="number of the household in the first population")] = 0,
    year: Annotated[int | None, typer.Option(help="only this year; else every year")] = None,
    people: Annotated[str, typer.Option(help="simulated people")] = FAMILY_PEOPLE,
    start: Annotated[int, typer.Option(help="first year lived, 2019 to 2026")] = START,
    end: Annotated[int | None, typer.Option(help="last year lived")] = None,
    lang: Annotated[str, typer.Option(help="en or zh")] = "en",
    figure: Annotated[Path | None, typer.Option(help="also draw the waterfall into this PNG or SVG file")] = None,
) -> int:
    """Show one family's years: who paid what, by which rule."""
    from experiments import life as living
    from experiments.plan import check_memory
    from model import Scenario, load_reform

    check(lang in {"en", "zh"}, f"--lang {lang}: expected en or zh")
    check_seed(seed)
    check(
        figure is None or figure.suffix in {".png", ".svg"},
        f"--figure {figure}: expected a file ending in .png or .svg",
    )
    if figure is not None:
        check_file("--figure", figure)
    check(year is None or start <= year <= LAST, f"--year {year}: expected a year from {start} to {LAST}")
    last = end if end is not None else max(year or FAMILY_END, start)
    laid = tuple(load_reform(name) for name in reforms or [])
    scenario = Scenario(people=people_of(people), start=start, end=last, reforms=laid)
    check_memory(scenario.people, 1)
    years = []
    for family in living.live_family(scenario, seed, household, year, lang):
        print(living.tell(family, lang), flush=True)
        years.append(family)
    if figure is not None:
        figure.parent.mkdir(parents=True, exist_ok=True)
        living.draw(years, figure, lang)
        print(f"wrote {figure}")
    return OK
