"""The measures written down as their definitions say, in exact fractions and pairwise sums: slow and plain."""

from __future__ import annotations

import math
from fractions import Fraction


def kept(w, *columns):
    """Return the rows of positive weight."""
    rows = [row for row in zip(w, *columns) if row[0] > 0]
    return [[Fraction(each) for each in column] for column in zip(*rows)]


def average(w, y):
    """Return the weighted mean."""
    return sum(a * b for a, b in zip(w, y)) / sum(w)


def sign(value):
    """Return -1, 0 or 1."""
    return (value > 0) - (value < 0)


def absolute_concentration(w, h, r):
    """Return sum p_i p_j (h_i - h_j) sgn(r_i - r_j)/2."""
    rows = list(zip(w, h, r))
    return sum(a * b * (g - i) * sign(s - q) for a, g, s in rows for b, i, q in rows) / (2 * sum(w) ** 2)


def concentration(w, h, r):
    """Return the relative concentration index."""
    return absolute_concentration(w, h, r) / average(w, h)


def gini(w, y):
    """Return the Gini index."""
    return concentration(w, y, y)


def groups(keys, *columns):
    """Return the columns of every group."""
    table = {}
    for key, *row in zip(keys, *columns):
        table.setdefault(key, []).append(row)
    return {key: [list(column) for column in zip(*rows)] for key, rows in sorted(table.items())}


def ajl_exact(w, x, y):
    """Return V, H, R with groups of equal x."""
    mu, total = average(w, y), sum(w)
    inside = groups(x, w, y)
    means = {key: average(*each) for key, each in inside.items()}
    vertical = gini(w, x) - concentration(w, [means[each] for each in x], x)
    horizontal = sum((sum(a) / total) ** 2 * absolute_concentration(a, b, b) / mu for a, b in inside.values())
    return vertical, horizontal, gini(w, y) - concentration(w, y, list(zip_rank(x, y)))


def zip_rank(x, y):
    """Return the place of every (x, y) among the distinct pairs."""
    pairs = list(zip(x, y))
    place = {pair: number for number, pair in enumerate(sorted(set(pairs)))}
    return [place[pair] for pair in pairs]


def ajl_close(w, x, y, bandwidth):
    """Return V, H, R_within, R_ajl with bins floor(x/bandwidth); needs a positive mean of x and y in every bin."""
    keys = [math.floor(each / bandwidth) for each in x]
    inside = groups(keys, w, x, y)
    total, income = sum(w), sum(a * b for a, b in zip(w, y))
    means = {key: average(a, c) for key, (a, _, c) in inside.items()}
    between = concentration(w, [means[key] for key in keys], keys)
    parts = [Fraction(0)] * 3
    for a, b, c in inside.values():
        share = sum(a) / total * sum(p * q for p, q in zip(a, c)) / income
        parts = [s + share * v for s, v in zip(parts, (gini(a, b), concentration(a, c, b), gini(a, c)))]
    g_x, d, g_y = parts
    return gini(w, x) - between - g_x, d - g_x, g_y - d, gini(w, y) - between - g_y
