"""The JSON Schema of the law's files and of reforms, made from the closed lists that the loader checks against.

Editors and other programs can read it from schema.json; `python -m experiments.readme` writes that file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.policy.files import FOLDER
from model.policy.loader import KIND_OF_FILE, SOURCE_FIELDS, kind_of
from model.policy.relative import LIKE, PLUS, TAKES_UP, TIMES, WORDS
from model.policy.schema import FIELDS, FIELDS_ENTRY, KEYS, PLACES, RULES, UNITS

FILE = FOLDER / "schema.json"
DATE = r"^\d{4}(-\d{2}-\d{2})?$"
NAME = r"^[a-z][a-z0-9_]*$"
PATH = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
KINDS = ("law", "assumed", *KIND_OF_FILE.values())
TEXT = {"type": "string", "minLength": 1}
TITLE = {
    "type": "object",
    "properties": {"en": TEXT, "zh": TEXT},
    "required": ["en", "zh"],
    "additionalProperties": False,
}
TEXTS = {"oneOf": [TEXT, {**TITLE, "required": []}]}
NUMBER = {"type": "number"}


def reference(name: str) -> dict[str, str]:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def value() -> dict[str, Any]:
    """Return the schema of a value: a number, or numbers by key or place."""
    keys = sorted({key for names in KEYS.values() for key in names} | {"default"})
    return {
        "oneOf": [
            NUMBER,
            {
                "type": "object",
                "minProperties": 1,
                "patternProperties": {r"^\d{6}$": NUMBER, f"^({'|'.join(keys)})$": NUMBER},
                "additionalProperties": False,
            },
        ]
    }


def entry(kind: str) -> dict[str, Any]:
    """Return the schema of a dated value; law needs its source and article."""
    number = reference("value")
    fields: dict[str, Any] = dict.fromkeys(sorted(FIELDS_ENTRY[kind]), TEXT)
    fields |= {name: number for name in ("value", "low", "high") if name in fields}
    required = ["value", "source", "article"] if kind == "law" else ["value"]
    long = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
    return long if kind == "law" else {"anyOf": [number, long]}


def parameter(kind: str) -> dict[str, Any]:
    """Return the schema of one parameter of a kind."""
    number, series = reference("value"), {"type": "object", "required": ["indicator", "scheme"]}
    rule = {"oneOf": [{"enum": list(RULES)}, {"type": "string", "pattern": r"^growth [a-z0-9_]+\.[a-z0-9_]+$"}]}
    known: dict[str, Any] = {
        "title": TITLE,
        "unit": {"enum": list(UNITS)},
        "bounds": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
        "by": {"enum": [*KEYS, *PLACES]},
        "after": rule,
        "options": {**mapping(r"^[0-9]+$", TITLE), "minProperties": 2},
        "lag": {"type": "integer", "minimum": 0},
        "note": TEXT,
        "why": TEXT,
        "before": {"oneOf": [{"const": "first"}, number]},
        "values": {
            "type": "object",
            "minProperties": 1,
            "patternProperties": {DATE: reference(f"{kind} entry")},
            "additionalProperties": False,
        },
        "value": number,
        "low": number,
        "high": number,
        "completes": {"const": True},
        "targets": {"type": "array", "items": TEXT, "minItems": 1},
        "measured": series,
        "over": series,
        "factor": NUMBER,
        "to": {"type": "integer"},
    }
    if kind == "measured":
        del known["values"]
    head = ["title", "unit", "bounds"]
    whole: dict[str, Any] = {
        "type": "object",
        "properties": {name: known[name] for name in sorted(FIELDS[kind])},
        "additionalProperties": False,
    }
    if kind == "law":
        return {**whole, "required": [*head, "after", "values"]}
    if kind == "measured":
        return {**whole, "required": [*head, "measured", "to", "after", "why"]}
    one = {"oneOf": [{"required": ["values"]}, {"required": ["value"]}]}
    return {**whole, **one, "anyOf": [{"required": head}, {"required": ["completes"]}]}


def mapping(pattern: str, inside: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping from names of a pattern to things of one kind."""
    return {"type": "object", "patternProperties": {pattern: inside}, "additionalProperties": False}


def reform() -> dict[str, Any]:
    """Return the schema of a reform file."""
    path = {"type": "string", "pattern": PATH}
    fields = {"value": reference("value"), "unit": {"enum": list(UNITS)}, "source": TEXT, "article": TEXT}
    fields |= {PLUS: reference("value"), TIMES: reference("value"), LIKE: path, TAKES_UP: path}
    full = {
        "type": "object",
        "properties": fields,
        "anyOf": [{"required": [name]} for name in ("value", *WORDS)],
        "not": {"required": ["value", LIKE]},
        "additionalProperties": False,
    }
    dated = {**mapping(DATE, {"anyOf": [reference("value"), full, TEXT]}), "minProperties": 1}
    changes = mapping(PATH.replace("$", r"(\.after)?$"), dated)
    head = {"name": TEXT, "title": TEXTS, "question": TEXTS, "source": TEXTS, "changes": changes}
    return {"type": "object", "properties": head, "required": list(head)[:4], "additionalProperties": False}


def schema() -> dict[str, Any]:
    """Return the whole schema: a definition for every kind of file, by name."""
    source = {"type": "object", "properties": dict.fromkeys(sorted(SOURCE_FIELDS)), "additionalProperties": False}
    source["properties"] = {
        name: {"pattern": r"^(S[0-4]|V)$", "type": "string"} if name == "mark" else {"not": {"type": "null"}}
        for name in sorted(SOURCE_FIELDS)
    }
    definitions: dict[str, Any] = {"value": value()}
    for kind in KINDS:
        if kind in FIELDS_ENTRY:
            definitions[f"{kind} entry"] = entry(kind)
        definitions[kind] = parameter(kind)
        inside = mapping(NAME, reference(kind))
        definitions[f"{kind} file"] = inside if kind == "law" else mapping(NAME, inside)
    definitions["sources file"] = mapping(r"^[a-z0-9-]+$", {**source, "required": sorted(SOURCE_FIELDS)})
    definitions["reform file"] = reform()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gongji: the law's files and reforms",
        "$defs": definitions,
    }


def definition_of(path: Path) -> str:
    """Return the name of the definition that a file of the law must meet."""
    return "sources file" if path.stem == "sources" else f"{kind_of(path)} file"


def text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
