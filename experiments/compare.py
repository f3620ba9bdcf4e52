"""The main job: a study's regimes side by side, seed by seed, with tables, figures and a report."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.branch import check_branch, late_reforms, share_histories
from experiments.options import check_outputs
from experiments.outcomes import outcomes, style, who_pays_whom, with_zeros
from experiments.precision import seeds_line, small_cells, small_payments, with_small
from experiments.run import Done, Job, Simulator, make_job
from experiments.shared_people import shared_people
from experiments.store import OUTCOMES, Store, read_manifest, read_run, read_table, write_table, write_text
from experiments.study import Study, StudyError, Variant, check_recorded, named
from experiments.workers import do_all
from model.errors import GongjiError, PolicyError, ResultsError, ScenarioError

UNIT = ["year", "level", "unit", "measure"]
COLUMNS = [*UNIT, "reform", "against", "mean", "se", "low", "high", "replications"]


FILES = ("report.html", "report.md", "differences.parquet", "who_pays_whom.csv")
FOLDERS = ("figures", "tables")
"""What a comparison writes last beside its runs."""


class RunsFailedError(GongjiError):
    """No run of a study came to its end."""

    exit_code = 1


@dataclasses.dataclass(frozen=True)
class Results:
    """What a study's complete runs say."""

    study: Study
    outcomes: pd.DataFrame  # reform, seed, level, unit, measure, year, value
    differences: pd.DataFrame
    payments: pd.DataFrame  # reform, payer, payer_province, payee, payee_province, kind, amount_fen
    failed: list[dict[str, Any]]
    facts: dict[str, Any]

    def rows_of(self, reform: str, level: str, measure: str) -> pd.DataFrame:
        """Return the outcomes of one regime, level and measure."""
        rows: pd.DataFrame = self.outcomes.iloc[self._places.get((reform, level, measure), [])]
        return rows

    def effects_of(self, reform: str, level: str, measure: str) -> pd.DataFrame:
        """Return the differences of one regime, level and measure."""
        rows: pd.DataFrame = self.differences.iloc[self._effects.get((reform, level, measure), [])]
        return rows

    def was_compared(self, reform: str) -> bool:
        """Return whether some seed of a regime was lived beside its baseline."""
        return reform in self._compared

    @functools.cached_property
    def _compared(self) -> frozenset[str]:
        return frozenset(self.differences["reform"])

    @functools.cached_property
    def _places(self) -> Mapping[Any, Any]:
        return self.outcomes.groupby(["reform", "level", "measure"]).indices

    @functools.cached_property
    def _effects(self) -> Mapping[Any, Any]:
        return self.differences.groupby(["reform", "level", "measure"]).indices


def plan_jobs(
    simulator: Simulator, study: Study, scenario_of: Callable[[Variant], Any], seeds: Sequence[int], store: Store
) -> dict[tuple[str, int], Job]:
    """Return the job of every variant and seed; variants that are the same law share one."""
    from experiments.package import package_variants

    regimes = (*study.lived, *(package_variants(study) if study.package else ()))
    scenarios = {variant.name: scenario_of(variant) for variant in regimes}
    return {
        (name, seed): make_job(simulator, of_seed(study, scenario, seed), seed, store, tables=study.tables)
        for seed in seeds
        for name, scenario in scenarios.items()
    }


def of_seed(study: Study, scenario: Any, seed: int) -> Any:
    """Return a scenario with the parameter set of its seed, where the study runs over sets."""
    if not study.fitted_sets:
        return scenario
    from experiments.sets import with_set

    return with_set(scenario, seed, study.fitted_sets)


def make_scenario(study: Study, variant: Variant) -> Any:
    """Return the scenario of one variant of a study; raise StudyError where its reforms or its case make none."""
    from model import Reform, Scenario, load_reform

    try:
        reforms = tuple(load_reform(name) for name in variant.reforms)
        for case in study.cases:
            if case.name == variant.case:
                changes = {path: {study.start: each} for path, each in case.changes.items()}
                reforms += (Reform(case.name, changes=changes),)
        return Scenario(people=study.people, start=study.start, end=study.end, reforms=reforms)
    except PolicyError as problem:
        raise StudyError(f"{study.name}: {variant.name}: {problem}") from None


