"""One label, or several, for each sequence."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.class_weight import compute_class_weight

from skrnn import RNNClassifier
from skrnn._core.network import Network

from .sequences import LENGTHS, parameters, ragged

MANY = tuple(2 + i % 6 for i in range(60))


def classifier(**params):
    """A small one that trains for a few epochs without complaint."""
    defaults = {
        "hidden_size": 8,
        "max_iter": 5,
        "n_iter_no_change": np.inf,
        "random_state": 0,
    }
    return RNNClassifier(**{**defaults, **params})


def sums(X):
    """What the classes are told by: the sum of each sequence's first feature."""
    return np.array([x[:, 0].sum() for x in X])


def three_classes(X):
    return np.digitize(sums(X), [-1, 1])


def indicators(X):
    """Two independent labels."""
    last = np.array([x[-1, 1] for x in X])
    return np.column_stack([sums(X) > 0, last > 0]).astype(int)


# -- labels ------------------------------------------------------------------------

NAMES = {
    "str": ["low", "middle", "high"],
    "int": [30, 10, 20],
    "negative int": [-1, -7, 0],
    "float": [0.0, 2.0, 1.0],
    "long and short str": ["b", "a long one", "ab"],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_labels_of_any_type(names, n_classes):
    X = ragged(MANY)
    codes = three_classes(X) % n_classes
    y = np.array(names[:n_classes])[codes]
    model = classifier(max_iter=60, learning_rate_init=0.02).fit(X, y)
    assert_array_equal(model.classes_, sorted(names[:n_classes]))
    assert model.classes_.dtype == y.dtype
    predicted = model.predict(X)
    assert predicted.dtype == y.dtype
    assert predicted.shape == y.shape
    assert model.score(X, y) == np.mean(predicted == y) > 0.8
    for given in (y.tolist(), tuple(y), pd.Series(y)):
        twin = classifier(max_iter=60, learning_rate_init=0.02).fit(X, given)
        assert_array_equal(parameters(twin), parameters(model))
        assert_array_equal(twin.predict(X), predicted)


@pytest.mark.parametrize(
    ("y", "classes", "kind"),
    [
        (np.array(["b", "a"], dtype=object), ["a", "b"], "O"),
        (np.array([2, 1], dtype=object), [1, 2], "i"),
        (np.array([True, False]), [False, True], "b"),
        (np.array([True, False], dtype=object), [False, True], "b"),
        (np.array([3, 4], dtype=np.uint8), [3, 4], "u"),
    ],
)
def test_labels_of_rarer_types(y, classes, kind):
    X = ragged(MANY)
    y = y[(sums(X) > 0).astype(int)]
    model = classifier(max_iter=60, learning_rate_init=0.02).fit(X, y)
    assert model.classes_.tolist() == classes
    predicted = model.predict(X)
    assert model.classes_.dtype.kind == predicted.dtype.kind == kind
    assert np.mean(predicted == y) > 0.8


def test_single_class():
    X = ragged()
    model = classifier().fit(X, ["only"] * len(X))
    assert model.classes_.tolist() == ["only"]
    assert model.predict(X).tolist() == ["only"] * len(X)
    assert_array_equal(model.predict_proba(X), np.ones((len(X), 1)))
    assert_array_equal(model.predict_log_proba(X), np.zeros((len(X), 1)))


def test_column_of_labels_is_taken_with_a_warning():
    X = ragged()
    y = sums(X) > 0
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model = classifier().fit(X, y[:, None])
    assert model.predict(X).shape == y.shape
    assert_array_equal(parameters(model), parameters(classifier().fit(X, y)))


def test_classes_may_be_absent_from_a_prediction():
    X = ragged(MANY)
    y = np.array(["a", "b", "c"])[three_classes(X)]
    model = classifier(max_iter=60, learning_rate_init=0.02).fit(X, y)
    one = model.predict(X[:1])
    assert one.shape == (1,)
    assert one[0] in ("a", "b", "c")
    assert model.predict_proba(X[:1]).shape == (1, 3)


# -- probabilities -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities(n_classes, dtype):
    X = ragged(MANY, dtype=dtype)
    y = np.array(["c", "a", "b"])[three_classes(X) % n_classes]
    model = classifier(max_iter=20, learning_rate_init=0.02).fit(X, y)
    p = model.predict_proba(X)
    assert p.shape == (len(X), n_classes)
    assert p.dtype == dtype
    assert (p >= 0).all()
    assert_allclose(p.sum(axis=1), 1, rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])
    assert_array_equal(model.predict_log_proba(X), np.log(p))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_loss_is_the_log_loss_of_the_probabilities(n_classes):
    X = ragged()
    y = three_classes(X) % n_classes
    params = {"solver": "lbfgs", "alpha": 0}
    model = classifier(**params).fit(X, y)
    assert_allclose(model.loss_, log_loss(y, model.predict_proba(X)), rtol=1e-9)
    weights = np.linspace(0, 1, len(X))
    model = classifier(**params).fit(X, y, weights)
    expected = log_loss(y, model.predict_proba(X), sample_weight=weights)
    assert_allclose(model.loss_, expected, rtol=1e-9)


