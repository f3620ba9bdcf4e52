"""What the first people rest on: assumptions of the year they start in, and the rules by which work ended so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.policy import Policy

WORK_ENDS = (
    "employee.retirement_age_men",
    "employee.early_years_men",
    "employee.early_rate_men",
    "employee.retirement_age_women",
    "employee.retirement_spread_women",
    "work.farmers_stop_age",
    "work.farmers_stop_spread",
    "work.informal_stop_age",
    "work.informal_stop_spread",
)


def founding_values(policy: Policy, start: int) -> dict[str, float]:
    """Return by path what decides the first people of a world; work ended under what was in force before `start`."""
    assumed = {f"synthesis.{name}": value for name, value in policy.group("synthesis", start).items()}
    return assumed | {path: float(policy.value(path, start - 1)) for path in WORK_ENDS}
