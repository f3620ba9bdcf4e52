"""The law in force in one year as one read-only record: `law.employee.person_rate`, compiled or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.units import FEN_PER_YUAN
from model.errors import DataError, PolicyError
from model.policy.parameter import Parameter
from model.policy.policy import Policy, at_place
from model.policy.schema import PLACES

if TYPE_CHECKING:
    import pandas as pd

HALF = 0.5
NEXT = "_next"
NOWHERE = np.empty(0, np.int64)


def scalar_type(parameter: Parameter) -> str:
    """Return 'f8' for shares, rates and ratios, 'i8' for fen, months, years and switches."""
    return "f8" if parameter.measure.kind == "real" else "i8"


def field_of(parameter: Parameter, n_pools: int) -> Any:
    """Return the dtype of a parameter's field: a scalar, or an array by key or by pool."""
    base = scalar_type(parameter)
    if parameter.by in PLACES:
        return (base, (n_pools,))
    return (base, (len(parameter.keys),)) if parameter.keys else base


def law_dtype(policy: Policy, n_pools: int) -> np.dtype[Any]:
    """Return the nested record dtype; it depends on the parameters, never on their values or the year."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for path in sorted(policy.parameters):
        parameter = policy.parameters[path]
        fields = groups.setdefault(parameter.group, [])
        fields.append((parameter.name, field_of(parameter, n_pools)))
        if parameter.lag:
            fields.append((parameter.name + NEXT, field_of(parameter, n_pools)))
    members: list[tuple[str, Any]] = [("year", "i8")]
    for group in sorted(groups):
        fields = sorted(groups[group], key=lambda f: f[0])
        members.append((group, np.dtype((np.record, np.dtype(fields, align=True)))))
    return np.dtype((np.record, np.dtype(members, align=True)))


def stored(parameter: Parameter, number: float | int) -> float | int:
    """Return a number as the record keeps it: yuan become whole fen."""
    if parameter.measure.kind == "money":
        return int(np.floor(float(number) * FEN_PER_YUAN + HALF))
    return float(number) if parameter.measure.kind == "real" else round(number)


def array_of(policy: Policy, parameter: Parameter, year: int, codes: npt.NDArray[Any], homes: npt.NDArray[Any]) -> Any:
    """Return the value of a field in a year: a number or an array in the order of keys or pools."""
    setting = policy.setting(parameter.path, year)
    if parameter.by in PLACES:
        cache: dict[int, float | int] = {}
        out = []
        for code, home in zip(codes, homes, strict=True):
            key = int(home) if parameter.by == "province" else int(code)
            if key not in cache:
                cache[key] = stored(parameter, at_place(setting, key, int(home)))
            out.append(cache[key])
        return np.array(out, dtype=scalar_type(parameter))
    if parameter.keys:
        if not isinstance(setting, dict):
            setting = dict.fromkeys(parameter.keys, setting)
        default = setting.get("default")
        return np.array([stored(parameter, setting.get(k, default)) for k in parameter.keys], scalar_type(parameter))  # type: ignore[arg-type]
    if isinstance(setting, dict):
        raise PolicyError(f"{parameter.path}: expected one number for the nation, got {setting}")
    return stored(parameter, setting)


def law_record(
    policy: Policy, year: int, pools: pd.DataFrame, before: np.recarray[Any, Any] | None = None
) -> np.recarray[Any, Any]:
    """Return the law in force in a year, shape (1,), read-only.

    Args:
        policy: the law with its reforms.
        year: the year; values dated on or before its 1 January are in force.
        pools: the table of pools with columns `code` and `province`, in the order of the people's pool index.
        before: the same policy's record of another year; only what differs from it is worked out anew.

    """
    if before is None:
        if not {"code", "province"} <= set(pools.columns):
            raise DataError(f"pools: expected columns code and province, got {', '.join(map(str, pools.columns))}")
        record = np.zeros(1, dtype=law_dtype(policy, len(pools)))
        changed = fields_that_differ(policy, year, None)
    else:
        record = copied(before).view(np.ndarray)
        changed = fields_that_differ(policy, year, int(record["year"][0]))
    by_place = any(parameter.by in PLACES for parameter, _, _ in changed)
    codes, homes = (pools[name].to_numpy() if by_place else NOWHERE for name in ("code", "province"))
    record["year"] = year
    for parameter, name, lag in changed:
        record[parameter.group][name][0] = array_of(policy, parameter, year - lag, codes, homes)
    record.setflags(write=False)
    return record.view(np.recarray)


def copied(law: np.recarray[Any, Any]) -> np.recarray[Any, Any]:
    """Return a copy of a record that may be changed; numpy would copy it field by field, which takes long."""
    copy: np.recarray[Any, Any] = law.view(np.ndarray).view(np.uint8).copy().view(law.dtype).view(np.recarray)
    return copy


def fields_that_differ(policy: Policy, year: int, other: int | None) -> list[tuple[Parameter, str, int]]:
    """Return what differs between the records of two years, all where there is no other: parameter, field, its lag."""
    paths = sorted(policy.parameters) if other is None else policy.moving(min(year, other))
    found = []
    for path in paths:
        parameter = policy.parameters[path]
        for name, lag in ((parameter.name, parameter.lag), (parameter.name + NEXT, 0))[: 2 if parameter.lag else 1]:
            if other is None or policy.setting(path, year - lag) != policy.setting(path, other - lag):
                found.append((parameter, name, lag))
    return found


class InForce:
    """The law in force for Python code, `law.employee.person_rate`: each number is looked up in the record once.

    Compiled phases read the record itself, which takes Python some microseconds a look.
    """

    def __init__(self, record: Any) -> None:
        """Read a record of the law, or one group of it."""
        self._record = record

    def __getattr__(self, name: str) -> Any:
        """Return a number, an array by key or pool, or a group; raises AttributeError for what the law has not."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            found = np.void.__getitem__(self._record, name)  # numpy's records take ten times as long to give a group
        except ValueError:
            raise AttributeError(f"law: no {name}") from None
        found = self.__dict__[name] = InForce(found) if found.dtype.names else found
        return found


def describe(policy: Policy, n_pools: int) -> str:
    """Return the list of record fields with dtype, unit and title, one a line."""
    lines = ["law.year int64"]
    for path in sorted(policy.parameters):
        p = policy.parameters[path]
        shape = "(n_pools,)" if p.by in PLACES else f"({len(p.keys)},) {'/'.join(p.keys)}" if p.keys else ""
        kind = {"f8": "float64", "i8": "int64 fen" if p.measure.kind == "money" else "int64"}[scalar_type(p)]
        names = [p.name, p.name + NEXT] if p.lag else [p.name]
        lines += [f"law.{p.group}.{n} {kind} {shape} [{p.unit}] {p.title[0]} ({p.kind})" for n in names]
    return "\n".join(lines) + "\n"
