"""The answers of a study as a page and tables, and what is robust to behaviour, dispersion and the growth gap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from experiments.answers import answers, read_facts
from experiments.compare import Results
from experiments.document import Block, Grid, Heading, Words, markdown
from experiments.outcomes import style
from experiments.report import headline_cell
from experiments.store import write_text
from experiments.study import Outcome, named

TITLES = {
    "price": ("The price of not pooling", "不统筹的代价"),
    "repairs": ("What aid repairs", "互助弥补了什么"),
    "agree": ("Who would agree", "谁会同意"),
    "effort": ("The loss of effort at which the gain vanishes", "收益消失的征缴努力降幅"),
    "money": ("Money moved and saved: order and dates side by side", "资金流向与节省:各方案对照"),
    "ruin": ("Pools rescued at least once, by year", "各年累计需兜底统筹区比例"),
}
WORDS = {
    "price": (
        "What every pool would have to collect more a head and year to be ruined as seldom as under each reform, had "
        "there been no aid."
    ),
    "repairs": (
        "Shares of the squared net receipts of pools. Structure is the same for every seed (age, wages, habits), "
        "chance differs between seeds, behaviour is what a world adds in which pools react."
    ),
    "agree": (
        "Present value of the change of net assets at the end: places that do not lose, their members, and what losers "
        "lack [bn yuan]."
    ),
    "effort": (
        "The nation's gain is rescues avoided plus net assets [bn yuan]; the loss of effort lies on the line "
        "through the runs without and with behaviour."
    ),
    "money": (
        "Over all years, bn yuan; treasury and arrears against the baseline. A payout ratio is what adjustment funds "
        "paid over what they took in."
    ),
    "ruin": "Share of the pools of each fund that the treasury or arrears to providers had to rescue.",
}


def write_page(results: Results, folder: Path) -> None:
    """Write answers.md, summary.txt and tables/answers_*.csv from the stored runs."""
    tables = answers(results, read_facts(results, folder), interest_rate())
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    blocks: list[Block] = [Heading(f"Answers · 回答: {results.study.title.en}", 1)]
    robust = robustness(results)
    if len(robust):
        words = "Difference in the last year under each case. (In brackets: the interval holds zero, or one seed only.)"
        blocks += [
            Heading("What is robust · 稳健性"),
            Words(words),
            *[Words(line) for line in said(robust)],
            grid(robust),
        ]
        write_text(folder / "tables" / "robustness.csv", robust.to_csv(index=False, lineterminator="\n"))
    for name, (english, chinese) in TITLES.items():
        frame = tables[name]
        if not len(frame):
            continue
        write_text(folder / "tables" / f"answers_{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        shown = frame[frame["year"] == frame["year"].max()] if name == "ruin" else frame
        blocks += [Heading(f"{english} · {chinese}"), Words(WORDS[name]), grid(shown)]
    write_text(folder / "answers.md", markdown(blocks, folder))
    write_text(folder / "summary.txt", summary(results, robust, tables))


def interest_rate() -> float:
    """Return the rate at which later money counts less: the funds' own interest."""
    from model.policy import load_policy

    return float(load_policy().value("pooling.interest_rate", 2024))


def grid(frame: pd.DataFrame) -> Grid:
    """Return a table of the page, numbers with three digits."""
    return Grid(
        [str(name) for name in frame.columns], [[cell(each) for each in row] for row in frame.itertuples(index=False)]
    )


def cell(value: Any) -> str:
    """Return a number as people read it."""
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:,.3g}" if abs(value) < style()["fen_per_yuan"] else f"{value:,.0f}"
    return str(value)


def robustness(results: Results) -> pd.DataFrame:
    """Return the last year's difference of every outcome and reform at central values and in every case."""
    study, last = results.study, int(results.outcomes["year"].max())
    if not study.cases:
        return pd.DataFrame()
    rows = []
    for outcome in study.outcomes:
        for variant in study.reforms:
            row: dict[str, Any] = {"outcome": outcome.label.en, "reform": variant.label.en}
            for case in ("", *(case.name for case in study.cases)):
                row[case or "central"] = graded(results, outcome, named(case, variant.name), last)
            rows.append(row)
    return pd.DataFrame(rows)


def graded(results: Results, outcome: Outcome, reform: str, year: int) -> str:
    """Return a difference, in brackets where its interval holds zero or there is none."""
    rows = results.differences
    same = (rows["reform"] == reform) & (rows["year"] == year) & (rows["measure"] == outcome.measure)
    found = rows[same & (rows["level"] == outcome.level) & (rows["unit"] == outcome.unit)]
    text = headline_cell(results, outcome, reform, year).split(" [")[0].split(" (")[0]
    sure = len(found) == 1 and (found["low"].iloc[0] > 0 or found["high"].iloc[0] < 0)
    return text if sure or text == "–" else f"({text})"


def said(robust: pd.DataFrame) -> list[str]:
    """Return in plain words which effects keep their sign in every case and which do not."""
    firm, loose = [], []
    for row in robust.to_dict("records"):
        cells = [str(text) for name, text in row.items() if name not in {"outcome", "reform"}]
        sure = [text for text in cells if not text.startswith("(") and text != "–"]
        signs = {text[0] for text in sure}
        if len(sure) == len(cells) and len(signs) == 1:
            firm.append(f"{row['reform']}: {row['outcome']} ({'rises' if signs == {'+'} else 'falls'})")
        elif sure:
            loose.append(f"{row['reform']}: {row['outcome']}")
    return [
        "Keeps its sign and its distance from zero in every case: " + ("; ".join(firm) or "nothing") + ".",
        "Told apart from zero in some cases only, or with another sign: " + ("; ".join(loose) or "nothing") + ".",
    ]


def summary(results: Results, robust: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> str:
    """Return the few lines that a quick study prints of a full one."""
    study, made = results.study, results.facts["manifest"]["times"]["finished"]
    seeds = results.outcomes["seed"].nunique()
    head = (
        f"{study.name}, last stored {made}: {study.people:,} people, {study.start}-{study.end}, "
        f"{len(study.variants)} regimes in {len(study.cases) + 1} cases, {seeds} seeds"
    )
    lines = [head, *(said(robust) if len(robust) else [])]
    money = tables["money"]
    central = money[money["case"] == ""].to_dict("records") if len(money) else []
    for row in central:
        words = ("lent_or_given", "uploaded", "paid_out", "treasury", "arrears")
        told = ", ".join(f"{word.replace('_', ' ')} {cell(row[word])}" for word in words)
        lines += [f"  {row['reform']} [bn yuan]: {told}"]
    return "\n".join(lines) + "\n"
