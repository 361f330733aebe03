"""Class labels to the numbers that a head takes, and outputs back to labels."""

import numpy as np


def head_for(n_classes):
    """Head and number of outputs: one logistic output tells two classes apart."""
    return ("softmax", n_classes) if n_classes > 2 else ("logistic", 1)


def as_head_target(codes, n_classes):
    """Class numbers (n,) as the head for `n_classes` takes them."""
    if n_classes > 2:
        return codes.astype(np.min_scalar_type(n_classes - 1))
    return codes.astype(np.uint8).reshape(-1, 1)


def probabilities(outputs, n_classes):
    """Outputs (n, n_outputs) as a probability for each class, (n, n_classes)."""
    if n_classes == 1:
        return np.ones_like(outputs)
    if n_classes == 2:
        return np.hstack([1 - outputs, outputs])
    return outputs


def most_likely(outputs, n_classes):
    """Number of the most probable class of every row of `outputs`, (n,)."""
    if n_classes == 2:
        return (outputs[:, 0] > 0.5).astype(np.intp)
    return outputs.argmax(axis=1)


def check_labels(labels, place):
    """Validate labels: none missing, all strings or all numbers.

    Parameters
    ----------
    labels : ndarray of shape (n,)
    place : callable
        ``place(i)`` says in errors where label `i` stands.

    Returns
    -------
    labels : ndarray of shape (n,)
        Of dtype object only if they are strings.
    """
    is_text = None
    if labels.dtype == object:
        missing = [i for i, label in enumerate(labels) if _is_missing(label)]
        is_text = np.array([isinstance(label, (str, bytes)) for label in labels])
    elif labels.dtype.kind == "f":
        missing = np.flatnonzero(~np.isfinite(labels))
    else:
        missing = []
    if len(missing):
        raise ValueError(
            f"{place(missing[0])} is {labels[missing[0]]}, which is no label. Give it "
            "one, or leave the sequence out."
        )
    if is_text is None or is_text.all():
        return labels
    if is_text.any():
        i, j = is_text.argmax(), is_text.argmin()
        raise ValueError(
            f"{place(i)} is the string {labels[i]!r}, but {place(j)} is {labels[j]!r}; "
            "labels are either all strings or all numbers."
        )
    return np.array(labels.tolist())


def codes_of(labels, classes, place):
    """Number the labels by their place in the sorted `classes`, (n,).

    `place` is as in `check_labels`.
    """
    codes = np.searchsorted(classes, labels)
    is_known = classes[np.minimum(codes, len(classes) - 1)] == labels
    if not np.all(is_known):
        i = int(np.argmin(is_known))
        raise ValueError(
            f"{place(i)} is {labels[i]!r}, which is not among the classes "
            f"{classes.tolist()}. Pass all labels as classes in the first call to "
            "partial_fit, or fit anew."
        )
    return codes


def _is_missing(label):
    if label is None or type(label).__name__ == "NAType":
        return True
    return isinstance(label, (float, np.floating)) and not np.isfinite(label)


def check_indicator(y, name):
    """Validate zeros and ones, and return them as bytes."""
    y = np.asarray(y)
    if y.dtype.kind not in "fiub" or not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"{name} is 2-D, which means several labels at once, but holds other "
            "values than 0 and 1. Give one label each as a 1-D sequence, or an "
            "indicator array with a column for each label (MultiLabelBinarizer)."
        )
    return y.astype(np.uint8)
