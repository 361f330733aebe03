"""Every gradient against central differences of the naive twin's loss."""

import numpy as np
import pytest
from scipy import sparse

from skrnn._core.packing import Sequences

from ..problems import (
    Problem,
    architecture,
    assert_gradient,
    assert_no_part_is_zero,
    central_differences,
    packed,
)

cross = {
    "head": ["softmax", "logistic", "identity"],
    "pooling": [None, "last", "mean", "max"],
    "bidirectional": [False, True],
    "n_layers": [1, 2],
    "activation": ["tanh", "logistic", "relu", "identity"],
    "truncation_length": [None, 2, 3],
}


def over(**options):
    """Parametrize by all combinations."""

    def decorate(test):
        for name, values in options.items():
            test = pytest.mark.parametrize(name, values)(test)
        return test

    return decorate


def check(problem):
    loss, grad, dX = problem.worked_through()
    true_grad, true_dX = problem.true_gradient()
    assert loss == pytest.approx(problem.twin_loss(), rel=1e-12)
    assert_gradient(grad, true_grad)
    assert_no_part_is_zero(problem.net, grad)
    if true_dX is not None:
        is_input = np.isfinite(problem.data.X.rows)
        np.testing.assert_array_equal(np.isfinite(dX), is_input)
        assert_gradient(dX[is_input], true_dX[is_input])


@over(**cross)
def test_cross(head, pooling, bidirectional, n_layers, activation, truncation_length):
    net = architecture(
        head=head,
        pooling=pooling,
        bidirectional=bidirectional,
        n_layers=n_layers,
        activation=activation,
        truncation_length=truncation_length,
    )
    check(Problem.draw(net, seed=3))


@over(
    head=cross["head"],
    pooling=cross["pooling"],
    bidirectional=cross["bidirectional"],
    truncation_length=[None, 2],
)
def test_weighted(head, pooling, bidirectional, truncation_length):
    net = architecture(
        head=head,
        pooling=pooling,
        bidirectional=bidirectional,
        truncation_length=truncation_length,
    )
    check(Problem.draw(net, seed=2, weighted=True))


@over(
    head=["softmax", "logistic"],
    pooling=[None, "last"],
    weighted=[False, True],
)
def test_class_weights(head, pooling, weighted):
    net = architecture(
        head=head, pooling=pooling, n_outputs=3 if head == "softmax" else 1
    )
    problem = Problem.draw(net, seed=3, weighted=weighted)
    problem.data.class_weight = np.array([0.5, 2.0, 3.0])
    check(problem)


@over(
    pooling=cross["pooling"],
    bidirectional=cross["bidirectional"],
    n_layers=cross["n_layers"],
    ids_a_step=[1, 3],
    truncation_length=[None, 2],
    embedding_size=[None, 3],
)
def test_tokens(
    pooling, bidirectional, n_layers, ids_a_step, truncation_length, embedding_size
):
    net = architecture(
        n_features=ids_a_step,
        n_tokens=5,
        embedding_size=embedding_size,
        pooling=pooling,
        bidirectional=bidirectional,
        n_layers=n_layers,
        truncation_length=truncation_length,
    )
    check(Problem.draw(net, seed=4, weighted=True))


@over(bidirectional=[False, True], n_layers=[1, 2], n_tokens=[None, 4])
def test_sparse_rows(bidirectional, n_layers, n_tokens):
    """Sparse inputs, embedded or not, are what they are as dense numbers."""
    net = architecture(bidirectional=bidirectional, n_layers=n_layers, n_features=4)
    problem = Problem.draw(net, seed=5)
    X = problem.data.X
    X.rows = np.nan_to_num(X.rows) * (np.abs(np.nan_to_num(X.rows)) > 0.5)
    _, dense, _ = problem.worked_through()
    as_csr = Sequences(sparse.csr_array(X.rows), X.starts, X.lengths)
    if n_tokens:
        # x E U, with the same product E U as before, and E's gradient by E U.
        embedded = architecture(
            bidirectional=bidirectional,
            n_layers=n_layers,
            n_features=4,
            n_tokens=4,
            embedding_size=4,
        )
        p = {**net.layout().views(problem.theta), "E": np.eye(4)}
        theta = np.empty(embedded.layout().size)
        for name, view in embedded.layout().views(theta).items():
            view[...] = p[name]
        problem = Problem(embedded, theta, problem.data)
    problem.data.X = as_csr
    _, grad, _ = problem.worked_through()
    g, found = net.layout().views(dense), problem.net.layout().views(grad)
    for name, part in g.items():
        np.testing.assert_allclose(found[name], part, rtol=1e-11, atol=1e-14)
    if n_tokens:
        # d (E U) = dE U + E dU, and E is the identity here.
        dE = sum(g["U", 0, d] @ p["U", 0, d].T for d in range(net.n_directions))
        np.testing.assert_allclose(found["E"], dE, rtol=1e-11, atol=1e-14)


