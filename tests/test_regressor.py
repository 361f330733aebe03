"""One number or vector, for each sequence or for every step."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from skrnn import RNNRegressor

from .sequences import LENGTHS, object_array, pad, parameters, ragged

MANY = tuple(2 + i % 6 for i in range(60))
LEARNING = {"max_iter": 80, "learning_rate_init": 0.02}


def regressor(**params):
    """A small one that trains for a few epochs without complaint."""
    defaults = {
        "hidden_size": 8,
        "max_iter": 5,
        "n_iter_no_change": np.inf,
        "random_state": 0,
    }
    return RNNRegressor(**{**defaults, **params})


def paths(X, n_outputs=None):
    """Running sums of the features: a number a step, or `n_outputs` of them."""
    if n_outputs is None:
        return [x[:, 0].cumsum() for x in X]
    return [np.tile(x.cumsum(axis=0), (1, 2))[:, :n_outputs] for x in X]


def ends(X, n_outputs=None):
    """Where the paths end, one row a sequence."""
    return np.array([path[-1] for path in paths(X, n_outputs)])


def test_is_a_regressor():
    assert is_regressor(RNNRegressor())
    assert is_regressor(RNNRegressor(per_step=True))


# -- a number for each sequence ----------------------------------------------------


@pytest.mark.parametrize("n_outputs", [None, 1, 2, 3])
def test_shape_of_a_prediction(n_outputs):
    X = ragged(MANY)
    y = ends(X, n_outputs)
    if n_outputs == 1:
        with pytest.warns(DataConversionWarning, match="column-vector y"):
            model = regressor(**LEARNING).fit(X, y)
        y = y.ravel()
    else:
        model = regressor(**LEARNING).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == y.shape
    assert predicted.dtype == np.float64
    assert model.n_outputs_ == (n_outputs or 1)
    assert_allclose(model.score(X, y), r2_score(y, predicted))
    assert model.score(X, y) > 0.8
    assert model.predict(X[:1]).shape == (1, *y.shape[1:])


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_target_containers_give_the_same_model(n_outputs):
    X = ragged()
    y = ends(X, n_outputs)
    expected = regressor().fit(X, y)
    frame = pd.Series(y) if n_outputs is None else pd.DataFrame(y)
    for given in (y.tolist(), frame, y.astype(object), np.asfortranarray(y), list(y)):
        assert_array_equal(parameters(regressor().fit(X, given)), parameters(expected))


def test_whole_and_truth_values_are_numbers_too():
    X = ragged()
    y = ends(X).round()
    expected = parameters(regressor().fit(X, y))
    assert_array_equal(parameters(regressor().fit(X, y.astype(int))), expected)
    truth = ends(X) > 0
    expected = parameters(regressor().fit(X, truth.astype(float)))
    assert_array_equal(parameters(regressor().fit(X, truth)), expected)


def test_sequences_of_numbers_are_vectors_where_per_step_is_off():
    X = ragged((3,) * 5)
    y = [x[:, 0] for x in X]
    assert regressor().fit(X, y).predict(X).shape == (5, 3)


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_loss_is_half_the_squared_error(n_outputs):
    X = ragged()
    y = ends(X, n_outputs)
    weights = np.linspace(0, 1, len(X))
    model = regressor(solver="lbfgs", alpha=0).fit(X, y, weights)
    error = np.square(y - model.predict(X)).reshape(len(X), -1).sum(axis=1)
    assert_allclose(model.loss_, np.average(error, weights=weights) / 2, rtol=1e-9)


def test_score_is_weighted():
    X = ragged(MANY)
    y = ends(X)
    model = regressor(**LEARNING).fit(X, y)
    weights = np.linspace(0, 1, len(X))
    expected = r2_score(y, model.predict(X), sample_weight=weights)
    assert_allclose(model.score(X, y, weights), expected)
    assert model.score(X, y, weights) != model.score(X, y)


def test_targets_of_another_scale():
    X = ragged(MANY)
    y = 1e4 + 1e3 * ends(X)
    model = TransformedTargetRegressor(
        regressor(**LEARNING), transformer=StandardScaler()
    )
    assert model.fit(X, y).score(X, y) > 0.8


# -- a number for every step -------------------------------------------------------


@pytest.mark.parametrize("n_outputs", [None, 1, 2, 3])
def test_shapes_of_a_prediction_for_every_step(n_outputs):
    X = ragged(MANY)
    y = paths(X, n_outputs)
    model = regressor(per_step=True, **LEARNING).fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == object
    assert predicted.shape == (len(X),)
    assert [path.shape for path in predicted] == [path.shape for path in y]
    assert {path.dtype for path in predicted} == {np.dtype(np.float64)}
    assert model.n_outputs_ == (n_outputs or 1)
    flat = np.concatenate(y), np.concatenate(predicted)
    assert_allclose(model.score(X, y), r2_score(*flat))
    assert model.score(X, y) > 0.8
    weights = np.linspace(0, 1, len(X))
    expected = r2_score(*flat, sample_weight=np.repeat(weights, MANY))
    assert_allclose(model.score(X, y, weights), expected)
    assert model.score(X, y, weights) != model.score(X, y)


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_target_containers_for_every_step_give_the_same_model(n_outputs):
    X = ragged()
    y = paths(X, n_outputs)
    expected = regressor(per_step=True).fit(X, y)
    frame = pd.Series if n_outputs is None else pd.DataFrame
    for given in (
        tuple(y),
        [path.tolist() for path in y],
        object_array(y),
        [frame(path) for path in y],
        [path.astype(object) for path in y],
    ):
        model = regressor(per_step=True).fit(X, given)
        assert_array_equal(parameters(model), parameters(expected))
        assert_allclose(model.score(X, given), expected.score(X, y), rtol=1e-9)


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_three_d_input_with_padded_targets(n_outputs):
    X = ragged()
    y = paths(X, n_outputs)
    expected = regressor(per_step=True).fit(X, y)
    for padding in (np.nan, 0.0, 1e6):
        padded = pad(y, value=padding)
        model = regressor(per_step=True).fit(pad(X), padded)
        assert_array_equal(parameters(model), parameters(expected))
        assert model.score(pad(X), padded) == expected.score(X, y)
    assert [len(path) for path in model.predict(pad(X))] == list(LENGTHS)


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_table_in_plain_arrays_out(n_outputs):
    table = np.vstack(ragged())
    y = ends([row[None] for row in table], n_outputs)
    model = regressor(per_step=True).fit(table, y)
    assert model.predict(table).shape == y.shape
    assert model.predict(table).dtype == np.float64
    assert_allclose(model.score(table, y), r2_score(y, model.predict(table)))
    at_the_end = regressor().fit(table, y)
    assert_array_equal(parameters(at_the_end), parameters(model))
    assert_array_equal(at_the_end.predict(table), model.predict(table))


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_loss_is_the_mean_over_steps(n_outputs):
    X = ragged()
    y = paths(X, n_outputs)
    weights = np.linspace(0, 1, len(X))
    model = regressor(per_step=True, solver="lbfgs", alpha=0).fit(X, y, weights)
    error = np.concatenate([a - b for a, b in zip(y, model.predict(X))])
    by_step = np.square(error).reshape(len(error), -1).sum(axis=1)
    expected = np.average(by_step, weights=np.repeat(weights, LENGTHS)) / 2
    assert_allclose(model.loss_, expected, rtol=1e-9)


@pytest.mark.parametrize("per_step", [False, True])
def test_validation_score_is_r2(per_step, monkeypatch):
    X = ragged(MANY)
    seen = []
    score = RNNRegressor._validation_score

    def recording(self, outputs, data):
        parts = data.X.spans() if per_step else [slice(None)]
        parts = list(parts)
        y = np.concatenate([data.y[span] for span in parts])
        seen.append(r2_score(y, np.concatenate([outputs[span] for span in parts])))
        return score(self, outputs, data)

    monkeypatch.setattr(RNNRegressor, "_validation_score", recording)
    model = regressor(per_step=per_step, early_stopping=True, validation_fraction=0.3)
    model.fit(X, paths(X) if per_step else ends(X))
    assert_allclose(model.validation_scores_, seen)
    assert len(set(seen)) > 1


def test_each_fit_reads_per_step():
    X = ragged()
    model = regressor().fit(X, ends(X))
    model.set_params(per_step=True).fit(X, paths(X))
    assert model.predict(X).dtype == object
    model.set_params(per_step=False).fit(X, ends(X))
    assert model.predict(X).dtype == np.float64


# -- warm start and learning -------------------------------------------------------


def test_warm_start_refuses_other_outputs():
    X = ragged()
    model = regressor(warm_start=True).fit(X, ends(X))
    with pytest.raises(ValueError, match="outputs as they were"):
        model.fit(X, ends(X, 2))
    assert model.predict(X).shape == (len(X),)


@pytest.mark.parametrize("per_step", [False, True])
@pytest.mark.parametrize(
    "params",
    [
        {"solver": "adam", "learning_rate_init": 0.02},
        {"solver": "sgd", "learning_rate_init": 0.05},
        {"solver": "lbfgs"},
        {"bidirectional": True, "n_layers": 2, "learning_rate_init": 0.02},
    ],
    ids=lambda params: "-".join(map(str, params.values())),
)
def test_learns_and_generalises(params, per_step):
    X, X_test = ragged(3 * MANY, seed=1), ragged(3 * MANY, seed=2)
    what = paths if per_step else ends
    model = regressor(hidden_size=16, per_step=per_step, max_iter=60, **params)
    assert model.fit(X, what(X)).score(X_test, what(X_test)) > 0.87
