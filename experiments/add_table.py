"""Add a table of funds by province: `python -m experiments.add_table FILE`; it says what `validate` compares of it.

The file is in the long format of province_funds.csv (one row a province, year, scheme and indicator: fund_income,
fund_expenditure, enrolment). It is checked, copied beside the model's tables and listed in their catalogue. A scheme's
year is compared where at least twenty provinces have all three indicators; no world and no fit reads the table.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from experiments.command import Parser, in_one_line
from experiments.provinces import MANY, TABLE, YUAN, by_head
from model import data
from model.data.catalogue import known_provinces
from model.errors import DataError

COLUMNS = (
    "province_code", "name_en", "name_zh", "year", "scheme", "indicator", "value", "unit", "source", "source_type",
    "note", "verified",
)  # fmt: skip
MONEY, HEADS = ("yuan", "100m_yuan"), ("persons", "10k_persons")
UNITS = {"fund_income": MONEY, "fund_expenditure": MONEY, "enrolment": HEADS}
KEY = ["province_code", "year", "scheme", "indicator"]
FIRST = 2000
"""First year of a table: the employees' scheme of 1998 was then in force."""
SCHEMES = ("employee", "resident")
MOST = float(np.finfo(float).max)


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Add the table named and return the exit code."""
    parser = Parser(prog="python -m experiments.add_table", description=str(__doc__).splitlines()[0])
    parser.add_argument("file", type=Path)
    name = add(parser.parse_args(arguments).file)
    print(f"added {name}; what `python -m experiments validate` compares of it:")
    for line in compared(name):
        print(f"  {line}")
    return 0


def compared(name: str) -> Iterator[str]:
    """Yield for each scheme and year of an added table whether it is compared, and if not why."""
    from experiments.validate import HISTORY, YEARS

    frame, (first, last) = data.table(name), YEARS[HISTORY]
    for scheme, year in sorted(set(zip(frame["scheme"], frame["year"].astype(int)))):
        count = len(by_head(scheme, year))
        if not first <= year <= last:
            why = f"not compared: expected a year from {first} to {last}, those that validate lives"
        elif count < MANY:
            why = f"not compared: {count} provinces with {', '.join(UNITS)}, expected at least {MANY}"
        else:
            why = f"compared: {count} provinces"
        yield f"{scheme} {year}: {why}"


def add(file: Path) -> str:
    """Copy a table beside the model's and list it; return its name in the catalogue.

    Errors: DataError for a file that cannot be read, a wrong column, code, unit, indicator or scheme, or a name taken.
    """
    content, frame = _read(file)
    letters = re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")
    if not letters:
        raise DataError(f"{file.name}: expected a name with a letter of a to z or a digit, which names the table")
    name = f"{TABLE}_added_{letters}"
    if name in data.catalogue():
        raise DataError(f"{file.name}: expected a new name, {name} is in the catalogue already")
    _agree(file.name, frame)
    lines = content.rstrip(b"\n").split(b"\n")
    entry = {
        "file": f"{name}.csv",
        "title": {"en": f"Insurance funds by province, added: {file.stem}", "zh": f"新增分省医保基金表：{file.stem}"},
        "source": ["added by hand; addresses in the rows"],
        "status": _status(content),
        "licence": "unknown",
        "units": "see column unit",
        "keys": ["province_code", "year", "scheme", "indicator"],
        "unique": True,
        "codes": ["province_code"],
        "compared_only": True,
        "rows": len(lines) - 1,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows_sha256": hashlib.sha256(b"\n".join([lines[0], *sorted(lines[1:])])).hexdigest(),
    }
    try:
        _list(name, content, entry)
    except DataError as error:
        raise DataError(str(error).replace(f"{name}.csv", file.name)) from None
    return name


def _agree(file: str, frame: pd.DataFrame) -> None:
    """Raise DataError where a table and one added before say two things of one province, year, scheme and indicator."""
    before = [name for name in data.catalogue() if name.startswith(f"{TABLE}_added")]
    for other in before:
        both = frame.merge(data.table(other), on=KEY, suffixes=("", "_before"))
        now, then = (
            (both[f"value{which}"].astype(float) * both[f"unit{which}"].map(YUAN).astype(float)).to_numpy()
            for which in ("", "_before")
        )
        for row in both[~np.isclose(now, then, rtol=1e-9, atol=0.0)].itertuples():
            place = f"{row.province_code} {row.year} {row.scheme} {row.indicator}"
            raise DataError(
                f"{file}: {place}: expected the value of {other}.csv, "
                f"{row.value_before:g} {row.unit_before}, got {row.value:g} {row.unit}"
            )


def _list(name: str, content: bytes, entry: dict[str, Any]) -> None:
    """Write a table and its entry in the catalogue; leave neither where the model refuses to read it."""
    place, told = data.folder(), yaml.safe_dump({name: entry}, allow_unicode=True, sort_keys=False)
    file, catalogue = place / f"{name}.csv", place / "catalogue.yaml"
    before = catalogue.read_bytes()
    try:
        file.write_bytes(content)
        with catalogue.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write("".join(f"  {line}\n" for line in told.splitlines()))
        with data.use(place):
            data.table(name)
    except BaseException:
        catalogue.write_bytes(before)
        file.unlink(missing_ok=True)
        raise


def _read(file: Path) -> tuple[bytes, pd.DataFrame]:
    """Return a table's bytes with line ends as LF, and its rows, checked."""
    try:
        content = file.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
        frame = pd.read_csv(file)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: expected a readable CSV table ({error})") from None
    if list(frame.columns) != list(COLUMNS):
        raise DataError(f"{file.name}: expected the columns {', '.join(COLUMNS)}")
    if content.count(b"\n") != len(frame) + 1:
        raise DataError(f"{file.name}: expected one line a row, found a line break inside a cell or an empty line")
    for column, allowed in (("unit", list(YUAN)), ("indicator", list(UNITS)), ("scheme", list(SCHEMES))):
        wrong = sorted(set(frame[column].astype(str)) - set(allowed))
        if wrong:
            raise DataError(f"{file.name}: {column} {wrong[0]!r}: expected one of {', '.join(allowed)}")
    for indicator, units in UNITS.items():
        wrong = sorted(set(frame[frame["indicator"] == indicator]["unit"]) - set(units))
        if wrong:
            raise DataError(f"{file.name}: unit {wrong[0]!r} of {indicator}: expected one of {', '.join(units)}")
    years = pd.api.types.is_integer_dtype(frame["year"])
    if not (years and _are_amounts(frame["value"])) or frame["source"].isna().any():
        raise DataError(f"{file.name}: expected a year, a number from 0 in value and a source in every row")
    last = datetime.date.today().year
    for year in frame[~frame["year"].between(FIRST, last)]["year"]:
        raise DataError(f"{file.name}: year {year}: expected a year from {FIRST} to {last}")
    known = known_provinces() | {0}
    for code in frame[~frame["province_code"].isin(known)]["province_code"]:
        raise DataError(
            f"{file.name}: province_code {code}: expected a province's code of GB/T 2260, or 0 for the nation"
        )
    return content, frame


def _are_amounts(values: pd.Series[Any]) -> bool:
    """Say whether all values are finite numbers, none below zero."""
    types = pd.api.types
    return types.is_numeric_dtype(values) and not types.is_bool_dtype(values) and bool(values.between(0, MOST).all())


def _status(content: bytes) -> dict[str, int]:
    """Return how many rows were seen in their source and how many were not."""
    verified = sum(line.rstrip().endswith(b",yes") for line in content.splitlines()[1:])
    return {"verified": verified, "recalled": len(content.splitlines()) - 1 - verified, "derived": 0}


if __name__ == "__main__":
    sys.exit(main())
