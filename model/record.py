"""What is written down of every year: tidy tables of money, members, care and measures, and the check of their sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from agents.codes import Care, Scheme, Status, Work
from model.identities import check_identities
from model.ledger import FLOW_COLUMNS, FUND_COLUMNS, Row
from model.phases.tally import CareItem, EnrolmentItem, Tally

ENROLMENT_COLUMNS = (
    "year",
    "prefecture",
    "scheme",
    "work",
    "people",
    "members",
    "duplicates",
    "entered",
    "lapsed",
    "returned",
    "waiting",
)
CARE_MONEY = {
    CareItem.COST: "cost_fen",
    CareItem.BASIC: "basic_fen",
    CareItem.CRITICAL: "critical_fen",
    CareItem.LARGE_SUM: "large_sum_fen",
    CareItem.ASSISTANCE: "assistance_fen",
    CareItem.OWN_ACCOUNT: "own_account_fen",
    CareItem.FAMILY_ACCOUNT: "family_account_fen",
    CareItem.SELF_PAY: "self_pay_fen",
}
CARE_COLUMNS = ("year", "province", "scheme", "status", "kind", "visits", *CARE_MONEY.values())
MEASURE_COLUMNS = ("year", "level", "unit", "measure", "value")
WORDS = {"fund", "status", "payer", "payee", "kind", "scheme", "work", "level", "unit", "measure"}
REALS = {"reserve_months", "value"}
SCHEME_OF_STATUS = {
    Status.NONE: Scheme.NONE,
    Status.ACTIVE: Scheme.EMPLOYEE,
    Status.RETIRED: Scheme.EMPLOYEE,
    Status.RESIDENT: Scheme.RESIDENT,
}
SCHEMES, WORKS, STATUSES, CARES = ([code.name.lower() for code in kind] for kind in (Scheme, Work, Status, Care))


def frame_of(columns: Sequence[str], rows: Sequence[Row]) -> pd.DataFrame:
    """Return a tidy table with the contract's columns and types: words, whole numbers, months and values as reals."""
    data: dict[str, Any] = {}
    values = list(zip(*rows)) if rows else [()] * len(columns)
    for name, column in zip(columns, values):
        kind = object if name in WORDS else np.float64 if name in REALS else np.int64
        data[name] = np.array(column, dtype=kind)
    return pd.DataFrame(data, columns=list(columns))


class Table:
    """Rows of one table, with the frame made when asked for."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Start empty."""
        self.columns = tuple(columns)
        self._rows: list[Row] = []
        self._frame: pd.DataFrame | None = None

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows of one year."""
        self._rows.extend(rows)
        self._frame = None

    @property
    def frame(self) -> pd.DataFrame:
        """Return all rows so far as a table."""
        if self._frame is None:
            self._frame = frame_of(self.columns, self._rows)
        return self._frame


class Record:
    """The tables of a run so far; money in fen and counts are multiplied by the weight."""

    def __init__(self) -> None:
        """Start with empty tables."""
        self._funds = Table(FUND_COLUMNS)
        self._flows = Table(FLOW_COLUMNS)
        self._enrolment = Table(ENROLMENT_COLUMNS)
        self._care = Table(CARE_COLUMNS)
        self._measures = Table(MEASURE_COLUMNS)

    @property
    def funds(self) -> pd.DataFrame:
        """One row for every ledger held and year."""
        return self._funds.frame

    @property
    def flows(self) -> pd.DataFrame:
        """Every flow of money, summed by payer, payee and kind."""
        return self._flows.frame

    @property
    def enrolment(self) -> pd.DataFrame:
        """Members and their changes by prefecture, scheme and work."""
        return self._enrolment.frame

    @property
    def care(self) -> pd.DataFrame:
        """Visits, cost and payers by province of insurance, scheme, status and kind of care."""
        return self._care.frame

    @property
    def measures(self) -> pd.DataFrame:
        """Measures by year, level and unit."""
        return self._measures.frame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {name: getattr(self, name) for name in ("funds", "flows", "enrolment", "care", "measures")}

    def add_money(self, funds: Iterable[Row], flows: Iterable[Row]) -> None:
        """Add a year's rows of the ledger."""
        self._funds.add(funds)
        self._flows.add(flows)

    def add_people(self, year: int, tally: Tally, weight: int, pools: Any) -> None:
        """Add a year's members and care from the people's sums."""
        self._enrolment.add(enrolment_rows(year, tally, weight, pools["code"].tolist()))
        self._care.add(care_rows(year, tally, weight, pools["province"].to_numpy()))

    def add_measures(self, rows: Iterable[Row]) -> None:
        """Add rows of (year, level, unit, measure, value)."""
        self._measures.add(rows)


def enrolment_rows(year: int, tally: Tally, weight: int, codes: Sequence[int]) -> list[Row]:
    """Return a year's enrolment rows; duplicates are memberships beyond the people who hold them."""
    counts = tally.enrolment * weight
    rows: list[Row] = []
    for pool, scheme, work in zip(*(axis.tolist() for axis in np.nonzero(counts.any(axis=3)))):
        row = counts[pool, scheme, work].tolist()
        duplicates = row[EnrolmentItem.MEMBERS] - row[EnrolmentItem.PEOPLE] if scheme != Scheme.NONE else 0
        label = SCHEMES[scheme], WORKS[work]
        rows.append((year, codes[pool], *label, *row[:2], max(0, duplicates), *row[2:]))
    return rows


def care_rows(year: int, tally: Tally, weight: int, provinces: Any) -> list[Row]:
    """Return a year's care rows, pools summed to provinces of insurance."""
    codes, place = np.unique(provinces, return_inverse=True)
    care = np.zeros((len(codes), *tally.care.shape[1:]), np.int64)
    np.add.at(care, place, tally.care * weight)
    rows: list[Row] = []
    for province, status, kind in zip(*(axis.tolist() for axis in np.nonzero(care.any(axis=3)))):
        row = care[province, status, kind].tolist()
        labels = SCHEME_OF_STATUS[status].name.lower(), STATUSES[status], CARES[kind]
        rows.append((year, int(codes[province]), *labels, row[CareItem.VISITS], *(row[item] for item in CARE_MONEY)))
    return rows


__all__ = ["Record", "check_identities"]
