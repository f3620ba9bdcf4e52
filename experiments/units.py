"""The units in which outcomes are read: money of the nation in bn yuan, amounts per head in yuan."""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.outcomes import style
from experiments.study import Outcome

MORE = 4  # places behind the point that a small number may take more
COUNTS = ("members", "people", "entered", "lapsed", "returned", "waiting", "births", "deaths", "people_60_and_over")


@dataclass(frozen=True)
class Unit:
    """A unit that people read: its words, what one of it is of the stored unit, and the digits shown behind a point."""

    en: str
    zh: str
    scale: float = 1.0
    digits: int = 1
    told: bool = True
    """Said behind a number; pools and ratios are not."""
    stored: str = ""
    """Unit in which tables hold it."""


def units() -> dict[str, Unit]:
    """Return all units by name."""
    return {
        "yuan": Unit("yuan", "元", digits=0, stored="yuan"),
        "bn_yuan": Unit("bn yuan", "十亿元", style()["fen_per_bn_yuan"], stored="fen"),
        "bn_yuan_of_yuan": Unit("bn yuan", "十亿元", style()["yuan_per_bn_yuan"], stored="yuan"),
        "months": Unit("months", "月", stored="months"),
        "million": Unit("million", "百万", style()["million"], 2, stored="persons"),
        "pools": Unit("", "个", told=False, stored="pools"),
        "whole": Unit("", "", digits=0, told=False, stored="simulated persons"),
        "none": Unit("", "", digits=4, told=False),
    }


def unit_of(outcome: Outcome) -> Unit:
    """Return the unit in which an outcome is read."""
    return units()[_name(outcome.measure)]


def _name(measure: str) -> str:
    if "_per_head" in measure or measure.startswith("poverty_gap"):
        return "yuan"
    if measure.endswith("_money"):
        return "bn_yuan_of_yuan"
    if measure.startswith("simulated_"):
        return "whole"
    if measure.endswith("_fen"):
        return "bn_yuan"
    if measure.startswith("reserve_months"):
        return "months"
    if measure in COUNTS:
        return "million"
    return "pools" if measure.startswith("pools") else "none"


def shown(value: float, outcome: Outcome, sign: bool = False, unit: bool = True) -> str:
    """Return a number in the unit people read, with the unit's name where it is to be told.

    What would round to nothing but is more keeps its first two digits, up to so many places more.
    """
    read = unit_of(outcome)
    exact, digits = value / read.scale, read.digits
    if exact and not round(exact, digits):
        digits = min(1 - math.floor(math.log10(abs(exact))), digits + MORE)
    value = round(exact, digits) + 0.0  # no minus before a zero
    digits = digits if value else read.digits
    said = f"{value:{'+' if sign else ''},.{digits}f}"
    return said + (f" {read.en}" if unit and read.told else "")
