"""Outputs of a trained network for any number of sequences, in bounded memory."""

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from .._core.network import N_ROWS_FORWARD, Network
from .batches import bounded_batches, gather_rows

# Where a network can walk, a batch holds sequences enough for pieces of so many steps.
N_STEPS_FORWARD = 128


def predict_outputs(architecture, theta, X, n_jobs=None, *, before_link=False):
    """Compute the outputs for all sequences.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray
        Parameters of the network.
    X : Sequences
    n_jobs : int, default=None
        Threads among which the batches are shared out.
    before_link : bool
        Whether to leave out the function O of equation (2).

    Returns
    -------
    outputs : ndarray of shape (n_sequences, n_outputs) or (n_rows, n_outputs)
        By sequence, or by row of ``X.rows``. Rows that are padding stay zero.
    """
    n_outer = X.rows.shape[0] if architecture.reads_steps else len(X)
    outputs = np.zeros((n_outer, architecture.n_outputs), dtype=theta.dtype)
    n_steps = N_STEPS_FORWARD if architecture.can_walk else None
    batches = bounded_batches(X.lengths, N_ROWS_FORWARD, n_steps)
    n_jobs = min(len(batches), effective_n_jobs(n_jobs))
    if n_jobs == 1:
        _predict_batches(architecture, theta, X, batches, outputs, before_link)
    else:
        Parallel(n_jobs=n_jobs, require="sharedmem")(
            delayed(_predict_batches)(
                architecture, theta, X, batches[worker::n_jobs], outputs, before_link
            )
            for worker in range(n_jobs)
        )
    return outputs


def _predict_batches(architecture, theta, X, batches, outputs, before_link):
    network = Network(architecture, theta)
    for members in batches:
        batch = X.subset(members)
        n_steps = max(1, N_ROWS_FORWARD // len(members))
        walks = network.architecture.can_walk and batch.lengths[0] > n_steps
        state = network.zero_state(len(members)) if walks else None
        plan = network.plan(batch.starts, batch.lengths, n_steps if walks else None)
        for piece, is_read in plan:
            x = gather_rows(X, piece, network.workspace)
            if not is_read:
                network.states(x, piece, state)
            else:
                rows = piece.source if architecture.reads_steps else members
                outputs[rows] = network.outputs(
                    x, piece, state, before_link=before_link
                )
