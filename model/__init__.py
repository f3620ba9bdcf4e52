"""The world of Gongji: law, data, people's and funds' years. Public names are loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.pooling import PoolingModel
    from model.scenario import Reform, Scenario, load_reform

HOMES = {
    "PoolingModel": "model.pooling",
    "Scenario": "model.scenario",
    "Reform": "model.scenario",
    "load_reform": "model.scenario",
}

__all__ = ["PoolingModel", "Reform", "Scenario", "load_reform"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562)."""
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    message = f"module 'model' has no attribute {name!r}"
    raise AttributeError(message)
