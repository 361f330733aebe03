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
    are always the first ones of the batch (42). Whatever is not recurrent is one plain
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
    is_even : bool
        Whether all sequences have the same length.
    steps : list of (start, stop)
        Packed rows of each step. Even batches of the same size share one list, so
        that what was laid out for one of them can serve the next.
    runs : list of (start, n_steps, n_sequences)
        The same for successive steps that equally many sequences have: the first row
        of all of them, how many steps, how many sequences.
    last : ndarray of shape (n_sequences,) or slice
        Packed rows of the sequences' last steps.
    """

    def __init__(self, starts, lengths):
        self.lengths = lengths
        self.n_rows = int(lengths.sum())
        self.is_even = bool(lengths[0] == lengths[-1])
        if self.is_even:
            self.source = (starts + np.arange(lengths[0])[:, None]).ravel()
            self.steps = _even_steps(len(lengths), int(lengths[0]))
            self.last = slice(self.n_rows - len(lengths), self.n_rows)
        else:
            bounds = self.offsets.tolist()
            self.source = starts[self.sequence] + self._step
            self.steps = list(zip(bounds[:-1], bounds[1:]))
            self.last = self.offsets[lengths - 1] + np.arange(len(lengths))

    def __len__(self):
        return len(self.lengths)

    @cached_property
    def runs(self):
        runs, start, n_done = [], 0, 0
        for i, length in enumerate(reversed(self.lengths.tolist())):
            if length > n_done:
                n_steps, n_running = length - n_done, len(self) - i
                runs.append((start, n_steps, n_running))
                start += n_steps * n_running
                n_done = length
        return runs

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
    def reversal(self):
        """The permutation that turns every sequence round (43); its own inverse."""
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
