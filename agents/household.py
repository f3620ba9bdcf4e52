"""A household: people of one home who lie together in the people table."""

from __future__ import annotations

from agents.columns import Column, Table
from agents.person import Person

HOUSEHOLD = {
    "start": Column("i4", "row", 0, "row of the first member; the next household's start ends it"),
    "home": Column("i2", "pool", 0, "pool where the household lives"),
}


class Household:
    """A read-only view of one family."""

    def __init__(self, people: Table, households: Table, row: int) -> None:
        """Look at one row of the household table."""
        self._people = people
        self.row = row
        start = households.start
        end = start[row + 1] if row + 1 < len(households) else len(people)
        self.members = [Person(people, member) for member in range(int(start[row]), int(end))]

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.members)
