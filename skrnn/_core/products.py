"""Matrix products whose left side is dense, sparse, or token ids.

A token id stands for a row that is one in the column that it names, and zero elsewhere;
several ids a step stand for the sum of such rows. One id a step, (n_rows, 1), picks
rows without any product; several become a sparse matrix.
"""

import numpy as np
from scipy import sparse
from scipy.linalg import get_blas_funcs

# Multiplications in a step's product with W, below which it goes through SciPy.
N_SMALL = 2**18


def dot(x, y, out):
    """Write x y to `out`."""
    if sparse.issparse(x):
        out[...] = x @ y
    elif x.dtype.kind == "f":
        np.matmul(x, y, out=out)
    else:
        y.take(x[:, 0], axis=0, out=out, mode="clip")


def transposed_dot(x, y, out):
    """Write x^T y to `out`."""
    if sparse.issparse(x):
        out[...] = x.T @ y
    elif x.dtype.kind == "f":
        np.matmul(x.T, y, out=out)
    else:
        out[...] = one_hot(x, len(out), y.dtype).T @ y


def one_hot(ids, n_columns, dtype):
    """The matrix that ids (n_rows, k) stand for, sparse (n_rows, n_columns)."""
    n_rows, k = ids.shape
    return sparse.csr_array(
        (np.ones(ids.size, dtype), ids.ravel(), np.arange(n_rows + 1) * k),
        shape=(n_rows, n_columns),
    )


def sum_rows(x, out, workspace):
    """Write the sum of the rows of `x` to `out`; as a product, which is faster."""
    ones = workspace.array("ones", (len(x),))
    ones.fill(1)
    np.dot(ones, x, out=out)


class SmallProducts:
    """Products x y of one time step, through SciPy's BLAS.

    Its call costs less than NumPy's and adds in place, but it keeps Python's other
    threads waiting: right for products that take a few microseconds.

    Parameters
    ----------
    dtype : dtype
    """

    def __init__(self, dtype):
        self._gemm = get_blas_funcs("gemm", dtype=dtype)

    def right(self, y):
        """The right side, (H, H), as `add` and `write` take it."""
        return y.T

    def operands(self, x, out, scratch):
        """The left side and the place of the product, both (n, H), likewise."""
        return x.T, out.T

    def add(self, y, x, out):
        """out += x y"""
        self._gemm(1.0, y, x, 1.0, out, 0, 0, 1)

    def write(self, y, x, out):
        """out = x y"""
        self._gemm(1.0, y, x, 0.0, out, 0, 0, 1)


class LargeProducts:
    """The same through NumPy's BLAS, while which other threads can run.

    Parameters
    ----------
    dtype : dtype
    """

    def __init__(self, dtype):
        pass

    def right(self, y):
        return y

    def operands(self, x, out, scratch):
        return x, out, scratch

    def add(self, y, x, out, scratch):
        np.dot(x, y, out=scratch)
        np.add(out, scratch, out=out)

    def write(self, y, x, out, scratch):
        np.dot(x, y, out=out)


def step_products(n_sequences, hidden_size, dtype):
    """Choose how the products of a batch's time steps are computed."""
    is_small = n_sequences * hidden_size**2 < N_SMALL
    return (SmallProducts if is_small else LargeProducts)(dtype)


def is_picking(x):
    """Whether the rows of `x` name few columns: token ids, or sparse."""
    return sparse.issparse(x) or x.dtype.kind != "f"


class Picker:
    """Finds which columns a batch names, and counts them anew from zero.

    Parameters
    ----------
    n_columns : int
    dtype : dtype
        Of the matrix that several ids a step become.
    """

    def __init__(self, n_columns, dtype):
        self._dtype = dtype
        self._position = np.empty(n_columns, dtype=np.intp)

    def pick(self, x):
        """Rewrite `x`, token ids or sparse, to the columns that occur.

        Returns
        -------
        numbers : ndarray of shape (n_picked,)
            The columns that occur, each one once. Time and memory traffic do not
            depend on how many there are in all.
        x : sparse (n_rows, n_picked), or ids (n_rows, 1)
        """
        if not sparse.issparse(x):
            numbers, ids = self._pick_ids(x.ravel())
            ids = ids.reshape(x.shape)
            several = x.shape[1] > 1
            return numbers, one_hot(ids, len(numbers), self._dtype) if several else ids
        numbers, indices = self._pick_ids(x.indices)
        shape = (x.shape[0], len(numbers))
        return numbers, sparse.csr_array((x.data, indices, x.indptr), shape=shape)

    def _pick_ids(self, ids):
        position, order = self._position, np.arange(ids.size)
        position[ids] = order
        numbers = ids[position[ids] == order]
        position[numbers] = order[: numbers.size]
        return numbers, position[ids]
