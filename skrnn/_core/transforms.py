"""What happens to a gradient before and as it becomes a step.

A transform has two methods. ``init(size, dtype)`` makes its state, and
``update(grad, theta)`` changes the vectors in place: `grad` for those that come
after it in a chain, `theta` where it is the solver. `grad` is spent afterwards.
"""

import numpy as np
from scipy.linalg import get_blas_funcs


def l2_norm(grad):
    """L2 norm of a vector, right even where its squares would overflow."""
    return float(get_blas_funcs("nrm2", (grad,))(grad))


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

    def update(self, grad, theta):
        for transform in self.transforms:
            transform.update(grad, theta)


class ClipByNorm:
    """Scale the gradient to `threshold` when its L2 norm exceeds it.

    Pascanu, Mikolov and Bengio 2013, algorithm 1. Its direction stays.

    Parameters
    ----------
    threshold : float
    """

    def __init__(self, threshold):
        self.threshold = threshold

    def init(self, size, dtype):
        pass

    def update(self, grad, theta):
        norm = l2_norm(grad)
        if norm > self.threshold:
            grad *= self.threshold / norm


class ClipByValue:
    """Limit every component of the gradient to plus or minus `threshold`.

    Parameters
    ----------
    threshold : float
    """

    def __init__(self, threshold):
        self.threshold = threshold

    def init(self, size, dtype):
        pass

    def update(self, grad, theta):
        np.clip(grad, -self.threshold, self.threshold, out=grad)


class Momentum:
    """Stochastic gradient descent with (Nesterov's) momentum, Sutskever et al. 2013.

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
    v : ndarray of shape (size,)
        The last step.
    """

    def __init__(self, learning_rate, momentum, nesterov):
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.nesterov = nesterov

    def init(self, size, dtype):
        self.v = np.zeros(size, dtype)

    def update(self, grad, theta):
        v = self.v
        grad *= self.learning_rate
        v *= self.momentum
        v -= grad
        if self.nesterov:
            theta -= grad
            np.multiply(v, self.momentum, out=grad)
            theta += grad
        else:
            theta += v


class Adam:
    """Adam, Kingma and Ba 2015, algorithm 1.

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
    m, v : ndarray of shape (size,)
        First and second moment.
    t : int
        Number of updates so far.
    """

    def __init__(self, learning_rate, beta_1, beta_2, epsilon):
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def init(self, size, dtype):
        self.m = np.zeros(size, dtype)
        self.v = np.zeros(size, dtype)
        self.t = 0

    def update(self, grad, theta):
        m, v = self.m, self.v
        self.t += 1
        grad *= 1 - self.beta_1
        m *= self.beta_1
        m += grad
        np.multiply(grad, grad, out=grad)
        grad *= (1 - self.beta_2) / (1 - self.beta_1) ** 2
        v *= self.beta_2
        v += grad
        np.multiply(v, 1 / (1 - self.beta_2**self.t), out=grad)
        np.sqrt(grad, out=grad)
        grad += self.epsilon
        np.divide(m, grad, out=grad)
        grad *= self.learning_rate / (1 - self.beta_1**self.t)
        theta -= grad
