"""The glossary, English and Chinese: model/GLOSSARY.md, made from glossary.yaml and the labels in the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from agents import codes
from model.kinds import KINDS

HERE = Path(__file__).resolve().parent
FILE, PAGE = HERE / "glossary.yaml", HERE.parent / "model" / "GLOSSARY.md"
HEAD = """# Glossary · 术语表

One word for one thing, in law, column, rule, result and paper. Made by `python -m experiments.readme` from
`experiments/glossary.yaml` and the labels in `agents/codes.py`.
"""


def words() -> dict[str, dict[str, Any]]:
    """Return the words that are not labels in the code: concepts, and kinds of flow."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


def page() -> str:
    """Return the glossary as Markdown."""
    parts = [HEAD, "## Concepts · 概念\n", *rows(words()["concepts"])]
    flows = {f"`{kind}`": words()["flows"][kind] for kind in KINDS}
    parts += ["\n## Kinds of flow · 资金流类别\n", *rows(flows), "\n## Codes of people · 人员分类\n"]
    parts += ["| code | English | 中文 |", "|---|---|---|"]
    for name, kind in vars(codes).items():
        if isinstance(kind, type) and issubclass(kind, codes.Code) and kind is not codes.Code:
            parts += [f"| `{name}.{code.name}` | {code.en} | {code.zh} |" for code in kind]
    return "\n".join(parts) + "\n"


def rows(table: dict[str, list[str]]) -> list[str]:
    """Return a table of words, their Chinese and their meaning."""
    return [
        "| English | 中文 | meaning |",
        "|---|---|---|",
        *(f"| {en} | {zh} | {says} |" for en, (zh, says) in table.items()),
    ]
