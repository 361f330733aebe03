"""Steps through any transformer, and other houses' data as lists of sequences."""

import sys
from itertools import chain
from numbers import Number

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Bunch, get_tags
from sklearn.utils._set_output import _safe_set_output
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

__all__ = [
    "StepTransformer",
    "from_channels_first",
    "from_concatenated",
    "from_long_frame",
    "to_channels_first",
    "to_concatenated",
    "to_long_frame",
]


def _inner_has(name):
    """Condition on the fitted transformer, or on the given one before the fit."""

    def check(self):
        getattr(getattr(self, "transformer_", self.transformer), name)
        return True

    return check


class StepTransformer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Apply a transformer of rows to the steps of all sequences at once.

    The steps of all sequences are put together as the rows of one table, the
    transformer is fitted to that table or transforms it, and the rows are given back
    as sequences. So a `StandardScaler` learns one mean for each feature over all
    steps, and a `DictVectorizer` turns each step's dict into a row.

    Parameters
    ----------
    transformer : transformer
        Any scikit-learn transformer of tables (or of lists, one item a step). It is
        cloned; its parameters are reachable as ``transformer__<name>``.

    Attributes
    ----------
    transformer_ : transformer
        The fitted clone.

    n_features_in_ : int
        Number of features a step, where the transformer tells it.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where the transformer tells them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skrnn.preprocessing import StepTransformer
    >>> X = [np.array([[0.0], [2.0]]), np.array([[4.0]])]
    >>> scaled = StepTransformer(StandardScaler()).fit_transform(X)
    >>> [x.round(2).tolist() for x in scaled]
    [[[-1.22], [0.0]], [[1.22]]]
    """

    def __init__(self, transformer):
        self.transformer = transformer

    def fit(self, X, y=None):
        """Fit the transformer to the steps of all sequences.

        Parameters
        ----------
        X : list of sequences
            Each an array or sparse matrix of shape (n_steps, n_features), a data
            frame, or a list with an item for each step, such as a dict. Also a 1-D
            object array of such sequences, a 3-D array, in which trailing steps that
            are NaN in every feature are padding and left out, or a 2-D table.
        y : array-like, default=None
            Handed to the transformer: targets by step as they are, targets by sequence
            repeated for each of its steps.

        Returns
        -------
        self : object
        """
        steps = _Steps(X)
        self.transformer_ = clone(self.transformer)
        self.transformer_.fit(steps.rows, *self._targets(steps, y))
        return self

    @available_if(_inner_has("partial_fit"))
    def partial_fit(self, X, y=None):
        """Update the transformer with the steps of further sequences.

        Parameters
        ----------
        X : list of sequences
            As in `fit`.
        y : array-like, default=None
            As in `fit`.

        Returns
        -------
        self : object
        """
        steps = _Steps(X)
        if not hasattr(self, "transformer_"):
            self.transformer_ = clone(self.transformer)
        self.transformer_.partial_fit(steps.rows, *self._targets(steps, y))
        return self

    def fit_transform(self, X, y=None):
        """Fit the transformer to the steps of all sequences and transform them.

        Parameters
        ----------
        X : list of sequences
            As in `fit`.
        y : array-like, default=None
            As in `fit`.

        Returns
        -------
        X : list of sequences
            As `transform` gives.
        """
        steps = _Steps(X)
        self.transformer_ = clone(self.transformer)
        return steps.give_back(
            self.transformer_.fit_transform(steps.rows, *self._targets(steps, y))
        )

    def transform(self, X):
        """Transform the steps of all sequences.

        Parameters
        ----------
        X : list of sequences
            As in `fit`.

        Returns
        -------
        X : list of arrays or sparse matrices of shape (n_steps, n_features_out)
            For a 3-D array a 3-D array, its padding NaN again; for a table a table.
        """
        inner = self._ready()
        steps = _Steps(X)
        return steps.give_back(inner.transform(steps.rows))

    @available_if(_inner_has("inverse_transform"))
    def inverse_transform(self, X):
        """Undo the transformation of the steps of all sequences.

        Parameters
        ----------
        X : list of sequences
            As `transform` gives them.

        Returns
        -------
        X : list of sequences
        """
        inner = self._ready()
        steps = _Steps(X)
        return steps.give_back(inner.inverse_transform(steps.rows))

    @available_if(_inner_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features=None):
        """Name the features of a transformed step.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features that go in.

        Returns
        -------
        names : ndarray of str
        """
        return self._ready().get_feature_names_out(input_features)

    def set_output(self, *, transform=None):
        """Choose the container of a transformed sequence.

        Parameters
        ----------
        transform : {'default', 'pandas', 'polars'}, default=None
            As in scikit-learn; each sequence becomes one such container. None:
            unchanged.

        Returns
        -------
        self : object
        """
        for transformer in (self.transformer, getattr(self, "transformer_", None)):
            if transformer is not None:
                _safe_set_output(transformer, transform=transform)
        return self

    @property
    def n_features_in_(self):
        """Number of features a step."""
        return self._of_fitted("n_features_in_")

    @property
    def feature_names_in_(self):
        """Names of the columns."""
        return self._of_fitted("feature_names_in_")

    def _of_fitted(self, name):
        if "transformer_" not in vars(self):
            raise AttributeError(f"{name} is there only after fit.")
        return getattr(self.transformer_, name)

    def _ready(self):
        """Return the fitted transformer; a stateless one needs no fit."""
        if get_tags(self.transformer).requires_fit:
            check_is_fitted(self)
        return getattr(self, "transformer_", self.transformer)

    def _targets(self, steps, y):
        return () if y is None else (steps.targets(y),)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags = inner.input_tags
        tags.input_tags.three_d_array = True
        tags.target_tags = inner.target_tags
        tags.transformer_tags = inner.transformer_tags
        tags.no_validation = inner.no_validation
        tags.requires_fit = inner.requires_fit
        return tags


class _Steps:
    """The steps of sequences as one table, and the way back.

    Attributes
    ----------
    rows : array, sparse matrix, data frame or list
        What the inner transformer sees: all steps, without padding.
    """

    def __init__(self, X):
        self._shape = self._is_step = self._lengths = None
        if isinstance(X, np.ndarray) and X.ndim == 3:
            self._shape = X.shape
            rows = X.reshape(-1, X.shape[2])
            self._is_step = _is_step(X).ravel()
            self.rows = rows if self._is_step.all() else rows[self._is_step]
        elif _is_list_of_sequences(X):
            self._lengths = [_length(x, i) for i, x in enumerate(X)]
            self.rows = _stack(list(X))
        else:
            self.rows = X

    def give_back(self, rows):
        """Cut transformed rows into sequences as they were given."""
        if self._shape is not None:
            return self._fill(rows)
        if self._lengths is None:
            return rows
        rows = rows.iloc if hasattr(rows, "iloc") else rows
        stops = np.cumsum(self._lengths).tolist()
        return [rows[i:j] for i, j in zip([0, *stops], stops)]

    def _fill(self, rows):
        rows = rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
        if not self._is_step.all():
            padded = np.full((len(self._is_step), rows.shape[1]), np.nan, rows.dtype)
            padded[self._is_step] = rows
            rows = padded
        return rows.reshape(*self._shape[:2], -1)

    def targets(self, y):
        """Give every step its target: its own, or that of its sequence."""
        if self._lengths is None:
            return y
        if all(
            np.ndim(target) and len(target) == length
            for target, length in zip(y, self._lengths)
        ):
            return np.concatenate(y)
        return np.repeat(y, self._lengths, axis=0)


def _is_list_of_sequences(X):
    """Whether `X` is no table. A list of lists of numbers is one, by its `tolist`."""
    if isinstance(X, np.ndarray):
        return X.ndim == 1 and X.dtype == object
    if not isinstance(X, (list, tuple)):
        return False
    is_row = [isinstance(x, list) and x and isinstance(x[0], Number) for x in X]
    return not all(is_row)


def _is_step(X):
    """Which steps of a 3-D array are no padding, (n_sequences, n_steps)."""
    if X.dtype.kind != "f":
        return np.ones(X.shape[:2], dtype=bool)
    present = ~np.isnan(X).all(axis=2)
    return np.maximum.accumulate(present[:, ::-1], axis=1)[:, ::-1]


def _length(x, i):
    length = x.shape[0] if hasattr(x, "shape") and x.shape else len(x)
    if length == 0:
        raise ValueError(f"X[{i}] has no steps. Remove the empty sequences.")
    return length


def _stack(X):
    """Put the steps of all sequences together."""
    if not X:
        raise ValueError("Found array with 0 sample(s): X holds no sequence.")
    first = X[0]
    if hasattr(first, "columns"):
        return sys.modules[type(first).__module__.partition(".")[0]].concat(X)
    if sparse.issparse(first):
        return sparse.vstack(X, format="csr")
    if isinstance(first, np.ndarray) and first.ndim == 2:
        for i, x in enumerate(X):
            if np.shape(x)[1:] != first.shape[1:]:
                raise ValueError(
                    f"X[{i}] has shape {np.shape(x)}, but X[0] has {first.shape}; all "
                    "sequences must be 2-D with the same number of features."
                )
        return np.concatenate(X)
    return list(chain.from_iterable(X))


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
    if lengths.ndim != 1 or (lengths < 1).any() or lengths.sum() != n_rows:
        raise ValueError(
            f"lengths must be positive and add up to the {n_rows} rows of X; they add "
            f"up to {lengths.sum()}."
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
    lengths = np.array([_length(x, i) for i, x in enumerate(sequences)])
    return _stack(sequences), lengths


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
