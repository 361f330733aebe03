"""Every container of sequences becomes one `Sequences`, or an error that helps."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from numbers import Number

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, _num_samples

from ._core.packing import Sequences

HOW_TO_SHAPE = (
    "Each sequence is a 2-D array of shape (n_steps, n_features); "
    "a sequence of single numbers is shaped by x.reshape(-1, 1)."
)
HOW_TO_ENCODE = (
    "Encode text and categories as numbers first, or as token ids with embedding_size "
    "set: skrnn.preprocessing.TokenEncoder() does so, before the network in a "
    "pipeline. Numbers that are written as text become numbers by astype(float)."
)
HOW_TO_VECTORIZE = (
    "Encode dicts of features by StepTransformer(DictVectorizer()), before the network "
    "in a pipeline."
)
HOW_TO_TARGET = (
    "Give every step one target, or the same number of them; where the steps bear "
    "different numbers of labels, encode these as zeros and ones in columns "
    "(MultiLabelBinarizer)."
)


@dataclass
class CheckedX:
    """What `check_sequences` makes of `X`.

    Attributes
    ----------
    sequences : Sequences
    given_lengths : ndarray of shape (n_sequences,)
        Number of steps of each sequence as it was given, padding included.
    is_table : bool
        Whether `X` was a 2-D table, read as sequences of one step.
    """

    sequences: Sequences
    given_lengths: np.ndarray
    is_table: bool = False

    @property
    def n_features(self):
        return self.sequences.rows.shape[1]

    def name(self, i):
        """What errors call the targets of sequence `i`; a table's are one."""
        return "y" if self.is_table else f"y[{i}]"

    def place(self, i, step):
        """Where errors say that the target of a step stands."""
        return f"y[{step}]" if self.is_table else f"y[{i}] at step {step}"

    def per_sequence(self, rows):
        """Give the rows back as the caller's sequences.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, ...)
            One for each row of ``sequences.rows``.

        Returns
        -------
        ndarray
            The rows of a table as they are; else a 1-D object array with an array
            for each sequence.
        """
        if self.is_table:
            return rows
        return object_array([rows[span] for span in self.sequences.spans()])


def object_array(items):
    """Put arrays of any shapes into a 1-D object array."""
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def check_sequences(X, *, dtype=None, estimator=None):
    """Validate sequences of numbers and lay their steps end to end.

    Parameters
    ----------
    X : list of (n_steps, n_features) arrays or sparse matrices, 1-D object array of
        them, 3-D array (n_sequences, n_steps, n_features) or 2-D table (n_sequences,
        n_features), which may be sparse, or nested lists of numbers as `tolist` makes
    dtype : dtype, default=None
        To compute in. None: float32 if all of `X` is float32, else float64.
    estimator : estimator, default=None
        Named in errors.

    Returns
    -------
    CheckedX
    """
    if sparse.issparse(X):
        return _check_table(X, dtype, estimator)
    container = _as_container(X)
    if holds_sparse(container):
        return _check_sparse_list(list(container), dtype)
    if isinstance(container, list):
        if _is_nested_table(container):
            return _check_table(X, dtype, estimator)
        return _check_list(container, dtype)
    if container.ndim > 3:
        raise ValueError(
            f"Found array with dim {container.ndim}: X has shape {container.shape}, "
            "but expected (n_sequences, n_steps, n_features). Reshape your data, for "
            "example by X.reshape(len(X), n_steps, -1)."
        )
    if container.dtype == object and container.ndim in (1, 3):
        return _check_list(list(container), dtype)
    if container.ndim == 3:
        return _check_3d(container, dtype)
    _refuse_sequences(container)
    _refuse_text(container)
    return _check_table(X, dtype, estimator)


