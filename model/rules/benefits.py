"""Benefits: what basic insurance, critical illness cover, the supplement and assistance pay of one bill."""

from __future__ import annotations

import numpy as np

from agents.compiled import compiled
from agents.numeric import fen_share


@compiled
def in_list(cost: int, share: float) -> int:
    """Return the part of a bill inside the insured list [fen]; institutions D1."""
    return min(fen_share(cost, share), cost)


@compiled
def in_list_away(in_list: int, reduction: float) -> int:
    """Return what counts of an in-list cost borne outside the own pool, less the local reduction [fen].

    Source: institutions D1.
    """
    return in_list - min(fen_share(in_list, reduction), in_list)


@compiled
def deductible_of_stay(deductible: int, stay_number: int, second_share: float, later_share: float) -> int:
    """Return the deductible of a year's first, second or later stay [fen]; institutions D1."""
    if stay_number <= 1:
        return deductible
    if stay_number == 2:
        return fen_share(deductible, second_share)
    return fen_share(deductible, later_share)


@compiled
def above_deductible(in_list: int, deductible: int, rate: float, room: int) -> int:
    """Return the share of the cost above the deductible, at most the room under the cap [fen]; institutions D1."""
    paid = fen_share(max(in_list - deductible, 0), rate)
    return max(min(paid, room), 0)


@compiled
def basic_inpatient(in_list: int, deductible: int, rate: float, room_under_cap: int) -> int:
    """Return what basic insurance pays of one stay [fen]; institutions D1."""
    return above_deductible(in_list, deductible, rate, room_under_cap)


@compiled
def basic_outpatient(in_list: int, deductible_left: int, rate: float, room: int) -> int:
    """Return what outpatient pooling pays of a bill, given the part of the yearly deductible still open [fen].

    Source: 国办发〔2021〕14号, institutions D4, D5.
    """
    return above_deductible(in_list, deductible_left, rate, room)


@compiled
def deductible_left(deductible: int, in_list_so_far: int) -> int:
    """Return the part of a yearly deductible not yet used up by earlier in-list costs [fen]; institutions D4."""
    return max(deductible - max(in_list_so_far, 0), 0)


@compiled
def within(amount: int, low: int, high: int) -> int:
    """Return the part of an amount between two edges [fen]; institutions D7."""
    return max(min(amount, high) - low, 0)


@compiled
def critical_illness(
    self_paid: int, threshold: int, edge1: int, edge2: int, rate1: float, rate2: float, rate3: float, cap: int
) -> int:
    """Return critical illness insurance on a year's in-list self-paid cost, by brackets above the threshold [fen].

    The edges are counted from the threshold; a cap below zero means none. Source: 大病保险, institutions D7.
    """
    above = max(self_paid - threshold, 0)
    upper = max(edge1, edge2)
    paid = (
        fen_share(within(above, 0, edge1), rate1)
        + fen_share(within(above, edge1, upper), rate2)
        + fen_share(max(above - upper, 0), rate3)
    )
    if cap >= 0:
        paid = min(paid, cap)
    return min(paid, above)


@compiled
def large_sum(in_list_above_cap: int, rate: float, cap: int) -> int:
    """Return the large-sum supplement on employees' in-list cost above the basic cap [fen].

    A cap below zero means none. Source: institutions D8.
    """
    paid = fen_share(max(in_list_above_cap, 0), rate)
    if cap >= 0:
        paid = min(paid, cap)
    return paid


@compiled
def assistance(self_paid: int, threshold: int, rate: float, cap: int) -> int:
    """Return medical assistance on in-list cost left after insurance; a cap below zero means none [fen].

    Source: 国办发〔2021〕42号, institutions D9.
    """
    paid = fen_share(max(self_paid - threshold, 0), rate)
    if cap >= 0:
        paid = min(paid, cap)
    return paid


@compiled
def maternity_benefit(base: int, leave: float, delivery_cost: int, rate: float) -> int:
    """Return the allowance for maternity leave and the reimbursed delivery cost, leave as a share of the year [fen].

    Source: 社会保险法 art. 54-56.
    """
    return fen_share(base, leave) + fen_share(delivery_cost, rate)


@compiled
def split_in_two(amount: int, part_a: int, part_b: int) -> tuple[int, int]:
    """Return an amount split in proportion to two parts, in whole fen that add up [fen].

    All goes to the second if both parts are zero.
    """
    total = part_a + part_b
    if total <= 0:
        return np.int64(0), amount  # type: ignore[return-value]
    first = min(max(fen_share(amount, part_a / total), 0), amount)
    return first, amount - first
