"""Updates from given weights equal those of PyTorch's nn.RNN, clipping active."""

from pathlib import Path

import numpy as np
import pytest

from skrnn._core.network import Network
from skrnn._core.packing import PackedBatch
from skrnn._core.transforms import Adam, Chain, ClipByNorm, Momentum

from ..problems import architecture
from .frozen.make_pytorch_updates import (
    CASES,
    HIDDEN_SIZE,
    LENGTHS,
    N_CLASSES,
    N_FEATURES,
    THRESHOLD,
    UPDATES,
)

SOLVERS = {
    "adam": lambda: Adam(0.01, 0.9, 0.999, 1e-8),
    "sgd": lambda: Momentum(2.0, 0.0, False),
    "nesterov": lambda: Momentum(2.0, 0.9, True),
}


@pytest.fixture(scope="module")
def frozen():
    with np.load(Path(__file__).parent / "frozen" / "pytorch_updates.npz") as file:
        return dict(file)


def from_pytorch(net, vector):
    """Our parameters out of PyTorch's: weights are transposed, one bias is left."""
    theta = np.full(net.layout().size, np.nan)
    p, start = net.layout().views(theta), 0

    def put(name):
        nonlocal start
        part = p[name]
        piece = vector[start : start + part.size]
        part[...] = piece.reshape(part.shape[::-1]).T
        start += part.size

    for layer in range(net.n_layers):
        for direction in range(net.n_directions):
            for letter in "UWb":
                put((letter, layer, direction))
    put("V")
    put("c")
    assert start == len(vector)
    assert np.isfinite(theta).all()
    return theta


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", CASES)
def test_updates(case, solver, frozen):
    activation, n_layers, bidirectional, reads = CASES[case]
    net = architecture(
        n_features=N_FEATURES,
        hidden_size=HIDDEN_SIZE,
        n_outputs=N_CLASSES,
        activation=activation,
        n_layers=n_layers,
        bidirectional=bidirectional,
        pooling="last" if reads == "last" else None,
    )
    network = Network(net, from_pytorch(net, frozen[f"{case}/start"]))
    lengths = np.array(LENGTHS)
    members = np.argsort(-lengths, kind="stable")
    starts = np.cumsum(lengths) - lengths
    batch = PackedBatch(starts[members], lengths[members])
    x = frozen["rows"][batch.source]
    if reads == "last":
        y = frozen["labels"][members]
    else:
        y = frozen["step_labels"][batch.source]
    transform = Chain(ClipByNorm(THRESHOLD), SOLVERS[solver]())
    transform.init(network.theta.size, network.theta.dtype)
    norms = frozen[f"{case}/{solver}/norms"]
    assert norms.min() > 2 * THRESHOLD
    for update, norm in enumerate(norms, start=1):
        network.loss_and_gradient(x, batch, y, None, len(y))
        assert np.linalg.norm(network.grad) == pytest.approx(norm, rel=1e-10)
        before = network.theta.copy()
        transform.update(network.grad, network.theta)
        if update in UPDATES:
            expected = from_pytorch(net, frozen[f"{case}/{solver}/{update}"])
            np.testing.assert_allclose(network.theta, expected, rtol=0, atol=1e-10)
            assert np.linalg.norm(network.theta - before) > 0.01
