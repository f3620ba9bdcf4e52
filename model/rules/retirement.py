"""Retirement: who has reached the own retirement age, and with what chance a member at work retires in a year."""

from __future__ import annotations

from agents.compiled import compiled


@compiled
def reached_share(age: int, first: float, last: float) -> float:
    """Return the share of those of an age whose own retirement age has come by the end of the year.

    Retirement ages lie evenly from the first to the last [years], birthdays evenly over the year: with 60 years and
    three months three quarters of those who turn 60 retire in that year. Source: decision of the Standing Committee
    of the National People's Congress of 13 September 2024 (recalled).
    """
    return min(max((age + 1.0 - first) / (last - first + 1.0), 0.0), 1.0)


@compiled
def retirement_chance(age: int, first: float, last: float, first_before: float, last_before: float) -> float:
    """Return the chance that a person still at work reaches the own retirement age in the year of an age [share].

    Who is still at work was let stay by the ages of the year before [years], which may have been lower.
    Source: as `reached_share`, institutions B5.
    """
    now, before = reached_share(age, first, last), reached_share(age - 1, first_before, last_before)
    if before >= 1.0:
        return now
    return max(now - before, 0.0) / (1.0 - before)


@compiled
def stopping_chance(age: int, first: float, last: float) -> float:
    """Return the chance that a person still at work stops in the year of an age, by ages that never change [share].

    Source: as `retirement_chance`, institutions B5.
    """
    return retirement_chance(age, first, last, first, last)


@compiled
def early_chance(age: int, threshold: float, years_before: float, rate: float) -> float:
    """Return the chance that a man retires early in the year of an age, so many years before his age [share].

    Source: 国发〔1978〕104号 (recalled).
    """
    from_age = threshold - years_before
    return rate * reached_share(age, from_age, from_age)
