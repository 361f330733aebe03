"""Measures for sequences of labels, as functions and as scorers for searches.

Targets and predictions are lists with one sequence of labels for each sequence, as
`RNNTagger` takes and gives them.
"""

from collections import Counter

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.utils import check_consistent_length

__all__ = [
    "flat_accuracy_score",
    "flat_accuracy_scorer",
    "flat_f1_score",
    "flat_f1_scorer",
    "sequence_accuracy_score",
    "sequence_accuracy_scorer",
    "span_f1_score",
    "span_f1_scorer",
]


def flat_accuracy_score(y_true, y_pred, *, sample_weight=None):
    """Compute the share of steps that have the right label.

    Parameters
    ----------
    y_true, y_pred : list of array-likes of shape (n_steps,)
        True and predicted labels.

    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence, which counts for each of its steps.

    Returns
    -------
    score : float

    Raises
    ------
    ValueError
        When a sequence has another number of predicted labels than of true ones.

    Examples
    --------
    >>> from skrnn.metrics import flat_accuracy_score
    >>> flat_accuracy_score([["N", "V"], ["N", "V"]], [["N", "V"], ["N", "N"]])
    0.75
    """
    y_true, y_pred, sample_weight = _flatten(y_true, y_pred, sample_weight)
    return accuracy_score(y_true, y_pred, sample_weight=sample_weight)


