"""Products whose left side is dense, sparse or token ids."""

import numpy as np
import pytest
from scipy import sparse

from skrnn._core.products import Picker, dot, is_picking, transposed_dot

RNG = np.random.default_rng(0)
IDS = np.array([[3, 1], [1, 1], [0, 4], [3, 0]])
ONE_ID = np.array([[3], [1], [0], [3]])
ONE_HOT = np.array(
    [[0, 1, 0, 1, 0], [0, 2, 0, 0, 0], [1, 0, 0, 0, 1], [1, 0, 0, 1, 0.0]]
)
LEFT = {
    "dense": (ONE_HOT, ONE_HOT),
    "sparse": (sparse.csr_array(ONE_HOT), ONE_HOT),
    "ids": (ONE_ID, np.eye(5)[ONE_ID[:, 0]]),
}
PICKING = {"sparse": LEFT["sparse"], "one id": LEFT["ids"], "two ids": (IDS, ONE_HOT)}


@pytest.mark.parametrize("kind", LEFT)
@pytest.mark.parametrize("columns", [slice(0, 3), slice(2, 5)])
def test_products(kind, columns):
    """Also from and to columns of a wider table, as two directions share it."""
    x, dense = LEFT[kind]
    y = RNG.normal(size=(5, 6))[:, columns]
    out = np.full((4, 3), np.nan)
    dot(x, y, out=out)
    np.testing.assert_allclose(out, dense @ y, rtol=1e-14)
    z, back = RNG.normal(size=(4, 3)), np.full((5, 6), np.nan)
    transposed_dot(x, z, out=back[:, columns])
    np.testing.assert_allclose(back[:, columns], dense.T @ z, rtol=1e-14)
    assert np.isnan(np.delete(back, columns, axis=1)).all()


def test_what_picks():
    assert is_picking(IDS)
    assert is_picking(sparse.csr_array(ONE_HOT))
    assert not is_picking(ONE_HOT)


@pytest.mark.parametrize("kind", PICKING)
def test_picked_columns_give_the_same_product(kind):
    given, dense = PICKING[kind]
    y = RNG.normal(size=(5, 3))
    picker = Picker(5, y.dtype)
    for n in (4, 2, 4):
        numbers, x = picker.pick(given[:n])
        assert sorted(numbers) == np.flatnonzero(dense[:n].any(axis=0)).tolist()
        out = np.empty((n, 3))
        dot(x, y[numbers], out=out)
        np.testing.assert_allclose(out, dense[:n] @ y, rtol=1e-14)


def test_nothing_picked():
    numbers, x = Picker(5, float).pick(sparse.csr_array((2, 5)))
    assert len(numbers) == 0
    out = np.full((2, 3), np.nan)
    dot(x, np.empty((0, 3)), out=out)
    np.testing.assert_array_equal(out, 0)
