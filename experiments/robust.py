"""What of a study's effects holds whatever pools do, however far they lie apart and however fast costs grow.

An effect is a difference in the last year, told apart from zero where its interval does not hold zero. It is robust to
what a group of cases changes where it keeps its sign, told apart from zero, in each of them. The summary of a full
study is kept beside it in experiments/studies, so that the quick study can say it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.compare import Results
from experiments.document import Cell
from experiments.outcomes import ADDITIVE, style
from experiments.study import STUDIES, Outcome, named

CENTRAL, OTHER = "central", "other"
RISES, FALLS, UNSURE, UNKNOWN = "+", "-", "0", "?"
MOVES = {RISES: {"en": "up", "zh": "上升"}, FALLS: {"en": "down", "zh": "下降"}}
Summary = dict[str, Any]
Effects = dict[str, dict[tuple[str, str, str], tuple[float, float, float]]]
"""Mean, low and high by regime and then by level, unit and measure."""
TITLE = ("What is robust, and what is not", "哪些结论稳健")


def sign_of(low: float, high: float) -> str:
    """Return the sign of an effect whose interval does not hold zero, else that it is unsure; unknown without one."""
    if pd.isna(low) or pd.isna(high):
        return UNKNOWN
    return RISES if low > 0 else FALLS if high < 0 else UNSURE


def last_effects(results: Results) -> Effects:
    """Return mean, low and high of the last year's differences by reform, level, unit and measure."""
    rows = results.differences
    rows = rows[rows["year"] == results.outcomes["year"].max()]
    found: Effects = {}
    for reform, some in rows.groupby("reform"):
        names = zip(some["level"], some["unit"], some["measure"])
        found[str(reform)] = dict(zip(names, zip(some["mean"], some["low"], some["high"])))
    return found


def effect_of(found: Effects, outcome: Outcome, reform: str) -> tuple[float, float, float]:
    """Return mean, low and high of one effect; a flow that runs under neither regime is zero for certain.

    Of a regime that was never lived beside its baseline nothing is known.
    """
    none = 0.0 if outcome.level in ADDITIVE and reform in found else float("nan")
    return found.get(reform, {}).get((outcome.level, outcome.unit, outcome.measure), (none,) * 3)


def effects(results: Results) -> list[dict[str, Any]]:
    """Return every declared outcome's effect of every reform: the central one, and its sign in every case."""
    study, found, rows = results.study, last_effects(results), []
    for variant in study.reforms:
        for outcome in study.outcomes:
            central = effect_of(found, outcome, variant.name)
            cases = {case.name: effect_of(found, outcome, named(case.name, variant.name)) for case in study.cases}
            signs = {CENTRAL: sign_of(*central[1:])} | {name: sign_of(*each[1:]) for name, each in cases.items()}
            plain = {"level": outcome.level, "unit": outcome.unit, "measure": outcome.measure}
            rows.append(
                {
                    "reform": variant.name,
                    **plain,
                    "central": [float(f"{each:.4g}") if pd.notna(each) else None for each in central],
                    "signs": signs,
                }
            )
    return rows


def axes_of(names: list[str]) -> dict[str, list[str]]:
    """Return the cases of a study by what they change: behaviour, coupling, dispersion, growth gap, or else."""
    known = {axis: [name for name in names if name in words["cases"]] for axis, words in style()["robust"].items()}
    placed = {name for cases in known.values() for name in cases}
    known[OTHER] = [name for name in names if name not in placed]
    return {axis: cases for axis, cases in known.items() if cases}


def robust_to(signs: dict[str, str], cases: list[str]) -> bool:
    """Say whether an effect keeps its sign, told apart from zero, in all these cases."""
    return all(signs[case] == signs[CENTRAL] for case in cases)


def counts_of(summary: Summary) -> dict[str, tuple[int, int, int]]:
    """Return by reform how many effects hold in every case, in some only, and are not told apart from zero."""
    axes, told = axes_of(summary["cases"]), {}
    for reform in summary["reforms"]:
        rows = [row["signs"] for row in summary["effects"] if row["reform"] == reform]
        held = [signs for signs in rows if signs[CENTRAL] in MOVES]
        firm = sum(all(robust_to(signs, cases) for cases in axes.values()) for signs in held)
        told[reform] = (firm, len(held) - firm, len(rows) - len(held))
    return told


