"""The readings of the documents that the law in force takes: what case verdicts go by where nothing else is said."""

from __future__ import annotations

from model.policy.policy import Policy
from model.rules.readings import READINGS

PATHS = {
    "R1": "waiting.reading_r1",
    "R2": "waiting.reading_r2",
    "R3": "waiting.reading_r3",
    "R4": "waiting.reading_r4",
    "R5": "waiting.reading_r5",
    "R5 switch": "waiting.reading_r5_switch",
    "R6": "waiting.reading_r6",
    "R7": "waiting.reading_r7",
    "R8": "waiting.reading_r8",
    "R9": "waiting.reading_r9",
    "R10": "waiting.reading_r10",
    "R11": "waiting.reading_r11",
    "R12": "waiting.reading_r12",
    "R13": "waiting.reading_r13",
    "R14": "waiting.reading_r14",
    "R15": "waiting.reading_r15",
    "S1": "accounts.reading_s1",
    "S2": "accounts.reading_s2",
    "S3": "accounts.reading_s3",
    "S4": "accounts.reading_s4",
    "S5": "accounts.reading_s5",
    "S6": "accounts.reading_s6",
}
"""The parameter that holds each reading; its number is the place of the answer in `READINGS`."""


def readings_in_law(policy: Policy, year: int) -> dict[str, str]:
    """Return the answer that the law takes to every open question in a year, by the names of `READINGS`.

    Errors: PolicyError for a year before the law begins.
    """
    return {name: READINGS[name].options[int(policy.value(path, year))] for name, path in PATHS.items()}
