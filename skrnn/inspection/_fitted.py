"""What all inspections ask of a fitted estimator."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils.validation import check_is_fitted

from .._base import BaseRNN
from .._core.packing import PackedBatch, Sequences
from .._language_model import RNNLanguageModel
from .._training.batches import bounded_batches

# Steps, and outputs, of all sequences together that are probed at once.
N_ROWS_PROBED = 8192
N_OUTPUTS_PROBED = 2**23


def check_fitted(estimator):
    """Refuse all but a fitted estimator of this package."""
    if isinstance(estimator, Pipeline):
        raise TypeError(
            "The estimator is a Pipeline, but only its network can be inspected. Pass "
            "pipeline[-1], and pipeline[:-1].transform(X) for X."
        )
    if not isinstance(estimator, BaseRNN):
        raise TypeError(
            "Expected a fitted RNNClassifier, RNNTagger, RNNRegressor or "
            f"RNNLanguageModel, got {type(estimator).__name__}. Of a search pass "
            "best_estimator_."
        )
    check_is_fitted(estimator)


def check_sequences_of(estimator, X):
    """Validate `X` as in `predict`, its numbers in float64: a `CheckedX`."""
    checked = estimator._check_X(X, reset=False)
    X = checked.sequences
    if X.rows.dtype.kind == "f":
        rows = X.rows.astype(np.float64)
        checked.sequences = Sequences(rows, X.starts, X.lengths)
    return checked


def batches_to_probe(X, n_outputs):
    """Yield all sequences, a batch at a time: their numbers, and a `PackedBatch`."""
    n_rows = min(N_ROWS_PROBED, max(1, N_OUTPUTS_PROBED // n_outputs))
    for members in bounded_batches(X.lengths, n_rows):
        yield members, PackedBatch(X.starts[members], X.lengths[members])


def own_tokens(estimator, checked):
    """The tokens that a language model reads, by document; None of other estimators."""
    if not isinstance(estimator, RNNLanguageModel):
        return None
    X = checked.sequences
    return [estimator.tokens_[X.rows[span, 0]].tolist() for span in X.spans()]


def new_axes(caller, ax):
    """Return `ax`, or a new figure's where it is None."""
    check_matplotlib_support(caller)
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1] if ax is None else ax


def direction_name(direction, n_directions):
    """How plots call a direction; where there is one only, it needs no name."""
    if n_directions == 1:
        return ""
    return ("forward", "backward")[direction]
