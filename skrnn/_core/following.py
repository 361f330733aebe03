"""A sequence that comes piece by piece: what the network says of it so far."""

import numpy as np

from .network import Network
from .packing import PackedBatch


class SequenceSoFar:
    """Reads a sequence piece by piece with a one-directional network.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (layout.size,)

    Attributes
    ----------
    n_steps : int
        Number of steps read so far.
    """

    def __init__(self, architecture, theta):
        self._network = Network(architecture, theta)
        self._state = self._network.zero_state(1)
        self._total = np.zeros((1, architecture.hidden_size))
        self._greatest = np.full((1, architecture.hidden_size), -np.inf)
        self.n_steps = 0

    def outputs(self, x, *, before_link=False):
        """Read the next steps.

        Parameters
        ----------
        x : ndarray or sparse array of shape (n_steps, n_features)
            The next steps, or their token ids.
        before_link : bool
            Whether to leave out the function O of equation (2).

        Returns
        -------
        outputs : ndarray of shape (n_steps, n_outputs) or (1, n_outputs)
            Of every step; or of the sequence so far, where the head reads the whole.
        """
        batch = PackedBatch(np.array([0]), np.array([x.shape[0]]))
        Y = self._network.states(x, batch, self._state)
        self.n_steps += len(Y)
        z = self._pooled(Y).astype(Y.dtype, copy=False)
        return self._network.read_out(z, before_link=before_link).copy()

    def _pooled(self, Y):
        pooling = self._network.architecture.pooling
        if pooling is None:
            return Y
        if pooling == "last":
            return Y[-1:]
        if pooling == "mean":
            self._total += Y.sum(axis=0)
            return self._total / self.n_steps
        np.maximum(self._greatest, Y.max(axis=0), out=self._greatest)
        return self._greatest
