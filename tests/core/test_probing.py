"""Gradients by states and inputs, against central differences of the naive twin."""

import numpy as np
import pytest
from scipy import sparse

from skrnn._core.probing import Probe

from .. import reference
from ..problems import (
    Problem,
    architecture,
    assert_gradient,
    central_differences,
    packed,
    parts,
)

CASES = [
    ("softmax", None, "tanh"),
    ("softmax", "last", "tanh"),
    ("logistic", "mean", "logistic"),
    ("identity", "max", "tanh"),
    ("softmax", "last", "relu"),
    ("identity", "last", "identity"),
]


def pushed_loss(problem, i, place, read):
    """Loss of sequence `i` by what is added to the state at a place.

    The outputs that count are those at the steps `read`.
    """
    net, p = problem.net, parts(problem.net, problem.theta)
    x, y = problem.sequences()[i], problem.targets()[0][i]

    def loss(pushes):
        stacked = [np.broadcast_to(x_t, (len(pushes), *x_t.shape)) for x_t in x]
        out = reference.outputs(p, stacked, net, {}, {place: pushes[:, None, :]})
        losses = [reference.LOSS[net.head](out[t][..., 0, :], y[t]) for t in read]
        return sum(losses)

    return loss


@pytest.mark.parametrize(("head", "pooling", "activation"), CASES)
@pytest.mark.parametrize("truncation_length", [None, 2])
def test_state_gradients(head, pooling, activation, truncation_length):
    """By a state at one step of one layer and direction, run on from there."""
    net = architecture(
        head=head,
        pooling=pooling,
        activation=activation,
        bidirectional=True,
        n_layers=2,
        truncation_length=truncation_length,
    )
    problem = Problem.draw(net, seed=3)
    piece, batch = packed(problem)
    # A head by step: of a direction's own last step alone.
    for own_end in (0, 1) if pooling is None else (None,):
        weights = None
        if own_end is not None:
            weights = np.zeros(piece.n_rows)
            weights[[piece.last, slice(None, len(piece))][own_end]] = 1
        dS = Probe(net, problem.theta).state_gradients(batch.x, piece, batch.y, weights)
        for k, d in np.ndindex(2, 2):
            assert dS[k][d].shape == (piece.n_rows, net.hidden_size)
            for row, n in enumerate(problem.members):
                length = problem.data.X.lengths[n]
                read = [length - 1 if own_end == 0 else 0]
                numeric = [
                    central_differences(
                        pushed_loss(problem, n, (k, d, t), read), np.zeros(3)
                    )
                    for t in range(length)
                ]
                assert_gradient(
                    dS[k][d][piece.sequence == row].ravel(), np.ravel(numeric)
                )


@pytest.mark.parametrize("truncation_length", [None, 2])
@pytest.mark.parametrize("pooling", [None, "last", "mean"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_input_shares(pooling, bidirectional, truncation_length):
    net = architecture(
        pooling=pooling,
        bidirectional=bidirectional,
        n_layers=2,
        truncation_length=truncation_length,
    )
    problem = Problem.draw(net, seed=5)
    piece, batch = packed(problem)
    rng = np.random.default_rng(0)
    scored = rng.normal(size=(piece.n_rows if pooling is None else len(piece), 3))
    shares = Probe(net, problem.theta).input_shares(batch.x, piece, scored)
    p = parts(net, problem.theta)
    for row, n in enumerate(problem.members):
        own = piece.sequence == row
        x = np.concatenate(problem.sequences()[n])
        own_scored = scored[own] if pooling is None else scored[[row]]

        def score(flat, own_scored=own_scored, x=x):
            steps = np.split(flat.reshape(-1, *x.shape), len(x), axis=1)
            raw = {**vars(net), "head": "identity"}
            out = reference.outputs(p, steps, architecture(**raw), {})
            return sum((o[..., 0, :] * w).sum(axis=-1) for o, w in zip(out, own_scored))

        gradient = central_differences(score, x.ravel()).reshape(x.shape)
        assert_gradient(shares[own], (gradient * x).sum(axis=1))


def linear(**changes):
    """A network of identities without biases: its scores are linear in its inputs."""
    net = architecture(activation="identity", bidirectional=True, **changes)
    problem = Problem.draw(net, seed=6)
    problem.theta[: net.layout().n_biases] = 0
    return problem


@pytest.mark.parametrize(
    "changes",
    [
        {"n_layers": 2},
        {"n_features": 1, "n_tokens": 5},
        {"n_features": 3, "n_tokens": 5},
        {"n_features": 2, "n_tokens": 5, "embedding_size": 4, "n_layers": 2},
        {"pooling": "mean"},
    ],
)
def test_shares_of_a_linear_network_add_up_to_the_score(changes):
    problem = linear(**changes)
    piece, batch = packed(problem)
    probe = Probe(problem.net, problem.theta)
    scores = probe.outputs(batch.x, piece, before_link=True).copy()
    for column in range(3):
        scored = np.zeros_like(scores)
        scored[:, column] = 1
        shares = probe.input_shares(batch.x, piece, scored)
        sums = np.bincount(piece.sequence, shares)
        assert np.linalg.norm(scores[:, column]) > 0.1
        np.testing.assert_allclose(sums, scores[:, column], rtol=1e-10, atol=1e-14)


def test_sparse_inputs_share_as_dense_ones():
    problem = linear(n_features=4)
    piece, batch = packed(problem)
    scored = np.ones((len(piece), 3))
    probe = Probe(problem.net, problem.theta)
    shares = probe.input_shares(batch.x, piece, scored)
    assert np.linalg.norm(shares) > 0.1
    from_sparse = probe.input_shares(sparse.csr_array(batch.x), piece, scored)
    np.testing.assert_allclose(from_sparse, shares, rtol=1e-12)


def test_the_head_is_the_same_afterwards():
    """Losses can be probed after scores."""
    problem = Problem.draw(architecture(bidirectional=True))
    piece, batch = packed(problem)
    probe = Probe(problem.net, problem.theta)
    before = probe.state_gradients(batch.x, piece, batch.y)[0][1]
    probe.input_shares(batch.x, piece, np.ones((len(piece), 3)))
    after = probe.state_gradients(batch.x, piece, batch.y)[0][1]
    np.testing.assert_array_equal(before, after)


def test_single_precision_is_probed_in_double():
    problem = Problem.draw(architecture(), dtype=np.float32)
    given = problem.theta.copy()
    piece, batch = packed(problem)
    probe = Probe(problem.net, problem.theta)
    dS = probe.state_gradients(batch.x.astype(np.float64), piece, batch.y)
    assert dS[0][0].dtype == np.float64
    np.testing.assert_array_equal(problem.theta, given)
