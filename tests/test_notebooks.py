"""The notebooks: one question each, nothing hidden, outputs stripped, and they run."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LIMIT = 120  # seconds for one notebook
OURS = {"model", "agents", "experiments"}
PUBLIC = {"model", "model.measures", "model.policy", "model.rules"}


def read(path: Path):
    return nbformat.read(path, as_version=4)


def code(path: Path) -> ast.Module:
    return ast.parse("\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code"))


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 8


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_hides_nothing(path: Path) -> None:
    book = read(path)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert "?" in book.cells[0].source
    assert any("\u4e00" <= letter <= "\u9fff" for letter in book.cells[0].source)
    nodes = list(ast.walk(code(path)))
    assert not [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)]
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.split(".")[0] in OURS} <= PUBLIC


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    where = {"metadata": {"path": str(ROOT)}}
    client = NotebookClient(read(path), timeout=LIMIT, kernel_name="python3", resources=where)
    done = client.execute()
    shown = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) or "text/html" in output.get("data", {}) for output in shown)


def test_only_payers_are_shown_as_payers() -> None:
    from model.identities import PAYERS

    (listed,) = [
        node.value
        for node in ast.walk(code(ROOT / "notebooks" / "03_whose_account_pays.ipynb"))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "payers"
    ]
    assert tuple(ast.literal_eval(listed)) == PAYERS
