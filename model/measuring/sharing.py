"""Who pays whom: what groups of people pay into insurance and draw out of it, as closed sets of accounts.

Paid in: own contributions, with the employer's (the unemployed's from their fund) where it falls on wages. Drawn out:
benefits of all insurance layers, those at births by mother, and what accounts paid for care. Firms, the unemployment
fund, the treasury and the reserve are accounts of their own, so that both sides add up. The reserve is all that is
left: what funds and accounts keep or use up, earn as interest or owe, and what leaves them for no bill of care:
vaccines, payment reform, long-term care insurance, cash to heirs, and residents' premiums, which are paid in once more
where relatives' accounts pay them. Money between ledgers (mutual aid) and between relatives is told apart and is no
part of this.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Scheme
from model import measures
from model.measuring import kernels as k
from model.measuring.rows import Measure
from model.measuring.sheet import AGE_STARTS, Sheet

FIRMS, UNEMPLOYMENT, TREASURY, RESERVE = "employers", "unemployment_fund", "treasury", "reserve"
DECADE = 10
AREAS = ("rural", "urban")
Groups = tuple[str, list[str], NDArray[Any], NDArray[Any], NDArray[Any]]


def groups(sheet: Sheet, year: int, codes: Sequence[int]) -> Iterator[Groups]:
    """Give every grouping of people: its name, units, simulated people, paid in and drawn out [fen, simulated]."""
    on_wage = sheet.bearing.employer_on_wage

    def paid(sums: NDArray[Any], matched: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(sums[..., k.OWN] + on_wage * matched)

    def drawn(sums: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(sums[..., k.BENEFIT] + sums[..., k.ACCOUNTS])

    pools = sheet.pools
    employer = np.zeros(pools.shape[:3], np.int64)
    employer[:, Scheme.EMPLOYEE] = pools[:, Scheme.EMPLOYEE, :, k.MATCHED]
    entered, left = paid(pools, employer), drawn(pools)
    three = pools[..., k.PEOPLE], entered, left
    names = [scheme.name.lower() for scheme in Scheme]
    yield group("scheme", names, [values.sum(axis=(0, 2)) for values in three])
    yield group("area", list(AREAS), [values.sum(axis=(0, 1)) for values in three])
    by_province = np.zeros((len(three), len(codes)), np.int64)
    for row, values in enumerate(three):
        np.add.at(by_province[row], sheet.province, values.sum(axis=(1, 2)))
    yield group("province", [str(code) for code in codes], list(by_province))
    tenths = sheet.deciles.sum(axis=1)
    in_, out = paid(tenths, sheet.deciles[:, Scheme.EMPLOYEE, k.MATCHED]), drawn(tenths)
    yield "income_decile", [str(tenth + 1) for tenth in range(k.DECILES)], tenths[:, k.PEOPLE], in_, out
    by_age = sheet.ages
    in_, out = paid(by_age.sum(axis=1), by_age[:, Scheme.EMPLOYEE, k.MATCHED]), drawn(by_age.sum(axis=1))
    starts = [*AGE_STARTS, None]
    ages = [f"{a}-{b - 1}" if b else f"{a}+" for a, b in itertools.pairwise(starts)]
    three = by_age[..., k.PEOPLE].sum(axis=1), in_, out
    yield group("age_group", ages, [np.add.reduceat(values, AGE_STARTS) for values in three])
    born = (year - np.arange(k.AGES)) // DECADE * DECADE
    decades, place = np.unique(born, return_inverse=True)
    cohorts = [np.bincount(place, values).astype(np.int64) for values in three]
    yield group("cohort", [str(decade) for decade in decades], cohorts)


def group(level: str, units: list[str], three: Sequence[NDArray[Any]]) -> Groups:
    """Return a grouping from its simulated people, paid in and drawn out."""
    people, entered, left = three
    return level, units, people, entered, left


def who_pays_whom(
    sheet: Sheet, year: int, codes: Sequence[int], weight: int, treasury: int, unemployment: int
) -> Iterator[Measure]:
    """Give simulated people, paid in, drawn out and net of every group [fen], and the money moved by both attributions.

    `treasury` and `unemployment` are what the treasury and the unemployment fund paid for the nation [fen]. Both
    matrices follow from paid in and drawn out (`measures.cross_subsidy`).
    """
    on_wage = sheet.bearing.employer_on_wage
    firms = 0 if on_wage else int(sheet.pools[:, Scheme.EMPLOYEE, :, k.MATCHED].sum()) * weight - unemployment
    fund = 0 if on_wage else unemployment
    for level, units, people, entered, left in groups(sheet, year, codes):
        for unit, heads in zip(units, people.tolist(), strict=True):
            if heads:
                yield level, unit, "simulated_people", float(heads)
        paid = [*(round(value * weight) for value in entered.tolist()), firms, fund, treasury]
        drawn = [*(round(value * weight) for value in left.tolist()), 0, 0, 0]
        rest = sum(paid) - sum(drawn)
        paid, drawn = [*paid, max(-rest, 0)], [*drawn, max(rest, 0)]
        names = [*units, FIRMS, UNEMPLOYMENT, TREASURY, RESERVE]
        for unit, in_, out in zip(names, paid, drawn, strict=True):
            if in_ or out:
                yield level, unit, "paid_in_fen", in_
                yield level, unit, "drawn_out_fen", out
                yield level, unit, "net_paid_fen", in_ - out
        moved = measures.cross_subsidy(names, paid, drawn)
        pro_rata = float(np.maximum(moved.net_pro_rata, 0).sum())
        yield level, "all", "moved_pro_rata_fen", pro_rata
        yield level, "all", "moved_netted_fen", moved.total_transferred
