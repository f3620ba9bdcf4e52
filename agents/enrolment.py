"""How a family decides on the resident scheme: staying, coming back, and where to be insured."""

from __future__ import annotations

from agents.compiled import compiled


@compiled
def lapse_risk(
    burden: float,
    helped: bool,
    chronic: int,
    age: int,
    rate: float,
    burden_effect: float,
    chronic_effect: float,
    young_effect: float,
    old_age: int,
) -> float:
    """Return the probability that an insured resident leaves this year [share].

    It rises with the family's premiums over its income, falls with chronic illness (adverse selection) and is higher for
    the young; people whose premium is paid for them stay.
    """
    if helped:
        return 0.0
    risk = rate * (1.0 + burden_effect * min(burden, 1.0))
    for _ in range(chronic):
        risk = risk * chronic_effect
    if age < old_age:
        risk = risk * young_effect
    return min(risk, 1.0)


@compiled
def return_chance(
    burden: float, helped: bool, chronic: int, rate: float, burden_effect: float, chronic_effect: float
) -> float:
    """Return the probability that an uninsured resident joins this year [share]."""
    if helped:
        return 1.0
    chance = rate / (1.0 + burden_effect * min(burden, 1.0))
    for _ in range(chronic):
        chance = chance / chronic_effect
    return min(chance, 1.0)


@compiled
def insured_at_home(u: float, registered_here: bool, at_origin: float) -> bool:
    """Say whether a resident is insured where he lives and not where he is registered."""
    return registered_here or u >= at_origin