def test_certainty_has_a_finite_or_infinite_logarithm_but_no_warning():
    X = [100 * x for x in ragged(MANY)]
    y = sums(X) > 0
    model = classifier(activation="identity", max_iter=100, learning_rate_init=1)
    model.fit(X, y)
    p = model.predict_proba(X)
    assert p.min() == 0
    log_p = model.predict_log_proba(X)
    assert log_p.min() == -np.inf
    assert log_p.max() == 0


def test_decision_function_is_what_the_probabilities_are_made_of():
    X = ragged(MANY)
    three, two, several = (
        classifier().fit(X, y) for y in (three_classes(X), sums(X) > 0, indicators(X))
    )
    scores = three.decision_function(X)
    assert_allclose(softmax(scores, axis=1), three.predict_proba(X))
    assert_array_equal(scores.argmax(axis=1), three.predict(X))
    scores = two.decision_function(X)
    assert scores.shape == (len(X),)
    assert_allclose(expit(scores), two.predict_proba(X)[:, 1])
    assert_array_equal(scores > 0, two.predict(X))
    scores = several.decision_function(X)
    assert_allclose(expit(scores), several.predict_proba(X))
    assert_array_equal(scores > 0, several.predict(X))


# -- several labels at once --------------------------------------------------------


def test_multilabel_indicators():
    X = ragged(MANY)
    Y = indicators(X)
    params = {"max_iter": 80, "learning_rate_init": 0.03}
    model = classifier(**params).fit(X, Y)
    predicted = model.predict(X)
    assert predicted.shape == Y.shape
    assert set(np.unique(predicted)) <= {0, 1}
    assert predicted.dtype.kind == "i"
    assert model.n_outputs_ == 2
    assert_array_equal(model.classes_, [0, 1])
    p = model.predict_proba(X)
    assert p.shape == Y.shape
    assert_array_equal(predicted, p > 0.5)
    assert np.ptp(p.sum(axis=1)) > 0.5
    assert model.score(X, Y) == accuracy_score(Y, predicted) > 0.7
    for given in (Y.tolist(), Y.astype(bool), Y.astype(float), sparse.csr_array(Y)):
        twin = classifier(**params).fit(X, given)
        assert_array_equal(parameters(twin), parameters(model))
        assert_array_equal(twin.predict(X), predicted)


def test_multilabel_columns_have_their_own_loss():
    X = ragged()
    Y = indicators(X)
    model = classifier(solver="lbfgs", alpha=0).fit(X, Y)
    p = model.predict_proba(X)
    by_column = [log_loss(Y[:, j], p[:, j]) for j in range(2)]
    assert_allclose(model.loss_, sum(by_column), rtol=1e-9)


def test_multilabel_early_stopping_scores_whole_rows():
    X = ragged(MANY)
    model = classifier(early_stopping=True, validation_fraction=0.2, max_iter=10)
    model.fit(X, indicators(X))
    assert_allclose(np.multiply(model.validation_scores_, 12) % 1, 0, atol=1e-9)


