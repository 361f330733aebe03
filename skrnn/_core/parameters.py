"""One flat vector, and the names by which its parts are known."""

from math import prod
from typing import NamedTuple

import numpy as np


class ParameterLayout:
    """Where every parameter lies in a flat vector: biases, weights, the table.

    The table is the weight that the inputs meet first. Its rows are the features or
    the tokens, of which a batch may touch only some; lying last, it can be shortened
    to those. With the biases in front, the L2 penalty, which never touches a bias, is
    one operation on the slice ``vector[n_biases:]``.

    Parameters
    ----------
    biases, weights, table : dict of name to shape
        Names are unique over all. They are ``("U", layer, direction)`` and the
        like for what belongs to one recurrence, and plain letters (``"V"``,
        ``"c"``, ``"E"``) for what the network has once. What is in the table has
        the same number of rows and stands side by side.

    Attributes
    ----------
    n_biases : int
        Length of the vector's first part.
    n_dense : int
        Length of all that comes before the table.
    table_width : int
        Length of one of the table's rows.
    size : int
        Length of the vector.
    """

    def __init__(self, biases, weights, table):
        self.shapes = {**biases, **weights, **table}
        self._dense = {**biases, **weights}
        self._table = table
        self.n_biases = sum(prod(shape) for shape in biases.values())
        self.n_dense = sum(prod(shape) for shape in self._dense.values())
        self.table_width = sum(n_columns for _, n_columns in table.values())
        self.size = sum(prod(shape) for shape in self.shapes.values())

    def views(self, vector):
        """Name every part of `vector` (..., size): a dict of views into it.

        The vector may be shortened to some of the table's rows.
        """
        views, start = {}, 0
        for name, shape in self._dense.items():
            stop = start + prod(shape)
            views[name] = vector[..., start:stop].reshape(*vector.shape[:-1], *shape)
            start = stop
        views.update(self.table_views(self.table(vector)))
        return views

    def table(self, vector):
        """View the table at the end of `vector`, (..., n_rows, table_width)."""
        table = vector[..., self.n_dense :]
        return table.reshape(*table.shape[:-1], -1, self.table_width)

    def table_views(self, table):
        """Name the parts of `table`, of any number of rows."""
        views, start = {}, 0
        for name, (_, n_columns) in self._table.items():
            views[name] = table[..., start : start + n_columns]
            start += n_columns
        return views


class Rows(NamedTuple):
    """The rows of the table to which a vector is shortened.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows,)
        Each one once.
    n_dense, width : int
        `ParameterLayout.n_dense` and `table_width`.
    """

    numbers: np.ndarray
    n_dense: int
    width: int

    def take(self, vector):
        """Copy the rows from a whole vector, (n_rows, width)."""
        return self._table(vector).take(self.numbers, axis=0)

    def put(self, vector, values):
        """Write the rows to a whole vector."""
        self._table(vector)[self.numbers] = values

    def add(self, vector, shortened):
        """Add a shortened vector to a whole one."""
        vector[: self.n_dense] += shortened[: self.n_dense]
        values = shortened[self.n_dense :].reshape(-1, self.width)
        self._table(vector)[self.numbers] += values

    def _table(self, vector):
        return vector[self.n_dense :].reshape(-1, self.width)
