"""Outputs of a trained network for any number of sequences, in bounded memory."""

from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from scipy.special import logsumexp

from .._core.network import N_ROWS_FORWARD, Network
from .._core.packing import segments
from .batches import bounded_batches, by_falling_length, gather_rows

# Where a network can walk, a batch holds sequences enough for pieces of so many steps.
N_STEPS_FORWARD = 128
# A piece has so many outputs at most, over all its steps.
N_OUTPUTS_FORWARD = 2**24
# Several threads share what has so many steps for each of them at least.
N_ROWS_OF_A_THREAD = 4096


def predict_outputs(architecture, theta, X, n_jobs=1, *, before_link=False):
    """Compute the outputs for all sequences.

    Parameters
    ----------
    architecture : Architecture
    theta : ndarray
        Parameters of the network.
    X : Sequences
    n_jobs : int, default=1
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

    def keep(network, x, piece, rows, state):
        outputs[rows] = network.outputs(x, piece, state, before_link=before_link)

    _visit(architecture, theta, X, n_jobs, keep)
    return outputs


def predict_log_likelihoods(architecture, theta, X, y, n_jobs=1):
    """Compute the log-likelihood of the class of every step.

    Parameters
    ----------
    architecture, theta, X, n_jobs
        As in `predict_outputs`; the network has a softmax at every step.
    y : ndarray of int of shape (n_rows,)
        The classes, by row of ``X.rows``.

    Returns
    -------
    log_likelihoods : ndarray of shape (n_rows,)
        Rows that are padding stay zero.
    """
    log_likelihoods = np.zeros(X.rows.shape[0])

    def keep(network, x, piece, rows, state):
        scores = network.outputs(x, piece, state, before_link=True)
        own = scores[np.arange(len(rows)), y[rows]]
        log_likelihoods[rows] = own - logsumexp(scores, axis=1)

    _visit(architecture, theta, X, n_jobs, keep)
    return log_likelihoods


def predict_last_outputs(architecture, theta, X, n_jobs=1):
    """Compute the outputs at each sequence's last step alone.

    Parameters
    ----------
    architecture, theta, X, n_jobs
        As in `predict_outputs`; the network has outputs at every step.

    Returns
    -------
    outputs : ndarray of shape (n_sequences, n_outputs)
    """
    return predict_outputs(replace(architecture, pooling="last"), theta, X, n_jobs)


def predict_states(architecture, theta, X, layer):
    """Compute the states of a layer at every step.

    Parameters
    ----------
    architecture, theta, X
        As in `predict_outputs`.
    layer : int
        From 0, the lowest one.

    Returns
    -------
    states : ndarray of shape (n_rows, n_directions * hidden_size)
        By row of ``X.rows``. Rows that are padding stay zero.
    """
    # Without what is above, the layer is the top one; every step is read.
    lower = replace(architecture, n_layers=layer + 1, pooling=None)
    lower_theta = np.empty(lower.layout().size, theta.dtype)
    given = architecture.layout().views(theta)
    for name, view in lower.layout().views(lower_theta).items():
        view[...] = given[name]
    width = architecture.n_directions * architecture.hidden_size
    states = np.zeros((X.rows.shape[0], width), theta.dtype)

    def keep(network, x, piece, rows, state):
        states[rows] = network.states(x, piece, state)

    _visit(lower, lower_theta, X, 1, keep)
    return states


def final_states(architecture, theta, X):
    """Compute the states after each sequence, of a one-directional network.

    Parameters
    ----------
    architecture, theta, X
        As in `predict_outputs`.

    Returns
    -------
    state : ndarray of shape (n_layers, n_sequences, hidden_size)
    """
    network = Network(architecture, theta)
    order = by_falling_length(X.lengths, np.arange(len(X)))
    ordered, state = X.subset(order), network.zero_state(len(X))
    n_steps = max(1, N_ROWS_FORWARD // len(X))
    for piece in segments(ordered.starts, ordered.lengths, n_steps):
        network.states(gather_rows(X, piece, network.workspace), piece, state)
    in_order = np.empty_like(state)
    in_order[:, order] = state
    return in_order


def _visit(architecture, theta, X, n_jobs, keep):
    """Call ``keep(network, x, piece, rows, state)`` for all pieces of all sequences."""
    n_steps = N_STEPS_FORWARD if architecture.can_walk else None
    n_rows = min(N_ROWS_FORWARD, max(1, N_OUTPUTS_FORWARD // architecture.n_outputs))
    if n_jobs > 1:
        n_all = np.minimum(X.lengths, n_steps or X.lengths.max()).sum()
        n_rows = min(n_rows, max(N_ROWS_OF_A_THREAD, -(-n_all // n_jobs)))
    batches = bounded_batches(X.lengths, n_rows, n_steps)
    n_jobs = min(len(batches), n_jobs)
    arguments = architecture, theta, X, n_rows, keep, n_jobs == 1
    if n_jobs == 1:
        _visit_batches(*arguments, batches)
    else:
        Parallel(n_jobs=n_jobs, require="sharedmem")(
            delayed(_visit_batches)(*arguments, batches[worker::n_jobs])
            for worker in range(n_jobs)
        )


def _visit_batches(architecture, theta, X, n_rows, keep, is_alone, batches):
    network = Network(architecture, theta)
    network.workspace.is_alone = is_alone
    for members in batches:
        batch = X.subset(members)
        n_steps = max(1, n_rows // len(members))
        walks = network.architecture.can_walk and batch.lengths[0] > n_steps
        state = network.zero_state(len(members)) if walks else None
        plan = network.plan(batch.starts, batch.lengths, n_steps if walks else None)
        for piece, is_read in plan:
            x = gather_rows(X, piece, network.workspace)
            if is_read:
                rows = piece.source if architecture.reads_steps else members
                keep(network, x, piece, rows, state)
            else:
                network.states(x, piece, state)
