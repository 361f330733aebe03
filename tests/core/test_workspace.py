import numpy as np
import pytest

from skrnn._core.workspace import Workspace


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays(dtype):
    a = Workspace(dtype).array("a", (3, 4))
    assert a.shape == (3, 4)
    assert a.dtype == dtype
    assert a.flags.c_contiguous


def test_another_dtype():
    assert Workspace(np.float32).array("ids", (3,), np.intp).dtype == np.intp


def test_the_same_memory_again():
    workspace = Workspace(np.float64)
    large = workspace.array("a", (4, 5))
    small = workspace.array("a", (2, 3))
    assert small.shape == (2, 3)
    assert small.flags.c_contiguous
    assert np.shares_memory(large, small)
    again = workspace.array("a", (4, 5))
    large.fill(7)
    np.testing.assert_array_equal(again, 7)


def test_grows():
    workspace = Workspace(np.float64)
    workspace.array("a", (2, 3))
    larger = workspace.array("a", (4, 5))
    larger.fill(1)
    assert larger.size == 20
    assert np.shares_memory(larger, workspace.array("a", (20,)))


def test_names_do_not_mix():
    workspace = Workspace(np.float64)
    a = workspace.array(("dx", 0), (3,))
    b = workspace.array(("dx", 1), (3,))
    assert not np.shares_memory(a, b)
