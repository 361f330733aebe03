"""The time loop back: what vanishes, what explodes, and where truncation cuts."""

import numpy as np
import pytest

from skrnn._core.initializers import orthogonal
from skrnn._core.network import Network
from skrnn._core.packing import PackedBatch
from skrnn._core.transforms import ClipByNorm

from ..problems import architecture

N_STEPS = 40


def make(hidden_size=8, activation="identity", bidirectional=False, seed=0, scale=1):
    """The recurrences of a layer; each W is orthogonal but for its scale."""
    rng = np.random.default_rng(seed)
    net = architecture(
        n_features=3,
        hidden_size=hidden_size,
        activation=activation,
        bidirectional=bidirectional,
    )
    network = Network(net, rng.normal(size=net.layout().size))
    for recurrence in network.layers[0]:
        W = recurrence.p["W"]
        orthogonal(rng, W)
        W *= scale
    return network.layers[0]


def norms_of_states_gradient(radius, **options):
    """Norm of dL/ds_t by t, where L depends on the last state alone."""
    (recurrence,) = make(scale=radius)
    batch = PackedBatch(np.array([0]), np.array([N_STEPS]))
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N_STEPS, 3))
    recurrence.forward(x, batch)
    dS = np.zeros((N_STEPS, 8))
    dS[-1] = rng.normal(size=8)
    dS[-1] /= np.linalg.norm(dS[-1])
    # With the identity, dL/da is dL/ds, to which dS turns in place.
    recurrence.backward(x, dS, **options)
    return np.linalg.norm(dS, axis=1)


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0, 1.1, 2.0])
def test_gradients_vanish_or_explode_as_powers_of_the_radius(radius):
    norms = norms_of_states_gradient(radius)
    lags = np.arange(N_STEPS)
    np.testing.assert_allclose(norms[::-1], radius**lags, rtol=1e-11)
    if radius < 1:
        assert (np.diff(norms) > 0).all()
        assert norms[0] < 0.02
    if radius > 1:
        assert (np.diff(norms) < 0).all()
        assert norms[0] > 40


@pytest.mark.parametrize("radius", [0.9, 2.0])
@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_truncation_is_exactly_zero_beyond(radius, k):
    norms = norms_of_states_gradient(radius, truncation_length=k)
    np.testing.assert_allclose(norms[::-1][:k], radius ** np.arange(k), rtol=1e-11)
    np.testing.assert_array_equal(norms[:-k], 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_keeps_an_exploded_gradients_direction(dtype):
    gradient = np.random.default_rng(2).normal(size=50)
    gradient *= 1e30 / np.linalg.norm(gradient)
    clipped = gradient.astype(dtype)
    ClipByNorm(0.5).update(clipped, None)
    precision = 1e-5 if dtype is np.float32 else 1e-13
    assert np.linalg.norm(clipped.astype(np.float64)) == pytest.approx(
        0.5, rel=precision
    )
    np.testing.assert_allclose(clipped / 0.5, gradient / 1e30, rtol=precision)


@pytest.mark.parametrize("truncation_length", [None, 1, 2, 3])
@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("activation", ["tanh", "identity"])
def test_products_written_out(truncation_length, direction, activation):
    """dL/da_t is a sum over later steps j of dL_j/ds_j times j - t Jacobians."""
    recurrence = make(3, activation, bidirectional=True, scale=0.8)[direction]
    lengths = np.array([7, 4, 4, 1])
    batch = PackedBatch(np.cumsum(lengths) - lengths, lengths)
    rng = np.random.default_rng(3)
    x, dS = rng.normal(size=(16, 3)), rng.normal(size=(16, 3))
    given = dS.copy()
    S = recurrence.forward(x, batch).copy()
    dx = np.full_like(x, np.nan)
    dA = recurrence.backward(x, dS, truncation_length)
    recurrence.cell.back_to_inputs(recurrence.p["U"], dA, out=dx)
    W = recurrence.p["W"]
    k = truncation_length or 7
    expected, dW = np.zeros_like(S), np.zeros_like(W)
    slope = 1 - S**2 if activation == "tanh" else np.ones_like(S)
    for i in range(len(lengths)):
        rows = np.flatnonzero(batch.sequence == i)
        rows = rows[::-1] if direction else rows
        for t, row in enumerate(rows):
            jacobian = np.diag(slope[row])
            # No further than the last step before the next cut.
            for j in range(t, min(len(rows), t - t % k + k)):
                expected[row] += given[rows[j]] @ jacobian
                if j + 1 < len(rows):
                    jacobian = np.diag(slope[rows[j + 1]]) @ W.T @ jacobian
            if t:
                dW += np.outer(S[rows[t - 1]], expected[row])
    np.testing.assert_allclose(
        dx, expected @ recurrence.p["U"].T, rtol=1e-10, atol=1e-13
    )
    np.testing.assert_allclose(recurrence.g["W"], dW, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(recurrence.g["b"], expected.sum(axis=0), rtol=1e-10)
    np.testing.assert_allclose(
        recurrence.g["U"], x.T @ expected, rtol=1e-10, atol=1e-13
    )


def test_second_direction_reads_from_each_sequences_own_end():
    first, second = make(3, "tanh", bidirectional=True)
    for letter in "UWb":
        second.p[letter][...] = first.p[letter]
    lengths = np.array([5, 3, 1])
    batch = PackedBatch(np.array([0, 5, 8]), lengths)
    x = np.random.default_rng(4).normal(size=(9, 3))
    turned = np.concatenate([x[:5][::-1], x[5:8][::-1], x[8:]])
    forward = first.forward(turned[batch.source], batch).copy()
    backward = second.forward(x[batch.source], batch).copy()
    for i, length in enumerate(lengths):
        own = batch.sequence == i
        np.testing.assert_allclose(backward[own], forward[own][::-1], rtol=1e-13)
        # Where this direction ends is the sequence's first step.
        np.testing.assert_allclose(second.final_states()[i], backward[own][0])
        assert own.sum() == length


def test_initial_states():
    (recurrence,) = make(3, "tanh")
    batch = PackedBatch(np.array([0, 6]), np.array([6, 6]))
    x = np.random.default_rng(5).normal(size=(12, 3))
    whole = recurrence.forward(x, batch).copy()
    final = recurrence.final_states().copy()
    np.testing.assert_array_equal(final, whole[-2:])
    half = PackedBatch(np.array([0, 6]), np.array([3, 3]))
    recurrence.forward(x[:6], half)
    second = recurrence.forward(x[6:], half, recurrence.final_states().copy())
    np.testing.assert_allclose(second, whole[6:], rtol=1e-12)
