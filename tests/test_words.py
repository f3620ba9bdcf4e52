"""Two languages everywhere: a word of page, reports, figures or explain that lacks one of them fails here."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib import font_manager

from experiments import document, explain, glossary, life
from experiments.outcomes import style
from experiments.page.pictures import words
from experiments.units import units
from experiments.words import chinese_font, pool_name, province_names
from model import data
from model.policy.policy import load_policy
from model.scenario import REFORMS, load_reform

ROOT = Path(__file__).resolve().parent.parent
PAIRED = [
    *sorted((ROOT / "experiments").glob("*.yaml")),
    *sorted((ROOT / "experiments" / "page").glob("*.yaml")),
    *sorted((ROOT / "experiments" / "pictures").glob("*.yaml")),
    *sorted((ROOT / "experiments" / "reforms").glob("*.yaml")),
    *sorted((ROOT / "experiments" / "studies").glob("*.yaml")),
    *sorted((ROOT / "model" / "policy").rglob("*.yaml")),
]
SAME = {"language"}  # the switch of the page names the other language
CHINESE = re.compile("[\u4e00-\u9fff%]")


def pairs(node: Any, where: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every mapping that holds a text in one of the two languages."""
    if isinstance(node, dict):
        if node.keys() & {"en", "zh"} and not (node.keys() & {"target"}):
            yield where, node
        for key, value in node.items():
            yield from pairs(value, f"{where}.{key}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from pairs(value, f"{where}[{place}]")


def wrong(pair: dict[str, str]) -> bool:
    if not (pair.get("en") and pair.get("zh")):
        return True
    if not isinstance(pair["zh"], str):  # a measure for each language, such as how many letters a line holds
        return False
    bare = re.sub(r"\{\w+\}|\W", "", str(pair["zh"]))  # a frame of values and signs has no words of its own
    return bool(bare) and not CHINESE.search(str(pair["zh"]))


@pytest.mark.parametrize("path", PAIRED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_have_both_languages(path: Path) -> None:
    found = list(pairs(yaml.safe_load(path.read_text(encoding="utf-8")), path.stem))
    assert [where for where, pair in found if wrong(pair) and where.split(".")[-1] not in SAME] == []


def test_there_are_many_pairs() -> None:
    count = sum(len(list(pairs(yaml.safe_load(path.read_text(encoding="utf-8")), ""))) for path in PAIRED)
    assert count > 500


def test_a_missing_key_is_noticed() -> None:
    found = list(pairs({"title": {"en": "a title"}, "list": [{"zh": "题", "en": "x"}, {"en": "x", "zh": "x"}]}, "file"))
    assert [where for where, pair in found if wrong(pair)] == ["file.title", "file.list[1]"]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_take_the_same_values() -> None:
    for table in (words(), {key: {lang: life.WORDS[lang][key] for lang in life.WORDS} for key in life.WORDS["en"]}):
        for key, pair in table.items():
            assert places(pair["en"]) == places(pair["zh"]), key


def calls(path: Path, name: str) -> Iterator[list[ast.expr]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
            yield node.args


def test_every_word_the_page_says_exists() -> None:
    said = set()
    for name in ("app.py", "pictures.py"):
        for arguments in calls(ROOT / "experiments" / "page" / name, "say"):
            if isinstance(arguments[0], ast.Constant):
                said.add(arguments[0].value)
    assert len(said) > 20
    assert said <= set(words())


def test_every_word_of_a_figure_is_said_in_both() -> None:
    count = 0
    for path in [ROOT / "experiments" / "figures.py", *sorted((ROOT / "experiments" / "pictures").glob("*.py"))]:
        for arguments in calls(path, "say"):
            assert len(arguments) == 2, path
            assert CHINESE.search(ast.unparse(arguments[1])), (path.name, ast.unparse(arguments[1]))
            count += 1
    assert count > 10


@pytest.mark.parametrize("table", [explain.WORDS, life.WORDS], ids=["explain", "life"])
def test_explain_and_life_have_the_same_words(table: dict[str, dict[str, str]]) -> None:
    assert set(table["en"]) == set(table["zh"])
    assert all(table["en"].values())
    assert [key for key, word in table["zh"].items() if not CHINESE.search(word)] == []


def test_every_line_of_life_has_both() -> None:
    assert [line for line, facts in life.lines().items() if wrong(facts["words"])] == []


def test_reports_have_both() -> None:
    assert [key for key, unit in units().items() if unit.en and not CHINESE.search(unit.zh)] == []
    shown = [words[part] for words in style()["answers"].values() for part in ("title", "says")]
    assert [pair for pair in shown if not pair["en"] or not CHINESE.search(pair["zh"])] == []
    assert set(document.LANGUAGES) == {"both", "en", "zh"}


def test_explain_speaks_chinese_of_every_parameter_and_reform() -> None:
    policy = load_policy()
    for path, parameter in policy.parameters.items():
        assert parameter.title[0], path
        assert CHINESE.search(parameter.title[1]), path
        assert parameter.by in explain.BYS_ZH, path
        assert all(CHINESE.search(zh) for _, _, zh in parameter.options), path
        for key in parameter.keys:
            said = explain.key_text(key, parameter.by, "zh")
            assert not re.search("[a-z]{2}", said), (path, said)
    for path in sorted(REFORMS.glob("*.yaml")):
        told = explain.explain_reform(load_reform(path.stem), "zh")
        assert all(CHINESE.search(line) or re.fullmatch(r"\s*source.*", line) for line in told.splitlines()), told


def test_every_place_has_both_names() -> None:
    for code in [*province_names(), *data.pools()["code"].astype(int)]:
        assert CHINESE.search(pool_name(int(code), "zh")), code
        assert not CHINESE.search(pool_name(int(code))), code


def test_the_glossary_has_both() -> None:
    for table in glossary.words().values():
        assert [word for word, (zh, says) in table.items() if not (CHINESE.search(zh) and says)] == []


def test_a_font_installed_after_matplotlib_made_its_list_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stale list of fonts, which matplotlib keeps for good, does not hide a font that is there now."""
    here = font_manager.findfont("DejaVu Sans")
    broken = Path(__file__)  # a file that is no font is passed over
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(broken), here])
    monkeypatch.setitem(style()["figures"], "chinese_fonts", ["DejaVu Sans"])
    assert chinese_font.__wrapped__() == "DejaVu Sans"
    monkeypatch.setitem(style()["figures"], "chinese_fonts", ["A font of nobody"])
    assert chinese_font.__wrapped__() is None


def test_a_malformed_font_does_not_keep_others_from_being_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables may break matplotlib's reading in any way."""
    here, manager = font_manager.findfont("DejaVu Sans"), font_manager.fontManager
    add = manager.addfont

    def read(path: str) -> None:
        if path != here:
            raise KeyError((3, 1, 1033, 2))
        add(path)

    monkeypatch.setattr(manager, "ttflist", [])
    monkeypatch.setattr(manager, "addfont", read)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: ["/a malformed font.ttf", here])
    monkeypatch.setitem(style()["figures"], "chinese_fonts", ["DejaVu Sans"])
    assert chinese_font.__wrapped__() == "DejaVu Sans"
