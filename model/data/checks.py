"""What a table must satisfy, as its catalogue entry declares; one line of error each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from model.errors import DataError

HUNDRED_COUNTIES = 10_000  # a division's first two digits of six are its province (GB/T 2260)


def check(
    file: str, frame: pd.DataFrame, entry: dict[str, Any], provinces: frozenset[int], divisions: frozenset[int]
) -> None:
    """Hold a table to its catalogue entry.

    Errors: DataError naming the file, the column and what was expected.
    """
    _columns(file, frame, entry)
    _rows(file, frame, entry)
    for column in entry.get("codes", []):
        _codes(file, frame, column, provinces, entry.get("words", []))
    for column in entry.get("divisions", []):
        _known(file, frame, column, divisions)
    for column in entry.get("non_negative", []):
        _non_negative(file, frame, column)
    for rule in entry.get("sums", []):
        _sums(file, frame, rule)
    if entry.get("unique"):
        _unique(file, frame, [str(key) for key in entry["keys"]])


def _columns(file: str, frame: pd.DataFrame, entry: dict[str, Any]) -> None:
    """Require every column the entry names."""
    named = [
        *entry["keys"],
        *(c for part in ("codes", "divisions", "non_negative", "text") for c in entry.get(part, [])),
    ]
    for column in named:
        if column not in frame.columns:
            raise DataError(f"{file}: {column} is missing: expected a column of that name")


def _rows(file: str, frame: pd.DataFrame, entry: dict[str, Any]) -> None:
    """Require the declared number of rows."""
    if len(frame) != entry["rows"]:
        raise DataError(f"{file}: {len(frame)} rows: expected {entry['rows']}")


def _numbers(file: str, frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return a column as numbers."""
    try:
        return pd.to_numeric(frame[column])
    except (ValueError, TypeError) as error:
        raise DataError(f"{file}: {column} holds text: expected numbers ({error})") from error


def _codes(file: str, frame: pd.DataFrame, column: str, provinces: frozenset[int], words: list[str]) -> None:
    """Require codes of divisions inside known provinces; 0 is the nation; declared words stand for groups."""
    codes = _numbers(file, frame[~frame[column].isin(words)], column)
    stems = codes // HUNDRED_COUNTIES * HUNDRED_COUNTIES
    wrong = codes[~stems.isin(sorted(provinces)) & (codes != 0)]
    if len(wrong):
        raise DataError(f"{file}: {column} {wrong.iloc[0]} lies in no known province: expected a code of GB/T 2260")


def _known(file: str, frame: pd.DataFrame, column: str, divisions: frozenset[int]) -> None:
    """Require codes that the table of prefectures lists."""
    codes = _numbers(file, frame, column)
    wrong = codes[~codes.isin(sorted(divisions))]
    if len(wrong):
        raise DataError(f"{file}: {column} {wrong.iloc[0]} is no known division: expected a code of prefectures.csv")


def _non_negative(file: str, frame: pd.DataFrame, column: str) -> None:
    """Require numbers of zero or more; blanks are allowed."""
    values = _numbers(file, frame, column)
    if (values < 0).any():
        raise DataError(f"{file}: {column} is {values.min()} in one row: expected zero or more")


def _sums(file: str, frame: pd.DataFrame, rule: dict[str, Any]) -> None:
    """Require that parts add up to their total in every row."""
    total, prefixes = str(rule["total"]), tuple(str(prefix) for prefix in rule["prefixes"])
    parts = [column for column in frame.columns if column.startswith(prefixes) and column != total]
    for column in parts:
        _non_negative(file, frame, column)
    gap = frame[parts].sum(axis="columns") - _numbers(file, frame, total)
    if (gap != 0).any():
        row = frame.loc[gap.ne(0)].iloc[0]
        raise DataError(
            f"{file}: {total} is {row[total]} for {row.iloc[0]}: expected the sum of its parts, {row[parts].sum()}"
        )


def _unique(file: str, frame: pd.DataFrame, keys: list[str]) -> None:
    """Require one row a key."""
    twice = frame[frame.duplicated(keys)]
    if len(twice):
        found = ", ".join(str(value) for value in twice.iloc[0][keys])
        raise DataError(f"{file}: {' + '.join(keys)} {found} appears twice: expected one row each")
