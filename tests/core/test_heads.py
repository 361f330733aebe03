import numpy as np
import pytest

from skrnn._core.heads import HEADS
from skrnn._core.workspace import Workspace

from ..problems import assert_gradient, central_differences
from ..reference import LOSS, OUTPUT

N_ROWS, N_INPUTS, N_OUTPUTS = 6, 4, 3


def make(name):
    rng = np.random.default_rng(0)
    p = {"V": rng.normal(size=(N_INPUTS, N_OUTPUTS)), "c": rng.normal(size=N_OUTPUTS)}
    g = {letter: np.full_like(value, np.nan) for letter, value in p.items()}
    return HEADS[name](p, g, Workspace(np.float64))


def targets(name):
    rng = np.random.default_rng(1)
    return {
        "softmax": rng.integers(0, N_OUTPUTS, N_ROWS),
        "logistic": rng.integers(0, 2, (N_ROWS, N_OUTPUTS)).astype(np.uint8),
        "identity": rng.normal(size=(N_ROWS, N_OUTPUTS)),
    }[name]


heads = pytest.mark.parametrize("name", HEADS)


@heads
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient_by_score(name, weighted):
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(N_ROWS, N_OUTPUTS))
    y = targets(name)
    weights = rng.uniform(0.2, 2, N_ROWS) if weighted else None
    head, total = make(name), 17.0

    def loss(a):
        return head.loss(a.reshape(scores.shape), y, weights, total)

    gradient = scores.copy()
    found = head.loss(gradient, y, weights, total)
    by_row = [LOSS[name](OUTPUT[name](a), y_i) for a, y_i in zip(scores, y)]
    assert found == pytest.approx(
        np.dot(by_row, weights if weighted else np.ones(6)) / 17
    )
    numeric = central_differences(
        lambda stack: np.array([loss(a.copy()) for a in stack]), scores.ravel()
    )
    assert_gradient(gradient.ravel(), numeric)


@heads
def test_affine_part(name):
    rng = np.random.default_rng(3)
    head = make(name)
    z, da = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(N_ROWS, N_OUTPUTS))
    a = head.forward(z)
    np.testing.assert_allclose(a, z @ head.p["V"] + head.p["c"])
    dz = np.full_like(z, np.nan)
    head.backward(z, da, dz)
    np.testing.assert_allclose(head.g["V"], z.T @ da)
    np.testing.assert_allclose(head.g["c"], da.sum(axis=0))
    np.testing.assert_allclose(dz, da @ head.p["V"].T)


@heads
def test_outputs(name):
    scores = np.random.default_rng(4).normal(size=(N_ROWS, N_OUTPUTS))
    found = scores.copy()
    make(name).output(found)
    np.testing.assert_allclose(found, OUTPUT[name](scores), rtol=1e-12)
    if name == "softmax":
        np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.parametrize("name", ["softmax", "logistic"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_scores(name, dtype):
    """Sure and wrong: a large but finite loss, its slope one; sure and right: none."""
    scores = np.array([[2000, -2000], [2000, -2000]], dtype)
    y = {"softmax": np.array([1, 0]), "logistic": np.array([[0, 1], [1, 0]])}[name]
    probabilities = scores.copy()
    head = make(name)
    head.output(probabilities)
    np.testing.assert_array_equal(probabilities, [[1, 0], [1, 0]])
    gradient = scores.copy()
    loss = head.loss(gradient, y, None, 1.0)
    assert loss == pytest.approx(4000)
    np.testing.assert_array_equal(gradient, [[1, -1], [0, 0]])
    assert gradient.dtype == dtype


@heads
def test_total_may_be_more_than_the_rows(name):
    """The mean is taken over a whole of which these rows are a part."""
    y, scores = targets(name), np.random.default_rng(5).normal(size=(N_ROWS, 3))
    head = make(name)
    whole = scores.copy()
    loss = head.loss(whole, y, None, 6.0)
    parts = scores.copy()
    losses = [head.loss(parts[i : i + 2], y[i : i + 2], None, 6.0) for i in (0, 2, 4)]
    assert sum(losses) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
