"""Compare an implementation with the oracle cases beside this file.

    python check_oracles.py ADAPTER [METRIC ...]

ADAPTER is an importable module with

    compute(metric, inputs, params) -> dict of outputs

metric, inputs and params are taken from the files in metrics/.  For a case of
status "error" compute must raise; for "undefined" it may raise or return None
or NaN values.
"""

import importlib
import json
import math
import pathlib
import sys


def is_void(v):
    if v is None:
        return True
    if isinstance(v, float):
        return math.isnan(v)
    if isinstance(v, dict):
        return all(is_void(x) for x in v.values())
    if isinstance(v, (list, tuple)):
        return all(is_void(x) for x in v)
    return False


def same(expected, got, tol):
    """None when they agree, otherwise a short text."""
    if expected is None:
        return None if is_void(got) else f"expected undefined, got {got!r}"
    if expected == "inf":
        return None if isinstance(got, (int, float)) and got == math.inf else f"expected inf, got {got!r}"
    if isinstance(expected, str):
        return None if got == expected else f"expected {expected!r}, got {got!r}"
    if isinstance(expected, dict):
        for k, v in expected.items():
            r = same(v, (got or {}).get(k), tol)
            if r:
                return f"{k}: {r}"
        return None
    if isinstance(expected, list):
        got = list(got) if got is not None else []
        if len(got) != len(expected):
            return f"expected {len(expected)} items, got {len(got)}"
        for i, (a, b) in enumerate(zip(expected, got)):
            r = same(a, b, tol)
            if r:
                return f"[{i}]: {r}"
        return None
    try:
        g = float(got)
    except (TypeError, ValueError):
        return f"expected {expected!r}, got {got!r}"
    if abs(g - expected) <= max(tol.get("abs", 0.0), tol.get("rel", 0.0) * abs(expected)):
        return None
    return f"expected {expected!r}, got {g!r}"


def run(compute, only=()):
    failures, n = [], 0
    for path in sorted((pathlib.Path(__file__).parent / "metrics").glob("*.json")):
        doc = json.loads(path.read_text(encoding="utf-8"))
        if only and doc["metric"] not in only:
            continue
        for case in doc["cases"]:
            n += 1
            try:
                out = compute(doc["metric"], case["inputs"], case["params"])
            except Exception as exc:  # any refusal counts
                if case["status"] == "ok":
                    failures.append((case["id"], f"raised {exc!r}"))
                continue
            if case["status"] == "error":
                failures.append((case["id"], f"should raise, returned {out!r}"))
            elif case["status"] == "undefined":
                if not is_void(out):
                    failures.append((case["id"], f"should be undefined, returned {out!r}"))
            else:
                r = same(case["expected"], out, case["tol"])
                if r:
                    failures.append((case["id"], r))
    return n, failures


if __name__ == "__main__":
    sys.path.insert(0, "")
    adapter = importlib.import_module(sys.argv[1])
    total, bad = run(adapter.compute, set(sys.argv[2:]))
    for case_id, text in bad:
        print(case_id, text)
    print(f"{total - len(bad)} of {total} cases agree")
    sys.exit(bool(bad))
