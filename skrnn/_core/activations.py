"""The function sigma of equation (1), in place, and its slope (5), told from it."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

# Elements from which on tanh by exp is the faster one, where NumPy computes tanh
# with AVX2 at best.
FEWEST_BY_EXP = {"f": 2**14, "d": 2**10}


class Activation(NamedTuple):
    """A function on arrays and its derivative.

    Attributes
    ----------
    apply : callable
        ``apply(a)`` turns the pre-activation ``a`` into the state ``s = sigma(a)``,
        in place.
    slope : callable
        ``slope(s, out)`` writes ``sigma'(a)``, told from ``s = sigma(a)``.
    """

    apply: Callable
    slope: Callable


def _tanh(a):
    if a.size >= FEWEST_BY_EXP[a.dtype.char] and exp_is_faster():
        _tanh_by_exp(a)
    else:
        np.tanh(a, a)


def _tanh_by_exp(a):
    """1 - 2 / (exp(2 a) + 1), right to absolute precision, as states need it."""
    with np.errstate(over="ignore"):
        np.add(a, a, out=a)
        np.exp(a, a)
        np.add(a, 1, out=a)
        np.divide(-2, a, out=a)
        np.add(a, 1, out=a)


@cache
def exp_is_faster():
    """Whether NumPy found AVX2, whose tanh looks numbers up, but not AVX-512."""
    levels = np.show_config(mode="dicts")["SIMD Extensions"]
    levels = {*levels.get("baseline", []), *levels.get("found", [])}
    # The names since NumPy 2.4, and those before.
    return bool(levels & {"X86_V3", "AVX2"}) and not levels & {"X86_V4", "AVX512_SKX"}


def _tanh_slope(s, out):
    np.multiply(s, s, out=out)
    np.subtract(1, out, out=out)


def _logistic(a):
    # By tanh, which NumPy vectorises: 1 / (1 + exp(-a)) = (1 + tanh(a / 2)) / 2.
    np.multiply(a, 0.5, out=a)
    _tanh(a)
    np.multiply(a, 0.5, out=a)
    np.add(a, 0.5, out=a)


def _logistic_slope(s, out):
    np.subtract(1, s, out=out)
    np.multiply(out, s, out=out)


def _relu(a):
    np.maximum(a, 0, out=a)


def _relu_slope(s, out):
    np.greater(s, 0, out=out, casting="unsafe")


def _identity(a):
    pass


def _identity_slope(s, out):
    out.fill(1)


ACTIVATIONS = {
    "tanh": Activation(_tanh, _tanh_slope),
    "logistic": Activation(_logistic, _logistic_slope),
    "relu": Activation(_relu, _relu_slope),
    "identity": Activation(_identity, _identity_slope),
}
