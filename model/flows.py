"""The flows of money of one year: who paid whom, in what name and how much, kept until the year is closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled
from model.books import KIND_ARRAY, KIND_IDS, KIND_NAMES, Parties, Whole


@compiled
def sum_flows(keys: Whole, order: Whole, flows: Whole, sums: Whole) -> int:
    """Write flows in an order, those of one key after another as one, and return how many; the last row is summed."""
    n = 0
    last = -1
    for i in order:
        if keys[i] == last:
            sums[3, n - 1] += flows[3, i]
        else:
            last = keys[i]
            for row in range(4):
                sums[row, n] = flows[row, i]
            n += 1
    return n


class Flows:
    """A year's flows between parties, each of which has a number for ever."""

    def __init__(self) -> None:
        """Start without parties and flows."""
        self.parties: list[str] = []
        self._single: list[tuple[int, int, int, int]] = []
        self._many: list[tuple[Parties, Parties, int, Whole]] = []
        self._names: NDArray[Any] = np.empty(0, object)
        self._ranks: Whole = np.empty(0, np.int64)

    def enter(self, party: str) -> int:
        """Return the number of a new party."""
        self.parties.append(party)
        return len(self.parties) - 1

    def note(self, payer: int, payee: int, kind: str, amount: int) -> None:
        """Keep one flow [fen]."""
        self._single.append((payer, payee, KIND_IDS[kind], amount))

    def note_many(self, payers: Parties, payees: Parties, amounts: Whole, kind: str) -> None:
        """Keep many flows of one kind [fen]."""
        self._many.append((payers, payees, KIND_IDS[kind], amounts))

    def forget(self) -> None:
        """Forget all flows; parties keep their numbers."""
        self._single, self._many = [], []

    def billed(self, payers: Parties, payees: Parties, kinds: Iterable[str]) -> Whole:
        """Return what every payer in a row pays the payee beside it in many flows of some kinds [fen]."""
        wanted = {KIND_IDS[kind] for kind in kinds if len(payers)}
        pairs, place = np.unique(payers * len(self.parties) + payees, return_inverse=True)
        sums = np.zeros(len(pairs), np.int64)
        for some, others, kind, amounts in self._many:
            if kind in wanted:
                pair = some * len(self.parties) + others
                at = np.minimum(np.searchsorted(pairs, pair), len(pairs) - 1)
                asked = pairs[at] == pair
                np.add.at(sums, at[asked], amounts[asked])
        return np.asarray(sums[place])

    def summed(self) -> tuple[Parties, Parties, Whole, Whole]:
        """Return payers, payees, kinds and amounts of the year's flows, summed by the first three, in order of name."""
        single = np.array(self._single, np.int64).reshape(-1, 4)
        payers, payees, amounts = (
            np.concatenate([single[:, item], *(flows[item] for flows in self._many)]) for item in (0, 1, 3)
        )
        many = [np.full(len(amounts), kind) for _, _, kind, amounts in self._many]
        kinds = np.concatenate([single[:, 2], *many])
        ranks = self._in_order()
        key = (ranks[payers] * len(self.parties) + ranks[payees]) * len(KIND_NAMES) + kinds
        flows = np.stack([payers, payees, kinds, amounts])
        sums = np.empty_like(flows)
        n = sum_flows(key, np.argsort(key, kind="stable"), flows, sums)
        return sums[0, :n], sums[1, :n], sums[2, :n], sums[3, :n].copy()

    def _in_order(self) -> Whole:
        """Return the rank of every party in order of name."""
        if len(self._names) != len(self.parties):
            self._names = np.array(self.parties, dtype=object)
            self._ranks = np.empty(len(self._names), np.int64)
            self._ranks[np.argsort(self._names)] = np.arange(len(self._names))
        return self._ranks

    def words(self, payers: Parties, payees: Parties, kinds: Whole) -> tuple[NDArray[Any], ...]:
        """Return the names of payers, payees and kinds of summed flows."""
        return self._names[payers], self._names[payees], KIND_ARRAY[kinds]
