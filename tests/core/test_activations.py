import numpy as np
import pytest

from skrnn._core import activations
from skrnn._core.activations import ACTIVATIONS

from ..reference import SIGMA


@pytest.fixture(
    params=[False, True], ids=["as NumPy has it", "tanh by exp"], autouse=True
)
def way_to_tanh(request, monkeypatch):
    """Both ways to compute tanh, whatever the processor and the size are."""
    monkeypatch.setattr(activations, "exp_is_faster", lambda: request.param)
    monkeypatch.setattr(activations, "FEWEST_BY_EXP", {"f": 0, "d": 0})


A = np.array([-700.0, -30.0, -2.5, -0.3, 0.1, 1.7, 30.0, 700.0])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_in_place(name):
    a = A[1:-1].copy()
    assert ACTIVATIONS[name].apply(a) is None
    np.testing.assert_allclose(a, SIGMA[name](A[1:-1]), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out(name, dtype):
    """Neither an overflow nor a warning, whatever the input."""
    s = A.astype(dtype)
    ACTIVATIONS[name].apply(s)
    slope = np.empty_like(s)
    ACTIVATIONS[name].slope(s, slope)
    assert s.dtype == slope.dtype == dtype
    assert np.isfinite(s).all()
    assert np.isfinite(slope).all()
    assert (slope >= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_to_absolute_precision(dtype):
    a = np.linspace(-12, 12, 10_001).astype(dtype)
    s = a.copy()
    ACTIVATIONS["tanh"].apply(s)
    precision = 2 * np.finfo(dtype).eps
    np.testing.assert_allclose(s, np.tanh(a.astype(float)), rtol=0, atol=precision)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope(name):
    a = np.linspace(-3, 3, 31) + 0.01

    def apply(a):
        s = a.copy()
        ACTIVATIONS[name].apply(s)
        return s

    slope = np.full_like(a, np.nan)
    ACTIVATIONS[name].slope(apply(a), slope)
    numeric = (apply(a + 1e-5) - apply(a - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope, numeric, rtol=1e-8, atol=1e-9)


def test_slope_of_a_dead_unit():
    slope = np.full(2, np.nan)
    ACTIVATIONS["relu"].slope(np.zeros(2), slope)
    assert not slope.any()
