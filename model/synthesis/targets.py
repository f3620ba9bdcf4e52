"""Published totals that the first population meets: members by scheme and kind of work, students, farmers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model import province_estimates
from model.data import by_pool, cached, province_codes, province_index, series, table
from model.data.pools import sum_by_pool
from model.demography import CENSUS, PERSONS, total_population
from model.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NATION = "0"  # codes of employment.csv are text
SAMPLE = 10  # the census's long form asks one person in ten
CLEANED = 2022  # the first of two years in which duplicate enrolment was cleaned
HALF = 0.5
WORKING = (20, 60)
RETIRED_FROM = 60
PUBLIC_SECTORS = ("public_administration", "education", "health_social_work")


def at(values: dict[int, float], year: int) -> float:
    """Return a series' value of a year: linear between years, carried on by the last growth [unit of the series].

    Before the first value the first is used.
    """
    years = sorted(values)
    if year <= years[0]:
        return values[years[0]]
    if year > years[-1]:
        if len(years) == 1:
            return values[years[-1]]
        growth = (values[years[-1]] / values[years[-2]]) - 1
        return values[years[-1]] * (1 + growth * (year - years[-1]) / (years[-1] - years[-2]))
    return float(np.interp(year, years, [values[y] for y in years]))


def known(values: dict[int, float], year: int) -> float:
    """Return the last value of a series up to a year, or the first: nothing later is used [unit of the series]."""
    before = [y for y in values if y <= year]
    return values[max(before) if before else min(values)]


def members(kind: str, year: int) -> float:
    """Return published members of the employee scheme at the end of a year, in 10 thousand, as persons [people]."""
    return at(series(f"enrolment_{kind}" if kind else "enrolment", "employee", unit="10k_persons"), year) * PERSONS


def share_of_members(kind: str, year: int) -> float:
    """Return the published share of a kind of work among members, the retired included."""
    total = series("enrolment", "employee", unit="10k_persons")
    part = series(f"enrolment_{kind}", "employee", unit="10k_persons")
    return known({y: value / total[y] for y, value in part.items() if y in total}, year)


def employee_totals(year: int, assumptions: Mapping[str, float]) -> dict[str, float]:
    """Return members of the employee scheme by work at the end of a year [persons].

    The bulletins count kinds of work with their retired; the retired's shares are assumptions.
    """
    active, retired = members("active", year), members("retired", year)
    total = active + retired
    public = known(series("enrolment_government_institutions", "employee", unit="10k_persons"), year) * PERSONS
    flexible = share_of_members("flexible_employment", year) * total
    public *= 1 - assumptions["synthesis.retired_share_public"]
    flexible *= 1 - assumptions["synthesis.retired_share_flexible"]
    unemployed = assumptions["synthesis.unemployed_on_benefit"]
    return {
        "active": active,
        "retired": retired,
        "public": public,
        "flexible": flexible,
        "unemployed": unemployed,
        "enterprise": active - public - flexible - unemployed,
    }


def resident_total(year: int, assumptions: Mapping[str, float]) -> float:
    """Return persons in the resident scheme: published records less duplicates (an assumption) [persons]."""
    records = at(series("enrolment", "resident", unit="10k_persons"), year) * PERSONS
    late = assumptions["synthesis.duplicates_from_2022"]
    early = assumptions["synthesis.duplicates_to_2021"]
    halfway = early + (late - early) * HALF
    return records - (early if year < CLEANED else halfway if year == CLEANED else late)


def uninsured_total(year: int, assumptions: Mapping[str, float]) -> float:
    """Return persons in no scheme at the end of a year [people].

    Errors: DataError if more are insured than live.
    """
    rest = total_population(year) - members("", year) - resident_total(year, assumptions)
    if rest < 0:
        raise DataError(f"national_series.csv: members of {year} exceed the population by {-rest:.0f}")
    return rest


@cached
def employed_in(sectors: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the census's employed of some industries by province, expanded from the long form [31] [people]."""
    frame = table("employment")
    wanted = frame["indicator"].isin([f"census_employed_{sector}" for sector in sectors])
    sums = frame[(frame["year"] == CENSUS) & wanted].groupby("code")["value"].sum()
    return np.array([float(sums[str(code)]) for code in province_codes()]) * SAMPLE


