"""Personal accounts: what is credited, what interest they bear and what may be drawn."""

from __future__ import annotations

from agents.compiled import compiled
from agents.numeric import fen_share


@compiled
def credit_active(base: int, person_rate: float, employer_amount: int, employer_share: float) -> int:
    """Return an active member's credit: own contribution, before the reform also part of the employer's [fen a year].

    Source: 国办发〔2021〕14号, institutions C1.
    """
    return fen_share(base, person_rate) + min(fen_share(employer_amount, employer_share), employer_amount)


@compiled
def own_to_account(own: int, share: float) -> int:
    """Return the part of an employee's own contribution that goes to the account, the rest to the pool [fen a year].

    Source: 国办发〔2021〕14号 (all of it); document 002 section 5.03 (1) (smaller accounts).
    """
    return min(fen_share(own, share), own)


@compiled
def credit_retired(average_pension: int, rate: float) -> int:
    """Return a retiree's fixed credit, a share of the pool's average pension in the year of reform [fen a year].

    Source: 国办发〔2021〕14号, institutions C1.
    """
    return fen_share(average_pension, rate)


@compiled
def account_interest(balance: int, rate: float) -> int:
    """Return a year's interest on a balance [fen]; institutions C2."""
    return fen_share(max(balance, 0), rate)


@compiled
def draw(balance: int, need: int) -> int:
    """Return what an account pays of a need; it is never overdrawn [fen]; institutions C5."""
    return max(min(balance, need), 0)
