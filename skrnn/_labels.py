"""Class labels to the numbers that a head takes, and outputs back to labels."""

import numpy as np


def head_for(n_classes):
    """Head and number of outputs: one logistic output tells two classes apart."""
    return ("softmax", n_classes) if n_classes > 2 else ("logistic", 1)


def as_head_target(codes, n_classes):
    """Class numbers (n,) as the head for `n_classes` takes them."""
    if n_classes > 2:
        return codes.astype(np.int32)
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
    if n_classes > 2:
        return outputs.argmax(axis=1)
    return (outputs[:, 0] > 0.5).astype(np.intp)


def check_indicator(y, name):
    """Validate zeros and ones, and return them as bytes."""
    y = np.asarray(y)
    if y.dtype.kind not in "fiub" or not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"{name} is 2-D, which means several labels at once, but holds other "
            "values than 0 and 1. Give one label each as a 1-D sequence, or an "
            "indicator array with a column for each label."
        )
    return y.astype(np.uint8)
