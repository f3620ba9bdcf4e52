"""What differs between the 358 pools and is not law: wages, incomes, price of care, employers' rates, extra subsidies.

Levels come from the tables of provinces; how far places inside a province differ is not published for recent years
and is assumed (`Spread`). Money is exact: only arithmetic that is the same on every machine decides it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from agents.numeric import exp, log, normal_quantile
from agents.units import MONTHS
from model import data, province_estimates
from model.errors import DataError
from model.shape import quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Fens = NDArray[np.int64]

FEN = 100  # fen in a yuan
PERCENT = 100
FIRST_BASE = 2023  # first year of the pension calculation bases in provinces.csv
INCOME_YEAR = 2023  # year of the provinces' incomes in provinces.csv
FINANCING_YEAR = 2023  # year of the published financing per resident in province_funds.csv
AREAS = ("rural", "urban")


@dataclass(frozen=True, slots=True)
class Spread:
    """How places differ, all assumed; the names are those of the group `places` of the assumptions."""

    last_base: int  # last year whose published contribution base is used
    last_income: int  # last year whose published national income is used
    wage_power: float  # wages of members against the pension base between provinces [elasticity]
    wage_local: float  # wage against GDP per head inside a province [elasticity]
    income_local: float  # disposable income against GDP per head inside a province [elasticity]
    level_limit: float  # largest gap of GDP per head to the province's mean that counts [log points]
    rural_catch_up: float  # growth of rural income above urban [share a year]
    bottom: float  # lowest income over the mean of the lowest fifth [ratio]
    top_power: int  # steepness of incomes within the highest fifth [coefficient]
    price_shrink: float  # share of a province's log gap in spending per member that is price [share]
    price_local: float  # price of care against GDP per head inside a province [elasticity]
    price_spread: float  # standard deviation of log prices of care inside a province [log points]
    extra_power: float  # extra resident subsidy against income between provinces [elasticity]
    extra_local: float  # extra resident subsidy against GDP per head inside a province [elasticity]
    extra_growth: float  # growth of extra subsidies [share a year]
    unpaid_share: float  # share of a published gap below the standards that is subsidy which does not come in [share]
    fund_interest: float  # interest on the resident pool inside published financing [share a year]
    province_share: float  # province's part of the subsidy that the centre does not pay [share]
    balance_tilt: float  # employee balances against wages beyond the wage bill [elasticity]
    employee_spread: float  # standard deviation of log employee balances among pools alike [log points]
    resident_spread: float  # standard deviation of log resident balances among pools alike [log points]

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Spread:
        """Build from a mapping of names to values, such as the group `places` of the assumptions.

        Errors: DataError if a name is missing or unknown.
        """
        names = {each.name for each in fields(cls)}
        if wrong := sorted(names ^ set(values)):
            raise DataError(f"places.{wrong[0]}: expected exactly the parameters {', '.join(sorted(names))}")
        whole = {each.name for each in fields(cls) if each.type == "int"}
        return cls(**{name: int(value) if name in whole else float(value) for name, value in values.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Growth:
    """Yearly growth of national wages and incomes; the rate of a year leads to it from the year before [share]."""

    first: int
    wage: tuple[float, ...]
    income: tuple[float, ...]

    @classmethod
    def sampled(cls, wage: Callable[[int], float], income: Callable[[int], float], first: int, last: int) -> Growth:
        """Ask two functions of the year for all rates from the first to the last year."""
        years = range(first, last + 1)
        return cls(first, tuple(float(wage(year)) for year in years), tuple(float(income(year)) for year in years))

    def factor(self, rates: tuple[float, ...], start: int, end: int) -> float:
        """Return the growth factor from one year to another, below one when going back [ratio]."""
        if end < start:
            return 1.0 / self.factor(rates, end, start)
        result = 1.0
        for year in range(start + 1, end + 1):
            if not 0 <= year - self.first < len(rates):
                raise DataError(f"growth in {year}: expected a year from {self.first} to {self.first + len(rates) - 1}")
            result *= 1.0 + rates[year - self.first]
        return result


@dataclass(frozen=True, slots=True)
class Places:
    """One year's levels by pool, index as in pools.csv; arrays are read-only."""

    year: int
    base_wage: Fens  # [pool] last year's average wage of the province, which bounds contribution bases [fen a year]
    wage: Fens  # [pool] this year's average wage of urban employees [fen a year]
    income: Fens  # [pool, rural/urban] disposable income per head [fen a year]
    shape: Floats  # [rural/urban, point] income relative to the mean at ranks 0, 1/64 … 1
    price: Floats  # [pool] price of care; the mean over the population is 1
    extra: Fens  # [pool] local subsidy of a resident above the national standard [fen a year]
    unpaid: Floats  # [pool] share of the national standard of the subsidy that does not come in
    province_share: float  # province's part of what the centre does not pay


