"""What to say to a mistyped line: what was expected, what was found, where help is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Sequence

from model.errors import ScenarioError

SHOWN = 6  # paths named where several fit


def plain_usage(message: str, given: Sequence[str], verbs: Container[str]) -> str:
    """Return the parser's complaint about a line in plain words, with the help that fits."""
    wrong = re.match(r"Invalid value for '(.+?)': (?:Input should be )?a?\s*valid (?:integer|number)", message)
    if wrong is None:
        verb = f" {given[0]}" if given[:1] and given[0] in verbs else ""
        return f"{message} (help: python -m experiments{verb} --help)"
    name = wrong[1]
    found = [value for option, value in itertools.pairwise(given) if option == name]
    found += [word.partition("=")[2] for word in given if word.startswith(f"{name}=")]
    return f"{name} {(found or given)[-1]}: expected a whole number"


def hint_of_parameters(name: str) -> None:
    """Raise ScenarioError naming parameters where a name is no reform but a part of a parameter's path."""
    from model.policy.policy import load_policy
    from model.scenario import REFORMS

    if (REFORMS / f"{name}.yaml").exists():
        return
    found = [path for path in load_policy().parameters if name in path]
    if found:
        more = f" or {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise ScenarioError(f"{name}: expected a reform or a parameter's path: {', '.join(found[:SHOWN])}{more}")
