"""A design over declared parameters: many runs, written as they go, then gathered one at a time."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from experiments.arrow import to_arrow
from experiments.branch import check_branch
from experiments.compare import RunsFailedError, claim, of_seed, run_all
from experiments.design import Points, points_of
from experiments.options import check_folder, check_outputs
from experiments.outcomes import KEYS, style
from experiments.run import Done, Job, Simulator, make_job
from experiments.sensitivity import COLUMNS as SENSITIVITY
from experiments.sensitivity import FAILED, FEW, STILL, analyse, flips, least_points
from experiments.store import OUTCOMES, Store, read_manifest, read_table, write_text
from experiments.study import Outcome, Study, StudyError, Variant, check_recorded, plain_words
from experiments.units import unit_of
from model.errors import ScenarioError

COLUMNS = ["point", "reform", "seed", *KEYS, "value"]
FILES = ("design.csv", "outcomes.parquet", "summary.csv", "sensitivity.csv", "failed.csv")
"""What a sweep writes last beside its runs."""
WRITTEN = ("design.csv", "summary.csv", "sensitivity.csv", "flips.csv", "failed.csv")
RunKey = tuple[int, str, int]
ScenarioOf = Callable[[Variant, Any], Any]


@dataclasses.dataclass(frozen=True)
class Swept:
    """What a sweep left: where, how many runs there are, which failed, and what its indices cannot say."""

    folder: Path
    runs: int
    failed: list[dict[str, Any]]
    unsaid: tuple[str, ...] = ()


def scenarios_of(study: Study) -> ScenarioOf:
    """Return what makes the scenario of a variant and a point's reform; reform files are read once."""
    from model import Scenario, load_reform

    laid = {variant.name: tuple(load_reform(name) for name in variant.reforms) for variant in study.variants}
    for variant in study.variants:
        for reform, path in itertools.product(laid[variant.name], (axis.path for axis in study.parameters)):
            if path in reform.changes:
                raise StudyError(
                    f"{study.name}: parameters: {path} is changed by reform {reform.name} of {variant.name}: "
                    "expected one of them"
                )

    def scenario_of(variant: Variant, point: Any) -> Any:
        reforms = (*laid[variant.name], *(() if point is None else (point,)))
        return Scenario(people=study.people, start=study.start, end=study.end, reforms=reforms)

    return scenario_of


def plan_sweep(
    simulator: Simulator, study: Study, points: Points, scenario_of: ScenarioOf, seeds: Sequence[int], store: Store
) -> dict[RunKey, Job]:
    """Return the job of every point, variant and seed."""
    if not study.outcomes:
        raise StudyError(f"{study.name}: outcomes: expected at least one; a sweep keeps the declared outcomes")
    keep = tuple((outcome.level, outcome.unit, outcome.measure) for outcome in study.outcomes)
    jobs = {}
    for point in range(len(points.units)):
        reform = points.reform(point)
        for variant in study.variants:
            scenario = scenario_of(variant, reform)
            for seed in seeds:
                case = of_seed(study, scenario, seed)
                job = make_job(simulator, case, seed, store, tables=study.tables, keep=keep)
                jobs[point, variant.name, seed] = job
    return jobs


def sweep(
    simulator: Simulator,
    study: Study,
    folder: Path,
    seeds: Sequence[int],
    workers: int,
    tell: Callable[[Done], None],
    force: bool = False,
    cluster: str | None = None,
    scenario_of: ScenarioOf | None = None,
    expect: Callable[[int], None] = lambda count: None,
) -> Swept:
    """Do the runs of a study's design that are not there yet, and write what they say together."""
    check_folder("--out", folder)
    points = points_of(study)
    store = Store(folder, study.name)
    scenario_of = scenario_of or scenarios_of(study)
    jobs = plan_sweep(simulator, study, points, scenario_of, seeds, store)
    check_branch(study, scenario_of(study.baseline, None), jobs)
    claim(store, simulator, study, force)
    check_outputs(folder, FILES)
    run_all(simulator, study, scenario_of(study.baseline, None), jobs, store, workers, tell, force, cluster, expect)
    store.claim(definition=study.model_dump(mode="json", by_alias=True))
    return gather(study, points, jobs, store)


def planned(simulator: Simulator, study: Study, seeds: Sequence[int], folder: Path) -> dict[RunKey, Job]:
    """Return a sweep's jobs, with all that would refuse it before a run; nothing is written."""
    scenario_of = scenarios_of(study)
    jobs = plan_sweep(simulator, study, points_of(study), scenario_of, seeds, Store(folder, study.name))
    check_branch(study, scenario_of(study.baseline, None), jobs)
    return jobs


