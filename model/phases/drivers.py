"""The compiled drivers: all phases of people between two phases of pools, block after block of homes."""

from __future__ import annotations

from typing import Any

from agents.compiled import compiled, inlined
from agents.person import Columns, part_of
from model.phases.caring import run_up_bills, seek_care, weigh_need
from model.phases.closing import add_heads, count_bonuses, count_heads, pay_maternity
from model.phases.covering import pay_assistance, pay_basic, pay_supplement
from model.phases.drawing import pay_rest
from model.phases.ground import Bounds, Ground, Illness, Scratch, Sums, illness_of
from model.phases.joining import count_profile, enrol
from model.phases.living import earn, find_work, mark_who_dies
from model.phases.paying import contribute

WRITES = {
    "money_in": ("money", "heads", "moves", "enrolment", "profile"),
    "weigh": ("need",),
    "money_out": ("money", "heads", "care", "enrolment", "need", "listed"),
}
"""The sums that each driver writes; what passes between two pools is much to clear and to add."""


@inlined
def homes_of(bounds: Bounds, blocks: Bounds, block: int) -> tuple[int, int, int, int]:
    """Return the first and the last home of a block, and its first and last person."""
    first_home, last_home = blocks[block], blocks[block + 1]
    return first_home, last_home, bounds[first_home], bounds[last_home]


@compiled
def money_in(
    p: Columns,
    bounds: Bounds,
    blocks: Bounds,
    first_block: int,
    last_block: int,
    laws: Any,
    ground: Ground,
    illness: Illness,
    sums: Sums,
    scratch: Scratch,
) -> None:
    """Live the first half of the year: illness and death marked, work, income, enrolment, contributions."""
    law = laws[0]
    for block in range(first_block, last_block):
        first_home, last_home, first, last = homes_of(bounds, blocks, block)
        people = part_of(p, first, last)
        find_work(people, law, ground, sums, scratch)
        earn(people, law, ground)
        mark_who_dies(people, ground, scratch)
        enrol(people, bounds, first_home, last_home, law, ground, sums, scratch)
        contribute(people, bounds, first_home, law, ground, sums, scratch)
        count_profile(people, scratch, sums)


@compiled
def weigh(
    p: Columns,
    bounds: Bounds,
    blocks: Bounds,
    first_block: int,
    last_block: int,
    laws: Any,
    ground: Ground,
    illness: Illness,
    sums: Sums,
    scratch: Scratch,
) -> None:
    """Draw the year's care once at prices of 1 and weigh it against what was to be expected, pool by pool."""
    law = laws[0]
    for block in range(first_block, last_block):
        _, _, first, last = homes_of(bounds, blocks, block)
        people = part_of(p, first, last)
        ill = illness_of(illness, first, last)
        seek_care(people, law, ground, ill, scratch)
        weigh_need(people, ground, ill, scratch, sums)


@compiled
def money_out(
    p: Columns,
    bounds: Bounds,
    blocks: Bounds,
    first_block: int,
    last_block: int,
    laws: Any,
    ground: Ground,
    illness: Illness,
    sums: Sums,
    scratch: Scratch,
) -> None:
    """Live the second half: care, basic benefit, supplements, assistance, accounts, cash, heads."""
    law = laws[0]
    for block in range(first_block, last_block):
        _, _, first, last = homes_of(bounds, blocks, block)
        people = part_of(p, first, last)
        ill = illness_of(illness, first, last)
        run_up_bills(people, ground, ill, scratch, sums)
        pay_basic(people, law, ground, ill, scratch, sums)
        pay_supplement(people, law, ground, scratch, sums)
        pay_assistance(people, law, ground, scratch, sums)
        pay_rest(people, first, law, scratch, sums)
        pay_maternity(p, first, last, law, ground, scratch, sums)
        count_bonuses(people, law)
        count_heads(people, scratch, sums)
    add_heads(sums)
