"""Where the oracle cases lie: beside this file, or in the folder named by GONGJI_ORACLES."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

FOLDER = pathlib.Path(os.environ.get("GONGJI_ORACLES") or pathlib.Path(__file__).parent)


def document(name: str) -> dict[str, Any]:
    """Return one oracle file."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def metric_cases() -> list[tuple[str, dict[str, Any]]]:
    """Return (metric, case) for every case in metrics/."""
    documents = [document(f"metrics/{path.name}") for path in sorted((FOLDER / "metrics").glob("*.json"))]
    return [(each["metric"], case) for each in documents for case in each["cases"]]


def cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of one of the other files."""
    return document(name)["cases"]
