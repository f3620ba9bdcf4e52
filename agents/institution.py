"""What all institutions share: a number of their own that does not keep their world alive."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator

import mesa


class Numbers(weakref.WeakKeyDictionary[mesa.Model, Iterator[int]]):
    """Counters by model, forgotten with it; a model without one gets one."""

    def __getitem__(self, model: mesa.Model) -> Iterator[int]:
        """Return a model's counter."""
        return self.setdefault(model, itertools.count(1))


class Institution(mesa.Agent):
    """An agency of the insurance. Mesa 3.3 counts agents in a table of its class that holds every model for ever."""

    _ids = Numbers()