@data.cached
def places(year: int, spread: Spread, growth: Growth) -> Places:
    """Return the levels of all pools in a year.

    Errors: DataError if growth does not reach the year.
    """
    wages = wages_of_year(year, spread, growth)
    result = Places(
        year=year,
        base_wage=np.round(FEN * _base(year, spread, growth)).astype(np.int64),
        wage=np.round(FEN * wages).astype(np.int64),
        income=np.round(FEN * _income(year, spread, growth)).astype(np.int64),
        shape=_shape(spread.bottom, spread.top_power),
        price=_price(spread).copy(),
        extra=np.round(FEN * extra_of_year(year, spread)).astype(np.int64),
        unpaid=_unpaid_by_province(spread)[data.province_index()],
        province_share=spread.province_share,
    )
    for each in fields(result):
        if isinstance(value := getattr(result, each.name), np.ndarray):
            value.setflags(write=False)
    return result


@data.cached
def people() -> Floats:
    """Return urban and all persons of the 2020 census by pool [pool, 2]."""
    result = np.asarray(data.by_pool("prefectures", ["urban_persons", "pop_census2020_persons"]), dtype=np.float64)
    result.setflags(write=False)
    return result


def living(levels: Places) -> Fens:
    """Return disposable income per head by pool, town and country weighted by the people of the census [fen a year]."""
    urban = people()[:, 0] / people()[:, 1]
    return np.round(levels.income[:, 0] * (1.0 - urban) + levels.income[:, 1] * urban).astype(np.int64)


@data.cached
def by_province(column: str) -> Floats:
    """Return a column of provinces.csv for each pool [pool]."""
    values = data.table("provinces")[column].to_numpy(dtype=np.float64)
    result = np.asarray(values[data.province_index()], dtype=np.float64)
    result.setflags(write=False)
    return result


def mean(values: Floats, weights: Floats) -> float:
    """Return a weighted mean; the sum is exact, so the order of rows does not matter [unit of the values]."""
    return math.fsum((values * weights).tolist()) / math.fsum(weights.tolist())


def level_in_province(relative: Floats, weights: Floats) -> Floats:
    """Scale relative levels so that every province's weighted mean is one."""
    result = relative.copy()
    index = data.province_index()
    for province in range(len(data.province_codes())):
        inside = index == province
        if math.fsum(weights[inside].tolist()) > 0:
            result[inside] = relative[inside] / mean(relative[inside], weights[inside])
    return result


def power(relative: Floats, elasticity: float) -> Floats:
    """Return positive numbers to a power, the same bits on every machine."""
    return np.array([exp(elasticity * log(float(value))) for value in relative], dtype=np.float64)


def scatter(salt: int, deviation: float) -> Floats:
    """Return lognormal factors with median one, fixed for ever by pool code and salt; no random generator [pool]."""
    codes = [int(code) for code in data.pools()["code"]]
    return np.array([exp(deviation * normal_quantile(_evenly(code, salt))) for code in codes], dtype=np.float64)


