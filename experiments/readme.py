"""Puts the table of the year, printed from the code, into the READMEs: `python -m experiments.readme`."""

from __future__ import annotations

from pathlib import Path

from experiments.store import write_text

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"README.md": "en", "README.zh-CN.md": "zh"}
BEGIN, END = "<!-- year -->\n", "<!-- /year -->"


def with_year(text: str, language: str) -> str:
    """Return a page's text with the table of the year in its place."""
    from model.year import table

    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(language)}\n{END}{after}"


if __name__ == "__main__":
    for name, language in PAGES.items():
        page = ROOT / name
        write_text(page, with_year(page.read_text(encoding="utf-8"), language))
