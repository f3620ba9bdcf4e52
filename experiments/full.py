"""Live a full study and store its summary beside it: `python -m experiments.full three_steps_full`.

Runs are kept; the same line goes on where it stopped. The summary names the code, people and seeds it came from; the
quick study prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.cli import RESULTS, Progress, model_simulator
from experiments.command import Parser, in_one_line, whole
from experiments.compare import compare
from experiments.options import MOST_WORKERS, check_file, check_folder, checked_study
from experiments.plan import check_memory
from experiments.robust import place_of
from experiments.run import cpu_count
from experiments.store import write_text
from experiments.study import Study, load_study
from model.errors import ScenarioError


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Compare a full study and keep its summary in experiments/studies; return the exit code."""
    parser = Parser(prog="python -m experiments.full", description=str(__doc__).splitlines()[0])
    parser.add_argument("study", choices=("three_steps_full", "pooling_levels"))
    parser.add_argument(
        "--people", type=whole(1), default=200_000, help="fewer repair noise of the sample (model/ODD.md)"
    )
    parser.add_argument("--replications", type=whole(1), default=3)
    parser.add_argument("--cases", nargs="+", default=None, help="only these cases; the summary then says less")
    parser.add_argument("--workers", type=whole(0, MOST_WORKERS), default=0, help="processes; 0 for one a processor")
    parser.add_argument("--out", type=Path, default=None, help="folder of the study")
    parser.add_argument("--force", action="store_true", help="add to results of other code")
    given = parser.parse_args(arguments)
    folder = given.out or RESULTS / given.study
    study = checked_study(load_study(given.study), {"people": given.people, "replications": given.replications})
    study, workers = with_cases(study, given.cases), given.workers or cpu_count()
    check_folder("--out", folder)
    check_file("summary", place_of(study.name))
    check_memory(study.people, workers)
    bar = Progress(0, "run")
    try:
        results = compare(
            model_simulator(),
            study,
            folder,
            range(study.replications),
            workers,
            bar.done,
            given.force,
            expect=bar.expect,
        )
    finally:
        bar.close()
    write_text(place_of(study.name), (folder / "summary.json").read_text(encoding="utf-8"))
    print(f"wrote {folder / 'report.html'} and {place_of(study.name)}")
    return 1 if results.failed else 0


def with_cases(study: Study, names: Sequence[str] | None) -> Study:
    """Return the study with some of its cases only.

    Errors: ScenarioError for a case that the study does not have.
    """
    known = [case.name for case in study.cases]
    for name in names or ():
        if name not in known:
            raise ScenarioError(f"--cases {name}: expected some of {', '.join(known)}")
    return study if names is None else checked_study(study, {"cases": [c for c in study.cases if c.name in names]})


if __name__ == "__main__":
    sys.exit(main())
