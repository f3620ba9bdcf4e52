"""Can the fit find what it is given? Data made by the model at known parameters, fitted from elsewhere, and a figure.

Run `python -m experiments.recovery`. The fake data come from another seed than the fit's worlds, so what is not found
again is what one sample cannot tell.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from experiments import fit
from experiments.command import Parser, file_of_kind, in_one_line, whole
from experiments.options import MOST_WORKERS, check_file, check_folder
from experiments.outcomes import style
from experiments.plan import check_memory
from experiments.run import cpu_count
from experiments.store import write_json
from experiments.study import MOST_RUNS
from experiments.workers import processes
from model.policy.files import ROOT

WORK = ROOT / "results" / "calibration"
KEPT = Path(__file__).resolve().parent / "recovery.json"
"""What was found when it was last asked; recovery.png and recovery_zh.png beside it are drawn from it."""
LOW, HIGH = 0.3, 0.7  # shares of the prior ranges where the truth lies, in turn


@dataclass(frozen=True)
class Recovered:
    """True and found shares of the prior ranges, and the fit's own standard deviations, by parameter."""

    names: tuple[str, ...]
    truth: fit.Floats
    found: fit.Floats
    deviation: fit.Floats


def recover(plan: fit.Plan, fake_seed: int, pool: Any = None, rounds: int = 10) -> Recovered:
    """Make data at a truth that alternates in the prior ranges, fit them from the middle and return both."""
    truth = np.where(np.arange(len(plan.chosen)) % 2 == 0, LOW, HIGH)
    made = replace(plan, seeds=(fake_seed,))
    key = fit.key_of(truth)
    said = pool.submit(fit.evaluate, made, key).result() if pool else fit.evaluate(made, key)
    wanted = {(name, year): said[0][str(year)][name] for name, year in fit.goals(plan.chosen)}
    start = np.full(len(truth), 0.5)
    found = fit.descend(plan, start, wanted, pool, fit.Slope(), rounds=rounds, tell=lambda words: None)
    spread = np.linalg.pinv(found.jacobian.T @ found.jacobian)
    names = tuple(each.name for each in plan.chosen)
    return Recovered(names, truth, found.shares, np.sqrt(np.diag(spread)))


def write(result: Recovered, people: int, path: Path = KEPT) -> None:
    """Write what was found, rounded, with the size of the worlds."""
    columns = result.names, result.truth.tolist(), result.found.tolist(), result.deviation.tolist()
    rows = [
        {"name": name, "true": round(true, 3), "found": round(found, 3), "deviation": round(deviation, 4)}
        for name, true, found, deviation in zip(*columns, strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"people": people, "shares_of_prior_ranges": rows})


def read(path: Path = KEPT) -> Recovered:
    """Return what was found when it was last asked."""
    rows = json.loads(path.read_text(encoding="utf-8"))["shares_of_prior_ranges"]
    truth, found, deviation = (np.array([each[key] for each in rows]) for key in ("true", "found", "deviation"))
    return Recovered(tuple(each["name"] for each in rows), truth, found, deviation)


def inside(result: Recovered) -> int:
    """Return how many parameters are found within two standard deviations."""
    return int((np.abs(result.found - result.truth) <= fit.SIGMAS * result.deviation).sum())


def told(result: Recovered) -> int:
    """Return how many parameters the data say something of: their deviation is at most half of that of the prior.

    Others may be found within two standard deviations because the prior alone is that wide.
    """
    prior = 1 / (2 * fit.SIGMAS)  # in shares of the prior range, as in fit.priors
    return int((result.deviation <= prior / 2).sum())


def draw(result: Recovered, path: Path, language: str = "en") -> None:
    """Draw found against true shares of the prior ranges, with two standard deviations."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    look, words = style()["figures"], WORDS[language]
    figure = Figure(figsize=(look["width"], look["tall_height"]), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    names = [_title(name, language) for name in result.names]
    axes.axvline(0.5, color=look["grey"], linestyle=":", label=words["start"])
    reach = fit.SIGMAS * result.deviation
    axes.errorbar(result.found, names, xerr=reach, fmt="o", color=look["colours"][1], label=words["found"])
    axes.plot(result.truth, names, "x", color=look["colours"][2], label=words["true"], markersize=8, zorder=3)
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel(words["axis"])
    axes.set_title(words["title"], loc="left")
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, ncols=3, loc="outside lower center")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=look["dpi"], metadata={"Software": None})


WORDS = {
    "en": {
        "title": "Parameters found again from data made by the model",
        "axis": "share of the prior range",
        "found": "found, with two standard deviations",
        "true": "true",
        "start": "start and middle of the prior",
    },
    "zh": {
        "title": "由模型生成的数据能否找回参数",
        "axis": "先验范围中的位置",
        "found": "找回值（两个标准差）",
        "true": "真值",
        "start": "起点（先验中点）",
    },
}


def _title(name: str, language: str) -> str:
    """Return a free parameter's name, in Chinese with its words in free.yaml."""
    words = yaml.safe_load(fit.FILE.read_text(encoding="utf-8"))["free"]
    return name if language == "en" else f"{re.sub('（.*?）', '', words[name]['zh'])} {name}"


def draw_all(result: Recovered, path: Path) -> list[Path]:
    """Draw in English and, where the machine has a font for it, in Chinese; return the files."""
    import matplotlib as mpl

    from experiments.words import chinese_font

    draw(result, path)
    if not chinese_font():
        return [path]
    other = path.with_name(f"{path.stem}_zh{path.suffix}")
    with mpl.rc_context({"font.family": [chinese_font(), "DejaVu Sans"]}):
        draw(result, other, "zh")
    return [path, other]


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Recover all free parameters, print them and draw the figure."""
    parser = Parser(prog="python -m experiments.recovery", description=str(__doc__).splitlines()[0])
    parser.add_argument("--people", type=whole(1), default=400_000)
    parser.add_argument("--workers", type=whole(0, MOST_WORKERS), default=0, help="processes; 0 for one a processor")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of what was evaluated")
    parser.add_argument("--rounds", type=whole(1, MOST_RUNS), default=12, help="most steps of the fit")
    parser.add_argument(
        "--kept", type=file_of_kind(".json"), default=KEPT, help="file for what was found; its pictures lie beside it"
    )
    given = parser.parse_args(arguments)
    workers = given.workers or cpu_count()
    check_folder("--work", given.work)
    check_file("--kept", given.kept)
    check_memory(given.people, workers)
    plan = fit.Plan(given.people, (0,), given.work, fit.free())
    with processes(workers) as pool:
        result = recover(plan, 1, pool, given.rounds)
    for name, true, found, deviation in zip(result.names, result.truth, result.found, result.deviation, strict=True):
        print(f"{name:24s} true {true:.2f} found {found:.2f} +- {fit.SIGMAS * deviation:.2f}")
    off = np.abs(result.found - result.truth)
    print(f"{inside(result)} of {len(off)} inside two standard deviations; median gap {np.median(off):.3f}")
    print(f"of {len(off) - told(result)} the data say little: more than half of the prior's deviation is left")
    write(result, given.people, given.kept)
    print("wrote " + ", ".join(file.name for file in (given.kept, *draw_all(result, given.kept.with_suffix(".png")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
