"""One label, or several, for every step."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils import get_tags
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.estimator_checks import _yield_classifier_checks

from skrnn import RNNClassifier, RNNTagger

from .sequences import LENGTHS, object_array, pad, parameters, ragged

MANY = tuple(2 + i % 6 for i in range(60))
LEARNING = {"max_iter": 60, "learning_rate_init": 0.02}


def tagger(**params):
    """A small one that trains for a few epochs without complaint."""
    defaults = {
        "hidden_size": 8,
        "max_iter": 5,
        "n_iter_no_change": np.inf,
        "random_state": 0,
    }
    return RNNTagger(**{**defaults, **params})


def codes(X, n_classes=2):
    """What the running sum of each sequence's first feature is: low, high, ..."""
    edges = [[0], [-1, 1], [-1, 0, 1], [-2, -1, 0, 1, 2]]
    edges = next(e for e in edges if len(e) + 1 >= n_classes)
    return [np.digitize(x[:, 0].cumsum(), edges) for x in X]


def tags(X, names=("low", "high")):
    """The same with names."""
    return [[names[code] for code in y] for y in codes(X, len(names))]


def indicators(X):
    """Two independent labels a step."""
    return [np.column_stack([x[:, 0].cumsum() > 0, x[:, 1] > 0]).astype(int) for x in X]


# -- scikit-learn's checks of classifiers ------------------------------------------


def test_is_no_classifier_but_says_what_it_can():
    # Integer `cv` would ask a classifier's y for its type: lists of labels have none.
    assert not is_classifier(RNNTagger())
    found = get_tags(RNNTagger())
    assert found.estimator_type is None
    assert found.target_tags.required
    assert found.classifier_tags.multi_label
    assert found.classifier_tags.multi_class
    assert found.input_tags.three_d_array
    assert found.input_tags.two_d_array


def check_name(check):
    return getattr(check, "__name__", None) or f"{check.func.__name__}-{check.keywords}"


