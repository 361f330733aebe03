"""Matrix products whose left side is dense, sparse, or token ids.

A token id stands for a row that is one in the column that it names, and zero elsewhere;
several ids a step stand for the sum of such rows. One id a step, (n_rows, 1), picks
rows without any product; several become a sparse matrix.
"""

import numpy as np
from scipy import sparse
from scipy.linalg import get_blas_funcs

from .blas import has_unpacked_kernel, reads_unpacked

# Multiplications in a step's product with W, below which it goes through SciPy; and the
# same for float32 where OpenBLAS has kernels for AVX2 alone: SciPy's are older there,
# and slower.
N_SMALL, N_SMALL_AVX2 = 2**18, 2**16
# Multiplications up to which `reads_unpacked` holds.
N_UNPACKED = 10**6
# A piece of a larger product has so many rows or columns at least, or it does not pay;
# and so many columns at most.
FEWEST_ROWS, FEWEST_COLUMNS, MOST_COLUMNS = 24, 16, 32


def take_rows(x, source, workspace, name):
    """Rows of `x` in the order of `source`; dense ones, and ids, in a buffer."""
    if sparse.issparse(x):
        return x[source]
    out = workspace.array(name, (len(source), x.shape[1]), x.dtype)
    return x.take(source, axis=0, out=out, mode="clip")


def dot(x, y, out):
    """Write x y to `out`."""
    if sparse.issparse(x):
        out[...] = x @ y
    elif x.dtype.kind == "f":
        np.matmul(x, y, out=out)
    else:
        y.take(x[:, 0], axis=0, out=out, mode="clip")


def transposed_dot(x, y, out, workspace):
    """Write x^T y to `out`."""
    if sparse.issparse(x):
        out[...] = x.T @ y
    elif x.dtype.kind != "f":
        out[...] = one_hot(x, len(out), y.dtype).T @ y
    elif FEWEST_ROWS <= N_UNPACKED // out.size < len(x) and _pieces_pay(workspace, out):
        _transposed_dot_in_pieces(x, y, out)
    else:
        np.matmul(x.T, y, out=out)


def _pieces_pay(workspace, out):
    return workspace.is_alone and out.flags.c_contiguous and reads_unpacked()


