"""A report as a list of blocks, written as Markdown and as one self-contained HTML page."""

from __future__ import annotations

import base64
import dataclasses
import html
from collections.abc import Collection, Sequence
from pathlib import Path

CSS = """
:root{color-scheme:light dark}
body{font:16px/1.55 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
h1,h2,h3{line-height:1.25}img{max-width:100%;height:auto;background:#fff}figure{margin:1.5rem 0}
figcaption{font-size:.9rem;opacity:.8}.table{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;border-bottom:1px solid #8886;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
.faint{opacity:.4}
.small{color:#8a8a8a;font-style:italic}
.warning{border-left:.4rem solid #d55e00;background:#d55e0022;padding:.6rem 1rem;margin:1rem 0}
"""


@dataclasses.dataclass(frozen=True)
class Heading:
    """A heading of a level."""

    text: str
    level: int = 2


@dataclasses.dataclass(frozen=True)
class Words:
    """A paragraph, in a language, perhaps a warning."""

    text: str
    language: str = "en"
    warning: bool = False


class Faint(str):
    """A cell that is not told apart from zero: grey in HTML, in italics in Markdown."""

    __slots__ = ()


@dataclasses.dataclass(frozen=True)
class Grid:
    """A table of texts; the rows named are grey."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    grey: Collection[int] = ()


@dataclasses.dataclass(frozen=True)
class Picture:
    """A PNG beside the report, with words for who cannot see it."""

    path: Path
    title: str
    alt: str


Block = Heading | Words | Grid | Picture


def markdown(blocks: Sequence[Block], folder: Path) -> str:
    """Return the report as Markdown; pictures are linked."""
    return "\n\n".join(_markdown(block, folder) for block in blocks) + "\n"


def _markdown(block: Block, folder: Path) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Words(text, _, warning):
            return f"> **{text}**" if warning else text
        case Grid(columns, rows, grey):
            rule = [":---"] + ["---:"] * (len(columns) - 1)
            said = (
                [f"*{_plain(cell)}*" for cell in row] if n in grey else [_plain(cell) for cell in row]
                for n, row in enumerate(rows)
            )
            lines = [[_plain(cell) for cell in columns], rule, *said]
            return "\n".join("| " + " | ".join(line) + " |" for line in lines)
        case Picture(path, _, alt):
            return f"![{alt}]({path.relative_to(folder).as_posix()})\n\n*{alt}*"


def _plain(cell: str) -> str:
    text = cell.replace("|", "\\|")
    return f"*{text}*" if isinstance(cell, Faint) else text


def _cell(cell: str) -> str:
    return f"<td{' class=faint' if isinstance(cell, Faint) else ''}>{html.escape(cell)}</td>"


def page(title: str, blocks: Sequence[Block]) -> str:
    """Return the report as one HTML page with its pictures inside."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{CSS}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Words(text, language, warning):
            kind = ' class="warning" role="alert"' if warning else ""
            tag = "zh-Hans" if language == "zh" else language
            return f'<p lang="{tag}"{kind}>{html.escape(text)}</p>'
        case Grid(columns, rows, grey):
            head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in columns)
            lines = ["".join(_cell(cell) for cell in row) for row in rows]
            marks = (' class="small"' if n in grey else "" for n in range(len(rows)))
            inside = "".join(f"<tr{mark}>{line}</tr>\n" for mark, line in zip(marks, lines))
            return f'<div class="table"><table><thead><tr>{head}</tr></thead>\n<tbody>{inside}</tbody></table></div>'
        case Picture(path, title, alt):
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            words = html.escape(alt, quote=True)
            source = f"data:image/png;base64,{data}"
            caption = f"<b>{html.escape(title)}</b>. {words}"
            return f'<figure><img src="{source}" alt="{words}"><figcaption>{caption}</figcaption></figure>'
