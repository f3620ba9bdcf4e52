"""What does the runner cost over the bare model, and does its memory grow? `python -m experiments.what_many_runs_cost`.

A sweep of one parameter keeps `funds`, `measures` and its declared outcomes. Before and after it the same worlds are
lived on as many processes with nothing kept. Both begin from first people on disk, and both are timed from the moment
every process has ended its first run, so that loading compiled code does not count.
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from experiments import workers
from experiments.command import Parser, in_one_line, whole
from experiments.design import points_of
from experiments.machine import peak_mebibytes
from experiments.options import MOST_WORKERS, check_folder
from experiments.outcomes import style
from experiments.plan import check_memory
from experiments.run import Done
from experiments.simulator import MODEL
from experiments.store import read_manifest, write_json
from experiments.study import MOST_RUNS, Study
from experiments.sweep import scenarios_of, sweep
from model.errors import ResultsError
from model.scenario import LAST_END

START, SEED = 2024, 0
AXIS = {"path": "resident.individual", "low": 380, "high": 500, "from": 2026}
OUTCOMES = (
    ("nation", "china", "redistribution_ex_post"),
    ("fund", "employee_pool", "closing_fen"),
    ("fund", "resident_pool", "reserve_months_median"),
)
SAME = {"en": "cost of many runs", "zh": "多次运行的成本"}
FIRST_PART, PARTS = 0.1, 10


@dataclasses.dataclass
class Clock:
    """When runs ended, and this process's peak memory then."""

    ended: list[float] = dataclasses.field(default_factory=list)
    peak: list[float] = dataclasses.field(default_factory=list)

    def tell(self, done: Any) -> None:
        """Note that a run has ended."""
        self.ended.append(time.perf_counter())
        self.peak.append(peak_mebibytes())

    def seconds(self, processes: int) -> float:
        """Return the seconds a run took all processes together, after each had ended its first [seconds]."""
        count = len(self.ended) - processes
        return (self.ended[-1] - self.ended[processes - 1]) / count if count > 0 else float("nan")


def study_of(runs: int, people: int, years: int) -> Study:
    """Return the sweep whose cost is told."""
    told = [{"level": level, "unit": unit, "measure": name, "label": SAME} for level, unit, name in OUTCOMES]
    content = {
        "name": "many_runs", "title": SAME, "question": SAME, "people": people, "start": START,
        "end": START + years - 1, "replications": 1, "baseline": {"name": "today", "label": SAME},
        "parameters": [AXIS], "design": {"kind": "latin_hypercube", "points": runs},
        "tables": ["funds", "measures"], "outcomes": told,
    }  # fmt: skip
    return Study.model_validate(content)


def live_bare(people: Path, scenario: Any) -> float:
    """Live one world from first people on disk, keep nothing, and return this process's peak memory [MiB]."""
    world = MODEL.found(people, scenario, SEED, 1)
    while world.year < scenario.end:
        world.step()
    return peak_mebibytes()


def bare(study: Study, runs: int, processes: int, room: Path) -> tuple[Clock, list[float]]:
    """Live the study's first worlds with nothing kept; return when each ended and the peak memory after each [MiB]."""
    points, scenario_of, clock, peaks = points_of(study), scenarios_of(study), Clock(), []
    scenarios = [scenario_of(study.baseline, points.reform(place % len(points.units))) for place in range(runs)]
    people = room / MODEL.people_key(scenarios[0], SEED)
    MODEL.found(people, scenarios[0], SEED, 1)
    with workers.processes(processes) as pool:
        for future in as_completed([pool.submit(live_bare, people, scenario) for scenario in scenarios]):
            peaks.append(future.result())
            clock.tell(None)
    return clock, peaks


