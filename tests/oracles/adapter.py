"""The door through which oracle cases reach the model: names and shapes only, no arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model import measures
from tests.oracles.rule_cases import couse_case, enrolment_case

__all__ = ["compute", "couse_case", "enrolment_case"]

ONLY_OUTPUT = {
    "atkinson": "atkinson",
    "benefit_incidence": "share",
    "concentration_curve": "L",
    "fractional_rank": "rank",
    "generalised_entropy": "ge",
    "gini": "gini",
    "gini_sample": "gini",
    "lorenz": "L",
}


def plain(value: Any) -> Any:
    """Turn results into lists, dictionaries with text keys, numbers and text."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def compute(metric: str, inputs: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs of one metric, as in the oracle files."""
    result = getattr(measures, metric)(**inputs, **params)
    return plain({ONLY_OUTPUT[metric]: result} if metric in ONLY_OUTPUT else result)
