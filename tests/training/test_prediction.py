import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn._training.prediction import predict_outputs, predict_states

from .. import reference
from ..problems import Problem, architecture, parts
from .test_gradients import lengths, networks

quick = settings(max_examples=15, deadline=None, derandomize=True)

poolings = pytest.mark.parametrize("pooling", [None, "last", "mean", "max"])
directions = pytest.mark.parametrize("bidirectional", [False, True])


def predict(problem, indices=None, **options):
    X = problem.data.X if indices is None else problem.data.X.subset(indices)
    return predict_outputs(problem.net, problem.theta, X, **options)


def by_sequence(problem, outputs):
    if problem.net.reads_steps:
        return [outputs[span] for span in problem.data.X.spans()]
    return list(outputs[:, None])


@poolings
@directions
def test_equals_the_naive_twin_in_the_callers_order(pooling, bidirectional):
    net = architecture(pooling=pooling, bidirectional=bidirectional)
    problem = Problem.draw(net)
    p = parts(net, problem.theta)
    found = by_sequence(problem, predict(problem))
    for outputs, x in zip(found, problem.sequences()):
        expected = np.vstack(reference.outputs(p, x, net, {}))
        np.testing.assert_allclose(outputs, expected, rtol=1e-12)


@poolings
@directions
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_small_pieces_change_nothing(pooling, bidirectional, n_jobs, monkeypatch):
    net = architecture(pooling=pooling, bidirectional=bidirectional, n_layers=2)
    problem = Problem.draw(net, [3, 60, 1, 5, 45, 12, 3])
    expected = predict(problem)
    for n_rows in (1, 4, 20):
        monkeypatch.setattr("skrnn._training.prediction.N_ROWS_FORWARD", n_rows)
        monkeypatch.setattr("skrnn._core.network.N_ROWS_FORWARD", n_rows)
        found = predict(problem, n_jobs=n_jobs)
        np.testing.assert_allclose(found, expected, rtol=1e-11)


@pytest.mark.parametrize("pooling", [None, "last"])
def test_memory_is_bounded_for_what_walks(pooling, monkeypatch):
    """A sequence of any length is read in pieces."""
    monkeypatch.setattr("skrnn._training.prediction.N_ROWS_FORWARD", 20)
    monkeypatch.setattr("skrnn._core.network.N_ROWS_FORWARD", 20)
    sizes = []
    gather = "skrnn._training.prediction.gather_rows"

    def spy(X, piece, workspace):
        sizes.append(piece.n_rows)
        return X.rows[piece.source]

    monkeypatch.setattr(gather, spy)
    predict(Problem.draw(architecture(pooling=pooling), [95]))
    assert sum(sizes) == 95
    assert max(sizes) <= 20


@poolings
def test_before_the_link(pooling):
    problem = Problem.draw(architecture(pooling=pooling))
    scores = by_sequence(problem, predict(problem, before_link=True))
    linked = by_sequence(problem, predict(problem))
    for a, o in zip(scores, linked):
        np.testing.assert_allclose(reference.OUTPUT["softmax"](a), o, rtol=1e-12)


@directions
@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("pooling", [None, "last", "max"])
@pytest.mark.parametrize("n_rows", [4, 1000])
def test_states_of_a_layer(pooling, layer, bidirectional, n_rows, monkeypatch):
    monkeypatch.setattr("skrnn._training.prediction.N_ROWS_FORWARD", n_rows)
    net = architecture(pooling=pooling, bidirectional=bidirectional, n_layers=3)
    problem = Problem.draw(net)
    p = parts(net, problem.theta)
    states = predict_states(net, problem.theta, problem.data.X, layer)
    assert states.shape == (len(problem.data.X.rows), net.n_directions * 3)
    for span, x in zip(problem.data.X.spans(), problem.sequences()):
        expected = reference.side_by_side(reference.states(p, x, net, {})[layer])
        np.testing.assert_allclose(states[span], np.vstack(expected), rtol=1e-11)


def test_rows_of_padding_stay_zero():
    problem = Problem.draw(architecture(pooling=None))
    outputs = predict(problem)
    is_padding = np.ones(len(outputs), bool)
    for span in problem.data.X.spans():
        is_padding[span] = False
    assert is_padding.any()
    np.testing.assert_array_equal(outputs[is_padding], 0)


@pytest.mark.parametrize("truncation_length", [1, 3])
@pytest.mark.parametrize("pooling", [None, "last"])
def test_neither_truncation_nor_dropout_is_for_predictions(pooling, truncation_length):
    plain = Problem.draw(architecture(pooling=pooling))
    trained = architecture(
        pooling=pooling, truncation_length=truncation_length, dropout=0.5
    )
    found = predict(Problem(trained, plain.theta, plain.data))
    np.testing.assert_array_equal(found, predict(plain))


def test_theta_stays():
    problem = Problem.draw(architecture())
    before = problem.theta.copy()
    problem.theta.flags.writeable = False
    predict(problem)
    np.testing.assert_array_equal(problem.theta, before)


@quick
@given(networks, lengths, st.integers(0, 100))
def test_batching_changes_no_prediction(net, lengths, seed):
    problem = Problem.draw(net, lengths, seed=seed)
    together = by_sequence(problem, predict(problem))
    for i, span in enumerate(problem.data.X.spans()):
        alone = predict(problem, np.array([i]))
        alone = alone[span] if net.reads_steps else alone
        np.testing.assert_allclose(alone, together[i], rtol=1e-11, atol=1e-14)