@over(alpha=[0.1, 7.0], tokens=[False, True], bidirectional=[False, True])
def test_penalty(alpha, tokens, bidirectional):
    net = architecture(bidirectional=bidirectional, n_layers=2)
    if tokens:
        net = architecture(n_features=1, n_tokens=30, embedding_size=2)
    problem = Problem.draw(net)
    piece, batch = packed(problem)
    touched = np.unique(batch.x) if tokens else slice(None)

    def penalised(theta):
        network = problem.network()
        network.theta[...] = theta
        loss = network.loss_and_gradient(
            batch.x, piece, batch.y, batch.weights, batch.total
        )
        whole_without = np.zeros(theta.shape)
        network.add_gradient(whole_without)
        penalty = network.penalty(alpha, batch.total)
        whole = np.zeros(theta.shape)
        network.add_gradient(whole)
        return loss + penalty, penalty, whole, whole_without

    _, penalty, grad, without = penalised(problem.theta)
    numeric = central_differences(
        lambda thetas: np.array([penalised(theta)[0] for theta in thetas]),
        problem.theta,
    )
    assert_gradient(grad, numeric)
    views = net.layout().views(problem.theta)
    if tokens:
        assert len(touched) < 30
        views["E"][np.delete(np.arange(30), touched)] = 0
    weights = [view for name, view in views.items() if name[0] in "EUWV"]
    expected = alpha / 2 * sum(np.sum(w**2) for w in weights) / batch.total
    assert penalty == pytest.approx(expected, rel=1e-12)
    for name, part in net.layout().views(grad - without).items():
        if name[0] in "bc":
            assert not part.any(), name
        else:
            np.testing.assert_allclose(
                part, alpha * views[name] / batch.total, rtol=1e-9, atol=1e-12
            )


@over(pooling=cross["pooling"], n_layers=[1, 2])
def test_dropout_with_the_same_mask(pooling, n_layers):
    net = architecture(pooling=pooling, n_layers=n_layers, dropout=0.4, hidden_size=4)
    problem = Problem.draw(net)
    piece, batch = packed(problem)
    network = problem.network()

    def loss(theta):
        network.theta[...] = theta
        rng = np.random.default_rng(6)
        return network.loss_and_gradient(
            batch.x, piece, batch.y, batch.weights, batch.total, rng=rng
        )

    numeric = central_differences(
        lambda thetas: np.array([loss(theta) for theta in thetas]), problem.theta
    )
    with_dropout = loss(problem.theta)
    assert_gradient(network.grad, numeric)
    assert with_dropout != pytest.approx(problem.twin_loss(), rel=1e-3)


@over(pooling=cross["pooling"], bidirectional=[False, True])
def test_truncation_beyond_the_longest_sequence_is_none(pooling, bidirectional):
    def worked_through(truncation_length):
        net = architecture(
            pooling=pooling,
            bidirectional=bidirectional,
            n_layers=2,
            truncation_length=truncation_length,
        )
        return Problem.draw(net).worked_through()

    loss, grad, dX = worked_through(None)
    for truncation_length in (6, 100):
        same_loss, same_grad, same_dX = worked_through(truncation_length)
        assert same_loss == loss
        np.testing.assert_array_equal(same_grad, grad)
        np.testing.assert_array_equal(same_dX, dX)
    shorter = worked_through(2)[1]
    assert np.linalg.norm(shorter - grad) > 1e-4 * np.linalg.norm(grad)


@over(dtype=[np.float32, np.float64], pooling=cross["pooling"])
def test_dtype_all_through(dtype, pooling):
    net = architecture(pooling=pooling, bidirectional=True, n_layers=2)
    problem = Problem.draw(net, dtype=dtype)
    precise = Problem.draw(net).worked_through()[1]
    _, grad, dX = problem.worked_through()
    assert grad.dtype == dX.dtype == dtype
    tolerance = 1e-4 if dtype is np.float32 else 0
    assert_gradient(grad, precise, tolerance)
