"""The matrix products of our fits, and nothing else: what is left to BLAS.

Same shapes, same BLAS, buffers and batches made before the clock starts.
"""

from time import perf_counter

import numpy as np
from cases import N_CLASSES
from threadpoolctl import threadpool_limits

from skrnn._core.packing import PackedBatch
from skrnn._training.batches import draw_batches

from .peer import Peer


class Products:
    """The products of one update, forward and back, on a batch in packed order.

    Parameters
    ----------
    case : Case
    n_rows : int
        Steps of the largest batch.
    """

    def __init__(self, case, n_rows):
        rng = np.random.default_rng(0)

        def array(*shape):
            return rng.standard_normal(shape, np.float32)

        B, H, width = case.batch_size, case.hidden_size, case.width
        self.case = case
        self.inputs = [array(n_rows, n) for n in case.layer_inputs()]
        self.dx = [np.empty_like(x) for x in self.inputs]
        self.U = [array(n, H) for n in case.layer_inputs()]
        self.dU = [np.empty_like(U) for U in self.U]
        self.W, self.dW = array(H, H), array(H, H)
        self.S, self.A, self.scratch = (
            array(n_rows + B, H),
            array(n_rows, H),
            array(B, H),
        )
        self.V, self.dV = array(width, N_CLASSES), array(width, N_CLASSES)
        n_read = n_rows if case.is_ragged else B
        self.z, self.dz = array(n_read, width), array(n_read, width)
        self.scores = array(n_read, N_CLASSES)

    def run(self, batch):
        """Multiply all that an update on the batch multiplies."""
        n_read = batch.n_rows if self.case.is_ragged else len(batch)
        for layer in range(self.case.n_layers):
            for _ in range(self.case.n_directions):
                self._recurrence(layer, batch)
        z, scores = self.z[:n_read], self.scores[:n_read]
        np.dot(z, self.V, out=scores)
        np.dot(z.T, scores, out=self.dV)
        np.dot(scores, self.V.T, out=self.dz[:n_read])

    def _recurrence(self, layer, batch):
        n = batch.n_rows
        x, A, S = self.inputs[layer][:n], self.A[:n], self.S[:n]
        np.dot(x, self.U[layer], out=A)
        for rows in (S, A):
            for start, stop in batch.steps:
                np.dot(rows[start:stop], self.W, out=self.scratch[: stop - start])
        np.dot(S.T, A, out=self.dW)
        np.dot(x.T, A, out=self.dU[layer])
        if layer:
            np.dot(A, self.U[layer].T, out=self.dx[layer][:n])


def packed_batches(case, X):
    """The batches of an epoch, each in packed order."""
    lengths = np.array([len(x) for x in X])
    starts = np.cumsum(lengths) - lengths
    rng = np.random.default_rng(0)
    return [
        PackedBatch(starts[members], lengths[members])
        for members in draw_batches(lengths, case.batch_size, rng)
    ]


def products_time(products, batches, n_epochs):
    """Seconds that the products of so many epochs take."""
    begin = perf_counter()
    for _ in range(n_epochs):
        for batch in batches:
            products.run(batch)
    return perf_counter() - begin


class Alone(Peer):
    """The products of as many epochs as a fit has."""

    name = "our products alone"
    takes_ragged = True

    def fit_epochs(self, X, y, n_epochs, seed=0):
        batches = packed_batches(self.case, X)
        products = Products(self.case, max(batch.n_rows for batch in batches))
        with threadpool_limits(self.n_threads):
            return products_time(products, batches, n_epochs)

    def accuracy(self, X, y):
        """There is nothing that learns."""
        return float("nan")


PEERS = [Alone]
