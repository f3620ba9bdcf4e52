"""Co-use of accounts by families: finds a year's links once and drives the passes of asking and paying on threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.person import Columns
from model.phases import kinfolk, relatives
from model.phases.ground import Ground, Sums, new_room
from model.phases.kinfolk import Holders, Kinship, Links, new_holders, new_kinship, new_links, of_size, sizes_of
from model.phases.tally import Tally
from model.rules.codes import Ring, Use
from model.shelf import Shelf

RINGS = 2 * len(Ring)  # each at home and elsewhere
ROOM = 64
FOUND = ("row", "key", "out", "inside", "first", "rings", "holder", "user", "ring")
"""What is known of links before anybody asks."""
FEW = 4096  # users who ask are not worth waking threads; a test lowers it
Each = Callable[[Callable[[int], None], Any], None]
Whole = NDArray[np.int64]
Places = NDArray[np.int32]


class CoUse:
    """One year's needs that relatives' accounts may pay, and the links through which they may."""

    def __init__(self, people: int, threads: int, each: Each, shelf: Shelf | None = None) -> None:
        """Make room for the needs of a number of people; `each` does a piece of work on every thread."""
        self.shelf = shelf or Shelf()
        self.whole = self.shelf.take(np.int64, people)
        self.whole[:] = 0
        self.need = self.whole.view(np.int32).reshape(2, people)
        """[outpatient or premium/inpatient, person] what is still asked of relatives' accounts [fen]."""
        self.rows = np.linspace(0, people, threads + 1).astype(np.int64)
        self.threads = threads
        self.each = each
        self.known: tuple[Kinship, Holders] | None = None
        """Who holds an account and their kin, found once a year."""
        self.held = self.rows[1:].copy()
        """Where each thread's holders, who are listed from its first row on, end."""
        self.links: Links | None = None
        """The links of those who asked last."""

    def close(self) -> None:
        """Lay down the year's arrays."""
        self.shelf.lay_down(self.whole)
        if self.known is not None:
            kin, holders = self.known
            self.shelf.lay_down(*kin[:-2], *holders)
            self.shelf.lay_down(*kin[-2:], purpose="kin")
        self.shelf.lay_down(*(self.links or ()), purpose="links")

    def pay(self, use: Use, p: Columns, laws: Any, ground: Ground, tally: Tally) -> None:
        """Pay what users need from relatives' accounts, ring after ring, and add it to the sums.

        Links are those of holders who have money after the year's contributions, whatever is then paid first.
        """
        law = laws[0].accounts
        if law.scope == 0 or law.registered_share <= 0.0:
            return
        premiums = use == Use.CONTRIBUTION
        kin, holders = self._open(p, laws, ground)
        if (law.pays_premium if premiums else law.pays_relatives_care) == 0:
            return
        if not premiums:
            self._over_holders(lambda first, last, _: kinfolk.look_into(p, first, last, laws, kin, holders))
        self.shelf.lay_down(*(self.links or ()), purpose="links")
        self.links = self._find(use, p, laws, ground, kin)
        self._live(use, p, laws, kin, holders, self.links)
        book = relatives.book_premiums if premiums else relatives.book_care
        book(p, holders, self.links, Sums(*tally.arrays()))

    def _open(self, p: Columns, laws: Any, ground: Ground) -> tuple[Kinship, Holders]:
        """Find who holds an account with a registered link this year, once."""
        if self.known is None:
            take, held = self.shelf.take, self.held
            kin, holders = new_kinship(len(p.key), take), new_holders(len(p.key), take)
            room = [new_room() for _ in range(self.threads)]

            def find(first: int, last: int, at: int) -> None:
                held[at] = kinfolk.open_accounts(p, first, last, laws, ground, kin, holders, room[at])

            self._over_rows(find)
            listed = tuple(zip(self.rows.tolist(), held.tolist()))
            for first, last in listed:
                kinfolk.count_younger(p, first, last, kin, holders)
            size = kinfolk.lay_lists(kin)
            kin = kin._replace(younger=take(np.int32, size, "kin"), elder=take(np.uint8, size, "kin"))
            for first, last in listed:
                kinfolk.list_younger(p, first, last, kin, holders)
            self._over_rows(lambda first, last, _: kinfolk.mark_children(p, first, last, kin))
            self.known = kin, holders
        return self.known

    def _find(self, use: Use, p: Columns, laws: Any, ground: Ground, kin: Kinship) -> Links:
        """Find whose account may pay for those who need."""
        parts: list[Links] = [new_links(0, 0)] * self.threads
        take = partial(self.shelf.take, purpose="links of a thread" if self.threads > 1 else "links")

        def find(first: int, last: int, thread: int) -> None:
            size, room = last - first + ROOM, new_room()
            users = -1
            while users < 0:
                links = new_links(last - first, size, take)
                users, found = kinfolk.find_links(p, first, last, int(use), self.need, laws, ground, kin, links, room)
                size += size
            parts[thread] = of_size(links, users, found)

        self._over_rows(find)
        links = parts[0] if self.threads == 1 else self._joined(parts)
        links.asked[:], links.paid_out[:], links.paid_inside[:] = -1, 0, 0
        return links

    def _joined(self, parts: list[Links]) -> Links:
        """Return the links that several threads found as one table."""
        users, found = sum(len(part.row) for part in parts), sum(len(part.holder) for part in parts)
        room = max(found, len(self.whole))
        links = of_size(new_links(len(self.whole), room, partial(self.shelf.take, purpose="links")), users, found)
        user = start = 0
        for part in parts:
            for name in FOUND:
                at = user if name in sizes_of(0) else start
                getattr(links, name)[at : at + len(getattr(part, name))] = getattr(part, name)
            links.first[user : user + len(part.first)] += start
            links.user[start : start + len(part.user)] += user
            user, start = user + len(part.row), start + len(part.holder)
            self.shelf.lay_down(*part, purpose="links of a thread")
        return links

    def _over_rows(self, work: Callable[[int, int, int], None]) -> None:
        """Do a piece of work on every thread's range of rows."""
        self.each(lambda thread: work(int(self.rows[thread]), int(self.rows[thread + 1]), thread), range(self.threads))

    def _over_holders(self, work: Callable[[int, int, int], None]) -> None:
        """Do a piece of work on every thread's holders."""
        self.each(lambda thread: work(int(self.rows[thread]), int(self.held[thread]), thread), range(self.threads))

    def _live(self, use: Use, p: Columns, laws: Any, kin: Kinship, holders: Holders, links: Links) -> None:
        """Let users ask and holders pay until nobody asks any more, ring by ring."""
        settle = relatives.pay_premiums if use == Use.CONTRIBUTION else relatives.pay_care

        def ask(ring: int, users: Places, starts: Whole, ends: Whole, thread: int) -> None:
            first, last = int(starts[thread]), int(ends[thread])
            ends[thread] = relatives.ask(users, first, last, ring, int(use), laws, kin, holders, links)

        def pay(starts: Whole, ends: Whole, first: int, last: int, thread: int) -> None:
            settle(p, starts, ends, first, last, laws, holders, links)

        for ring in range(RINGS):
            users = np.flatnonzero((links.rings & (1 << ring)) != 0).astype(np.int32)
            while self.threads > 1 and len(users) > FEW:
                cuts = np.linspace(0, len(users), self.threads + 1).astype(np.int64)
                starts, ends = cuts[:-1].copy(), cuts[1:].copy()
                self.each(partial(ask, ring, users, starts, ends), range(self.threads))
                self._over_rows(partial(pay, starts, ends))
                users = np.concatenate([links.askers[a:b] for a, b in zip(starts, ends, strict=True)])
            relatives.live_ring(p, users, np.zeros(2, np.int64), ring, int(use), laws, kin, holders, links)
