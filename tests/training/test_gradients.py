"""The pieces that a batch is worked through in, each with a gradient of its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn._core.packing import Sequences
from skrnn._training.batches import Dataset
from skrnn._training.pieces import gradients

from .. import reference
from ..problems import (
    Problem,
    architecture,
    assert_gradient,
    assert_no_part_is_zero,
    central_differences,
    parts,
)

quick = settings(max_examples=15, deadline=None, derandomize=True)


def final_states(problem, p, X, before):
    """Naive states at the end of each sequence, as constants for what follows."""
    carried = []
    for x, constants in zip(X, before):
        layers = reference.states(p, x, problem.net, constants)
        carried.append({(k, 0, 0): layer[0][-1] for k, layer in enumerate(layers)})
    return carried


@pytest.mark.parametrize("head", ["softmax", "logistic", "identity"])
@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_gradient_a_segment(head, n_layers, k, weighted):
    """Each segment has its own loss and gradient; the state is given to it."""
    net = architecture(head=head, n_layers=n_layers, pooling=None, truncation_length=k)
    problem = Problem.draw(net, seed=1, weighted=weighted)
    network = problem.network()
    Y, weights = problem.targets()
    X = problem.sequences()
    carried = [{} for _ in X]
    pieces = gradients(network, problem.data, problem.members)
    for begin in range(0, 6, k):
        running = [i for i, x in enumerate(X) if len(x) > begin]
        part = slice(begin, begin + k)
        segment = [
            [X[i][part] for i in running],
            [Y[i][part] for i in running],
            [weights[i][part] for i in running],
        ]
        constants = [carried[i] for i in running]
        loss, weight = next(pieces)

        def twin(theta, segment=segment, constants=constants):
            return reference.loss(parts(net, theta), *segment, net, constants)

        theta = network.theta.copy()
        assert loss == pytest.approx(twin(theta), rel=1e-12)
        assert weight == pytest.approx(sum(w.sum() for w in segment[2]))
        assert_gradient(network.grad, central_differences(twin, theta))
        if begin:
            assert_no_part_is_zero(net, network.grad)
        ended = final_states(problem, parts(net, theta), segment[0], constants)
        for i, state in zip(running, ended):
            carried[i] = state
        # An update: what follows starts from the states that were, not from new ones.
        network.theta += 0.05
    assert not list(pieces)


@pytest.mark.parametrize("k", [1, 2, 4, 6])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_last_state_sees_the_last_steps(k, n_layers):
    """Before these there are but constants: one update, no gradient."""
    net = architecture(n_layers=n_layers, truncation_length=k, activation="identity")
    problem = Problem.draw(net)
    _, grad, dX = problem.worked_through()
    for span in problem.data.X.spans():
        is_seen = np.zeros(span.stop - span.start, bool)
        is_seen[-k:] = True
        np.testing.assert_array_equal(dX[span].any(axis=1), is_seen)
    network = problem.network()
    (piece,) = gradients(network, problem.data, problem.members)
    assert piece == pytest.approx((problem.twin_loss(), 5))
    np.testing.assert_allclose(network.grad, grad, rtol=1e-12)
    assert_no_part_is_zero(net, grad)


@pytest.mark.parametrize(
    ("bidirectional", "pooling"),
    [(True, None), (True, "last"), (False, "mean"), (True, "max")],
)
def test_what_is_read_whole_has_one_gradient(bidirectional, pooling):
    net = architecture(
        bidirectional=bidirectional, pooling=pooling, truncation_length=2
    )
    problem = Problem.draw(net)
    network = problem.network()
    (piece,) = gradients(network, problem.data, problem.members)
    assert piece[0] == pytest.approx(problem.twin_loss())


def test_dropout_only_with_a_generator():
    net = architecture(dropout=0.5, n_layers=2, truncation_length=2)
    problem = Problem.draw(net)
    whole = problem.twin_loss()
    assert problem.worked_through()[0] == pytest.approx(whole)
    rng = np.random.default_rng(0)
    dropped = problem.worked_through(rng=rng)[0]
    assert dropped != pytest.approx(whole, rel=1e-3)
    assert problem.worked_through(rng=rng)[0] != dropped
    rng = np.random.default_rng(0)
    assert problem.worked_through(rng=rng)[0] == dropped


def test_a_piece_without_weight_is_passed_over():
    """Its state moves on, but there is nothing to learn of it."""
    net = architecture(pooling=None, truncation_length=2)
    problem = Problem.draw(net, [6, 2])
    problem.data.weights = np.array([0.0, 1.0])
    ((_, weight),) = gradients(problem.network(), problem.data, problem.members)
    assert weight == 2
    problem.data.weights = np.array([1.0, 0.0])
    found = [w for _, w in gradients(problem.network(), problem.data, problem.members)]
    assert found == [2, 2, 2]
    problem.data.weights = None
    problem.data.class_weight = np.array([0.0, 1.0, 2.0])
    problem.data.y[:] = 0
    problem.data.y[problem.data.X.starts[0] + 5] = 2
    found = [w for _, w in gradients(problem.network(), problem.data, problem.members)]
    assert found == [2]


networks = st.builds(
    architecture,
    pooling=st.sampled_from([None, "last", "mean", "max"]),
    bidirectional=st.booleans(),
    n_layers=st.integers(1, 2),
    truncation_length=st.sampled_from([None, 1, 3]),
    head=st.sampled_from(["softmax", "logistic", "identity"]),
)
lengths = st.lists(st.integers(1, 7), min_size=1, max_size=5)


def summed(problem, members):
    """Loss and gradients of some sequences, added up instead of averaged."""
    some = Problem(problem.net, problem.theta, problem.data.subset(members))
    total = some.data.total_weight()
    return [total * part for part in some.worked_through()]


@quick
@given(networks, lengths, st.booleans(), st.integers(0, 100))
def test_batching_changes_no_gradient(net, lengths, weighted, seed):
    problem = Problem.draw(net, lengths, seed=seed, weighted=weighted)
    whole = summed(problem, np.arange(len(lengths)))
    single = [summed(problem, np.array([i])) for i in range(len(lengths))]
    assert whole[0] == pytest.approx(sum(one[0] for one in single), rel=1e-11)
    np.testing.assert_allclose(
        whole[1], sum(one[1] for one in single), rtol=1e-9, atol=1e-12
    )
    for span, one in zip(problem.data.X.spans(), single):
        np.testing.assert_allclose(whole[2][span], one[2][span], rtol=1e-9, atol=1e-13)


@quick
@given(networks, lengths, st.integers(0, 100), st.booleans())
def test_weight_two_is_a_sequence_twice(net, lengths, seed, with_classes):
    problem = Problem.draw(net, lengths, seed=seed)
    if with_classes and net.head == "softmax":
        problem.data.class_weight = np.array([0.5, 1.0, 3.0])
    data = problem.data
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 4, len(lengths))
    indices = np.repeat(np.arange(len(lengths)), times)
    repeated = Problem(net, problem.theta, data.subset(indices))
    data.weights = times.astype(float)
    loss, grad, _ = problem.worked_through()
    same_loss, same_grad, _ = repeated.worked_through()
    assert data.total_weight() == pytest.approx(repeated.data.total_weight())
    assert loss == pytest.approx(same_loss, rel=1e-11)
    np.testing.assert_allclose(grad, same_grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("k", [None, 2])
def test_weight_two_in_each_segment(k):
    """The pieces' own losses, which the updates are made of, agree as well."""
    net = architecture(pooling=None, truncation_length=k)
    problem = Problem.draw(net)
    repeated = Problem(
        net, problem.theta, problem.data.subset(np.array([0, 1, 1, 2, 3, 4]))
    )
    problem.data.weights = np.array([1.0, 2, 1, 1, 1])
    network, other = problem.network(), repeated.network()
    pieces = gradients(network, problem.data, problem.members)
    for piece, same in zip(
        pieces, gradients(other, repeated.data, repeated.members), strict=True
    ):
        assert piece == pytest.approx(same, rel=1e-12)
        np.testing.assert_allclose(network.grad, other.grad, rtol=1e-10, atol=1e-13)


def test_padding_between_sequences_is_not_read():
    """Rows that no sequence covers are NaN here; nothing comes of them."""
    problem = Problem.draw(architecture(pooling=None, bidirectional=True))
    assert np.isnan(problem.data.X.rows).any()
    _, grad, dX = problem.worked_through()
    assert np.isfinite(grad).all()
    X = problem.data.X
    dense = Sequences(X.covered(X.rows), np.cumsum(X.lengths) - X.lengths, X.lengths)
    close = Dataset(dense, X.covered(problem.data.y), True)
    _, same_grad, same_dX = Problem(problem.net, problem.theta, close).worked_through()
    np.testing.assert_array_equal(grad, same_grad)
    np.testing.assert_array_equal(X.covered(dX), same_dX)
