"""The report of a study: what was asked, what came out, how sure it is, and how it compares with what was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from experiments.compare import Results
from experiments.document import Block, Cell, Grid, Heading, Picture, Words, markdown, page
from experiments.figures import draw_all
from experiments.outcomes import ADDITIVE, style
from experiments.published import banner, check_published, off
from experiments.store import write_text
from experiments.study import Outcome
from experiments.tables import write_tables

ONE_SEED = " (one seed)"
PUBLISHED_UNITS = {"bn yuan": "十亿元", "million": "百万人", "per cent": "%"}
UNITS = {
    "yuan": (", yuan", "（元）"),
    "bn_yuan": (", bn yuan", "（十亿元）"),
    "months": (", months", "（月）"),
    "million": (", million", "（百万）"),
    "pools": ("", "（个）"),
    "none": ("", ""),
}
COUNTS = ("members", "people", "entered", "lapsed", "returned", "waiting")


def write_report(results: Results, folder: Path) -> None:
    """Write figures, tables, report.md and report.html into the study's folder, from stored results only."""
    drawn = draw_all(results, folder / "figures")
    year, compared = check_published(results.outcomes, results.study.baseline.name)
    write_tables(results, compared, folder / "tables")
    blocks: list[Block] = [Heading((results.study.title.en, results.study.title.zh), 1)]
    blocks += _warnings(results, year, compared)
    blocks += _question(results)
    blocks += _headline(results)
    for figure in drawn:
        blocks.append(Heading((figure.title["en"], figure.title["zh"])))
        for language in figure.languages:
            name = figure.name if language == "en" else f"{figure.name}_{language}"
            path = folder / "figures" / f"{name}.png"
            blocks.append(Picture(path, figure.title[language], figure.alt[language], language))
        if "zh" not in figure.languages:
            blocks.append(Words(figure.alt["zh"], "zh"))
    blocks += _published(year, compared)
    blocks += _made(results)
    write_text(folder / "report.md", markdown(blocks, folder))
    write_text(folder / "report.html", page(results.study.title.en, blocks))


def _warnings(results: Results, year: int, compared: pd.DataFrame) -> list[Block]:
    blocks: list[Block] = []
    text = banner(year, compared)
    if text:
        blocks += [Words(text["en"], "en", warning=True), Words(text["zh"], "zh", warning=True)]
    if not len(compared):
        blocks.append(
            Words(f"No run lived {year}, so nothing here was compared with published values.", "en", warning=True)
        )
        blocks.append(Words(f"没有运行经过{year}年，未与公布数据对照。", "zh", warning=True))
    if results.failed:
        names = ", ".join(f"{row['reform']} seed {row['seed']} ({row['error']})" for row in results.failed)
        blocks.append(Words(f"{len(results.failed)} runs failed and are left out: {names}.", "en", warning=True))
        blocks.append(Words(f"{len(results.failed)}次运行失败，未计入结果。", "zh", warning=True))
    return blocks


def _question(results: Results) -> list[Block]:
    study = results.study
    seeds = results.outcomes["seed"].nunique()
    years = f"{results.outcomes['year'].min()}–{results.outcomes['year'].max()}"
    english = (
        f"{study.question.en} {len(study.variants)} regimes, {seeds} seeds each, {study.people:,} simulated people, "
        f"{years}. Every effect is a difference between two runs with the same seed."
    )
    chinese = (
        f"{study.question.zh} 共{len(study.variants)}种制度，各{seeds}个种子，{study.people:,}名模拟居民，{years}年。"
        "每项效应均为同一种子下两次运行之差。"
    )
    regimes = "; ".join(f"{v.label.en}" + (" (counterfactual)" if v.counterfactual else "") for v in study.variants)
    return [
        Heading(("Question", "问题")),
        Words(english),
        Words(f"Regimes: {regimes}."),
        Words(chinese, "zh"),
        Words(
            "制度：" + "；".join(v.label.zh + ("（假想）" if v.counterfactual else "") for v in study.variants) + "。",
            "zh",
        ),
    ]


def _headline(results: Results) -> list[Block]:
    """Return the study's outcomes in the last year: the baseline's level, each reform's paired difference."""
    study = results.study
    last = int(results.outcomes["year"].max())
    base = study.baseline.label
    columns: list[Cell] = [("Outcome", "指标"), (f"{base.en}, {last}", f"{base.zh}，{last}年")]
    columns += [(f"{variant.label.en}: difference", f"{variant.label.zh}：差值") for variant in study.reforms]
    rows: list[list[Cell]] = []
    for outcome in study.outcomes:
        names = [variant.name for variant in study.variants]
        cells = [_both(headline_cell(results, outcome, name, last, unit=False)) for name in names]
        english, chinese = UNITS[unit_of(outcome)]
        label = (f"{outcome.label.en}{english}", f"{outcome.label.zh}{chinese}")
        rows.append([label, *cells])
    if not rows:
        return []
    share = f"{style()['per_cent'] * style()['confidence']:.0f}"
    words = (
        f"In {last}; in brackets the {share} % interval over seeds. A difference whose interval holds zero is not told "
        "apart from chance."
    )
    chinese = f"{last}年；括号内为{share}%区间。区间含零的差异无法与偶然区分。"
    return [Heading(("Results", "结果")), Words(words), Words(chinese, "zh"), Grid(columns, rows)]


