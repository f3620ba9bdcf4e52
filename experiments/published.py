"""A simulated year beside what was published for it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from experiments.outcomes import style

TARGETS = Path(__file__).resolve().parent / "targets.yaml"
COLUMNS = ["target", "zh", "unit", "published", "simulated", "error", "band", "kind", "holds"]


def check_published(outcomes: pd.DataFrame, reform: str) -> tuple[int, pd.DataFrame]:
    """Return the year of comparison and a row a target: published, simulated, error, band, holds.

    Without runs that lived the year the table is empty. The simulated value is the mean over seeds.
    """
    content = yaml.safe_load(TARGETS.read_text(encoding="utf-8"))
    year = int(content["year"])
    lived = outcomes[(outcomes["year"] == year) & (outcomes["reform"] == reform) & (outcomes["level"] == "fund")]
    rows = [_row(target, year, lived) for target in content["targets"]] if len(lived) else []
    return year, pd.DataFrame(rows, columns=COLUMNS)


def _row(target: dict[str, Any], year: int, lived: pd.DataFrame) -> dict[str, Any]:
    chosen = lived[(lived["unit"] == target["fund"]) & (lived["measure"] == target["measure"])]
    simulated = float(chosen["value"].mean())
    wanted = published_value(target, year)
    error = simulated - wanted if target["kind"] == "points" else simulated / wanted - 1
    scale = _scale(target["unit"])
    return {
        "target": target["target"],
        "zh": target["zh"],
        "unit": target["unit"],
        "published": wanted * scale,
        "simulated": simulated * scale,
        "error": error,
        "band": target["band"],
        "kind": target["kind"],
        "holds": abs(error) <= target["band"],
    }


def _scale(unit: str) -> float:
    """Return the factor from fen, persons or shares to the unit shown."""
    shown = style()
    factors = {"bn yuan": 1 / shown["fen_per_bn_yuan"], "million": 1 / shown["million"], "per cent": shown["per_cent"]}
    return float(factors[unit])


def published_value(target: dict[str, Any], year: int) -> float:
    """Return the published value in fen, persons or as a share."""
    from model import data

    if target["measure"] == "surplus_rate":
        income = data.series("fund_income", target["scheme"])[year]
        spending = data.series("fund_expenditure", target["scheme"])[year]
        return (income - spending) / income
    if target["measure"] == "members":
        return data.series(target["indicator"], target["scheme"], unit="persons")[year]
    return data.series(target["indicator"], target["scheme"], unit="yuan")[year] * float(style()["fen_per_yuan"])


def banner(year: int, table: pd.DataFrame) -> dict[str, str] | None:
    """Return a warning in both languages naming every band that is missed, or nothing."""
    missed = table[~table["holds"].astype(bool)] if len(table) else table
    if not len(missed):
        return None
    rows: list[Any] = list(missed.itertuples())
    names = ", ".join(f"{row.target} ({off(row.error, row.kind)})" for row in rows)
    chinese = "、".join(f"{row.zh}（{off(row.error, row.kind, 'zh')}）" for row in rows)
    return {
        "en": f"Simulated {year} misses its band of the published values in: {names}. Read levels with care.",
        "zh": f"{year}年模拟值超出公布值允许范围：{chinese}。绝对水平须谨慎解读。",
    }


def off(error: float, kind: str, language: str = "en") -> str:
    """Return an error in words: per cent of the published value, or points."""
    if math.isnan(error):
        return "not simulated" if language == "en" else "未模拟"
    number = f"{style()['per_cent'] * error:+.1f}"
    if kind == "points":
        return f"{number} {'points' if language == 'en' else '个百分点'}"
    return f"{number} %"
