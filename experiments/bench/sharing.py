"""Relatives' accounts in the plain Mesa model: users ask one holder after the other, holders pay by the users' keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agents.sharing import Order
from experiments.bench.kin import kin_of
from experiments.bench.words import (
    FAMILY_ACCOUNT,
    FAMILY_RULE,
    FOR_CARE,
    FOR_PREMIUM,
    INPATIENT,
    NEAR_RELATIVES_RULE,
    NO_SCHEME,
    OUTPATIENT,
    PAIR_FAMILY,
    PAIR_PREMIUM,
    RESIDENT_CASH,
    SELF_PAY,
)
from model.phases.kinfolk import NEAR_RELATIVES
from model.rules.accounts import draw
from model.rules.sharing import area_between, link_registered, may_pay_part, may_share, ring_of

if TYPE_CHECKING:
    from experiments.bench.person import Person
    from experiments.bench.twin import PlainModel


class Link:
    """One relative's account that a user may ask, in its ring."""

    __slots__ = ("asked", "holder", "paid", "ring")

    def __init__(self, holder: Person, ring: int) -> None:
        """Open the link; nothing is asked yet."""
        self.holder = holder
        self.ring = ring
        self.asked = -1
        self.paid = 0


class Sharing:
    """A year of co-use: who holds an account with a registered link, and who may draw on it."""

    def __init__(self, model: PlainModel) -> None:
        """Learn who holds money after the year's contributions, and who is whose child."""
        self.model = model
        self.law = model.rules.accounts
        self.children: defaultdict[Person, list[Person]] = defaultdict(list)
        self.holders = set()
        for person in model.everybody:
            for parent in (person.mother, person.father):
                if parent is not None:
                    self.children[parent].append(person)
            if person.account > self.law.reserve and person.link[0] < self.law.registered_share:
                self.holders.add(person)
        self.links: dict[Person, list[Link]] = {}

    def _relatives(self, user: Person) -> Iterator[Person]:
        """Give spouse, parents, children and, under the wider law, near relatives; some may come twice."""
        parents = [parent for parent in (user.mother, user.father) if parent is not None]
        yield from (user.spouse,) if user.spouse is not None else ()
        yield from parents
        yield from self.children.get(user, ())
        if self.law.scope == NEAR_RELATIVES:
            for parent in parents:
                yield from (elder for elder in (parent.mother, parent.father) if elder is not None)
                yield from self.children[parent]
            for child in self.children.get(user, ()):
                yield from self.children.get(child, ())

    def links_of(self, user: Person) -> list[Link]:
        """Return whom the law lets a user ask this year, found once."""
        if user not in self.links:
            able = dict.fromkeys(kin for kin in self._relatives(user) if kin in self.holders and kin is not user)
            found = (self._link(holder, user) for holder in able)
            self.links[user] = [link for link in found if link is not None]
        return self.links[user]

    def _link(self, holder: Person, user: Person) -> Link | None:
        law, province = self.law, self.model.around.province
        rule = NEAR_RELATIVES_RULE if law.scope == NEAR_RELATIVES else FAMILY_RULE
        kin = kin_of(holder, user)
        area = area_between(holder.insured, user.insured, province[holder.insured], province[user.insured])
        wallet = int(holder.link[1] < law.wallet_share)
        linked = link_registered(kin, area, int(holder.link[0] < law.registered_share * law.wider_share))
        if may_share(rule, kin, 1, user.scheme, linked, FOR_CARE, area, law.area, wallet, 1, 1, 0) == 0:
            return None
        return Link(holder, ring_of(kin, area, int(holder.family is not user.family)))

    def pay_premiums(self) -> None:
        """Let accounts pay relatives' premiums instead of cash."""
        if self.law.pays_premium:
            self._live(FOR_PREMIUM)

    def pay_care(self) -> None:
        """Let accounts pay relatives' bills instead of cash."""
        if self.law.pays_relatives_care:
            self._live(FOR_CARE)

    def _live(self, use: int) -> None:
        """Let users ask and holders pay, ring by ring, until nobody asks any more."""
        if self.law.scope == 0:
            return
        asking = [p for p in self.model.everybody if sum(p.need) and p.scheme != NO_SCHEME]
        asking = [person for person in asking if self.links_of(person)]
        for person in asking:
            for link in self.links_of(person):
                link.asked = -1
                link.paid = 0
        for ring in sorted({link.ring for person in asking for link in self.links_of(person)}):
            while claims := self._claims([p for p in asking if sum(p.need)], ring, use):
                for asked in claims.values():
                    for user, link in sorted(asked, key=lambda claim: claim[0].key):
                        link.paid = self._pay(link.holder, user, link.asked, use)

    def _claims(self, asking: list[Person], ring: int, use: int) -> dict[Person, list[tuple[Person, Link]]]:
        """Return what every holder is asked for in a pass, by users."""
        claims = defaultdict(list)
        for user in asking:
            link, asked = self._choose(user, ring, use)
            if link is not None:
                link.asked = asked
                claims[link.holder].append((user, link))
        return claims

    def _choose(self, user: Person, ring: int, use: int) -> tuple[Link | None, int]:
        """Return whom a user asks next in a ring, and for how much."""
        law, left, able = self.law, sum(user.need), []
        parts = 1 - law.reading_s6
        for link in self.links_of(user):
            spare = link.holder.account - law.reserve
            if link.ring != ring or link.asked >= 0 or spare <= 0 or may_pay_part(use, spare, left, parts) == 0:
                continue
            if use == FOR_CARE or link.holder.link[2] < law.premium_area_share:
                able.append((-spare if law.order == Order.LARGEST else 0, link.holder.link[0], link.holder.key, link))
        if not able:
            return None, 0
        best = min(able, key=lambda choice: choice[:3])[3]
        if law.order == Order.PROPORTION and not (use == FOR_PREMIUM and law.reading_s6):
            together = sum(choice[3].holder.account - law.reserve for choice in able)
            left = -(-left * (best.holder.account - law.reserve) // together)
        return best, left

    def _pay(self, holder: Person, user: Person, asked: int, use: int) -> int:
        """Pay one claim from a holder's account, outpatient bills first, and return what it pays [fen]."""
        law, counts = self.law, self.model.counts
        spare = holder.account - law.reserve
        if may_pay_part(use, spare, asked, 1 - law.reading_s6) == 0:
            return 0
        out = draw(spare, min(asked, user.need[0]))
        inside = draw(spare - out, min(asked - out, user.need[1]))
        user.need = (user.need[0] - out, user.need[1] - inside)
        paid = out + inside
        holder.account -= paid
        kind = PAIR_PREMIUM if use == FOR_PREMIUM else PAIR_FAMILY
        counts.pairs[kind, holder.insured, user.insured] += paid
        if use == FOR_PREMIUM:
            counts.money[user.insured][RESIDENT_CASH] -= paid
            return paid
        user.family_account += paid
        user.self_pay -= paid
        for care, part in ((OUTPATIENT, out), (INPATIENT, inside)):
            sums: Any = counts.care[user.insured, user.status, care]
            sums[FAMILY_ACCOUNT] += part
            sums[SELF_PAY] -= part
        return paid
