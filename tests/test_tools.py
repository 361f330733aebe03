"""scikit-learn's tools on ragged sequences, each with a sensible score."""

import copy
import io
import pickle

import joblib
import matplotlib as mpl
import numpy as np
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction import DictVectorizer
from sklearn.inspection import permutation_importance
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    LearningCurveDisplay,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    ValidationCurveDisplay,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, StandardScaler

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.metrics import flat_f1_scorer
from skrnn.preprocessing import StepTransformer

from .sequences import object_array, pad

mpl.use("Agg")

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(3, 8, size=90)
X = [RNG.normal(size=(n, 2)) for n in LENGTHS]
Y = np.array([0 if x[:, 0].sum() < 0 else 1 for x in X])
TAGS = [np.where(x[:, 0] < 0, "low", "high") for x in X]
TOTALS = np.array([x[:, 0].sum() for x in X])
THREE = np.digitize(TOTALS, [-1, 1])
FAST = {
    "hidden_size": 8,
    "max_iter": 30,
    "learning_rate_init": 0.02,
    "n_iter_no_change": np.inf,
    "random_state": 0,
}
CLASSIFIER = RNNClassifier(**FAST)
TAGGER = RNNTagger(**FAST)
REGRESSOR = RNNRegressor(**FAST)
CONTAINERS = {
    "list": X,
    "object array": object_array(X),
    "3-D": pad(X),
    "sparse": [sparse.csr_array(x) for x in X],
}
every_container = pytest.mark.parametrize("X", CONTAINERS.values(), ids=CONTAINERS)
GRID = {"learning_rate_init": [1e-6, 0.02]}


@every_container
@pytest.mark.parametrize(
    ("estimator", "y"),
    [(CLASSIFIER, Y), (TAGGER, TAGS), (REGRESSOR, TOTALS)],
    ids=["classifier", "tagger", "regressor"],
)
def test_grid_search(X, estimator, y):
    search = GridSearchCV(estimator, GRID, cv=3).fit(X, y)
    assert search.best_params_ == {"learning_rate_init": 0.02}
    assert search.best_score_ > 0.8
    assert search.score(X, y) > 0.85


@every_container
def test_other_searches(X):
    search = RandomizedSearchCV(CLASSIFIER, GRID, n_iter=2, cv=3, random_state=0)
    assert search.fit(X, Y).best_score_ > 0.8
    halving = HalvingGridSearchCV(
        CLASSIFIER,
        GRID,
        resource="max_iter",
        min_resources=15,
        max_resources=30,
        factor=2,
        cv=3,
    ).fit(X, Y)
    assert halving.best_params_["learning_rate_init"] == 0.02
    assert halving.best_score_ > 0.8
    assert halving.n_resources_ == [15, 30]
    halving = HalvingGridSearchCV(
        CLASSIFIER, GRID, min_resources=45, factor=2, cv=2, random_state=0
    ).fit(X, Y)
    assert halving.n_resources_ == [45, 90]
    assert halving.best_params_ == {"learning_rate_init": 0.02}
    assert halving.best_score_ > 0.8


@every_container
def test_cross_validation(X):
    scores = cross_validate(CLASSIFIER, X, Y, cv=3, scoring=["accuracy", "roc_auc"])
    assert scores["test_accuracy"].mean() > 0.8
    assert scores["test_roc_auc"].mean() > 0.9
    predicted = cross_val_predict(CLASSIFIER, X, Y, cv=3)
    assert np.mean(predicted == Y) > 0.8
    proba = cross_val_predict(CLASSIFIER, X, Y, cv=3, method="predict_proba")
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert np.mean(proba.argmax(axis=1) == Y) > 0.8


@every_container
def test_curves(X):
    learning = LearningCurveDisplay.from_estimator(
        CLASSIFIER, X, Y, cv=3, train_sizes=[0.2, 1.0], shuffle=True, random_state=0
    )
    assert learning.test_scores[-1].mean() > max(0.8, learning.test_scores[0].mean())
    validation = ValidationCurveDisplay.from_estimator(
        CLASSIFIER, X, Y, cv=3, param_name="hidden_size", param_range=[1, 8]
    )
    assert validation.test_scores[1].mean() > 0.8
    model = clone(CLASSIFIER).fit(X, Y)
    assert RocCurveDisplay.from_estimator(model, X, Y).roc_auc > 0.95
    confusion = ConfusionMatrixDisplay.from_estimator(model, X, Y).confusion_matrix
    assert confusion.trace() / confusion.sum() == model.score(X, Y) > 0.85


@every_container
def test_ensembles_and_calibration(X):
    calibrated = CalibratedClassifierCV(CLASSIFIER, cv=3).fit(X, Y)
    assert calibrated.score(X, Y) > 0.85
    pair = [("one way", CLASSIFIER), ("both ways", RNNClassifier(**FAST))]
    assert VotingClassifier(pair, voting="soft").fit(X, Y).score(X, Y) > 0.85
    assert StackingClassifier(pair, cv=3).fit(X, Y).score(X, Y) > 0.85


@every_container
def test_one_versus_rest(X):
    if isinstance(X, list):
        X = object_array(X)  # scikit-learn asks X for its shape here
    assert OneVsRestClassifier(CLASSIFIER).fit(X, THREE).score(X, THREE) > 0.7


@every_container
def test_threshold(X):
    tuned = TunedThresholdClassifierCV(CLASSIFIER, cv=3, scoring="balanced_accuracy")
    assert tuned.fit(X, Y).score(X, Y) > 0.85


