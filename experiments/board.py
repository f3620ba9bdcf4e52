"""The board: every published target beside the simulated value, what is wrong first."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from experiments.gauges import mean_and_interval
from experiments.national import FEN_PER_BILLION, PERCENT, TEN_THOUSAND, published
from experiments.outcomes import style
from model import data
from model.errors import DataError

FILE = Path(__file__).resolve().parent / "board.yaml"
FIELDS = (
    "target", "year", "published", "simulated", "low", "high", "sample", "band", "holds", "naive_growth", "naive_trend",
    "error", "unit", "kind", "weight", "mark", "source", "name", "zh",
)  # fmt: skip
MARKS = {"recalled": "recalled", "derived": "derived", "image_table": "transcribed"}
"""What series of national_series.csv are marked as; all others are published."""
HISTORY, HISTORY_NAME = "_from_2019", " (run from 2019)"
ZH_HISTORY = "（自2019年运行）"
LAST = 2024
AGREEMENT = "agreement_"  # begins the names of rows that hold one run to another
Gauges = Mapping[int, Sequence[Mapping[str, float]]]
"""By year, what each seed's world says."""
Row = dict[str, Any]


@functools.cache
def terms() -> dict[str, Any]:
    """Return the board's file, checked: every target has a source, a kind, a unit and two names.

    Errors: DataError naming the target and what was expected.
    """
    content: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    check_targets(content)
    return content


def check_targets(content: Mapping[str, Any]) -> None:
    """Refuse a target without a source, a class or kind, or a name in one of the two languages."""
    for name, target in content["targets"].items():
        if not any(target.get(key) for key in ("rows", "vital", "source")):
            raise DataError(f"{FILE.name}: {name}: expected a source: rows, vital or source")
        if "class" in target and target["class"] not in content["classes"]:
            raise DataError(f"{FILE.name}: {name}: class {target['class']}: expected one of {list(content['classes'])}")
        missing = [key for key in ("en", "zh", "informs") if key not in target]
        missing += [key for key in ("kind", "unit", "weight") if key not in target and "class" not in target]
        if missing:
            raise DataError(f"{FILE.name}: {name}: expected {missing[0]}")