def do_runs(
    simulator: Simulator,
    jobs: Mapping[Any, Job],
    store: Store,
    workers: int,
    tell: Callable[[Done], None],
    retry: bool,
    cluster: str | None = None,
) -> list[Done]:
    """Do the runs that are not there yet; raise what a user must mend."""
    unique = {job.key: job for job in jobs.values()}
    for key in unique:
        if retry and store.status(key) == "failed":
            store.set_aside(key)
    with shared_people(simulator, list(unique.values()), store, tell) as (shared, told):
        done = do_all(simulator, shared, workers, told, cluster)
    for result in done:
        if result.bad_input:
            raise ScenarioError(result.message)
    return done


def run_all(
    simulator: Simulator,
    study: Study,
    base: Any,
    jobs: Mapping[Any, Job],
    store: Store,
    workers: int,
    tell: Callable[[Done], None],
    retry: bool,
    cluster: str | None,
    expect: Callable[[int], None] = lambda count: None,
) -> None:
    """Live what the study's runs share and the runs that are not there yet; leave nothing half-written.

    `expect` is told how many are to be done: each law and seed once, whatever regimes it has.

    The first run that ends shows what runs record: a study that asks for something else ends there with StudyError,
    unless its regimes differ in what they measure.
    """
    mine = {job.key: job for job in jobs.values()}
    seen = len({_measured(job) for job in mine.values()}) > 1

    def told(done: Done) -> None:
        nonlocal seen
        tell(done)
        if not seen and done.status == "complete" and done.key in mine:
            check_recorded(study, recorded_by(mine[done.key], store))
            seen = True

    expect(len(mine))
    try:
        going_on = share_histories(simulator, study, base, jobs, store, workers, tell, cluster, expect)
        do_runs(simulator, going_on, store, workers, told, retry, cluster)
    finally:
        store.clean(all_hosts=cluster is not None)
        store.leave_unused()


def _measured(job: Job) -> str:
    """Return what a job's law says of what is measured."""
    changes = job.identity.get("scenario", {}).get("changes", {})
    return repr(sorted((path, values) for path, values in changes.items() if path.startswith("measure.")))


def recorded_by(job: Job, store: Store) -> set[tuple[str, str]]:
    """Return level and measure of all that a stored run says."""
    place = store.place(job.key)
    if job.keep:
        told = read_table(place / f"{OUTCOMES}.parquet")
    else:
        told = outcomes(read_run(place, untouched=True), int(read_manifest(place)["weight"]))
    return set(zip(told["level"], told["measure"]))


def claim(store: Store, simulator: Simulator, study: Study, force: bool) -> None:
    """Take the study's folder; results of other code stay apart unless asked for."""
    version = simulator.code_version()
    before = store.claim()
    if before.get("code_version") not in {None, version} and not force:
        raise ResultsError(
            f"{store.folder}: expected results of code {version[:12]}, found {str(before['code_version'])[:12]}; "
            "name another folder with --out, or add to this one with --force (nothing is deleted)"
        )
    store.claim(code_version=version, title=study.title.en)


def collect(study: Study, jobs: Mapping[tuple[str, int], Job], store: Store) -> Results:
    """Read the stored runs, one at a time, and compare them."""
    parts, payments, failed = [], [], []
    read: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    for (name, seed), job in jobs.items():
        manifest = read_manifest(store.place(job.key))
        if manifest["status"] != "complete":
            trace = str(manifest.get("traceback", "")).strip().splitlines()
            failed.append({"reform": name, "seed": seed, "key": job.key, "error": trace[-1] if trace else "unknown"})
            continue
        if job.key not in read:
            tables = read_run(store.place(job.key), untouched=True)
            read[job.key] = (outcomes(tables, int(manifest["weight"])), who_pays_whom(tables["flows"]))
        said, paid = read[job.key]
        parts.append(said.assign(reform=name, seed=seed))
        payments.append(paid.assign(reform=name, seed=seed))
    if not parts:
        raise RunsFailedError(f"{store.folder}: all {len(failed)} runs failed; first: {failed[0]['error']}")
    whole = with_zeros(pd.concat(parts, ignore_index=True))
    facts = {"runs": {f"{name} {seed}": job.key for (name, seed), job in jobs.items()}, "manifest": manifest}
    return Results(study, whole, differences(whole, study), _mean_payments(payments), failed, facts)


