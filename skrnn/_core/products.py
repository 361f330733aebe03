"""Matrix products whose left side may be sparse."""

import numpy as np
from scipy import sparse


def dot(x, y, out):
    """Write x y to `out`; `x` is an array or a SciPy sparse array."""
    if sparse.issparse(x):
        out[...] = x @ y
    else:
        np.dot(x, y, out=out)
