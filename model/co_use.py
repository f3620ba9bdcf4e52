"""Co-use of accounts by families: finds a year's links once and drives the passes of asking and paying on threads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from agents.columns import Array
from agents.person import Columns
from model.phases import holding, kinfolk, relatives
from model.phases.ground import Ground, Sums, new_room
from model.phases.holding import MOST_GRANDPARENTS, Holders, Kinship, new_holders, new_kinship, with_lists
from model.phases.kinfolk import NEAR_RELATIVES
from model.phases.links import Links, bring_together, count_rings, new_links, of_size
from model.phases.tally import PairKind, Tally
from model.rules.codes import Ring, Use
from model.shelf import Shelf

RINGS = 2 * len(Ring)  # each at home and elsewhere
ROOM = 64
LISTS = 5  # columns of kinship that everybody has; those of lists come after them
FEW = 4096  # links are not worth waking threads; a test lowers it
Each = Callable[[Callable[[int], None], Any], None]


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
        self.spans = np.zeros((RINGS, threads + 1), np.int64)
        """[ring, thread] where the links of a ring that each thread found begin; one more where they end."""

    def close(self) -> None:
        """Lay down the year's arrays."""
        self.shelf.lay_down(self.whole)
        if self.known is not None:
            kin, holders = self.known
            self.shelf.lay_down(*kin[:LISTS], *holders)
            self.shelf.lay_down(*kin[LISTS:], purpose="kin")
        self.shelf.lay_down(*(self.links or ()), purpose="links")

    def pay(self, use: Use, p: Columns, laws: Any, ground: Ground, tally: Tally) -> None:
        """Pay what users need from relatives' accounts, ring after ring, and add it to the sums.

        Links are those of holders who have money after the year's contributions, whatever is then paid first.
        """
        law = laws[0].accounts
        if law.scope == 0 or law.registered_share <= 0.0:
            return
        premiums = use == Use.CONTRIBUTION
        kin, holders = self._open(p, law, ground)
        if (law.pays_premium if premiums else law.pays_relatives_care) == 0:
            return
        if not premiums:
            self._over_holders(lambda first, last, _: holding.look_into(p, first, last, law, holders))
        self.shelf.lay_down(*(self.links or ()), purpose="links")
        self.links = self._find(use, p, law, ground, kin, holders)
        self._live(use, p.key, law, holders, self.links)
        settle = relatives.pay_premiums if premiums else relatives.pay_care
        self._over_holders(lambda first, last, _: settle(p, first, last, law, holders))
        self._book(use, p, holders, self.links, Sums(*tally.arrays()))

    def _open(self, p: Columns, law: Any, ground: Ground) -> tuple[Kinship, Holders]:
        """Find who holds an account with a registered link this year, and what their kin know of it, once."""
        if self.known is None:
            take, held = self.shelf.take, self.held
            kin, holders = new_kinship(len(p.key), take), new_holders(len(p.key), take)

            def find(first: int, last: int, thread: int) -> None:
                held[thread] = holding.open_accounts(p, first, last, law, ground, kin, holders, new_room())

            self._over_rows(find)
            starts = np.append(0, np.cumsum(held - self.rows[:-1])) * MOST_GRANDPARENTS
            kin, ends = with_lists(kin, int(starts[-1]) // MOST_GRANDPARENTS, take), starts[1:].copy()

            def enter(first: int, last: int, thread: int) -> None:
                room = np.empty((2, holding.AT_ONCE), np.int32)
                ends[thread] = holding.find_elders(p, first, last, kin, holders, starts[thread], room)

            self._over_holders(enter)

            def enlist(first: int, last: int, _: int) -> None:
                holding.list_children(self.rows[:-1], held, first, last, kin)
                holding.list_grandchildren(starts[:-1], ends, first, last, kin)

            self._over_rows(enlist)
            self._over_rows(lambda first, last, _: holding.mark_nearest(p, first, last, kin, holding.new_told()))
            if law.scope == NEAR_RELATIVES:
                self._over_rows(lambda first, last, _: holding.mark_wider(p, first, last, kin, holding.new_told()))
            self.known = kin, holders
        return self.known

    def _find(self, use: Use, p: Columns, law: Any, ground: Ground, kin: Kinship, holders: Holders) -> Links:
        """Find whose account may pay for those who need."""
        parts: list[Links] = [new_links(0, 0)] * self.threads
        rings = np.empty(kinfolk.CASES, np.int64)
        kinfolk.lay_down_rings(law, rings)
        number = np.zeros((self.threads, RINGS), np.int64)
        take = partial(self.shelf.take, purpose="links of a thread")

        def find(first: int, last: int, thread: int) -> None:
            size, room = last - first + ROOM, kinfolk.new_round()
            users = -1
            while users < 0:
                links = new_links(last - first, size, take)
                words = first, last, int(use), self.need, law, ground, kin, holders, links, rings, room
                users, found = kinfolk.find_links(p, *words)
                size += size
            parts[thread] = of_size(links, users, found)
            count_rings(parts[thread], number[thread])

        self._over_rows(find)
        return self._joined(parts, number)

    def _joined(self, parts: list[Links], number: Array) -> Links:
        """Return the links that threads found, `number` of each thread and ring, as one table, ring after ring."""
        users = np.append(0, np.cumsum([len(part.row) for part in parts]))
        found = np.append(0, np.cumsum(number.T))
        self.spans = found[np.add.outer(np.arange(RINGS) * self.threads, np.arange(self.threads + 1))]
        room = max(int(found[-1]), len(self.whole))
        whole = new_links(len(self.whole), room, partial(self.shelf.take, purpose="links"))
        links = of_size(whole, int(users[-1]), int(found[-1]))
        links.asked[:] = -1
        links.paid[:] = 0
        for ring, span in enumerate(self.spans):
            links.ring[span[0] : span[-1]] = ring

        def bring(thread: int) -> None:
            place = self.spans[:, thread].copy()
            bring_together(parts[thread], int(users[thread]), place, links)
            self.shelf.lay_down(*parts[thread], purpose="links of a thread")

        self.each(bring, range(self.threads))
        return links

    def _over_rows(self, work: Callable[[int, int, int], None]) -> None:
        """Do a piece of work on every thread's range of rows."""
        self.each(lambda thread: work(int(self.rows[thread]), int(self.rows[thread + 1]), thread), range(self.threads))

    def _over_holders(self, work: Callable[[int, int, int], None]) -> None:
        """Do a piece of work on every thread's holders."""
        self.each(lambda thread: work(int(self.rows[thread]), int(self.held[thread]), thread), range(self.threads))

    def _live(self, use: Use, keys: Array, law: Any, holders: Holders, links: Links) -> None:
        """Let users ask and holders pay until nobody asks any more, ring by ring."""
        claimed, left_open = np.empty((2, self.threads), np.int64)
        own = [self.shelf.take(np.int32, len(self.whole), "claims") for _ in range(self.threads)]

        def ask(thread: int, begin: Array, end: Array, *, anew: bool) -> None:
            words = int(begin[thread]), int(end[thread]), anew, int(use), law, holders, links
            claimed[thread], left_open[thread] = relatives.ask(*words)

        def share(begin: Array, end: Array, *, anew: bool) -> None:
            self.each(partial(ask, begin=begin, end=end, anew=anew), range(self.threads))

            def pay(first: int, last: int, thread: int) -> None:
                words = int(use), law, holders, links, own[thread]
                relatives.pay_claims(keys, begin, claimed, first, last, *words)

            self._over_rows(pay)

        for span in self.spans:
            begin, whole = span[:-1], span[[0, -1]]
            many = whole[1] - whole[0] > FEW and self.threads > 1
            if many:
                share(begin, span[1:], anew=True)
                while (left_open - begin).sum() > FEW:
                    share(begin, left_open, anew=False)
                whole[1] = relatives.gather(begin, left_open, links)
            relatives.live_ring(keys, whole, not many, int(use), law, holders, links, own[0])
        self.shelf.lay_down(*own, purpose="claims")

    def _book(self, use: Use, p: Columns, holders: Holders, links: Links, sums: Sums) -> None:
        """Add what accounts paid to the sums: those of users on one thread, those by pair of pools on another."""
        premiums = use == Use.CONTRIBUTION
        book = relatives.book_premiums if premiums else relatives.book_care
        kind = int(PairKind.PREMIUM if premiums else PairKind.FAMILY_ACCOUNT)
        works = (
            partial(book, p, self.need, links, sums),
            partial(relatives.book_between_pools, p, kind, holders, links, sums),
        )
        self.each(lambda at: works[at](), range(len(works)))
