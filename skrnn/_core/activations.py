"""The function sigma of equation (1), in place, and its slope (5), told from it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


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
    np.tanh(a, a)


def _tanh_slope(s, out):
    np.multiply(s, s, out=out)
    np.subtract(1, out, out=out)


def _logistic(a):
    # By tanh, which NumPy vectorises: 1 / (1 + exp(-a)) = (1 + tanh(a / 2)) / 2.
    np.multiply(a, 0.5, out=a)
    np.tanh(a, a)
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