# -- class weights -----------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_class_weight_is_a_sample_weight(n_classes, solver):
    X = ragged(MANY)
    codes = three_classes(X) % n_classes
    y = np.array(["c", "a", "b"])[codes]
    weight = {"c": 0.5, "a": 3.0, "b": 1.0}
    weight = {label: weight[label] for label in np.unique(y)}
    own = np.linspace(1, 2, len(X))
    by_class = classifier(class_weight=weight, solver=solver).fit(X, y, own)
    by_sample = classifier(solver=solver).fit(X, y, own * [weight[v] for v in y])
    assert_allclose(parameters(by_class), parameters(by_sample), atol=1e-7)
    assert_allclose(by_class.loss_curve_, by_sample.loss_curve_, atol=1e-7)
    plain = classifier(solver=solver).fit(X, y, own)
    assert not np.allclose(parameters(plain), parameters(by_class), atol=1e-4)


def test_balanced_class_weight():
    X = ragged(MANY)
    y = (sums(X) > 2).astype(int)
    classes = np.unique(y)
    weight = dict(zip(classes, compute_class_weight("balanced", classes=classes, y=y)))
    balanced = classifier(class_weight="balanced").fit(X, y)
    by_hand = classifier(class_weight=weight).fit(X, y)
    assert_allclose(parameters(balanced), parameters(by_hand), atol=1e-12)


def test_class_weight_shifts_predictions():
    X = ragged(MANY)
    y = np.where(sums(X) > 2, "rare", "common")
    assert 0 < np.mean(y == "rare") < 0.25

    X = [x[:, 1:] for x in X]  # which says nothing about the classes

    def share_of_rare(class_weight):
        model = classifier(class_weight=class_weight, solver="lbfgs", alpha=10)
        model.set_params(max_iter=50)
        return model.fit(X, y).predict_proba(X)[:, 1].mean()

    plain = share_of_rare(None)
    assert share_of_rare({"rare": 20, "common": 1}) > plain + 0.2
    assert share_of_rare({"rare": 0.1, "common": 1}) < plain - 0.05
    assert_allclose(share_of_rare("balanced"), 0.5, atol=0.1)
    assert_allclose(plain, np.mean(y == "rare"), atol=0.05)


def test_class_weight_for_an_absent_class():
    X = ragged()
    y = sums(X) > 0
    with pytest.raises(ValueError, match="not in class_weight"):
        classifier(class_weight={True: 2}).set_params(class_weight={5: 1}).fit(X, y)


# -- early stopping ----------------------------------------------------------------


def held_out_labels(monkeypatch, X, y, **params):
    """What `early_stopping` sets aside."""
    seen = []
    score = RNNClassifier._validation_score

    def recording(self, outputs, data):
        seen.append(np.ravel(data.y))
        return score(self, outputs, data)

    monkeypatch.setattr(RNNClassifier, "_validation_score", recording)
    model = classifier(early_stopping=True, max_iter=3, **params).fit(X, y)
    assert len(seen) == len(model.validation_scores_)
    return seen[0], model


@pytest.mark.parametrize("seed", range(3))
def test_early_stopping_is_stratified(seed, monkeypatch):
    X = ragged((3,) * 60)
    y = np.repeat([0, 1, 2], [40, 14, 6])
    held_out, _ = held_out_labels(
        monkeypatch, X, y, validation_fraction=0.5, random_state=seed
    )
    assert_array_equal(np.bincount(held_out), [20, 7, 3])


def test_validation_score_is_the_weighted_accuracy(monkeypatch):
    X = ragged(MANY)
    y = three_classes(X)
    weights = np.where(np.arange(len(X)) % 2, 1.0, 3.0)
    outputs = []
    score = RNNClassifier._validation_score

    def recording(self, out, data):
        outputs.append((out.argmax(axis=1), data))
        return score(self, out, data)

    monkeypatch.setattr(RNNClassifier, "_validation_score", recording)
    model = classifier(early_stopping=True, validation_fraction=0.3)
    model.fit(X, y, weights)
    for (predicted, data), value in zip(outputs, model.validation_scores_):
        right = predicted == data.y
        assert_allclose(value, np.average(right, weights=data.weights))
        assert set(data.weights) == {1.0, 3.0}


