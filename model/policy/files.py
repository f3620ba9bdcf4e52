"""Reading YAML: safe, strict about keys written twice, and able to say on which line a parameter stands."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from model.errors import PolicyError

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(__file__).resolve().parent
STANDARD, QUOTES, LINE = "tag:yaml.org,2002:", "'", "\n"
MERGE, OWN = f"{STANDARD}merge", "own_keys"
DEEPEST, LARGEST = 100, 1_000_000
"""Levels of lists and mappings inside each other, and values with every alias written out, that a file may have."""
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StrictLoader(_Base):
    """The safe loader, refusing a mapping that holds one key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping and raise ConstructorError at a key that stands there twice."""
        written: Any = getattr(node, OWN, node.value)
        keys = [key for key, _ in written if key.tag != MERGE]
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value) or len(keys) != len(node.value):
            seen: set[object] = set()
            for key_node in keys:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    words = f"{key_node.value} once, got it twice"
                    raise yaml.constructor.ConstructorError(None, None, words, key_node.start_mark)
                seen.add(key)
        return mapping

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put what a mapping merges in before its own keys, and remember which are its own."""
        if not hasattr(node, OWN):
            setattr(node, OWN, list(node.value))
        super().flatten_mapping(node)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build a value, and say in the words of the other errors what is none."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError, AttributeError):
            words = f"a value of the kind {str(node.tag).removeprefix(STANDARD)}, got {node.value}"
            raise yaml.constructor.ConstructorError(None, None, words, node.start_mark) from None


def _check_size(text: str) -> None:
    """Raise ConstructorError where a file nests deeper than DEEPEST or stands for more than LARGEST values.

    The C reader ends the process at tens of thousands of levels; few lines of aliases can stand for billions of values.
    """
    named: dict[str | None, tuple[int, int]] = {}
    inside = [[0, 0]]  # of every open list and mapping: levels below it, values in it
    anchors: list[str | None] = []
    events: Any = yaml.parse(text, Loader=_Base)
    for event in events:
        levels = size = 0
        if isinstance(event, yaml.CollectionStartEvent):
            inside.append([0, 1])
            anchors.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            levels, size = inside.pop()
            levels += 1
            if (anchor := anchors.pop()) is not None:
                named[anchor] = levels, size
        elif isinstance(event, yaml.AliasEvent):
            levels, size = named.get(event.anchor, (0, 1))
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        inside[-1] = [max(inside[-1][0], levels), inside[-1][1] + size]
        for found, most, what in (
            (len(anchors) + levels, DEEPEST, "levels of lists and mappings inside each other"),
            (inside[-1][1], LARGEST, "values, aliases written out"),
        ):
            if found > most:
                raise yaml.constructor.ConstructorError(None, None, f"at most {most:,} {what}", event.start_mark)


def _words(problem: str) -> str:
    """Return what was expected where YAML says that it cannot make a value."""
    if problem.startswith("could not determine a constructor"):
        return f"plain values, got the tag {problem.split()[-1].strip(QUOTES).removeprefix(STANDARD)}"
    if problem == "found unhashable key":
        return "a text or a number as a key, got a list or a mapping"
    if problem.startswith("found unconstructable recursive"):
        return "plain values, got one that holds itself"
    if problem == "but found another document":
        return "one document, got another"
    return problem.removeprefix("expected ")


def _day(loader: Any, node: yaml.ScalarNode) -> Any:
    """Return what reads as a date, and raise ConstructorError where the calendar has no such day."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        raise yaml.constructor.ConstructorError(
            None, None, f"a day of the calendar, got {node.value}", node.start_mark
        ) from None


StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _day)


def short(path: Path) -> str:
    """Return a path relative to the repository, with forward slashes."""
    resolved = path.resolve()
    return resolved.relative_to(ROOT).as_posix() if resolved.is_relative_to(ROOT) else path.as_posix()


def read_yaml(path: Path, error: type[PolicyError] = PolicyError) -> dict[str, Any]:
    """Read a YAML mapping; raise `error` with file and line where it is unreadable."""
    try:
        text = path.read_text(encoding="utf-8")
        _check_size(text)
        loader = StrictLoader(text)
        try:
            content = loader.get_single_data()
        finally:
            loader.dispose()
    except OSError as problem:
        raise error(f"{short(path)}: expected a readable file, got {problem.strerror}") from None
    except UnicodeDecodeError:
        raise error(f"{short(path)}: expected text in UTF-8") from None
    except yaml.reader.ReaderError as problem:
        place = text.index(chr(problem.character))
        words = f"text without control characters, got #x{problem.character:04x}"
        raise error(f"{short(path)}:{1 + text.count(LINE, 0, place)}: expected {words}") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        why = _words(str(getattr(problem, "problem", None) or problem))
        if isinstance(problem, yaml.scanner.ScannerError | yaml.parser.ParserError):
            why = f"YAML, where text with a colon, comma or % stands in quotes ({why})"
        raise error(f"{short(path)}{line}: expected {why}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise error(f"{short(path)}:1: expected a mapping, got {type(content).__name__}")
    return content


def line_of(path: Path, keys: Iterable[object]) -> int:
    """Return the line (from 1) on which the nested keys stand in a YAML file; the deepest found counts."""
    with path.open(encoding="utf-8") as stream:
        node = yaml.compose(stream, Loader=StrictLoader)
    line = 1
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            break
        found = [(k, v) for k, v in node.value if k.value == str(key)]
        if not found:
            break
        line = found[-1][0].start_mark.line + 1
        node = found[-1][1]
    return line


def fail(
    path: Path, keys: tuple[object, ...], name: str, message: str, error: type[PolicyError] = PolicyError
) -> PolicyError:
    """Return the one-line error of a parameter: file, line, parameter, what was expected."""
    return error(f"{short(path)}:{line_of(path, keys)} {name}: {message}")
