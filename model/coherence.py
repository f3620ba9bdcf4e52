"""Settings that contradict each other: refused with a reason before a world is built."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from model.errors import PolicyError
from model.policy.files import short
from model.policy.policy import Policy

EX_POST, EX_ANTE, UNIFIED = 0, 1, 2
GAP_COVER, RESERVE_SWAP = 0, 2
ACTIVE_AND_RETIRED = 1


def check_steps(law: Policy, years: Iterable[int]) -> None:
    """Raise PolicyError for the first year in which steps of mutual aid contradict the law or each other."""
    for year in years:
        year_of_steps(law, year)


def year_of_steps(law: Policy, year: int) -> None:
    """Check one year: law switches, weights, shares, lines of reserve, lenders."""

    def of(path: str) -> Any:
        return law.setting(path, year)

    def refuse(path: str, expected: str) -> None:
        raise PolicyError(f"{where(law, path, year)} {path} in {year}: expected {expected}, got {of(path)}")

    forbidden = not of("pooling.allow_cross_fund")
    for path, on in (
        ("steps.step1_on", of("steps.step1_on")),
        ("steps.step3_cross_scheme", of("steps.step3_on") and of("steps.step3_cross_scheme")),
        ("pooling.schemes_merged", of("pooling.schemes_merged")),
    ):
        if on and forbidden:
            refuse(
                path,
                "0 while pooling.allow_cross_fund is 0 (财社〔2017〕144号 forbids transfers between funds)",
            )
    check_weights(law, year, refuse)
    check_lines(law, year, refuse)


def check_weights(law: Policy, year: int, refuse: Any) -> None:
    """Refuse a step that collects and can pay nobody, all weights or shares being zero."""

    def of(path: str) -> Any:
        return law.setting(f"steps.{path}", year)

    designs = every(of("step2_design"))
    if of("step2_on") or any(every(of("step2_today"))):
        shares = of("step2_s0"), of("step2_s1")
        if EX_POST in designs and not (any(shares) and of("step2_share")):
            path = "step2_s0" if not any(shares) else "step2_share"
            refuse(f"steps.{path}", "a share of gaps above 0 where step 2 is on (s0, s1 and the highest share)")
        weights = of("step2_weight_active"), of("step2_weight_retired")
        if EX_ANTE in designs and of("step2_weights") == ACTIVE_AND_RETIRED and not any(weights):
            refuse("steps.step2_weight_active", "a weight above 0 for active or retired members, not all zero")
    if of("step3_on") and of("step3_design") == GAP_COVER and not of("step3_share"):
        refuse("steps.step3_share", "a share of gaps above 0 where step 3 is on")


def check_lines(law: Policy, year: int, refuse: Any) -> None:
    """Refuse lines of reserve out of order, and lines by which two funds would lend to each other."""
    lines = [f"warning.months_{name}" for name in ("short", "low", "high", "excess")]
    months = [law.setting(path, year) for path in lines]
    for path, below, above in zip(lines[1:], months, months[1:]):
        if below > above:  # type: ignore[operator]
            refuse(path, f"at least {below}: short <= low <= high <= excess")
    one = {name: law.setting(f"steps.step1_{name}", year) for name in ("on", "both_ways", "keep_months")}
    asked = min(law.setting(f"steps.step1_{name}", year) for name in ("trigger_months", "target_months"))  # type: ignore[type-var]
    if one["on"] and one["both_ways"] and one["keep_months"] < asked:  # type: ignore[operator]
        refuse(
            "steps.step1_keep_months", f"at least {asked}, or two funds would lend to each other: a cycle of lenders"
        )
    swaps = law.setting("steps.step3_on", year) and law.setting("steps.step3_design", year) == RESERVE_SWAP
    if swaps and months[-1] < min(months[0], law.setting("steps.step3_target_months", year)):  # type: ignore[type-var, operator]
        refuse("warning.months_excess", "at least the months that are short: a cycle of lenders")


def every(setting: Any) -> set[Any]:
    """Return the numbers of a value, by place or for the nation."""
    return set(setting.values()) if isinstance(setting, dict) else {setting}


def where(law: Policy, path: str, year: int) -> str:
    """Return what set a value: the reform, or the file of the law."""
    return law.in_force(path, year).reform or short(law.parameters[path].file)
