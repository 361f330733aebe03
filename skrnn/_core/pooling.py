"""From the states of all steps to one row per sequence, and back.

``Y`` (n_rows, n_directions * hidden_size) are the states of a packed batch; its
columns from `hidden_size` on are the second direction's. ``z`` (n_sequences, width of
Y) is what the head reads. The way forward writes `z`, the way back writes `dY` from
`dz`, which it may overwrite.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Pooling(NamedTuple):
    """A way to read a sequence, forward and back.

    Attributes
    ----------
    forward : callable
        ``forward(Y, z, batch, hidden_size)``
    backward : callable or None
        ``backward(dz, dY, Y, z, batch, hidden_size)``. None where `dz` is all there
        is to it: the gradient of the last states.
    """

    forward: Callable
    backward: Callable | None


def _last(Y, z, batch, hidden_size):
    # The second direction's own final state is that of the first step.
    z[:, :hidden_size] = Y[batch.last, :hidden_size]
    z[:, hidden_size:] = Y[: len(batch), hidden_size:]


def _mean(Y, z, batch, hidden_size):
    z.fill(0)
    for start, stop in batch.steps:
        z[: stop - start] += Y[start:stop]
    z /= batch.lengths[:, None]


def _mean_back(dz, dY, Y, z, batch, hidden_size):
    dz /= batch.lengths[:, None]
    dz.take(batch.sequence, axis=0, out=dY, mode="clip")


def _max(Y, z, batch, hidden_size):
    z.fill(-np.inf)
    for start, stop in batch.steps:
        running = z[: stop - start]
        np.maximum(running, Y[start:stop], out=running)


def _max_back(dz, dY, Y, z, batch, hidden_size):
    # Of several steps that reach the greatest value, the first one gets it all.
    owed = np.ones(dz.shape, dtype=bool)
    for start, stop in batch.steps:
        n = stop - start
        reached = Y[start:stop] == z[:n]
        reached &= owed[:n]
        np.multiply(dz[:n], reached, out=dY[start:stop])
        owed[:n] &= ~reached


POOLINGS = {
    "last": Pooling(_last, None),  # (13)
    "mean": Pooling(_mean, _mean_back),  # (14)
    "max": Pooling(_max, _max_back),  # (15)
}
