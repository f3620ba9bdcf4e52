"""Command lines of modules that are no verb, such as `python -m experiments.noise`: bad input is one line there too."""

from __future__ import annotations

import argparse
import datetime
import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, ParamSpec

from experiments.cli import INTERRUPTED, complain
from experiments.options import MOST_WHOLE
from model.errors import GongjiError, ScenarioError

P = ParamSpec("P")


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is an error of the project, not a page."""

    def error(self, message: str) -> NoReturn:
        """Raise ScenarioError with the complaint."""
        raise ScenarioError(f"{message.removeprefix('argument ')} (help: {self.prog} --help)")


def in_one_line(command: Callable[P, int]) -> Callable[P, int]:
    """Let a command say in one line what was wrong with what it was given, and return the exit code."""

    @functools.wraps(command)
    def told(*words: P.args, **options: P.kwargs) -> int:
        try:
            return command(*words, **options)
        except GongjiError as error:
            return complain(str(error), error.exit_code)
        except KeyboardInterrupt:
            return complain("interrupted", INTERRUPTED)

    return told


def whole(least: int) -> Callable[[str], int]:
    """Return what reads a whole number that is at least so large."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        fits = len(digits) <= len(str(MOST_WHOLE)) and digits.isascii() and digits.isdigit()
        if not (fits and least <= int(text) <= MOST_WHOLE):
            raise argparse.ArgumentTypeError(f"expected a whole number from {least}, got {text}")
        return int(text)

    return read


def some_minutes(text: str) -> float:
    """Read a number of minutes, none at the least and not without end."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number from 0, got {text}")
    return number


def day(text: str) -> str:
    """Read a day of the calendar, and leave it as it is written."""
    try:
        written = datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        written = ""
    if written != text:
        raise argparse.ArgumentTypeError(f"expected a day as 2026-01-31, got {text}")
    return text


def file_of_kind(suffix: str) -> Callable[[str], Path]:
    """Return what reads the path of a file whose name ends so."""

    def read(text: str) -> Path:
        if Path(text).suffix != suffix:
            raise argparse.ArgumentTypeError(f"expected a file ending in {suffix}, got {text}")
        return Path(text)

    return read
