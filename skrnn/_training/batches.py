"""What a network is trained on, and how it is cut into batches."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .._core.packing import Sequences
from .._core.products import take_rows

# So many batches and fewer than twice as many are drawn at random, sorted by length
# together and cut apart: enough for batches of similar lengths, few enough for them to
# differ from epoch to epoch.
BATCHES_PER_BUCKET = 32
LENGTH_JITTER = 0.1


class Batch(NamedTuple):
    """What the loss needs of a piece, gathered in packed order."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    total: float


@dataclass
class Dataset:
    """Sequences with targets and weights.

    Attributes
    ----------
    X : Sequences
    y : ndarray of shape (n_sequences, ...) or (n_rows, ...)
        Targets by sequence, or by row of ``X.rows``.
    by_step : bool
        Which of the two.
    weights : ndarray of shape (n_sequences,) or None
        A sequence's weight; with targets by step it counts for each step.
    class_weight : ndarray of shape (n_classes,) or None
        A further factor by the class of the target; `y` holds class numbers then.
    """

    X: Sequences
    y: np.ndarray
    by_step: bool
    weights: np.ndarray | None = None
    class_weight: np.ndarray | None = None

    def subset(self, indices):
        """Return the sequences at `indices`, over the same rows."""
        return Dataset(
            self.X.subset(indices),
            self.y if self.by_step else self.y[indices],
            self.by_step,
            None if self.weights is None else self.weights[indices],
            self.class_weight,
        )

    def total_weight(self):
        """Sum of the weights of all targets."""
        if self.by_step and self.class_weight is not None:
            of_sequence = np.array(
                [self._class_weight_of(self.y[s]).sum() for s in self.X.spans()]
            )
        elif self.by_step:
            of_sequence = self.X.lengths
        elif self.class_weight is not None:
            of_sequence = self._class_weight_of(self.y)
        else:
            of_sequence = np.ones(len(self.X))
        if self.weights is not None:
            of_sequence = of_sequence * self.weights
        return float(of_sequence.sum())

    def gather(self, members, piece, workspace):
        """Bring a piece's inputs, targets and weights into packed order.

        Parameters
        ----------
        members : ndarray of shape (n,)
            The sequences of the batch, by falling length.
        piece : PackedBatch
            The steps of the first ``len(piece)`` of them that are at hand.
        workspace : Workspace

        Returns
        -------
        batch : Batch
            In buffers, which hold until the next call.
        """
        x = gather_rows(self.X, piece, workspace)
        if self.by_step:
            y = self.y.take(piece.source, axis=0)
        else:
            y = self.y[members]
        weights = None
        if self.weights is not None:
            weights = self.weights[members[: len(piece)]]
            if self.by_step:
                weights = weights[piece.sequence]
        if self.class_weight is not None:
            factors = self._class_weight_of(y)
            weights = factors if weights is None else weights * factors
        total = float(len(y)) if weights is None else float(weights.sum())
        return Batch(x, y, weights, total)

    def _class_weight_of(self, y):
        return self.class_weight.take(y.ravel())


def gather_rows(X, piece, workspace):
    """Bring a piece's rows into packed order; dense ones in a buffer."""
    return take_rows(X.rows, piece.source, workspace, "x")


def by_falling_length(lengths, members):
    """Sort sequence numbers by falling length, equal ones by number."""
    members = np.sort(members)
    own = lengths[members]
    if (own == own[:1]).all():
        return members
    return members[np.argsort(-own, kind="stable")]


def draw_batches(lengths, batch_size, rng):
    """Cut all sequences into batches at random, for one epoch.

    Sequences of similar length come together, so that ragged batches stay full.

    Parameters
    ----------
    lengths : ndarray of shape (n_sequences,)
    batch_size : int
    rng : numpy.random.Generator or None
        None: keep the order of the sequences.

    Returns
    -------
    batches : list of ndarray
        The sequences of each batch, by falling length.
    """
    n = len(lengths)
    if rng is None:
        batches = _cut(np.arange(n), batch_size)
    else:
        order = rng.permutation(n)
        jitter = rng.uniform(1 - LENGTH_JITTER, 1 + LENGTH_JITTER, n)
        batches = []
        for bucket in _buckets(order, batch_size):
            key = lengths[bucket] * jitter[bucket]
            batches += _cut(bucket[np.argsort(key, kind="stable")], batch_size)
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return [by_falling_length(lengths, members) for members in batches]


def bounded_batches(lengths, n_rows, n_steps=None):
    """Cut all sequences into batches of bounded size, longest first.

    Parameters
    ----------
    lengths : ndarray of shape (n_sequences,)
    n_rows : int
        So many steps at most are at hand at once in a batch of several sequences.
    n_steps : int, default=None
        So many steps of a sequence are at hand at once; None: all.

    Returns
    -------
    batches : list of ndarray
        The sequences of each batch, by falling length.
    """
    order = by_falling_length(lengths, np.arange(len(lengths)))
    n_at_hand = np.cumsum(np.minimum(lengths[order], n_steps or lengths.max()))
    batches, start, done = [], 0, 0
    while start < len(order):
        stop = int(np.searchsorted(n_at_hand, done + n_rows, side="right"))
        stop = max(stop, start + 1)
        batches.append(order[start:stop])
        start, done = stop, n_at_hand[stop - 1]
    return batches


def cut_into_streams(lengths, n_longest):
    """Cut sequences that lie end to end into even parts of at most `n_longest` steps.

    Returns
    -------
    starts, lengths : ndarray of shape (n_parts,)
        As in `Sequences`.
    """
    n_parts = -(-lengths // n_longest)
    number = np.arange(n_parts.sum()) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    # Part i of n ends where i + 1 of n shares of the steps do.
    n_parts, lengths = np.repeat(n_parts, n_parts), np.repeat(lengths, n_parts)
    cut = (number + 1) * lengths // n_parts - number * lengths // n_parts
    return np.cumsum(cut) - cut, cut


def _buckets(order, batch_size):
    """Cut the sequences into parts of whole batches; only the last may have less."""
    n_batches = -(-len(order) // batch_size)
    n_buckets = max(1, n_batches // BATCHES_PER_BUCKET)
    cuts = [i * n_batches // n_buckets * batch_size for i in range(1, n_buckets)]
    return np.split(order, cuts)


def _cut(members, size):
    return [members[i : i + size] for i in range(0, len(members), size)]