def differences(whole: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return paired differences against the baseline with t-intervals; one pair has no interval.

    A number missing on one side makes no pair; a flow that never ran is not missing but zero (`with_zeros`).
    """
    wide = whole.set_index([*UNIT, "reform", "seed"])["value"].unstack(["reform", "seed"])
    parts = []
    for variant in study.lived:
        base = named(variant.case, study.baseline.name)
        if base != variant.name and {base, variant.name} <= set(wide.columns.get_level_values("reform")):
            pairs = pd.DataFrame(wide[variant.name]) - pd.DataFrame(wide[base])
            parts.append(interval(pairs).assign(reform=variant.name, against=base))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    result = pd.concat(parts).reset_index()
    return result[result["replications"] > 0][COLUMNS].sort_values(["reform", *UNIT], ignore_index=True)


def interval(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard error and t-interval over the columns, each a seed."""
    from scipy import stats

    count = pairs.notna().sum(axis=1)
    mean = pairs.mean(axis=1)
    error = pairs.std(axis=1, ddof=1) / np.sqrt(count)
    tail = (1 + style()["confidence"]) / 2
    reach = error * stats.t.ppf(tail, (count - 1).where(count > 1))
    return pd.DataFrame({"mean": mean, "se": error, "low": mean - reach, "high": mean + reach, "replications": count})


def _mean_payments(payments: list[pd.DataFrame]) -> pd.DataFrame:
    whole = pd.concat(payments, ignore_index=True)
    seeds = whole.groupby("reform")["seed"].nunique().rename("seeds")
    by = ["reform", "payer", "payer_province", "payee", "payee_province", "kind"]
    sums: pd.DataFrame = whole.groupby(by)["amount_fen"].sum().reset_index().merge(seeds, on="reform")
    sums["amount_fen"] = np.rint(sums["amount_fen"] / sums.pop("seeds")).astype(np.int64)
    return sums[[*by, "amount_fen"]]


def precision_words(results: Results) -> str:
    """Return how exact the outcome of the study's stated precision came out, and with how many seeds."""
    asked = results.study.precision
    if asked is None:
        return ""
    found = results.differences
    same = (found["level"] == asked.level) & (found["unit"] == asked.unit) & (found["measure"] == asked.measure)
    rows = found[same & (found["year"] == results.study.end)]
    reach = float((rows["high"] - rows["low"]).max(skipna=False) / 2)
    words = "reached" if reach <= asked.half_width else f"NOT reached with the {asked.at_most} seeds allowed"
    seeds = results.outcomes["seed"].nunique()
    return f"precision {words}: half-width {reach:.6g} of {asked.half_width:.6g}, {seeds} seeds"


def seeds_words(results: Results) -> str:
    """Return in one line how many seeds the headline effects of the last year take for the stated precision."""
    found, names = results.differences, {variant.name for variant in results.study.reforms}
    asked = {(each.level, each.unit, each.measure) for each in results.study.outcomes}
    shown = [place in asked for place in zip(found["level"], found["unit"], found["measure"])]
    return seeds_line(
        found[np.asarray(shown, bool) & (found["year"] == found["year"].max()) & found["reform"].isin(names)]
    )


def seeds_wanted(results: Results, count: int) -> int:
    """Return how many seeds the study's stated precision takes, judged by those there are; at most what it allows."""
    from scipy import stats

    asked = results.study.precision
    if asked is None:
        return count
    found = results.differences
    same = (found["level"] == asked.level) & (found["unit"] == asked.unit) & (found["measure"] == asked.measure)
    rows = found[same & (found["year"] == results.study.end)]
    if not len(rows):
        raise StudyError(
            f"{results.study.name}: precision: expected an outcome, got {asked.level} {asked.unit} {asked.measure}"
        )
    if count < 2:
        return min(2, asked.at_most)
    reach = (rows["high"] - rows["low"]).max() / 2
    if rows["low"].isna().any():  # a reform with one pair only, where other seeds failed
        return min(count + 1, asked.at_most)
    if reach <= asked.half_width:
        return count
    spread = float((rows["se"] * np.sqrt(rows["replications"])).max())
    tail = float(stats.t.ppf((1 + style()["confidence"]) / 2, count - 1))
    return min(max(math.ceil((tail * spread / asked.half_width) ** 2), count + 1), asked.at_most)


def compare(
    simulator: Simulator,
    study: Study,
    folder: Path,
    seeds: Sequence[int],
    workers: int,
    tell: Callable[[Done], None],
    force: bool = False,
    scenario_of: Callable[[Variant], Any] | None = None,
    cluster: str | None = None,
    expect: Callable[[int], None] = lambda count: None,
) -> Results:
    """Run a study and write everything `compare` promises into its folder; more seeds until its stated precision."""
    from experiments.answers_page import write_answers
    from experiments.report import write_report

    check_comparable(study)
    store = Store(folder, study.name)
    scenario_of = scenario_of or (lambda variant: make_scenario(study, variant))
    jobs = plan_jobs(simulator, study, scenario_of, seeds, store)
    check_branch(study, scenario_of(study.baseline), jobs)
    claim(store, simulator, study, force)
    check_outputs(folder, FILES, FOLDERS)
    while True:
        run_all(simulator, study, scenario_of(study.baseline), jobs, store, workers, tell, force, cluster, expect)
        results = collect(study, jobs, store)
        wanted = seeds_wanted(results, len(seeds))
        if wanted <= len(seeds):
            break
        seeds, force = range(seeds[0], seeds[0] + wanted), False
        jobs = plan_jobs(simulator, study, scenario_of, seeds, store)
    check_recorded(study, zip(results.outcomes["level"], results.outcomes["measure"]))
    results.facts["late"] = late_reforms(study, scenario_of)
    definition = study.model_dump(mode="json", by_alias=True)
    store.claim(definition=definition, runs=results.facts["runs"])
    write_table(results.differences, folder / "differences.parquet")
    payments = small_payments(results.payments, small_cells(results.outcomes))
    write_text(folder / "who_pays_whom.csv", payments.to_csv(index=False, lineterminator="\n"))
    answered = write_answers(results, folder) if study.full or study.cases else ()
    write_report(results, folder, answered, workers if cluster is None else 1)
    write_findings(results, folder / "tables")
    return results


def planned(simulator: Simulator, study: Study, seeds: Sequence[int], folder: Path) -> dict[tuple[str, int], Job]:
    """Return a comparison's jobs, with all that would refuse it before a run; nothing is written."""
    check_comparable(study)
    jobs = plan_jobs(simulator, study, lambda variant: make_scenario(study, variant), seeds, Store(folder, study.name))
    check_branch(study, make_scenario(study, study.baseline), jobs)
    return jobs


def check_comparable(study: Study) -> None:
    """Raise StudyError for a study that only sweeps, or keeps too little for a report."""
    if not study.reforms:
        raise StudyError(f"{study.name}: reforms: expected at least one to compare; sweep does its parameters")
    missing = [name for name in ("flows", "measures") if name not in study.tables]
    if missing:
        raise StudyError(f"{study.name}: tables: expected {missing[0]} among them; compare reports it")


def write_findings(results: Results, folder: Path) -> None:
    """Write rankings, the Pareto view and the split of the package, where the study asks for them."""
    from experiments import package, ranking
    from experiments.tables import latex

    study = results.study
    found: dict[str, pd.DataFrame] = {}
    if any(outcome.better for outcome in study.outcomes):
        found["ranking"] = ranking.rankings(results.outcomes, study)
        found["pareto"] = ranking.pareto(results.outcomes, study)
    if study.package:
        found["package"] = package.summary(package.split(results.outcomes, study))
    small = small_cells(results.outcomes)
    for name, plain in found.items():
        frame = with_small(plain, small) if set(UNIT[1:]) <= set(plain.columns) else plain
        write_text(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        write_text(folder / f"{name}.tex", latex(frame))