def growth(values: list[float]) -> float:
    """Return how much higher the last tenth of values lies than the second tenth [share]."""
    part = max(len(values) // PARTS, 1)
    early = values[part : part + part] or values[:part]
    return statistics.median(values[-part:]) / statistics.median(early) - 1 if values else float("nan")


def tell(runs: int, people: int, years: int, processes: int, bares: int, folder: Path) -> dict[str, Any]:
    """Run the sweep between two halves of bare runs and return its cost."""
    study, clock, done = study_of(runs, people, years), Clock(), list[Done]()

    def took(result: Done) -> None:
        clock.tell(result)
        done.append(result)

    if (folder / "sweep").exists():
        raise ResultsError(f"{folder / 'sweep'}: expected no earlier sweep, whose runs would cost nothing")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".bare-") as room:
        before, peaks = bare(study, bares, processes, Path(room))
        swept = sweep(MODEL, study, folder / "sweep", range(SEED, SEED + 1), processes, took)
        after, _ = bare(study, bares, processes, Path(room))
    manifests = [read_manifest(folder / "sweep" / result.key) for result in done]
    memory = [float(each["times"]["peak_mib"]) for each in manifests]
    alone = statistics.mean([before.seconds(processes), after.seconds(processes)])
    mine = clock.seconds(processes)
    return {
        "runs": runs, "people": people, "years": years, "processes": processes, "failed": len(swept.failed),
        "seconds_a_run": mine, "bare_seconds_a_run": alone, "overhead": mine / alone - 1,
        "bare_seconds_before_and_after": [before.seconds(processes), after.seconds(processes)],
        "worker_peak_mib": memory, "worker_growth": growth(memory), "bare_peak_mib": max(peaks),
        "parent_peak_mib": clock.peak, "parent_growth": growth(clock.peak),
        "run_seconds": [result.seconds for result in done],
    }  # fmt: skip


def draw(found: dict[str, Any], path: Path) -> None:
    """Draw seconds and memory by run in the order in which they ended."""
    from matplotlib.figure import Figure

    looks = style()["figures"]
    figure = Figure(figsize=(looks["width"], looks["panel_height"]), dpi=looks["dpi"], layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(found["run_seconds"], ".", color=looks["colours"][1])
    left.set_ylabel("seconds in its process")
    for name, words, place in (("worker", "its process", 1), ("parent", "the sweep itself", 2)):
        right.plot(found[f"{name}_peak_mib"], ".", label=words, color=looks["colours"][place])
    right.set_ylabel("peak memory so far [MiB]")
    right.legend(frameon=False)
    for axis in (left, right):
        axis.set_xlabel("run, in the order in which they ended")
        axis.set_ylim(bottom=0)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(words_of(found), fontsize="medium")
    figure.savefig(path, metadata={"Software": None})


def words_of(found: dict[str, Any]) -> str:
    """Return the cost in one line."""
    per_cent = style()["per_cent"]
    return (
        f"{found['runs']:,} runs of {found['people']:,} people x {found['years']} years on {found['processes']} "
        f"processes: {found['seconds_a_run']:.2f} s a run, bare {found['bare_seconds_a_run']:.2f} s, overhead "
        f"{per_cent * found['overhead']:+.1f} %; memory grows by {per_cent * found['worker_growth']:+.1f} %"
    )


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run, write the numbers and the picture, and say them; return the exit code."""
    parser = Parser(prog="python -m experiments.what_many_runs_cost", description=str(__doc__).splitlines()[0])
    parser.add_argument("--runs", type=whole(1, MOST_RUNS), default=1000)
    parser.add_argument("--people", type=whole(1), default=100_000)
    parser.add_argument("--years", type=whole(1, LAST_END - START + 1), default=10)
    parser.add_argument("--processes", type=whole(1, MOST_WORKERS), default=2)
    parser.add_argument("--bare", type=whole(1, MOST_RUNS), default=20, help="runs with nothing kept")
    parser.add_argument("--out", type=Path, default=Path("results") / "many_runs")
    asked = parser.parse_args(arguments)
    check_folder("--out", asked.out)
    check_memory(asked.people, asked.processes)
    found = tell(asked.runs, asked.people, asked.years, asked.processes, asked.bare, asked.out)
    write_json(asked.out / "many_runs.json", found)
    draw(found, asked.out / "many_runs.png")
    print(f"{words_of(found)}\nwrote {asked.out / 'many_runs.json'} and many_runs.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
