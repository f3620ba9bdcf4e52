"""The commands: options, one-line errors and exit codes. Heavy imports wait inside the verbs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from experiments.ending import BAD_INPUT, INTERRUPTED, NO, OK, complain, ended
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
    check_seed,
    check_workers,
    people_of,
    study_asked,
)
from model.errors import ScenarioError

if TYPE_CHECKING:
    from experiments.run import Done, Simulator

USAGE_ERROR = typer.BadParameter.__mro__[1]  # click's, wherever this typer keeps it
STOPPED = "interrupted: nothing half-written is left; the same line goes on from here"
RESULTS = Path("results")
START, END, LAST, PEOPLE, VALIDATED = 2024, 2035, 2050, "3000000", "1000000"
SIZES = "20000,1000000"
PORT = 8765

app = typer.Typer(
    name="python -m experiments",
    help="Questions put to a model of how China's basic medical insurance pools risk.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def model_simulator() -> Simulator:
    """Return the model the commands drive."""
    from experiments.simulator import MODEL

    return MODEL


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is one line on stderr."""
    return ended(lambda: asked(None if arguments is None else list(arguments)), STOPPED)


def asked(words: list[str] | None) -> int:
    """Run the command of some words, or of the line itself (where Windows' patterns are then files).

    Returns its exit code; what is no line of ours becomes a ScenarioError.
    """
    try:
        code = app(args=words, standalone_mode=False)
    except typer.Abort:
        return complain(STOPPED, INTERRUPTED)
    except typer.Exit as end:
        return end.exit_code
    except Exception as error:
        if not isinstance(error, USAGE_ERROR):
            raise
        from experiments.usage import plain_usage

        verb_names = {command.callback.__name__ for command in app.registered_commands if command.callback}
        said = sys.argv[1:] if words is None else words
        raise ScenarioError(plain_usage(cast(Any, error).format_message(), said, verb_names)) from None
    return complain(STOPPED, INTERRUPTED) if code == INTERRUPTED else int(code or OK)


def tell_version(asked: bool) -> None:
    """Print the version and end, if asked."""
    if asked:
        from experiments.run import versions

        print(f"gongji {versions()['gongji']}")
        raise typer.Exit(OK)


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=tell_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    """Questions put to a model of how China's basic medical insurance pools risk."""


@app.command()
def run(
    reforms: Annotated[list[str] | None, typer.Argument(metavar="[REFORM]...", help="names or YAML files")] = None,
    people: Annotated[str, typer.Option(help="simulated people, or all for one a person")] = PEOPLE,
    start: Annotated[int, typer.Option(help="first year lived, 2019 to 2026")] = START,
    end: Annotated[int, typer.Option(help="last year lived")] = END,
    seed: Annotated[int, typer.Option(help="seed of all chance")] = 0,
    threads: Annotated[int, typer.Option(help="threads; 0 for one a processor")] = 0,
    out: Annotated[Path, typer.Option(help="folder the run's folder is made in")] = RESULTS / "run",
    export_people: Annotated[bool, typer.Option("--export-people", help="also store every person and year")] = False,
    cluster: Cluster = None,
) -> int:
    """Live one world, with reforms laid over each other."""
    from experiments.run import cpu_count, is_done, make_job, run_job
    from experiments.store import Store

    check_seed(seed)
    check(threads >= 0, f"--threads {threads}: expected 0 or more")
    size = people_of(people)
    from experiments.ahead import compiling_ahead
    from experiments.cluster_world import run_on_cluster
    from experiments.nation import needs_of, place_of, told_where_stopped
    from experiments.workers import do_all
    from model import Scenario, load_reform

    laid = tuple(load_reform(name) for name in reforms or [])
    scenario = Scenario(people=size, start=start, end=end, reforms=laid)
    simulator = model_simulator()
    store = Store(out, "run")
    threads = min(threads or cpu_count(), cpu_count())  # more than there are processors only cost memory
    job = make_job(simulator, scenario, seed, store, threads=threads, export_people=export_people)
    new = not is_done(store, job)
    compiles = ", compiling included" if simulator.cold() else ""
    if cluster is None and new:
        job = place_of(job, lambda words: print(words, flush=True))
    store.claim()
    if store.status(job.key) == "failed":
        store.set_aside(job.key)
    years = Progress(end - start + 1, "year", here=new and cluster is None)
    try:
        with told_where_stopped(job):
            if cluster is None:
                with compiling_ahead(simulator, new):
                    done = run_job(simulator, job, lambda year: years.tell(str(year)))
            elif needs_of(job).parts > 1:
                done = run_on_cluster(simulator, job, cluster, lambda year: years.tell(str(year)))
            else:
                (done,) = do_all(simulator, [job], 1, lambda done: None, cluster)
    finally:
        years.close()
        store.clean(all_hosts=cluster is not None)
        store.leave_unused()
    if done.bad_input:
        raise ScenarioError(done.message)
    place = store.place(done.key)
    if done.status == "failed":
        return complain(f"{place}: the run failed ({done.message}); its traceback is in manifest.json", NO)
    print(f"already there: {place}" if done.message else f"lived in {done.seconds:.1f} s{compiles}; wrote {place}")
    return OK