def check_tokens(X, n_tokens=None):
    """Validate sequences of token ids and lay their steps end to end.

    Parameters
    ----------
    X : list of 1-D or (n_steps, k) integer arrays, 1-D object array of them, or
        integer array of shape (n_sequences, n_steps) or (n_sequences, n_steps, k)
    n_tokens : int, default=None
        Size of the vocabulary. Ids from there on become 0, the unknown token.

    Returns
    -------
    CheckedX
        The rows are ids, of shape (n_rows, k).
    """
    container = _as_container(X)
    if len(container) == 0:
        raise ValueError("Found array with 0 sample(s): X holds no sequence.")
    steps = []
    for i, x in enumerate(container):
        ids = _as_array(x, f"X[{i}]")
        if ids.dtype == object:
            ids = _as_array(ids.tolist(), f"X[{i}]")
        if ids.size == 0:
            raise ValueError(_empty_sequence(i))
        if ids.dtype.kind not in "iu":
            raise ValueError(
                f"X[{i}] has dtype {ids.dtype}, but with embedding_size set, X holds "
                "token ids, which are integers. Encode the tokens as integers from 1 "
                "on (0 is the unknown token; padding is left out, not marked), as "
                "skrnn.preprocessing.TokenEncoder() does, before the network in a "
                "pipeline; or leave embedding_size=None for sequences of numbers."
            )
        if ids.ndim not in (1, 2):
            raise ValueError(
                f"X[{i}] has shape {ids.shape}, but a sequence of token ids is 1-D, or "
                "of shape (n_steps, k) with k ids a step."
            )
        if ids.min() < 0:
            step = int(np.flatnonzero(ids.reshape(len(ids), -1).min(axis=1) < 0)[0])
            raise ValueError(
                f"X[{i}] holds a negative token id at step {step}. Ids are 0 (the "
                "unknown token) and up; padding is left out, not marked."
            )
        steps.append(ids.reshape(len(ids), -1))
    _check_same_width(steps)
    rows = np.concatenate(steps).astype(np.intp, copy=False)
    if n_tokens is not None:
        rows = np.where(rows < n_tokens, rows, 0)
    lengths = np.array([len(ids) for ids in steps])
    return CheckedX(Sequences(rows, _starts(lengths), lengths), lengths)


def _as_container(X):
    """A list, or an array if `X` is one or makes itself one."""
    if isinstance(X, (list, tuple)):
        return list(X)
    if hasattr(X, "__array__"):
        return np.asarray(X)
    is_other = isinstance(X, (str, bytes, Mapping, Set))
    if hasattr(X, "__len__") and hasattr(X, "__iter__") and not is_other:
        return list(X)
    raise ValueError(
        f"Expected X to be a list of sequences or an array, got {type(X).__name__}. "
        + HOW_TO_SHAPE
    )


def with_feature_names(X):
    """What names the features: `X`, or the first of a list of data frames."""
    is_list = isinstance(X, (list, tuple)) and len(X) > 0
    return X[0] if is_list and hasattr(X[0], "columns") else X


