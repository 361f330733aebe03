"""Tokens become vectors: x = sum of E's rows at the step's ids, or x E."""

import numpy as np
from scipy import sparse

from .products import dot


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

    def forward(self, tokens):
        """Embed each row.

        Parameters
        ----------
        tokens : ndarray of int of shape (n_rows, k), or sparse (n_rows, n_tokens)
            Ids, whose k vectors add up, or the weight of each token.

        Returns
        -------
        x : ndarray of shape (n_rows, embedding_size)
            In a buffer.
        """
        shape = (tokens.shape[0], self.E.shape[1])
        x = self.workspace.array("embedded", shape)
        if sparse.issparse(tokens):
            dot(tokens, self.E, out=x)
            return x
        self.E.take(tokens[:, 0], axis=0, out=x, mode="clip")
        for ids in tokens.T[1:]:
            further = self.workspace.array("embedded further", shape)
            x += self.E.take(ids, axis=0, out=further, mode="clip")
        return x

    def backward(self, tokens, dx):
        """Write dL/dE, given dL/dx (n_rows, embedding_size)."""
        if not sparse.issparse(tokens):
            tokens = self._incidence(tokens, dx.dtype)
        dot(tokens.T, dx, out=self.dE)

    def _incidence(self, ids, dtype):
        """How often each row has each token, sparse (n_rows, n_tokens)."""
        n_rows, k = ids.shape
        return sparse.csr_array(
            (np.ones(ids.size, dtype), ids.ravel(), np.arange(n_rows + 1) * k),
            shape=(n_rows, len(self.E)),
        )