@app.command()
def compare(
    study: StudyName,
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
    """Compare a study's reforms with its baseline, seed by seed."""
    from experiments import compare as comparing
    from experiments.branch import tell_late
    from experiments.plan import check_memory, plan_study

    asked = study_asked(study, people, replications, end, seed, workers)
    changed, seeds = asked.study, asked.seeds
    folder = out or RESULTS / changed.name
    comparing.check_comparable(changed)
    if cluster is None:
        check_memory(changed.people, asked.processes)
    tell_late(changed, lambda variant: comparing.make_scenario(changed, variant))
    if plan:
        jobs = comparing.planned(model_simulator(), changed, seeds, folder)
        print(plan_study(model_simulator(), changed, jobs.values(), asked.processes))
        return OK
    bar = Progress(0, "run", here=cluster is None)
    try:
        results = comparing.compare(
            model_simulator(),
            changed,
            folder,
            seeds,
            asked.processes,
            bar.done,
            force,
            cluster=cluster,
            expect=bar.expect,
        )
    finally:
        bar.close()
    for row in results.failed:
        complain(f"{row['reform']} seed {row['seed']} failed: {row['error']}", NO)
    if changed.precision is not None:
        print(comparing.precision_words(results))
    print(comparing.seeds_words(results))
    print(f"wrote {folder / 'report.html'}, report.md, differences.parquet, who_pays_whom.csv, figures/ and tables/")
    if asked.plain.full:
        from experiments.robust import as_text

        print(as_text(asked.plain.full))
    return NO if results.failed else OK


@app.command()
def validate(
    people: Annotated[str, typer.Option(help="simulated people")] = VALIDATED,
    replications: Annotated[int, typer.Option(help="seeds of each of the four worlds")] = 12,
    workers: Annotated[int, typer.Option(help="processes; 0 for one a processor")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the worlds, the page and the picture")] = RESULTS / "validate",
    file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="where the numbers go")] = None,
) -> int:
    """Put simulated years beside published ones: a board with what is wrong first."""
    from experiments.study import MOST_RUNS

    check(0 < replications <= MOST_RUNS, f"--replications {replications}: expected 1 to {MOST_RUNS}")
    check_workers(workers)
    if file is not None:
        check_file("--json", file)
    size = people_of(people)
    from experiments import validate as validating

    few = f"--people {people}: expected at least {validating.LEAST:,}, fewer leave schemes and provinces empty"
    check(size == "all" or size >= validating.LEAST, few)
    from experiments.calibrate import data_note
    from experiments.plan import check_memory
    from experiments.run import cpu_count

    processes = workers or cpu_count()
    check_memory(size, processes)
    bar = Progress(len(validating.YEARS) * replications, "world")
    try:
        worlds = validating.lived(model_simulator(), size, range(replications), out, processes, bar.done)
    finally:
        bar.close()
    rows = validating.make_board(worlds)
    missed = sum(not row["holds"] for row in rows)
    places = validating.write(rows, out, file or out / "board.json", size, replications)
    note = data_note()
    if note:
        print(f"note: {note}")
    print(f"{len(rows) - missed} of {len(rows)} comparisons hold; {missed} do not, they come first in board.md")
    print(f"wrote {', '.join(str(place) for place in places)}")
    return OK


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a run's folder or a study's")],
    identities: Annotated[bool, typer.Option("--identities", help="only check the stored tables")] = False,
) -> int:
    """Run a results folder again and say yes or no for every table."""
    from experiments.run import cpu_count
    from experiments.verify import Answer, run_folders, verify_identities
    from experiments.verify import verify as rerun

    def tell(answer: Answer) -> None:
        print(f"  {'yes' if answer.holds else 'no '} {answer.what}: {answer.words}", flush=True)

    good = True
    for place in run_folders(folder):
        print(place, flush=True)
        holds = verify_identities(place, tell) if identities else rerun(model_simulator(), place, cpu_count(), tell)
        good = good and holds
    print("yes" if good else "no")
    return OK if good else NO


