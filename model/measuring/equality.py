"""Redistribution ex post and ex ante, progressivity, concentration, horizontal inequity, incidence, Theil."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agents.codes import Scheme
from model.engine import Engine
from model.measures import undefined
from model.measures.concentration import NO_BENEFIT, NO_CONTRIBUTION, NO_INCOME
from model.measures.decomposition import between_groups
from model.measures.inequality import MEAN_NOT_POSITIVE
from model.measures.inequity import NOT_APART, from_need
from model.measures.redistribution import NOT_POSITIVE
from model.measuring import kernels as k
from model.measuring.order import Ranking, reranked
from model.measuring.rows import FEN, NATION, SCHEMES, Measure
from model.measuring.sheet import Floats, Sheet, Whole

CONCEPTS = ("ex_post", "ex_ante")
USES = {"cost": k.COST, "use": k.USERS, "benefit": k.BENEFIT}
"""What horizontal inequity is told of: cost of care, having used any, and what insurance paid, births included."""
CONCENTRATED = {**USES, "accounts": k.ACCOUNTS, "cash": k.CASH, "co_use": k.CO_USE}
PER_HEAD = {"contribution": k.OWN, "cost": k.COST, "benefit": k.BENEFIT, "accounts": k.ACCOUNTS, "cash": k.CASH}


def dot(a: Floats, b: Floats) -> float:
    """Return the sum of products, in an order that no thread changes [product of both units]."""
    return float(np.sum(a * b))


def redistribution(sheet: Sheet, engine: Engine, ex_ante: Floats, expected: Floats) -> Iterator[Measure]:
    """Give inequality before and after by both concepts: RE = RS - AP = V - H - R."""
    gini = sheet.index(sheet.income_ranked, sheet.income, MEAN_NOT_POSITIVE)
    yield *NATION, "gini_income", gini
    found: dict[int, Ranking] = {}

    def rank(n: int) -> None:
        after = (sheet.after, ex_ante)[n]
        found[n] = reranked(sheet.order, after / sheet.size, sheet.people, float(after.sum()))

    engine.each(rank, range(len(CONCEPTS)))
    for n, concept in enumerate(CONCEPTS):
        yield from moved(concept, gini, found[n], sheet.people)
    foreseen = sheet.index(dot(expected, sheet.centred), expected.sum(), NO_BENEFIT)
    yield *NATION, "concentration_expected_benefit", foreseen
    yield *NATION, "kakwani_expected_benefit", gini - foreseen


def moved(concept: str, gini: float, after: Ranking, people: int) -> Iterator[Measure]:
    """Give the parts of the redistributive effect of one concept."""
    scale = people * after.total
    own, ranked, nested = (
        value / scale if scale > 0 else undefined(NOT_POSITIVE) for value in (after.own, after.by_income, after.nested)
    )
    yield *NATION, f"gini_{concept}", own
    yield *NATION, f"redistribution_{concept}", gini - own
    yield *NATION, f"reynolds_smolensky_{concept}", gini - ranked
    yield *NATION, f"reranking_{concept}", own - ranked
    yield *NATION, f"vertical_{concept}", gini - ranked
    yield *NATION, f"horizontal_{concept}", nested - ranked
    yield *NATION, f"reranking_ajl_{concept}", own - nested


def progressivity(sheet: Sheet) -> Iterator[Measure]:
    """Give Kakwani's index of contributions by source, with their shares, and of benefits (Lambert's sign)."""
    income = sheet.income
    gini = sheet.index(sheet.income_ranked, income, NO_INCOME)
    sources = {
        "employee": (sheet.dots[0, Scheme.EMPLOYEE, k.OWN], sheet.sums(k.OWN)[Scheme.EMPLOYEE]),
        "resident": (sheet.dots[0, Scheme.RESIDENT, k.OWN], sheet.sums(k.OWN)[Scheme.RESIDENT]),
    }
    if sheet.bearing.employer_on_wage:
        sources["employer"] = sheet.dots[0, Scheme.EMPLOYEE, k.MATCHED], sheet.sums(k.MATCHED)[Scheme.EMPLOYEE]
    if sheet.bearing.treasury_by:
        sources["tax"] = dot(sheet.tax, sheet.centred), float(sheet.tax.sum())
    product, total = sum(each[0] for each in sources.values()), sum(each[1] for each in sources.values())
    yield *NATION, "kakwani_contribution", sheet.index(product, total, NO_CONTRIBUTION) - gini
    yield *NATION, "contribution_rate", total / income if income > 0 else undefined(NO_INCOME)
    for name, (part, amount) in sources.items():
        yield *NATION, f"kakwani_contribution_{name}", sheet.index(part, amount, NO_CONTRIBUTION) - gini
        yield *NATION, f"contribution_share_{name}", amount / total if total > 0 else undefined(NO_CONTRIBUTION)
    benefit = sheet.index(sheet.dots[0, :, k.BENEFIT].sum(), sheet.sums(k.BENEFIT).sum(), NO_BENEFIT)
    yield *NATION, "kakwani_benefit", gini - benefit


def concentration(sheet: Sheet) -> Iterator[Measure]:
    """Give concentration over income of use, benefits and who paid, for everybody and inside each scheme."""
    for name, item in CONCENTRATED.items():
        ci = sheet.index(sheet.dots[0, :, item].sum(), sheet.sums(item).sum(), MEAN_NOT_POSITIVE)
        yield *NATION, f"concentration_{name}", ci
    matched = sheet.dots[0, Scheme.RESIDENT, k.MATCHED], sheet.sums(k.MATCHED)[Scheme.RESIDENT]
    yield *NATION, "concentration_subsidy", sheet.index(*matched, MEAN_NOT_POSITIVE)
    for scheme, name in SCHEMES:
        for use, item in USES.items():
            told = sheet.dots[1, scheme, item], sheet.sums(item)[scheme], MEAN_NOT_POSITIVE, int(sheet.totals[scheme])
            yield "scheme", name, f"concentration_{use}", sheet.index(*told)


def inequity(sheet: Sheet) -> Iterator[Measure]:
    """Give horizontal inequity of use: need is age by sex and chronic illness; controls are income fifth and scheme."""
    cells = sheet.cells
    for scheme, level, unit in ((None, *NATION), *((code, "scheme", name) for code, name in SCHEMES)):
        kept = np.argwhere(cells[..., k.PEOPLE] > 0)
        kept = kept if scheme is None else kept[kept[:, 3] == scheme]
        told = cells[tuple(kept.T)].astype(np.float64)
        people = told[:, k.PEOPLE]
        if not len(kept):
            continue
        heads = people.sum()
        need, control = _dummies(kept, people, scheme is None)
        use = told[:, list(USES.values())] / people[:, None]
        centred = use - np.sum(people[:, None] * use, axis=0) / heads
        fitted = from_need(centred, need, control, people)
        ranks = told[:, k.RANKS if scheme is None else k.RANKS_IN_SCHEME]
        for place, (name, item) in enumerate(USES.items()):
            total = float(told[:, item].sum())
            if fitted is None or total <= 0:
                foreseen = undefined(NOT_APART if total > 0 else MEAN_NOT_POSITIVE)
            else:
                foreseen = sheet.index(dot(fitted[:, place], ranks), total, MEAN_NOT_POSITIVE, int(heads))
            product = sheet.dots[0, :, item].sum() if scheme is None else sheet.dots[1, scheme, item]
            yield level, unit, f"need_concentration_{name}", foreseen
            own = sheet.index(product, total, MEAN_NOT_POSITIVE, int(heads))
            yield level, unit, f"horizontal_inequity_{name}", own - foreseen


def _dummies(cells: Whole, people: Floats, schemes: bool) -> tuple[list[Floats], list[Floats]]:
    """Return centred indicators of need and of controls for rows of (age, sex, illness, scheme, fifth)."""

    def indicators(codes: Whole) -> list[Floats]:
        found = (codes == np.flatnonzero(np.bincount(codes))[1:, None]).astype(np.float64)
        return list(found - ((found * people).sum(axis=1) / people.sum())[:, None])

    need = indicators(cells[:, 0] * k.SEXES + cells[:, 1]) + indicators(cells[:, 2])
    return need, indicators(cells[:, 4]) + (indicators(cells[:, 3]) if schemes else [])


def incidence(sheet: Sheet) -> Iterator[Measure]:
    """Give by income decile the shares of benefits and contributions, and yuan per head paid in and drawn out."""
    totals = sheet.deciles.sum(axis=1)
    heads = sheet.people / k.DECILES
    benefit, own = totals[:, k.BENEFIT].sum(), totals[:, k.OWN].sum()
    earned = sheet.income
    for decile in range(k.DECILES):
        unit = "income_decile", str(decile + 1)
        row = totals[decile]
        yield *unit, "income_share", sheet.earned[decile] / earned if earned > 0 else undefined(NO_INCOME)
        yield *unit, "benefit_share", row[k.BENEFIT] / benefit if benefit > 0 else undefined(NO_BENEFIT)
        yield *unit, "contribution_share", row[k.OWN] / own if own > 0 else undefined(NO_CONTRIBUTION)
        for name, item in PER_HEAD.items():
            yield *unit, f"{name}_per_head", row[item] / heads / FEN
        yield *unit, "employer_per_head", sheet.deciles[decile, Scheme.EMPLOYEE, k.MATCHED] / heads / FEN
        yield *unit, "subsidy_per_head", sheet.deciles[decile, Scheme.RESIDENT, k.MATCHED] / heads / FEN
        yield *unit, "net_benefit_per_head", (row[k.BENEFIT] - row[k.OWN]) / heads / FEN


def theil(sheet: Sheet) -> Iterator[Measure]:
    """Give Theil's T of income and of benefits per head: provinces, schemes, schemes inside provinces, inside both."""
    people = sheet.pools_by_province
    for place, name in enumerate(("income", "benefit")):
        total = sheet.income if place == 0 else sheet.sums(k.BENEFIT).sum()
        if total <= 0 or sheet.before.min() < 0:
            reason = undefined(MEAN_NOT_POSITIVE)
            whole = provinces = schemes = both = reason
        else:
            mu = total / sheet.people
            whole = sheet.logs[place] / total - float(np.log(mu))
            money = sheet.theil[:, :, place]
            provinces = between_groups(people.sum(axis=1), money.sum(axis=1))
            schemes = between_groups(people.sum(axis=0), money.sum(axis=0))
            both = between_groups(people.ravel(), money.ravel())
        yield *NATION, f"theil_{name}", whole
        yield *NATION, f"theil_{name}_between_provinces", provinces
        yield *NATION, f"theil_{name}_within_provinces", whole - provinces
        yield *NATION, f"theil_{name}_between_schemes", schemes
        yield *NATION, f"theil_{name}_within_schemes", whole - schemes
        yield *NATION, f"theil_{name}_schemes_within_provinces", both - provinces
        yield *NATION, f"theil_{name}_within_schemes_and_provinces", whole - both
