"""What one engine, or a floor of the machine, takes for a person and a year."""

from __future__ import annotations

from dataclasses import dataclass

NS = 1e9
"""Nanoseconds in a second."""


@dataclass(frozen=True)
class Cost:
    """What one engine takes for a person and a year, at a number of people asked for."""

    engine: str
    people: int
    threads: int
    ns_per_person_year: float
    bytes_per_person: float
