"""The plan of the house, held by reading the code."""

from __future__ import annotations

import ast
import importlib
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("agents", "model", "experiments", "tests")
MAY_IMPORT = {
    "agents": {"agents"},
    "model": {"agents", "model"},
    "experiments": {"agents", "model", "experiments"},
    "tests": set(PACKAGES),
}
# inside model: a package may import those to its left, and itself
MODEL_BELOW = {
    "rules": {"rules", "errors"},
    "measures": {"measures", "errors"},
    "data": {"data", "errors"},
}
LONGEST = 400
GENERATORS = {"random", "numpy.random"}


def python_files(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def imports(path: Path) -> list[str]:
    """Return the full dotted names a file imports, wherever in the file."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


ALL = python_files(*PACKAGES)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imports(path)} & set(PACKAGES)
    assert ours <= MAY_IMPORT[package], f"{name_of(path)} imports {sorted(ours - MAY_IMPORT[package])}"


@pytest.mark.parametrize("part", sorted(MODEL_BELOW))
def test_inside_model_the_foundations_import_nothing_above(part: str) -> None:
    for path in python_files(f"model/{part}"):
        above = {name.split(".")[1] for name in imports(path) if name.startswith("model.")} - MODEL_BELOW[part]
        assert not above, f"{name_of(path)} imports model.{sorted(above)[0]}"


@pytest.mark.parametrize("path", python_files("agents", "model", "experiments"), ids=name_of)
def test_no_file_outgrows_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_only_one_file_compiles() -> None:
    names = {"njit", "jit", "vectorize", "guvectorize", "cfunc", "jitclass"}
    found = set()
    for path in python_files("agents", "model", "experiments"):
        for node in ast.walk(tree_of(path)):
            spoken = {
                getattr(node, "id", None),
                getattr(node, "attr", None),
                *(a.name for a in getattr(node, "names", []) if isinstance(a, ast.alias)),
            }
            if spoken & names:
                found.add(name_of(path))
    assert found <= {"agents/compiled.py"}


def test_no_global_generator() -> None:
    for path in python_files("agents", "model", "experiments"):
        names = set(imports(path))
        used = {ast.unparse(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
        banned = {n for n in names for g in GENERATORS if n == g or n.startswith(f"{g}.")}
        banned |= {u for u in used if u.startswith(("np.random", "numpy.random", "random."))}
        assert not banned, f"{name_of(path)} uses {sorted(banned)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_our_names_are_ours(package: str) -> None:
    place = importlib.import_module(package).__file__
    assert place is not None
    assert Path(place).resolve().parent == ROOT / package


def test_public_names_are_loaded_lazily() -> None:
    code = "import sys, model; print('numba' in sys.modules, 'pandas' in sys.modules)"
    import sys

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_every_file_is_opened_with_its_encoding() -> None:
    for path in ALL:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "open":
                words = {keyword.arg for keyword in node.keywords}
                mode = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
                assert "encoding" in words or "b" in mode, f"{name_of(path)}:{node.lineno}"


def test_yaml_is_loaded_safely() -> None:
    for path in ALL:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "yaml.load",
                "yaml.unsafe_load",
                "yaml.full_load",
            }:
                assert "StrictLoader" in ast.unparse(node), f"{name_of(path)}:{node.lineno}"
