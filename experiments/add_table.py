"""Add a table of funds by province: `python -m experiments.add_table FILE`; `validate` uses it at once.

The file is in the long format of province_funds.csv (one row a province, year, scheme and indicator: fund_income,
fund_expenditure, enrolment). It is checked, copied beside the model's tables and listed in their catalogue.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from experiments.command import Parser, in_one_line
from experiments.provinces import TABLE, YUAN
from model import data
from model.errors import DataError

COLUMNS = (
    "province_code", "name_en", "name_zh", "year", "scheme", "indicator", "value", "unit", "source", "source_type",
    "note", "verified",
)  # fmt: skip
INDICATORS = ("fund_income", "fund_expenditure", "enrolment")
SCHEMES = ("employee", "resident")
MOST = float(np.finfo(float).max)


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Add the table named and return the exit code."""
    parser = Parser(prog="python -m experiments.add_table", description=str(__doc__).splitlines()[0])
    parser.add_argument("file", type=Path)
    name = add(parser.parse_args(arguments).file)
    print(f"added {name}; `python -m experiments validate` compares with it")
    return 0


def add(file: Path) -> str:
    """Copy a table beside the model's and list it; return its name in the catalogue.

    Errors: DataError for a file that cannot be read, a wrong column, code, unit, indicator or scheme, or a name taken.
    """
    content = _read(file)
    letters = re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")
    if not letters:
        raise DataError(f"{file.name}: expected a name with a letter of a to z or a digit, which names the table")
    name = f"{TABLE}_added_{letters}"
    if name in data.catalogue():
        raise DataError(f"{file.name}: expected a new name, {name} is in the catalogue already")
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
        "rows": len(lines) - 1,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows_sha256": hashlib.sha256(b"\n".join([lines[0], *sorted(lines[1:])])).hexdigest(),
    }
    _list(name, content, entry)
    return name


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


def _read(file: Path) -> bytes:
    """Return a table's bytes with line ends as LF, checked."""
    try:
        content = file.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
        frame = pd.read_csv(file)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: expected a readable CSV table ({error})") from None
    if list(frame.columns) != list(COLUMNS):
        raise DataError(f"{file.name}: expected the columns {', '.join(COLUMNS)}")
    for column, allowed in (("unit", list(YUAN)), ("indicator", list(INDICATORS)), ("scheme", list(SCHEMES))):
        wrong = sorted(set(frame[column].astype(str)) - set(allowed))
        if wrong:
            raise DataError(f"{file.name}: {column} {wrong[0]!r}: expected one of {', '.join(allowed)}")
    years = pd.api.types.is_integer_dtype(frame["year"])
    if not (years and _are_amounts(frame["value"])) or frame["source"].isna().any():
        raise DataError(f"{file.name}: expected a year, a number from 0 in value and a source in every row")
    return content


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