def _transposed_dot_in_pieces(x, y, out):
    gemm = get_blas_funcs("gemm", dtype=out.dtype)
    for start, stop in _even_cuts(len(x), N_UNPACKED // out.size):
        piece = y[start:stop].T, x[start:stop].T
        gemm(1.0, *piece, float(start > 0), out.T, 0, 1, 1)


def _even_cuts(n, longest):
    """Start and stop of parts of `n` that are no longer, and of about one length."""
    n_parts = -(-n // longest)
    cuts = [i * n // n_parts for i in range(n_parts + 1)]
    return zip(cuts, cuts[1:])


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


def by_step(block):
    """A list of what `block` holds along its first axis."""
    # To come to an array's end is an exception inside, dearer than a view.
    return [block[0]] if len(block) == 1 else list(block)


class SmallProducts:
    """Products x y of one time step, through SciPy's BLAS.

    Its call costs less than NumPy's and adds in place, but it keeps Python's other
    threads waiting.

    Parameters
    ----------
    dtype : dtype
    """

    def __init__(self, dtype):
        self._gemm = get_blas_funcs("gemm", dtype=dtype)

    def right(self, y):
        """The right side, (H, H), as `add` and `write` take it."""
        return y.T

    def views(self, block):
        """Left sides or places of several steps, (n_steps, n, H), likewise: a list."""
        return by_step(block.transpose(0, 2, 1))

    def add(self, y, x, out):
        """out += x y"""
        self._gemm(1.0, y, x, 1.0, out, 0, 0, 1)

    def write(self, y, x, out):
        """out = x y"""
        self._gemm(1.0, y, x, 0.0, out, 0, 0, 1)


class PieceProducts(SmallProducts):
    """The same a few rows at a time, so few that BLAS does not copy them first.

    Parameters
    ----------
    dtype : dtype
    n_rows : int
    """

    def __init__(self, dtype, n_rows):
        super().__init__(dtype)
        self._n_rows = n_rows

    def views(self, block):
        n = block.shape[1]
        if n <= self._n_rows:
            return [(step,) for step in by_step(block.transpose(0, 2, 1))]
        pieces = [
            block[:, start:stop].transpose(0, 2, 1)
            for start, stop in _even_cuts(n, self._n_rows)
        ]
        return list(zip(*pieces))

    def add(self, y, x, out):
        for x_piece, out_piece in zip(x, out):
            self._gemm(1.0, y, x_piece, 1.0, out_piece, 0, 0, 1)

    def write(self, y, x, out):
        for x_piece, out_piece in zip(x, out):
            self._gemm(1.0, y, x_piece, 0.0, out_piece, 0, 0, 1)


class LargeProducts:
    """The same through NumPy's BLAS, while which other threads can run.

    Parameters
    ----------
    n_sequences, hidden_size : int
    workspace : Workspace
    """

    def __init__(self, n_sequences, hidden_size, workspace):
        self._scratch = workspace.array("scratch", (n_sequences, hidden_size))

    def right(self, y):
        return y

    def views(self, block):
        return by_step(block)

    def add(self, y, x, out):
        scratch = self._scratch[: len(x)]
        np.dot(x, y, out=scratch)
        np.add(out, scratch, out=out)

    def write(self, y, x, out):
        np.dot(x, y, out=out)


class StripProducts:
    """The same by strips of W so narrow that BLAS does not copy them first.

    Parameters
    ----------
    n_sequences, hidden_size : int
    workspace : Workspace
    n_columns : int
        Columns of W in a strip, a divisor of their number.
    """

    def __init__(self, n_sequences, hidden_size, workspace, n_columns):
        n_strips = hidden_size // n_columns
        self._n_rows = N_UNPACKED // (n_columns * hidden_size)
        self._strips = workspace.array("strips", (n_strips, hidden_size, n_columns))
        self._scratch = workspace.array("scratch", (n_sequences, hidden_size))
        self._places = {}

    def right(self, y):
        """The right side, (H, H), and its strips, (n_strips, H, n_columns), a copy."""
        self._strips[...] = self._in_strips(y)
        return y, self._strips

    def views(self, block):
        """For each step: its rows whole, in pieces, and in pieces by strips."""
        _, n, hidden_size = block.shape
        if n * hidden_size**2 <= N_UNPACKED:
            return [(rows, (), ()) for rows in block]
        cuts = list(_even_cuts(n, self._n_rows))
        strips = self._in_strips(block)
        pieces = zip(*(block[:, start:stop] for start, stop in cuts))
        pieces_of_strips = zip(*(strips[:, :, start:stop] for start, stop in cuts))
        return list(zip(block, pieces, pieces_of_strips))

    def _in_strips(self, rows):
        """A view (..., n_strips, n, n_columns) of (..., n, H)."""
        n_strips, _, n_columns = self._strips.shape
        return rows.reshape(*rows.shape[:-1], n_strips, n_columns).swapaxes(-3, -2)

    def add(self, y, x, out):
        place = self._place(len(x[0]))
        self.write(y, x, place)
        np.add(out[0], place[0], out=out[0])

    def write(self, y, x, out):
        whole, strips = y
        rows, pieces, _ = x
        place, _, places = out
        if not pieces:
            np.dot(rows, whole, out=place)
        for piece, strips_of_place in zip(pieces, places):
            np.matmul(piece, strips, out=strips_of_place)

    def _place(self, n):
        """Scratch for a step that `n` sequences have."""
        if n not in self._places:
            [self._places[n]] = self.views(self._scratch[None, :n])
        return self._places[n]


def step_products(n_sequences, hidden_size, workspace):
    """Choose how the products of a batch's time steps are computed."""
    n_multiplications = n_sequences * hidden_size**2
    is_slower = workspace.dtype.itemsize == 4 and not has_unpacked_kernel()
    if n_multiplications < (N_SMALL_AVX2 if is_slower else N_SMALL):
        return SmallProducts(workspace.dtype)
    if reads_unpacked():
        n_rows = N_UNPACKED // hidden_size**2
        if workspace.is_alone and n_sequences <= n_rows:
            return SmallProducts(workspace.dtype)
        if workspace.is_alone and n_rows >= FEWEST_ROWS:
            return PieceProducts(workspace.dtype, n_rows)
        if n_rows < MOST_COLUMNS:
            for n_columns in range(MOST_COLUMNS, FEWEST_COLUMNS - 1, -1):
                if hidden_size % n_columns == 0:
                    return StripProducts(n_sequences, hidden_size, workspace, n_columns)
    return LargeProducts(n_sequences, hidden_size, workspace)


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