def flat_f1_score(
    y_true,
    y_pred,
    *,
    labels=None,
    average="weighted",
    sample_weight=None,
    zero_division=0.0,
):
    """Compute the F1 score over the steps.

    Parameters
    ----------
    y_true, y_pred : list of array-likes of shape (n_steps,)
        True and predicted labels.

    labels : array-like, default=None
        The labels that count; None: all that occur.

    average : {'weighted', 'macro', 'micro'} or None, default='weighted'
        How the labels' scores become one, as in `sklearn.metrics.f1_score`; None
        gives a score for each label.

    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence, which counts for each of its steps.

    zero_division : float, default=0.0
        Score of a label that is neither true nor predicted anywhere.

    Returns
    -------
    score : float or ndarray of shape (n_labels,)

    Raises
    ------
    ValueError
        When a sequence has another number of predicted labels than of true ones.

    Examples
    --------
    >>> from skrnn.metrics import flat_f1_score
    >>> y_true = [["N", "V", "O"], ["N", "V"]]
    >>> flat_f1_score(y_true, y_true)
    1.0
    >>> flat_f1_score(y_true, [["N", "O", "O"], ["N", "N"]], labels=["N"])
    0.8
    """
    y_true, y_pred, sample_weight = _flatten(y_true, y_pred, sample_weight)
    return f1_score(
        y_true,
        y_pred,
        labels=labels,
        average=average,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


def sequence_accuracy_score(y_true, y_pred, *, sample_weight=None):
    """Compute the share of sequences in which every label is right.

    Parameters
    ----------
    y_true, y_pred : list of array-likes of shape (n_steps,)
        True and predicted labels.

    sample_weight : array-like of shape (n_sequences,), default=None
        Weight of each sequence.

    Returns
    -------
    score : float

    Raises
    ------
    ValueError
        When a sequence has another number of predicted labels than of true ones.

    Examples
    --------
    >>> from skrnn.metrics import sequence_accuracy_score
    >>> sequence_accuracy_score([["N", "V"], ["N", "V"]], [["N", "V"], ["N", "N"]])
    0.5
    """
    y_true, y_pred = _check_pairs(y_true, y_pred)
    is_right = [np.array_equal(true, pred) for true, pred in zip(y_true, y_pred)]
    return float(np.average(is_right, weights=sample_weight))


def span_f1_score(y_true, y_pred, *, average="micro"):
    """Compute the F1 score over the spans that BIO tags mark.

    ``B-type`` begins a span and ``I-type`` continues it; ``O`` is outside of any. An
    ``I-`` that follows no span of its type begins one, as in the CoNLL evaluation. A
    predicted span is right when its type, its begin and its end are.

    Parameters
    ----------
    y_true, y_pred : list of array-likes of str of shape (n_steps,)
        True and predicted tags.

    average : {'micro', 'macro', 'weighted'} or None, default='micro'
        'micro' counts all spans alike; 'macro' and 'weighted' average the scores of
        the types, plainly or by their number of true spans; None gives a dict with
        the score of each type.

    Returns
    -------
    score : float or dict of str to float
        0 where there is no span at all.

    Raises
    ------
    ValueError
        When a sequence has another number of predicted tags than of true ones, or a
        tag is not BIO.

    References
    ----------
    .. [1] Tjong Kim Sang and De Meulder, "Introduction to the CoNLL-2003 shared
       task: language-independent named entity recognition", CoNLL (2003).

    Examples
    --------
    >>> from skrnn.metrics import span_f1_score
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"]]
    >>> span_f1_score(y_true, [["B-PER", "I-PER", "O", "O"]])
    0.666...
    """
    if average not in ("micro", "macro", "weighted", None):
        raise ValueError(
            f"average must be 'micro', 'macro', 'weighted' or None, got {average!r}."
        )
    n_true, n_pred, n_right = Counter(), Counter(), Counter()
    for i, (true, pred) in enumerate(zip(*_check_pairs(y_true, y_pred))):
        true_spans, pred_spans = (
            _spans(true, f"y_true[{i}]"),
            _spans(pred, f"y_pred[{i}]"),
        )
        n_true.update(span[0] for span in true_spans)
        n_pred.update(span[0] for span in pred_spans)
        n_right.update(span[0] for span in true_spans & pred_spans)
    if average == "micro":
        return _f1(n_right.total(), n_true.total(), n_pred.total())
    types = sorted(n_true | n_pred)
    scores = {t: _f1(n_right[t], n_true[t], n_pred[t]) for t in types}
    if average is None:
        return scores
    weights = [n_true[t] if average == "weighted" else 1 for t in types]
    if not sum(weights):
        return 0.0
    return float(np.average(list(scores.values()), weights=weights))


def _f1(n_right, n_true, n_pred):
    return 2 * n_right / (n_true + n_pred) if n_true + n_pred else 0.0


def _spans(tags, name):
    """Set of (type, begin, end) that the BIO `tags` mark."""
    spans, begin, current = set(), 0, None
    for t, tag in enumerate([*tags, "O"]):
        prefix, _, kind = str(tag).partition("-")
        if prefix not in ("B", "I", "O") or (prefix == "O") != (kind == ""):
            raise ValueError(
                f"{name} has the tag {str(tag)!r} at step {t}; expected BIO tags: 'O', "
                "'B-type' or 'I-type'."
            )
        kind = kind or None
        if prefix != "I" or kind != current:
            if current is not None:
                spans.add((current, begin, t))
            begin, current = t, kind
    return spans


def _flatten(y_true, y_pred, sample_weight):
    """All steps of all sequences, and a weight for each."""
    y_true, y_pred = _check_pairs(y_true, y_pred)
    if sample_weight is not None:
        check_consistent_length(y_true, sample_weight)
        sample_weight = np.repeat(sample_weight, [len(true) for true in y_true])
    return np.concatenate(y_true), np.concatenate(y_pred), sample_weight


def _check_pairs(y_true, y_pred):
    """Both as lists of arrays, with as many labels in each pair."""
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"y_true holds {len(y_true)} sequences of labels, but y_pred holds "
            f"{len(y_pred)}; expected as many."
        )
    y_true = [np.atleast_1d(true) for true in y_true]
    y_pred = [np.atleast_1d(pred) for pred in y_pred]
    for i, (true, pred) in enumerate(zip(y_true, y_pred)):
        if true.shape != pred.shape:
            raise ValueError(
                f"y_true[{i}] has shape {true.shape}, but y_pred[{i}] has shape "
                f"{pred.shape}; expected a predicted label for every true one."
            )
    return y_true, y_pred


flat_accuracy_scorer = make_scorer(flat_accuracy_score)
flat_f1_scorer = make_scorer(flat_f1_score)
sequence_accuracy_scorer = make_scorer(sequence_accuracy_score)
span_f1_scorer = make_scorer(span_f1_score)