@cached
def national_count(indicator: str, year: int) -> float:
    """Return a national count of employment.csv in 10 thousand, interpolated, as persons."""
    frame = table("employment")
    rows = frame[(frame["code"] == NATION) & (frame["indicator"] == indicator)]
    values = {int(y): float(v) for y, v in zip(rows["year"], rows["value"], strict=True)}
    if not values:
        raise DataError(f"employment.csv: indicator {indicator!r}: expected national rows")
    return at(values, year) * PERSONS


def students(year: int) -> float:
    """Return full-time students of universities and colleges, graduate students included [persons]."""
    reference = 2023  # the year in which both are published
    full = national_count("students_full_time_undergraduate_and_college", reference)
    full += national_count("students_graduate_students", reference)
    forms = "students_higher_education_all_forms"
    return full * national_count(forms, year) / national_count(forms, reference)


def province_members(assumptions: Mapping[str, float], people: NDArray[np.float64], year: int) -> NDArray[np.float64]:
    """Return active and retired members by province [2, 31], adding up to the published totals [people].

    All members: the estimates of 2019, shrunk towards people employed outside agriculture. The retired's part
    rises with the province's people of 60 and over per person of working age.
    """
    estimate = province_estimates.members()["employee"]
    outside = employed_in(("total",)) - employed_in(("agriculture",))
    trust = assumptions["synthesis.trust_in_province_estimates"]
    share = trust * estimate / estimate.sum() + (1 - trust) * outside / outside.sum()
    place = province_index()
    working = np.bincount(place, working_age(people))
    old = np.bincount(place, people[:, :, RETIRED_FROM:].sum(axis=(1, 2)))
    active, retired = members("active", year), members("retired", year)
    result = np.stack([share * active, share * retired * (old / working)])
    for _ in range(SAMPLE):
        result *= (np.array([active, retired]) / result.sum(axis=1))[:, None]
        result *= share * (active + retired) / result.sum(axis=0)
    return np.asarray(result * (np.array([active, retired]) / result.sum(axis=1))[:, None], dtype=np.float64)


def working_age(people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the people of working age by pool [people]."""
    return np.asarray(people[:, :, WORKING[0] : WORKING[1]].sum(axis=(1, 2)))


def among_pools(province: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return provinces' totals divided among their pools by weight [358; unit of the totals]."""
    place = province_index()
    return np.asarray(weight * (province / np.bincount(place, weight))[place], dtype=np.float64)


def active_by_pool(assumptions: Mapping[str, float], people: NDArray[np.float64], year: int) -> NDArray[np.float64]:
    """Return members at work by pool [people]: provinces' totals by people of working age outside agriculture."""
    active, _ = province_members(assumptions, people, year)
    return among_pools(active, working_age(people) * (1 - agriculture_share()))


@cached
def agriculture_share() -> NDArray[np.float64]:
    """Return the share of agriculture in each pool's employment (census 2020) [358]."""
    frame = table("prefectures")[
        ["prefecture_code", "agriculture_share_of_employment_percent", "pop_census2020_persons"]
    ]
    percent = frame["agriculture_share_of_employment_percent"]
    frame = frame.assign(
        farming=percent.fillna(0) * frame["pop_census2020_persons"] / 100,
        asked=percent.notna() * frame["pop_census2020_persons"],
    )
    farming, asked = sum_by_pool(frame, "prefecture_code", ["farming", "asked"]).T
    total = by_pool("prefectures", ["pop_census2020_persons"])[:, 0]
    return np.asarray(np.where(asked > 0, farming / np.maximum(asked, 1), 0.0) * (total > 0), dtype=np.float64)