def holds_sparse(X):
    """Whether `X` is a sparse table, or a list or object array of sparse sequences."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        return False
    is_list = isinstance(X, (list, tuple, np.ndarray))
    return sparse.issparse(X) or (is_list and any(sparse.issparse(x) for x in X))


def _is_nested_table(X):
    """Whether the list `X` is a table: rows of numbers, all of one length."""
    if not X or not all(isinstance(row, (list, tuple)) and row for row in X):
        return False
    return all(
        len(row) == len(X[0]) and isinstance(row[0], (Number, np.bool_)) for row in X
    )


def _refuse_sequences(X):
    """Refuse a table whose cells are sequences, such as a data frame of one column."""
    if X.dtype == object and X.ndim == 2 and X.size and np.ndim(X.flat[0]):
        raise ValueError(
            f"X has shape {X.shape}, and each cell holds a sequence. Pass the column "
            "that holds them: X[:, 0] of an array, X['name'] of a data frame."
        )


def _refuse_text(X):
    """Refuse text in an array, which NumPy would try to read as numbers."""
    if X.dtype == object:
        for row, values in enumerate(X):
            text = [value for value in values if isinstance(value, (str, bytes))]
            if text:
                raise ValueError(
                    f"X holds text in row {row} ({text[0]!r}), but numbers are "
                    f"expected. {HOW_TO_ENCODE}"
                )
    elif X.dtype.kind in "UST":
        _check_numeric(X, "X")


def _check_table(X, dtype, estimator):
    rows = check_array(
        X,
        accept_sparse="csr",
        dtype=dtype or [np.float64, np.float32],
        order="C",
        estimator=estimator,
        input_name="X",
    )
    lengths = np.ones(rows.shape[0], dtype=np.intp)
    sequences = Sequences(rows, np.arange(len(lengths)), lengths)
    return CheckedX(sequences, lengths, is_table=True)


def _check_3d(X, dtype):
    n_sequences, n_steps, n_features = X.shape
    if n_sequences == 0:
        raise ValueError(f"Found array with 0 sample(s) (shape={X.shape}).")
    if n_steps == 0 or n_features == 0:
        raise ValueError(
            f"X has shape {X.shape}: every sequence needs at least one step and one "
            "feature."
        )
    _check_numeric(X, "X")
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(X, dtype=dtype or _float_dtype([X]))
    lengths = np.full(n_sequences, n_steps)
    return _without_padding(rows.reshape(-1, n_features), lengths)


def _check_list(X, dtype):
    if len(X) == 0:
        raise ValueError("Found array with 0 sample(s): X holds no sequence.")
    steps = [_check_one(x, i) for i, x in enumerate(X)]
    _check_same_width(steps)
    _check_same_columns(X)
    lengths = np.array([len(x) for x in steps])
    rows = np.empty((lengths.sum(), steps[0].shape[1]), dtype or _float_dtype(steps))
    with np.errstate(over="ignore"):
        np.concatenate(steps, out=rows, casting="unsafe")
    return _without_padding(rows, lengths)


def _check_sparse_list(X, dtype):
    for i, x in enumerate(X):
        if not sparse.issparse(x):
            raise TypeError(
                f"X[{i}] is {type(x).__name__}, but others are sparse; all "
                "sequences must be alike. Convert it by scipy.sparse.csr_array."
            )
        if x.shape[0] == 0:
            raise ValueError(_empty_sequence(i))
        _check_numeric(x, f"X[{i}]")
        if not np.isfinite(x.data).all():
            step = int(x.tocoo().coords[0][~np.isfinite(x.tocoo().data)].min())
            raise ValueError(
                f"X[{i}] contains NaN or infinity at step {step}; sparse sequences "
                "have no padding. Replace such values first."
            )
    _check_same_width(X)
    lengths = np.array([x.shape[0] for x in X])
    rows = sparse.vstack(X, format="csr").astype(dtype or _float_dtype(X), copy=False)
    return CheckedX(
        Sequences(sparse.csr_array(rows), _starts(lengths), lengths), lengths
    )


def _check_one(x, i):
    given, x = x, _as_array(x, f"X[{i}]", HOW_TO_SHAPE)
    if x.ndim in (1, 2) and len(x) == 0:
        raise ValueError(_empty_sequence(i))
    if x.dtype != object:
        _check_numeric(x, f"X[{i}]")
    elif x.size and isinstance(x.flat[0], Mapping):
        raise ValueError(
            f"X[{i}] holds dicts, but numbers are expected. {HOW_TO_VECTORIZE}"
        )
    if x.ndim == 0:
        raise ValueError(
            f"X[{i}] is a single {type(given).__name__}, but X holds sequences. "
            f"{HOW_TO_SHAPE} Reshape your data: if X is one sequence, pass a list of "
            "it; if it is a table, a 2-D array."
        )
    if x.ndim != 2:
        raise ValueError(
            f"X[{i}] has shape {x.shape}, but 2 dimensions are expected. "
            f"{HOW_TO_SHAPE} Reshape your data; or set embedding_size if X holds token "
            "ids; or pass a 2-D array if X is a table of one-step sequences."
        )
    if x.shape[1] == 0:
        raise ValueError(
            f"X[{i}] has 0 feature(s) (shape={x.shape}); a minimum of 1 is required."
        )
    return x if x.dtype != object else _object_to_float(x, i)


def _object_to_float(x, i):
    numbers = np.empty(x.shape)
    for step, values in enumerate(x):
        try:
            numbers[step] = values
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"X[{i}] holds what is not a number at step {step}: {error}. "
                + HOW_TO_ENCODE
            ) from error
    return numbers


def _as_array(x, name, hint="Give every step the same number of entries."):
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{name} can't be read as an array, its steps differ in length. {hint}"
        ) from error


def _check_numeric(x, name):
    if x.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {x.dtype}.")
    if x.dtype.kind not in "fiub":
        what = "holds text" if x.dtype.kind in "UST" else "has no numbers"
        raise ValueError(
            f"{name} {what} (dtype {x.dtype}), but numbers are expected. "
            + HOW_TO_ENCODE
        )


def _check_same_width(steps):
    n_features = steps[0].shape[1]
    for i, x in enumerate(steps):
        if x.shape[1] != n_features:
            raise ValueError(
                f"X[{i}] has {x.shape[1]} features a step, but X[0] has {n_features}; "
                "all sequences must have the same number of features."
            )


def _check_same_columns(X):
    columns = [(i, list(x.columns)) for i, x in enumerate(X) if hasattr(x, "columns")]
    for i, names in columns:
        first, expected = columns[0]
        if names != expected:
            raise ValueError(
                f"X[{i}] has the columns {names}, but X[{first}] has {expected}; all "
                "sequences must have the same ones in the same order."
            )


def _float_dtype(arrays):
    """float32 if all is float32, else float64, as scikit-learn has it."""
    is_single = all(x.dtype == np.float32 for x in arrays)
    return np.dtype(np.float32 if is_single else np.float64)


def _starts(lengths):
    return np.cumsum(lengths) - lengths


def _without_padding(rows, lengths):
    """Drop trailing steps that are NaN throughout; refuse all else not finite."""
    starts, given_lengths = _starts(lengths), lengths
    with np.errstate(over="ignore", invalid="ignore"):
        all_finite = np.isfinite(rows.sum())
    if not all_finite:
        lengths = lengths.copy()
        for i, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist())):
            lengths[i] = _finite_length(rows[start : start + length], i)
    return CheckedX(Sequences(rows, starts, lengths), given_lengths)


def _finite_length(x, i):
    """Number of steps before the padding of sequence `i`."""
    is_bad = ~np.isfinite(x)
    if not is_bad.any():
        return len(x)
    is_present = ~np.isnan(x).all(axis=1)
    if not is_present.any():
        raise ValueError(
            f"X[{i}] is NaN in every step, which means padding throughout: it has no "
            "step left. Remove this sequence."
        )
    length = int(np.flatnonzero(is_present)[-1]) + 1
    steps = np.flatnonzero(is_bad[:length].any(axis=1))
    if len(steps):
        step = int(steps[0])
        feature = int(np.flatnonzero(is_bad[step])[0])
        what, remedy = f"infinity or a value too large for {x.dtype}", "."
        if np.isnan(x[step, feature]):
            what = "NaN"
            remedy = (
                " (StepTransformer(SimpleImputer()) imputes them). Only trailing steps "
                "that are NaN in every feature are taken as padding."
            )
        raise ValueError(
            f"X[{i}] contains {what} at step {step}, feature {feature}. Replace or "
            f"drop such values first{remedy}"
        )
    return length


def _empty_sequence(i):
    return (
        f"X[{i}] has no steps (0 sample(s) in this sequence). Every sequence needs at "
        "least one step: remove the empty ones, and their targets."
    )


def check_same_number(X, y):
    """Refuse targets that are not as many as the sequences of the `CheckedX`."""
    if y is None:
        raise ValueError(
            "This estimator requires y to be passed, but the target y is None."
        )
    is_sized = hasattr(y, "__len__") or hasattr(y, "__array__")
    if isinstance(y, (str, bytes)) or not is_sized:
        raise ValueError(
            "Expected y to be array-like with a target for each sequence, got "
            f"{type(y).__name__}."
        )
    n, n_targets = len(X.sequences), _num_samples(y)
    if n != n_targets:
        hint = ""
        if X.is_table:
            hint = " X is 2-D, so each row is one; a single sequence is [X]."
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: X holds "
            f"{n} sequences, y holds {n_targets} targets. One sample is one sequence."
            + hint
        )


def check_weights(sample_weight, X):
    """Validate one weight for each sequence of the `CheckedX`."""
    n = len(X.sequences)
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"sample_weight must hold {n} numbers, one for each sequence, which counts "
            f"for each of its steps: {error}"
        ) from error
    if weights.shape not in ((), (n,)):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, expected ({n},): one number "
            "for each sequence, which counts for each of its steps."
        )
    return _check_sample_weight(
        weights, X.given_lengths, dtype=np.float64, ensure_non_negative=True
    )


def one_each(y):
    """Array of one target for each sequence; None if they are sequences themselves."""
    try:
        y = np.asarray(y)
    except ValueError:
        return None
    if y.dtype == object and any(
        isinstance(target, (list, tuple, np.ndarray)) for target in y.flat
    ):
        return None
    return y


def check_step_targets(y, X):
    """Validate one target, or one row of targets, for every step.

    Parameters
    ----------
    y : list of array-likes of shape (n_steps,) or (n_steps, n_outputs)
        For a table, also a plain array of shape (n,) or (n, n_outputs).
    X : CheckedX

    Returns
    -------
    targets : list of ndarray
        For each sequence its targets, without those of the padding; for a table
        one array for all.
    """
    y = _as_container(y)
    if X.is_table:
        return [_table_step_targets(y)]
    targets = []
    for i, (target, length, given) in enumerate(
        zip(y, X.sequences.lengths.tolist(), X.given_lengths.tolist())
    ):
        target = _as_array(target, f"y[{i}]", HOW_TO_TARGET)
        if target.ndim == 0:
            raise ValueError(
                f"y[{i}] is a single {type(y[i]).__name__}, but X[{i}] has {length} "
                "steps; expected one target for every step. For one target a sequence "
                "see RNNClassifier, and RNNRegressor with per_step=False."
            )
        if target.ndim not in (1, 2) or len(target) not in (length, given):
            raise ValueError(
                f"y[{i}] has shape {target.shape}, but X[{i}] has {length} steps; "
                "expected one target for every step, of shape (n_steps,) or "
                "(n_steps, n_outputs)."
            )
        if targets and target.ndim != targets[0].ndim:
            raise ValueError(
                f"y[{i}] has {target.ndim} dimension(s), but y[0] has "
                f"{targets[0].ndim}; all must be alike."
            )
        targets.append(target[:length])
    return targets


def _table_step_targets(y):
    is_plain = isinstance(y, np.ndarray) and y.dtype != object
    if not is_plain and all(np.ndim(item) and len(item) == 1 for item in y):
        return np.concatenate([np.asarray(item) for item in y])
    targets = _as_array(y, "y", HOW_TO_TARGET)
    if targets.ndim not in (1, 2):
        raise ValueError(
            f"y has shape {targets.shape}, but X is a table, in which every row is a "
            "sequence of one step; expected y of shape (n,) or (n, n_outputs)."
        )
    return targets


def fill_rows(X, targets, shape, dtype):
    """Write the targets of every step beside the rows of `X`.

    Parameters
    ----------
    X : CheckedX
    targets : iterable of ndarray
        Those of each sequence, in the order of `check_step_targets`.
    shape : tuple
        Of one row.
    dtype : dtype

    Returns
    -------
    ndarray of shape (n_rows, *shape)
    """
    rows = np.zeros((X.sequences.rows.shape[0], *shape), dtype=dtype)
    spans = [slice(None)] if X.is_table else X.sequences.spans()
    for span, target in zip(spans, targets):
        rows[span] = target
    return rows
