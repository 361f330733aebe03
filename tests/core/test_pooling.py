import numpy as np
import pytest

from skrnn._core.packing import PackedBatch
from skrnn._core.pooling import POOLINGS

from ..problems import assert_gradient, central_differences

H = 2
BATCH = PackedBatch(np.array([0, 4, 7]), np.array([4, 3, 1]))
Y = np.random.default_rng(0).normal(size=(BATCH.n_rows, 2 * H))


def pool(name, Y):
    z = np.full((len(BATCH), Y.shape[1]), np.nan)
    POOLINGS[name].forward(Y, z, BATCH, H)
    return z


def unpool(name, Y, dz):
    dY = np.full(Y.shape, np.nan)
    POOLINGS[name].backward(dz.copy(), dY, Y, pool(name, Y), BATCH, H)
    return dY


@pytest.mark.parametrize("n_columns", [H, 2 * H])
def test_values(n_columns):
    for i in range(len(BATCH)):
        own = Y[BATCH.sequence == i][:, :n_columns]
        ends = np.r_[own[-1, :H], own[0, H:]]
        for name, expected in (
            ("last", ends),
            ("mean", own.mean(axis=0)),
            ("max", own.max(axis=0)),
        ):
            np.testing.assert_allclose(pool(name, Y[:, :n_columns])[i], expected)


@pytest.mark.parametrize("name", ["mean", "max"])
def test_gradient(name):
    dz = np.random.default_rng(1).normal(size=(len(BATCH), 2 * H))
    numeric = central_differences(
        lambda stack: np.array(
            [np.sum(dz * pool(name, y.reshape(Y.shape))) for y in stack]
        ),
        Y.ravel(),
    )
    assert_gradient(unpool(name, Y, dz).ravel(), numeric)


def test_max_of_equals_goes_to_the_first():
    dz = np.arange(1.0, 13).reshape(3, 4)
    dY = unpool("max", np.ones_like(Y), dz)
    np.testing.assert_array_equal(dY[:3], dz)
    assert not dY[3:].any()
