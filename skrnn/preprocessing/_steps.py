"""The steps of sequences through any transformer."""

from numbers import Number

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils._set_output import _safe_set_output
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._rows import StepsOfSequences, length_of, stack


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

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
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
            Without padding; for a table a table. `sklearn.pipeline.FeatureUnion` joins
            such lists step by step.
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
        self._lengths = None
        if isinstance(X, np.ndarray) and X.ndim == 3:
            X = _without_padding(X)
        if _is_list_of_sequences(X):
            self._lengths = [length_of(x, i) for i, x in enumerate(X)]
            self.rows = stack(list(X))
        else:
            self.rows = X

    def give_back(self, rows):
        """Cut transformed rows into sequences; those of a table stay one."""
        if self._lengths is None:
            return rows
        rows = rows.iloc if hasattr(rows, "iloc") else rows
        stops = np.cumsum(self._lengths).tolist()
        return StepsOfSequences(rows[i:j] for i, j in zip([0, *stops], stops))

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


def _without_padding(X):
    """Cut trailing steps that are NaN in every feature off a 3-D array's sequences."""
    if X.dtype.kind != "f":
        return list(X)
    is_present = ~np.isnan(X).all(axis=2)
    lengths = X.shape[1] - is_present[:, ::-1].argmax(axis=1)
    return [x[: n * p.any()] for x, n, p in zip(X, lengths.tolist(), is_present)]
