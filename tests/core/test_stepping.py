"""One step at a time is what the network does on whole sequences."""

import numpy as np
import pytest

from skrnn._core.network import Network
from skrnn._core.packing import PackedBatch
from skrnn._core.stepping import Stepper

from ..problems import architecture


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("n_layers", [1, 3])
@pytest.mark.parametrize("embedding_size", [None, 4])
@pytest.mark.parametrize("n_streams", [None, 3])
def test_steps(activation, n_layers, embedding_size, n_streams):
    net = architecture(
        n_features=1,
        n_tokens=6,
        n_outputs=6,
        n_layers=n_layers,
        embedding_size=embedding_size,
        activation=activation,
        pooling=None,
    )
    rng = np.random.default_rng(0)
    network = Network(net, rng.normal(size=net.layout().size))
    n, n_steps = n_streams or 1, 7
    state = rng.normal(size=(n_layers, n, 3))
    ids = rng.integers(6, size=(n_steps, n))
    starts = np.arange(n) * n_steps
    batch = PackedBatch(starts, np.full(n, n_steps))
    expected = network.outputs(
        ids.reshape(-1, 1), batch, state.copy(), before_link=True
    ).reshape(n_steps, n, 6)
    given = state[:, 0] if n_streams is None else state
    stepper = Stepper(net, network.theta, given, temperature=0.5, excluded=[2])
    np.testing.assert_allclose(
        np.delete(stepper.scores.reshape(n, 6), 2, axis=1),
        2 * np.delete(state[-1] @ network.p["V"] + network.p["c"], 2, axis=1),
    )
    for now, scores in zip(ids, expected):
        stepper.step(now if n_streams else int(now[0]))
        found = stepper.scores.reshape(n, 6)
        assert (found[:, 2] == -np.inf).all()
        np.testing.assert_allclose(
            np.delete(found, 2, axis=1), 2 * np.delete(scores, 2, axis=1), rtol=1e-9
        )
        stepper.scores.fill(7)  # The caller may overwrite them.
