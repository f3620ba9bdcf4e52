"""A person's standing in the scheme."""

from __future__ import annotations

from agents.codes import Scheme, Status, Work
from agents.compiled import inlined


@inlined
def status_of(work: int, scheme: int) -> int:
    """Return the standing in the scheme that care and benefits depend on [code]."""
    if scheme == Scheme.NONE:
        return Status.NONE
    if scheme == Scheme.RESIDENT:
        return Status.RESIDENT
    return Status.RETIRED if work == Work.RETIRED else Status.ACTIVE
