"""Token ids become vectors: x = sum of E's rows at the step's ids."""

import numpy as np
from scipy import sparse


class Embedding:
    """A table of vectors, one for each token.

    Parameters
    ----------
    E, dE : ndarray of shape (n_tokens, embedding_size)
        The table and its gradient.
    workspace : Workspace
    """

    def __init__(self, E, dE, workspace):
        self.E = E
        self.dE = dE
        self.workspace = workspace

    def forward(self, ids):
        """Look up `ids` (n_rows, k) and add up each row's k vectors."""
        shape = (len(ids), self.E.shape[1])
        x = self.workspace.array("embedded", shape)
        self.E.take(ids[:, 0], axis=0, out=x, mode="clip")
        for column in ids.T[1:]:
            further = self.workspace.array("embedded further", shape)
            x += self.E.take(column, axis=0, out=further, mode="clip")
        return x

    def backward(self, ids, dx):
        """Write dL/dE, given dL/dx (n_rows, embedding_size)."""
        n_rows, k = ids.shape
        incidence = sparse.csr_array(
            (np.ones(ids.size, dx.dtype), ids.ravel(), np.arange(n_rows + 1) * k),
            shape=(n_rows, len(self.E)),
        )
        self.dE[...] = incidence.T @ dx
