"""What a command is heard to say, shared by tests of bad input."""

from __future__ import annotations

import pytest

from experiments import cli
from experiments.ending import BAD_INPUT


def one_line(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command in this process; it must refuse its words in one line of stderr that holds what is expected."""
    assert cli.main(words) == BAD_INPUT
    heard = capsys.readouterr()
    assert heard.err.count("\n") == 1
    assert expected in heard.err
    assert "Traceback" not in heard.err
