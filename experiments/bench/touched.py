"""What a phase of people touches, by reading its code: columns read and written, and draws for everybody."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from agents.person import PERSON
from experiments.bench.floors import Floors

WORDS, PAIRS = "draw_words", "draw_pairs"
FOREIGN = ("agents.", "model.rules.")
"""Modules whose functions take numbers, no columns of people."""
PEOPLE = {"p", "people"}


class Touched(NamedTuple):
    """What a function does to every person, its helpers' work included."""

    reads: frozenset[str]
    writes: frozenset[str]
    words: int
    """Calls that draw four words for everybody."""
    pairs: int
    """Calls that draw an evenly spread pair for everybody."""


def touched(function: Callable[..., Any]) -> Touched:
    """Return what a phase touches; draws for some people only, or for homes, are not counted."""
    reads: set[str] = set()
    writes: set[str] = set()
    draws: list[str] = []
    for tree in _trees(function):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and (name := _column(node.value)):
                (reads if isinstance(node.ctx, ast.Load) else writes).add(name)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
                reads |= {_column(node.target.value)} - {""}
            elif isinstance(node, ast.Call) and any(_column(argument) == "key" for argument in node.args):
                draws.append(ast.unparse(node.func))
                reads.add("key")
    return Touched(frozenset(reads), frozenset(writes), draws.count(WORDS), draws.count(PAIRS))


def _column(node: ast.AST) -> str:
    """Return which column of people an expression names, if any."""
    of_people = isinstance(node, ast.Attribute) and ast.unparse(node.value) in PEOPLE
    return node.attr if of_people and isinstance(node, ast.Attribute) and node.attr in PERSON else ""


def _trees(function: Callable[..., Any]) -> list[ast.AST]:
    """Return the code of a function and of all it calls that takes columns."""
    found: dict[str, ast.AST] = {}
    waiting = [function]
    while waiting:
        plain = getattr(current := waiting.pop(), "py_func", current)
        name = f"{plain.__module__}.{plain.__qualname__}"
        if name in found or plain.__module__.startswith(FOREIGN):
            continue
        found[name] = tree = _parsed(plain)
        names = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        called = [plain.__globals__.get(other) for other in sorted(names)]
        waiting += [f for f in called if f is not None and (hasattr(f, "py_func") or inspect.isfunction(f))]
    return list(found.values())


@cache
def _parsed(plain: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(plain)))


def width(names: frozenset[str] | set[str]) -> int:
    """Return the bytes of some columns of a person [bytes]."""
    return sum(np.dtype(PERSON[name].dtype).itemsize for name in names)


def drawing(work: Touched, floor: Floors) -> float:
    """Return the least that a phase's draws take for a person [1e-9 seconds]."""
    return work.words * floor.words + work.pairs * floor.pair


def least(phases: dict[str, Touched], floor: Floors) -> dict[str, float]:
    """Return the floor of every phase of a stage [ns a person].

    Draws and memory: the first phase that touches a column brings it in, the first that writes it pays
    for its way back; in between a block of people stays in the cache.
    """
    seen: set[str] = set()
    written: set[str] = set()
    found = {}
    for name, work in phases.items():
        new = (work.reads | work.writes) - seen
        back = work.writes - written
        found[name] = (width(new) + width(back)) / floor.bytes_per_ns + drawing(work, floor)
        seen |= new
        written |= back
    return found
