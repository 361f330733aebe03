"""Documents as streams of token ids, each id with the one that comes next."""

import numpy as np

from ._core.packing import Sequences
from ._training.batches import cut_into_streams
from ._validation import CheckedX


class EncodedDocuments(CheckedX):
    """Documents end to end, each behind a token that marks where it begins.

    Parameters
    ----------
    ids : list of ndarray of int
        The tokens of each document; there may be none.
    encoder : TokenEncoder
        What made them.

    Attributes
    ----------
    sequences : Sequences
        What is read: for each document the mark of its begin, then its tokens.
    next_ids : ndarray of shape (n_rows,)
        What comes next at every step: its tokens, then the mark, which is its end.
    """

    def __init__(self, ids, encoder):
        self.encoder = encoder
        mark = np.array([encoder.n_tokens_])
        stream = np.concatenate([part for x in ids for part in (mark, x)] + [mark])
        stream = stream.astype(np.intp, copy=False)
        lengths = np.array([len(x) + 1 for x in ids])
        starts = np.cumsum(lengths) - lengths
        self.next_ids = stream[1:]
        super().__init__(Sequences(stream[:-1, None], starts, lengths), lengths)

    def cut_into_streams(self, n_streams, n_steps):
        """Cut long documents, so that there are about `n_streams` to read at once.

        None of the parts is cut to fewer than `n_steps`.
        """
        X = self.sequences
        n_longest = max(n_steps, -(-len(X.rows) // n_streams))
        self.sequences = Sequences(X.rows, *cut_into_streams(X.lengths, n_longest))
