"""Whose account pays first: the order in which a user asks several holders, and how much each is asked for."""

from __future__ import annotations

from enum import IntEnum

from agents.compiled import inlined


class Order(IntEnum):
    """How a user's holders take turns (parameter accounts.order)."""

    REGISTRATION = 0
    LARGEST = 1
    PROPORTION = 2


@inlined
def asked_before(
    order: int, turn: int, spare: int, key: int, other_turn: int, other_spare: int, other_key: int
) -> bool:
    """Say whether a holder is asked before another: the larger account or the earlier link first, then the key."""
    if order == Order.LARGEST and spare != other_spare:
        return spare > other_spare
    if turn != other_turn:
        return turn < other_turn
    return key < other_key


@inlined
def asked_for(order: int, need: int, spare: int, together: int) -> int:
    """Return what a holder is asked for: the need, or the part that its money has in what all holders have [fen]."""
    if order == Order.PROPORTION and together > 0:
        return (need * spare + together - 1) // together
    return need
