"""Links between users and the holders of accounts: the table that a year's asking and paying is about."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.columns import Array
from model.phases.ground import Take, new_array


class Links(NamedTuple):
    """Who may draw on whose account this year: users, and for each a row of links to holders."""

    row: Array
    """[user] row of the person."""
    out: Array
    """[user] what is still asked for outpatient care, or for the premium [fen]."""
    inside: Array
    """[user] what is still asked for inpatient care [fen]."""
    first: Array
    """[user] first link; one more at the end."""
    rings: Array
    """[user] bits of the rings in which there is a link."""
    askers: Array
    """[user] places of the users who ask in a pass."""
    claims: Array
    """[user] the links by which they ask."""
    holder: Array
    """[link] place among the holders."""
    user: Array
    """[link] place among the users."""
    ring: Array
    """[link] ring."""
    asked: Array
    """[link] what the holder is asked for, -1 where not asked yet [fen]."""
    paid_out: Array
    """[link] paid for outpatient care, or for the premium [fen]."""
    paid_inside: Array
    """[link] paid for inpatient care [fen]."""
    after: Array
    """[link] next link that asks the same holder in a pass, by the users' keys."""


LINK_TYPES = {"first": np.int64, "rings": np.uint8, "ring": np.uint8}
OF_USERS = ("row", "out", "inside", "rings", "askers", "claims")


def sizes_of(users: int) -> dict[str, int]:
    """Return how long the columns of links are that users have, not links."""
    return dict.fromkeys(OF_USERS, users) | {"first": users + 1}


def new_links(users: int, links: int, take: Take = new_array) -> Links:
    """Return room for links; nothing is asked or paid yet."""
    sizes = sizes_of(users)
    return Links(*(take(LINK_TYPES.get(name, np.int32), sizes.get(name, links)) for name in Links._fields))


def of_size(links: Links, users: int, found: int) -> Links:
    """Return a table of some users and the links found in the room for more."""
    sizes = sizes_of(users)
    return Links(*(getattr(links, name)[: sizes.get(name, found)] for name in Links._fields))
