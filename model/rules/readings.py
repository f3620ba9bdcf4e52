"""Readings of the documents: every question they leave open is a named switch, its default first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OTHER = "other"
YES, NO, ON, OFF = "yes", "no", "on", "off"


@dataclass(frozen=True, slots=True)
class Reading:
    """One open question: what is asked and the answers that a model may take, the default first."""

    question: str
    options: tuple[str, ...]


READINGS: dict[str, Reading] = {
    "R1": Reading("Does the first missed year add a variable month?", ("counts", "free")),
    "R2": Reading("Which gaps count for the wait?", ("last", "all")),
    "R3": Reading("Years missed before 2025?", ("from 2025", "all", "fixed months only")),
    "R4": Reading("A person never enrolled before, inside the window?", ("no wait", "fixed months", "gap")),
    "R5": Reading("Years in employee insurance?", ("covered", "missed")),
    "R5 switch": Reading("Fixed months after a late switch between schemes within three months?", (ON, OFF)),
    "R6": Reading("Does a late but enrolled year keep continuity?", ("keeps", "breaks")),
    "R7": Reading("Does repair restore consecutive years?", (NO, YES)),
    "R8": Reading("No-claim steps earned before a break?", ("kept", "lost")),
    "R9": Reading("Consecutive years before 2025?", ("count", "not counted", "count for entry only")),
    "R10": Reading("A local minimum above the unrepaired wait?", ("holds", "unrepaired wait")),
    "R11": Reading("Which groups besides newborns are special?", ("listed", "all assisted", "newborns only")),
    "R12": Reading("Which consecutive year brings the first step?", ("fifth", "sixth")),
    "R13": Reading("Reduction after a break?", ("once", "per missed year", "none")),
    "R14": Reading("Steps below the least step?", ("refused", "accepted")),
    "R15": Reading("Bonus in areas without a ceiling?", (NO, YES)),
    "S1": Reading("May a relative's contribution be paid before the cover starts?", (YES, NO)),
    "S2": Reading("May contributions be paid under the rule of 2021?", (YES, NO)),
    "S3": Reading("May an account pay outside the insured list?", (NO, YES)),
    "S4": Reading("From when across provinces?", ("from 2025", "from 2024")),
    "S5": Reading("Who is kin?", ("civil law", "family life")),
    "S6": Reading("May an account pay part of a contribution?", (YES, NO)),
}


def option(name: str, value: object) -> str:
    """Return the option meant: its name, its place in the list, `other`, or true and false; raise ValueError otherwise.

    For a yes-or-no question true means yes; elsewhere true means the default and false the other reading.
    """
    if name not in READINGS:
        raise ValueError(f"unknown reading {name!r}, expected one of {', '.join(READINGS)}")
    options = READINGS[name].options
    if isinstance(value, bool):
        words = (YES, ON) if value else (NO, OFF)
        by_word = [o for o in options if o in words]
        return by_word[0] if by_word else options[0 if value else 1]
    if isinstance(value, int) and 0 <= value < len(options):
        return options[value]
    if value == "default":
        return options[0]
    if value == OTHER:
        return options[1]
    if isinstance(value, str) and value in options:
        return value
    raise ValueError(f"reading {name}: unknown option {value!r}, expected one of {', '.join(options)}")


def choose(
    readings: Mapping[str, object] | None = None,
    others: Mapping[str, str] | None = None,
    law: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return one option for every reading: those of the law, else the defaults, overridden by `readings`.

    `others` says, for a case at hand, which option `other` means where there are several. Overriding R5 by `other` also
    turns its switch off.
    """
    chosen = {name: reading.options[0] for name, reading in READINGS.items()} | dict(law or {})
    for name, value in (readings or {}).items():
        if value in (ON, OFF) and name == "R5":
            chosen["R5 switch"] = str(value)
            continue
        chosen[name] = option(name, (others or {}).get(name, value) if value == OTHER else value)
        if name == "R5" and "R5 switch" not in (readings or {}):
            chosen["R5 switch"] = READINGS["R5 switch"].options[READINGS["R5"].options.index(chosen["R5"])]
    return chosen
