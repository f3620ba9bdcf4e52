"""The report of a study: what was asked, what came out, how sure it is, and how it compares with what was published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.compare import Results
from experiments.document import Block, Cell, Grid, Heading, Picture, Words, markdown, page
from experiments.figures import draw_all
from experiments.outcomes import ADDITIVE, style
from experiments.precision import MOST, is_small, sets_words, size_words, small_cells, thin_shares, with_needed
from experiments.published import banner, check_published, off
from experiments.robust import TITLE, UNSURE, effect_of, last_effects, provenance, sign_of, stored, summary_of, table_of
from experiments.store import write_text
from experiments.study import Outcome
from experiments.tables import write_tables
from experiments.units import shown, unit_of

ONE_SEED = " (one seed)"
PLACE = ("level", "unit", "measure", "reform")
PUBLISHED_UNITS = {"bn yuan": "十亿元", "million": "百万人", "per cent": "%"}


def write_report(results: Results, folder: Path, answered: Sequence[Block] = (), workers: int = 1) -> None:
    """Write figures, tables, report.md and report.html into the study's folder, from stored results only.

    `answered` holds the answers to what decision makers ask, for a study of mutual aid; figures are shared among so
    many worker processes.
    """
    drawn = draw_all(results, folder / "figures", workers)
    year, compared = check_published(results.outcomes, results.study.baseline.name)
    write_tables(results, compared, folder / "tables")
    blocks: list[Block] = [Heading((results.study.title.en, results.study.title.zh), 1)]
    blocks += _warnings(results, year, compared)
    blocks += _question(results)
    blocks += _headline(results)
    blocks += _robust(results)
    blocks += answered
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
    for regime, reform, begins in results.facts.get("late", ()):
        last = results.study.end
        blocks.append(
            Words(f"{regime}: reform {reform} begins in {begins}, after {last}: it changes nothing here.", "en", True)
        )
        blocks.append(Words(f"{regime}：改革{reform}始于{begins}年，晚于末年{last}，在此不产生任何变化。", "zh", True))
    if results.failed:
        names = ", ".join(f"{row['reform']} seed {row['seed']} ({row['error']})" for row in results.failed)
        blocks.append(Words(f"{len(results.failed)} runs failed and are left out: {names}.", "en", warning=True))
        blocks.append(Words(f"{len(results.failed)}次运行失败，未计入结果。", "zh", warning=True))
    return blocks


def _question(results: Results) -> list[Block]:
    study = results.study
    seeds = results.outcomes["seed"].nunique()
    years = f"{results.outcomes['year'].min()}–{results.outcomes['year'].max()}"
    number = "one seed" if seeds == 1 else f"{seeds} seeds"
    english = (
        f"{study.question.en} {len(study.variants)} regimes, {number} each, {study.people:,} simulated people, "
        f"{years}. Every effect is a difference between two runs with the same seed.{sets_words(study.fitted_sets)[0]}"
    )
    chinese = (
        f"{study.question.zh} 共{len(study.variants)}种制度，各{seeds}个种子，{study.people:,}名模拟居民，{years}年。"
        f"每项效应均为同一种子下两次运行之差。{sets_words(study.fitted_sets)[1]}"
    )
    regimes = "; ".join(f"{v.label.en}" + (" (counterfactual)" if v.counterfactual else "") for v in study.variants)
    return [
        Heading(("Question", "问题")),
        Words(english),
        Words(f"Regimes: {regimes}."),
        Words(chinese, "zh"),
        Words(
            "制度：" + "；".join(v.label.zh + "（反事实）" * v.counterfactual for v in study.variants) + "。",
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
    found, rows = last_effects(results), []
    unsure = set()
    for row, outcome in enumerate(study.outcomes):
        names = [variant.name for variant in study.variants]
        cells = [_both(headline_cell(results, outcome, name, last, unit=False)) for name in names]
        unit = unit_of(outcome)
        english, chinese = unit.en and f", {unit.en}", unit.zh and f"（{unit.zh}）"
        label = (f"{outcome.label.en}{english}", f"{outcome.label.zh}{chinese}")
        rows.append([label, *cells])
        effects = (sign_of(*effect_of(found, outcome, each.name)[1:]) for each in study.reforms)
        unsure |= {(row, column) for column, sign in enumerate(effects, 2) if sign == UNSURE}
    if not rows:
        return []
    small = small_cells(results.outcomes)
    few = {n for n, each in enumerate(study.outcomes) if is_small(small, each.level, each.unit, each.measure)}
    share = f"{style()['per_cent'] * style()['confidence']:.0f}"
    words = (
        f"In {last}; in brackets the {share} % interval over seeds. A difference whose interval holds zero is not told "
        "apart from chance: it is in italics (grey on the page)."
    )
    chinese = f"{last}年；括号内为{share}%区间。区间含零的差异无法与偶然区分，以斜体（网页中为灰色）表示。"
    grid = Grid(columns, rows, few, unsure)
    blocks: list[Block] = [Heading(("Results", "结果")), Words(words), Words(chinese, "zh")]
    if told := size_words(study.people):
        blocks += [Words(told[0]), Words(told[1], "zh")]
    blocks.append(grid)
    return [*blocks, *_small_words(results, bool(few)), *_how_sure(results, last)]


def _small_words(results: Results, grey: bool) -> list[Block]:
    """Say which pictures and rows are grey because few simulated people stand behind them."""
    few = style()["small_cell"]
    thin = {fund: share for fund, share in thin_shares(results.outcomes).items() if share > 0}
    english, chinese = [], []
    if grey:
        english.append(f"Rows marked † (grey on the page) rest on fewer than {few} simulated people.")
        chinese.append(f"标†的行（网页中为灰色）模拟人数不足{few}人。")
    for fund, share in thin.items():
        name, part = style()["funds"][fund], f"{style()['per_cent'] * share:.0f}"
        english.append(f"{name['en']}: up to {part} % of pools have fewer than {few} simulated members.")
        chinese.append(f"{name['zh']}：至多{part}%的统筹区模拟参保人不足{few}人。")
    return [Words(" ".join(english)), Words("".join(chinese), "zh")] if english else []


def _how_sure(results: Results, year: int) -> list[Block]:
    """Return how many seeds every headline effect takes until its interval is narrow enough."""
    study, share = results.study, style()["precision"]
    names = {(each.level, each.unit, each.measure): each.label for each in study.outcomes}
    found = results.differences[results.differences["year"] == year]
    chosen = found[[place in names for place in zip(found["level"], found["unit"], found["measure"])]]
    chosen = chosen[chosen["reform"].isin([variant.name for variant in study.reforms])]
    told = with_needed(chosen[(chosen["mean"] != 0) | (chosen["se"] != 0)])
    needed = {tuple(row[:4]): _seeds(row[-1]) for row in told[[*PLACE, told.columns[-1]]].itertuples(index=False)}
    reforms = [variant for variant in study.reforms if any(place[-1] == variant.name for place in needed)]
    rows: list[list[Cell]] = [
        [(label.en, label.zh), *(needed.get((*place, variant.name), "–") for variant in reforms)]
        for place, label in names.items()
    ]
    part, most = f"{style()['per_cent'] * share:.0f}", int(told["replications"].max()) if len(told) else 0
    heads: list[Cell] = [("Outcome", "指标"), *((variant.label.en, variant.label.zh) for variant in reforms)]
    words = (
        f"Seeds that bring the half-width of the interval to {part} % of the effect ({most} so far); none: no number "
        f"does, for the mean is zero, or more than {MOST:,} would be needed; –: nothing changes, or one seed only."
    )
    chinese = (
        f"使区间半宽缩至效应{part}%所需的种子数（现有{most}个）；none表示均值为零，或所需种子数超过{MOST:,}，无法达到；"
        "–表示无任何变化，或仅有一个种子无从判断。"
    )
    title = ("How many seeds are needed", "所需种子数")
    return [Heading(title, 3), Words(words), Words(chinese, "zh"), Grid(heads, rows)] if needed else []


def _seeds(needed: float) -> str:
    """Return a number of seeds as people read it."""
    return "–" if needed != needed else "none" if needed == float("inf") else f"{int(needed):,}"


def _robust(results: Results) -> list[Block]:
    """Return what is robust to behaviour, dispersion and the growth gap: by this study's cases, or by its full form."""
    study = results.study
    if not (study.cases or study.full):
        return []
    title = Heading(TITLE)
    summary = summary_of(results, {}) if study.cases else stored(study.full)
    if summary is None:
        words = f"No summary of {study.full} is stored; python -m experiments.full {study.full} makes one."
        return [title, Words(words, warning=True), Words(f"尚无{study.full}的摘要。", "zh", warning=True)]
    mine = {variant.name for variant in study.reforms}
    summary = summary | {"reforms": {name: label for name, label in summary["reforms"].items() if name in mine}}
    heads, rows, unsure = table_of(summary)
    words = (
        "Up or down: the effect is told apart from zero; in every case: with the same sign in all cases; not under: it "
        "changes sign, or is not told apart from zero, in a case of that kind; –: not told apart from zero."
    )
    chinese = (
        "上升或下降：效应区间不含零；各情形均成立：各情形下符号相同；不稳健于：该类情形下变号或区间含零；–：区间含零。"
    )
    told = [
        Words(provenance(summary, "en")),
        Words(words),
        Words(provenance(summary, "zh"), "zh"),
        Words(chinese, "zh"),
    ]
    return [title, *told, Grid(heads, rows, unsure=unsure)]


