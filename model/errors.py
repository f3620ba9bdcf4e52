"""Errors a user of the command line can understand: one line, naming file, place and what was expected."""

from __future__ import annotations


class GongjiError(Exception):
    """Bad input; the commands print its one line and exit with `exit_code`."""

    exit_code = 2

    def __str__(self) -> str:
        """Return the message on one line."""
        return " ".join(super().__str__().split())


class PolicyError(GongjiError):
    """A law, assumption or calibration file is wrong, or a year has no law."""


class ReformError(PolicyError):
    """A reform file is wrong, names an unknown parameter, or collides with another reform."""


class ScenarioError(GongjiError):
    """A scenario's years, people or reforms are impossible."""


class DataError(GongjiError):
    """A data table is missing, altered or inconsistent."""


class LedgerError(GongjiError):
    """Money was not conserved: a fault of the model, not of what it was given."""

    exit_code = 1


class ResultsError(GongjiError):
    """A results folder is unreadable, incomplete or belongs to something else."""