def gather(study: Study, points: Points, jobs: Mapping[RunKey, Job], store: Store) -> Swept:
    """Write design.csv, outcomes.parquet, failed.csv, summary.csv and what the design says about parameters."""
    folder = store.folder
    failed: list[dict[str, Any]] = []
    _csv(points.frame, folder / "design.csv")
    draft = folder / ".outcomes.parquet"
    writer: pq.ParquetWriter | None = None
    recorded: set[tuple[str, str]] = set()
    try:
        for frame in _stored(jobs, store, failed):
            recorded.update(zip(frame["level"], frame["measure"]))
            table = to_arrow(frame)
            writer = writer or pq.ParquetWriter(draft, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise RunsFailedError(f"{folder}: all {len(failed)} runs failed; first: {failed[0]['error']}")
    draft.replace(folder / f"{OUTCOMES}.parquet")
    check_recorded(study, recorded)
    _csv(pd.DataFrame(failed, columns=["point", "reform", "seed", "key", "error"]), folder / "failed.csv")
    indices = _write_findings(study, points, folder)
    return Swept(folder, len(jobs), failed, tuple(unsaid(indices, len(points.units), len(points.ranges))))


def _stored(jobs: Mapping[RunKey, Job], store: Store, failed: list[dict[str, Any]]) -> Iterator[pd.DataFrame]:
    """Yield each complete run's declared outcomes and note the failed ones."""
    for (point, reform, seed), job in jobs.items():
        manifest = read_manifest(store.place(job.key))
        if manifest["status"] != "complete":
            trace = str(manifest.get("traceback", "")).strip().splitlines()
            error = trace[-1] if trace else "unknown"
            failed.append({"point": point, "reform": reform, "seed": seed, "key": job.key, "error": error})
            continue
        frame = read_table(store.place(job.key) / f"{OUTCOMES}.parquet")
        yield frame.assign(point=point, reform=reform, seed=seed)[COLUMNS]


def last_year(study: Study, folder: Path) -> pd.DataFrame:
    """Return the last year's outcomes seed by seed: point, reform, level, unit, measure, seed, value."""
    whole = pd.read_parquet(folder / f"{OUTCOMES}.parquet", filters=[("year", "==", study.end)])
    return whole[[*OF_POINT, "seed", "value"]]


OF_POINT = ["point", "reform", "level", "unit", "measure"]


def mean_over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over seeds of every point, regime and outcome."""
    mean: pd.DataFrame = rows.groupby(OF_POINT, sort=True)["value"].mean().reset_index()
    return mean


def in_all_regimes(last: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of the seeds that all regimes lived at a point, so that regimes are compared in pairs."""
    known, of_seed = last.dropna(subset="value"), ["point", "level", "unit", "measure", "seed"]
    return known[known.groupby(of_seed)["reform"].transform("nunique") == known["reform"].nunique()]


def effects(last: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the baseline's levels and each reform's difference from it seed by seed, means over seeds by point."""
    names = ["point", "level", "unit", "measure", "seed"]
    base = last[last["reform"] == study.baseline.name]
    parts = [mean_over_seeds(base).assign(what="level")]
    for variant in study.reforms:
        both = last[last["reform"] == variant.name].merge(base, on=names, suffixes=("", "_base"))
        gaps = both.assign(value=both["value"] - both["value_base"])
        parts.append(mean_over_seeds(gaps).assign(what="difference"))
    return pd.concat(parts, ignore_index=True)


def unsaid(indices: pd.DataFrame, points: int, parameters: int) -> Iterator[str]:
    """Yield a line for every reason for which indices are blank, with the outcomes or parameters concerned."""
    reasons = {
        STILL: "no index for what did not move at any point",
        FEW: f"no partial rank correlations from {points} points, at least {least_points(parameters)} that ended "
        f"are needed for {parameters} parameters",
        FAILED: "no index where a run that is needed failed",
    }
    outcome = ["what", "reform", "unit", "measure"]
    whole = indices.groupby(outcome)["index"].transform("nunique") == 1
    for why, words in reasons.items():
        some = indices[(indices["index"] == why) & whole][outcome].drop_duplicates()
        if len(some):
            names = ", ".join(" ".join(map(str, row)) for row in some.itertuples(index=False))
            yield f"sensitivity.csv: {words}: {names}"
    alone = sorted(set(indices.loc[(indices["index"] == STILL) & ~whole, "parameter"]))
    if alone:
        yield f"sensitivity.csv: no index for parameters with one value at all points that ended: {', '.join(alone)}"


def _write_findings(study: Study, points: Points, folder: Path) -> pd.DataFrame:
    """Write summary.csv, sensitivity.csv and flips.csv; return the indices."""
    found = effects(last_year(study, folder), study)
    by = ["what", "reform", "level", "unit", "measure"]
    low, high = style()["quantiles"]
    groups = found.groupby(by, sort=True)["value"]
    summary = groups.agg(["count", "mean", "min", "median", "max"])
    summary["low"], summary["high"] = groups.quantile(low), groups.quantile(high)
    told = {outcome.measure: unit_of(outcome).stored for outcome in study.outcomes}
    _csv(summary.reset_index().assign(value_in=lambda rows: rows["measure"].map(told)), folder / "summary.csv")
    parts = []
    for names, rows in found.groupby(by, sort=True):
        answers = analyse(points, study.design, rows.set_index("point")["value"])
        parts.append(answers.assign(**{str(label): str(name) for label, name in zip(by, names)}))
    indices = pd.concat(parts, ignore_index=True)[[*by, *SENSITIVITY]]
    _csv(indices, folder / "sensitivity.csv")
    wanted: list[Outcome] = [outcome for outcome in study.outcomes if outcome.better]
    if study.reforms and wanted:
        last = mean_over_seeds(in_all_regimes(last_year(study, folder)))
        _csv(pd.concat([flips(points, last, outcome) for outcome in wanted], ignore_index=True), folder / "flips.csv")
    return indices


def _csv(frame: pd.DataFrame, path: Path) -> None:
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def with_design(study: Study, kind: str | None) -> Study:
    """Return the study with another kind of design; raise ScenarioError for one that is not known."""
    import pydantic

    if kind is None:
        return study
    try:
        changed = type(study.design).model_validate({**study.design.model_dump(), "kind": kind})
    except pydantic.ValidationError as error:
        raise ScenarioError(f"--design {kind}: {plain_words(error.errors()[0]['msg'])}") from None
    return study.model_copy(update={"design": changed})
