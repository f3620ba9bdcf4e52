"""Measured parameters: the numbers stand in the data tables, the law only says which."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from model.errors import PolicyError
from model.policy.files import short
from model.policy.parameter import ALWAYS, Entry, Parameter


def years_of(indicator: str, scheme: str) -> Mapping[int, float]:
    """Return a national series by year from the data tables."""
    from model.data import series  # data is large; read only when a measured value is asked for

    return {int(year): float(value) for year, value in series(indicator, scheme).items()}


@lru_cache(maxsize=512)
def _entries(parameter: Parameter, folder: Path) -> tuple[Entry, ...]:
    """Return a parameter's entries under the tables of a folder."""
    spec = parameter.measured
    assert spec is not None
    own = years_of(spec.indicator, spec.scheme)
    below = years_of(*spec.over) if spec.over else None
    source = f"{spec.table}: {spec.indicator}, {spec.scheme}"
    if spec.over:
        source += f" over {spec.over[0]}, {spec.over[1]}"
    entries = []
    for year in sorted(own):
        if year > spec.last or (below is not None and not below.get(year)):
            continue
        value = own[year] * spec.factor / (below[year] if below is not None else 1.0)
        entries.append(Entry(datetime.date(year, 1, 1), value, "measured", source=source, why=parameter.why))
    if not entries:
        raise PolicyError(f"{short(parameter.file)} {parameter.path}: expected a series {source}, found no value")
    if spec.held_back:
        entries.insert(0, replace(entries[0], date=ALWAYS, why="before the first measured year"))
    return tuple(entries)


def measured_entries(parameter: Parameter) -> tuple[Entry, ...]:
    """Return the dated values of a measured parameter, none later than its last usable year."""
    from model.data import folder

    return _entries(parameter, folder())
