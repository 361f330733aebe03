"""A batch shared among networks has the loss and the gradient of the whole."""

import numpy as np
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn._training.pieces import gradients
from skrnn._training.shards import Shards

from ..problems import Problem, architecture, assert_gradient


def walk(network, steps):
    """Loss, weight and gradient of every piece."""
    return [(loss, weight, network.grad.copy()) for loss, weight in steps]


@pytest.mark.parametrize("n_shards", [2, 3, 9])
@pytest.mark.parametrize(
    "options",
    [
        {"pooling": "last"},
        {"pooling": "mean", "bidirectional": True, "n_layers": 2},
        {"pooling": None},
        {"pooling": None, "truncation_length": 2},
        {"pooling": "last", "truncation_length": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_whole(n_shards, options, weighted):
    problem = Problem.draw(architecture(**options), seed=2, weighted=weighted)
    network = problem.network()
    expected = walk(network, gradients(network, problem.data, problem.members))
    network = problem.network()
    shards = Shards(network, n_shards, np.random.default_rng(0))
    with shards:
        found = walk(network, shards.gradients(problem.data, problem.members))
    assert len(found) == len(expected)
    for (loss, weight, grad), (other, other_weight, other_grad) in zip(found, expected):
        np.testing.assert_allclose([loss, weight], [other, other_weight])
        assert_gradient(grad, other_grad, 1e-12)


def fitted(estimator, X, y, n_threads):
    with threadpool_limits(n_threads, user_api="blas"):
        return clone(estimator).fit(X, y)


@pytest.mark.parametrize("face", [RNNClassifier, RNNTagger])
def test_a_fit_by_two_threads(face):
    rng = np.random.default_rng(0)
    X = [rng.standard_normal((n, 3)) for n in rng.integers(2, 8, 70)]
    y = [int(x[0, 0] > 0) for x in X]
    if face is RNNTagger:
        y = [(x[:, 0] > 0).astype(int) for x in X]
    model = face(
        256, batch_size=32, max_iter=3, n_iter_no_change=np.inf, random_state=0
    )
    one, two = (fitted(model, X, y, n) for n in (1, 2))
    np.testing.assert_allclose(two.loss_curve_, one.loss_curve_, rtol=1e-9)
    np.testing.assert_array_equal(two.output_coef_, fitted(model, X, y, 2).output_coef_)


def test_dropout_draws_the_same_again():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((64, 4, 3)), np.arange(64) % 2
    model = RNNClassifier(
        256,
        dropout=0.5,
        batch_size=64,
        max_iter=2,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    first, second = (fitted(model, X, y, 2) for _ in range(2))
    np.testing.assert_array_equal(first.output_coef_, second.output_coef_)


def test_an_error_in_a_share_is_raised():
    problem = Problem.draw(architecture(pooling="last"), seed=2)
    network = problem.network()
    shards = Shards(network, 2, np.random.default_rng(0))

    def fail(*args, **named):
        raise KeyboardInterrupt

    shards.networks[1].loss_and_gradient = fail
    with pytest.raises(KeyboardInterrupt), shards:
        next(shards.gradients(problem.data, problem.members))


def test_divergence_in_a_share_gives_no_warning():
    X, y = np.ones((64, 3, 2)), np.where(np.arange(64) % 2, 1e200, 0)
    with pytest.raises(FloatingPointError, match="diverged in epoch 1"):
        fitted(RNNRegressor(256, batch_size=64), X, y, 2)
