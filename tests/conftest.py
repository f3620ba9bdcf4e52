"""Shared by all tests: slow tests run on request; no property fails because a rule was still being compiled."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("gongji", deadline=None)
settings.load_profile("gongji")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless they are asked for with -m."""
    if not config.getoption("-m"):
        skip = pytest.mark.skip(reason="slow: run with -m slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)
