import numpy as np
import pytest

from skrnn._core.initializers import (
    RECURRENT,
    glorot_uniform,
    identity,
    normal,
    orthogonal,
)


def draw(initializer, shape, seed=0, dtype=np.float64):
    weight = np.full(shape, np.nan, dtype)
    initializer(np.random.default_rng(seed), weight)
    return weight


@pytest.mark.parametrize("size", [1, 2, 3, 17, 64])
@pytest.mark.parametrize("seed", [0, 1])
def test_orthogonal(size, seed):
    W = draw(orthogonal, (size, size), seed)
    np.testing.assert_allclose(W.T @ W, np.eye(size), atol=1e-13)


def test_orthogonal_is_uniform():
    """No direction is preferred: every element is zero on average."""
    rng = np.random.default_rng(0)
    W = np.empty((400, 3, 3))
    for weight in W:
        orthogonal(rng, weight)
    # An element's standard deviation is 1 / sqrt(3), the mean's a twentieth of it.
    assert np.abs(W.mean(axis=0)).max() < 0.12
    assert 0.3 < np.mean(np.linalg.det(W) > 0) < 0.7


@pytest.mark.parametrize("shape", [(1, 1), (2, 30), (30, 2), (40, 40)])
def test_glorot_bounds(shape):
    weight = draw(glorot_uniform, shape)
    bound = np.sqrt(6 / (shape[0] + shape[1]))
    assert np.abs(weight).max() <= bound
    if weight.size >= 60:
        assert np.abs(weight).max() > 0.9 * bound
        assert np.abs(weight.mean()) < 0.3 * bound


@pytest.mark.parametrize("initializer", [glorot_uniform, orthogonal])
def test_determined_by_the_generator(initializer):
    weight = draw(initializer, (5, 5))
    np.testing.assert_array_equal(weight, draw(initializer, (5, 5)))
    assert not np.array_equal(weight, draw(initializer, (5, 5), seed=1))
    single = draw(initializer, (5, 5), dtype=np.float32)
    np.testing.assert_allclose(single, weight, rtol=1e-6)


@pytest.mark.parametrize("name", RECURRENT)
def test_spectral_radius_is_one(name):
    W = draw(RECURRENT[name], (30, 30), 0)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(W)).max(), 1)


def test_identity():
    np.testing.assert_array_equal(draw(identity, (3, 3), 0), np.eye(3))


def test_normal_is_not_orthogonal():
    W = draw(normal, (30, 30), 0)
    assert np.linalg.norm(W, 2) > 1.5
    assert abs(W.mean()) < 0.02
