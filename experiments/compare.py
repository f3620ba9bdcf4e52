"""The main job: a study's regimes side by side, seed by seed, with tables, figures and a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.outcomes import ADDITIVE, outcomes, style, who_pays_whom
from experiments.run import Done, Job, Simulator, make_job
from experiments.store import Store, read_manifest, read_run, write_table
from experiments.study import Study, Variant
from experiments.workers import do_all
from model.errors import GongjiError, ResultsError, ScenarioError

UNIT = ["year", "level", "unit", "measure"]
COLUMNS = [*UNIT, "reform", "against", "mean", "se", "low", "high", "replications"]


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


def plan_jobs(
    simulator: Simulator, study: Study, scenario_of: Callable[[Variant], Any], seeds: Sequence[int], store: Store
) -> dict[tuple[str, int], Job]:
    """Return the job of every variant and seed; variants that are the same law share one."""
    scenarios = {variant.name: scenario_of(variant) for variant in study.variants}
    return {(name, seed): make_job(simulator, scenarios[name], seed, store) for seed in seeds for name in scenarios}


def make_scenario(study: Study, variant: Variant) -> Any:
    """Return the scenario of one variant of a study."""
    from model import Scenario, load_reform

    reforms = tuple(load_reform(name) for name in variant.reforms)
    return Scenario(people=study.people, start=study.start, end=study.end, reforms=reforms)


def do_runs(
    simulator: Simulator,
    jobs: Mapping[tuple[str, int], Job],
    store: Store,
    workers: int,
    tell: Callable[[Done], None],
    retry: bool,
) -> list[Done]:
    """Do the runs that are not there yet; raise what a user must mend."""
    unique = {job.key: job for job in jobs.values()}
    for key in unique:
        if retry and store.status(key) == "failed":
            store.set_aside(key)
    done = do_all(simulator, list(unique.values()), workers, tell)
    for result in done:
        if result.bad_input:
            raise ScenarioError(result.message)
    return done


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
            tables = read_run(store.place(job.key))
            read[job.key] = (outcomes(tables), who_pays_whom(tables["flows"]))
        said, paid = read[job.key]
        parts.append(said.assign(reform=name, seed=seed))
        payments.append(paid.assign(reform=name, seed=seed))
    if not parts:
        raise RunsFailedError(f"{store.folder}: all {len(failed)} runs failed; first: {failed[0]['error']}")
    whole = pd.concat(parts, ignore_index=True)
    facts = {"runs": {f"{name} {seed}": job.key for (name, seed), job in jobs.items()}, "manifest": manifest}
    return Results(study, whole, differences(whole, study), _mean_payments(payments), failed, facts)


def differences(whole: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return paired differences against the baseline with t-intervals; one pair has no interval.

    A flow that never ran in one of two runs counts as zero there; any other number missing on one side makes no pair.
    """
    wide = whole.set_index([*UNIT, "reform", "seed"])["value"].unstack(["reform", "seed"])
    additive = wide.index.get_level_values("level").isin(list(ADDITIVE))
    wide = wide.mask(wide.isna() & additive[:, None], 0.0)
    base = study.baseline.name
    parts = []
    for variant in study.reforms:
        if {base, variant.name} <= set(wide.columns.get_level_values("reform")):
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


def compare(
    simulator: Simulator,
    study: Study,
    folder: Path,
    seeds: Sequence[int],
    workers: int,
    tell: Callable[[Done], None],
    force: bool = False,
    scenario_of: Callable[[Variant], Any] | None = None,
) -> Results:
    """Run a study and write everything `compare` promises into its folder."""
    from experiments.report import write_report

    store = Store(folder, study.name)
    jobs = plan_jobs(simulator, study, scenario_of or (lambda variant: make_scenario(study, variant)), seeds, store)
    claim(store, simulator, study, force)
    try:
        do_runs(simulator, jobs, store, workers, tell, force)
    finally:
        store.clean()
    results = collect(study, jobs, store)
    write_table(results.differences, folder / "differences.parquet")
    results.payments.to_csv(folder / "who_pays_whom.csv", index=False, lineterminator="\n", encoding="utf-8")
    write_report(results, folder)
    return results
