"""Co-use of accounts by families: finds a year's links once and drives the passes of asking and paying on threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.person import Columns
from model.phases import kinfolk, relatives
from model.phases.ground import Ground, Sums
from model.phases.kinfolk import Kinship, Links, new_kinship, new_links
from model.phases.tally import Tally
from model.rules.codes import Ring, Use

RINGS = 2 * len(Ring)  # each at home and elsewhere
ROOM = 64
FEW = 4096  # users who ask are not worth waking threads; a test lowers it
Each = Callable[[Callable[[int], None], Any], None]
Whole = NDArray[np.int64]
Places = NDArray[np.int32]


class CoUse:
    """One year's needs that relatives' accounts may pay, and the links through which they may."""

    def __init__(self, people: int, threads: int, each: Each) -> None:
        """Make room for the needs of a number of people; `each` does a piece of work on every thread."""
        self.need = np.zeros((2, people), np.int32)
        """[outpatient or premium/inpatient, person] what is still asked of relatives' accounts [fen]."""
        self.rows = np.linspace(0, people, threads + 1).astype(np.int64)
        self.threads = threads
        self.each = each
        self.kin: Kinship | None = None
        self.links: Links | None = None
        self.askers: list[Places] = []
        """[ring] places of the users who have a link in the ring."""

    def pay(self, use: Use, p: Columns, laws: Any, ground: Ground, tally: Tally) -> None:
        """Pay what users need from relatives' accounts, ring after ring, and add it to the sums.

        Links are those of holders who have money after the year's contributions, whatever is then paid first.
        """
        law = laws[0].accounts
        if law.scope == 0 or law.registered_share <= 0.0:
            return
        if self.links is None:
            self._find(p, laws, ground)
        if (law.pays_premium if use == Use.CONTRIBUTION else law.pays_relatives_care) == 0:
            return
        self._live(use, p, laws)
        assert self.links is not None
        book = relatives.book_premiums if use == Use.CONTRIBUTION else relatives.book_care
        book(p, self.links, Sums(*tally.arrays()))

    def _find(self, p: Columns, laws: Any, ground: Ground) -> None:
        """Find who may draw on whose account this year."""
        kin = new_kinship(len(p.key))
        parts: list[Links] = [new_links(0, 0)] * self.threads
        self._over_rows(lambda first, last, _: kinfolk.open_accounts(p, first, last, laws, ground, kin))
        kinfolk.list_children(p, kin)
        self._over_rows(lambda first, last, _: kinfolk.mark_children(p, first, last, kin))

        def find(first: int, last: int, thread: int) -> None:
            room = last - first + ROOM
            users = -1
            while users < 0:
                links = new_links(last - first, room)
                users, found = kinfolk.find_links(p, first, last, laws, ground, kin, links)
                room += room
            parts[thread] = links._replace(
                row=links.row[:users], first=links.first[: users + 1], rings=links.rings[:users],
                holder=links.holder[:found], user=links.user[:found], ring=links.ring[:found],
            )  # fmt: skip

        self._over_rows(find)
        self.kin, self.links = kin, joined(parts)
        bits = self.links.rings
        self.askers = [np.flatnonzero(bits & (1 << ring)).astype(np.int32) for ring in range(RINGS)]

    def _over_rows(self, work: Callable[[int, int, int], None]) -> None:
        """Do a piece of work on every thread's range of rows."""
        self.each(lambda thread: work(int(self.rows[thread]), int(self.rows[thread + 1]), thread), range(self.threads))

    def _live(self, use: Use, p: Columns, laws: Any) -> None:
        """Let users ask and holders pay until nobody asks any more, ring by ring."""
        kin, links = self.kin, self.links
        assert kin is not None
        assert links is not None
        links.asked[:], links.out[:], links.inside[:] = -1, 0, 0
        settle = relatives.pay_premiums if use == Use.CONTRIBUTION else relatives.pay_care

        def ask(ring: int, users: Places, starts: Whole, ends: Whole, thread: int) -> None:
            first, last = int(starts[thread]), int(ends[thread])
            ends[thread] = relatives.ask(p, self.need, users, first, last, ring, int(use), laws, kin, links)

        def pay(starts: Whole, ends: Whole, first: int, last: int, thread: int) -> None:
            settle(p, self.need, starts, ends, first, last, laws, kin, links)

        for ring, asking in enumerate(self.askers):
            users = asking
            while self.threads > 1 and len(users) > FEW:
                cuts = np.linspace(0, len(users), self.threads + 1).astype(np.int64)
                starts, ends = cuts[:-1].copy(), cuts[1:].copy()
                self.each(partial(ask, ring, users, starts, ends), range(self.threads))
                self._over_rows(partial(pay, starts, ends))
                users = np.concatenate([links.askers[a:b] for a, b in zip(starts, ends, strict=True)])
            if len(users) > 0:
                relatives.live_ring(p, self.need, users, np.zeros(2, np.int64), ring, int(use), laws, kin, links)


def joined(parts: list[Links]) -> Links:
    """Return the links that the threads found as one table, with room for asking and paying."""
    links = new_links(sum(len(part.row) for part in parts), sum(len(part.holder) for part in parts))
    user = link = 0
    for part in parts:
        users, found = len(part.row), len(part.holder)
        for name in ("row", "rings"):
            getattr(links, name)[user : user + users] = getattr(part, name)
        for name in ("holder", "user", "ring"):
            getattr(links, name)[link : link + found] = getattr(part, name)
        links.first[user : user + users + 1] = part.first + link
        user += users
        link += found
    return links