# -- warm start --------------------------------------------------------------------


def test_warm_start_refuses_other_classes():
    X = ragged()
    model = classifier(warm_start=True).fit(X, sums(X) > 0)
    before = parameters(model).copy()
    for y in (three_classes(X), np.where(sums(X) > 0, 5, 6), indicators(X)):
        with pytest.raises(ValueError, match="other classes"):
            model.fit(X, y)
    assert_array_equal(parameters(model), before)
    assert model.classes_.tolist() == [False, True]


# -- it learns ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "adam", "learning_rate_init": 0.02},
        {"solver": "sgd", "learning_rate_init": 0.1},
        {"solver": "lbfgs"},
        {"bidirectional": True, "n_layers": 2, "learning_rate_init": 0.02},
        {"pooling": "mean", "learning_rate_init": 0.02},
    ],
    ids=lambda params: "-".join(map(str, params.values())),
)
def test_learns_and_generalises(params):
    X, X_test = ragged(3 * MANY, seed=1), ragged(3 * MANY, seed=2)
    y, y_test = sums(X) > 0, sums(X_test) > 0
    model = classifier(hidden_size=16, max_iter=40, **params).fit(X, y)
    assert model.score(X_test, y_test) > 0.86


def test_learns_the_order_of_steps():
    # The same steps, in one order or the other: no bag of steps tells them apart.
    rng = np.random.default_rng(0)
    halves = rng.normal(size=(120, 4, 1)), rng.normal(size=(120, 4, 1)) + 2
    y = np.arange(120) % 2
    X = [np.vstack([halves[k][i], halves[1 - k][i]]) for i, k in enumerate(y)]
    model = classifier(max_iter=60, learning_rate_init=0.02)
    assert model.fit(X[:80], y[:80]).score(X[80:], y[80:]) > 0.9


def test_lengths_are_not_needed_to_be_seen():
    X = ragged(LENGTHS)
    model = classifier().fit(X, sums(X) > 0)
    longer = ragged((30, 1))
    p = model.predict_proba(longer)
    assert p.shape == (2, 2)
    assert p[0, 0] != p[1, 0]


def test_the_best_score_of_two_fits_belongs_to_the_parameters_kept():
    X = ragged(MANY)
    y = sums(X) > 0
    model = RNNClassifier(
        8,
        early_stopping=True,
        validation_fraction=0.3,
        warm_start=True,
        max_iter=60,
        learning_rate_init=0.03,
        random_state=2,
        n_iter_no_change=np.inf,
    ).fit(X, y)
    best, kept = model.best_validation_score_, model.coefs_[0][0].copy()
    model.set_params(solver="sgd", learning_rate_init=1e3, max_iter=2).fit(X, y)
    assert max(model.validation_scores_[-2:]) < best
    assert model.best_validation_score_ == best
    np.testing.assert_array_equal(model.coefs_[0][0], kept)


def test_an_interrupted_line_search_keeps_the_last_iterate(monkeypatch):
    calls = iter(range(20))
    loss_and_gradient = Network.loss_and_gradient

    def interrupted(self, *args, **kwargs):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return loss_and_gradient(self, *args, **kwargs)

    monkeypatch.setattr(Network, "loss_and_gradient", interrupted)
    X = ragged(MANY)
    y = sums(X) > 0
    model = RNNClassifier(8, solver="lbfgs", activation="relu", alpha=0, random_state=0)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, y)
    p = model.predict_proba(X)[np.arange(len(X)), y.astype(int)]
    np.testing.assert_allclose(-np.log(p).mean(), model.loss_, rtol=1e-6)


def test_divergence_of_lbfgs_says_what_helps_there():
    # The states are sums that overflow.
    X = [3e37 * x for x in ragged((400,) * 20)]
    model = RNNClassifier(
        8, solver="lbfgs", activation="identity", dtype="float32", random_state=0
    )
    with pytest.raises(FloatingPointError, match="Raise alpha") as error:
        model.fit(X, np.arange(20) % 2)
    assert "learning_rate_init" not in str(error.value)
