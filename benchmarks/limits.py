"""How near an epoch comes to its own matrix products, the part that BLAS decides.

The products alone are timed with the same shapes, the same BLAS and buffers made
before the clock starts; then the same number of epochs as a whole public fit, in turn.
"""

import argparse
import os
from statistics import median
from time import perf_counter

import numpy as np
from cases import CASES, N_CLASSES
from peers.ours import Ours
from threadpoolctl import threadpool_limits

from skrnn._core.packing import PackedBatch
from skrnn._training.batches import draw_batches


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


def compare(name, n_threads, n_runs, n_epochs):
    """Print the time of an epoch over that of its products."""
    case = CASES[name]
    X, y = case.draw()
    batches = packed_batches(case, X)
    products = Products(case, max(batch.n_rows for batch in batches))
    ours = Ours(case, n_threads)
    with threadpool_limits(n_threads):
        products_time(products, batches, 1)
        runs = [
            (
                ours.fit_epochs(X, y, n_epochs),
                products_time(products, batches, n_epochs),
            )
            for _ in range(n_runs)
        ]
    epochs, limits = (median(seconds) / n_epochs * 1e3 for seconds in zip(*runs))
    ratio = median(fit / limit for fit, limit in runs)
    print(
        f"  {name:8} epoch {epochs:8.1f} ms, products {limits:8.1f} ms, ratio "
        f"{ratio:.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="one run of one epoch")
    arguments = parser.parse_args()
    n_runs = 1 if arguments.quick else arguments.runs
    print(f"Load before: {os.getloadavg()[0]:.1f} (figures are good near zero)")
    for n_threads in arguments.threads:
        print(f"{n_threads} thread(s)")
        for name in arguments.cases:
            n_epochs = 1 if arguments.quick else CASES[name].n_epochs
            compare(name, n_threads, n_runs, n_epochs)


if __name__ == "__main__":
    main()