def _both(text: str) -> Cell:
    return (text, text.replace(ONE_SEED, "（单一种子）")) if text.endswith(ONE_SEED) else text


def headline_cell(results: Results, outcome: Outcome, reform: str, year: int, unit: bool = True) -> str:
    """Return a level of the baseline, or a paired difference with its interval, in the unit people read."""
    chosen = _pick(results.outcomes, outcome, year)
    if reform == results.study.baseline.name:
        value = chosen[chosen["reform"] == reform]["value"].mean()
        value = 0.0 if pd.isna(value) and outcome.level in ADDITIVE else value
        return "–" if pd.isna(value) else shown(value, outcome, unit=unit)
    rows = _pick(results.differences, outcome, year)
    rows = rows[rows["reform"] == reform]
    if not len(rows):
        return shown(0.0, outcome, sign=True, unit=unit) if outcome.level in ADDITIVE else "–"
    row: Any = rows.iloc[0]
    if pd.isna(row["low"]):
        return f"{shown(row['mean'], outcome, sign=True, unit=unit)}{ONE_SEED}"
    low, high = (shown(row[side], outcome, sign=True, unit=False) for side in ("low", "high"))
    return f"{shown(row['mean'], outcome, sign=True, unit=unit)} [{low}, {high}]"


def _pick(frame: pd.DataFrame, outcome: Outcome, year: int) -> pd.DataFrame:
    same = (frame["level"] == outcome.level) & (frame["unit"] == outcome.unit)
    return frame[same & (frame["measure"] == outcome.measure) & (frame["year"] == year)]


def unit_of(outcome: Outcome) -> str:
    """Return the unit in which an outcome is read, a key of UNITS."""
    measure = outcome.measure
    if measure.startswith("benefit_per_head"):
        return "yuan"
    if measure.endswith("_fen"):
        return "bn_yuan"
    if measure.startswith("reserve_months"):
        return "months"
    if measure in COUNTS:
        return "million"
    return "pools" if measure.startswith("pools") else "none"


def shown(value: float, outcome: Outcome, sign: bool = False, unit: bool = True) -> str:
    """Return a number with its unit: bn yuan for national sums, yuan for amounts per head."""
    name = unit_of(outcome)
    scale, digits = {
        "yuan": (1.0, 0),
        "bn_yuan": (style()["fen_per_bn_yuan"], 1),
        "months": (1.0, 1),
        "million": (style()["million"], 2),
        "pools": (1.0, 1),
        "none": (1.0, 4),
    }[name]
    value = round(value / scale, digits) + 0.0  # no minus before a zero
    said = f"{value:{'+' if sign else ''},.{digits}f}"
    return said + (f" {name.replace('_', ' ')}" if unit and name not in {"pools", "none"} else "")


def _published(year: int, compared: pd.DataFrame) -> list[Block]:
    if not len(compared):
        return []
    columns: list[Cell] = [
        ("Target", "对照指标"),
        ("Published", "公布值"),
        ("Simulated", "模拟值"),
        ("Error", "误差"),
        ("Band", "允许范围"),
        ("Holds", "是否满足"),
    ]
    lines: list[Any] = list(compared.itertuples())
    rows: list[list[Cell]] = [
        [
            (f"{row.target}, {row.unit}", f"{row.zh}（{PUBLISHED_UNITS[str(row.unit)]}）"),
            f"{row.published:,.2f}",
            f"{row.simulated:,.2f}",
            (off(row.error, row.kind), off(row.error, row.kind, "zh")),
            (off(row.band, row.kind).replace("+", "±"), off(row.band, row.kind, "zh").replace("+", "±")),
            ("yes", "是") if row.holds else ("NO", "否"),
        ]
        for row in lines
    ]
    words = f"Parameters use years before {year}; {year} is compared, never tuned to. Simulated: mean over seeds."
    chinese = f"参数只用{year}年以前的数据；{year}年仅作对照，不作拟合。模拟值为各种子均值。"
    title = f"Simulated {year} beside published values", f"{year}年模拟值与公布值"
    return [Heading(title), Words(words), Words(chinese, "zh"), Grid(columns, rows)]


def _made(results: Results) -> list[Block]:
    manifest = results.facts["manifest"]
    versions = ", ".join(f"{name} {number}" for name, number in sorted(manifest["versions"].items()))
    weight = f" One simulated person stands for {manifest['weight']:,}." if manifest.get("weight") else ""
    english = (
        f"Made by {versions}; code {str(manifest['code_version'])[:12]}, data {str(manifest['data_hash'])[:12]}, "
        f"commit {str(manifest['commit'])[:13]}.{weight} Counts and money are the nation's. "
        "`verify` on this folder reruns every number."
    )
    weight = f"每名模拟居民代表{manifest['weight']:,}人。" if manifest.get("weight") else ""
    chinese = (
        f"软件版本：{versions}；代码{str(manifest['code_version'])[:12]}，数据{str(manifest['data_hash'])[:12]}，"
        f"提交{str(manifest['commit'])[:13]}。{weight}人数与金额均为全国口径。对本文件夹运行 verify 可重算每个数字。"
    )
    return [Heading(("How it was made", "制作说明")), Words(english), Words(chinese, "zh")]
