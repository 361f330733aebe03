"""What happens to a gradient before and as it becomes a step.

A transform has two methods. ``init(size, dtype)`` makes its state, and
``update(grad, theta, rows=None)`` changes the vectors in place: `grad` for those that
come after it in a chain, `theta` where it is the solver. `grad` is spent afterwards.
It returns whether it limited the gradient.

With `rows`, `grad` is shortened to some rows of the table at the end of `theta`
(`parameters.Rows`). A solver then updates those rows alone, lazily (36): the moments of
the others rest as well, and wait for the next batch that touches them.
"""

from math import sqrt

import numpy as np
from scipy.linalg import get_blas_funcs

_NRM2 = {char: get_blas_funcs("nrm2", dtype=char) for char in "fd"}


def l2_norm(grad):
    """L2 norm of a vector, right even where its squares would overflow."""
    return float(_NRM2[grad.dtype.char](grad))


class Chain:
    """Several transforms, one after the other.

    Parameters
    ----------
    *transforms
    """

    def __init__(self, *transforms):
        self.transforms = transforms

    def init(self, size, dtype):
        for transform in self.transforms:
            transform.init(size, dtype)

    def update(self, grad, theta, rows=None):
        return any(
            [transform.update(grad, theta, rows) for transform in self.transforms]
        )


class ClipByNorm:
    """Scale the gradient to `threshold` when its L2 norm exceeds it.

    Equation (28); Pascanu, Mikolov and Bengio 2013, algorithm 1. Its direction stays.

    Parameters
    ----------
    threshold : float
    """

    def __init__(self, threshold):
        self.threshold = threshold

    def init(self, size, dtype):
        pass

    def update(self, grad, theta, rows=None):
        norm = l2_norm(grad)
        exceeds = norm > self.threshold
        if exceeds:
            grad *= self.threshold / norm
        return exceeds


class ClipByValue:
    """Limit every component of the gradient to plus or minus `threshold` (29).

    Parameters
    ----------
    threshold : float
    """

    def __init__(self, threshold):
        self.threshold = threshold

    def init(self, size, dtype):
        pass

    def update(self, grad, theta, rows=None):
        exceeds = max(grad.max(), -grad.min()) > self.threshold
        if exceeds:
            np.clip(grad, -self.threshold, self.threshold, out=grad)
        return bool(exceeds)


class Solver:
    """Makes a step of a gradient, component by component.

    Attributes
    ----------
    moments : list of ndarray of shape (size,)
        What it remembers of earlier gradients.
    """

    n_moments: int

    def init(self, size, dtype):
        self.moments = [np.zeros(size, dtype) for _ in range(self.n_moments)]

    def update(self, grad, theta, rows=None):
        n = len(grad) if rows is None else rows.n_dense
        self._count()
        self._step(grad[:n], theta[:n], *(moment[:n] for moment in self.moments))
        if rows is None:
            return False
        wholes = (theta, *self.moments)
        values = [rows.take(whole) for whole in wholes]
        self._step(grad[n:], *(value.ravel() for value in values))
        for whole, value in zip(wholes, values):
            rows.put(whole, value)
        return False

    def _count(self):
        """Note that an update begins."""


class Momentum(Solver):
    """Stochastic gradient descent with (Nesterov's) momentum, Sutskever et al. 2013.

    Equations (32) and (33).

    Parameters
    ----------
    learning_rate : float
        May be changed between updates.
    momentum : float
        Share of the last step that is repeated.
    nesterov : bool
        Whether to take the gradient as if that share had been gone already.

    Attributes
    ----------
    moments : [v]
        The last step.
    """

    n_moments = 1

    def __init__(self, learning_rate, momentum, nesterov):
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov

    def _step(self, grad, theta, v):
        grad *= self.learning_rate
        v *= self.momentum
        v -= grad
        if self.nesterov:
            theta -= grad
            np.multiply(v, self.momentum, out=grad)
            theta += grad
        else:
            theta += v


class Adam(Solver):
    """Adam, equations (34) and (35): Kingma and Ba 2015, algorithm 1.

    Parameters
    ----------
    learning_rate : float
        May be changed between updates.
    beta_1, beta_2 : float
        Decay rates of the two moments.
    epsilon : float
        Added to the square root of the second moment, after its bias correction.

    Attributes
    ----------
    moments : [m, v]
        First and second moment, over ``1 - beta_1`` and ``1 - beta_2``.
    t : int
        Number of updates so far.
    """

    n_moments = 2

    def __init__(self, learning_rate, beta_1, beta_2, epsilon):
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def init(self, size, dtype):
        super().init(size, dtype)
        self.t = 0

    def _count(self):
        self.t += 1

    def _step(self, grad, theta, m, v):
        # m and v are kept without their factors 1 - beta, which, like the corrections
        # of the bias, are put where they cost nothing: on epsilon and the rate.
        v_scale = sqrt((1 - self.beta_2) / (1 - self.beta_2**self.t))
        m_scale = (1 - self.beta_1) / (1 - self.beta_1**self.t)
        m *= self.beta_1
        m += grad
        np.multiply(grad, grad, out=grad)
        v *= self.beta_2
        v += grad
        np.sqrt(v, out=grad)
        grad += self.epsilon / v_scale
        np.divide(m, grad, out=grad)
        grad *= self.learning_rate * m_scale / v_scale
        theta -= grad