def _both(text: str) -> Cell:
    return (text, text.replace(ONE_SEED, "（单一种子）")) if text.endswith(ONE_SEED) else text


def headline_cell(results: Results, outcome: Outcome, reform: str, year: int, unit: bool = True) -> str:
    """Return a level of the baseline, or a paired difference with its interval, in the unit people read."""
    if reform == results.study.baseline.name:
        value = _pick(results.rows_of(reform, outcome.level, outcome.measure), outcome, year)["value"].mean()
        value = 0.0 if pd.isna(value) and outcome.level in ADDITIVE else value
        return "–" if pd.isna(value) else shown(value, outcome, unit=unit)
    rows = _pick(results.effects_of(reform, outcome.level, outcome.measure), outcome, year)
    if not len(rows):
        known = outcome.level in ADDITIVE and results.was_compared(reform)
        return shown(0.0, outcome, sign=True, unit=unit) if known else "–"
    row: Any = rows.iloc[0]
    if pd.isna(row["low"]):
        return f"{shown(row['mean'], outcome, sign=True, unit=unit)}{ONE_SEED}"
    low, high = (shown(row[side], outcome, sign=True, unit=False) for side in ("low", "high"))
    return f"{shown(row['mean'], outcome, sign=True, unit=unit)} [{low}, {high}]"


def _pick(frame: pd.DataFrame, outcome: Outcome, year: int) -> pd.DataFrame:
    return frame[(frame["unit"] == outcome.unit) & (frame["year"] == year)]


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
    words = (
        f"Parameters are fitted to years before {year}. None of these values of {year} was fitted, though they were "
        "known when the model was made; what else of that year was read, the README says. Simulated: mean over seeds."
    )
    chinese = (
        f"参数以{year}年以前的数据拟合。下列{year}年数值未参与拟合，但建模时已知；"
        "该年其他已读取的数据见README。模拟值为各种子均值。"
    )
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
