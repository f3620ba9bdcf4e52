"""Every public function says what it is, in which unit, and where its arithmetic comes from.

Public: a function or method without an underscore in front of it or of its class, in agents, model and experiments,
read from the source (compiled ones too). Unit: whoever gives a number back names its unit in brackets, or says that it
is a share, an index, a count or a code. Source: the law's arithmetic (model/rules) and the measures (model/measures)
name an act, a document, a paper or a page, in the function's docstring or in that of its file. Exempt, with why:
docstrings.yaml.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
EXEMPT = yaml.safe_load((ROOT / "tests" / "docstrings.yaml").read_text(encoding="utf-8"))
NUMBERS = re.compile(r"^(int|float|np\.\w+|Array|NDArray\[.*\]|npt\.NDArray\[.*\]|list\[(int|float)\])$")
UNIT = re.compile(
    r"\[[^\]]*\b(fen|yuan|months?|years?|calendar year|steps|members?|people|persons?|heads?|pools?|shares?|seconds"
    r"|bytes|MiB|log odds|births|codes?|number|units?|events/year|rows?|nats|probability|1/65536|standard deviations)\b"
)
PLAIN = re.compile(  # numbers without a unit
    r"\b(shares?|index|indices|ratio|factor|probabilit\w+|chance|number of|numbers? in|counts?|codes?|uniform"
    r"|quantiles?|logarithms?|odds|bits|weights?|ranks?|[01] if|-1 if|0 short|1 for|coefficient|slope|exit code"
    r"|standard deviation|1 where|rows? of|keys? of|the year|how many|e to the power)\b",
    re.IGNORECASE,
)
SOURCE = re.compile(
    r"〔|号|法\b|\bart(\.|icle)|\binstitutions\b|\bmetrics\b|\bdocuments?\b|\bsec(\.|tion)\b|\breading\b|\bR\d+\b|\bS\d\b"
    r"|\b(19|20)\d\d\b|\b(Pascal|Panjer|Sparre Andersen|OECD|WHO|Shaanxi|Hainan|Switzerland|Germany)\b"
)


class Public(NamedTuple):
    """A public function with what its docstring and its file's say."""

    name: str
    returns: str
    words: str
    file_words: str


def functions(*folders: str) -> Iterator[Public]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from inside(tree.body, path.relative_to(ROOT).as_posix(), ast.get_docstring(tree) or "")


def inside(body: list[ast.stmt], where: str, file_words: str) -> Iterator[Public]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield Public(f"{where}:{node.name}", "", ast.get_docstring(node) or "", file_words)
            yield from inside(node.body, f"{where}:{node.name}", file_words)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            returns = ast.unparse(node.returns).strip("'\"") if node.returns else ""
            yield Public(f"{where}:{node.name}", returns, ast.get_docstring(node) or "", file_words)


ALL = list(functions("agents", "model", "experiments"))
LAW = [each for each in functions("model/rules", "model/measures") if each.returns]


def says_unit(words: str) -> bool:
    return bool(UNIT.search(words) or PLAIN.search(words))


def says_source(each: Public) -> bool:
    return bool(SOURCE.search(each.words) or SOURCE.search(each.file_words))


def test_there_are_functions() -> None:
    assert len(ALL) > 1000
    assert len(LAW) > 100


def test_every_public_name_says_what_it_is() -> None:
    wrong = []
    for each in ALL:
        first = each.words.split("\n")[0].strip()
        if not re.search(r"[.:]$|[.] ", first) or len(first.split()) < 3:
            wrong.append((each.name, first))
    assert not wrong, wrong


def test_numbers_have_units() -> None:
    wrong = [each.name for each in ALL if NUMBERS.match(each.returns) and not says_unit(each.words)]
    assert set(wrong) == set(EXEMPT["units"]), sorted(set(wrong) ^ set(EXEMPT["units"]))


def test_arithmetic_has_a_source() -> None:
    wrong = [each.name for each in LAW if not says_source(each)]
    assert set(wrong) == set(EXEMPT["sources"]), sorted(set(wrong) ^ set(EXEMPT["sources"]))


def test_exemptions_have_a_reason() -> None:
    assert all(len(why.split()) >= 3 for group in EXEMPT.values() for why in group.values())


@pytest.mark.parametrize(("words", "unit"), [("Return it [fen].", True), ("Return it.", False)])
def test_the_check_can_fail(words: str, unit: bool) -> None:
    assert says_unit(words) == unit
    assert not says_source(Public("x", "int", words, "Helpers."))
