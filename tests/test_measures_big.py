"""The measures on populations of 100 000 to 1 000 000 rows, and how long they take."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest

from model import measures
from tests.oracles.adapter import plain
from tests.oracles.bigcase_generator import digest, population
from tests.oracles.check_oracles import same
from tests.oracles.folder import cases

BIG = {case["id"]: case for case in cases("big_cases.json")}


@cache
def columns(name):
    return population(BIG[name]["seed"], BIG[name]["n"])


def by_region(c):
    def totals(values):
        return np.bincount(c["region"], weights=c["weight"] * values)

    people = totals(1)
    return people, totals(c["benefit"]) / people, totals(c["income"]) / people


def theil_by_region(c):
    found = plain(measures.theil_decomposition(c["income"], c["region"], c["weight"]))
    return {name: found[name] for name in ("T", "T_between", "T_within", "L", "L_between", "L_within")}


def totals(c):
    net = c["contribution"] - c["benefit"]
    sums = {name: int(np.sum(c["weight"] * c[name])) for name in ("income", "contribution", "benefit", "cost")}
    region = [int(np.sum((c["weight"] * net)[c["region"] == each])) for each in range(31)]
    return {"population": int(c["weight"].sum()), **sums, "net_by_region": region}


FUNCTIONS = {
    "gini": lambda c: {"gini": measures.gini(c["income"], c["weight"])},
    "income_shares": lambda c: measures.income_shares(c["income"], c["weight"]),
    "concentration_index": lambda c: measures.concentration_index(c["cost"], c["income"], c["weight"]),
    "kakwani_contribution": lambda c: measures.kakwani_contribution(c["income"], c["contribution"], c["weight"]),
    "kakwani_benefit": lambda c: measures.kakwani_benefit(c["income"], c["benefit"], c["weight"]),
    "benefit_incidence": lambda c: {
        "share": measures.benefit_incidence(c["benefit"], c["income"], c["weight"], K=10).tolist()
    },
    "redistribution": lambda c: measures.redistribution(c["income"], c["contribution"], c["benefit"], c["weight"]),
    "ajl_exact": lambda c: measures.ajl_exact(c["income"], c["income"] - c["contribution"] + c["benefit"], c["weight"]),
    "theil_decomposition_region": theil_by_region,
    "che_budget_10": lambda c: measures.che_budget(c["oop"], c["income"], w=c["weight"], z=0.10),
    "che_budget_25": lambda c: measures.che_budget(c["oop"], c["income"], w=c["weight"], z=0.25),
    "pool_dispersion_region_benefit_per_head": lambda c: measures.pool_dispersion(by_region(c)[1], by_region(c)[0]),
    "province_slope_benefit_on_income": lambda c: measures.province_slope(*by_region(c)[1:], by_region(c)[0]),
    "totals": totals,
}


@pytest.mark.parametrize("name", BIG)
def test_population_is_the_one_described(name):
    found = columns(name)
    assert digest(found) == BIG[name]["sha256"]
    assert {key: int(values.sum()) for key, values in found.items()} == BIG[name]["sums"]


@pytest.mark.parametrize("measure", FUNCTIONS)
@pytest.mark.parametrize("name", BIG)
def test_big_case(name, measure):
    case = BIG[name]
    found = plain(FUNCTIONS[measure](columns(name)))
    assert same(case["expected"][measure], found, case["tol"]) is None


def test_every_expected_measure_is_computed():
    assert all(set(case["expected"]) == set(FUNCTIONS) for case in BIG.values())


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_a_million_rows_take_a_fraction_of_a_second(measure):
    largest = max(BIG, key=lambda name: BIG[name]["n"])
    data = columns(largest)
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        FUNCTIONS[measure](data)
        best = min(best, time.perf_counter() - start)
    assert best < 2
