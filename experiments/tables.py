"""Tables for papers: CSV for machines, LaTeX for print."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.compare import Results
from experiments.precision import is_small, small_cells, with_needed
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
    means = results.outcomes.groupby(by, sort=True)["value"].mean().reset_index()
    small = small_cells(results.outcomes)
    places = zip(means["level"], means["unit"], means["measure"])
    means["small_cell"] = [is_small(small, *place) for place in places]
    _csv(means, folder / "outcomes.csv")
    last = results.differences[results.differences["year"] == results.outcomes["year"].max()]
    kept = with_needed(_headline(last, results))
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
    """Return the frame as a booktabs tabular."""
    numbers = [pd.api.types.is_numeric_dtype(frame[name].dtype) for name in frame.columns]
    lines = [r"\begin{tabular}{" + "".join("r" if number else "l" for number in numbers) + "}", r"\toprule"]
    lines += [_line(list(frame.columns)), r"\midrule"]
    lines += [_line([_number(cell) for cell in row]) for row in frame.itertuples(index=False)]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _number(cell: object) -> str:
    return f"{cell:,.6g}" if isinstance(cell, float) else str(cell)


def escaped(text: str) -> str:
    """Return text with LaTeX's special letters escaped."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _line(cells: list[str]) -> str:
    return " & ".join(escaped(str(cell)) for cell in cells) + r" \\"
