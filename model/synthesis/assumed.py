"""What the first people rest on: assumptions of the year in which they start, and the law under which members retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.policy import Policy

RETIREMENT = (
    "employee.retirement_age_men",
    "employee.early_years_men",
    "employee.early_rate_men",
    "employee.retirement_age_women",
    "employee.retirement_spread_women",
)


def founding_values(policy: Policy, start: int) -> dict[str, float]:
    """Return by path what decides the first people of a world: it is the law before `start` that let members retire."""
    assumed = {f"synthesis.{name}": value for name, value in policy.group("synthesis", start).items()}
    return assumed | {path: float(policy.value(path, start - 1)) for path in RETIREMENT}