@every_container
def test_transformed_target(X):
    model = TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler())
    assert model.fit(X, 100 * TOTALS + 1000).score(X, 100 * TOTALS + 1000) > 0.85


def test_bagging_forces_tables():
    table = np.stack([x[:3].ravel() for x in X])
    y = (table[:, 0] > 0).astype(int)
    bagging = BaggingClassifier(CLASSIFIER, n_estimators=3, random_state=0)
    assert bagging.fit(table, y).score(table, y) > 0.85
    with pytest.raises(ValueError, match="inhomogeneous"):
        bagging.fit(X, Y)


def test_permutation_importance_on_a_table():
    table = np.stack([x[0] for x in X])
    y = (table[:, 0] > 0).astype(int)
    model = clone(CLASSIFIER).fit(table, y)
    importance = permutation_importance(model, table, y, random_state=0)
    assert importance.importances_mean[0] > 0.3 > 0.1 > importance.importances_mean[1]


def test_pipeline_and_nested_parameters():
    model = Pipeline(
        [("scale", StepTransformer(StandardScaler())), ("rnn", CLASSIFIER)]
    )
    model.set_params(rnn__bidirectional=True, scale__transformer__with_std=False)
    model = clone(model).fit([100 * x + 50 for x in X], Y)
    assert model["rnn"].n_features_in_ == 2
    assert len(model["rnn"].coefs_[0]) == 2
    assert "RNNClassifier" in model._repr_html_()
    assert model.score([100 * x + 50 for x in X], Y) > 0.8


@every_container
def test_feature_union_of_step_transformers(X):
    second_only = FunctionTransformer(
        lambda rows: rows[:, 1:], feature_names_out=lambda self, names: names[1:]
    )
    union = FeatureUnion(
        [
            ("both", StepTransformer(MaxAbsScaler())),
            ("second", StepTransformer(second_only)),
        ],
        transformer_weights={"second": 2},
    )
    joined = union.fit_transform(X)
    assert union.get_feature_names_out().tolist() == [
        "both__x0",
        "both__x1",
        "second__x1",
    ]
    greatest = np.abs(np.concatenate(CONTAINERS["list"])).max(axis=0)
    for given, x in zip(joined, CONTAINERS["list"], strict=True):
        given = given.toarray() if sparse.issparse(given) else given
        np.testing.assert_allclose(given, np.hstack([x / greatest, 2 * x[:, 1:]]))
    model = make_pipeline(union, TAGGER).fit(X, TAGS)
    assert model.score(X, TAGS) > 0.9


def test_other_functions_see_a_plain_list():
    X = StepTransformer(StandardScaler()).fit_transform([np.eye(2), np.eye(2)])
    assert isinstance(X, list)
    assert np.shape(X) == (2, 2, 2)
    assert np.concatenate([X, X]).shape == (4, 2, 2)
    np.testing.assert_allclose(np.mean(X), 0, atol=1e-15)


@pytest.mark.parametrize("container", CONTAINERS)
def test_copies_predict_the_same(container):
    X = CONTAINERS[container]
    model = clone(CLASSIFIER).fit(X, Y)
    expected = model.predict_proba(X)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    for other in (
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        joblib.load(file),
        clone(model).fit(X, Y),
    ):
        np.testing.assert_array_equal(other.predict_proba(X), expected)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (RNNClassifier, Y),
        (RNNTagger, TAGS),
        (RNNRegressor, TOTALS),
    ],
)
def test_the_grid_of_the_mission(estimator, y):
    grid = {
        "truncation_length": [None, 2],
        "clip_threshold": [None, 0.5],
        "bidirectional": [False, True],
        "n_layers": [1, 2],
    }
    model = estimator(**{**FAST, "max_iter": 12})
    scores = [
        GridSearchCV(model, grid, cv=2, n_jobs=n_jobs, error_score="raise")
        .fit(X, y)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-7)
    assert len(scores[0]) == 16
    assert scores[0].min() > (0.2 if estimator is RNNRegressor else 0.6)


def test_crfsuite_data_format():
    X = [
        [{"bias": 1.0, "word": f"w{i}", "upper": bool(i % 2)} for i in sentence]
        for sentence in RNG.integers(0, 5, size=(60, 4))
    ]
    y = [["NAME" if step["upper"] else "WORD" for step in sentence] for sentence in X]
    model = make_pipeline(StepTransformer(DictVectorizer()), TAGGER)
    search = RandomizedSearchCV(
        model,
        {"rnntagger__learning_rate_init": [1e-6, 0.05]},
        n_iter=2,
        cv=3,
        scoring=flat_f1_scorer,
        random_state=0,
    ).fit(X, y)
    assert search.best_score_ > 0.95
    assert search.predict(X)[0].tolist() == y[0]


def test_sample_weights_are_routed_through_pipeline_and_search():
    is_right = np.arange(len(X)) % 2 == 0
    y = np.where(is_right, Y, 1 - Y)
    with config_context(enable_metadata_routing=True):
        rnn = clone(CLASSIFIER).set_fit_request(sample_weight=True)
        rnn.set_score_request(sample_weight=True)
        model = make_pipeline(StepTransformer(StandardScaler()), rnn)
        search = GridSearchCV(model, {"rnnclassifier__hidden_size": [8]}, cv=3)
        search.fit(X, y, sample_weight=is_right.astype(float))
        with_weights = search.best_score_
        search.fit(X, y, sample_weight=np.ones(len(X)))
    assert with_weights > 0.75 > search.best_score_
