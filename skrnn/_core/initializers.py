"""Initial values of the weights. `rng` is a `numpy.random.Generator` throughout."""

import numpy as np


def glorot_uniform(rng, weight):
    """Fill `weight` (fan_in, fan_out) from U(-r, r), r = sqrt(6 / (fan_in + fan_out)).

    Equation (39); Glorot and Bengio 2010: the variance of the signal is the same
    on both sides of the weight, forward and backward.
    """
    bound = np.sqrt(6.0 / sum(weight.shape))
    weight[...] = rng.uniform(-bound, bound, weight.shape)


def orthogonal(rng, weight):
    """Fill the square `weight` with an orthogonal matrix (40), uniform over them all.

    Every singular value is one, so that at the start a product of W's neither
    shrinks nor grows a gradient (Saxe, McClelland and Ganguli 2014). The signs of
    R's diagonal make the distribution of Q uniform (Mezzadri 2007).
    """
    q, r = np.linalg.qr(rng.standard_normal(weight.shape))
    weight[...] = q * np.sign(np.diagonal(r))


def identity(rng, weight):
    """Fill the square `weight` with the identity (Le, Jaitly and Hinton 2015).

    With relu, states stay as they are until an input changes them.
    """
    weight[...] = np.eye(len(weight))


def normal(rng, weight):
    """Fill the square `weight` from a normal distribution, scaled to spectral radius 1.

    Of a random matrix, the greatest eigenvalue says how a product of many shrinks or
    grows (Jaeger and Haas 2004, who choose W by its spectral radius).
    """
    drawn = rng.standard_normal(weight.shape)
    weight[...] = drawn / np.abs(np.linalg.eigvals(drawn)).max()


RECURRENT = {"orthogonal": orthogonal, "identity": identity, "normal": normal}


def unit_normal(rng, weight):
    """Fill `weight` from a normal distribution, its rows about of length one (41).

    A token that training seldom meets keeps much of its first vector; a short one
    disturbs the others less than one of unit variance would.
    """
    weight[...] = rng.standard_normal(weight.shape, dtype=weight.dtype)
    weight /= np.sqrt(weight.shape[1])
