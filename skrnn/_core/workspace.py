"""The buffers of a fit: asked for by name, grown when needed, never shrunk."""

from math import prod

import numpy as np


class Workspace:
    """Named scratch memory.

    `array` hands out the front of the buffer of that name, so that batches of
    changing size share the memory of the largest one. What it holds is whatever
    was left there: the caller writes before it reads.

    Parameters
    ----------
    dtype : dtype
        Of every buffer, unless `array` is told otherwise.

    Attributes
    ----------
    is_alone : bool
        Whether no other Python thread wants to compute at the same time.
    """

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.is_alone = True
        self._buffers = {}
        self._arrays = {}

    def array(self, name, shape, dtype=None):
        """Return a C-contiguous array of `shape` over the buffer called `name`.

        It is the same object as the last time where the shape is the same.
        """
        array = self._arrays.get(name)
        if array is not None and array.shape == shape:
            return array
        size = prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = np.empty(size, dtype=dtype or self.dtype)
            self._buffers[name] = buffer
        array = self._arrays[name] = buffer[:size].reshape(shape)
        return array
