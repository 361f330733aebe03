"""Ragged sequences: stored end to end, packed time-major without padding."""

from functools import cached_property, lru_cache

import numpy as np


class Sequences:
    """Sequences whose steps lie in one array of rows.

    Parameters
    ----------
    rows : ndarray or CSR array of shape (n_rows, n_features)
        The steps of all sequences. Rows that no sequence covers are padding.
    starts : ndarray of shape (n_sequences,)
        The row of each sequence's first step.
    lengths : ndarray of shape (n_sequences,)
        The number of its steps, at least one; they lie in successive rows.
    """

    def __init__(self, rows, starts, lengths):
        self.rows = rows
        self.starts = starts
        self.lengths = lengths

    def __len__(self):
        return len(self.lengths)

    def subset(self, indices):
        """Return the sequences at `indices`, over the same rows."""
        return Sequences(self.rows, self.starts[indices], self.lengths[indices])

    def spans(self):
        """Yield each sequence's rows as a slice."""
        for start, length in zip(self.starts.tolist(), self.lengths.tolist()):
            yield slice(start, start + length)

    def covered(self, values):
        """Gather what stands beside the sequences' rows, in their order.

        Parameters
        ----------
        values : ndarray of shape (n_rows, ...)

        Returns
        -------
        ndarray of shape (sum of lengths, ...)
        """
        return np.concatenate([values[span] for span in self.spans()])


class PackedBatch:
    """The order in which a batch of ragged sequences is worked through.

    The sequences stand by falling length, and the steps time-major: first every
    sequence's first step, then every second one, and so on. Sequences that have
    ended leave no gap, so step t is the contiguous rows
    ``offsets[t]:offsets[t + 1]``, one for each sequence still running, and those
    are always the first ones of the batch. Whatever is not recurrent is one plain
    product over all rows.

    Parameters
    ----------
    starts, lengths : ndarray of shape (n_sequences,)
        As in `Sequences`; lengths fall and are at least one.

    Attributes
    ----------
    running : ndarray of shape (n_steps,)
        How many sequences have a step t.
    offsets : ndarray of shape (n_steps + 1,)
        The first packed row of each step.
    sequence : ndarray of shape (n_rows,)
        Which sequence of the batch a packed row belongs to.
    source : ndarray of shape (n_rows,)
        The row in the storage from which each packed row comes.
    """

    def __init__(self, starts, lengths):
        self.starts = starts
        self.lengths = lengths
        self.n_rows = int(lengths.sum())

    def __len__(self):
        return len(self.lengths)

    @property
    def is_even(self):
        """Whether all sequences have the same length."""
        return self.lengths[0] == self.lengths[-1]

    @cached_property
    def running(self):
        steps = np.arange(self.lengths[0])
        return np.searchsorted(-self.lengths, -steps, side="left")

    @cached_property
    def offsets(self):
        return np.concatenate(([0], np.cumsum(self.running)))

    @cached_property
    def _step(self):
        return np.repeat(np.arange(self.lengths[0]), self.running)

    @cached_property
    def sequence(self):
        return np.arange(self.n_rows) - self.offsets[self._step]

    @cached_property
    def source(self):
        if self.is_even:
            return (self.starts + np.arange(self.lengths[0])[:, None]).ravel()
        return self.starts[self.sequence] + self._step

    @cached_property
    def steps(self):
        """Packed rows of each step: a list of (start, stop).

        Even batches of the same size share one list, so that what was laid out for
        one of them can serve the next.
        """
        if self.is_even:
            return _even_steps(len(self), int(self.lengths[0]))
        bounds = self.offsets.tolist()
        return list(zip(bounds[:-1], bounds[1:]))

    @cached_property
    def last(self):
        """Packed rows of the sequences' last steps: an index array, or a slice."""
        if self.is_even:
            return slice(self.n_rows - len(self), self.n_rows)
        return self.offsets[self.lengths - 1] + np.arange(len(self))

    @cached_property
    def reversal(self):
        """The permutation of rows that turns every sequence round; its own inverse."""
        mirrored = self.lengths[self.sequence] - 1 - self._step
        return self.offsets[mirrored] + self.sequence

    @cached_property
    def previous(self):
        """For each row, where the state before it lies, (n_rows,).

        The states are stored behind the `len(self)` rows of the initial ones, so
        that the first step's predecessors are rows like all others.
        """
        behind = len(self) + self.offsets[np.maximum(self._step - 1, 0)]
        return np.where(self._step == 0, 0, behind) + self.sequence


@lru_cache(maxsize=4)
def _even_steps(n_sequences, n_steps):
    bounds = range(0, n_sequences * (n_steps + 1), n_sequences)
    return list(zip(bounds[:-1], bounds[1:]))


def segments(starts, lengths, n_steps):
    """Walk through sequences side by side, `n_steps` at a time.

    Parameters
    ----------
    starts, lengths : ndarray of shape (n_sequences,)
        As in `PackedBatch`; a length may be zero.
    n_steps : int

    Yields
    ------
    batch : PackedBatch
        The next steps of the sequences that still have some: the first ones.
    """
    for begin in range(0, int(lengths[0]), n_steps):
        running = np.count_nonzero(lengths > begin)
        yield PackedBatch(
            starts[:running] + begin,
            np.minimum(lengths[:running] - begin, n_steps),
        )
