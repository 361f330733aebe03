"""Loss and outputs equal those of the naive twin; and what a network promises."""

import numpy as np
import pytest

from skrnn._core import cells
from skrnn._core.network import Network
from skrnn._core.packing import PackedBatch

from .. import reference
from ..problems import Problem, architecture, packed, parts


@pytest.mark.parametrize("head", ["softmax", "logistic", "identity"])
@pytest.mark.parametrize("pooling", [None, "last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("n_layers", [1, 2, 3])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "relu", "identity"])
def test_equals_the_naive_twin(head, pooling, bidirectional, n_layers, activation):
    net = architecture(
        head=head,
        pooling=pooling,
        bidirectional=bidirectional,
        n_layers=n_layers,
        activation=activation,
        hidden_size=3,
    )
    problem = Problem.draw(net, weighted=True)
    piece, batch = packed(problem)
    network = problem.network()
    loss = network.loss_and_gradient(
        batch.x, piece, batch.y, batch.weights, batch.total
    )
    assert loss == pytest.approx(problem.twin_loss(), rel=1e-12)
    found = network.outputs(batch.x, piece)
    p = parts(net, problem.theta)
    X = problem.sequences()
    expected = [np.vstack(reference.outputs(p, x, net, {})) for x in X]
    for position, member in enumerate(problem.members):
        rows = piece.sequence == position if net.reads_steps else [position]
        np.testing.assert_allclose(found[rows], expected[member], rtol=1e-12)


@pytest.mark.parametrize(
    "inputs", [{}, {"n_tokens": 5}, {"n_tokens": 5, "embedding_size": 2}], ids=str
)
@pytest.mark.parametrize("n_features", [1, 2])
@pytest.mark.parametrize("pooling", [None, "last", "mean"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_stretches_and_slopes_by_step(
    bidirectional, pooling, n_features, inputs, monkeypatch
):
    """However much is projected at once, and wherever the slopes are computed."""
    net = architecture(
        bidirectional=bidirectional,
        pooling=pooling,
        n_layers=2,
        n_features=n_features,
        **inputs,
    )
    problem = Problem.draw(net)
    loss, grad, dX = problem.worked_through()
    assert np.linalg.norm(grad) > 0.01
    monkeypatch.setattr(cells, "N_PROJECTED", 5 * net.hidden_size)
    monkeypatch.setattr(cells, "N_BY_STEP", 0)
    piece, batch = packed(problem)
    network = problem.network()
    network.states(batch.x, piece)
    for layer in network.layers:
        for recurrence in layer:
            assert len(recurrence.tape.stretches) == 4
            assert not recurrence.tape.has_all_slopes
    loss_by_step, *found = problem.worked_through()
    assert loss_by_step == pytest.approx(loss, rel=1e-13)
    for one, other in zip(found, (grad, dX)):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)


def test_the_twin_by_hand():
    """One step is a plain two-layer network; a second one adds W."""
    net = architecture(head="identity", n_outputs=1, hidden_size=2)
    p = {
        ("U", 0, 0): np.array([[1.0, 0], [0, 2]]),
        ("W", 0, 0): np.array([[0, 0.5], [0, 0]]),
        ("b", 0, 0): np.array([[0.1, 0]]),
        "V": np.array([[1.0], [1]]),
        "c": np.array([[-1.0]]),
    }
    x = [np.array([[0.2, 0.3]]), np.array([[0, 0.1]])]
    s_1 = np.tanh([0.3, 0.6])
    s_2 = np.tanh([0.1, 0.2 + 0.5 * s_1[0]])
    one_step = reference.outputs(p, x[:1], net, {})
    two_steps = reference.outputs(p, x, net, {})
    np.testing.assert_allclose(one_step, [[[s_1.sum() - 1]]])
    np.testing.assert_allclose(two_steps, [[[s_2.sum() - 1]]])


@pytest.mark.parametrize("n_layers", [1, 2])
def test_state_carries_over(n_layers):
    """Piece by piece, the state moved on, is the same as whole."""
    problem = Problem.draw(architecture(pooling=None, n_layers=n_layers))
    network = problem.network()
    X = problem.data.X.subset(problem.members)
    whole = np.full((len(X.rows), 3), np.nan)
    batch = PackedBatch(X.starts, X.lengths)
    whole[batch.source] = network.outputs(X.rows[batch.source], batch)
    walked = np.full_like(whole, np.nan)
    state = network.zero_state(len(X))
    for piece, is_read in network.plan(X.starts, X.lengths, 2):
        assert is_read
        assert len(piece.steps) <= 2
        walked[piece.source] = network.outputs(X.rows[piece.source], piece, state)
    np.testing.assert_allclose(walked, whole, rtol=1e-12)


@pytest.mark.parametrize("stride", [1, 3, 1000])
def test_plan_of_a_last_state(stride, monkeypatch):
    """All but the last steps are passed over, however fast."""
    monkeypatch.setattr("skrnn._core.network.N_ROWS_FORWARD", stride * 5)
    problem = Problem.draw(architecture(pooling="last"))
    network = problem.network()
    X = problem.data.X.subset(problem.members)
    state = network.zero_state(len(X))
    *passed, (last, is_read) = network.plan(X.starts, X.lengths, 2)
    for piece, is_last in passed:
        assert not is_last
        network.states(X.rows[piece.source], piece, state)
    assert is_read
    np.testing.assert_array_equal(last.lengths, np.minimum(X.lengths, 2))
    np.testing.assert_array_equal(last.source[last.last], X.starts + X.lengths - 1)
    found = network.outputs(X.rows[last.source], last, state).copy()
    whole = PackedBatch(X.starts, X.lengths)
    expected = network.outputs(X.rows[whole.source], whole)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("bidirectional", "pooling"), [(True, None), (True, "last"), (False, "mean")]
)
def test_plan_of_what_must_be_read_whole(bidirectional, pooling):
    net = architecture(bidirectional=bidirectional, pooling=pooling)
    problem = Problem.draw(net)
    X = problem.data.X.subset(problem.members)
    ((piece, is_read),) = problem.network().plan(X.starts, X.lengths, 2)
    assert is_read
    assert piece.n_rows == X.lengths.sum()


@pytest.mark.parametrize("head", ["softmax", "logistic", "identity"])
def test_outputs_before_the_link(head):
    problem = Problem.draw(architecture(head=head))
    piece, batch = packed(problem)
    network = problem.network()
    scores = network.outputs(batch.x, piece, before_link=True).copy()
    assert not np.allclose(scores, reference.OUTPUT[head](scores)) or head == "identity"
    linked = network.outputs(batch.x, piece)
    np.testing.assert_allclose(linked, reference.OUTPUT[head](scores), rtol=1e-12)


def test_theta_is_shared():
    problem = Problem.draw(architecture())
    theta = problem.theta
    network = Network(problem.net, theta)
    assert network.theta is theta
    theta.fill(0)
    assert not network.p["V"].any()
    network.p["c"][...] = 3
    assert np.count_nonzero(theta == 3) == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_initial_values(dtype):
    net = architecture(
        n_features=1,
        n_tokens=50,
        embedding_size=8,
        hidden_size=16,
        n_layers=2,
        bidirectional=True,
    )
    network = Network.from_seed(net, dtype, np.random.default_rng(7))
    again = Network.from_seed(net, dtype, np.random.default_rng(7))
    other = Network.from_seed(net, dtype, np.random.default_rng(8))
    assert network.theta.dtype == dtype
    np.testing.assert_array_equal(network.theta, again.theta)
    assert not np.array_equal(network.theta, other.theta)
    for name, part in network.p.items():
        if name[0] == "W":
            np.testing.assert_allclose(part.T @ part, np.eye(16), atol=1e-5)
        elif name[0] in "bc":
            assert not part.any()
        elif name[0] in "UV":
            bound = np.sqrt(6 / sum(part.shape))
            assert 0.8 * bound < np.abs(part).max() <= bound * (1 + 1e-6)
        else:
            assert name == "E"
            assert part.std() == pytest.approx(1 / np.sqrt(8), abs=0.04)
    directions = network.p["W", 0, 0], network.p["W", 0, 1]
    assert not np.array_equal(*directions)


def dropped_states(dropout, rng, n_rows=20_000):
    """A layer that gives ones, and one that hands on what dropout leaves of them."""
    net = architecture(
        n_features=1,
        hidden_size=1,
        n_layers=2,
        activation="identity",
        dropout=dropout,
        pooling=None,
    )
    network = Network(net, np.zeros(net.layout().size))
    network.p["U", 0, 0].fill(1)
    network.p["U", 1, 0].fill(1)
    batch = PackedBatch(np.array([0]), np.array([n_rows]))
    return network.states(np.ones((n_rows, 1)), batch, rng=rng).copy()


def test_dropout_keeps_the_mean():
    states = dropped_states(0.3, np.random.default_rng(0))
    assert np.mean(states == 0) == pytest.approx(0.3, abs=0.02)
    np.testing.assert_allclose(states[states != 0], 1 / 0.7, rtol=1e-12)
    assert states.mean() == pytest.approx(1, abs=0.02)
    other = dropped_states(0.3, np.random.default_rng(1))
    assert not np.array_equal(states, other)


@pytest.mark.parametrize(("dropout", "rng"), [(0.3, None), (0, 5)])
def test_dropout_off(dropout, rng):
    rng = None if rng is None else np.random.default_rng(rng)
    np.testing.assert_array_equal(dropped_states(dropout, rng, 100), 1)


def test_dropout_before_the_head():
    """A unit that is dropped for a sequence takes no part in V's gradient."""
    net = architecture(dropout=0.5, hidden_size=8)
    problem = Problem.draw(net, lengths=[4])
    piece, batch = packed(problem)
    network = problem.network()
    rng = np.random.default_rng(0)
    network.loss_and_gradient(batch.x, piece, batch.y, None, batch.total, rng=rng)
    is_dropped = ~network.g["V"].any(axis=1)
    assert 0 < is_dropped.sum() < 8
    network.loss_and_gradient(batch.x, piece, batch.y, None, batch.total)
    assert network.g["V"].any(axis=1).all()


def test_buffers_do_not_mix_batches():
    """A smaller batch after a larger one, and the larger one again."""
    problem = Problem.draw(architecture(bidirectional=True, n_layers=2, pooling="max"))
    few = Problem(problem.net, problem.theta, problem.data.subset(np.array([2, 4])))
    network = problem.network()

    def gradient(some, network):
        piece, batch = packed(some)
        network.loss_and_gradient(batch.x, piece, batch.y, None, batch.total)
        return network.grad.copy()

    for some in (problem, few, problem):
        np.testing.assert_array_equal(
            gradient(some, network), gradient(some, some.network())
        )


@pytest.mark.parametrize("embedding_size", [None, 4])
def test_the_gradient_is_of_the_rows_that_a_batch_touches(embedding_size):
    net = architecture(
        n_features=2, n_tokens=10**4, embedding_size=embedding_size, bidirectional=True
    )
    problem = Problem.draw(net)
    piece, batch = packed(problem)
    network = problem.network()
    network.loss_and_gradient(batch.x, piece, batch.y, batch.weights, batch.total)
    touched = np.unique(batch.x)
    assert sorted(network.rows.numbers) == touched.tolist()
    layout = net.layout()
    assert network.grad.size == layout.n_dense + len(touched) * layout.table_width
    whole = np.zeros_like(network.theta)
    network.add_gradient(whole)
    table = layout.table(whole)
    np.testing.assert_array_equal(np.flatnonzero(table.any(axis=1)), touched)


def test_token_dropout_reads_the_unknown_token():
    net = architecture(n_features=2, n_tokens=30, embedding_size=1, token_dropout=0.25)
    network = Network(net, np.ones(net.layout().size))
    network.p["E"][0] = -1
    n_rows = 4000
    batch = PackedBatch(np.array([0]), np.array([n_rows]))
    ids = np.random.default_rng(0).integers(1, 30, size=(n_rows, 2))
    given = ids.copy()
    network.states(ids, batch, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(ids, given)
    embedded = network.workspace.array("embedded", (n_rows, 1))
    assert np.mean((2 - embedded) / 4) == pytest.approx(0.25, abs=0.02)
    assert set(embedded.ravel()) == {-2, 0, 2}
    network.states(ids, batch)
    np.testing.assert_array_equal(embedded, 2)
