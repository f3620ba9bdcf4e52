"""Who pays whom: two attributions of a closed set of accounts.

Pro rata attribution and netting are accounting identities of a closed set of accounts (metrics, section 8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.measures.common import ROUNDING, Array, Fields, Values, finite, numbers, same_length


@dataclass(frozen=True, slots=True, eq=False)
class CrossSubsidy(Fields):
    """Net position, pro-rata gross and net matrices and netting matrix (row pays for column), total; all money."""

    net: Array
    gross: Array
    net_pro_rata: Array
    netting: Array
    total_transferred: float


def _balanced(paid_in: Array, drawn_out: Array) -> bool:
    """Return whether both sides have the same sum: exactly for whole amounts, else within rounding."""
    gap = math.fsum([*paid_in.tolist(), *(-drawn_out).tolist()])
    whole = not np.any(np.mod(paid_in, 1)) and not np.any(np.mod(drawn_out, 1))
    return gap == 0 if whole else abs(gap) <= ROUNDING * math.fsum(paid_in.tolist())


def _amounts(name: str, values: Values) -> Array:
    """Return amounts of money, none negative."""
    array = finite(name, numbers(name, values))
    if array.size and array.min() < 0:
        raise ValueError(f"{name} has a negative value")
    return array


def cross_subsidy(names: Sequence[str], paid_in: Values, drawn_out: Values) -> CrossSubsidy:
    """Attribute transfers in a closed set of accounts, pro rata and by netting; raises unless money is conserved.

    Pro rata: F_ij = C_i B_j / sum C. Netting: M_ij = net_i+ net_j- / sum net-, the smallest gross transfers.
    """
    paid, drawn = _amounts("paid_in", paid_in), _amounts("drawn_out", drawn_out)
    same_length("names", len(names), paid_in=paid, drawn_out=drawn)
    if len(set(names)) != len(names):
        raise ValueError("names holds a name twice")
    if not _balanced(paid, drawn):
        raise ValueError(f"paid_in ({math.fsum(paid)}) and drawn_out ({math.fsum(drawn)}) differ")
    net, total = paid - drawn, math.fsum(paid.tolist())
    givers, takers = np.maximum(net, 0), np.maximum(-net, 0)
    moved = math.fsum(takers.tolist())
    empty = np.zeros((net.size, net.size))
    gross = np.outer(paid, drawn) / total if total > 0 else empty
    return CrossSubsidy(
        net=net,
        gross=gross,
        net_pro_rata=gross - gross.T,
        netting=np.outer(givers, takers) / moved if moved > 0 else empty,
        total_transferred=math.fsum(givers.tolist()),
    )
