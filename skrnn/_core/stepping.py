"""One token at a time: how text is completed."""

import numpy as np

from .activations import ACTIVATIONS


class Stepper:
    """A one-directional network of tokens that takes step after step.

    All that a layer's new state is multiplied by, its own W for the next step and what
    reads it in this one, stands side by side in one matrix: one product a layer.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray of shape (layout.size,)
    state : ndarray of shape (n_layers, hidden_size) or (n_layers, n, hidden_size)
        Where the stream, or each of n streams, begins. Copied.
    temperature : float
        Divides the scores.
    excluded : list of int
        Tokens that never come next: their scores are minus infinity.

    Attributes
    ----------
    scores : ndarray of shape (n_outputs,) or (n, n_outputs)
        (s V + c) / temperature, for what comes next. Moved on in place; the caller
        may overwrite it between steps.
    """

    def __init__(self, architecture, theta, state, temperature=1.0, excluded=()):
        p = architecture.layout().views(theta)
        H, top = architecture.hidden_size, architecture.n_layers - 1
        E = p.get("E")
        U = p["U", 0, 0] if E is None else E @ p["U", 0, 0]
        self._apply = ACTIVATIONS[architecture.activation].apply
        self._projected = U + p["b", 0, 0]
        self._layers = []
        for k in range(architecture.n_layers):
            reader, bias = p["V"] / temperature, p["c"] / temperature
            if k < top:
                reader, bias = p["U", k + 1, 0], p["b", k + 1, 0]
            # The last row is met by a state that is always one.
            M = np.zeros((H + 1, H + reader.shape[1]), theta.dtype)
            M[:H, :H], M[:H, H:], M[H, H:] = p["W", k, 0], reader, bias
            if k == top:
                M[H, H + np.array(excluded, dtype=int)] = -np.inf
            s = np.ones((*state.shape[1:-1], H + 1), theta.dtype)
            s[..., :H] = state[k]
            z = s @ M
            self._layers.append((M, s, s[..., :H], z, z[..., :H], z[..., H:]))
        self.scores = self._layers[-1][-1]

    def step(self, ids):
        """Take the next token of the stream, an int, or of each, (n,)."""
        x = self._projected[ids]
        for M, s_and_one, s, z, sW, read in self._layers:
            np.add(x, sW, s)
            self._apply(s)
            np.dot(s_and_one, M, z)
            x = read
