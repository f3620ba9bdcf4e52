"""Contributions: who pays how much into which scheme, and when a retiree no longer pays."""

from __future__ import annotations

from agents.codes import Sex
from agents.compiled import compiled, int64
from agents.numeric import fen_share
from model.rules.codes import Link


@compiled
def contribution_base(wage: int, average_wage: int, floor: float, cap: float) -> int:
    """Return the wage kept between floor and cap, multiples of the average wage [fen a year].

    A cap below zero means none. Source: institutions B1.
    """
    base = max(wage, fen_share(average_wage, floor))
    if cap >= 0:
        base = min(base, fen_share(average_wage, cap))
    return base


@compiled
def person_contribution(base: int, rate: float) -> int:
    """Return an employee's own contribution [fen a year]; 国发〔1998〕44号 sec. 2, institutions B1."""
    return fen_share(base, rate)


@compiled
def employer_contribution(base: int, rate: float) -> int:
    """Return the employer's contribution for one employee [fen a year]; 国发〔1998〕44号 sec. 2, institutions B1."""
    return fen_share(base, rate)


@compiled
def flexible_contribution(average_wage: int, multiple: float, rate: float) -> int:
    """Return what a flexible worker pays on a chosen multiple of the average wage [fen a year]; institutions B2."""
    return fen_share(fen_share(average_wage, multiple), rate)


@compiled
def fifth_of(rank: int, ranks: int) -> int:
    """Return the fifth of the income distribution, 0 the lowest to 4 the highest, for a rank among so many ranks.

    Source: document 002 section 5.01.
    """
    if ranks <= 0:
        return int64(0)
    return max(min(5 * rank // ranks, 4), 0)


@compiled
def linked_contribution(
    mode: int,
    flat: int,
    place_income: int,
    own_income: int,
    family_income: int,
    rate: float,
    rate_of_fifth: float,
    least: float,
    most: float,
) -> int:
    """Return a resident's contribution by what the law links it to [fen a year].

    Flat; a rate of the place's income a head, or at least the flat amount; of the own income; of the family's income a
    head, at the rate of its fifth or at one rate. What follows a person's or family's income stays between two
    multiples of the flat amount. Source: 国办发〔2024〕38号 sec. 2(2); documents 001 and 002 section 5.01;
    institutions B8.
    """
    if mode == Link.FLAT:
        return flat
    if mode == Link.PLACE:
        return fen_share(place_income, rate)
    if mode == Link.GREATER:
        return max(flat, fen_share(place_income, rate))
    due = fen_share(family_income, rate)
    if mode == Link.OWN:
        due = fen_share(own_income, rate)
    elif mode == Link.FIFTH:
        due = fen_share(family_income, rate_of_fifth)
    return kept_between(due, flat, least, most)


@compiled
def income_counted(wage: int, other_share: float, all_taxable: int) -> int:
    """Return what counts towards an employee's base: the wage, or with other taxable income a share of it [fen a year].

    Source: document 002 section 5.01 (1).
    """
    if all_taxable == 1:
        return wage + max(fen_share(wage, other_share), 0)
    return wage


@compiled
def low_wage_help(contribution: int, wage: int, average_wage: int, line: float, share: float) -> int:
    """Return the part of an own contribution that the treasury pays below a line of the average wage [fen a year].

    Source: document 001 (subsidies for flexible workers and low wages).
    """
    if wage >= fen_share(average_wage, line):
        return 0
    return min(fen_share(contribution, share), contribution)


@compiled
def kept_between(contribution: int, flat: int, least: float, most: float) -> int:
    """Return a contribution kept between two multiples of the flat amount [fen a year]; institutions B8 option 2."""
    return min(max(contribution, fen_share(flat, least)), fen_share(flat, most))


@compiled
def premium_help(contribution: int, share: float) -> int:
    """Return the part of a contribution that medical assistance pays for a low-income class [fen a year].

    Source: 国办发〔2021〕42号, institutions B6.
    """
    return min(fen_share(contribution, share), contribution)


@compiled
def subsidy_split(
    standard: int, local_extra: int, central_share: float, provincial_share: float
) -> tuple[int, int, int]:
    """Return the subsidy for one resident by level; the parts add up to standard plus extra [fen a year].

    Order: centre, province (its share is of what the centre leaves), prefecture (the rest and its own extra).
    Source: 国办发〔2018〕67号, institutions B7.
    """
    centre = min(fen_share(standard, central_share), standard)
    rest = standard - centre
    province = min(fen_share(rest, provincial_share), rest)
    return centre, province, rest - province + local_extra


@compiled
def by_sex(sex: int, men: int, women: int) -> int:
    """Return the value that the law gives for a person's sex [unit of the values]."""
    if sex == Sex.FEMALE:
        return women
    return men


@compiled
def may_stop_contributing(age: int, retirement_age: int, years: int, minimum_years: int) -> int:
    """Return 1 if an employee has reached retirement age [years] with enough contribution years.

    Source: 社会保险法 art. 27, institutions B5.
    """
    if age >= retirement_age and years >= minimum_years:
        return 1
    return 0


@compiled
def missing_years_cost(base: int, rate: float, years: int, minimum_years: int) -> int:
    """Return the lump sum that buys the missing contribution years at retirement [fen].

    Source: 社会保险法 art. 27, institutions B5.
    """
    return max(minimum_years - years, 0) * fen_share(base, rate)
