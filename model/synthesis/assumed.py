"""What the first people rest on: assumptions of the year they start in, and the rules of work and cover so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.policy import Policy

SO_FAR = (
    "employee.retirement_age_men",
    "employee.early_years_men",
    "employee.early_rate_men",
    "employee.retirement_age_women",
    "employee.retirement_spread_women",
    "work.farmers_stop_age",
    "work.farmers_stop_spread",
    "work.informal_stop_age",
    "work.informal_stop_spread",
    "employee.pooled_only_flexible",
    "employee.pooled_only_others",
)


def founding_values(policy: Policy, start: int) -> dict[str, float]:
    """Return by path what decides the first people of a world; the rules of work and cover are those before `start`."""
    assumed = {f"synthesis.{name}": value for name, value in policy.group("synthesis", start).items()}
    return assumed | {path: float(policy.value(path, start - 1)) for path in SO_FAR}
