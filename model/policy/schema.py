"""What a parameter may look like: the closed lists of units, of keys and of evidence, and the checks."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.codes import Aid, Care, Hukou, Kin, Scheme, Sex, Status, Tier, Work


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: how the record stores it (`money` int64 fen, `real` float64, `whole` int64) and its Chinese name."""

    kind: str
    zh: str


UNITS: dict[str, Unit] = {
    "yuan": Unit("money", "元"),
    "yuan a year": Unit("money", "元/年"),
    "yuan a visit": Unit("money", "元/次"),
    "yuan a stay": Unit("money", "元/住院"),
    "yuan a head": Unit("money", "元/人"),
    "share": Unit("real", "比例"),
    "share a year": Unit("real", "年率"),
    "share of contribution base": Unit("real", "占缴费基数比例"),
    "share of average wage": Unit("real", "占平均工资比例"),
    "share of average pension": Unit("real", "占平均养老金比例"),
    "share of income": Unit("real", "占收入比例"),
    "share of disposable income": Unit("real", "占人均可支配收入比例"),
    "share of cost": Unit("real", "占费用比例"),
    "share of fund income": Unit("real", "占基金收入比例"),
    "share of effort": Unit("real", "占征缴与动员力度比例"),
    "share of deficit": Unit("real", "占缺口比例"),
    "share of surplus": Unit("real", "占结余比例"),
    "ratio": Unit("real", "倍数"),
    "coefficient": Unit("real", "系数"),
    "log points": Unit("real", "对数点"),
    "visits a year": Unit("real", "次/年"),
    "stays a year": Unit("real", "住院次/年"),
    "births a woman": Unit("real", "孩次/妇女"),
    "years of age": Unit("real", "岁"),
    "years, fractions allowed": Unit("real", "年(可带小数)"),
    "years": Unit("whole", "年"),
    "months": Unit("whole", "月"),
    "months, fractions allowed": Unit("real", "月(可带小数)"),
    "persons": Unit("whole", "人"),
    "count": Unit("whole", "个"),
    "switch": Unit("whole", "开关"),
    "choice": Unit("whole", "选项"),
    "year": Unit("whole", "年份"),
    "month of year": Unit("whole", "月份"),
}

AGE_GROUPS = tuple(str(age) for age in range(0, 90, 5))  # five-year groups by their first age, 85 and over the last

KEYS: dict[str, tuple[str, ...]] = {
    "nation": (),
    "tier": tuple(m.name.lower() for m in Tier),
    "class": tuple(m.name.lower() for m in Aid),
    "scheme": tuple(m.name.lower() for m in Scheme),
    "status": tuple(m.name.lower() for m in Status),
    "care": tuple(m.name.lower() for m in Care),
    "work": tuple(m.name.lower() for m in Work),
    "kin": tuple(m.name.lower() for m in Kin),
    "sex": tuple(m.name.lower() for m in Sex),
    "hukou": tuple(m.name.lower() for m in Hukou),
    "chronic": ("none", "mild", "severe"),
    "city": ("small", "medium", "large", "very_large", "super_large"),
    "fifth": ("lowest", "second", "middle", "fourth", "highest"),
    "age": AGE_GROUPS,
}
PLACES = ("province", "pool")
MARKS = ("S", "V")  # read in the project's five documents, or seen in a stored page: law may rest on these alone

FIELDS_ALL = {"title", "unit", "bounds", "by", "after", "options", "lag", "note", "before"}
FIELDS = {
    "law": FIELDS_ALL | {"values"},
    "assumed": FIELDS_ALL | {"values", "value", "low", "high", "why", "completes"},
    "assumed: calibrated": FIELDS_ALL | {"values", "low", "high", "why", "targets", "completes"},
    "measured": FIELDS_ALL | {"measured", "over", "factor", "to", "why"},
}
FIELDS_ENTRY = {
    "law": {"value", "source", "article", "note"},
    "assumed": {"value", "low", "high", "why", "note"},
    "assumed: calibrated": {"value", "low", "high", "why", "note"},
}
RULES = ("frozen", "indexed to income", "indexed to wages")


def as_date(key: object) -> datetime.date:
    """Return a date from a YAML key: a date, or a year meaning its 1 January; raise ValueError otherwise."""
    if isinstance(key, datetime.datetime):
        raise ValueError(f"expected a date such as 2026-01-01, got {key}")
    if isinstance(key, datetime.date):
        return key
    if isinstance(key, str):
        try:
            return datetime.date.fromisoformat(key)
        except ValueError:
            raise ValueError(f"expected a date such as 2026-01-01, got {key!r}") from None
    if isinstance(key, int) and not isinstance(key, bool) and datetime.MINYEAR <= key <= datetime.MAXYEAR:
        return datetime.date(key, 1, 1)
    raise ValueError(f"expected a date such as 2026-01-01, got {key!r}")


def first_year(date: datetime.date) -> int:
    """Return the first year in which a value of this date is in force on 1 January [calendar year]."""
    return date.year if (date.month, date.day) == (1, 1) else date.year + 1


def check_rule(rule: object) -> str:
    """Return a projection rule, or raise ValueError naming the closed list."""
    if isinstance(rule, str) and (rule in RULES or (rule.startswith("growth ") and "." in rule)):
        return rule
    raise ValueError(f"expected after: {', '.join(RULES)} or growth <group.name>, got {rule!r}")


def check_number(value: object, unit: Unit, bounds: tuple[float, float]) -> float | int:
    """Return a number of the unit's kind within the bounds, or raise ValueError saying what was expected."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"expected a number, got {value!r}")
    if unit.kind == "whole" and not isinstance(value, int):
        raise ValueError(f"expected a whole number, got {value!r}")
    low, high = bounds
    if not low <= value <= high:
        raise ValueError(f"expected a value between {low:g} and {high:g}, got {value:g}")
    return value if unit.kind == "whole" else float(value)


def check_keys(value: Mapping[object, object], by: str) -> None:
    """Raise ValueError at a key that the parameter's `by` does not know."""
    for key in value:
        if by in PLACES:
            good = key == "default" or (isinstance(key, int) and 110000 <= key <= 659999)
            if by == "province" and isinstance(key, int) and key % 10000:
                good = False
            expected = f"default or a {by} code of six digits"
        else:
            good = str(key) in KEYS[by]
            expected = f"one of {', '.join(KEYS[by])}" if KEYS[by] else "one number for the nation"
        if not good:
            raise ValueError(f"expected {expected}, got {key!r}")


def check_value(value: object, by: str, unit: Unit, bounds: tuple[float, float]) -> Any:
    """Return a scalar, or a dict with known keys, each number checked; raise ValueError otherwise."""
    if isinstance(value, dict):
        check_keys(value, by)
        if by == "nation":
            raise ValueError(f"expected one number for the nation, got {value!r}")
        return {k if by in PLACES else str(k): check_number(v, unit, bounds) for k, v in value.items()}
    return check_number(value, unit, bounds)
