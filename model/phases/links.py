"""Links between users and the holders of accounts: the table that a year's asking and paying is about."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.columns import Array
from agents.compiled import compiled, int64
from model.phases.ground import Take, new_array


class Links(NamedTuple):
    """Who may draw on whose account this year: users, and links to holders, side by side for each user and ring."""

    row: Array
    """[user] row of the person."""
    out: Array
    """[user] what is still asked for outpatient care, or for the premium [fen]."""
    inside: Array
    """[user] what is still asked for inpatient care [fen]."""
    holder: Array
    """[link] place among the holders."""
    user: Array
    """[link] place among the users."""
    ring: Array
    """[link] ring."""
    asked: Array
    """[link] what the holder is asked for, -1 where not asked yet [fen]."""
    paid: Array
    """[link] what the holder paid [fen]."""
    after: Array
    """[link] next link that asks the same holder in a pass, by the users' keys."""
    open: Array
    """[link] links by which a user may still ask in a pass."""
    claims: Array
    """[link] links by which users ask in a pass."""


LINK_TYPES = {"ring": np.uint8}
OF_USERS = ("row", "out", "inside")


def sizes_of(users: int) -> dict[str, int]:
    """Return how long the columns of links are that users have, not links."""
    return dict.fromkeys(OF_USERS, users)


def new_links(users: int, links: int, take: Take = new_array) -> Links:
    """Return room for links; nothing is asked or paid yet."""
    sizes = sizes_of(users)
    return Links(*(take(LINK_TYPES.get(name, np.int32), sizes.get(name, links)) for name in Links._fields))


def of_size(links: Links, users: int, found: int) -> Links:
    """Return a table of some users and the links found in the room for more."""
    sizes = sizes_of(users)
    return Links(*(getattr(links, name)[: sizes.get(name, found)] for name in Links._fields))


@compiled
def count_rings(links: Links, number: Any) -> None:
    """Add the links by ring [ring]."""
    for n in range(links.ring.size):
        number[links.ring[n]] += 1


@compiled
def bring_together(part: Links, users: int, place: Any, links: Links) -> None:
    """Write a thread's users into the table of all from a place on, and its links where those of each ring begin.

    `place` [ring] is where a ring's links begin, then where they end.
    """
    for user in range(part.row.size):
        links.row[users + user] = part.row[user]
        links.out[users + user] = part.out[user]
        links.inside[users + user] = part.inside[user]
    for k in range(part.holder.size):
        ring = int64(part.ring[k])
        n = int64(place[ring])
        place[ring] = n + 1
        links.holder[n] = part.holder[k]
        links.user[n] = part.user[k] + users
