"""Steps through any transformer, and other houses' data."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNTagger
from skrnn.preprocessing import (
    StepTransformer,
    from_channels_first,
    from_concatenated,
    from_long_frame,
    to_channels_first,
    to_concatenated,
    to_long_frame,
)

from .sequences import object_array, pad, ragged

X = ragged()
ROWS = np.concatenate(X)


def test_a_sequence_of_single_numbers_is_told_how_to_be_shaped():
    with pytest.raises(ValueError, match=r"X\[0\] has shape \(3,\).*reshape\(-1, 1\)"):
        StepTransformer(StandardScaler()).fit([np.arange(3.0), np.arange(2.0)])


def test_statistics_are_those_of_all_steps():
    scaler = StepTransformer(StandardScaler()).fit(X)
    np.testing.assert_allclose(scaler.transformer_.mean_, ROWS.mean(axis=0))
    scaled = scaler.transform(X)
    np.testing.assert_allclose(np.concatenate(scaled).std(axis=0), 1)
    assert [len(x) for x in scaled] == [len(x) for x in X]
    for x, back in zip(X, scaler.inverse_transform(scaled)):
        np.testing.assert_allclose(back, x)


def test_every_container_gives_the_same_steps():
    expected = StepTransformer(PCA(1)).fit_transform(X)
    for given in (object_array(X), tuple(X), [x.tolist() for x in X], pad(X)):
        transformed = StepTransformer(PCA(1)).fit_transform(given)
        for x, y in zip(transformed, expected, strict=True):
            np.testing.assert_allclose(x, y)


@pytest.mark.parametrize("dtype", [float, int])
def test_an_even_array(dtype):
    even = np.random.default_rng(0).normal(0, 9, size=(4, 5, 3)).astype(dtype)
    scaled = StepTransformer(StandardScaler()).fit_transform(even)
    expected = StandardScaler().fit_transform(even.reshape(-1, 3)).reshape(even.shape)
    np.testing.assert_allclose(scaled, expected)


def test_partial_fit_goes_on():
    scaler = StepTransformer(StandardScaler()).partial_fit(X[:5]).partial_fit(X[5:])
    np.testing.assert_allclose(scaler.transformer_.mean_, ROWS.mean(axis=0))
    assert not hasattr(StepTransformer(PCA()), "partial_fit")
    assert not hasattr(StepTransformer(OneHotEncoder()), "partial_fit")


def test_dicts_become_sparse_rows():
    words = [[{"word": "a", "n": 1}, {"word": "b"}], [{"word": "b", "n": 3}]]
    vectorizer = StepTransformer(DictVectorizer())
    rows = vectorizer.fit_transform(words)
    assert all(sparse.issparse(x) for x in rows)
    assert rows[0].toarray().tolist() == [[1, 1, 0], [0, 0, 1]]
    assert rows[1].toarray().tolist() == [[3, 0, 1]]
    assert list(vectorizer.get_feature_names_out()) == ["n", "word=a", "word=b"]
    assert vectorizer.inverse_transform(rows)[1] == [{"word=b": 1.0, "n": 3.0}]


def test_one_hot_of_text():
    colours = [np.array([["red"], ["blue"]], dtype=object), np.array([["red"]], object)]
    encoder = StepTransformer(OneHotEncoder(sparse_output=False))
    assert encoder.fit_transform(colours)[0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("library", [pd, pl])
def test_columns_of_data_frames(library):
    frames = [
        library.DataFrame({"n": [1.0, 2.0], "kind": ["x", "y"]}),
        library.DataFrame({"n": [3.0], "kind": ["x"]}),
    ]
    columns = ColumnTransformer(
        [
            ("n", StandardScaler(), ["n"]),
            ("kind", OneHotEncoder(sparse_output=False), ["kind"]),
        ]
    )
    steps = StepTransformer(columns).fit(frames)
    assert steps.transform(frames)[1].round(2).tolist() == [[1.22, 1, 0]]
    assert steps.feature_names_in_.tolist() == ["n", "kind"]
    names = steps.get_feature_names_out().tolist()
    assert names == ["n__n", "kind__kind_x", "kind__kind_y"]
    name = library.__name__
    wide = StepTransformer(columns).set_output(transform=name).fit_transform(frames)
    assert [type(x).__module__.partition(".")[0] for x in wide] == [name, name]
    assert [x.shape for x in wide] == [(2, 3), (1, 3)]


def test_union_and_function():
    union = FeatureUnion(
        [
            ("as it is", FunctionTransformer()),
            ("square", FunctionTransformer(np.square)),
        ]
    )
    for x, both in zip(X, StepTransformer(union).fit_transform(X)):
        np.testing.assert_allclose(both, np.hstack([x, x**2]))


def test_targets_reach_a_transformer_that_needs_them():
    by_step = [(x[:, 1] > 0).astype(int) for x in X]
    assert StepTransformer(SelectKBest(k=1)).fit(
        X, by_step
    ).transformer_.get_support().tolist() == [False, True]
    by_sequence = [int(x[:, 0].mean() > 0) for x in X]
    support = StepTransformer(SelectKBest(k=1)).fit(X, by_sequence).transformer_
    assert support.get_support().tolist() == [True, False]


def test_inner_parameters_can_be_searched():
    y = [np.where(x[:, 0] > 0, "up", "down") for x in X]
    tagger = RNNTagger(4, max_iter=30, n_iter_no_change=np.inf, random_state=0)
    model = make_pipeline(StepTransformer(StandardScaler()), tagger)
    grid = {"steptransformer__transformer": [PCA(1), StandardScaler()]}
    search = GridSearchCV(model, grid, cv=3).fit(X, y)
    assert isinstance(
        search.best_params_["steptransformer__transformer"], StandardScaler
    )
    cloned = clone(model).set_params(steptransformer__transformer__with_mean=False)
    assert cloned.get_params()["steptransformer__transformer__with_mean"] is False


def test_the_given_transformer_stays_unfitted():
    scaler = StandardScaler()
    StepTransformer(scaler).fit(X)
    assert not hasattr(scaler, "mean_")


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ([X[0], X[1][:0]], r"X\[1\] has no steps"),
        ([X[0], X[1][:, :1]], r"X\[1\] has shape \(7, 1\), but X\[0\] has \(3, 2\)"),
        ([x[:, 0] for x in X], "Reshape your data"),
    ],
)
def test_bad_sequences_are_named(bad, match):
    with pytest.raises(ValueError, match=match):
        StepTransformer(StandardScaler()).fit(bad)


@parametrize_with_checks(
    [
        StepTransformer(StandardScaler()),
        StepTransformer(OneHotEncoder(handle_unknown="ignore")),
        StepTransformer(FunctionTransformer()),
    ]
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# -- converters --------------------------------------------------------------------


def test_concatenated_there_and_back():
    rows, lengths = to_concatenated(X)
    np.testing.assert_array_equal(rows, ROWS)
    for x, back in zip(X, from_concatenated(rows, lengths)):
        np.testing.assert_array_equal(x, back)
        assert np.shares_memory(back, rows)
    assert from_concatenated(["a", "b", "c"], [1, 2]) == [["a"], ["b", "c"]]
    rows, lengths = to_concatenated([sparse.csr_array(x) for x in X])
    np.testing.assert_array_equal(rows.toarray(), ROWS)


@pytest.mark.parametrize("lengths", [[2, 2], [[5]], [6, 1]])
def test_lengths_that_do_not_add_up(lengths):
    with pytest.raises(ValueError, match="add up to the 5 rows"):
        from_concatenated(np.zeros((5, 1)), lengths)


@pytest.mark.parametrize("lengths", [[5, 0], [6, -1]])
def test_lengths_of_sequences_without_steps(lengths):
    message = rf"lengths\[1\] is {lengths[1]}, but every sequence needs .* one step"
    with pytest.raises(ValueError, match=message):
        from_concatenated(np.zeros((5, 1)), lengths)


def test_channels_first_there_and_back():
    series = np.random.default_rng(0).normal(size=(3, 2, 5))
    sequences = from_channels_first(series)
    np.testing.assert_array_equal(sequences[1][4], series[1, :, 4])
    np.testing.assert_array_equal(to_channels_first(sequences), series)
    uneven = [x.T for x in X]
    for x, back in zip(X, from_channels_first(uneven)):
        np.testing.assert_array_equal(x, back)
    assert [x.shape for x in to_channels_first(X)] == [x.shape for x in uneven]
    with pytest.raises(ValueError, match=r"X\[0\] has shape \(5,\)"):
        from_channels_first([np.zeros(5)])


COLUMNS = {
    "unit": ["b", "a", "b", "a", "b"],
    "hour": [2, 1, 1, 3, 3],
    "heat": [2.0, 10.0, 1.0, 30.0, 3.0],
    "load": [0.2, 1.0, 0.1, 3.0, 0.3],
    "fails": ["no", "yes", "no", "yes", "no"],
}


@pytest.mark.parametrize("library", [pd, pl])
def test_long_frame(library):
    frame = library.DataFrame(COLUMNS)
    data = from_long_frame(frame, by="unit", time="hour", target="fails")
    assert data.groups.tolist() == ["b", "a"]
    assert data.X[0].tolist() == [[1.0, 0.1], [2.0, 0.2], [3.0, 0.3]]
    assert data.X[1].tolist() == [[10.0, 1.0], [30.0, 3.0]]
    assert data.y.tolist() == ["no", "yes"]
    assert data.feature_names == ["heat", "load"]
    back = library.DataFrame(
        to_long_frame(
            data.X,
            groups=data.groups,
            times=data.times,
            feature_names=data.feature_names,
        )
    )
    again = from_long_frame(back, by="group", time="time")
    for x, y in zip(again.X, data.X):
        np.testing.assert_array_equal(x, y)


def test_long_frame_by_step_and_in_its_own_order():
    data = from_long_frame(
        pd.DataFrame(COLUMNS), by="unit", columns=["heat"], target="load", per_step=True
    )
    assert [x.ravel().tolist() for x in data.X] == [[2.0, 1.0, 3.0], [10.0, 30.0]]
    assert [y.tolist() for y in data.y] == [[0.2, 0.1, 0.3], [1.0, 3.0]]
    assert data.times is None


def test_long_frame_errors():
    frame = pd.DataFrame(COLUMNS)
    with pytest.raises(ValueError, match="no column 'minute'"):
        from_long_frame(frame, by="unit", time="minute")
    with pytest.raises(ValueError, match="Sequence 'b' has several values of 'load'"):
        from_long_frame(frame, by="unit", target="load")
