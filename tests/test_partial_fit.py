"""Going on where the last call stopped."""

import pickle

import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNTagger

from .sequences import ragged

X = ragged()
BY_SEQUENCE = np.array(["down", "up"])[[int(x[:, 0].sum() > 0) for x in X]]
BY_STEP = [np.where(x[:, 0] > 0, "up", "down") for x in X]
NUMBERS = [x[:, 0].sum() for x in X]
SMALL = {"hidden_size": 3, "batch_size": 20, "shuffle": False, "random_state": 0}
CASES = [
    pytest.param(RNNClassifier, BY_SEQUENCE, ["down", "up"], id="classifier"),
    pytest.param(RNNTagger, BY_STEP, ["down", "up"], id="tagger"),
    pytest.param(RNNRegressor, NUMBERS, None, id="regressor"),
]


def kwargs(classes):
    return {} if classes is None else {"classes": classes}


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize(("face", "y", "classes"), CASES)
def test_calls_in_a_row_are_one_fit(face, y, classes, solver):
    whole = face(max_iter=4, n_iter_no_change=np.inf, solver=solver, **SMALL).fit(X, y)
    parts = face(solver=solver, **SMALL)
    for _ in range(4):
        parts.partial_fit(X, y, **kwargs(classes))
    np.testing.assert_array_equal(parts.coefs_[0][0], whole.coefs_[0][0])
    assert parts.loss_curve_ == whole.loss_curve_
    assert parts.t_ == whole.t_ == 4 * len(X)


@pytest.mark.parametrize(("face", "y", "classes"), CASES)
def test_after_fit_it_goes_on_and_fit_starts_anew(face, y, classes):
    params = {**SMALL, "max_iter": 3, "n_iter_no_change": np.inf}
    model = face(**params).fit(X, y)
    loss = model.loss_
    model.partial_fit(X, y)
    assert len(model.loss_curve_) == 4
    assert model.loss_ < loss
    assert model.fit(X, y).loss_ == loss


def test_the_solver_state_is_pickled_only_where_training_goes_on():
    params = {**SMALL, "hidden_size": 100, "max_iter": 2, "n_iter_no_change": np.inf}
    model = RNNClassifier(**params).fit(X, BY_SEQUENCE)
    n_bytes = sum(
        array.nbytes
        for layer in (model.coefs_, model.recurrent_coefs_, model.intercepts_)
        for array in layer[0]
    )
    assert len(pickle.dumps(model)) < 1.2 * n_bytes
    model.partial_fit(X, BY_SEQUENCE)
    restored = pickle.loads(pickle.dumps(model))
    model.partial_fit(X, BY_SEQUENCE)
    restored.partial_fit(X, BY_SEQUENCE)
    np.testing.assert_array_equal(restored.coefs_[0][0], model.coefs_[0][0])


def test_classes_that_come_later():
    model = RNNClassifier(**SMALL)
    model.partial_fit(X[:4], ["a"] * 4, classes=["c", "a", "b"])
    assert model.classes_.tolist() == ["a", "b", "c"]
    model.partial_fit(X[:4], ["b"] * 4)
    assert model.predict_proba(X).shape == (len(X), 3)


def test_weights_count():
    weights = np.r_[2.0, np.ones(len(X) - 1)]
    weighted = RNNTagger(dtype="float64", **SMALL)
    weighted.partial_fit(X, BY_STEP, sample_weight=weights)
    twice = RNNTagger(dtype="float64", **SMALL)
    twice.partial_fit([X[0], *X], [BY_STEP[0], *BY_STEP])
    np.testing.assert_allclose(weighted.coefs_[0][0], twice.coefs_[0][0], rtol=1e-7)


@pytest.mark.parametrize(
    ("model", "y", "call", "match"),
    [
        (RNNClassifier(), BY_SEQUENCE, {}, "classes must be passed on the first call"),
        (
            RNNClassifier(),
            BY_SEQUENCE,
            {"classes": ["down", "left"]},
            r"y\[\d+\] is .*'up'.*, which is not among the classes \['down', 'left'\]",
        ),
        (
            RNNTagger(),
            BY_STEP,
            {"classes": ["down", "left"]},
            r"y\[0\] at step 0 is .*'up'.*, which is not among the classes",
        ),
        (
            RNNTagger(class_weight="balanced"),
            BY_STEP,
            {},
            "class_weight='balanced' can't be told from a part",
        ),
        (RNNRegressor(early_stopping=True), NUMBERS, {}, "Set early_stopping=False"),
    ],
)
def test_errors(model, y, call, match):
    with pytest.raises(ValueError, match=match):
        model.partial_fit(X, y, **call)
    assert not hasattr(model, "coefs_")


def test_other_classes_in_a_later_call():
    model = RNNClassifier(**SMALL).partial_fit(X, BY_SEQUENCE, classes=["down", "up"])
    with pytest.raises(ValueError, match=r"classes=\['up'\] is not what it was"):
        model.partial_fit(X, BY_SEQUENCE, classes=["up"])


def test_lbfgs_has_none():
    assert not hasattr(RNNClassifier(solver="lbfgs"), "partial_fit")
