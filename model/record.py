"""What is written down of every year: tidy tables of money, members, care and measures, and the check of their sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.codes import Care, Scheme, Status, Work
from model.identities import check_identities
from model.ledger import FLOW_COLUMNS, FUND_COLUMNS, Columns
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
    CareItem.AWAY_COST: "away_cost_fen",
    CareItem.VISIT_COST: "visit_cost_fen",
}
CARE_COLUMNS = ("year", "province", "scheme", "status", "kind", "visits", *CARE_MONEY.values())
MEASURE_COLUMNS = ("year", "level", "unit", "measure", "value", "reason")
WORDS = {"fund", "status", "payer", "payee", "kind", "scheme", "work", "level", "unit", "measure", "reason"}
REALS = {"reserve_months", "value"}
SCHEME_OF_STATUS = np.array([Scheme.NONE, Scheme.EMPLOYEE, Scheme.EMPLOYEE, Scheme.RESIDENT])  # by Status
SCHEMES, WORKS, STATUSES, CARES = (
    np.array([code.name.lower() for code in kind], dtype=object) for kind in (Scheme, Work, Status, Care)
)
Codes = NDArray[np.int64]
Row = tuple[object, ...]


def arrays_of(columns: Columns) -> dict[str, NDArray[Any]]:
    """Return columns with the contract's types: words, whole numbers, months and values as reals."""
    rows = min(np.size(values) for values in columns.values() if np.ndim(values))
    data: dict[str, NDArray[Any]] = {}
    for name, values in columns.items():
        kind = object if name in WORDS else np.float64 if name in REALS else np.int64
        data[name] = np.asarray(np.broadcast_to(np.asarray(values, dtype=kind), rows))
    return data


def frame_of(columns: Columns) -> pd.DataFrame:
    """Return a table of columns."""
    return pd.DataFrame(arrays_of(columns))


class Table:
    """One table, year after year, with the frame made when asked for."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Start empty."""
        self.columns = tuple(columns)
        self._added: list[Columns | Callable[[], Columns]] = []
        self._frames: list[pd.DataFrame] = []

    def add(self, columns: Columns | Callable[[], Columns]) -> None:
        """Add what is told of one year, by column; what a function tells is asked once somebody reads it."""
        self._added.append(columns)

    def _told(self, place: int) -> Columns:
        """Return what was added at a place."""
        told = self._added[place]
        if callable(told):
            told = self._added[place] = told()
        return {name: told[name] for name in self.columns}

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add what is told of one year, by row."""
        told = list(rows)
        if told:
            self.add(dict(zip(self.columns, zip(*told))))

    def _make(self) -> None:
        self._frames += [frame_of(self._told(place)) for place in range(len(self._frames), len(self._added))]

    @property
    def last(self) -> dict[str, NDArray[Any]]:
        """Return what was added last, as arrays by column."""
        return arrays_of(self._told(-1) if self._added else dict.fromkeys(self.columns, ()))

    @property
    def frame(self) -> pd.DataFrame:
        """Return everything so far as a table."""
        self._make()
        return pd.concat(self._frames, ignore_index=True) if self._frames else frame_of(dict.fromkeys(self.columns, ()))


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

    def last(self, table: str) -> dict[str, NDArray[Any]]:
        """Return one table's rows of the year recorded last, as arrays by column."""
        found: Table = getattr(self, f"_{table}")
        return found.last

    def add_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Add rows of earlier years to one table, as they were read from disk."""
        found: Table = getattr(self, f"_{table}")
        found.add({str(name): frame[name].to_numpy() for name in frame.columns})

    def add_money(self, funds: Columns, flows: Columns) -> None:
        """Add a year's tables of the ledger."""
        self._funds.add(funds)
        self._flows.add(flows)

    def add_people(self, year: int, tally: Tally, weight: int, codes: Codes, provinces: Codes) -> None:
        """Add a year's members and care from the people's sums, with the codes of pools and of their provinces."""
        self._enrolment.add(partial(enrolment_columns, year, tally.enrolment.copy(), weight, codes))
        self._care.add(care_columns(year, tally, weight, provinces))

    def add_measures(self, rows: Iterable[Row]) -> None:
        """Add rows of (year, level, unit, measure, value, reason); an undefined value is NaN and has a reason."""
        self._measures.add_rows(rows)


def enrolment_columns(year: int, enrolment: Codes, weight: int, codes: Codes) -> Columns:
    """Return a year's enrolment by the prefecture that enrols, as in people and accounts, however wide its fund's area.

    Duplicates are memberships beyond the people who hold them.
    """
    pool, scheme, work = np.nonzero(reduce(np.bitwise_or, (enrolment[..., item] for item in EnrolmentItem)))
    counts = (enrolment[pool, scheme, work] * weight).T
    more = counts[EnrolmentItem.MEMBERS] - counts[EnrolmentItem.PEOPLE]
    duplicates = np.where(scheme == Scheme.NONE, 0, np.maximum(more, 0))
    values = (year, codes[pool], SCHEMES[scheme], WORKS[work], *counts[:2], duplicates, *counts[2:])
    return dict(zip(ENROLMENT_COLUMNS, values))


def care_columns(year: int, tally: Tally, weight: int, provinces: Codes) -> Columns:
    """Return a year's care, pools summed to provinces of insurance."""
    codes, place = np.unique(provinces, return_inverse=True)
    order = np.argsort(place, kind="stable")
    care = np.add.reduceat(tally.care[order], np.searchsorted(place[order], np.arange(len(codes)))) * weight
    province, status, kind = np.nonzero(care.any(axis=3))
    sums = care[province, status, kind].T
    labels = SCHEMES[SCHEME_OF_STATUS[status]], STATUSES[status], CARES[kind]
    values = (year, codes[province], *labels, sums[CareItem.VISITS], *(sums[item] for item in CARE_MONEY))
    return dict(zip(CARE_COLUMNS, values))


__all__ = ["Record", "check_identities"]
