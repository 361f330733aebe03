"""Products whose left side is dense, sparse or token ids."""

import numpy as np
import pytest
from scipy import sparse

from skrnn._core import products
from skrnn._core.products import Picker, dot, is_picking, step_products, transposed_dot
from skrnn._core.workspace import Workspace

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
    transposed_dot(x, z, back[:, columns], Workspace(float))
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


def a_workspace(is_alone=True, dtype=np.float64):
    workspace = Workspace(dtype)
    workspace.is_alone = is_alone
    return workspace


@pytest.mark.parametrize("reads_unpacked", [True, False])
@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize("n", [1, 9, 61, 62, 200])
@pytest.mark.parametrize("hidden_size", [32, 128, 199, 250, 288])
def test_products_of_a_step(hidden_size, n, is_alone, reads_unpacked, monkeypatch):
    """However a batch of 200 is multiplied, so is what is left of it later on."""
    monkeypatch.setattr(products, "reads_unpacked", lambda: reads_unpacked)
    workspace = a_workspace(is_alone)
    chosen = step_products(200, hidden_size, workspace)
    x, out = RNG.normal(size=(2, 3, n, hidden_size))
    y = RNG.normal(size=(hidden_size, hidden_size))
    right = chosen.right(y)
    x_views, out_views = chosen.views(x), chosen.views(out)
    expected = out + x @ y
    for t in (0, 2):
        chosen.add(right, x_views[t], out_views[t])
        np.testing.assert_allclose(out[t], expected[t], rtol=1e-12, atol=1e-12)
    out.fill(np.nan)
    chosen.write(right, x_views[1], out_views[1])
    np.testing.assert_allclose(out[1], x[1] @ y, rtol=1e-12, atol=1e-12)
    assert np.isnan(out[[0, 2]]).all()


@pytest.mark.parametrize(
    ("n", "hidden_size", "is_alone", "reads_unpacked", "name"),
    [
        (32, 64, False, True, "SmallProducts"),
        (32, 64, True, False, "SmallProducts"),
        (61, 128, True, True, "SmallProducts"),
        (62, 128, True, True, "PieceProducts"),
        (62, 128, False, True, "LargeProducts"),
        (62, 128, True, False, "LargeProducts"),
        (64, 256, True, True, "StripProducts"),
        (64, 256, False, True, "StripProducts"),
        (64, 256, True, False, "LargeProducts"),
        (64, 257, True, True, "LargeProducts"),
    ],
)
def test_choice_of_products(
    n, hidden_size, is_alone, reads_unpacked, name, monkeypatch
):
    monkeypatch.setattr(products, "reads_unpacked", lambda: reads_unpacked)
    chosen = step_products(n, hidden_size, a_workspace(is_alone))
    assert type(chosen).__name__ == name


@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7, 3, 4), (700, 128, 128), (5000, 8, 32)])
def test_transposed_product_in_pieces(shape, dtype, is_alone, monkeypatch):
    monkeypatch.setattr(products, "reads_unpacked", lambda: True)
    n, n_left, n_right = shape
    x = RNG.normal(size=(n, n_left)).astype(dtype)
    y = RNG.normal(size=(n, n_right)).astype(dtype)
    out = np.full((n_left, n_right), np.nan, dtype)
    transposed_dot(x, y, out, a_workspace(is_alone, dtype))
    expected = x.T.astype(float) @ y
    np.testing.assert_allclose(out, expected, atol=n * np.finfo(dtype).eps)
