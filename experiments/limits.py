"""What the board says is wrong, and why, as words for the README in both languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.board import AGREEMENT, HISTORY, LAST, Row, terms
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
    (fitted, may), (unseen, other), (own_only, rest) = counts(rows)
    if language == "en":
        lines = [
            f"{len(rows) - len(missed)} of {len(rows)} comparisons hold their band: {fitted} of {may} with values "
            f"that may have moved a parameter, {unseen} of {other} with published values that moved none (most of "
            f"{LAST}, held to two runs), and {own_only} of {rest} of the model with itself or without an aim. "
            "These do not:"
        ]
    else:
        lines = [
            f"{len(rows)}项对比中{len(rows) - len(missed)}项在允许范围内：可能影响参数的数值{may}项中{fitted}项，"
            f"未影响任何参数的公布值{other}项中{unseen}项（多为{LAST}年，与两次运行对照），"
            f"模型自身对照或不设目标的{rest}项中{own_only}项。以下不在范围内："
        ]
    for reason in terms()["reasons"]:
        own = [row for row in missed if reason_of(row) is reason]
        if own:
            told = ("; " if language == "en" else "；").join(_group(own, language))
            lines.append(f"- {told}. {reason['en']}" if language == "en" else f"- {told}。{reason['zh']}")
    return "\n".join([lines[0], "", *lines[1:]]) + "\n"


def counts(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return how many rows hold, and of how many: of values that may have moved a parameter, of others, of the rest.

    The rest are runs held to each other, and what is reported without an aim.
    """
    kinds: list[list[bool]] = [[], [], []]
    for row in rows:
        apart = row["kind"] == "reported" or str(row["target"]).startswith(AGREEMENT)
        kinds[2 if apart else 0 if row["sample"] == "in" else 1].append(bool(row["holds"]))
    return [(sum(each), len(each)) for each in kinds]


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
