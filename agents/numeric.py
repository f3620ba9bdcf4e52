"""Arithmetic that gives the same bits on every machine: + - * / and square root, no libm.

exp, log and their like differ between processors in the last bit. Whatever decides a payment or a count uses these.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agents.compiled import compiled, float64, inlined, int64

LOG2E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
SQRT_HALF = 0.7071067811865476
EXP_LARGEST = 709.0
EXP_SMALLEST = -745.0


@compiled
def fen_share(amount: int, rate: float) -> int:
    """Return a share of an amount, rounded half up to whole fen [fen]."""
    return int64(np.floor(float64(amount) * rate + 0.5))


INVERSE_FACTORIALS = tuple(1.0 / math.factorial(n) for n in range(15))
INVERSE_ODDS = tuple(1.0 / odd for odd in range(1, 26, 2))


@compiled
def exp(x: float) -> float:
    """Return e to the power x, by range reduction and the Taylor series to the 14th power (relative error 4e-16)."""
    if x > EXP_LARGEST:
        return np.inf
    if x < EXP_SMALLEST:
        return 0.0
    k = np.floor(x * LOG2E + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    total = 0.0
    for n in range(14, -1, -1):
        total = total * r + INVERSE_FACTORIALS[n]
    return math.ldexp(total, int(k))


@compiled
def log(x: float) -> float:
    """Return the natural logarithm of a positive x, by the series of the inverse hyperbolic tangent."""
    if x <= 0.0:
        return -np.inf if x == 0.0 else np.nan
    mantissa, exponent = math.frexp(x)
    power = np.float64(exponent)
    if mantissa < SQRT_HALF:
        mantissa = mantissa * 2.0
        power = power - 1.0
    return _log_of_parts(mantissa, power)


@inlined
def _log_of_parts(mantissa: float, power: float) -> float:
    """Return the logarithm of a mantissa near 1 times a power of 2."""
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square = s * s
    total = INVERSE_ODDS[12]
    total = total * square + INVERSE_ODDS[11]
    total = total * square + INVERSE_ODDS[10]
    total = total * square + INVERSE_ODDS[9]
    total = total * square + INVERSE_ODDS[8]
    total = total * square + INVERSE_ODDS[7]
    total = total * square + INVERSE_ODDS[6]
    total = total * square + INVERSE_ODDS[5]
    total = total * square + INVERSE_ODDS[4]
    total = total * square + INVERSE_ODDS[3]
    total = total * square + INVERSE_ODDS[2]
    total = total * square + INVERSE_ODDS[1]
    total = total * square + INVERSE_ODDS[0]
    return power * LN2_HIGH + (2.0 * s * total + power * LN2_LOW)


FRACTION_BITS = np.int64(52)
FRACTION = np.int64((1 << 52) - 1)
HALF_BITS = np.int64(1022 << 52)
HALF_EXPONENT = np.int64(1022)


@compiled
def take_logs(x: NDArray[np.float64]) -> None:
    """Replace normal positive numbers by their natural logarithms: the bits of `log`, several numbers at once."""
    bits = x.view(np.int64)
    for i in range(x.size):
        power = np.float64((bits[i] >> FRACTION_BITS) - HALF_EXPONENT)
        bits[i] = (bits[i] & FRACTION) | HALF_BITS
        mantissa = x[i]
        small = mantissa < SQRT_HALF
        power = power - 1.0 if small else power
        x[i] = _log_of_parts(mantissa * 2.0 if small else mantissa, power)


# Wichura (1988), Algorithm AS 241, Applied Statistics 37: coefficients of PPND16.
@compiled
def _central(q: float) -> float:
    r = 0.180625 - q * q
    top = 2.5090809287301226727e3
    top = top * r + 3.3430575583588128105e4
    top = top * r + 6.7265770927008700853e4
    top = top * r + 4.5921953931549871457e4
    top = top * r + 1.3731693765509461125e4
    top = top * r + 1.9715909503065514427e3
    top = top * r + 1.3314166789178437745e2
    top = top * r + 3.3871328727963666080e0
    low = 5.2264952788528545610e3
    low = low * r + 2.8729085735721942674e4
    low = low * r + 3.9307895800092710610e4
    low = low * r + 2.1213794301586595867e4
    low = low * r + 5.3941960214247511077e3
    low = low * r + 6.8718700749205790830e2
    low = low * r + 4.2313330701600911252e1
    low = low * r + 1.0
    return q * top / low


@compiled
def _middle(r: float) -> float:
    r = r - 1.6
    top = 7.74545014278341407640e-4
    top = top * r + 2.27238449892691845833e-2
    top = top * r + 2.41780725177450611770e-1
    top = top * r + 1.27045825245236838258e0
    top = top * r + 3.64784832476320460504e0
    top = top * r + 5.76949722146069140550e0
    top = top * r + 4.63033784615654529590e0
    top = top * r + 1.42343711074968357734e0
    low = 1.05075007164441684324e-9
    low = low * r + 5.47593808499534494600e-4
    low = low * r + 1.51986665636164571966e-2
    low = low * r + 1.48103976427480074590e-1
    low = low * r + 6.89767334985100004550e-1
    low = low * r + 1.67638483018380384940e0
    low = low * r + 2.05319162663775882187e0
    low = low * r + 1.0
    return top / low


@compiled
def _far(r: float) -> float:
    r = r - 5.0
    top = 2.01033439929228813265e-7
    top = top * r + 2.71155556874348757815e-5
    top = top * r + 1.24266094738807843860e-3
    top = top * r + 2.65321895265761230930e-2
    top = top * r + 2.96560571828504891230e-1
    top = top * r + 1.78482653991729133580e0
    top = top * r + 5.46378491116411436990e0
    top = top * r + 6.65790464350110377720e0
    low = 2.04426310338993978564e-15
    low = low * r + 1.42151175831644588870e-7
    low = low * r + 1.84631831751005468180e-5
    low = low * r + 7.86869131145613259100e-4
    low = low * r + 1.48753612908506148525e-2
    low = low * r + 1.36929880922735805310e-1
    low = low * r + 5.99832206555887937690e-1
    low = low * r + 1.0
    return top / low


@compiled
def normal_quantile(p: float) -> float:
    """Return the standard normal quantile of p in (0, 1) (Wichura 1988, AS 241; relative error about 1e-16)."""
    q = p - 0.5
    if -0.425 <= q <= 0.425:
        return _central(q)
    tail = p if q < 0.0 else 1.0 - p
    if tail <= 0.0:
        return -np.inf if q < 0.0 else np.inf
    r = np.sqrt(-log(tail))
    value = _middle(r) if r <= 5.0 else _far(r)
    return -value if q < 0.0 else value