@app.command()
def explain(
    name: Annotated[str, typer.Argument(metavar="REFORM|PARAMETER")],
    year: Annotated[int | None, typer.Argument(metavar="[YEAR]")] = None,
    lang: Annotated[str, typer.Option(help="en or zh")] = "en",
) -> int:
    """Say what a reform changes, or what a parameter is in a year: value, unit, source."""
    from experiments.explain import explain_parameter, explain_reform
    from experiments.usage import hint_of_parameters
    from model import load_reform

    check(lang in {"en", "zh"}, f"--lang {lang}: expected en or zh")
    check(year is None or 0 < year <= LAST, f"{name} {year}: expected a year to {LAST}")
    check(bool(name.strip()), "expected the name of a reform or the path of a parameter, got nothing")
    if is_parameter(name):
        print(explain_parameter(name, year if year is not None else START, lang))
    else:
        hint_of_parameters(name)
        check(year is None, f"{name}: expected a parameter path group.name before a year")
        print(explain_reform(load_reform(name), lang))
    return OK


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="port on this machine")] = PORT,
    host: Annotated[
        str, typer.Option(help="address to listen on; others than this machine must be told")
    ] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="do not open a browser")] = False,
) -> int:
    """Serve the live page."""
    from experiments.dashboard import serve

    return serve(port, host, not no_browser)


@app.command()
def bench(
    people: Annotated[str, typer.Option(help="sizes, separated by commas; plain_mesa runs at the smallest")] = SIZES,
    out: Annotated[Path, typer.Option("--json", metavar="FILE", help="where the numbers go")] = RESULTS
    / "bench"
    / "bench.json",
    start_up: Annotated[str, typer.Option("--start-up", help="time starting up: no, warm, or cold (minutes)")] = "warm",
) -> int:
    """Time a person-year here, beside a plain Mesa model of the same year; yearly measures are timed apart."""
    sizes = [people_of(size) for size in people.split(",")]
    check("all" not in sizes, f"--people {people}: expected whole numbers from 1, separated by commas")
    check_file("--json", out)
    check(start_up in {"no", "warm", "cold"}, f"--start-up {start_up}: expected no, warm or cold")
    from experiments.bench import figure, measure, start
    from experiments.plan import check_memory

    check_memory(max(sizes), 1)
    bar = Progress(1 + 4 * len(set(sizes)), "world")
    try:
        costs = measure.bench(sizes, bar.tell)
    finally:
        bar.close()
    print(measure.table(costs))
    print(measure.summary(costs))
    begun = None if start_up == "no" else start.start_up(max(sizes), start_up == "cold")
    if begun is not None:
        print(start.words(begun))
    print(f"wrote {', '.join(str(path) for path in figure.write(costs, out, begun))}")
    return OK


def is_parameter(name: str) -> bool:
    """Return whether a name reads as a parameter's path, not as a reform's name or file."""
    return "." in name and not name.endswith((".yaml", ".yml")) and "/" not in name


class Progress:
    """A bar on a terminal, plain lines otherwise; first a line where worlds are lived `here` that need compiling."""

    def __init__(self, total: int, unit: str, here: bool = True) -> None:
        self.total, self.unit, self.count = total, unit, 0
        self.bar: Any = None
        if here and model_simulator().cold():
            print("compiling first, once for this code: one to two minutes", flush=True)
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=total, unit=unit, leave=False)

    def expect(self, count: int) -> None:
        """Add so many to what is to come."""
        self.total += count
        if self.bar is not None:
            self.bar.total = self.total
            self.bar.refresh()

    def tell(self, words: str) -> None:
        """Count one more and say what it was."""
        self.count += 1
        if self.bar is None:
            print(f"{self.unit} {self.count} of {self.total}: {words}", flush=True)
        else:
            self.bar.set_postfix_str(words)
            self.bar.update()

    def done(self, result: Done) -> None:
        """Count one more run."""
        self.tell(f"{result.key} {result.status}" + (f" ({result.message})" if result.message else ""))

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()


from experiments import verbs  # noqa: E402  (the verbs of runs register themselves here)

__all__ = ["BAD_INPUT", "INTERRUPTED", "NO", "OK", "app", "complain", "main", "verbs"]
