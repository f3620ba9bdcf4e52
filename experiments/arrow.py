"""Tables as Arrow keeps them: every column with its unit, those of people also with their meaning and codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

UNITS = {
    "year": "calendar year",
    "amount_fen": "fen",
    "reserve_months": "months of spending",
    "waiting_months": "months",
    "members": "persons and duplicate records",
    "visits": "visits",
    "age": "years",
    "value": "as named in measure",
    "weight": "persons a row stands for",
    "replications": "runs",
}
CODES = {"province", "prefecture", "hukou_prefecture"}
PERSONS = {"people", "duplicates", "entered", "lapsed", "returned", "waiting"}


def unit_of(column: str) -> str:
    """Return the unit of a column of the results."""
    if column in UNITS:
        return UNITS[column]
    if column.endswith("_fen"):
        return "fen"
    if column in CODES:
        return "administrative code"
    return "persons" if column in PERSONS else "label"


def to_arrow(frame: pd.DataFrame, more: Mapping[str, Mapping[str, str]] | None = None) -> pa.Table:
    """Return the frame as an Arrow table that carries a unit for every column, and what more is known of some."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    known = more or {}
    fields = [field.with_metadata({"unit": unit_of(field.name), **known.get(field.name, {})}) for field in table.schema]
    units = json.dumps({field.name: unit_of(field.name) for field in table.schema})
    return table.cast(pa.schema(fields, metadata={**(table.schema.metadata or {}), b"units": units.encode()}))


WORDS = {
    "year": "the year lived",
    "weight": "people of the nation for whom the row stands",
    "province": "province of the pool that insures the person, or would",
    "prefecture": "pool that insures the person, or would",
    "hukou_prefecture": "pool where the person is registered",
    "employer_fen": "paid for an employee by the employer or the unemployment fund",
    "subsidy_fen": "paid for a resident by the treasury",
    "maternity_fen": "maternity benefit of an employee for births of the year",
    "advised_stay": "whether a stay in hospital was advised this year, and taken",
    "used_care": "whether there was a visit, treatment of chronic illness or a stay this year",
    "critical_fen": "paid by critical illness cover (residents)",
    "large_sum_fen": "paid by large-sum cover (employees)",
}
"""Meanings of the columns of people that are no column of the model."""
LISTS: dict[str, dict[str, str]] = {
    "chronic": {"0": "none", "1": "mild", "2": "severe"},
    "used_care": {"0": "no care", "1": "care"},
    "urban": {"0": "lives in the country", "1": "lives in a town"},
}
"""Codes of the columns of people that are stored as numbers."""


def of_people() -> dict[str, dict[str, str]]:
    """Return the meaning of every column of the table of people, and the codes of those that have any, as JSON."""
    from agents.codes import Advice, Code, Scheme, Sex, Work
    from agents.person import PERSON

    kinds: dict[str, type[Code]] = {"sex": Sex, "work": Work, "scheme": Scheme, "advised_stay": Advice}
    named: dict[str, Any] = {name: {each.name.lower(): each.en for each in kind} for name, kind in kinds.items()}
    own = {name: column.meaning for name, column in PERSON.items()}
    ends = {f"{name}{end}": words for name, words in own.items() for end in ("_fen", "_months")}
    meanings = {**own, **ends, **WORDS}
    codes = {name: json.dumps(told) for name, told in {**named, **LISTS}.items()}
    return {
        name: {"meaning": words} | ({"codes": codes[name]} if name in codes else {}) for name, words in meanings.items()
    }