@pytest.mark.parametrize(
    "check",
    [
        check
        for check in _yield_classifier_checks(RNNTagger())
        if "decision_function" not in check_name(check)  # it has none
    ],
    ids=check_name,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_passes_the_checks_of_classifiers(check):
    check("RNNTagger", RNNTagger())


def test_table_is_tagged_as_a_classifier_would():
    # One step a sequence: both networks are the same, and so is their loss.
    table = np.vstack(ragged())
    y = np.concatenate(tags(ragged()))
    model = tagger(solver="lbfgs").fit(table, y)
    twin = RNNClassifier(**{k: v for k, v in model.get_params().items()}).fit(table, y)
    assert_array_equal(parameters(model), parameters(twin))
    predicted = model.predict(table)
    assert predicted.dtype == y.dtype
    assert_array_equal(predicted, twin.predict(table))
    assert_array_equal(model.predict_proba(table), twin.predict_proba(table))
    assert model.score(table, y) == twin.score(table, y)


# -- labels ------------------------------------------------------------------------

NAMES = {
    "str": ("low", "high"),
    "three str": ("low", "middle", "high"),
    "int": (7, -3),
    "many int": (50, 40, 30, 20, 10, 0),
    "bool": (True, False),
    "float": (1.0, 0.0),
    "long and short str": ("b", "a long one", "ab"),
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_labels_of_any_type(names):
    X = ragged(MANY)
    y = tags(X, names)
    model = tagger(**LEARNING).fit(X, y)
    assert model.classes_.tolist() == sorted(names)
    assert model.n_outputs_ == (len(names) if len(names) > 2 else 1)
    predicted = model.predict(X)
    assert predicted.dtype == object
    assert predicted.shape == (len(X),)
    for labels, x in zip(predicted, X):
        assert labels.shape == (len(x),)
        assert labels.dtype == model.classes_.dtype
        assert set(labels.tolist()) <= set(names)
    assert model.score(X, y) > 0.75


LABEL_CONTAINERS = {
    "tuples": lambda y: tuple(map(tuple, y)),
    "arrays": lambda y: [np.array(labels) for labels in y],
    "object arrays": lambda y: [np.array(labels, dtype=object) for labels in y],
    "object array of lists": object_array,
    "series": lambda y: [pd.Series(labels) for labels in y],
    "series of lists": pd.Series,
    "longest padded": lambda y: [
        labels + ["?"] * (max(LENGTHS) - len(labels)) for labels in y
    ],
    "columns": lambda y: [np.array(labels)[:, None] for labels in y],
}


@pytest.mark.parametrize("container", LABEL_CONTAINERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_label_containers_give_the_same_model(container):
    X = pad(ragged())
    y = tags(ragged())
    expected = tagger().fit(X, y)
    given = LABEL_CONTAINERS[container](y)
    model = tagger().fit(X, given)
    assert model.classes_.tolist() == ["high", "low"]
    assert_array_equal(parameters(model), parameters(expected))
    assert model.score(X, given) == expected.score(X, y)


def test_three_d_input_with_padded_labels():
    X = ragged()
    y = tags(X, (1, 2, 3))
    expected = tagger().fit(X, y)
    for padding in (-1, 0, np.nan):
        padded = pad(y, value=padding)
        model = tagger().fit(pad(X), padded)
        assert_array_equal(model.classes_, [1, 2, 3])
        assert_array_equal(parameters(model), parameters(expected))
        assert model.score(pad(X), padded) == expected.score(X, y)
    assert [len(labels) for labels in model.predict(pad(X))] == list(LENGTHS)
    assert [len(p) for p in model.predict_proba(pad(X))] == list(LENGTHS)


def test_even_lengths_still_give_an_object_array():
    X = np.stack(ragged((4,) * 6))
    y = np.array(tags(X))
    model = tagger().fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == object
    assert predicted.shape == (6,)
    assert np.stack(predicted).shape == y.shape


@pytest.mark.parametrize("names", [("low", "high"), (3, 4, 5), (True, False)])
def test_table_in_plain_arrays_out(names):
    table = np.vstack(ragged(MANY))
    y = np.concatenate(tags([row[None] for row in table], names))
    model = tagger(**LEARNING).fit(table, y)
    predicted = model.predict(table)
    assert predicted.shape == y.shape
    assert predicted.dtype == y.dtype
    assert_allclose(model.score(table, y), np.mean(predicted == y))
    p = model.predict_proba(table)
    assert p.shape == (len(table), len(names))
    for given in (y.tolist(), pd.Series(y), [[label] for label in y]):
        twin = tagger(**LEARNING).fit(table, given)
        assert_array_equal(parameters(twin), parameters(model))
        assert twin.score(table, given) == model.score(table, y)


def test_single_label():
    X = ragged()
    y = [["only"] * len(x) for x in X]
    model = tagger(max_iter=1).fit(X, y)
    assert model.classes_.tolist() == ["only"]
    assert [labels.tolist() for labels in model.predict(X)] == y
    assert_array_equal(np.concatenate(model.predict_proba(X)), 1)
    assert model.score(X, y) == 1


def test_column_of_labels_is_one_label_a_step():
    X = ragged()
    y = [np.array(labels)[:, None] for labels in tags(X)]
    with pytest.warns(DataConversionWarning, match="column-vector y") as caught:
        model = tagger().fit(X, y)
    assert len(caught) == 1
    assert [labels.shape for labels in model.predict(X)] == [(n,) for n in LENGTHS]


def test_more_than_twenty_labels_are_no_reason_to_warn():
    # Every class is seen often; only their number is large.
    X = [np.arange(30.0)[:, None] / 30] * 4
    y = [np.arange(30)] * 4
    model = tagger().fit(X, y)
    assert_array_equal(model.classes_, np.arange(30))


# -- probabilities -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("names", [("b", "a"), ("b", "c", "a")])
def test_probabilities(names, dtype):
    X = ragged(MANY, dtype=dtype)
    model = tagger(**LEARNING).fit(X, tags(X, names))
    p = model.predict_proba(X)
    assert p.dtype == object
    assert p.shape == (len(X),)
    for rows, labels, x in zip(p, model.predict(X), X):
        assert rows.shape == (len(x), len(names))
        assert rows.dtype == dtype
        assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
        assert_array_equal(labels, model.classes_[rows.argmax(axis=1)])


@pytest.mark.parametrize("names", [("b", "a"), ("b", "c", "a")])
def test_loss_is_the_mean_over_steps(names):
    X = ragged()
    y = tags(X, names)
    weights = np.linspace(0, 1, len(X))
    model = tagger(solver="lbfgs", alpha=0).fit(X, y, weights)
    by_step = np.repeat(weights, LENGTHS)
    p = np.concatenate(model.predict_proba(X))
    expected = log_loss(np.concatenate(y), p, sample_weight=by_step)
    assert_allclose(model.loss_, expected, rtol=1e-9)


# -- several labels a step ---------------------------------------------------------


def test_several_labels_a_step():
    X = ragged(MANY)
    Y = indicators(X)
    model = tagger(**LEARNING).fit(X, Y)
    predicted = model.predict(X)
    assert predicted.dtype == object
    p = model.predict_proba(X)
    for rows, labels, x in zip(p, predicted, X):
        assert labels.shape == rows.shape == (len(x), 2)
        assert labels.dtype.kind == "i"
        assert_array_equal(labels, rows > 0.5)
    assert np.ptp(np.concatenate(p).sum(axis=1)) > 0.5
    assert model.n_outputs_ == 2
    assert_array_equal(model.classes_, [0, 1])
    right = np.concatenate(predicted) == np.concatenate(Y)
    assert_allclose(model.score(X, Y), right.mean())
    assert right.mean() > 0.85
    for given in (
        [y.tolist() for y in Y],
        [y.astype(bool) for y in Y],
        [y.astype(float) for y in Y],
        object_array(Y),
    ):
        twin = tagger(**LEARNING).fit(X, given)
        assert_array_equal(parameters(twin), parameters(model))
        assert twin.score(X, given) == model.score(X, Y)
    padded = tagger(**LEARNING).fit(pad(X), pad(Y))
    assert_array_equal(parameters(padded), parameters(model))


def test_several_labels_have_their_own_loss():
    X = ragged()
    Y = indicators(X)
    model = tagger(solver="lbfgs", alpha=0).fit(X, Y)
    p, y = np.concatenate(model.predict_proba(X)), np.concatenate(Y)
    by_column = [log_loss(y[:, j], p[:, j]) for j in range(2)]
    assert_allclose(model.loss_, sum(by_column), rtol=1e-9)


def test_several_labels_of_a_table():
    table = np.vstack(ragged())
    Y = np.concatenate(indicators([row[None] for row in table]))
    model = tagger().fit(table, Y)
    assert model.predict(table).shape == Y.shape
    assert model.predict_proba(table).shape == Y.shape
    assert_allclose(model.score(table, Y), np.mean(model.predict(table) == Y))


# -- score -------------------------------------------------------------------------


def test_score_is_the_flat_accuracy_of_steps():
    X = ragged(MANY)
    y = tags(X, ("a", "b", "c"))
    model = tagger().fit(X, y)
    flat = np.concatenate(y), np.concatenate(model.predict(X))
    assert_allclose(model.score(X, y), accuracy_score(*flat), rtol=1e-12)
    assert 0 < model.score(X, y) < 1
    weights = np.arange(len(X), dtype=float)
    expected = accuracy_score(*flat, sample_weight=np.repeat(weights, MANY))
    assert_allclose(model.score(X, y, weights), expected, rtol=1e-12)
    assert model.score(X, y, weights) != model.score(X, y)
    only_first = np.eye(len(X))[0]
    assert model.score(X, y, only_first) == model.score(X[:1], y[:1])


def test_score_counts_unknown_labels_as_wrong():
    X = ragged()
    model = tagger().fit(X, tags(X))
    assert model.score(X, [["never seen"] * len(x) for x in X]) == 0


def test_score_refuses_targets_of_another_kind():
    X = ragged()
    several, one = tagger().fit(X, indicators(X)), tagger().fit(X, tags(X))
    with pytest.raises(ValueError, match=r"y has .* \(53, 3\) .* predicts \(53, 2\)"):
        several.score(X, [np.ones((len(x), 3), dtype=int) for x in X])
    with pytest.raises(ValueError, match=r"y has .* \(53,\) .* predicts \(53, 2\)"):
        several.score(X, tags(X))
    with pytest.raises(ValueError, match=r"y has .* \(53, 2\) .* predicts \(53,\)"):
        one.score(X, indicators(X))


def test_validation_score_is_the_accuracy_of_steps(monkeypatch):
    X = ragged(MANY)
    seen = []
    score = RNNTagger._validation_score

    def recording(self, outputs, data):
        seen.append((outputs.copy(), data))
        return score(self, outputs, data)

    monkeypatch.setattr(RNNTagger, "_validation_score", recording)
    for y, decide in (
        (tags(X), lambda out: out[:, 0] > 0.5),
        (tags(X, ("a", "b", "c")), lambda out: out.argmax(axis=1)),
        (indicators(X), lambda out: out > 0.5),
    ):
        seen.clear()
        model = tagger(early_stopping=True, validation_fraction=0.3).fit(X, y)
        for (outputs, data), value in zip(seen, model.validation_scores_):
            right = [
                decide(outputs[span]) == np.squeeze(data.y[span], axis=-1)
                if data.y.ndim == 2 and data.y.shape[1] == 1
                else decide(outputs[span]) == data.y[span]
                for span in data.X.spans()
            ]
            assert_allclose(value, np.concatenate(right).mean())


# -- class weights -----------------------------------------------------------------


@pytest.mark.parametrize("truncation_length", [None, 3])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("names", [("b", "a"), ("b", "c", "a")])
def test_class_weight_of_steps(names, solver, truncation_length):
    # On a table a step is a sequence, which a sample weight can reach.
    table = np.vstack(ragged(MANY))
    y = np.concatenate(tags([row[None] for row in table], names))
    weight = dict(zip(names, (3.0, 0.5, 1.0)))
    params = {"solver": solver, "truncation_length": truncation_length}
    by_class = tagger(class_weight=weight, **params).fit(table, y)
    by_sample = tagger(**params).fit(table, y, [weight[label] for label in y])
    assert_allclose(parameters(by_class), parameters(by_sample), atol=1e-7)
    plain = tagger(**params).fit(table, y)
    assert not np.allclose(parameters(plain), parameters(by_class), atol=1e-4)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_class_weight_enters_the_loss_of_ragged_steps(solver):
    X = ragged()
    y = tags(X)
    weight = {"low": 5.0, "high": 1.0}
    params = {"solver": solver, "alpha": 0, "learning_rate_init": 1e-9}
    model = tagger(class_weight=weight, **params).fit(X, y)
    flat = np.concatenate(y)
    p = np.concatenate(model.predict_proba(X))
    expected = log_loss(flat, p, sample_weight=[weight[label] for label in flat])
    assert_allclose(model.loss_, expected, rtol=1e-6)


def test_balanced_class_weight():
    X = ragged(MANY)
    y = [np.where(x[:, 0].cumsum() > 2, "rare", "common") for x in X]
    classes, flat = ["common", "rare"], np.concatenate(y)
    share = np.mean(flat == "rare")
    assert 0 < share < 0.25
    balanced = compute_class_weight("balanced", classes=np.array(classes), y=flat)
    model = tagger(class_weight="balanced").fit(X, y)
    twin = tagger(class_weight=dict(zip(classes, balanced))).fit(X, y)
    assert_allclose(parameters(model), parameters(twin), atol=1e-12)

    def predicted_share(class_weight):
        # The weights held at zero, only the biases tell how frequent the labels are.
        model = tagger(solver="lbfgs", alpha=1e4, class_weight=class_weight)
        model.set_params(max_iter=50)
        blind = [x[:, 1:] for x in X]
        return np.concatenate(model.fit(blind, y).predict_proba(blind))[:, 1].mean()

    assert_allclose(predicted_share(None), share, atol=0.05)
    assert_allclose(predicted_share("balanced"), 0.5, atol=0.1)


# -- warm start and learning -------------------------------------------------------


def test_warm_start_refuses_other_labels():
    X = ragged()
    model = tagger(warm_start=True).fit(X, tags(X))
    before = parameters(model).copy()
    for y in (tags(X, ("a", "b")), tags(X, ("a", "b", "c")), indicators(X)):
        with pytest.raises(ValueError, match="other classes"):
            model.fit(X, y)
    assert_array_equal(parameters(model), before)


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "adam", "learning_rate_init": 0.02},
        {"solver": "adam", "learning_rate_init": 0.02, "truncation_length": 3},
        {"solver": "sgd", "learning_rate_init": 0.1},
        {"solver": "lbfgs"},
        {"bidirectional": True, "learning_rate_init": 0.02},
    ],
    ids=lambda params: "-".join(map(str, params.values())),
)
def test_learns_and_generalises(params):
    X, X_test = ragged(2 * MANY, seed=1), ragged(2 * MANY, seed=2)
    model = tagger(hidden_size=16, max_iter=40, **params).fit(X, tags(X))
    assert model.score(X_test, tags(X_test)) > 0.85


def test_only_both_ways_sees_what_comes():
    # The label of a step is the sign of the next one.
    X = ragged(3 * MANY)
    y = [np.append(x[1:, 0] > 0, False) for x in X]
    one_way, both_ways = (
        tagger(bidirectional=bidirectional, **LEARNING).fit(X, y).score(X, y)
        for bidirectional in (False, True)
    )
    assert one_way < 0.75
    assert both_ways > 0.95
