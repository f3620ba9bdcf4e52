"""What users hand in wrongly is told in one line, with exit code 2, before any work is done for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import cli
from model.errors import PolicyError
from model.policy import files
from model.policy.files import DEEPEST, LARGEST, read_yaml

REFORM = "name: mine\ntitle: t\nquestion: q\nsource: s\nchanges:\n  employee.person_rate: {2026-01-01: 0.03}\n"
HEAD = REFORM.partition("changes")[0]
TOO_DEEP = f"at most {DEEPEST} levels of lists and mappings inside each other"
TOO_MUCH = f"at most {LARGEST:,} values, aliases written out"
ALIASES = "".join(f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 10))
CHAIN = "".join(f"x{i}: &x{i} [*x{i - 1}]\n" for i in range(1, 5000))


def one_line(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    heard = capsys.readouterr()
    assert heard.err.count("\n") == 1
    assert expected in heard.err
    assert "Traceback" not in heard.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 100_000, f":1: expected {TOO_DEEP}"),
        (f"{HEAD}changes: {'[' * 30_000}{']' * 30_000}\n", f":5: expected {TOO_DEEP}"),
        (f"{HEAD}changes: {'{a: ' * 20_000}", TOO_DEEP),
        ("- " * 30_000, TOO_DEEP),
        ("\n".join(f"{' ' * depth}a:" for depth in range(5000)), f":{DEEPEST + 1}: expected {TOO_DEEP}"),
        (f"{HEAD}x0: &x0 [1]\n{CHAIN}changes: *x4999\n", TOO_DEEP),
        (f"{HEAD}x0: &x0 [1, 1, 1]\n{ALIASES}changes: *x9\n", TOO_MUCH),
        (REFORM.replace("title: t", "title: t\0"), ":2: expected text without control characters, got #x0000"),
        (REFORM.replace("source: s", 'source: "\a"'), ":4: expected text without control characters, got #x0007"),
        (f"{REFORM}---\n{REFORM}", ":7: expected one document, got another"),
        (
            REFORM.replace("0.03", "0.03, 2026: 0.02"),
            ":6 employee.person_rate: expected one value on each date, got two on 2026-01-01",
        ),
    ],
)
def test_what_no_file_of_ours_needs_is_refused(
    text: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    one_line(["explain", str(path)], f"mine.yaml{expected}" if expected[0] == ":" else expected, capsys)


def test_depth_and_aliases_within_bounds_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"a: &a {'[' * (DEEPEST - 2)}1{']' * (DEEPEST - 2)}\nb: [*a]\n", encoding="utf-8")
    content = read_yaml(path)
    assert content["b"] == [content["a"]]
    monkeypatch.setattr(files, "LARGEST", 2 * (DEEPEST - 1) + 4)
    assert read_yaml(path) == content
    monkeypatch.setattr(files, "LARGEST", 2 * (DEEPEST - 1) + 3)
    with pytest.raises(PolicyError, match="aliases written out"):
        read_yaml(path)
