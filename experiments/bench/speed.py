"""The page of the year's profile: a table with what stands between each phase and its floor, and a figure."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.bench.profile import BETWEEN, FUNDS, MEASURES, Line, Profile
from experiments.outcomes import style
from experiments.pictures.base import legend
from experiments.store import write_text
from experiments.words import chinese_font
from model.engine import BLOCK
from model.phases.ground import new_illness
from model.year import YEAR

BAR = 0.26
"""Height of a bar with its gap [inches]."""
LEAST = 0.1
"""Where the bars begin [ns]."""
SMALL = 0.2
"""Floors below are not told as such [ns]."""
WORDS = {
    "renew": ("renew: age, births, partners, moves, deaths", "更新：增龄、出生、婚姻、迁移、离世"),
    "premiums": ("relatives' accounts pay premiums", "亲属账户代缴保费"),
    "inherit": ("leave an inheritance", "账户继承"),
    "relatives": ("relatives' accounts pay care", "亲属账户共济"),
    FUNDS: ("funds, ledgers, record", "基金、账本、记录"),
    MEASURES: ("yearly measures", "年度指标"),
}
BETWEEN_WORDS = ("between phases", "各步骤之间")
STAGES = {"money_in": ("first half", "上半年"), "weigh": ("care", "就医"), "money_out": ("second half", "下半年")}


@functools.cache
def told() -> dict[str, Any]:
    """Return the hand-written words: what stands between phases and floors, and what the vectoriser says."""
    text = Path(__file__).with_name("speed.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def name(line: Line, lang: str = "en") -> str:
    """Return what a line is called: a phase as in the table of the year."""
    place = int(lang == "zh")
    if not line.phase:
        return (WORDS | STAGES)[line.stage][place]
    if line.phase == BETWEEN:
        return f"{STAGES[line.stage][place]}{('：' if place else ': ')}{BETWEEN_WORDS[place]}"
    return next(str(getattr(phase, lang)) for phase in YEAR if line.phase in _functions(phase.does))


def _functions(does: Iterable[Any]) -> list[str]:
    """Return the names of a line's functions."""
    return [str(function.__name__) for function in does]


def cells(line: Line) -> list[str]:
    """Return a line's numbers as texts: wall, processor, floor, times the floor."""
    floor = "" if line.floor is None else f"{line.floor:.1f}" if line.floor >= SMALL else "0.0"
    times = "" if line.floor is None or line.floor < SMALL else f"{line.cpu / line.floor:.1f}"
    return ["" if line.wall is None else f"{line.wall:.1f}", f"{line.cpu:.1f}", floor, times]


def table(profile: Profile) -> str:
    """Return the profile as a plain table."""
    lines = [f"{'ns a person-year':<64} {'wall':>8} {'cpu':>8} {'floor':>8} {'times':>8}"]
    for line in profile.lines:
        what = f"  {line.phase}: {name(line)}" if line.phase else f"{line.stage}: {name(line)}"
        lines.append(f"{what[:64]:<64} " + " ".join(f"{cell:>8}" for cell in cells(line)))
    lines.append(f"{'the year':<64} " + " ".join(f"{cell:>8}" for cell in whole(profile)))
    return "\n".join(lines)


def whole(profile: Profile) -> list[str]:
    """Return the sums over stages as texts."""
    stages = profile.stages()
    wall, cpu = sum(line.wall or 0.0 for line in stages), sum(line.cpu for line in stages)
    floored = [line for line in stages if line.floor is not None]
    floor = sum(line.floor or 0.0 for line in floored)
    return [f"{wall:.1f}", f"{cpu:.1f}", f"{floor:.1f}", f"{sum(line.cpu for line in floored) / floor:.1f}"]


def in_words(threads: int) -> str:
    """Return a number of threads in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def grid(columns: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def page(profile: Profile, figures: list[Path]) -> str:
    """Return the page in Markdown."""
    floors, stands = profile.floors, told()["stands"]
    rows = []
    for line in profile.lines:
        mark = "" if line.phase else "**"
        split = not line.phase and line.stage in STAGES
        words = "the sum of the phases below" if split else stands[line.phase or line.stage].strip()
        rows.append([f"{mark}{line.phase or line.stage}{mark}", name(line), *cells(line), words])
    rows.append(["**the year**", "", *whole(profile), "times: of the stages that have a floor"])
    loops = [[row["phase"], row["at_once"] or "none", row["alone"]] for row in told()["loops"]]
    alts = {"en": "Time by phase", "zh": "每人年耗时"}
    pictures = "\n\n".join(f"![{alts['zh' if path.stem.endswith('zh') else 'en']}]({path.name})" for path in figures)
    kept = sum(column.nbytes for column in new_illness(1))
    command = f"python -m experiments.bench.profile --people {profile.people} --threads {profile.threads}"
    return f"""# Speed: where a year's time goes

