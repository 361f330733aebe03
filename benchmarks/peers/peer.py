"""What all peers have in common."""

import numpy as np


class Peer:
    """A library that learns a case.

    Parameters
    ----------
    case : Case
    n_threads : int

    Attributes
    ----------
    compile_seconds : float
        What compiling took, which no fit's seconds contain; zero where nothing is
        compiled.
    """

    name: str
    takes_even = True
    takes_ragged = False

    def __init__(self, case, n_threads):
        self.case = case
        self.n_threads = n_threads
        self.compile_seconds = 0.0

    @classmethod
    def takes(cls, case):
        """Whether it is compared on this case."""
        return cls.takes_ragged if case.is_ragged else cls.takes_even

    def fit_epochs(self, X, y, n_epochs, seed=0):
        """Fit a new network from the sequences as they come; return the seconds."""
        raise NotImplementedError

    def accuracy(self, X, y):
        """Share of the labels that the last fit predicts right."""
        raise NotImplementedError


def pad(items, fill, dtype):
    """Stack ragged arrays time-major, (longest, n, ...), with `fill` behind each."""
    longest = max(len(item) for item in items)
    out = np.full((longest, len(items), *items[0].shape[1:]), fill, dtype)
    for i, item in enumerate(items):
        out[: len(item), i] = item
    return out