def table_of(summary: Summary) -> tuple[list[Cell], list[list[Cell]], set[tuple[int, int]]]:
    """Return heads, a row for each outcome with what every reform does and in which cases not, and what is unsure."""
    axes = axes_of(summary["cases"])
    found = {(row["reform"], row["level"], row["unit"], row["measure"]): row["signs"] for row in summary["effects"]}
    heads: list[Cell] = [("Outcome", "指标"), *((label["en"], label["zh"]) for label in summary["reforms"].values())]
    rows: list[list[Cell]] = []
    unsure = set()
    for number, (name, label) in enumerate(summary["outcomes"].items()):
        row: list[Cell] = [(label["en"], label["zh"])]
        for reform in summary["reforms"]:
            signs = found.get((reform, *name.split("/")), {CENTRAL: UNKNOWN})
            if signs[CENTRAL] not in MOVES:
                unsure.add((number, len(row)))
            row.append(_cell(signs, axes))
        rows.append(row)
    return heads, rows, unsure


def _cell(signs: dict[str, str], axes: dict[str, list[str]]) -> Cell:
    """Return whether an effect goes up or down and to what it is not robust, in both languages."""
    if signs[CENTRAL] not in MOVES:
        return "–"
    lost = [style()["robust"][axis] for axis, cases in axes.items() if not robust_to(signs, cases)]
    move = MOVES[signs[CENTRAL]]
    english = f"; not under {', '.join(words['en'] for words in lost)}" if lost else ", in every case"
    chinese = f"；不稳健于：{'、'.join(words['zh'] for words in lost)}" if lost else "，各情形均成立"
    return (move["en"] + english, move["zh"] + chinese)


def summary_of(results: Results, answers: dict[str, pd.DataFrame]) -> Summary:
    """Return what a full study leaves for quick ones: where it came from, its effects, and its answers."""
    study, made = results.study, results.facts["manifest"]
    lines = {name: json.loads(frame.to_json(orient="records", double_precision=6)) for name, frame in answers.items()}
    return {
        "study": study.name,
        "people": study.people,
        "years": [study.start, study.end],
        "seeds": sorted(int(seed) for seed in results.outcomes["seed"].unique()),
        "finished": made["times"]["finished"],
        **{name: made[name] for name in ("code_version", "data_hash", "commit")},
        "failed": len(results.failed),
        "reforms": {one.name: one.label.model_dump() for one in study.reforms},
        "cases": [case.name for case in study.cases],
        "outcomes": {"/".join((one.level, one.unit, one.measure)): one.label.model_dump() for one in study.outcomes},
        "effects": effects(results),
        "answers": {name: lines[name] for name in ("price", "money", "agree", "repairs", "effort") if name in lines},
    }


def place_of(name: str) -> Path:
    """Return where the summary of a full study is kept."""
    return STUDIES / f"{name}.summary.json"


def stored(name: str) -> Summary | None:
    """Return the summary last stored of a full study, or nothing."""
    file = place_of(name)
    if not file.is_file():
        return None
    kept: Summary = json.loads(file.read_text(encoding="utf-8"))
    return kept


def provenance(summary: Summary, language: str) -> str:
    """Return where a summary came from, in words."""
    seeds, cases = len(summary["seeds"]), len(summary["cases"]) + 1
    span, regimes = f"{summary['years'][0]}–{summary['years'][1]}", len(summary["reforms"]) + 1
    code, people, day = summary["code_version"][:12], summary["people"], summary["finished"][:10]
    if language == "zh":
        return (
            f"摘自 {summary['study']}（{day}，代码 {code}）：{people:,} 名模拟居民，{span}年，"
            f"{regimes} 种制度 × {cases} 种情形，{seeds} 个种子；“成立”指末年差异的区间不含零。"
        )
    return (
        f"From {summary['study']} of {day}, code {code}: {people:,} simulated people, {span}, {regimes} regimes in "
        f"{cases} cases, {seeds} seeds; an effect holds where the last year's interval leaves out zero."
    )


def as_text(name: str) -> str:
    """Return the stored summary of a full study as lines for a terminal, or how to make one."""
    summary = stored(name)
    if summary is None:
        return f"{name}: no summary stored; python -m experiments.full {name} makes one, can be stopped and goes on"
    labels = {name: label["en"] for name, label in summary["reforms"].items()}
    lines = [
        f"  {labels[reform]}: {firm} of {firm + some + none} effects hold in every case, {some} in some only, "
        f"{none} are not told apart from zero"
        for reform, (firm, some, none) in counts_of(summary).items()
    ]
    return "\n".join([provenance(summary, "en"), *lines, f"  which: {TITLE[0]}, in the report"])
