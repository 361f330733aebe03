"""Read-outs: y = O(z V + c), equation (2), and the loss on top of them.

Rows of z are sequences or steps; a head cannot tell which. Each head's loss is the
weighted sum over rows divided by `total`, the sum of the weights over all that the
mean is taken over (22), which may be more than the rows at hand.
"""

import numpy as np
from scipy.special import expit

from .products import sum_rows, transposed_dot

SHORT_ROW, MANY_ROWS = 32, 256


class AffineHead:
    """The affine part that all heads share.

    Parameters
    ----------
    p, g : dict of str to ndarray
        Views of V (n_inputs, n_outputs) and c (n_outputs,), and of their gradients.
    workspace : Workspace
    """

    def __init__(self, p, g, workspace):
        self.p = p
        self.g = g
        self.workspace = workspace

    def forward(self, z):
        """Return z V + c, (n_rows, n_outputs), in a buffer."""
        a = self.workspace.array("head", (len(z), len(self.p["c"])))
        np.dot(z, self.p["V"], out=a)
        np.add(a, self.p["c"], out=a)
        return a

    def backward(self, z, da, dz):
        """Write dL/dV and dL/dc, and dL/dz to `dz` (9), given dL/d(z V + c)."""
        transposed_dot(z, da, self.g["V"], self.workspace)
        sum_rows(da, self.g["c"], self.workspace)
        np.dot(da, self.p["V"].T, out=dz)


class SoftmaxHead(AffineHead):
    """One of several classes: softmax and cross-entropy (18)."""

    def output(self, a):
        """Turn the scores `a` into probabilities, in place."""
        a -= _row_max(a)[:, None]
        np.exp(a, out=a)
        a /= _row_sum(a)[:, None]

    def loss(self, a, y, weights, total):
        """Return the loss and turn the scores `a` into its gradient (21), in place.

        Parameters
        ----------
        a : ndarray of shape (n_rows, n_classes)
        y : ndarray of int of shape (n_rows,)
            Which class each row is of.
        weights : ndarray of shape (n_rows,) or None
        total : float
        """
        rows = np.arange(len(a))
        a -= _row_max(a)[:, None]
        score = a[rows, y]
        np.exp(a, out=a)
        partition = _row_sum(a)
        loss = _weighted_sum(np.log(partition) - score, weights) / total
        a /= partition[:, None]
        a[rows, y] -= 1
        _scale_rows(a, weights, total)
        return loss


class LogisticHead(AffineHead):
    """Independent yes-or-no outputs: logistic and binary cross-entropy (19)."""

    def output(self, a):
        """Turn the scores `a` into probabilities, in place."""
        expit(a, out=a)

    def loss(self, a, y, weights, total):
        """Return the loss, summed over the outputs; `a` becomes its gradient (21).

        Parameters
        ----------
        a : ndarray of shape (n_rows, n_outputs)
        y : ndarray of shape (n_rows, n_outputs)
            Zeros and ones.
        weights : ndarray of shape (n_rows,) or None
        total : float
        """
        losses = self.workspace.array("losses", a.shape)
        _log_one_plus_exp(a, losses)
        losses -= a * y
        loss = _weighted_sum(losses.sum(axis=1), weights) / total
        # The logistic function to absolute precision, which is enough for a - y.
        a *= 0.5
        np.tanh(a, out=a)
        a += 1
        a *= 0.5
        a -= y
        _scale_rows(a, weights, total)
        return loss


class IdentityHead(AffineHead):
    """Numbers: identity and half the squared error (20)."""

    def output(self, a):
        """Leave `a` as it is."""

    def loss(self, a, y, weights, total):
        """Return the loss, summed over the outputs; `a` becomes its gradient (21).

        Parameters
        ----------
        a, y : ndarray of shape (n_rows, n_outputs)
        weights : ndarray of shape (n_rows,) or None
        total : float
        """
        a -= y
        loss = 0.5 * _weighted_sum(np.einsum("ij,ij->i", a, a), weights) / total
        _scale_rows(a, weights, total)
        return loss


def _row_max(a):
    return np.maximum.reduce(_rows_to_reduce(a), axis=-1)


def _row_sum(a):
    return np.add.reduce(_rows_to_reduce(a), axis=-1)


def _rows_to_reduce(a):
    """The same matrix, its memory by columns where the rows are many and short.

    NumPy reduces row after row, and a short one is mostly overhead.
    """
    is_slow = a.shape[1] <= SHORT_ROW and len(a) >= MANY_ROWS
    return np.asfortranarray(a) if is_slow else a


def _log_one_plus_exp(a, out):
    """log(1 + exp(a)) = max(a, 0) + log(1 + exp(-|a|)), which does not overflow."""
    np.abs(a, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    out += 1
    np.log(out, out=out)
    out += np.maximum(a, 0)


def _weighted_sum(losses, weights):
    if weights is None:
        return float(losses.sum(dtype=np.float64))
    return float(np.dot(losses.astype(np.float64), weights))


def _scale_rows(a, weights, total):
    if weights is None:
        a *= 1.0 / total
    else:
        a *= (weights / total).astype(a.dtype)[:, None]


HEADS = {"softmax": SoftmaxHead, "logistic": LogisticHead, "identity": IdentityHead}
