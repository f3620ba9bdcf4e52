"""Tables for papers: CSV for machines, LaTeX for print."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.compare import Results
from experiments.precision import small_cells, with_needed, with_small
from experiments.store import write_text

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
}


def write_tables(results: Results, compared: pd.DataFrame, folder: Path) -> None:
    """Write the outcomes by regime and year, the last year's differences, and the comparison with published values."""
    folder.mkdir(parents=True, exist_ok=True)
    by = ["reform", "level", "unit", "measure", "year"]
    values = results.outcomes.groupby(by, sort=True)["value"]
    sides = {"value": values.mean(), "replications": values.count(), "undefined": values.size() - values.count()}
    small = small_cells(results.outcomes)
    means = with_small(pd.DataFrame(sides).reset_index(), small)
    _csv(means, folder / "outcomes.csv")
    last = results.differences[results.differences["year"] == results.outcomes["year"].max()]
    kept = with_small(with_needed(_headline(last, results)), small)
    for name, frame in (("differences", kept), ("levels", _headline(means, results)), ("published", compared)):
        _csv(frame, folder / f"{name}.csv")
        write_text(folder / f"{name}.tex", latex(frame))


def _headline(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return the rows of the study's declared outcomes."""
    wanted = {(outcome.level, outcome.unit, outcome.measure) for outcome in results.study.outcomes}
    names = zip(frame["level"], frame["unit"], frame["measure"])
    return frame[[name in wanted for name in names]].reset_index(drop=True)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def latex(frame: pd.DataFrame) -> str:
    """Return the frame as a booktabs tabular; rows of small cells are grey (package xcolor)."""
    small = frame.pop("small_cell").tolist() if "small_cell" in (frame := frame.copy()) else [False] * len(frame)
    numbers = [pd.api.types.is_numeric_dtype(frame[name].dtype) for name in frame.columns]
    lines = [r"\begin{tabular}{" + "".join("r" if number else "l" for number in numbers) + "}", r"\toprule"]
    lines += [_line(list(frame.columns)), r"\midrule"]
    rows = zip(frame.itertuples(index=False), small)
    lines += [_line([_number(cell) for cell in row], grey) for row, grey in rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _number(cell: object) -> str:
    return f"{cell:,.6g}" if isinstance(cell, float) else str(cell)


def escaped(text: str) -> str:
    """Return text with LaTeX's special letters escaped."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _line(cells: list[str], grey: bool = False) -> str:
    words = [escaped(str(cell)) for cell in cells]
    return " & ".join(rf"\textcolor{{gray}}{{{word}}}" if grey else word for word in words) + r" \\"
