"""API pages from the docstrings: `python -m experiments.api [DIR]` writes one page a package, without importing it."""

from __future__ import annotations

import ast
import html
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.command import Parser, in_one_line
from experiments.document import CSS
from experiments.options import check_folder
from experiments.store import write_text

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("model", "agents", "experiments")
FIRST = (
    "model/__init__.py",
    "model/pooling.py",
    "model/scenario.py",
    "model/measures/__init__.py",
    "model/rules/__init__.py",
)
"""Files whose names the contract keeps; they come first."""
OWN_CSS = "pre{white-space:pre-wrap;margin:.2rem 0 .2rem 1rem}code{overflow-wrap:anywhere}dt{margin-top:.8rem}"
HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{css}</style></head>
<body>
{body}
</body></html>
"""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(package: str) -> list[Path]:
    """Return the Python files of a package, those with stable names first."""
    found = sorted((ROOT / package).rglob("*.py"))
    order = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda path: order.get(path.relative_to(ROOT).as_posix(), len(order)))


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield name, signature and docstring of every public class, function and method."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        name = f"{prefix}{node.name}"
        yield name, signature(node), ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{name}.")


def signature(node: Function | ast.ClassDef) -> str:
    """Return what stands between the name and the colon."""
    if isinstance(node, ast.ClassDef):
        return f"({', '.join(ast.unparse(base) for base in node.bases)})" if node.bases else ""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returns}"


def page(package: str) -> str:
    """Return the page of a package as HTML: each file's purpose and public names with their docstrings."""
    parts = [
        f"<h1>{package}</h1>",
        "<p>" + " · ".join(f'<a href="{name}.html">{name}</a>' for name in PACKAGES) + "</p>",
    ]
    for path in files(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        parts += [
            f'<h2 id="{module}">{module}</h2>',
            f"<pre>{html.escape(ast.get_docstring(tree) or '')}</pre>",
            "<dl>",
        ]
        for name, said, words in public(tree.body):
            parts.append(f'<dt id="{module}.{name}"><code><b>{name}</b>{html.escape(said)}</code></dt>')
            parts.append(f"<dd><pre>{html.escape(words)}</pre></dd>")
        parts.append("</dl>")
    return HTML.format(title=package, css=CSS + OWN_CSS, body="\n".join(parts))


def write(folder: Path) -> list[Path]:
    """Write the pages of all packages into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    places = [folder / f"{package}.html" for package in PACKAGES]
    for package, place in zip(PACKAGES, places, strict=True):
        write_text(place, page(package))
    return places


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages into the folder asked for; return the exit code."""
    parser = Parser(prog="python -m experiments.api", description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "results" / "api", metavar="DIR")
    folder = parser.parse_args(arguments).folder
    check_folder("DIR", folder)
    print(f"wrote {', '.join(str(place) for place in write(folder))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
