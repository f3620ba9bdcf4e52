"""The answers of a study as a page, tables and a summary, with what each case does to every effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from experiments.answers import answers, read_facts
from experiments.compare import Results
from experiments.document import Block, Cell, Grid, Heading, Words, markdown
from experiments.outcomes import style
from experiments.report import headline_cell
from experiments.robust import UNSURE, effect_of, last_effects, sign_of, summary_of
from experiments.store import write_json, write_text
from experiments.study import named
from experiments.words import province_name


def write_answers(results: Results, folder: Path) -> list[Block]:
    """Write answers.md, summary.json and tables/answers_*.csv from the stored runs; return the answers as blocks."""
    tables = answers(results, read_facts(results, folder), interest_rate())
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    blocks = by_case(results, folder)
    for name, words in style()["answers"].items():
        frame = tables[name]
        if not len(frame):
            continue
        write_text(folder / "tables" / f"answers_{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        shown = frame[frame["case"] == ""].drop(columns="case") if "case" in frame else frame
        shown = summed_up(name, shown, results)
        blocks += [
            Heading(f"{words['title']['en']} · {words['title']['zh']}"),
            Words(words["says"]["en"]),
            Words(words["says"]["zh"], "zh"),
            grid(shown, results),
        ]
    title = Heading(f"Answers · 回答: {results.study.title.en} · {results.study.title.zh}", 1)
    write_text(folder / "answers.md", markdown([title, *blocks], folder))
    write_json(folder / "summary.json", summary_of(results, tables))
    return blocks


def interest_rate() -> float:
    """Return the rate at which later money counts less: the funds' own interest."""
    from model.policy import load_policy

    return float(load_policy().value("pooling.interest_rate", 2024))


def summed_up(name: str, frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return what of a table the page shows: some years of ruin, the provinces that give and get most."""
    if name == "ruin":
        first, last = int(frame["year"].min()), int(frame["year"].max())
        step = max(1, (last - first) // style()["figures"]["ticks"])
        wide = frame.pivot_table(index=["reform", "fund"], columns="year", values="share", sort=False)
        return wide[[year for year in range(first, last + 1) if (last - year) % step == 0]].reset_index()
    if name == "giving":
        return pd.DataFrame([_giving(str(reform), rows) for reform, rows in frame.groupby("reform", sort=False)])
    return frame


def _giving(reform: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Return one regime's net receipts of funds, and its three largest givers and takers among provinces [bn yuan]."""
    net = rows.set_index("who")["net_received_bn_yuan"]
    places = net[net.index.str.startswith("province:")].sort_values()

    def names(some: pd.Series[float]) -> Cell:
        told = [(int(str(who).split(":")[1]), cell(value)) for who, value in some.items()]
        english, chinese = ([f"{province_name(code, lang)} {value}" for code, value in told] for lang in ("en", "zh"))
        return (", ".join(english), "，".join(chinese)) if told else "–"

    most = style()["most_places"]
    funds = {who: float(net[who]) for who in net.index if not who.startswith("province:")}
    givers, takers = places[places < 0].head(most), places[places > 0].tail(most)[::-1]
    return {"reform": reform, **funds, "give most": names(givers), "get most": names(takers)}


def grid(frame: pd.DataFrame, results: Results) -> Grid:
    """Return a table of the page: regimes, funds and columns by their names in both languages."""
    told = style()["funds"] | style()["answer_words"]
    names = {name: (words["en"], words["zh"]) for name, words in told.items()}
    regimes = {each.name: (each.label.en, each.label.zh) for each in results.study.variants}
    rows = []
    for row in frame.itertuples(index=False):
        named_by = (regimes if column == "reform" else names for column in frame.columns)
        rows.append([known.get(each, cell(each)) for known, each in zip(named_by, row, strict=True)])
    return Grid([names.get(name, str(name)) for name in frame.columns], rows)


def cell(value: Any) -> Cell:
    """Return a number as people read it, words as they are."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:,.3g}" if abs(value) < style()["fen_per_yuan"] else f"{value:,.0f}"
    return str(value)


def by_case(results: Results, folder: Path) -> list[Block]:
    """Return the last year's difference of every outcome and reform at central values and in every case, with CSV."""
    study, last, found = results.study, int(results.outcomes["year"].max()), last_effects(results)
    if not study.cases:
        return []
    rows: list[list[Cell]] = []
    signs, unsure = [], set()
    for variant in study.reforms:
        for outcome in study.outcomes:
            texts: list[Cell] = [
                (f"{variant.label.en}: {outcome.label.en}", f"{variant.label.zh}：{outcome.label.zh}"),
            ]
            told: dict[str, Any] = {
                "reform": variant.name,
                "level": outcome.level,
                "unit": outcome.unit,
                "measure": outcome.measure,
            }
            for case in ("", *(case.name for case in study.cases)):
                name = named(case, variant.name)
                effect = effect_of(found, outcome, name)
                text = headline_cell(results, outcome, name, last).split(" [")[0].split(" (")[0]
                if sign_of(*effect[1:]) == UNSURE:
                    unsure.add((len(rows), len(texts)))
                texts.append(text)
                for each, number in zip(("mean", "low", "high"), effect):
                    told[f"{case or 'central'}_{each}"] = number
            rows.append(texts)
            signs.append(told)
    write_text(folder / "tables" / "robustness.csv", pd.DataFrame(signs).to_csv(index=False, lineterminator="\n"))
    heads: list[Cell] = [("effect", "效应"), ("central", "中心值")]
    heads += [(case.label.en, case.label.zh) for case in study.cases]
    english = (
        "Last year's difference under each case, in italics where the interval of tables/robustness.csv holds zero."
    )
    chinese = "各情形下末年差异；区间含零者为斜体。区间见 tables/robustness.csv。"
    title = Heading(("Every effect under every case", "各情形下的效应"))
    return [title, Words(english), Words(chinese, "zh"), Grid(heads, rows, unsure=unsure)]