def _evenly(code: int, salt: int) -> float:
    """Return a number in (0, 1) from a code (SplitMix64, Steele and others 2014)."""
    mask = (1 << 64) - 1
    z = (code * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (((z ^ (z >> 31)) >> 12) + 0.5) / (1 << 52)


@data.cached
def _levels(limit: float) -> Floats:
    """Return log GDP per head (about 2010) against the mean of the province, cut at a limit [pool, log points].

    Where it is missing it is read off the urban share, by the slope between places inside provinces.
    """
    frame = data.table("prefectures")
    place = data.members()
    levels = np.full(len(data.pools()), np.nan)
    for code, product in zip(frame["prefecture_code"], frame["gdp_per_capita_circa_2010_yuan"], strict=True):
        if product > 0:
            levels[place[int(code)]] = log(float(product))
    urban, persons = people()[:, 0], people()[:, 1]
    share = urban / persons
    known = ~np.isnan(levels)
    index = data.province_index()
    gap, tilt = np.zeros(len(levels)), np.zeros(len(levels))
    for province in range(len(data.province_codes())):
        inside = index == province
        both = inside & known
        base = both if both.any() else inside
        tilt[inside] = share[inside] - mean(share[base], persons[base])
        if both.any():
            gap[both] = levels[both] - mean(levels[both], persons[both])
    slope = math.fsum((gap * tilt)[known].tolist()) / math.fsum((tilt * tilt)[known].tolist())
    return np.clip(np.where(known, gap, slope * tilt), -limit, limit)


def _relative(elasticity: float, local: Floats) -> Floats:
    """Return what an elasticity makes of the gaps in GDP per head [pool]."""
    return np.array([exp(elasticity * float(gap)) for gap in local], dtype=np.float64)


def _base(year: int, spread: Spread, growth: Growth) -> Floats:
    """Return last year's average wage by pool, the same in a whole province [yuan a year].

    Measured: the pension calculation base, a stand-in for the full-scope average wage of the year before.
    """
    known = min(max(year, FIRST_BASE), spread.last_base)
    factor = growth.factor(growth.wage, known - 1, year - 1)
    return np.asarray(MONTHS * factor * by_province(f"pension_base_{known}_yuan_per_month"), dtype=np.float64)


def wages_of_year(year: int, spread: Spread, growth: Growth) -> Floats:
    """Return the year's average wage by pool [yuan a year]."""
    return np.asarray(_base(year + 1, spread, growth) * _wages_beyond_base(spread) * _local_wages(spread))


@data.cached
def _wages_beyond_base(spread: Spread) -> Floats:
    """Return wages by province against the pension base; the nation's mean wage is that of the bases [pool]."""
    urban = people()[:, 0]
    base = by_province(f"pension_base_{FIRST_BASE}_yuan_per_month")
    beyond = power(base / mean(base, urban), spread.wage_power - 1.0)
    return np.asarray(beyond * (mean(base, urban) / mean(base * beyond, urban)), dtype=np.float64)


@data.cached
def _local_wages(spread: Spread) -> Floats:
    """Return wages by pool against the mean of the province."""
    return level_in_province(_relative(spread.wage_local, _levels(spread.level_limit)), people()[:, 0])


@data.cached
def _shape(bottom: float, top_power: int) -> Floats:
    """Return income relative to the mean by rank, rural and urban."""
    result = np.stack([quantiles(area, INCOME_YEAR, bottom, top_power) for area in AREAS])
    result.setflags(write=False)
    return result


def national_income(area: str, year: int, spread: Spread, growth: Growth) -> float:
    """Return disposable income per head, published where it is and projected before and after [yuan a year]."""
    means = _published_income(area, spread.last_income)
    known = min(max(year, min(means)), max(means))
    extra = spread.rural_catch_up if area == "rural" else 0.0
    rates = tuple(rate + extra for rate in growth.income)
    return float(means[known]) * growth.factor(rates, known, year)


@data.cached
def _published_income(area: str, last: int) -> dict[int, float]:
    """Return published disposable income per head by year, up to the last that may be used [yuan a year]."""
    frame = data.table("income_distribution")
    rows = frame[(frame["area"] == area) & (frame["group"] == "mean") & (frame["year"] <= last)]
    return dict(zip(rows["year"].tolist(), rows["value"].tolist(), strict=True))


def _income(year: int, spread: Spread, growth: Growth) -> Floats:
    """Return disposable income per head [pool, rural/urban; yuan a year]."""
    starts = [national_income(area, INCOME_YEAR, spread, growth) for area in AREAS]
    now = [national_income(area, year, spread, growth) for area in AREAS]
    return np.asarray(_local_income(spread) * (np.array(now) / np.array(starts)))


@data.cached
def _local_income(spread: Spread) -> Floats:
    """Return disposable income per head in the year of the provinces' table [pool, rural/urban; yuan a year]."""
    urban, persons = people()[:, 0], people()[:, 1]
    relative = _relative(spread.income_local, _levels(spread.level_limit))
    columns = [
        by_province(f"income_{INCOME_YEAR}_{area}_yuan") * level_in_province(relative, weights)
        for area, weights in zip(AREAS, (persons - urban, urban), strict=True)
    ]
    return np.stack(columns, axis=1)


@data.cached
def _price(spread: Spread) -> Floats:
    """Return the price of care by pool, its mean over the population one.

    A province's spending in 2019 against what its members by scheme would spend at national means, shrunk.
    """
    expected = np.zeros(len(data.province_codes()))
    for scheme, heads in province_estimates.members().items():
        expected = expected + heads * (province_estimates.totals()[scheme] / math.fsum(heads.tolist()))
    province = power(province_estimates.spending() / expected, spread.price_shrink)[data.province_index()]
    persons = people()[:, 1]
    inside = level_in_province(
        _relative(spread.price_local, _levels(spread.level_limit)) * scatter(1, spread.price_spread), persons
    )
    return np.asarray(province * inside / mean(province * inside, persons))


@data.cached
def resident_estimates() -> Floats:
    """Return residents insured by province in 2023: the estimates of 2019 scaled to the published total [persons]."""
    heads = province_estimates.members()["resident"]
    total = data.series("enrolment", "resident", unit="persons")[FINANCING_YEAR]
    return np.asarray(heads * (total / math.fsum(heads.tolist())), dtype=np.float64)


def usual_financing(spread: Spread) -> float:
    """Return what a resident of 2023 brought in where nothing extra is paid, interest included [yuan a year]."""
    individual = data.series("financing_standard_individual", "resident")[
        FINANCING_YEAR - 1
    ]  # pays the next year's cover
    subsidy = data.series("financing_standard_government_subsidy", "resident")[FINANCING_YEAR]
    balance = data.series("fund_cumulative_balance", "resident", unit="yuan")[FINANCING_YEAR - 1]
    return individual + subsidy + spread.fund_interest * balance / math.fsum(resident_estimates().tolist())


def _published_gaps(spread: Spread) -> tuple[Floats, NDArray[np.bool_]]:
    """Return financing per resident less the usual one in 2023 [31; yuan a year], and where it is published.

    Six provinces are (document 002); three of them lie below what the standards bring in.
    """
    own, known = province_estimates.published("financing_per_head", "resident", FINANCING_YEAR)
    return np.where(known, own - usual_financing(spread), 0.0), known


def _unpaid(gaps: Floats, spread: Spread) -> Floats:
    """Return the subsidy that does not come in: a published gap below the usual financing [31; yuan a year]."""
    return np.asarray(spread.unpaid_share * np.maximum(-gaps, 0.0))


@data.cached_few
def _unpaid_by_province(spread: Spread) -> Floats:
    """Return the share of the standard subsidy that does not come in, the same in all years [31]."""
    standard = data.series("financing_standard_government_subsidy", "resident")[FINANCING_YEAR]
    return _unpaid(_published_gaps(spread)[0], spread) / standard


def _extra_by_province(spread: Spread) -> Floats:
    """Return the extra subsidy of 2023 by province: the published gap above the usual financing [31; yuan a year].

    Where none is published, provinces share by income what the national total needs.
    """
    heads, (gaps, known) = resident_estimates(), _published_gaps(spread)
    income = data.series("fund_income", "resident", unit="yuan")[FINANCING_YEAR]
    extra = np.maximum(gaps, 0.0)
    told = usual_financing(spread) + extra - _unpaid(gaps, spread)
    provinces = data.table("provinces").sort_values("province_code")
    relative = provinces[f"income_{INCOME_YEAR}_all_yuan"].to_numpy(dtype=np.float64)
    shares = power(relative / relative.max(), spread.extra_power) * ~known
    needed = max(income - math.fsum((told * heads).tolist()), 0.0)
    return np.asarray(extra + shares * (needed / math.fsum((shares * heads).tolist())), dtype=np.float64)


def extra_of_year(year: int, spread: Spread) -> Floats:
    """Return the extra subsidy by pool, higher in richer places of a province [yuan a year]."""
    years = year - FINANCING_YEAR
    factor = math.prod([1.0 + spread.extra_growth] * abs(years))
    return _extra(spread) * (factor if years >= 0 else 1.0 / factor)


@data.cached
def _extra(spread: Spread) -> Floats:
    """Return the extra subsidy of 2023 by pool [yuan a year]."""
    inside = level_in_province(_relative(spread.extra_local, _levels(spread.level_limit)), people()[:, 1])
    return np.asarray(_extra_by_province(spread)[data.province_index()] * inside, dtype=np.float64)
