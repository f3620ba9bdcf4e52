"""A report as a list of blocks, written as Markdown and as one self-contained HTML page."""

from __future__ import annotations

import base64
import dataclasses
import html
import re
from collections.abc import Collection, Sequence
from pathlib import Path

CSS = (Path(__file__).resolve().parent / "report.css").read_text(encoding="utf-8")
LANGUAGES = {"both": "English · 中文", "en": "English", "zh": "中文"}
Cell = str | tuple[str, str]
"""A text, or a text in English and Chinese."""
DAGGER = " †"


@dataclasses.dataclass(frozen=True)
class Heading:
    """A heading of a level."""

    text: Cell
    level: int = 2


@dataclasses.dataclass(frozen=True)
class Words:
    """A paragraph, in a language, perhaps a warning."""

    text: str
    language: str = "en"
    warning: bool = False


@dataclasses.dataclass(frozen=True)
class Grid:
    """A table of texts; rows of few people have a dagger, cells not told apart from zero are italic; both are grey."""

    columns: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    few: Collection[int] = ()
    unsure: Collection[tuple[int, int]] = ()

    def grey(self, row: int, column: int) -> str:
        """Return why a cell is grey: few, unsure, both, or nothing."""
        return " ".join(["few"] * (row in self.few) + ["unsure"] * ((row, column) in self.unsure))

    def marked(self) -> Sequence[Sequence[Cell]]:
        """Return the rows with a dagger behind the names of those of few people."""
        return [[_daggered(cells[0]), *cells[1:]] if row in self.few else cells for row, cells in enumerate(self.rows)]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A PNG beside the report, with words for who cannot see it."""

    path: Path
    title: str
    alt: str
    language: str = "en"


Block = Heading | Words | Grid | Picture


def markdown(blocks: Sequence[Block], folder: Path) -> str:
    """Return the report as Markdown; pictures are linked."""
    return "\n\n".join(_markdown(block, folder) for block in blocks) + "\n"


def _markdown(block: Block, folder: Path) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {joined(text)}"
        case Words(text, _, warning):
            return f"> **{text}**" if warning else text
        case Grid():
            rule = [":---"] + ["---:"] * (len(block.columns) - 1)
            said = [
                [f"*{_plain(cell)}*" if (row, at) in block.unsure else _plain(cell) for at, cell in enumerate(cells)]
                for row, cells in enumerate(block.marked())
            ]
            lines = [[_plain(cell) for cell in block.columns], rule, *said]
            return "\n".join("| " + " | ".join(line) + " |" for line in lines)
        case Picture(path, _, alt, _):
            return f"![{alt}]({path.relative_to(folder).as_posix()})\n\n*{alt}*"


def _daggered(cell: Cell) -> Cell:
    return cell + DAGGER if isinstance(cell, str) else (cell[0] + DAGGER, cell[1] + DAGGER)


def joined(cell: Cell) -> str:
    """Return a cell as plain text, both languages one after the other."""
    return cell if isinstance(cell, str) else " · ".join(dict.fromkeys(cell))


def _plain(cell: Cell) -> str:
    return joined(cell).replace("|", "\\|")


def page(title: str, blocks: Sequence[Block]) -> str:
    """Return the report as one HTML page with its pictures inside."""
    body = "\n".join(_html(block) for block in blocks)
    switch = "".join(
        f'<input type="radio" name="language" id="{key}"{" checked" if key == "both" else ""}>'
        f'<label for="{key}">{words}</label>'
        for key, words in LANGUAGES.items()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{CSS}</style></head>\n"
        f"<body>\n{switch}\n<main>\n{body}\n</main>\n</body></html>\n"
    )


def _tag(language: str) -> str:
    return "zh-Hans" if language == "zh" else language


def _spans(cell: Cell) -> str:
    """Return a cell's text, each language in a span that the switch can hide; brackets of a cell on their own line."""
    if isinstance(cell, str) or cell[0] == cell[1]:
        text = html.escape(cell if isinstance(cell, str) else cell[0])
        return re.sub(r" (\[.*\])$", r" <small>\1</small>", text)
    english, chinese = (_spans(text) for text in cell)
    return f'<span lang="en">{english}</span><span class="between"> · </span><span lang="zh-Hans">{chinese}</span>'


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_spans(text)}</h{level}>"
        case Words(text, language, warning):
            kind = ' class="warning" role="alert"' if warning else ""
            return f'<p lang="{_tag(language)}"{kind}>{html.escape(text)}</p>'
        case Grid():
            head = "".join(f'<th scope="col">{_spans(cell)}</th>' for cell in block.columns)
            inside = "".join(f"<tr>{_line(block, row)}</tr>\n" for row in range(len(block.rows)))
            return f'<div class="table"><table><thead><tr>{head}</tr></thead>\n<tbody>{inside}</tbody></table></div>'
        case Picture(path, title, alt, language):
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            words = html.escape(alt, quote=True)
            image = f'<div class="picture"><img src="data:image/png;base64,{data}" alt="{words}"></div>'
            caption = f"<b>{html.escape(title)}</b>. {words}"
            return f'<figure lang="{_tag(language)}">{image}<figcaption>{caption}</figcaption></figure>'


def _line(grid: Grid, row: int) -> str:
    """Return a row's cells; each also carries its column's words, which narrow screens show before it."""
    cells = grid.marked()[row]
    named = list(enumerate(zip(grid.columns, cells, strict=True)))

    def kind(column: int) -> str:
        why = grid.grey(row, column)
        return f' class="{why}"' if why else ""

    told = (
        f'<td{kind(column)}><span class="of">{_spans(name)}</span><span>{_spans(cell)}</span></td>'
        for column, (name, cell) in named[1:]
    )
    return f'<th scope="row"{kind(0)}>{_spans(cells[0])}</th>' + "".join(told)
