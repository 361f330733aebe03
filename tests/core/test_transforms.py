"""Transforms by what they do: norms stay bounded and losses fall."""

import numpy as np
import pytest

from skrnn._core.parameters import Rows
from skrnn._core.transforms import (
    Adam,
    Chain,
    ClipByNorm,
    ClipByValue,
    Momentum,
    l2_norm,
)

dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def descend(transform, n_updates, scales=(1.0, 100.0), dtype=np.float64):
    """Minimise half a sum of scaled squares from (1, 1); the values on the way."""
    scales = np.array(scales, dtype)
    theta = np.ones(len(scales), dtype)
    transform.init(len(theta), theta.dtype)
    values = []
    for _ in range(n_updates):
        values.append(0.5 * float(np.dot(scales, theta**2)))
        transform.update(scales * theta, theta)
    assert theta.dtype == dtype
    return values


@dtypes
@pytest.mark.parametrize(
    ("solver", "share"),
    [
        (Momentum(0.015, 0.0, False), 1e-3),
        (Momentum(0.01, 0.9, False), 1e-4),
        (Momentum(0.01, 0.9, True), 1e-3),
        (Adam(0.02, 0.9, 0.999, 1e-8), 1e-3),
        (Chain(ClipByNorm(1.0), Momentum(0.01, 0.9, True)), 1e-3),
        (Chain(ClipByValue(1.0), Adam(0.02, 0.9, 0.999, 1e-8)), 1e-3),
    ],
)
def test_a_badly_scaled_quadratic_falls(solver, share, dtype):
    values = descend(solver, 250, dtype=dtype)
    assert values[-1] < share * values[0]
    # And from scratch, the same once more: `init` forgets.
    assert descend(solver, 250, dtype=dtype) == values


def test_momentum_is_faster_than_none():
    plain = descend(Momentum(0.015, 0.0, False), 100)
    heavy = descend(Momentum(0.015, 0.8, False), 100)
    assert heavy[-1] < 0.01 * plain[-1]


def test_nesterov_oscillates_less():
    """Looking ahead brakes before the valley's floor is passed."""
    heavy = descend(Momentum(0.018, 0.9, False), 60, scales=(1.0, 50.0))
    ahead = descend(Momentum(0.018, 0.9, True), 60, scales=(1.0, 50.0))
    assert sum(ahead) < 0.7 * sum(heavy)


def test_a_steady_gradient_moves_at_terminal_speed():
    for nesterov in (False, True):
        solver, theta = Momentum(0.1, 0.5, nesterov), np.zeros(1)
        solver.init(1, float)
        for _ in range(60):
            before = theta.copy()
            solver.update(np.ones(1), theta)
        np.testing.assert_allclose(before - theta, 0.1 / (1 - 0.5))


@dtypes
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_adams_first_step_is_the_rate_whatever_the_scale(size, dtype):
    theta = np.zeros(3, dtype)
    solver = Adam(0.1, 0.9, 0.999, 1e-12)
    solver.init(3, dtype)
    solver.update(size * np.array([1, -2, 3], dtype), theta)
    np.testing.assert_allclose(theta, [-0.1, 0.1, -0.1], rtol=1e-4)


def test_adam_steps_stay_near_the_rate():
    rng = np.random.default_rng(0)
    theta = np.zeros(5)
    solver = Adam(0.01, 0.9, 0.999, 1e-8)
    solver.init(5, float)
    for _ in range(100):
        before = theta.copy()
        solver.update(rng.normal(size=5) * 10.0 ** rng.integers(-3, 4), theta)
        assert np.abs(theta - before).max() < 0.1


def test_adams_epsilon_damps_small_gradients():
    theta = np.zeros(2)
    solver = Adam(0.1, 0.9, 0.999, 1.0)
    solver.init(2, float)
    solver.update(np.array([1e-3, 1e3]), theta)
    np.testing.assert_allclose(theta, [-1e-4, -0.1], rtol=2e-3)


def test_the_rate_may_change():
    for solver in (Momentum(1.0, 0.0, False), Adam(1.0, 0.0, 0.9, 1e-12)):
        theta = np.zeros(1)
        solver.init(1, float)
        solver.update(np.ones(1), theta)
        solver.learning_rate = 0.25
        solver.update(np.ones(1), theta)
        np.testing.assert_allclose(theta, -1.25)


