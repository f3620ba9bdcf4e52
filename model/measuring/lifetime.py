"""Redistribution over the years lived so far, beside the year's: mean money per head, everybody weighted by years."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.engine import Engine
from model.measures import undefined
from model.measures.inequality import MEAN_NOT_POSITIVE
from model.measuring.equality import CONCEPTS, moved
from model.measuring.order import MEMBERS, SIZE, Order, reranked
from model.measuring.protection import Lives
from model.measuring.rows import NATION, Measure
from model.measuring.sheet import Floats, Sheet


def lifetime(sheet: Sheet, engine: Engine, ex_ante: Floats, lives: Lives) -> Iterator[Measure]:
    """Give inequality of mean income and the fall of it by both concepts, over everybody's years in the run so far."""
    money = np.column_stack([sheet.before, sheet.after, ex_ante]) / sheet.size[:, None]
    sums = lives.live(engine, money)
    years = sums[:, 0].astype(np.int64)
    before, *after = (sums[:, place] / years for place in range(1, sums.shape[1]))
    members = np.zeros((len(years), MEMBERS), np.int32)
    members[:, SIZE] = years
    order = Order.by(before, members, engine.shelf)
    total, money_before = int(years.sum()), float(np.sum(years * before))
    spread = reranked(order, before, total, money_before)
    gini = spread.own / (total * money_before) if money_before > 0 else undefined(MEAN_NOT_POSITIVE)
    yield *NATION, "lifetime_years", total / len(years)
    yield *NATION, "lifetime_gini_income", gini
    for concept, each in zip(CONCEPTS, after, strict=True):
        ranking = reranked(order, each, total, float(np.sum(years * each)))
        yield from moved(f"lifetime_{concept}", gini, ranking, total)
    order.lay_down()
