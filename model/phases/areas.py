"""Which area keeps the fund of which pool: prefecture, province or nation, as the law in force says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.data.pools import CORPS
from model.kinds import CRITICAL_ILLNESS, EMPLOYEE_POOL, LARGE_SUM, POOL_FUNDS, RESIDENT_POOL
from model.ledger import Ledger, account

PREFECTURE, PROVINCE, NATION = 0, 1, 2
EMPLOYEE_LIKE = (EMPLOYEE_POOL, LARGE_SUM)
RESIDENT_LIKE = (RESIDENT_POOL, CRITICAL_ILLNESS)


def area_codes(codes: Sequence[int], provinces: Sequence[int], level: Sequence[int]) -> list[int]:
    """Return the code of the area that keeps each pool's fund; the only pool of its kind in a province keeps its own.

    The XPCC's pool has a code that is not a prefecture of its province and stays by itself below the nation.
    """
    home = [alone(code, province) for code, province in zip(codes, provinces)]
    pools_of = Counter(home)
    result = []
    for code, province, at in zip(codes, home, level):
        wide = at == PROVINCE and pools_of[province] > 1
        result.append(0 if at == NATION else province if wide else code)
    return result


def alone(code: int, province: int) -> int:
    """Return the province in which a pool shares money: its province, or its own code for the XPCC (659000)."""
    return code if code == CORPS else province


@dataclass(frozen=True)
class Areas:
    """The areas of every fund in one year, by pool index."""

    codes: list[int]
    homes: list[int]
    of: Mapping[str, list[int]]
    _places: dict[str, tuple[list[int], NDArray[np.int64]]] = field(default_factory=dict, repr=False, compare=False)
    _titles: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    _provinces: dict[str, dict[int, list[int]]] = field(default_factory=dict, repr=False, compare=False)
    _pools: dict[str, dict[int, list[int]]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of_year(cls, codes: NDArray[Any], provinces: NDArray[Any], employee: Any, resident: Any) -> Areas:
        """Return the areas under pooling levels by pool."""
        levels = (np.broadcast_to(np.asarray(level), len(codes)) for level in (employee, resident))
        return _of_levels(*(tuple(values.tolist()) for values in (codes, provinces, *levels)))

    def names(self, fund: str) -> list[str]:
        """Return the name of the ledger of a fund for every pool."""
        return [account(fund, code) for code in self.of[fund]]

    def pools_in(self, fund: str) -> dict[int, list[int]]:
        """Return the pool indices of every area of a fund, areas in order of code."""
        if fund not in self._pools:
            found: dict[int, list[int]] = {}
            for index, code in enumerate(self.of[fund]):
                found.setdefault(code, []).append(index)
            self._pools[fund] = dict(sorted(found.items()))
        return self._pools[fund]

    def places(self, fund: str) -> tuple[list[int], NDArray[np.int64]]:
        """Return the codes of a fund's areas in order, and the place of every pool's area among them."""
        if fund not in self._places:
            codes, place = np.unique(np.array(self.of[fund], np.int64), return_inverse=True)
            self._places[fund] = codes.tolist(), place
        return self._places[fund]

    def ledgers(self, fund: str) -> list[str]:
        """Return the names of the ledgers of a fund's areas, in order of code."""
        if fund not in self._titles:
            self._titles[fund] = [account(fund, code) for code in self.places(fund)[0]]
        return self._titles[fund]

    def by_province(self, fund: str) -> dict[int, list[int]]:
        """Return the codes of the areas of a fund in every province, nation-wide areas left out."""
        found = self._provinces.get(fund)
        if found is not None:
            return found
        found = self._provinces[fund] = {}
        for code, home in sorted(set(zip(self.of[fund], self.homes))):
            if code != 0:
                found.setdefault(home, []).append(code)
        return found

    def provinces(self, fund: str) -> NDArray[np.int64]:
        """Return the index of the province of every area of a fund, the XPCC by itself [area; no unit]."""
        codes, place = self.places(fund)
        result = np.zeros(len(codes), np.int64)
        result[place] = np.unique(np.array(self.homes), return_inverse=True)[1]
        return result

    def summed(self, fund: str, values: Sequence[int] | NDArray[np.int64]) -> dict[int, int]:
        """Return whole numbers by pool summed to the areas of a fund."""
        return dict(zip(self.places(fund)[0], self.sums(fund, values).tolist()))

    def sums(self, fund: str, values: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return whole numbers by pool summed to the areas of a fund, in order of their codes."""
        codes, place = self.places(fund)
        sums = np.zeros(len(codes), np.int64)
        np.add.at(sums, place, np.asarray(values, np.int64))
        return sums

    @cached_property
    def linked(self) -> list[tuple[list[int], list[int]]]:
        """Return groups of employee and resident areas that share pools: the brother funds of one place."""
        both = sorted(set(zip(self.of[EMPLOYEE_POOL], self.of[RESIDENT_POOL])))
        root = {resident: resident for _, resident in both}
        first: dict[int, int] = {}
        for employee, resident in both:
            known = first.setdefault(employee, root[resident])
            if known != root[resident]:
                stale = root[resident]
                root = {code: known if top == stale else top for code, top in root.items()}
        groups: dict[int, tuple[list[int], list[int]]] = {}
        for employee, top in first.items():
            groups.setdefault(root[top], ([], []))[0].append(employee)
        for resident, top in root.items():
            groups[top][1].append(resident)
        return list(groups.values())


@lru_cache(maxsize=8)
def _of_levels(
    codes: tuple[int, ...], provinces: tuple[int, ...], employee: tuple[int, ...], resident: tuple[int, ...]
) -> Areas:
    """Return the areas under pooling levels by pool; most years have those of the year before."""
    levels = dict.fromkeys(EMPLOYEE_LIKE, employee) | dict.fromkeys(RESIDENT_LIKE, resident)
    none = (PREFECTURE,) * len(codes)
    of = {fund: area_codes(codes, provinces, levels.get(fund, none)) for fund in POOL_FUNDS}
    return Areas(list(codes), [alone(*pair) for pair in zip(codes, provinces)], of)


def follow_the_law(ledger: Ledger, before: Areas | None, now: Areas, members: Mapping[str, Sequence[int]]) -> bool:
    """Hand the money of areas that the law redraws to their successors; return whether any changed.

    Where one area becomes several, money goes by last year's members.
    """
    if before is None or before.of == now.of:
        return False
    for fund in POOL_FUNDS:
        weights = members.get(fund) or [1] * len(now.codes)
        for old, pools in before.pools_in(fund).items():
            shares: dict[int, int] = {}
            for index in pools:
                shares[now.of[fund][index]] = shares.get(now.of[fund][index], 0) + int(weights[index])
            if set(shares) != {old} and account(fund, old) in ledger.books:
                ledger.merge(account(fund, old), [(account(fund, new), share) for new, share in shares.items()])
    return True