@dtypes
@pytest.mark.parametrize("size", [0.6, 3.0, 1e8])
def test_clip_by_norm(size, dtype):
    direction = np.array([0.6, 0, -0.8], dtype)
    gradient = size * direction
    assert ClipByNorm(0.5).update(gradient, None) is True
    np.testing.assert_allclose(gradient, 0.5 * direction, rtol=1e-6)


@dtypes
def test_clip_by_value(dtype):
    gradient = np.array([-1e30, -0.5, 0.2, 0.6, 7], dtype)
    assert ClipByValue(0.5).update(gradient, None) is True
    assert ClipByValue(0.4).update(-np.array([0.5, 0.1], dtype), None) is True
    np.testing.assert_array_equal(
        gradient, np.array([-0.5, -0.5, 0.2, 0.5, 0.5], dtype)
    )


@pytest.mark.parametrize("clip", [ClipByNorm(5.0), ClipByValue(4.0)])
def test_below_the_threshold_nothing_changes(clip):
    for gradient in ([3.0, -4.0], [0.1, 0.2], [0.0, 0.0]):
        clipped = np.array(gradient)
        assert clip.update(clipped, None) is False
        assert clipped.tolist() == gradient


@pytest.mark.parametrize("solver", [Momentum(0.1, 0.9, True), Adam(0.1, 0, 0.9, 1)])
def test_the_chain_tells_whether_it_clipped(solver):
    theta = np.zeros(2)
    chain = Chain(ClipByNorm(1.0), solver)
    chain.init(2, float)
    assert chain.update(np.array([3.0, 4.0]), theta) is True
    assert chain.update(np.array([0.3, 0.4]), theta) is False
    assert theta.all()


def test_the_chain_keeps_its_order():
    """Clipped before the solver, a huge gradient moves by the threshold only."""
    for clip in (ClipByNorm(0.5), ClipByValue(0.5)):
        theta = np.zeros(2)
        chain = Chain(clip, Momentum(0.1, 0.9, False))
        chain.init(2, float)
        chain.update(np.array([0, 1e30]), theta)
        np.testing.assert_allclose(theta, [0, -0.05])
        chain.update(np.zeros(2), theta)
        np.testing.assert_allclose(theta, [0, -0.05 - 0.045])


ROWS = Rows(np.array([2, 0]), n_dense=1, width=2)
IN_ROWS = np.array([0, 5, 6, 1, 2])
SOLVERS = [Momentum(0.1, 0.9, True), Momentum(0.1, 0.9, False), Adam(0.1, 0.5, 0.9, 1)]


@pytest.mark.parametrize("solver", SOLVERS)
def test_rows_of_the_table_are_updated_as_if_they_were_all(solver):
    """Of a vector of one number and a table of three rows, two rows are touched."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=7)
    expected = theta[IN_ROWS].copy()
    gradients = rng.normal(size=(4, 5))
    solver.init(5, float)
    for gradient in gradients:
        solver.update(gradient.copy(), expected)
    solver.init(7, float)
    untouched = theta[3:5].copy()
    for gradient in gradients:
        solver.update(gradient.copy(), theta, ROWS)
    np.testing.assert_array_equal(theta[IN_ROWS], expected)
    np.testing.assert_array_equal(theta[3:5], untouched)


@pytest.mark.parametrize("solver", SOLVERS)
def test_rows_that_are_not_touched_rest(solver):
    """What they would have gone by their momentum waits for the next touch."""
    theta = np.zeros(7)
    solver.init(7, float)
    solver.update(np.ones(7), theta)
    before = theta.copy()
    solver.update(np.zeros(5), theta, ROWS)
    assert (theta[IN_ROWS] < before[IN_ROWS]).all()
    np.testing.assert_array_equal(theta[3:5], before[3:5])
    solver.update(np.zeros(7), theta)
    assert (theta[3:5] < before[3:5]).all()


@dtypes
def test_norm(dtype):
    assert l2_norm(np.array([3, -4], dtype)) == pytest.approx(5)
    assert l2_norm(np.zeros(4, dtype)) == 0
    # Squares of these are beyond the type's range.
    huge = np.finfo(dtype).max / 8
    assert l2_norm(np.full(4, huge, dtype)) == pytest.approx(2 * float(huge), rel=1e-6)
    tiny = np.finfo(dtype).tiny * 8
    assert l2_norm(np.full(4, tiny, dtype)) == pytest.approx(2 * float(tiny), rel=1e-6)
    assert not np.isfinite(l2_norm(np.array([1, np.inf], dtype)))
    assert not np.isfinite(l2_norm(np.array([1, np.nan], dtype)))