def of_class(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target with what its class says."""
    return {**terms()["classes"].get(target.get("class"), {}), **target}


@functools.cache
def all_published() -> dict[str, dict[int, float]]:
    """Return every target's published values by year, in the board's units, shares as shares."""
    totals = published(LAST)
    totals |= _shares_of_cost(totals)
    return {name: _values(name, of_class(target), totals) for name, target in terms()["targets"].items()}


def _values(name: str, target: Mapping[str, Any], totals: Mapping[str, dict[int, float]]) -> dict[int, float]:
    if "vital" in target:
        return _vital(target["vital"])
    if "value" in target:
        return {int(year): float(value) for year, value in target["value"].items()}
    if "between" in target:
        ends = {int(year): [end for end in pair if end is not None] for year, pair in target["between"].items()}
        return {year: float(sum(pair) / len(pair)) for year, pair in ends.items()}
    if name in totals:
        return totals[name]
    unit = target["unit_of"]
    scale = {
        "percent": PERCENT,
        "10k_visits": TEN_THOUSAND,
        "yuan": FEN_PER_BILLION / style()["fen_per_yuan"],
        "ratio": 1,
    }[unit]
    indicator, scheme = target["rows"][0]
    return {year: value / scale for year, value in data.series(indicator, scheme, unit=unit).items()}


def _vital(indicator: str) -> dict[int, float]:
    """Return a national count of people by year [million]."""
    frame = data.table("vital_series")
    rows = frame[(frame["code"] == 0) & (frame["indicator"] == indicator)]
    scale = style()["million"] / style()["ten_thousand"]
    return {int(year): float(value) / scale for year, value in zip(rows["year"], rows["value"], strict=True)}


def _shares_of_cost(totals: Mapping[str, dict[int, float]]) -> dict[str, dict[int, float]]:
    """Return the shares of medical cost that the funds paid, where all parts are published."""
    whole, own, shared = totals["employee_cost"], totals["account_spending"], totals["shared"]
    pool, maternity = totals["pool_spending"], totals["maternity"]
    resident, paid = totals["resident_cost"], totals["resident_spending"]
    outside = {}
    for scheme, cost in (("employee", whole), ("resident", resident)):
        away = data.series("out_of_area_cost", scheme)
        outside[f"out_of_area_{scheme}"] = {y: away[y] / (cost[y] * 10) for y in cost if y in away}
    return outside | {
        "pool_share_of_cost": {year: (pool[year] - maternity[year]) / whole[year] for year in whole},
        "account_share_of_cost": {year: (own[year] - shared[year]) / whole[year] for year in whole if year in shared},
        "resident_share_of_cost": {year: paid[year] / resident[year] for year in resident},
    }


def mark_of(target: Mapping[str, Any], year: int) -> str:
    """Return how a target's value of a year is known: published, transcribed, derived, recalled, prior, estimate."""
    if "mark" in target:
        return str(target["mark"])
    if year in target.get("derived", ()):
        return "derived"
    found = [MARKS.get(data.origin(*row).get(year, ""), "published") for row in target.get("rows", ())]
    return min(found, key=lambda mark: float(terms()["weight_of"][mark]), default="published")


def source_of(target: Mapping[str, Any], year: int) -> str:
    """Return where a target's value of a year stands."""
    if "rows" not in target:
        return str(target.get("source") or f"vital_series.csv: {target['vital']}")
    told = [f"{name} {scheme} ({data.origin(name, scheme).get(year, 'worked out')})" for name, scheme in target["rows"]]
    return "national_series.csv: " + "; ".join(told)


def sample_of(target: Mapping[str, Any], year: int) -> str:
    """Say whether a value may have moved a parameter (in) or not (out)."""
    first, last = terms()["fitted"]
    return str(target.get("sample", {}).get(year, "in" if first <= year <= last else "out"))


def band_of(target: Mapping[str, Any], year: int) -> float | None:
    """Return how far a value may lie off; a range that is aimed at has none."""
    first, last = terms()["epidemic"]
    if "band" not in target:
        return None
    if year > terms()["fitted"][1]:
        return float(target.get("ahead", target["band"]))
    return float(target.get("epidemic", target["band"]) if first <= year <= last else target["band"])


def error_of(kind: str, value: float, wanted: float) -> float:
    """Return an error in points, or as a share of the published value."""
    return value - wanted if kind == "points" else value / wanted - 1.0


def naive(kind: str, values: Mapping[int, float], year: int) -> tuple[float | None, float | None]:
    """Return the errors of two forecasts from the last fitted year: no growth, and the growth of four years.

    The trend is the mean yearly growth (for rates the mean yearly change) from the first of the last four years that is
    published to the last fitted year; without two years there is none.
    """
    last = int(terms()["fitted"][1])
    if last not in values or year <= last:
        return None, None
    base, wanted = values[last], values[year]
    same = error_of(kind, base, wanted)
    first = min((one for one in values if last - terms()["trend_years"] <= one < last), default=None)
    if first is None:
        return same, None
    ahead = (year - last) / (last - first)
    trend = base + (base - values[first]) * ahead if kind == "points" else base * (base / values[first]) ** ahead
    return same, error_of(kind, trend, wanted)


def rows(told: Gauges, history: bool = False) -> list[Row]:
    """Return a row for every target and year that was lived; `history` names the run that began in 2019."""
    result = []
    for name, target in terms()["targets"].items():
        for year, wanted in all_published()[name].items():
            if year in told:
                result.append(row(name, of_class(target), year, wanted, told[year]))
                if history and year > terms()["fitted"][1]:
                    result[-1] |= {
                        "target": name + HISTORY,
                        "name": result[-1]["name"] + HISTORY_NAME,
                        "zh": result[-1]["zh"] + ZH_HISTORY,
                    }
    return result


def row(name: str, target: Mapping[str, Any], year: int, wanted: float, seeds: Sequence[Mapping[str, float]]) -> Row:
    """Return one row: a target that no world tells is a target missed."""
    kind, mark = target["kind"], mark_of(target, year)
    key = target.get("gauge", name)
    known = [seed[key] for seed in seeds if key in seed and math.isfinite(seed[key])]
    middle, low, high = mean_and_interval(known) if known else (None, None, None)
    sample = sample_of(target, year)
    growth, trend = naive(kind, all_published()[name], year) if sample == "out" else (None, None)
    ends = target.get("between", {}).get(year)
    band = band_of(target, year)
    error = None if middle is None else _miss(middle, ends) if ends else error_of(kind, middle, wanted)
    return {
        "target": name, "year": year, "published": wanted, "simulated": middle, "low": low, "high": high,
        "sample": sample, "band": band, "holds": error is not None and abs(error) <= (0.0 if ends else band or 0.0),
        "naive_growth": growth, "naive_trend": trend, "error": error, "unit": target["unit"], "kind": kind,
        "weight": target["weight"] * terms()["weight_of"][mark], "mark": mark, "source": source_of(target, year),
        "name": target["en"], "zh": target["zh"],
    }  # fmt: skip


def _miss(value: float, ends: Sequence[float | None]) -> float:
    """Return how far a value lies outside a range, as a share of the end it passed."""
    low, high = ends
    if low is not None and value < low:
        return value / low - 1.0
    return value / high - 1.0 if high is not None and value > high else 0.0


def judged(board: Sequence[Row], history: bool = False) -> list[Row]:
    """Return two lines that sum up the year not fitted: money by fund against the better naive forecast.

    `history` chooses the run that began in 2019, which has lived the years from which forecasts start.
    """
    end, name, zh = (HISTORY, HISTORY_NAME, ZH_HISTORY) if history else ("", "", "")
    targets = {key + end: target for key, target in terms()["targets"].items() if of_class(target).get("judged")}
    chosen = []
    for each in board:
        naives = [abs(each[key]) for key in ("naive_growth", "naive_trend") if each[key] is not None]
        if each["target"] in targets and each["sample"] == "out" and naives and each["error"] is not None:
            chosen.append(abs(each["error"]) / max(min(naives), float(np.finfo(float).tiny)))
    if not chosen:
        return []
    nearer = sum(ratio < 1 for ratio in chosen) / len(chosen)
    base: Row = {"year": LAST, "low": None, "high": None, "sample": "out", "naive_growth": None, "naive_trend": None}
    base |= {"weight": 1.0, "mark": "published", "source": "the rows of income and spending by fund", "band": None}
    line = base | {"target": f"nearer_than_naive{end}", "published": 2 / 3, "simulated": nearer, "unit": "per cent"}
    line |= {"kind": "least", "holds": nearer >= 2 / 3, "error": min(0.0, nearer * 3 / 2 - 1)}
    line |= {
        "name": f"money of 2024 nearer than the better naive forecast{name}",
        "zh": f"2024年收支预测优于较好朴素预测的比例{zh}",
    }
    worst = base | {"target": f"worst_against_naive{end}", "published": 2.0, "simulated": max(chosen), "unit": "ratio"}
    worst |= {"kind": "most", "holds": max(chosen) <= 2, "error": max(0.0, max(chosen) / 2 - 1)}
    worst |= {
        "name": f"largest error of money of 2024 over the better naive forecast's{name}",
        "zh": f"2024年最大误差与较好朴素预测误差之比{zh}",
    }
    return [line, worst]


def agreement(early: Sequence[Mapping[str, float]], late: Sequence[Mapping[str, float]]) -> list[Row]:
    """Return how far the run from 2020 lies from the run from 2024 in 2024, seed by seed; the contract asks for 3 %."""
    result = []
    for name, target in terms()["targets"].items():
        spec = of_class(target)
        if not name.endswith(("_income", "_spending", "_balance")) or spec["kind"] != "share":
            continue
        ratios = [one[name] / two[name] for one, two in zip(early, late, strict=True) if name in one and name in two]
        if not ratios:
            continue
        middle, low, high = mean_and_interval(ratios)
        result.append({
            "target": f"{AGREEMENT}{name}", "year": LAST, "published": 1.0, "simulated": middle, "low": low,
            "high": high, "sample": "out", "band": 0.03, "holds": abs(middle - 1) <= 0.03, "naive_growth": None,
            "naive_trend": None, "error": middle - 1, "unit": "ratio", "kind": "share", "weight": 1.0,
            "mark": "estimate", "source": "the run from 2020 over the run from 2024",
            "name": f"run from 2020 over run from 2024: {target['en']}",
            "zh": f"2020年起运行与2024年起运行之比：{target['zh']}",
        })  # fmt: skip
    return result


def ordered(board: Sequence[Row]) -> list[Row]:
    """Return the rows with what is wrong first: not simulated, then the largest error in bands."""

    def badness(each: Row) -> float:
        if each["error"] is None:
            return math.inf
        return float(abs(each["error"]) / (each["band"] or 0.05))

    return sorted(board, key=lambda each: (each["holds"], -badness(each), each["target"], each["year"]))


def frame(board: Sequence[Row]) -> pd.DataFrame:
    """Return the board as a table."""
    return pd.DataFrame([[each[field] for field in FIELDS] for each in board], columns=list(FIELDS))
