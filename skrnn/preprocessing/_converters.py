"""Other houses' data as lists of sequences, and back."""

import numpy as np
from sklearn.utils import Bunch

from ._rows import length_of, stack


def from_concatenated(X, lengths):
    """Cut rows that stand end to end into sequences, as hmmlearn has them.

    Parameters
    ----------
    X : array or sparse matrix of shape (sum of lengths, n_features), or list
        The steps of all sequences, or their targets.
    lengths : array-like of int of shape (n_sequences,)
        Number of steps of each sequence.

    Returns
    -------
    sequences : list
        Views of the rows of each sequence.

    Raises
    ------
    ValueError
        When the lengths do not add up to the number of rows.

    See Also
    --------
    to_concatenated : The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import from_concatenated
    >>> [len(x) for x in from_concatenated(np.zeros((5, 2)), [2, 3])]
    [2, 3]
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    lengths = np.asarray(lengths)
    if lengths.ndim != 1 or lengths.sum() != n_rows:
        raise ValueError(
            f"lengths must be one number for each sequence and add up to the {n_rows} "
            f"rows of X; they add up to {lengths.sum()}."
        )
    if (lengths < 1).any():
        i = int(np.argmax(lengths < 1))
        raise ValueError(
            f"lengths[{i}] is {lengths[i]}, but every sequence needs at least one "
            "step: remove it, and its target."
        )
    stops = np.cumsum(lengths).tolist()
    return [X[i:j] for i, j in zip([0, *stops], stops)]


def to_concatenated(sequences):
    """Put sequences end to end, as hmmlearn and seqlearn have them.

    Parameters
    ----------
    sequences : list of arrays or sparse matrices of shape (n_steps, n_features)

    Returns
    -------
    X : array or sparse matrix of shape (sum of lengths, n_features)
    lengths : ndarray of shape (n_sequences,)

    See Also
    --------
    from_concatenated : The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import to_concatenated
    >>> X, lengths = to_concatenated([np.zeros((2, 2)), np.ones((3, 2))])
    >>> X.shape, lengths.tolist()
    ((5, 2), [2, 3])
    """
    sequences = list(sequences)
    lengths = np.array([length_of(x, i) for i, x in enumerate(sequences)])
    return stack(sequences), lengths


def from_channels_first(X):
    """Turn series with channels before time, as aeon and sktime have them, round.

    Parameters
    ----------
    X : array of shape (n_sequences, n_features, n_steps), or list of arrays of shape
        (n_features, n_steps)

    Returns
    -------
    sequences : list of ndarray of shape (n_steps, n_features)

    Raises
    ------
    ValueError
        When a series is not 2-D.

    See Also
    --------
    to_channels_first : The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import from_channels_first
    >>> [x.shape for x in from_channels_first(np.zeros((4, 3, 10)))][:1]
    [(10, 3)]
    """
    return [np.ascontiguousarray(_two_d(x, i).T) for i, x in enumerate(X)]


def to_channels_first(sequences):
    """Turn sequences into series with channels before time, as aeon has them.

    Parameters
    ----------
    sequences : list of arrays of shape (n_steps, n_features)

    Returns
    -------
    X : ndarray of shape (n_sequences, n_features, n_steps), or list
        A list of arrays (n_features, n_steps) where the lengths differ.

    See Also
    --------
    from_channels_first : The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import to_channels_first
    >>> to_channels_first([np.zeros((10, 3)), np.ones((10, 3))]).shape
    (2, 3, 10)
    """
    series = from_channels_first(sequences)
    if len({x.shape for x in series}) == 1:
        return np.stack(series)
    return series


def _two_d(x, i):
    x = np.asarray(x)
    if x.ndim != 2:
        raise ValueError(
            f"X[{i}] has shape {x.shape}; expected 2-D, (n_features, n_steps). A "
            "series with one channel is shaped by x.reshape(1, -1)."
        )
    return x


def from_long_frame(frame, *, by, time=None, columns=None, target=None, per_step=False):
    """Cut a long table, one row for each step, into sequences.

    Parameters
    ----------
    frame : pandas or polars data frame
    by : str
        Column that tells which sequence a row belongs to.
    time : str, default=None
        Column that orders the rows of a sequence; None: they are in order.
    columns : list of str, default=None
        The features; None: all columns but those named otherwise.
    target : str, default=None
        Column of the targets.
    per_step : bool, default=False
        Whether there is a target for every step. If False, the target must be the same
        in all rows of a sequence.

    Returns
    -------
    data : Bunch
        ``X`` (list of arrays), ``y`` (array, or list of arrays with `per_step`; None
        without `target`), ``groups`` (the value of `by` for each sequence, in the order
        of their first rows), ``times`` (list of arrays, None without `time`) and
        ``feature_names`` (list of str).

    Raises
    ------
    ValueError
        When a column is not there, or a sequence has several targets without
        `per_step`.

    See Also
    --------
    to_long_frame : The inverse.

    Examples
    --------
    >>> import pandas as pd
    >>> from skrnn.preprocessing import from_long_frame
    >>> frame = pd.DataFrame(
    ...     {"unit": ["a", "b", "a"], "hour": [2, 1, 1], "temperature": [3.0, 9.0, 4.0]}
    ... )
    >>> data = from_long_frame(frame, by="unit", time="hour")
    >>> data.groups.tolist(), data.X[0].tolist()
    (['a', 'b'], [[4.0], [3.0]])
    """
    names = [name for name in (by, time, target) if name is not None]
    if columns is None:
        columns = [name for name in frame.columns if name not in names]
    for name in [*names, *columns]:
        if name not in frame.columns:
            raise ValueError(
                f"frame has no column {name!r}; its columns are {list(frame.columns)}."
            )
    values, first, code = np.unique(
        np.asarray(frame[by]), return_index=True, return_inverse=True
    )
    rank = np.argsort(np.argsort(first))[code]
    keys = (rank,) if time is None else (np.asarray(frame[time]), rank)
    order = np.lexsort(keys)
    lengths = np.bincount(rank)

    def cut(rows):
        return from_concatenated(rows[order], lengths)

    y = None
    if target is not None:
        y = cut(np.asarray(frame[target]))
        y = y if per_step else _one_each(y, values[np.argsort(first)], target)
    return Bunch(
        X=cut(np.column_stack([np.asarray(frame[name]) for name in columns])),
        y=y,
        groups=values[np.argsort(first)],
        times=None if time is None else cut(np.asarray(frame[time])),
        feature_names=list(columns),
    )


def _one_each(targets, groups, name):
    for target, group in zip(targets, groups):
        if (target != target[0]).any():
            raise ValueError(
                f"Sequence {group!r} has several values of {name!r}. Set per_step=True "
                "for a target at every step, or give one value throughout."
            )
    return np.array([target[0] for target in targets])


def to_long_frame(X, *, groups=None, times=None, feature_names=None):
    """Put sequences into a long table, one row for each step.

    Parameters
    ----------
    X : list of arrays of shape (n_steps, n_features)
    groups : array-like of shape (n_sequences,), default=None
        Name of each sequence; None: its number.
    times : list of array-likes of shape (n_steps,), default=None
        Time of each step; None: its number within the sequence.
    feature_names : list of str, default=None
        Names of the feature columns; None: ``x0``, ``x1`` and so on.

    Returns
    -------
    columns : dict of str to ndarray
        ``group``, ``time`` and the features, which `pandas.DataFrame` and
        `polars.DataFrame` take as it is.

    See Also
    --------
    from_long_frame : The inverse, with ``by="group", time="time"``.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import to_long_frame
    >>> columns = to_long_frame([np.zeros((2, 1)), np.ones((1, 1))])
    >>> {name: column.tolist() for name, column in columns.items()}
    {'group': [0, 0, 1], 'time': [0, 1, 0], 'x0': [0.0, 0.0, 1.0]}
    """
    rows, lengths = to_concatenated(X)
    if groups is None:
        groups = np.arange(len(lengths))
    if times is None:
        times = [np.arange(length) for length in lengths]
    if feature_names is None:
        feature_names = [f"x{j}" for j in range(rows.shape[1])]
    return {
        "group": np.repeat(groups, lengths),
        "time": np.concatenate(times),
        **dict(zip(feature_names, rows.T)),
    }