Made by `{command} --write model/SPEED.md` on one machine; other machines,
other numbers, and a busy one is slower. {profile.people:,} people, {in_words(profile.threads)}, medians of
{profile.years} years after one of warm-up, ns a person-year. `wall` is what a clock shows; `cpu` is the process's time
on the processor, all threads together, and of compiled phases their threads'. The whole year beside a plain Mesa model:
`python -m experiments bench`.

{pictures}

**The floor** of a phase is what this machine takes at least for its draws and its memory: copying moves
{floors.bytes_per_ns:.1f} bytes a ns (read and written, {in_words(floors.threads)}), four words of a person take
{floors.words:.1f} ns, an evenly spread pair {floors.pair:.1f} ns. The first phase of a stage that touches a column
brings it in from memory, the first that writes it pays for its way back; in between a block of {BLOCK:,} people
stays in the cache. What a phase touches is read from its code. Rules, look-ups, branches and the bills of the
year ({kept} bytes a person between two stages) are in no floor.

{grid(["stage, phase", "what happens", "wall", "cpu", "floor", "times", "what stands between"], rows)}

## Which loops take several people at once

LLVM's vectoriser says why a loop goes person by person: `python -m experiments.bench.vectorised` prints its report on
every loop of the year. Of the dearest phases (in brackets: how many people at once):

{grid(["phase", "several at once", "one by one, and why"], loops)}

Three reasons cover nearly all: sums by pool (neighbours are often of one pool, so two lanes would write one number),
lists of those concerned (a place in a list depends on all before it; the list pays where few are concerned), and links
between relatives.
"""


def write(profile: Profile, path: Path) -> list[Path]:
    """Write the page and beside it the figure, in Chinese too where the machine has a font."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = path.stem.lower()
    figures = [draw(profile, path.with_name(f"{stem}.png"), "en")]
    if chinese_font():
        figures.append(draw(profile, path.with_name(f"{stem}_zh.png"), "zh"))
    write_text(path, page(profile, figures))
    return [path, *figures]


def draw(profile: Profile, path: Path, lang: str) -> Path:
    """Draw the finest lines as bars on a logarithmic scale, with the floor of each as a line, and return the file."""
    look, zh = style()["figures"], lang == "zh"
    fonts = [chinese_font()] if zh else []
    lines = profile.finest()
    with mpl.rc_context({"font.family": [*fonts, "DejaVu Sans"], **look["settings"]}):
        figure = Figure(figsize=(look["width"], BAR * (len(lines) + 4)), dpi=look["dpi"], layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots()
        stages = list(dict.fromkeys(line.stage for line in lines))
        colours = [look["colours"][1 + stages.index(line.stage) % (len(look["colours"]) - 1)] for line in lines]
        places = range(len(lines))
        bars = axes.barh(places, [line.cpu for line in lines], color=colours)
        axes.bar_label(bars, [f" {line.cpu:.1f}" for line in lines])
        floor_words = "本机下限" if zh else "floor of this machine"
        floored = [(place, line.floor) for place, line in zip(places, lines) if line.floor and line.floor >= SMALL]
        axes.plot(
            [f for _, f in floored], [p for p, _ in floored], "|", ms=15, mew=2.5, color="black", label=floor_words
        )
        axes.set_yticks(places, [name(line, lang) for line in lines])
        axes.set_xscale("log")
        axes.margins(x=2 * look["margin"], y=look["margin"])
        axes.set_xlim(left=LEAST)
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        legend(figure, axes)
        many, threads = f"{profile.people:,}", in_words(profile.threads)
        axes.set_xlabel("每人年处理器时间（纳秒，对数轴）" if zh else "processor time, ns a person-year (logarithmic)")
        title = (
            f"一年各步骤耗时：{many}人，{profile.threads}线程"
            if zh
            else f"Where a year's time goes: {many} people, {threads}"
        )
        axes.set_title(title, loc="left", fontweight="bold")
        canvas.print_png(path, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return path
