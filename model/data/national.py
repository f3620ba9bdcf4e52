"""One measured national value a year, chosen among several by a stated order of sources."""

from __future__ import annotations

from model.data.catalogue import cached, table
from model.errors import DataError

SOURCES = (
    "nhsa_bulletin",  # the annual bulletin, final
    "derived",  # computed from bulletin values, formula in the note
    "nhsa_data_bank",
    "seed",  # the project's source documents
    "policy_notice",
    "nhc_bulletin",
    "nbs_province_sum",
    "image_table",  # transcribed from a picture
    "nhsa_quick_report",  # preliminary
    "recalled",
)
FINAL_FIRST = {"fund_cumulative_balance": ("recalled", "nhsa_quick_report")}
"""Indicators whose changes from year to year matter, so that a recalled final figure comes before a preliminary one."""
BASE = {  # number of base units in a unit
    "100m_yuan": ("yuan", 100_000_000),
    "yuan": ("yuan", 1),
    "100m_persons": ("persons", 100_000_000),
    "10k_persons": ("persons", 10_000),
    "persons": ("persons", 1),
    "100m_visits": ("visits", 100_000_000),
    "10k_visits": ("visits", 10_000),
}
FEN = 100  # fen in a yuan


@cached
def series(
    indicator: str, scheme: str, prefer: tuple[str, ...] | None = None, unit: str | None = None
) -> dict[int, float]:
    """Return a national indicator by year; of several values a year the source first in `prefer` wins.

    Without `prefer` the order is that of `SOURCES`, but for `FINAL_FIRST`. Values are in `unit`; without one, in the
    unit that has most rows. Sources not in `prefer` are left out.
    Errors: DataError if the table has no such indicator and scheme, or the unit cannot be converted.
    """
    return {year: value for year, (value, _) in _chosen(indicator, scheme, prefer, unit).items()}


@cached
def origin(indicator: str, scheme: str, prefer: tuple[str, ...] | None = None) -> dict[int, str]:
    """Return which series the value of `series` comes from, by year."""
    return {year: source for year, (_, source) in _chosen(indicator, scheme, prefer, None).items()}


def _order(indicator: str) -> tuple[str, ...]:
    """Return the order in which the sources of an indicator are preferred."""
    last = FINAL_FIRST.get(indicator, ())
    return (*(source for source in SOURCES if source not in last), *last)


def _chosen(
    indicator: str, scheme: str, prefer: tuple[str, ...] | None, unit: str | None
) -> dict[int, tuple[float, str]]:
    """Return the value of every year and the series it was taken from."""
    prefer = _order(indicator) if prefer is None else prefer
    frame = table("national_series")
    rows = frame[(frame["indicator"] == indicator) & (frame["scheme"] == scheme) & frame["series"].isin(list(prefer))]
    if rows.empty:
        raise DataError(f"national_series.csv: indicator {indicator!r} of scheme {scheme!r}: expected at least one row")
    counts = rows["unit"].value_counts()
    wanted = unit or min(counts.index, key=lambda name: (-int(counts[name]), str(name)))
    place = {name: rank for rank, name in enumerate(prefer)}
    best: dict[int, tuple[int, int, float]] = {}
    for year, value, found, source in zip(rows["year"], rows["value"], rows["unit"], rows["series"], strict=True):
        # coarser units are rounded (13.27 hundred million persons), so they come last within a source
        candidate = (place[source], int(found != wanted), _convert(float(value), found, str(wanted)))
        year = int(year)
        if year not in best or candidate[:2] < best[year][:2]:
            best[year] = candidate
    return {year: (best[year][2], prefer[best[year][0]]) for year in sorted(best)}


def fen(hundred_million_yuan: float) -> int:
    """Return an amount of 100 million yuan, as the bulletins print it [fen]."""
    return round(round(hundred_million_yuan * FEN) * BASE["100m_yuan"][1])


def _convert(value: float, unit: str, wanted: str) -> float:
    """Convert between units of one kind."""
    if unit == wanted:
        return value
    if unit not in BASE or wanted not in BASE or BASE[unit][0] != BASE[wanted][0]:
        raise DataError(f"national_series.csv: unit {unit}: expected one that converts to {wanted}")
    return value * BASE[unit][1] / BASE[wanted][1]
