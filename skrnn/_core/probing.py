"""Gradients that training never keeps: by the states, and by the inputs."""

from dataclasses import replace

import numpy as np

from .heads import AffineHead
from .network import Network
from .products import dot


class RecordingCell:
    """A cell that keeps what passes through it on the way back.

    Parameters
    ----------
    cell : ElmanCell
        Does the work. All that is not recorded goes straight to it.

    Attributes
    ----------
    from_inputs : ndarray of shape (n_rows, hidden_size)
        x U, in the order of the inputs.
    dS : list of ndarray
        dL/ds of the last way back: for each step, from the direction's last to its
        first, the rows of the sequences that have it.
    dA : ndarray of shape (n_rows, hidden_size)
        dL/da of the last way back, in the order of the inputs.
    """

    def __init__(self, cell):
        self._cell = cell

    def __getattr__(self, name):
        return getattr(self._cell, name)

    def project(self, p, x, out):
        self._p = p
        self._cell.project(p, x, out)

    def prepare_back(self, tape):
        self._cell.prepare_back(tape)
        self.dS = []

    def step_back(self, ds_previous, ds, *rest):
        self.dS.append(ds.copy())
        self._cell.step_back(ds_previous, ds, *rest)

    def input_gradients(self, g, x, dA, workspace):
        self._cell.input_gradients(g, x, dA, workspace)
        self.dA = dA.copy()
        self.from_inputs = np.empty_like(dA)
        dot(x, self._p["U"], out=self.from_inputs)


class ScoreHead(AffineHead):
    """Takes a sum of the scores z V + c for the loss; the targets are its weights."""

    def loss(self, a, y, weights, total):
        loss = float(np.vdot(a, y))
        a[...] = y
        return loss


class Probe(Network):
    """A network whose gradients by states and inputs can be looked at.

    It computes in float64, and never truncates. A batch goes through it whole.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (layout.size,)
        All parameters; copied.
    """

    def __init__(self, architecture, theta):
        whole = replace(architecture, truncation_length=None)
        super().__init__(whole, theta.astype(np.float64))
        for layer in self.layers:
            for recurrence in layer:
                recurrence.cell = RecordingCell(recurrence.cell)

    def state_gradients(self, x, batch, y, weights=None):
        """Compute dL/ds_t at every step, L being the sum of all losses.

        It is the total derivative: the state moves the loss through the head,
        through the states after it, and through the layers above.

        Parameters
        ----------
        x, batch, y, weights
            As in `loss_and_gradient`.

        Returns
        -------
        dS : list of list of ndarray of shape (n_rows, hidden_size)
            By layer and direction, in packed order; the second direction's steps
            count from the end of each sequence, as it walks.
        """
        self.loss_and_gradient(x, batch, y, weights, total=1.0)
        return [
            [np.concatenate(recurrence.cell.dS[::-1]) for recurrence in layer]
            for layer in self.layers
        ]

    def input_shares(self, x, batch, weights):
        """Compute gradient times input of a weighted sum of the scores, by step.

        What multiplies U is the input: of tokens their ones, or their embedded
        vectors, where there are such. As ``ds/dx . x = ds/da . (x U)``, no gradient
        as wide as the inputs is needed.

        Parameters
        ----------
        x, batch
            As in `loss_and_gradient`.
        weights : ndarray of shape (n_read, n_outputs)
            Of the scores, which are z V + c, before the function O.

        Returns
        -------
        shares : ndarray of shape (n_rows,)
        """
        head = self.head
        self.head = ScoreHead(self.p, self.g, self.workspace)
        self.loss_and_gradient(x, batch, weights, None, total=1.0)
        self.head = head
        cells = [recurrence.cell for recurrence in self.layers[0]]
        return sum(np.einsum("ij,ij->i", cell.from_inputs, cell.dA) for cell in cells)
