"""What a new user may get wrong, and how the errors put it right."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn._validation import check_sequences, check_step_targets, check_tokens

from .sequences import object_array, pad, ragged, tokens

LENGTHS = (3, 5, 2, 4)
LABELS = ["a", "b", "a", "b"]
TAGS = [["a", "b", "a", "b", "a"][:n] for n in LENGTHS]
NUMBERS = [0.5, -1.0, 2.0, 0.0]
PATHS = [np.arange(n) / 2 for n in LENGTHS]

BASE = {"hidden_size": 2, "max_iter": 1, "n_iter_no_change": np.inf}
CLASSIFIER = RNNClassifier(**BASE)
TOKEN_CLASSIFIER = RNNClassifier(**BASE, embedding_size=2)
TAGGER = RNNTagger(**BASE)
REGRESSOR = RNNRegressor(**BASE)
STEP_REGRESSOR = RNNRegressor(**BASE, per_step=True)


def good():
    return ragged(LENGTHS)


def with_value(value, sequence=2, where=(1, 0)):
    """Good sequences but for a value in one of them."""
    X = good()
    X[sequence][where] = value
    return X


def with_item(item, items=None, sequence=2):
    """Good items but for one of them."""
    items = list(good() if items is None else items)
    items[sequence] = item
    return items


def refused(estimator, X, y, *fragments, error=ValueError, **fit_params):
    """Assert that `fit` refuses the input in so many words, and leaves no trace."""
    estimator = clone(estimator)
    with pytest.raises(error) as caught:
        estimator.fit(X, y, **fit_params)
    message = str(caught.value)
    for fragment in fragments:
        assert fragment in message, message
    with pytest.raises(NotFittedError):
        estimator.predict(good())


# -- the shape of X ----------------------------------------------------------------

RESHAPE = ["2-D array of shape (n_steps, n_features)", "x.reshape(-1, 1)", "Reshape"]


@pytest.mark.parametrize(
    "X",
    [
        [x[:, 0] for x in good()],
        [x[:, 0].tolist() for x in good()],
        object_array([x[:, 0] for x in good()]),
        pd.Series([x[:, 0] for x in good()]),
    ],
    ids=["arrays", "lists", "object array", "series"],
)
def test_sequences_of_single_numbers(X):
    refused(CLASSIFIER, X, LABELS, "X[0] has shape (3,)", *RESHAPE)


def test_list_of_rows_of_a_table():
    X = list(np.ones((4, 3)))
    refused(CLASSIFIER, X, LABELS, "X[0] has shape (3,)", "pass a 2-D array", "table")


@pytest.mark.parametrize("X", [[1, 2, 3, 4], [1.5, 2.5, 3.5, 4.5], [None] * 4])
def test_list_of_single_numbers(X):
    what = f"X[0] is a single {type(X[0]).__name__}, but X holds sequences"
    refused(CLASSIFIER, X, LABELS, what, *RESHAPE, "pass a list of it")


def test_array_of_single_numbers():
    refused(CLASSIFIER, np.arange(4.0), LABELS, "Expected 2D array, got 1D", "Reshape")


def test_lone_sequence_is_a_table_of_too_many():
    X = good()[1]
    refused(CLASSIFIER, X, ["a"], "X holds 5 sequences, y holds 1 targets")


def test_one_sequence_deeper_than_two():
    X = with_item(np.ones((3, 2, 1)))
    refused(CLASSIFIER, X, LABELS, "X[2] has shape (3, 2, 1)", "2 dimensions", *RESHAPE)


def test_array_deeper_than_three():
    X = np.ones((4, 5, 2, 2))
    expected = "(n_sequences, n_steps, n_features)"
    refused(
        CLASSIFIER, X, LABELS, "dim 4", "(4, 5, 2, 2)", expected, "X.reshape(len(X)"
    )
    refused(
        TOKEN_CLASSIFIER, X.astype(int), LABELS, "X[0] has shape (5, 2, 2)", "k ids"
    )


def test_steps_of_different_widths():
    X = with_item([[1.0, 2.0], [3.0]])
    refused(CLASSIFIER, X, LABELS, "X[2] can't be read as an array", *RESHAPE[:2])
    X = with_item([[1, 2], [3]], tokens(LENGTHS))
    refused(TOKEN_CLASSIFIER, X, LABELS, "X[2] can't be read", "same number of entries")


def test_sequences_of_different_widths():
    X = with_item(np.ones((3, 5)))
    refused(
        CLASSIFIER, X, LABELS, "X[2] has 5 features a step, but X[0] has 2", "the same"
    )
    X = with_item(np.ones((3, 2), dtype=int), tokens(LENGTHS))
    refused(TOKEN_CLASSIFIER, X, LABELS, "X[2] has 2 features", "X[0] has 1")


def test_sequences_without_features():
    X = [np.ones((n, 0)) for n in LENGTHS]
    refused(CLASSIFIER, X, LABELS, "X[0] has 0 feature(s)", "minimum of 1")
    refused(CLASSIFIER, np.ones((4, 3, 0)), LABELS, "(4, 3, 0)", "one feature")
    refused(CLASSIFIER, np.ones((4, 0)), LABELS, "0 feature(s)", "minimum of 1")


@pytest.mark.parametrize("empty", [np.empty((0, 2)), np.empty(0), [], [[]][:0]])
@pytest.mark.parametrize("estimator", [CLASSIFIER, TAGGER, TOKEN_CLASSIFIER], ids=repr)
def test_empty_sequence(estimator, empty):
    X = tokens(LENGTHS) if estimator is TOKEN_CLASSIFIER else good()
    y = LABELS if estimator is not TAGGER else with_item([], TAGS)
    X = with_item(empty, X)
    refused(estimator, X, y, "X[2] has no steps", "remove the empty ones")


@pytest.mark.parametrize("estimator", [CLASSIFIER, TOKEN_CLASSIFIER], ids=repr)
def test_no_sequences(estimator):
    for X in ([], (), np.empty((0, 2)), np.empty((0, 3, 2)), object_array([])):
        refused(estimator, X, [], "Found array with 0 sample(s)")


def test_three_d_without_steps():
    X = np.ones((4, 0, 2))
    refused(CLASSIFIER, X, LABELS, "(4, 0, 2)", "at least one step")


@pytest.mark.parametrize("X", [{"a": [1]}, {1, 2}, (x for x in good()), 3, None, len])
@pytest.mark.parametrize("estimator", [CLASSIFIER, TOKEN_CLASSIFIER], ids=repr)
def test_what_is_no_list(estimator, X):
    got = f"Expected X to be a list of sequences or an array, got {type(X).__name__}"
    refused(estimator, X, LABELS, got)


# -- values of X -------------------------------------------------------------------

PADDING = "Only trailing steps that are NaN in every feature are taken as padding"


@pytest.mark.parametrize("container", [list, pad, object_array])
@pytest.mark.parametrize(
    ("where", "what"),
    [
        ((1, 1), "X[2] contains NaN at step 1, feature 1"),
        ((0, slice(None)), "X[2] contains NaN at step 0, feature 0"),
        ((1, 0), "X[2] contains NaN at step 1, feature 0"),
    ],
)
def test_nan_inside(container, where, what):
    X = container(with_value(np.nan, where=where))
    refused(CLASSIFIER, X, LABELS, what, PADDING, "Replace or drop", "SimpleImputer")


@pytest.mark.parametrize("container", [list, pad, object_array])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity(container, value):
    X = container(with_value(value, where=(1, 1)))
    what = (
        "X[2] contains infinity or a value too large for float64 at step 1, feature 1"
    )
    refused(CLASSIFIER, X, LABELS, what, "Replace or drop such values first.")
    X = container(with_value(value, where=(-1, slice(None))))
    refused(CLASSIFIER, X, LABELS, "infinity", "at step 1, feature 0")


def test_numbers_too_large_for_single_precision():
    what = (
        "X[1] contains infinity or a value too large for float32 at step 2, feature 0"
    )
    model = RNNClassifier(**BASE, dtype="float32")
    X = with_value(1e300, 1, (2, 0))
    refused(model, X, LABELS, what)
    refused(model, pad(X), LABELS, what)


@pytest.mark.parametrize("container", [list, pad, object_array])
def test_sequence_of_padding_alone(container):
    X = container(with_value(np.nan, where=slice(None)))
    refused(CLASSIFIER, X, LABELS, "X[2] is NaN in every step", "padding", "Remove")


def test_missing_values_in_a_table():
    refused(CLASSIFIER, np.array([[1, np.nan]] * 4), LABELS, "Input X contains NaN")
    refused(
        CLASSIFIER, np.array([[1, np.inf]] * 4), LABELS, "Input X contains infinity"
    )


ENCODE = [
    "numbers are expected",
    "as token ids with embedding_size",
    "TokenEncoder()",
    "astype(float)",
]
TEXTS = ["a good film", "a bad film", "good", "bad"]


@pytest.mark.parametrize("X", [TEXTS, np.array(TEXTS), pd.Series(TEXTS)], ids=type)
def test_texts(X):
    refused(CLASSIFIER, X, LABELS, "holds text", *ENCODE)


@pytest.mark.parametrize("X", [TEXTS, np.array(TEXTS), pd.Series(TEXTS)], ids=type)
def test_texts_with_embedding(X):
    what = ["X[0] has dtype", "token ids", "integers", "TokenEncoder()"]
    refused(TOKEN_CLASSIFIER, X, LABELS, *what)


@pytest.mark.parametrize("estimator", [CLASSIFIER, TOKEN_CLASSIFIER], ids=repr)
def test_one_text(estimator):
    refused(
        estimator, "text", LABELS, "Expected X to be a list of sequences", "got str"
    )


def test_strings_where_numbers_belong():
    words = [text.split() for text in TEXTS]
    for X in (words, [list("ab")] * 4, object_array(words)):
        refused(CLASSIFIER, X, LABELS, "X[0] holds text (dtype <U", *ENCODE)
    X = with_item(np.array([["1", "2"]]))
    refused(CLASSIFIER, X, LABELS, "X[2] holds text (dtype <U1)", *ENCODE)
    X = np.full((4, 3, 2), "1")
    refused(CLASSIFIER, X, LABELS, "X holds text (dtype <U1)", *ENCODE)
    X = with_item(np.array([[1, 2], [3, "many"]], dtype=object))
    refused(CLASSIFIER, X, LABELS, "X[2]", "at step 1", "'many'", ENCODE[1])


@pytest.mark.parametrize(
    "container", [pd.DataFrame, lambda d: pd.DataFrame(d).astype(object).to_numpy()]
)
def test_strings_in_a_table(container):
    X = container({"size": [1.0, 2.0, 3.0, 4.0], "colour": [1, 2, "red", 4]})
    refused(CLASSIFIER, X, LABELS, "X holds text in row 2 ('red')", *ENCODE)
    refused(CLASSIFIER, np.full((4, 2), "red"), LABELS, "X holds text", *ENCODE)


@pytest.mark.parametrize("n_steps", [1, 2])
def test_dicts_of_features(n_steps):
    X = [[{"word": "a"}, {"word": "b"}][:n_steps]] * 4
    what = ["X[0] holds dicts", "StepTransformer(DictVectorizer())", "in a pipeline"]
    refused(CLASSIFIER, X, LABELS, *what)
    refused(CLASSIFIER, [object_array(x) for x in X], LABELS, *what)


def test_dates():
    X = [np.full((n, 1), np.datetime64("2020-01-01")) for n in LENGTHS]
    refused(CLASSIFIER, X, LABELS, "X[0] has no numbers (dtype datetime64[D])")


def test_complex_numbers():
    X = [x * 1j for x in good()]
    refused(CLASSIFIER, X, LABELS, "Complex data not supported", "X[0]", "complex128")
    X = np.ones((4, 3, 2), dtype=complex)
    refused(CLASSIFIER, X, LABELS, "Complex data not supported", "X has dtype")
    refused(CLASSIFIER, X[:, 0], LABELS, "Complex data not supported")


def test_sparse_and_dense_sequences_in_one_list():
    X = [sparse.csr_array(x) if i else x for i, x in enumerate(good())]
    refused(CLASSIFIER, X, LABELS, "X[0] is ndarray", "others", "csr", error=TypeError)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_values_in_a_sparse_sequence(value):
    X = [sparse.csr_array(x) for x in good()]
    X[2] = sparse.csr_array([[1.0, 0.0], [0.0, value]])
    what = "X[2] contains NaN or infinity at step 1"
    refused(CLASSIFIER, X, LABELS, what, "no padding", "Replace")
    refused(CLASSIFIER, sparse.csr_array([[1, value]] * 4), LABELS, "Input X contains")


def test_sparse_sequences_of_other_shapes():
    X = [sparse.csr_array(x) for x in good()]
    message = "X[2] has 5 features a step, but X[0] has 2"
    wider = with_item(sparse.csr_array(np.ones((2, 5))), X)
    refused(CLASSIFIER, wider, LABELS, message, "the same number of features")
    empty = with_item(sparse.csr_array((0, 2)), X)
    refused(CLASSIFIER, empty, LABELS, "X[2] has no steps", "remove the empty ones")
    complex_ones = [x * 1j for x in X]
    refused(CLASSIFIER, complex_ones, LABELS, "Complex data not supported", "X[0]")


# -- tokens ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "X", [tokens(LENGTHS), [ids.tolist() for ids in tokens(LENGTHS)]]
)
def test_token_ids_without_embedding(X):
    refused(CLASSIFIER, X, LABELS, "X[0] has shape (3,)", "embedding_size", "token ids")


@pytest.mark.parametrize(
    "X",
    [good(), pad(good()), np.ones((4, 3)), with_item([1.0, 2.0], tokens(LENGTHS), 0)],
)
def test_numbers_with_embedding(X):
    what = "X[0] has dtype float64, but with embedding_size set, X holds token ids"
    refused(TOKEN_CLASSIFIER, X, LABELS, what, "integers from 1", "embedding_size=None")


def test_words_with_embedding():
    X = [text.split() for text in TEXTS]
    refused(
        TOKEN_CLASSIFIER,
        X,
        LABELS,
        "X[0] has dtype <U4",
        "Encode the tokens as integers",
    )


def test_padded_ids():
    X = pad([ids.astype(float) for ids in tokens(LENGTHS)])
    refused(TOKEN_CLASSIFIER, X, LABELS, "X[0]", "padding is left out, not marked")
    X = pad(tokens(LENGTHS), value=-1)
    what = "X[0] holds a negative token id at step 3"
    refused(TOKEN_CLASSIFIER, X, LABELS, what, "padding is left out", "unknown token")


@pytest.mark.parametrize("ids", [[1, 2, -7, -3], [[1, 2], [0, 0], [1, -1]]])
def test_negative_ids(ids):
    X = [ids] * 4
    what = "X[0] holds a negative token id at step 2"
    refused(TOKEN_CLASSIFIER, X, LABELS, what, "Ids are 0 (the unknown token) and up")


def test_lone_ids():
    refused(TOKEN_CLASSIFIER, [1, 2, 3, 4], LABELS, "X[0] has shape ()", "is 1-D")


# -- X at predict ------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_other_features_at_predict(method):
    model = RNNClassifier(**BASE).fit(good(), LABELS)
    other = ragged(LENGTHS, n_features=3)
    args = (other, LABELS) if method == "score" else (other,)
    message = "X has 3 features, but RNNClassifier is expecting 2 features as input"
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(*args)
    with pytest.raises(
        ValueError, match=r"X\[1\] has 3 features a step, but X\[0\] has"
    ):
        model.predict([good()[0], other[1]])
    with pytest.raises(ValueError, match=r"X\[2\] contains NaN at step 1, feature 0"):
        model.predict(with_value(np.nan))
    with pytest.raises(ValueError, match="0 sample"):
        model.predict([])


@pytest.mark.parametrize("method", ["predict", "partial_fit"])
def test_one_sequence_at_predict(method):
    model = RNNTagger(**BASE).fit(good(), TAGS)
    args = (good()[1], TAGS[1]) if method == "partial_fit" else (good()[1],)
    message = (
        r"X is 2-D, and so 5 sequences of one step; RNNTagger was fitted on sequences "
        r"of up to 5. If X is one sequence, pass a list of it, \[X\]"
    )
    with pytest.warns(UserWarning, match=message):
        getattr(model, method)(*args)
    with pytest.warns(UserWarning, match=message):
        model.partial_fit([x[:1] for x in good()], [tag[:1] for tag in TAGS]).predict(
            good()[1]
        )


def test_tables_at_fit_and_predict():
    table = np.ones((4, 2))
    model = RNNClassifier(**BASE).fit(table, LABELS)
    assert model.predict(table).shape == (4,)
    assert model.predict(good()).shape == (4,)
    assert RNNClassifier(**BASE).fit(good(), LABELS).predict([table]).shape == (1,)


def test_other_ids_a_step_at_predict():
    model = RNNClassifier(**BASE, embedding_size=2).fit(tokens(LENGTHS), LABELS)
    with pytest.raises(ValueError, match="X has 2 features, but .* expecting 1"):
        model.predict([np.ones((3, 2), dtype=int)])
    with pytest.raises(ValueError, match="X.0. has dtype float64"):
        model.predict([np.ones(3)])


# -- y -----------------------------------------------------------------------------

ALL = [CLASSIFIER, TAGGER, REGRESSOR, STEP_REGRESSOR]
BY_STEP = [TAGGER, STEP_REGRESSOR]
AT_ONCE = [CLASSIFIER, REGRESSOR]


def targets(estimator):
    """Good ones."""
    return {
        id(CLASSIFIER): LABELS,
        id(TAGGER): TAGS,
        id(REGRESSOR): NUMBERS,
        id(STEP_REGRESSOR): PATHS,
    }[id(estimator)]


def of_each(estimators):
    return pytest.mark.parametrize("estimator", estimators, ids=repr)


@of_each(ALL)
def test_no_targets(estimator):
    message = "requires y to be passed, but the target y is None"
    refused(estimator, good(), None, message)


@of_each(ALL)
@pytest.mark.parametrize("y", ["text", 1, 2.5, iter("ab")])
def test_what_is_no_list_of_targets(estimator, y):
    expected = "Expected y to be array-like with a target for each sequence"
    refused(estimator, good(), y, expected, f"got {type(y).__name__}")


@of_each(ALL)
def test_other_number_of_targets(estimator):
    y = targets(estimator)
    message = "inconsistent numbers of samples: X holds 4 sequences, y holds 3 targets"
    refused(estimator, good(), y[:3], message, "One sample is one sequence")
    model = type(estimator)(**estimator.get_params()).fit(good(), y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(good(), y[:3])


@of_each(ALL)
def test_one_sequence_that_stands_in_no_list(estimator):
    what = "y holds 1 targets. One sample is one sequence. X is 2-D, so each row is one"
    refused(
        estimator, good()[0], targets(estimator)[:1], what, "a single sequence is [X]"
    )


@pytest.mark.parametrize(
    "container", [lambda x: pd.DataFrame({"series": x}), lambda x: x[:, None]]
)
def test_a_column_of_sequences(container):
    X = container(object_array(good()))
    refused(CLASSIFIER, X, LABELS, "X has shape (4, 1)", "Pass the column", "X['name']")


@of_each(BY_STEP)
def test_targets_of_another_length_than_the_sequence(estimator):
    y = targets(estimator)
    for wrong in (y[1][:4], [*y[1], y[1][0]]):
        got = f"y[1] has shape ({len(wrong)},), but X[1] has 5 steps"
        refused(estimator, good(), with_item(wrong, y, 1), got, "one target for every")
    model = type(estimator)(**estimator.get_params()).fit(good(), y)
    with pytest.raises(ValueError, match=r"y\[1\] has shape \(4,\), but X\[1\] has 5"):
        model.score(good(), with_item(y[1][:4], y, 1))


@of_each(BY_STEP)
def test_targets_that_fit_neither_the_steps_nor_the_padding(estimator):
    y = with_item(
        list(targets(estimator)[2]) + [targets(estimator)[2][0]], targets(estimator)
    )
    refused(estimator, pad(good()), y, "y[2] has shape (3,), but X[2] has 2 steps")


@of_each(BY_STEP)
@pytest.mark.parametrize("y", [LABELS, [1, 0, 1, 0], NUMBERS])
def test_one_target_each_where_every_step_needs_one(estimator, y):
    got = f"y[0] is a single {type(y[0]).__name__}, but X[0] has 3 steps"
    refused(estimator, good(), y, got, "RNNClassifier", "per_step=False")


@of_each(BY_STEP)
def test_targets_of_different_depth(estimator):
    y = [np.ones((n, 2), dtype=int) for n in LENGTHS]
    y[3] = np.ones(4, dtype=int)
    refused(estimator, good(), y, "y[3] has 1 dimension(s), but y[0] has 2")
    y[3] = np.ones((4, 3), dtype=int)
    refused(estimator, good(), y, "y[3] has 3", "y[0] has 2", "same columns")
    y[3] = np.ones((4, 2, 2), dtype=int)
    refused(estimator, good(), y, "y[3] has shape (4, 2, 2)", "(n_steps, n_outputs)")


@of_each(BY_STEP)
def test_steps_with_different_numbers_of_targets(estimator):
    y = with_item([[1], [1, 0]], targets(estimator))
    refused(estimator, good(), y, "y[2] can't be read", "MultiLabelBinarizer")


@of_each(BY_STEP)
def test_targets_of_a_table_deeper_than_two(estimator):
    y = np.ones((4, 2, 2), dtype=int)
    refused(estimator, np.ones((4, 3)), y, "y has shape (4, 2, 2)", "X is a table")


def test_targets_for_every_step_where_one_each_is_due():
    for y in (TAGS, [np.array(tags) for tags in TAGS], object_array(TAGS)):
        refused(
            CLASSIFIER,
            good(),
            y,
            "y should be a 1d array, got a sequence of labels for each sequence",
            "RNNTagger",
            "MultiLabelBinarizer",
        )
    refused(
        CLASSIFIER, good(), np.arange(12).reshape(4, 3), "shape (4, 3)", "RNNTagger"
    )
    for y in (PATHS, [path.tolist() for path in PATHS], object_array(PATHS)):
        refused(REGRESSOR, good(), y, "a sequence of targets", "Set per_step=True")


def test_indicators_of_other_values():
    y = np.array([[1, 2], [2, 1], [1, 1], [2, 2]])
    refused(CLASSIFIER, good(), y, "y is 2-D", "several labels at once", "0 and 1")
    y = [np.full((n, 2), 1 + (i == 1)) for i, n in enumerate(LENGTHS)]
    refused(TAGGER, good(), y, "y[1] is 2-D", "several labels at once", "0 and 1")
    refused(TAGGER, np.ones((4, 2)), np.full((4, 2), 3), "y is 2-D", "0 and 1")


@pytest.mark.parametrize("nothing", [np.nan, None, pd.NA, float("inf")])
def test_missing_labels(nothing):
    y = np.array(with_item(nothing, LABELS), dtype=object)
    refused(CLASSIFIER, good(), y, f"y[2] is {nothing}, which is no label", "leave")
    y = with_item(np.array(["a", nothing, "b", "a"], dtype=object), TAGS, 3)
    refused(
        TAGGER, good(), y, f"y[3] at step 1 is {nothing}, which is no label", "Give"
    )
    y = np.array(with_item(nothing, LABELS), dtype=object)
    refused(TAGGER, np.ones((4, 2)), y, f"y[2] is {nothing}, which is no label")


@pytest.mark.parametrize("nothing", [np.nan, np.inf])
def test_missing_numbers(nothing):
    y = with_item(nothing, [0.0, 1.0, 0.0, 1.0])
    refused(CLASSIFIER, good(), y, f"y[2] is {nothing}, which is no label")
    refused(REGRESSOR, good(), y, "NaN or infinity", f"y[2] is {nothing}", "finite")
    several = np.ones((4, 2))
    several[2, 1] = nothing
    refused(REGRESSOR, good(), several, "y[2] is [ 1. ", str(nothing))
    y = with_item(np.array([0.0, nothing]), PATHS)
    refused(TAGGER, good(), y, f"y[2] at step 1 is {nothing}")
    refused(STEP_REGRESSOR, good(), y, f"y[2] at step 1 is {nothing}", "finite target")
    y = np.array([1.0, 1.0, nothing, 1.0])
    refused(STEP_REGRESSOR, np.ones((4, 2)), y, f"y[2] is {nothing}")


def test_labels_of_both_kinds():
    y = np.array(["a", "b", 1, 2], dtype=object)
    message = "y[0] is the string 'a', but y[2] is 1"
    refused(CLASSIFIER, good(), y, message, "all strings or all numbers")
    refused(TAGGER, np.ones((4, 2)), y, message)
    within = with_item(np.array(["a", 1], dtype=object), TAGS)
    refused(
        TAGGER, good(), within, "y[2] at step 0 is the string 'a'", "y[2] at step 1"
    )
    across = with_item([1, 2], TAGS)
    refused(TAGGER, good(), across, "y[0] holds strings as labels, but y[2] numbers")


def test_numbers_for_labels():
    message = "Unknown label type: continuous"
    refused(CLASSIFIER, good(), NUMBERS, message, "regression")
    refused(
        TAGGER, good(), PATHS, message, "fractions", "RNNRegressor with per_step=True"
    )


def test_labels_for_numbers():
    message = "dtype <U1, but RNNRegressor predicts real numbers; for labels see"
    refused(REGRESSOR, good(), LABELS, f"y has {message} RNNClassifier")
    refused(STEP_REGRESSOR, good(), TAGS, f"y[0] has {message} RNNTagger")
    y = np.array(LABELS, dtype=object)
    refused(REGRESSOR, good(), y, "y has dtype object", "RNNClassifier")
    refused(REGRESSOR, good(), np.ones(4) * 1j, "y has dtype complex128")


def test_targets_of_a_sequence_deeper_than_two():
    refused(REGRESSOR, good(), np.ones((4, 2, 2)), "dim 3", "required by RNNRegressor")


def test_class_weight_for_several_labels():
    y = np.eye(4, dtype=int)
    model = RNNClassifier(**BASE, class_weight="balanced")
    refused(model, good(), y, "class_weight is for one label", "class_weight=None")
    y = [np.ones((n, 2), dtype=int) for n in LENGTHS]
    model = RNNTagger(**BASE, class_weight="balanced")
    refused(model, good(), y, "class_weight is for one label", "class_weight=None")


# -- weights and the validation part -----------------------------------------------


@of_each(ALL)
def test_wrong_weights(estimator):
    for weights, fragments in (
        ([1, 2], ["sample_weight has shape (2,), expected (4,)", "for each sequence"]),
        (np.ones((4, 2)), ["sample_weight has shape (4, 2), expected (4,)"]),
        ([np.ones(n) for n in LENGTHS], ["4 numbers, one for each sequence"]),
        (["x"] * 4, ["4 numbers, one for each sequence", "'x'"]),
        ([1, 1, -1, 1], ["Negative values in data passed to `sample_weight`"]),
        ([0, 0, 0, 0], ["at least one non-zero"]),
        ([1, 1, np.nan, 1], ["Input sample_weight contains NaN"]),
        ([1, 1, np.inf, 1], ["Input sample_weight contains infinity"]),
    ):
        y = targets(estimator)
        refused(estimator, good(), y, *fragments, sample_weight=weights)


@of_each(BY_STEP)
def test_wrong_weights_in_score(estimator):
    y = targets(estimator)
    model = type(estimator)(**estimator.get_params()).fit(good(), y)
    with pytest.raises(ValueError, match=re.escape("has shape (2,), expected (4,)")):
        model.score(good(), y, sample_weight=[1, 2])


def test_class_weights_that_leave_nothing():
    message = "leave no target with a weight above zero"
    model = RNNClassifier(**BASE, class_weight={"a": 0, "b": 0})
    refused(model, good(), LABELS, message)
    model = RNNTagger(**BASE, class_weight={"a": 0, "b": 0})
    refused(model, good(), TAGS, message)


def test_weights_that_leave_nothing_to_validate():
    X = ragged((3,) * 20)
    model = RNNRegressor(**BASE, early_stopping=True, validation_fraction=0.2)
    weights = np.zeros(20)
    weights[0] = 1
    message = "leave no target with a weight above zero"
    refused(model, X, np.arange(20), message, "early_stopping", sample_weight=weights)


def test_too_little_for_a_validation_part():
    way_out = ["Change validation_fraction", "early_stopping=False"]
    model = RNNClassifier(**BASE, early_stopping=True)
    refused(model, good(), LABELS, "can't set a validation part aside", *way_out)
    model.set_params(validation_fraction=0.5)
    refused(
        model,
        good(),
        list("aaab"),
        "can't set a validation part aside",
        "'b'",
        *way_out,
    )
    model = RNNRegressor(**BASE, early_stopping=True, validation_fraction=0.1)
    refused(model, good(), NUMBERS, "needs at least 2", "Increase validation_fraction")


# -- parameters --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_size": 0}, r"'hidden_size' parameter .* int in the range \[1, inf\)"),
        ({"hidden_size": (8, 8)}, "'hidden_size' parameter .* Got .8, 8. instead"),
        ({"truncation_length": 0}, "'truncation_length' parameter .* or None"),
        ({"clip_threshold": 0}, "'clip_threshold' parameter .* float"),
        ({"dropout": 1.0}, r"'dropout' parameter .* range \[0.0, 1.0\)"),
        ({"activation": "sigmoid"}, "'activation' .*'logistic'.* Got 'sigmoid'"),
        ({"pooling": "first"}, "'pooling' .*'last'.* Got 'first'"),
        ({"solver": "rmsprop"}, "'solver' .* Got 'rmsprop'"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"dtype": "float16"}, "'dtype' parameter"),
        ({"n_iter_no_change": 2.5}, "'n_iter_no_change' parameter"),
    ],
)
def test_parameters_out_of_range(params, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(**params).fit(good(), LABELS)


# -- the storage itself ------------------------------------------------------------

ragged_lengths = st.lists(st.integers(1, 6), min_size=1, max_size=6)


@given(ragged_lengths, st.integers(0, 3), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_storage_holds_the_steps_of_each_sequence(lengths, n_more, n_features):
    X = ragged(lengths, n_features)
    n_steps = max(lengths) + n_more
    for container in (list, tuple, object_array, lambda X: pad(X, n_steps)):
        checked = check_sequences(container(X))
        assert checked.sequences.lengths.tolist() == lengths
        assert checked.n_features == n_features
        assert not checked.is_table
        for span, x in zip(checked.sequences.spans(), X):
            assert_array_equal(checked.sequences.rows[span], x)
        back = checked.per_sequence(checked.sequences.rows)
        for one, other in zip(back, X):
            assert_array_equal(one, other)
        assert_array_equal(
            checked.sequences.covered(checked.sequences.rows), np.vstack(X)
        )


@given(ragged_lengths, st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_storage_of_tokens(lengths, k):
    rng = np.random.default_rng(0)
    X = [rng.integers(0, 9, size=(n, k)) for n in lengths]
    checked = check_tokens(X)
    assert_array_equal(checked.sequences.rows, np.vstack(X))
    assert checked.sequences.lengths.tolist() == lengths
    assert_array_equal(
        check_tokens(X, n_tokens=5).sequences.rows, np.vstack(X) * (np.vstack(X) < 5)
    )


def test_contiguous_input_is_not_copied():
    table, three_d = np.ones((4, 2)), np.ones((4, 3, 2))
    assert np.shares_memory(check_sequences(table).sequences.rows, table)
    assert np.shares_memory(check_sequences(three_d).sequences.rows, three_d)


def test_large_numbers_whose_sum_overflows_are_fine():
    X = [np.full((3, 2), 1e308) for _ in range(3)]
    assert check_sequences(X).sequences.lengths.tolist() == [3, 3, 3]


@pytest.mark.parametrize("n_padded", [0, 2])
def test_targets_go_with_the_steps_that_are_left(n_padded):
    X = ragged(LENGTHS)
    checked = check_sequences(pad(X, max(LENGTHS) + n_padded))
    full = [np.arange(max(LENGTHS) + n_padded) for _ in X]
    for y in (full, [np.arange(n) for n in LENGTHS]):
        found = check_step_targets(y, checked)
        assert [target.tolist() for target in found] == [
            list(range(n)) for n in LENGTHS
        ]
