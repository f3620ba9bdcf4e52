"""A person's standing in the scheme."""

from __future__ import annotations

from agents.codes import Scheme, Status, Work
from agents.compiled import inlined, int64
from agents.person import Columns
from model.phases.ground import Scratch
from model.phases.tally import AGES, CHRONIC_LEVELS

STATUSES = len(Status)


@inlined
def status_of(work: int, scheme: int) -> int:
    """Return the standing in the scheme that care and benefits depend on [code]."""
    if scheme == Scheme.NONE:
        return Status.NONE
    if scheme == Scheme.RESIDENT:
        return Status.RESIDENT
    return Status.RETIRED if work == Work.RETIRED else Status.ACTIVE


@inlined
def note_standing(p: Columns, scratch: Scratch) -> None:
    """Note everybody's standing in the scheme; sums by standing are quicker where it is looked up."""
    for i in range(p.key.size):
        scratch.status[i] = status_of(int64(p.work[i]), int64(p.scheme[i]))


@inlined
def note_row(p: Columns, scratch: Scratch) -> None:
    """Note everybody's row in the sums by pool of insurance and standing, once the standing is noted."""
    for i in range(p.key.size):
        scratch.row[i] = int64(p.insured[i]) * STATUSES + int64(scratch.status[i])


@inlined
def note_kind(p: Columns, scratch: Scratch) -> None:
    """Note everybody's row in tables by dying, standing, chronic illness and age, once the standing is noted."""
    for i in range(p.key.size):
        standing = int64(p.dying[i]) * STATUSES + int64(scratch.status[i])
        age = min(int64(p.age[i]), AGES - 1)
        scratch.kind[i] = (standing * CHRONIC_LEVELS + int64(p.chronic[i])) * AGES + age
