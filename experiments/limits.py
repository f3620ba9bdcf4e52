"""What the board says is wrong, and why, as words for the README in both languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.board import HISTORY, Row, terms
from experiments.outcomes import style

FILE = Path(__file__).resolve().parent / "board.json"


def kept() -> list[Row]:
    """Return the board that was stored with the code."""
    rows: list[Row] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows


def reason_of(row: Row) -> dict[str, Any] | None:
    """Return the first reason whose beginnings fit a row's target, or nothing."""
    for reason in terms()["reasons"]:
        if any(str(row["target"]).startswith(start) for start in reason["targets"]):
            found: dict[str, Any] = reason
            return found
    return None


def limits(language: str) -> str:
    """Return one line a reason: the targets that miss their band, how far, and why."""
    rows = kept()
    missed = [row for row in rows if not row["holds"]]
    if language == "en":
        lines = [f"{len(rows) - len(missed)} of {len(rows)} comparisons hold their band; these do not:"]
    else:
        lines = [f"{len(rows)}项对比中{len(rows) - len(missed)}项在允许范围内；以下不在范围内："]
    for reason in terms()["reasons"]:
        own = [row for row in missed if reason_of(row) is reason]
        if own:
            told = ("; " if language == "en" else "；").join(_group(own, language))
            lines.append(f"- {told}. {reason['en']}" if language == "en" else f"- {told}。{reason['zh']}")
    return "\n".join([lines[0], "", *lines[1:]]) + "\n"


def _group(rows: Sequence[Row], language: str) -> list[str]:
    """Return each target once, with the years it misses and its errors."""
    names: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda each: (each["target"], each["year"])):
        names.setdefault(str(row["target"]).removesuffix(HISTORY), []).append(row)
    return [
        f"**{own[0]['name' if language == 'en' else 'zh']}** ({', '.join(_one(row, language) for row in own)})"
        for own in names.values()
    ]


def _one(row: Row, language: str) -> str:
    """Return a year and its error in words."""
    if row["error"] is None:
        told = "not simulated" if language == "en" else "未模拟"
    else:
        points = " points" if language == "en" else "个百分点"
        told = f"{row['error'] * style()['per_cent']:+.1f}{points if row['kind'] == 'points' else ' %'}"
    run = ("from 2019 " if language == "en" else "2019年起 ") if str(row["target"]).endswith(HISTORY) else ""
    return f"{row['year']} {run}{told}"
