"""The steps of several sequences as one table."""

import sys
from itertools import chain

import numpy as np
from scipy import sparse

from .._validation import HOW_TO_SHAPE


class StepsOfSequences(list):
    """A list of sequences that `FeatureUnion` can join, and weigh, step by step.

    `FeatureUnion` puts features side by side by ``concatenate(..., axis=1)``, and
    multiplies them by its `transformer_weights`. For these lists both mean the steps
    of each sequence; all other functions of NumPy see a plain list.
    """

    def __array_function__(self, func, types, args, kwargs):
        if func is np.concatenate and kwargs.get("axis") == 1:
            return StepsOfSequences(_side_by_side(*parts) for parts in zip(*args[0]))
        return np.empty(0).__array_function__(func, (), args, kwargs)

    def __mul__(self, weight):
        return StepsOfSequences(weight * x for x in self)


def _side_by_side(*parts):
    if any(sparse.issparse(x) for x in parts):
        return sparse.hstack(parts, format="csr")
    return np.concatenate(parts, axis=1)


def length_of(x, i):
    length = x.shape[0] if hasattr(x, "shape") and x.shape else len(x)
    if length == 0:
        raise ValueError(f"X[{i}] has no steps. Remove the empty sequences.")
    return length


def stack(X):
    """Put the steps of all sequences together."""
    if not X:
        raise ValueError("Found array with 0 sample(s): X holds no sequence.")
    first = X[0]
    if isinstance(first, np.ndarray) and first.ndim == 1 and first.dtype.kind in "fiub":
        raise ValueError(
            f"X[0] has shape {first.shape}, but 2 dimensions are expected. "
            f"{HOW_TO_SHAPE} Reshape your data."
        )
    if hasattr(first, "columns"):
        return sys.modules[type(first).__module__.partition(".")[0]].concat(X)
    if sparse.issparse(first):
        return sparse.vstack(X, format="csr")
    if isinstance(first, np.ndarray) and first.ndim == 2:
        for i, x in enumerate(X):
            if np.shape(x)[1:] != first.shape[1:]:
                raise ValueError(
                    f"X[{i}] has shape {np.shape(x)}, but X[0] has {first.shape}; all "
                    "sequences must be 2-D with the same number of features."
                )
        return np.concatenate(X)
    return list(chain.from_iterable(X))
