"""Puts the tables that are printed from the code into the READMEs and ODD.md: `python -m experiments.readme`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from experiments.command import without_options
from experiments.store import write_text

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"README.md": "en", "README.zh-CN.md": "zh", "model/ODD.md": "en"}
MARKED = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- /\2 -->\n)", re.DOTALL)


def tables(language: str) -> dict[str, Callable[[], str]]:
    """Return what prints the table of each marker."""
    from agents.household import HOUSEHOLD
    from agents.person import PERSON
    from experiments import odd
    from experiments.limits import limits
    from model.year import table

    return {
        "year": lambda: table(language),
        "people": lambda: odd.columns(PERSON),
        "households": lambda: odd.columns(HOUSEHOLD),
        "ledgers": odd.ledgers,
        "flows": odd.flows,
        "chance": odd.chance,
        "data": odd.data,
        "parameters": odd.parameters,
        "unread": odd.unread,
        "misses": lambda: limits(language),
    }


def with_tables(text: str, language: str) -> str:
    """Return a page's text with every marked table as the code has it."""
    known = tables(language)
    return MARKED.sub(lambda found: f"{found[1]}{known[found[2]]()}{found[3]}", text)


def write() -> None:
    """Write every page that is printed from the code, or holds tables that are."""
    from experiments import coverage, glossary
    from model.policy import json_schema

    write_text(json_schema.FILE, json_schema.text())
    write_text(coverage.PAGE, coverage.page())
    write_text(glossary.PAGE, glossary.page())
    for name, page_language in PAGES.items():
        page = ROOT / name
        write_text(page, with_tables(page.read_text(encoding="utf-8"), page_language))


if __name__ == "__main__":
    sys.exit(without_options("readme", __doc__, write))
